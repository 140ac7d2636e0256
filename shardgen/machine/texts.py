"""Reads text files that may be anything: a pipe that nobody writes to must not hang a command without a word."""

from __future__ import annotations

import errno
import os
import select
import stat
from pathlib import Path
from typing import Final

PATIENCE: Final = 5.0  # seconds until somebody writes into a pipe; password managers do so when it is opened


def read(file: Path | str) -> str:
    """The text of a file, or of a pipe, in UTF-8.

    Raises:
        OSError: it cannot be read, or is a pipe that nobody writes to.
        UnicodeDecodeError: it is no text.
    """
    number = os.open(file, os.O_RDONLY | os.O_NONBLOCK)
    with open(number, "rb") as stream:  # noqa: PTH123  # a descriptor
        if stat.S_ISFIFO(os.fstat(number).st_mode):
            waiting = select.poll()
            waiting.register(number, select.POLLIN)
            if not waiting.poll(PATIENCE * 1000):
                raise OSError(errno.ETIMEDOUT, "it is a pipe, and nobody writes to it")
        os.set_blocking(number, True)
        return stream.read().decode()


def reason(error: OSError | UnicodeError) -> str:
    """Why, without the file's name."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
