"""Where the bytes of a file go: counted and hashed on their way, and only as long as its encoder is at work.

A library's writer that is dropped may want to end its file. Nothing of that arrives: half a file has no footer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol


class Sink(Protocol):
    """Takes the bytes of a file, one run after another."""

    def write(self, data: bytes, /) -> Any:
        """Take some bytes, which the caller may not keep."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSummary:
    """A file that is complete."""

    rows: int
    bytes: int
    sha256: str
    """Of the whole file, in hexadecimal digits."""


class Hashed:
    """A file object for libraries that passes on what it is given.

    Args:
        sink: takes the bytes.
    """

    closed = False

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()
        self._bytes = 0
        self._taking = False

    def write(self, data: bytes) -> int:
        """Pass on some bytes."""
        if self._taking:
            self._digest.update(data)
            self._bytes += len(data)
            self._sink.write(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """The sink is closed by whoever opened it."""

    @contextmanager
    def taking(self) -> Iterator[None]:
        """What is written meanwhile is meant to arrive."""
        self._taking = True
        try:
            yield
        finally:
            self._taking = False

    def summary(self, rows: int) -> FileSummary:
        """The file as it is now."""
        return FileSummary(rows=rows, bytes=self._bytes, sha256=self._digest.hexdigest())
