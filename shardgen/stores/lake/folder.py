"""What a folder of this machine lacks of a store: a lock in the place of a swap, and that empty folders go.

The lock is dropped by the system with its holder. Its file may be removed by who holds it, and by nobody else: whoever
waited for it meanwhile finds that the name leads elsewhere, and waits again.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

LOCK: Final = "_shardgen/.lock"
"""Held while an object of a folder is swapped."""


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep others who swap objects of the folder out meanwhile."""
    path = root / LOCK
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = path.open("w")
        except FileNotFoundError:  # its folder was empty, and went
            continue
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _leads_to(path, file):
                yield
                return


def unlinked(root: Path, keys: Sequence[str]) -> None:
    """Remove files, and the folders that are empty then."""
    for key in keys:
        with locked(root) if key == LOCK else contextlib.nullcontext():
            (root / key).unlink(missing_ok=True)
        for folder in (root / key).parents:
            if folder == root or not _removed(folder):
                break


def _leads_to(path: Path, file: IO[str]) -> bool:
    """Whether the name still is that of the open file."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
