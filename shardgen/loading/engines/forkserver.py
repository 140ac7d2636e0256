"""The process that workers are forked from: it loads the heavy modules, once, while the coordinator loads its own.

It is multiprocessing's, with what that leaves to chance decided: no process looks for modules in the working
directory, the socket lies in a folder with a short name, and a daemonic process (Celery, Airflow) or a forked one may
have workers.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from multiprocessing import forkserver, process, resource_tracker
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import ModuleType
from typing import Any, Final, cast

from shardgen.errors import MachineError, Part, Text, Use
from shardgen.machine import paths, sockets

PRELOADED: Final = (
    *("shardgen.loading.preloaded", "shardgen.loading.engines.processes"),
    *("concurrent.futures.process", "multiprocessing.queues", "multiprocessing.synchronize"),
)
"""What workers need, and what they are unpickled with before their path is set."""
ROOM: Final = 640 << 20
"""Bytes of address space that a worker takes which fills PostgreSQL: libraries, stacks, and the batches at hand."""
_lock = threading.RLock()


def start() -> ForkServerContext:
    """Start it unless it runs, and return at once; the earlier, the sooner the first row (0.4 s on two cores).

    It ends with the process that calls.

    Raises:
        MachineError: the system gives no process, too little memory, or no place for a socket or a semaphore.
    """
    _check_room()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    with starting(), _open_standard(), _environment(), _without_ctrl_c():
        _use_short_folder()
        resource_tracker.ensure_running()
        _check_semaphores(context)
        forkserver.ensure_running()
    return context


@contextlib.contextmanager
def starting() -> Iterator[None]:
    """Let this process have children, a daemonic one too, who know nothing of its script; tell why there can be none.

    Raises:
        MachineError: the system gives none.
    """
    with _lock:  # two threads that load at once would each put back what the other has put there for the time
        configuration: dict[str, Any] = vars(process.current_process())["_config"]
        daemonic = configuration.pop("daemon", None)
        try:
            with _without_main(), _safe_path(), _unread_streams():
                yield
        except BrokenExecutor:  # no shortage, though a RuntimeError too: an earlier worker died
            raise
        except (OSError, RuntimeError, EOFError) as error:  # RuntimeError: no thread; EOFError: the server cannot fork
            raise shortage(error) from error
        finally:
            if daemonic is not None:
                configuration["daemon"] = daemonic


def shortage(error: Exception) -> MachineError:
    """What it means that no process, no thread or no descriptor can be had."""
    fewer = Text("use fewer ", Use("workers"))
    remedies: dict[int, Part] = {
        errno.EMFILE: "raise the limit of open files (ulimit -n)",
        errno.ENFILE: "raise the system's limit of open files (fs.file-max)",
        errno.ENOMEM: Text("leave it more memory, or ", fewer),
    }
    number = getattr(error, "errno", None) or 0
    usual = Text("raise the limit of processes (ulimit -u, or pids.max of a container), or ", fewer)
    cause = os.strerror(number) if number else str(error)
    if isinstance(error, EOFError):
        cause = "the process that workers are forked from ended, perhaps for want of memory (ulimit -v)"
    return MachineError(f"no worker process can be started: {cause}", remedy=remedies.get(number, usual))


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Keep multiprocessing from running the caller's script again in every worker, which imports only this package.

    It costs a CLI's imports in time and memory, and makes a script without a main guard start itself over and over.
    """
    before = sys.modules.get("__main__")
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        if before is not None:
            sys.modules["__main__"] = before


@contextlib.contextmanager
def _safe_path() -> Iterator[None]:
    """Have a safe path handed on to children, those of a server that the caller started itself, too."""
    unsafe = sys.path[:]
    sys.path[:] = paths.safe()
    try:
        yield
    finally:
        sys.path[:] = unsafe


class _Stream:
    """A standard stream whose flush, which multiprocessing does first, fails nobody: perhaps no one reads any more."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self._stream.flush()


@contextlib.contextmanager
def _unread_streams() -> Iterator[None]:
    before: tuple[Any, Any] = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("Any", each and _Stream(each)) for each in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """Have Python started with a path that names no folder by chance; see ``paths``."""
    named = paths.explicit(os.environ.get("PYTHONPATH", ""))
    ours = {"PYTHONSAFEPATH": "1", "PYTHONPATH": named, "OPENBLAS_NUM_THREADS": "1"}  # who forks should have no threads
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """Block the signal, which is inherited: no traceback from the server's imports."""
    resource_tracker.ensure_running()  # else it is done below, and unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _open_standard() -> Iterator[None]:
    """Give closed standard descriptors to nobody, lest a pipe of ours get the number that a child closes."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    yield


def _check_semaphores(context: ForkServerContext) -> None:
    """Refuse a machine on which no pool of workers can be made, before anything is written."""
    try:
        context.Lock()
    except (OSError, ImportError) as error:
        raise MachineError(
            f"no semaphore can be made: {error}: give /dev/shm room, and let it be written; in a container: "
            "--tmpfs /dev/shm, or --shm-size"
        ) from error


def _check_room() -> None:
    """Refuse a limit under which no worker can work: for want of memory Python may crash, or hang without a word."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < ROOM:
        raise MachineError(
            f"no worker process can work: the limit of memory (ulimit -v) is {limit >> 10:,} KiB",
            remedy=Text(f"raise it to {ROOM >> 10} KiB or more"),
        )


def _use_short_folder() -> None:
    """Have multiprocessing put its socket where its path is not too long, whatever TMPDIR says."""
    configuration: dict[str, Any] = vars(process.current_process())["_config"]
    if configuration.get("tempdir"):
        return
    remedy = "set TMPDIR to a directory that can be written, with a short name; in a container: --tmpfs /tmp"
    made = str(sockets.make_directory("pymp-", usual=sockets.usual_place(), remedy=remedy))
    configuration["tempdir"] = made
    atexit.register(_remove, made, os.getpid())


def _remove(folder: str, owner: int) -> None:
    if os.getpid() == owner and Path(folder).is_dir():
        shutil.rmtree(folder, ignore_errors=True)


def _disown() -> None:
    """In a forked copy of this process: the server is the parent's child, and must notice when that one ends."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()
    server = vars(forkserver)["_forkserver"]
    if (alive := server._forkserver_alive_fd) is not None:  # noqa: SLF001
        os.close(alive)
        server._forkserver_pid = server._forkserver_alive_fd = server._forkserver_address = None  # noqa: SLF001


os.register_at_fork(after_in_child=_disown)
