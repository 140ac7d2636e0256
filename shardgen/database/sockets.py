"""Directories for Unix sockets: the path of a socket is limited to some hundred bytes."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from typing import Final

from shardgen.errors import ConfigError

LONGEST: Final = 103  # bytes of a socket's path; 107 on Linux, 103 on macOS
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


def make_directory(prefix: str) -> Path:
    """A new directory with a short name that only we can enter.

    Raises:
        ConfigError: none can be made; the text says why and what to do.
    """
    refusals = []
    for place in _PLACES:
        try:
            return Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        except OSError as error:
            refusals.append(f"{place}: {error.strerror}")
    raise ConfigError(
        f"no directory for a socket can be made ({', '.join(refusals)}): set SHARDGEN_HOME to a directory with a name "
        "of at most 80 bytes, in which the socket can be"
    )
