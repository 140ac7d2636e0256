"""Things made one after the other in a process of its own, beside whoever uses them.

It is forked from the server that workers are forked from. What it has made waits in a pipe, and it waits until there is
room; it ends with whoever reads, however that one ends. What fails there is told where the things are read; that the
process is gone, to whoever asks.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from enum import Enum, auto
from multiprocessing import connection, parent_process
from multiprocessing.context import ForkServerProcess
from typing import Any, Final, TypeAlias, TypeVar

from shardgen.errors import LoadError, ShardgenError
from shardgen.loading.engines import forkserver
from shardgen.loading.engines.setup import Setup
from shardgen.model.made import Made

T = TypeVar("T")
Make: TypeAlias = Callable[[], Iterator[T]]
Pipe: TypeAlias = "connection.Connection[Any, Any]"

_PROTOCOL: Final = 5
"""Of pickle: the first that takes the bytes of a buffer as they are."""
_SETTLING: Final = 1.0
"""Seconds for a process that said nothing more to be gone."""


class _Kind(Enum):
    MADE = auto()
    FAILED = auto()
    END = auto()


@contextlib.contextmanager
def made_apart(make: Make[T], what: str) -> Iterator[Made[T]]:
    """What a function makes, made in another process; no such process is left at the end.

    Args:
        make: makes the things; picklable, as they are.
        what: they are, for messages: ``"changes"``.

    Raises:
        MachineError: no process can be had.
        LoadError: making them failed, or the process ended; where they are read.
    """
    context = forkserver.start()
    reader, writer = context.Pipe(duplex=False)
    task = pickle.dumps(make)
    process = context.Process(target=_make, args=(writer, Setup.here(), task), name=f"shardgen-{what}", daemon=True)
    with forkserver.starting():
        process.start()
    writer.close()
    maker = _Maker(process, what)
    try:
        yield Made(_read(reader, maker), maker.check)
    finally:
        process.kill()
        process.join()


class _Maker:
    """The process, of which two threads may ask how it has ended."""

    def __init__(self, process: ForkServerProcess, what: str) -> None:
        self._process, self.what, self._lock = process, what, threading.Lock()

    def check(self) -> None:
        with self._lock:
            ended = self._process.exitcode
        if ended:
            raise self.ended()

    def ended(self) -> LoadError:
        """What is said of its end, which comes in a moment."""
        with self._lock:
            self._process.join(_SETTLING)
            told = f"the process that makes {self.what} ended: pid={self._process.pid} exit={self._process.exitcode}"
        return LoadError(told, remedy="see whether the system ended it for want of memory")


def _read(reader: Pipe, maker: _Maker) -> Iterator[Any]:
    while True:
        try:
            kind, made = pickle.loads(reader.recv_bytes())  # noqa: S301  # from our own pipe
        except (EOFError, OSError) as error:
            raise maker.ended() from error
        if kind is _Kind.END:
            return
        if kind is _Kind.FAILED:
            raised, text, trace = made
            cause = RuntimeError(f"in the process that makes {maker.what}:\n{trace}")
            raise raised or LoadError(f"{maker.what} cannot be made: {text}") from cause
        yield made


# --- in the process ---------------------------------------------------------------------------------------------------


def _make(writer: Pipe, setup: Setup, task: bytes) -> None:
    parent = parent_process()
    assert parent is not None
    threading.Thread(target=_watch, args=(parent.sentinel,), name="shardgen-watch", daemon=True).start()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service's end is told to all its processes, and is the reader's
    try:
        setup()
        for made in pickle.loads(task)():  # noqa: S301  # from our own pipe
            _tell(writer, _Kind.MADE, made)
        _tell(writer, _Kind.END, None)
    except BrokenPipeError:  # nobody reads any more
        return
    except BaseException as error:  # noqa: BLE001  # raised again where the things are read
        text, trace = f"{type(error).__name__}: {error}", traceback.format_exc()
        _tell(writer, _Kind.FAILED, (error if isinstance(error, ShardgenError) else None, text, trace))


def _tell(writer: Pipe, kind: _Kind, made: Any) -> None:
    writer.send_bytes(pickle.dumps((kind, made), protocol=_PROTOCOL))


def _watch(parent: int) -> None:
    connection.wait([parent])
    os._exit(1)
