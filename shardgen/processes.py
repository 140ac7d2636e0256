"""The coordinator's half of ``forkserver``: starts it, has workers forked, and knows what became of them."""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import connection, spawn
from multiprocessing.connection import Connection
from typing import Any, Final

from shardgen import forkserver, paths
from shardgen.errors import MachineError

PATIENCE: Final = 2.0  # seconds until a process that was killed, or has lost its socket, must have ended
_BOOT: Final = (
    "import sys; sys.path.insert(0, {home!a}); import shardgen; del sys.path[0]; "
    "from shardgen import forkserver; forkserver.serve()"
)
"""Only the package itself is looked for where it lies; see ``paths``."""
_GONE: Final = (EOFError, BrokenPipeError, ConnectionResetError)


class RemoteTraceback(Exception):
    """Stands as the cause of what a worker raised, and shows where."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


@dataclass(slots=True, kw_only=True)
class Child:
    """A worker process, as its coordinator has it."""

    pid: int
    channel: Connection[Any, Any]
    status: int
    """The reading end of the pipe on which the server tells the exit code."""
    killed: bool = False
    """By us."""
    code: int | None = None
    """Exit code, once it is known to have ended; negative for a signal."""

    def call(self, function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """What the function returns over there.

        Raises:
            EOFError, OSError: the process ended.
            BaseException: what the function raised.
        """
        self.channel.send((function, arguments, named))
        outcome, trace = self.channel.recv()
        if trace:
            raise outcome from RemoteTraceback(trace)
        return outcome

    def kill(self) -> None:
        """End it now; may be called from a signal handler."""
        if self.code is None:
            self.killed = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def bury(self) -> None:
        """Let go of a process that ends; its exit code is kept if it can be known."""
        self.channel.close()
        if connection.wait([self.status], PATIENCE):
            with contextlib.suppress(EOFError):
                self.code = forkserver.number(self.status)
        os.close(self.status)


def start() -> None:
    """Start the server unless it runs, and return at once; the earlier, the sooner the first row (0.4 s on two cores).

    It ends with the process that calls.

    Raises:
        MachineError: the system gives no process.
    """
    with _lock:
        _running()


def fork(stop: int) -> Child:
    """A worker; it sees the environment and the working directory of now.

    Args:
        stop: the reading end of a pipe that is closed when running shards should give way.

    Raises:
        MachineError: the system gives no process.
    """
    with _lock:
        try:
            return _running().fork(stop)
        except _GONE:
            _forget(PATIENCE)  # killed, perhaps for its memory: once more
        try:
            return _running().fork(stop)
        except _GONE as error:
            raise MachineError(
                f"the process that workers are forked from ended with code={_forget(PATIENCE)}: its last words stand "
                "above, or the system's log names a limit of memory"
            ) from error
        except OSError as error:
            raise shortage(error) from error


def shortage(error: Exception) -> MachineError:
    """What it means that no process, no thread or no descriptor can be had."""
    remedies = {
        errno.EMFILE: "raise the limit of open files (ulimit -n)",
        errno.ENFILE: "raise the system's limit of open files (fs.file-max)",
        errno.ENOMEM: "leave it more memory, or use fewer --workers",
    }
    number = getattr(error, "errno", None) or 0
    usual = "raise the limit of processes (ulimit -u, or pids.max of a container), or use fewer --workers"
    cause = os.strerror(number) if number else str(error)
    return MachineError(f"no worker process can be started: {cause}: {remedies.get(number, usual)}")


class _Server:
    """A running server."""

    def __init__(self) -> None:
        alive, self._alive = os.pipe()
        try:
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = _launched(theirs)
            forkserver.sent(self._control, (sys.path, paths.chance()), [alive])
        except BaseException:
            os.close(self._alive)
            raise
        finally:
            os.close(alive)

    def fork(self, stop: int) -> Child:
        """Have a worker forked."""
        status, tells = os.pipe()
        try:
            ours, theirs = socket.socketpair()
            with theirs:
                forkserver.sent(self._control, (_directory(), dict(os.environ)), [theirs.fileno(), tells, stop])
        except BaseException:
            os.close(status)
            raise
        finally:
            os.close(tells)
        child = Child(pid=0, channel=Connection(ours.detach()), status=status)
        try:
            child.pid = _forked(status)
        except BaseException:
            child.channel.close()
            os.close(status)
            raise
        return child

    def end(self, patience: float) -> int:
        """End it, and with it whatever it has forked; its exit code.

        Args:
            patience: seconds for one that is ending by itself.
        """
        self._leave()
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(patience)
        self._process.kill()
        return self._process.wait()

    def disown(self) -> None:
        """Close our ends in a forked copy of the coordinator, whose child it is not."""
        self._leave()
        self._process.returncode = 0  # else subprocess tries to wait for it

    def _leave(self) -> None:
        self._control.close()
        os.close(self._alive)


def _forked(status: int) -> int:
    """The process id that the server tells.

    Raises:
        MachineError: it tells an error number.
    """
    found = forkserver.number(status)
    if found < 0:
        raise shortage(OSError(-found, os.strerror(-found)))
    return found


def _launched(control: socket.socket) -> subprocess.Popen[bytes]:
    """Python with the socket as its standard input, and not a word of it on our standard output."""
    executable = spawn.get_executable()
    if not executable:
        raise MachineError(
            "Python does not know its own program (sys.executable), so no worker can be started: "
            "name it to multiprocessing.set_executable"
        )
    flags = [*subprocess._args_from_interpreter_flags(), "-P"]  # type: ignore[attr-defined]  # noqa: SLF001
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}  # a process that forks should have no threads
    environment["PYTHONPATH"] = paths.explicit(environment.get("PYTHONPATH", ""))
    words = 2 if _is_open(2) and sys.stderr is not None else subprocess.DEVNULL
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # inherited: no traceback from its imports
    try:
        return subprocess.Popen(  # noqa: S603
            [os.fsdecode(executable), *flags, "-c", _BOOT.format(home=paths.HOME)],
            stdin=control.fileno(),
            stdout=words,
            stderr=words,
            env=environment,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:  # it was deleted
        return None


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


_server: _Server | None = None
_lock = threading.Lock()


def _running() -> _Server:
    global _server  # noqa: PLW0603  # one for each process
    if _server is None:
        try:
            _server = _Server()
        except OSError as error:
            raise shortage(error) from error
    return _server


def _forget(patience: float = 0) -> int | None:
    """Let go of the server, if one runs; its exit code."""
    global _server
    server, _server = _server, None
    return server.end(patience) if server is not None else None


def _disown() -> None:
    """In a forked copy of this process: the server is the parent's, and must notice when that one ends."""
    global _server, _lock
    server, _server, _lock = _server, None, threading.Lock()
    if server is not None:
        server.disown()


os.register_at_fork(after_in_child=_disown)
atexit.register(_forget)
