"""The embedded PostgreSQL server: one cluster under one home directory, run with the wheel's own binaries.

At most one server runs on a home, no matter what was killed, renamed or copied before: every change is made under a
file lock, and what a crash left is cleared before a start. Only the OS user that owns the cluster, and root, can reach
it (a 0700 socket directory, ``peer``). Where a TCP port was asked for, so can whoever has the password, from this
machine.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import psycopg

from shardgen.embedded._home import cluster, conf, homes, ports, postmaster, running, socket_directory, wal
from shardgen.embedded._home.conf import LOOPBACK, PORT
from shardgen.embedded._home.homes import Home, data_dir
from shardgen.embedded._home.running import Server
from shardgen.embedded.programs import Account, Notice, binary, cause, run, server_account, server_bin, why
from shardgen.errors import ConfigError, HomeError, ServerError, Text, Use
from shardgen.machine import sockets
from shardgen.machine.installation import program, typed

__all__ = ["LOOPBACK", "Server", "binary", "data_dir", "start", "status", "stop", "url"]

_PATIENCE: Final = 600  # seconds for a start or a stop: crash recovery of some GiB of WAL takes minutes
_ANSWER_PATIENCE: Final = 30  # seconds for an answer of a server that says it is ready
_ORPHAN_PATIENCE: Final = 30  # seconds for backends of a killed postmaster to let go of its shared memory
_LOG: Final = logging.getLogger(__name__)


def start(
    home: Path, *, port: int | None = None, wal_level: str | None = None, on_notice: Notice = _LOG.info
) -> Server:
    """Return the running server of ``home``; initialise and start it first where needed.

    Args:
        home: as ``data_dir`` gives it; made if it is missing.
        port: of TCP on the loopback interface, kept for later starts; 0 to close it; None: as it was kept.
        wal_level: ``minimal``, or ``logical`` for logical decoding, kept for later starts; None: as it was kept.
        on_notice: gets a sentence about what takes time or was repaired.

    Raises:
        ConfigError: the port is taken, or the server runs with another one, or with another level.
        ServerError: it cannot be had; the text says why and what to do.
    """
    ports.check(port)
    wal.check(wal_level)
    with _told(home, "started"):
        layout = homes.make_home(home)
        with _locked(layout, on_notice):
            found = _already_running(layout, on_notice)
            if found is not None:
                ports.check_running(home, port, found.port)
                wal.check_running(home, wal_level, found.wal_level)
            server = found or _start_locked(layout, port, wal_level, on_notice)
            running.create_database(server)
            return server


def stop(home: Path, *, on_notice: Notice = _LOG.info) -> bool:
    """Shut the server of ``home`` down, ending its sessions, and wait; False when it was not running.

    Raises:
        ServerError: it does not stop, or belongs to somebody else.
    """
    with _told(home, "stopped"):
        layout = Home(home.resolve())
        if not homes.exists(layout):
            return False
        homes.check_owner(layout.path)
        with _locked(layout, on_notice):
            pid = postmaster.find(layout)
            if pid is None:
                return False
            os.kill(pid, signal.SIGINT)  # "fast": what pg_ctl sends to whatever process has the recorded pid now
            _wait_for_the_end(layout, pid)
            return True


def status(home: Path) -> Server | None:
    """The server of ``home`` if it accepts connections, else None.

    Raises:
        ServerError: it runs but refuses us, with its own words.
    """
    with _told(home, "asked"):
        layout = Home(home.resolve())
        if not homes.exists(layout):
            return None
        return running.find(layout)


def url(home: Path) -> str:
    """The libpq URI of the running server of ``home``.

    Raises:
        ServerError: it is not running.
    """
    server = status(home)
    if server is None:
        command = typed(f"{program()} db start", data_dir=home)
        raise ServerError(f"no embedded server runs in home={str(home)!r}: start it: {command}")
    return server.dsn


def make_password(server: Server, *, anew: bool) -> str | None:
    """A password for TCP, where the server listens and has none yet, or another one is wanted; else None.

    Raises:
        ConfigError: another one is wanted for a server that does not listen.
    """
    if server.port is None:
        if anew:
            remedy = Text("give it a ", Use("port"))
            raise ConfigError(Use("new_password", value=True), " is for a server that listens", remedy=remedy)
        return None
    with (
        _told(server.data_directory.parent, "given a password"),
        running.connect(server.dsn, autocommit=True) as connection,
    ):
        return ports.make_password(connection) if anew or not ports.has_password(connection) else None


# --- the life cycle ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _told(home: Path, what: str) -> Iterator[None]:
    """Make a sentence of what the system or the server says."""
    try:
        yield
    except psycopg.Error as error:
        raise ServerError(f"server of home={str(home)!r} cannot be {what}: {' '.join(str(error).split())}") from error
    except OSError as error:
        place = f" at {error.filename!r}" if error.filename else ""
        raise ServerError(
            f"server of home={str(home)!r} cannot be {what}: {error.strerror or error}{place}; "
            "mend that, or set SHARDGEN_HOME to a directory that can be written"
        ) from error


@contextlib.contextmanager
def _locked(layout: Home, on_notice: Notice) -> Iterator[None]:
    """Hold the home's lock. The kernel frees it when we die; no program that we run inherits it (O_CLOEXEC)."""
    try:
        descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        remedy = "let it be written, or set SHARDGEN_HOME to another place"
        raise HomeError(f"home={str(layout.path)!r} cannot be locked: {error.strerror}; {remedy}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_notice(f"waiting for another process that starts or stops the server of {layout.path}")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        # Not left to close(): a child forked meanwhile without exec shares the lock.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _start_locked(layout: Home, port: int | None, wal_level: str | None, on_notice: Notice) -> Server:
    account = server_account(layout.path, layout.data, on_notice)
    cluster.sweep(layout)
    programs = server_bin(layout.path, account, on_notice)
    chosen = ports.choose(layout, port, on_notice)
    _check_sockets(layout)
    if not cluster.has_content(layout.data):
        _end_deleted(layout, on_notice)
        cluster.initialise(layout, account, programs, on_notice)
    cluster.check(layout, account, programs)
    directory = socket_directory.make(layout, account)
    conf.write(layout, account, directory, chosen, wal.choose(layout, wal_level))
    _recover(layout, on_notice)
    _launch(layout, account, programs)
    server = running.find(layout)
    if server is None:
        raise ServerError(f"server of home={str(layout.path)!r} started but does not answer; see {layout.log}")
    ports.keep(layout, port)
    wal.keep(layout, wal_level)
    return replace(server, started=True)


def _check_sockets(layout: Home) -> None:
    """Refuse to take the socket of another server, and clear the locks of sockets that nobody listens at.

    PostgreSQL believes a lock whose pid is in use: by another process, as is common after the restart of a container,
    or by the server of a home that this one is a copy of.
    """
    directory = socket_directory.known(layout)
    for path in directory.glob(".s.PGSQL.*") if directory and directory.is_dir() else ():
        lock = path.with_name(f"{path.name}.lock")
        if not path.is_socket():
            continue
        if sockets.listens(path):
            pid = (homes.read(lock) or "?").partition("\n")[0]
            raise ServerError(
                f"server with pid={pid} listens at {path}, but its data directory is not {layout.data} any more: "
                f"move it back, or end that server: kill -INT {pid}"
            )
        lock.unlink(missing_ok=True)


def _end_deleted(layout: Home, on_notice: Notice) -> None:
    """End a server whose files were deleted; it would do so itself within a minute, and holds its memory until then."""
    left = postmaster.of_deleted(layout)
    if left:
        on_notice(f"ending what is left (pid={left[0]}) of the server whose data directory was deleted from here")
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGQUIT)


def _recover(layout: Home, on_notice: Notice) -> None:
    """Clear what a crash left: a record whose pid may be another process by now, and orphaned backends."""
    record = postmaster.read_pid_file(layout)
    if record is None:
        return
    on_notice(
        f"the server was not shut down (its pid={record.pid} is gone): recovering; {layout.log} tells the progress"
    )
    for orphan in postmaster.orphans(layout):
        with contextlib.suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGQUIT)  # what the postmaster itself does to them after a crash
    # PostgreSQL clears the record of a dead pid itself, but not one that is in use: by another process, or by a zombie
    # in a container without init. It remains safe: the old server's shared memory is found without it, by the data
    # directory's inode.
    if postmaster.is_alive(record.pid):
        (layout.data / "postmaster.pid").unlink(missing_ok=True)


def _launch(layout: Home, account: Account, programs: Path) -> None:
    """Start the postmaster in a session of its own, with nothing of ours open: pg_ctl sees to both."""
    deadline = time.monotonic() + _ORPHAN_PATIENCE
    while True:
        _new_log(layout, account)
        conf = f"-c config_file={shlex.quote(str(layout.conf))}"
        done = _pg_ctl(layout, account, programs, "start", "-l", str(layout.log), "-o", conf)
        if done.returncode == 0:
            return
        log = layout.log.read_text(encoding="utf-8", errors="replace")
        if "shared memory block" not in log or time.monotonic() > deadline:
            told = cause(log) or why(done)
            raise ServerError(f"server of home={str(layout.path)!r} does not start: {told}; see {layout.log}")
        time.sleep(0.2)


def _pg_ctl(layout: Home, account: Account, programs: Path, *action: str) -> subprocess.CompletedProcess[str]:
    command = [str(programs / "pg_ctl"), *action, "-D", str(layout.data), "-w", "-t", str(_PATIENCE)]
    return run(command, account, layout.path)


def _new_log(layout: Home, account: Account) -> None:
    """Each start has a log of its own; the one before is kept."""
    with contextlib.suppress(FileNotFoundError):
        layout.log.replace(layout.log.with_suffix(".log.1"))
    homes.make_file(layout.log, account)


def _wait_for_the_end(layout: Home, pid: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while postmaster.find(layout) == pid:
        if time.monotonic() > deadline:
            raise ServerError(f"server of home={str(layout.path)!r} does not stop; see {layout.log}")
        time.sleep(0.02)


def _already_running(layout: Home, on_notice: Notice) -> Server | None:
    """The server that runs already; one whose starter was killed meanwhile may still be on its way, so wait for it."""
    begun = time.monotonic()
    told = False
    while (server := status(layout.path)) is None:
        pid = postmaster.find(layout)
        if pid is None:
            return None
        _check_reachable(layout, pid, waited=time.monotonic() - begun)
        if not told:
            on_notice(_why_to_wait(layout, pid))
            told = True
        time.sleep(0.1)
    return server


def _check_reachable(layout: Home, pid: int, *, waited: float) -> None:
    """Refuse to wait for what will not come."""
    record, directory = postmaster.read_pid_file(layout), socket_directory.known(layout)
    remedy = f"end it, and start again: kill -INT {pid}"
    ready = record is not None and record.ready
    if ready and not (directory and (directory / f".s.PGSQL.{record.port if record else PORT}").exists()):
        raise ServerError(f"server with pid={pid} runs, but its socket in {directory} is gone; {remedy}")
    if waited > (_ANSWER_PATIENCE if ready else _PATIENCE):
        raise ServerError(f"server with pid={pid} runs, but accepts no connections; see {layout.log}, or {remedy}")


def _why_to_wait(layout: Home, pid: int) -> str:
    if postmaster.read_pid_file(layout) is None:
        return f"waiting for the server with pid={pid} to end, which it does within a minute without its postmaster.pid"
    return f"waiting for the server with pid={pid}, which runs but accepts no connections yet"
