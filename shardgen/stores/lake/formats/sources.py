"""Files as they are read: by path, as bytes or open."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from shardgen.stores.failures import StoreError

Source: TypeAlias = str | Path | bytes | BinaryIO
"""A file by its path, as bytes, or open: what can be read and sought in."""


class DamagedFileError(StoreError):
    """A file is not what it should be: cut off, overwritten, or of other columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """What a file says of itself at its end."""

    format: str
    """As in ``--format``."""
    rows: int
    identity: Mapping[str, str]
    """As it was given to the writer."""


def tail(stream: BinaryIO, size: int) -> bytes:
    """The last bytes of a file, fewer where it has fewer."""
    end = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, end - size))
    return stream.read(size)


@contextmanager
def opened(file: Source) -> Iterator[BinaryIO]:
    """The file, open for reading; one that was open stays so."""
    if isinstance(file, str | Path):
        with Path(file).open("rb") as stream:
            yield stream
    else:
        yield cast("BinaryIO", io.BytesIO(file)) if isinstance(file, bytes) else file
