"""The process that workers are forked from: it loads the heavy modules, once, while the coordinator loads its own.

Not multiprocessing's: that one looks for modules in the working directory, wants a folder for its socket and semaphores
in shared memory, keeps the environment of its first start, and may not be used by a daemonic process (Celery, Airflow)
or by the child of a process that had one. This one is reached over an unnamed socket, belongs to the process that
started it (``processes`` is that one's half), and ends with it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
import select
import signal
import socket
import struct
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any, Final, NoReturn

from shardgen import paths

PRELOADED: Final = ("shardgen.worker", "shardgen.encode", "shardgen.tables")
DESCRIPTORS: Final = 3
"""As many as come with one message, at most."""
_NUMBER: Final = struct.Struct("q")
_HEADER: Final = struct.Struct("I")

Statuses = dict[int, int]
"""By worker's process id: the pipe on which its exit code is told."""


def serve() -> NoReturn:
    """Load what workers need and fork them, until the coordinator is gone."""
    control = socket.socket(fileno=os.dup(0))
    _close_stdin()
    awake = _hear()
    (theirs, doubtful), (alive,) = received(control)
    sys.path[:] = paths.merged(sys.path, theirs, doubtful)
    for module in PRELOADED:
        with contextlib.suppress(Exception):  # it fails again where it is needed, and is told there
            __import__(module)
    statuses: Statuses = {}
    while True:
        ready, _, _ = select.select([control.fileno(), awake], [], [])
        if awake in ready:
            os.read(awake, 1 << 16)
            _reap(statuses)
        if control.fileno() in ready:
            _serve_one(control, awake, alive, statuses)


def _hear() -> int:
    """Leave signals to the coordinator, but for those of children, which make a pipe readable."""
    for each in (signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    awake, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return awake


def _serve_one(control: socket.socket, awake: int, alive: int, statuses: Statuses) -> None:
    """Fork a worker, or end with all of them because nobody is there any more."""
    try:
        (directory, environment), (channel, status, stop) = received(control)
    except (EOFError, ConnectionResetError):
        for pid in statuses:
            os.kill(pid, signal.SIGKILL)  # not reaped yet, so it is still that process
        os._exit(0)
    try:
        pid = os.fork()
    except OSError as error:
        pid = -(error.errno or errno.EAGAIN)
    if pid == 0:
        for number in (control.detach(), awake, status, *statuses.values()):
            os.close(number)
        _become_worker(directory, environment, channel, stop, alive)
    _tell(status, pid)
    for number in (channel, stop):
        os.close(number)
    if pid > 0:
        statuses[pid] = status
    else:
        os.close(status)


def _reap(statuses: Statuses) -> None:
    """Tell the exit codes of workers that ended."""
    while statuses:
        pid, ended = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        status = statuses.pop(pid)
        _tell(status, os.waitstatus_to_exitcode(ended))
        os.close(status)


def _become_worker(directory: str | None, environment: dict[str, str], channel: int, stop: int, alive: int) -> NoReturn:
    """Answer calls until the coordinator closes the channel; the copy of a server must not go on as one."""
    try:
        os.close(signal.set_wakeup_fd(-1))
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(environment)
        if directory is not None:
            with contextlib.suppress(OSError):  # only names of files that are relative need it
                os.chdir(directory)
        from shardgen import worker  # noqa: PLC0415  # not before the path is what it should be

        worker.initialise(stop, alive)
        _answer(Connection(channel))
        os._exit(0)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
        os._exit(1)


def _answer(channel: Connection[Any, Any]) -> None:
    """Do what is asked for, one call after the other; an outcome comes with the traceback, if it failed."""
    while True:
        try:
            function, arguments, named = channel.recv()
            outcome = (function(*arguments, **named), "")
        except (EOFError, ConnectionResetError):
            return
        except BaseException as error:  # noqa: BLE001  # told to who called
            outcome = (error, traceback.format_exc())
        try:
            channel.send(outcome)
        except (pickle.PicklingError, TypeError, AttributeError) as error:
            channel.send(
                (RuntimeError(f"a worker's outcome cannot be sent: {error}: {outcome[0]!r}"), outcome[1] or "-")
            )


def sent(control: socket.socket, value: Any, descriptors: list[int]) -> None:
    """Send a value with descriptors."""
    text = pickle.dumps(value)
    socket.send_fds(control, [_HEADER.pack(len(text))], descriptors)
    control.sendall(text)


def received(control: socket.socket) -> tuple[Any, list[int]]:
    """A value and the descriptors that came with it.

    Raises:
        EOFError: the other side is gone.
    """
    header, descriptors, _, _ = socket.recv_fds(control, _HEADER.size, DESCRIPTORS)
    missing, text = _HEADER.unpack(header)[0] if header else 0, bytearray()
    while missing > len(text) and (part := control.recv(missing - len(text))):  # not a byte of the next message
        text += part
    if not text:
        raise EOFError
    return pickle.loads(text), descriptors  # noqa: S301  # our own coordinator's


def number(status: int) -> int:
    """A number that the server told; a pipe has so few bytes whole.

    Raises:
        EOFError: the server is gone.
    """
    text = os.read(status, _NUMBER.size)
    if not text:
        raise EOFError
    return int(_NUMBER.unpack(text)[0])


def _tell(status: int, what: int) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(status, _NUMBER.pack(what))


def _close_stdin() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
