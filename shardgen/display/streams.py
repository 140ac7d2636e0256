"""Standard streams that fail nobody: closed, missing, without a reader, in another encoding, not quite files.

A load that goes on for hours must not end because the pipe behind its display did, and who imports us may have set
``sys.stderr`` to an object that has little more than ``write`` (a logger's proxy), or to None (a daemon, ``pythonw``).
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import select
import sys
from collections.abc import Iterator
from typing import Any, Final, TextIO, cast

from shardgen.errors import OutputError
from shardgen.machine.refusals import refusal

_AWAY: Final = (errno.EPIPE, errno.EIO, errno.EBADF, errno.ESHUTDOWN, errno.ECONNRESET)
"""Nobody reads any more: a pipe, a terminal that hung up, a descriptor that was closed, a socket."""


class Patient(io.TextIOBase):
    """A text stream that drops what nobody reads.

    Args:
        stream: where to write; None for nowhere.
        lossy: drop, too, what cannot be written for other reasons (a full disk), because it is no data.
    """

    def __init__(self, stream: Any, *, lossy: bool) -> None:
        super().__init__()
        self._stream = stream
        self._lossy = lossy
        self.gone = stream is None
        """Whether nobody reads any more."""

    def write(self, text: str) -> int:
        """Write what can be written, in an encoding of few characters with substitutes."""
        with self._forbearance():
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                self._stream.write(text.encode(self.encoding, "replace").decode(self.encoding))
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        flush = getattr(self._stream, "flush", None)
        if flush is not None:
            with self._forbearance():
                flush()

    def isatty(self) -> bool:
        """Whether a terminal shows it."""
        with contextlib.suppress(Exception):
            return bool(self._stream.isatty())
        return False

    def fileno(self) -> int:
        """Its descriptor, if it has one."""
        try:
            return int(self._stream.fileno())
        except Exception as error:
            raise io.UnsupportedOperation("fileno") from error

    @property
    def encoding(self) -> str:  # type: ignore[override]  # what stands in the class is no property
        """Its encoding; UTF-8 for objects that take any text."""
        found = getattr(self._stream, "encoding", None)
        return found if isinstance(found, str) else "utf-8"

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        """How it encodes what it cannot."""
        found = getattr(self._stream, "errors", None)
        return found if isinstance(found, str) else None

    def writable(self) -> bool:
        """Always."""
        return True

    def abandoned(self) -> bool:
        """Whether nobody reads any more, found out without writing."""
        if not self.gone:
            with contextlib.suppress(OSError, ValueError):
                watched = select.poll()
                watched.register(self.fileno(), 0)  # errors are told unasked
                self.gone = any(what & (select.POLLERR | select.POLLNVAL) for _, what in watched.poll(0))
        return self.gone

    @contextlib.contextmanager
    def _forbearance(self) -> Iterator[None]:
        if self.gone:
            with contextlib.suppress(Exception):
                yield
            return
        try:
            yield
        except OSError as error:
            self.abandon()
            if error.errno not in _AWAY and not self._lossy:
                raise OutputError("standard output cannot be written: ", refusal(error) or str(error)) from error
        except ValueError:  # closed
            self.abandon()

    def abandon(self) -> None:
        """Point the descriptor to nothing, so that what is buffered is flushed there when Python ends."""
        self.gone = True
        with contextlib.suppress(OSError, ValueError):
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)


def patient(stream: Any) -> TextIO:
    """The stream of a display, which is no data."""
    return cast("TextIO", stream if isinstance(stream, Patient) else Patient(stream, lossy=True))


def abandoned(stream: Any) -> bool:
    """Whether it is known that nobody reads a stream any more."""
    return isinstance(stream, Patient) and stream.abandoned()


@contextlib.contextmanager
def prepared() -> Iterator[None]:
    """Have patient standard streams in a program of ours; those that are closed lead nowhere."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass  # it takes the place of one that was closed, which a connection to the database would take otherwise
    os.close(number)
    for name in ("COLUMNS", "LINES"):  # libraries believe any number
        if not re.fullmatch(r"[1-9][0-9]{0,3}", os.environ.get(name, "1")):
            del os.environ[name]
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = before[0] or io.StringIO()
    sys.stdout, sys.stderr = cast("TextIO", Patient(before[1], lossy=False)), patient(before[2])
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
