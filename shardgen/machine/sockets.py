"""Directories for Unix sockets: the path of a socket is limited to some hundred bytes."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import Final

from shardgen.errors import MachineError

LONGEST: Final = 103  # bytes of a socket's path; 107 on Linux, 103 on macOS
_RANDOM: Final = 10  # bytes that mkdtemp adds, with a slash on each side
_PLACES: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # each made private by mkdtemp


def fits(path: Path) -> bool:
    """Whether a socket can have this path."""
    return len(os.fsencode(path)) <= LONGEST


def listens(path: Path) -> bool:
    """Whether somebody takes connections at a socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:  # busy, or not ours to ask
            return True
    return True


def make_directory(prefix: str, *, usual: str = "", room: int = 24, remedy: str) -> Path:
    """A new directory with a short name that only we can enter.

    Args:
        prefix: of its name.
        usual: where to make it rather than in one of the places that every system has.
        room: bytes for the socket's own name.
        remedy: what helps if there is no such place.

    Raises:
        MachineError: none can be made; the text says why and what to do.
    """
    refusals = []
    for place in dict.fromkeys(filter(None, (usual, *_PLACES))):
        if len(os.fsencode(place)) + len(prefix) + _RANDOM + room > LONGEST:
            refusals.append(f"{place}: its name is too long")
            continue
        try:
            return Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        except OSError as error:
            refusals.append(f"{place}: {error.strerror}")
    raise MachineError(f"no directory for a socket can be made ({', '.join(refusals)}): {remedy}")


def usual_place() -> str:
    """The directory for temporary files, as TMPDIR says; empty where none can be written."""
    try:
        return tempfile.gettempdir()
    except FileNotFoundError:
        return ""
