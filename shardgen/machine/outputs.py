"""Files that are written because the user named them, whatever lies there by that name.

A regular file is replaced by a whole one or stays as it was, with its mode and owner. Links are followed. What is no
regular file (a pipe, a terminal, a descriptor of the shell's) is written through, and so is a file that others hold by
another name, or whose folder is closed to us. Nothing else is ever put in the place of what is there.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import select
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from shardgen.errors import ConfigError, OutputError

_DESCRIPTORS: Final = re.compile(r"/dev/fd|/proc/(self|thread-self|\d+)(/task/\d+)?/fd")
_REFUSED: Final = {stat.S_IFDIR: "a folder", stat.S_IFBLK: "a disk", stat.S_IFSOCK: "a socket"}
_NOT_REPLACED: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)
"""A folder that is closed, a sticky one, one that is read-only, a file that is mounted by itself."""
_MOST_LINKS: Final = 40
"""As many as Linux follows."""


def check(option: str, path: Path | str) -> None:
    """Raise before anything is done in vain.

    Args:
        option: which named the file.
        path: of the file.

    Raises:
        ConfigError: it cannot be written.
    """
    shown = f"{option}={str(path)!r}"
    try:
        problem = _problem(path)
    except OSError as error:
        problem = f"cannot be written: {_reason(error)}: choose another file"
    if problem:
        raise ConfigError(f"{shown} {problem}")


def _problem(path: Path | str) -> str:
    """What stands in the way, if anything does."""
    place = _followed(path)
    found, number = _look(place), _descriptor(place)
    if number is not None:
        return "" if found else "cannot be written: it is closed"
    if str(path).endswith("/") or (found and _kind(found) in _REFUSED):
        return f"cannot be written: it is {_REFUSED[_kind(found) if found else stat.S_IFDIR]}: name a file"
    if found is None and not place.parent.is_dir():
        return "lies in no folder that exists: make it first, or choose another"
    closed = not os.access(place if found else place.parent, os.W_OK)
    return f"cannot be written: {os.strerror(errno.EACCES)}: choose another file" if closed else ""


def write(option: str, path: Path | str, text: str) -> None:
    """Write a text, in UTF-8, to what is there by that name, or to a new file.

    Raises:
        OutputError: it cannot be written; a regular file is as it was.
    """
    try:
        replace(path, text)
    except OSError as error:
        raise OutputError(f"{option}={str(path)!r} cannot be written: {_reason(error)}") from error


def replace(path: Path | str, text: str) -> None:
    """The same.

    Raises:
        OSError: it cannot be written.
    """
    with contextlib.suppress(BrokenPipeError):  # whoever read it has seen enough
        _write(_followed(path), text.encode())


@contextlib.contextmanager
def streamed(option: str, path: Path | str) -> Iterator[BinaryIO]:
    """A file to write to, that takes the place of what is there by that name when all is written.

    Raises:
        OutputError: it cannot be written; a regular file is as it was.
    """
    place = _followed(path)
    found, number = _look(place), _descriptor(place)
    try:
        if number is not None or (found and _kind(found) != stat.S_IFREG):
            with os.fdopen(os.dup(number), "wb") if number is not None else place.open("wb") as file:
                yield file
            return
        part = place.with_name(f".shardgen-{secrets.token_hex(8)}")
        try:
            with part.open("xb") as file:
                yield file
            if found:
                _made_alike(part, place, found)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{option}={str(path)!r} cannot be written: {_reason(error)}") from error


def create(path: Path | str, text: str) -> None:
    """Write a text where nothing is yet, or where nothing can be overwritten.

    Raises:
        FileExistsError: a file is there.
        OSError: it cannot be written; nothing is left of it.
    """
    place = _followed(path)
    found = _look(place)
    if found and not stat.S_ISREG(found.st_mode):
        _write(place, text.encode())
        return
    number = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        _fill(number, text.encode())
    except BaseException:
        place.unlink()
        raise


def opened(path: Path | str) -> int:
    """A descriptor that appends to a file, or to whatever is there by that name.

    Raises:
        OSError: it cannot be written.
    """
    place = _followed(path)
    number = _descriptor(place)
    return os.dup(number) if number is not None else os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)


def _followed(path: Path | str) -> Path:
    """Where the links end: at a file, at nothing, or at a descriptor, whose link is none that could be followed."""
    if "\0" in str(path):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    place = Path(path).absolute()
    for _ in range(_MOST_LINKS):
        place = Path(os.path.realpath(place.parent)) / place.name
        if _DESCRIPTORS.fullmatch(str(place.parent)) or not place.is_symlink():
            return place
        place = place.parent / place.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _look(place: Path) -> os.stat_result | None:
    try:
        return place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _descriptor(place: Path) -> int | None:
    """The number of a descriptor of our own that is meant."""
    ours = {"/dev/fd", "/proc/self/fd", "/proc/thread-self/fd", f"/proc/{os.getpid()}/fd"}
    return int(place.name) if str(place.parent) in ours and place.name.isdecimal() else None


def _kind(found: os.stat_result) -> int:
    return stat.S_IFMT(found.st_mode)


def _write(place: Path, content: bytes) -> None:
    found, number = _look(place), _descriptor(place)
    if number is not None:
        _fill(os.dup(number), content)
    elif found is None:
        _replace(place, None, content)
    elif _kind(found) in _REFUSED:
        raise OSError(errno.EINVAL, f"it is {_REFUSED[_kind(found)]}")
    elif _kind(found) != stat.S_IFREG:
        _fill(os.open(place, os.O_WRONLY | os.O_NOCTTY), content)
    elif not os.access(place, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    elif found.st_nlink != 1 or _DESCRIPTORS.fullmatch(str(place.parent)) or not _replace(place, found, content):
        _fill(os.open(place, os.O_WRONLY | os.O_TRUNC), content)


def _replace(place: Path, before: os.stat_result | None, content: bytes) -> bool:
    """Put a whole file in the place of another, or of nothing; False where another cannot be replaced as it is."""
    part = place.with_name(f".shardgen-{secrets.token_hex(8)}")
    try:
        _fill(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if before is None else 0o600), content)
        if before is not None and not _made_alike(part, place, before):
            return False
        part.replace(place)
    except OSError as error:
        if before is None or error.errno not in _NOT_REPLACED:
            raise
        return False
    else:
        return True
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def _made_alike(part: Path, place: Path, before: os.stat_result) -> bool:
    """Give a new file what the old one has: owner, group, mode, extended attributes; whether that could be done."""
    own = part.stat()
    if (own.st_uid, own.st_gid) != (before.st_uid, before.st_gid):
        try:
            os.chown(part, before.st_uid, before.st_gid)
        except OSError:
            return False
    shutil.copystat(place, part)
    os.utime(part)
    return True


def _fill(number: int, content: bytes) -> None:
    """Write everything to a descriptor, and close it."""
    with open(number, "wb", buffering=0) as file:  # a descriptor
        rest = memoryview(content)
        while rest:
            select.select([], [number], [])  # one that does not block would take nothing
            rest = rest[file.write(rest) or 0 :]
        with contextlib.suppress(OSError):  # pipes cannot
            os.fsync(number)


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
