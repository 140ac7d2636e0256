"""The embedded PostgreSQL server: one cluster under one home directory, run with the wheel's own binaries.

At most one server runs on a home, whatever was killed and when: every change is made under a file lock, and what a
crash left is cleared before a start. Only the OS user that owns the cluster, and root, can reach it: a 0700 socket
directory, ``peer``, and no TCP.
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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import platformdirs
import psycopg
from psycopg import sql

from shardgen.database import cluster
from shardgen.database.cluster import PORT, Home
from shardgen.database.programs import NAME, Account, Notice, binary, last_line, run, server_account, server_bin
from shardgen.database.surroundings import connection_class, embedded_dsn
from shardgen.errors import ServerError

__all__ = ["Server", "binary", "data_dir", "start", "status", "stop", "url"]

_PATIENCE: Final = 600  # seconds for a start or a stop: crash recovery of some GiB of WAL takes minutes
_ORPHAN_PATIENCE: Final = 30  # seconds for backends of a killed postmaster to let go of its shared memory
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server.

    Attributes:
        data_directory: the cluster.
        socket_directory: where its socket is; 0700.
        dsn: libpq URI of the database ``shardgen`` as superuser, for psycopg and psql, free of PGHOST, PGPORT etc.
        pid: the postmaster's.
        version: such as ``18.4``.
        started: whether this call started it; False when it ran already.
    """

    data_directory: Path
    socket_directory: Path
    dsn: str
    pid: int
    version: str
    started: bool


def data_dir(option: Path | None = None) -> Path:
    """The home of the embedded server: ``option``, else ``$SHARDGEN_HOME``, else the user's data directory.

    For root it is ``/var/lib/shardgen``: the server runs as a helper account, which cannot enter /root (0700).
    """
    if option is not None:
        return option.expanduser().resolve()
    if from_environment := os.environ.get("SHARDGEN_HOME"):
        return Path(from_environment).expanduser().resolve()
    if os.geteuid() == 0:
        return Path("/var/lib") / NAME
    return platformdirs.user_data_path(NAME, appauthor=False)


def start(home: Path, *, on_notice: Notice = _LOG.info) -> Server:
    """Return the running server of ``home``; initialise and start it first where needed.

    Args:
        home: as ``data_dir`` gives it; made if it is missing.
        on_notice: gets a sentence about what takes time or was repaired.

    Raises:
        ServerError: it cannot be had; the text says why and what to do.
    """
    try:
        layout = cluster.make_home(home)
        with _locked(layout, on_notice):
            server = _running(layout, on_notice) or _start_locked(layout, on_notice)
            _create_database(server)
            return server
    except (OSError, psycopg.Error) as error:
        raise ServerError(f"server of home={str(home)!r} cannot be started: {error}") from error


def stop(home: Path, *, on_notice: Notice = _LOG.info) -> bool:
    """Shut the server of ``home`` down, ending its sessions, and wait; False when it was not running.

    Raises:
        ServerError: it does not stop, or belongs to somebody else.
    """
    layout = Home(home.resolve())
    if not cluster.exists(layout):
        return False
    cluster.check_owner(layout.path)
    with _locked(layout, on_notice):
        # pg_ctl signals whatever process has the recorded pid now: ask it only about a postmaster that lives.
        if _postmaster(layout) is None:
            return False
        account = server_account(layout.path, layout.data, on_notice)
        programs = server_bin(layout.path, account, on_notice)
        done = _pg_ctl(layout, account, programs, "stop", "-m", "fast")
        if done.returncode != 0:
            raise ServerError(f"server of home={str(layout.path)!r} does not stop: {last_line(done)}; see {layout.log}")
        return True


def status(home: Path) -> Server | None:
    """The server of ``home`` if it accepts connections, else None.

    Raises:
        ServerError: it runs but refuses us, with its own words.
    """
    layout = Home(home.resolve())
    if not cluster.exists(layout):
        return None
    pid, directory = _recorded_pid(layout), cluster.known_socket_directory(layout)
    if pid is None or directory is None:
        return None
    return _probe(layout, directory, pid)


def url(home: Path) -> str:
    """The libpq URI of the running server of ``home``.

    Raises:
        ServerError: it is not running.
    """
    server = status(home)
    if server is None:
        raise ServerError(f"no embedded server runs in home={str(home)!r}; start it first")
    return server.dsn


# --- the life cycle ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _locked(layout: Home, on_notice: Notice) -> Iterator[None]:
    """Hold the home's lock. The kernel frees it when we die; no program that we run inherits it (O_CLOEXEC)."""
    descriptor = os.open(layout.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
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


def _start_locked(layout: Home, on_notice: Notice) -> Server:
    account = server_account(layout.path, layout.data, on_notice)
    cluster.sweep(layout)
    programs = server_bin(layout.path, account, on_notice)
    if not cluster.has_content(layout.data):
        cluster.initialise(layout, account, programs, on_notice)
    cluster.check(layout, account, programs)
    directory = cluster.make_socket_directory(layout, account)
    cluster.write_conf(layout, account, directory)
    _recover(layout, directory, on_notice)
    _launch(layout, account, programs)
    pid = _recorded_pid(layout)
    server = None if pid is None else _probe(layout, directory, pid)
    if server is None:
        raise ServerError(f"server of home={str(layout.path)!r} started but does not answer; see {layout.log}")
    return replace(server, started=True)


def _recover(layout: Home, directory: Path, on_notice: Notice) -> None:
    """Clear what a crash left: lock files whose pid may be another process by now, and orphaned backends."""
    pid = _recorded_pid(layout)
    if pid is None:
        return
    on_notice(f"the server was not shut down (pid={pid} is gone): recovering; {layout.log} tells the progress")
    for orphan in _orphans(layout.data.resolve()):
        with contextlib.suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGQUIT)  # what the postmaster itself does to them after a crash
    # PostgreSQL clears the lock files of a dead pid itself, but not those of one that is in use: another process has it
    # by now, as is common after the restart of a container, or it is a zombie in a container without init. It remains
    # safe: the old server's shared memory is found without them, by the data directory's inode.
    if _is_alive(pid):
        (layout.data / "postmaster.pid").unlink(missing_ok=True)
        (directory / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def _orphans(data: Path) -> list[int]:
    """Processes that work in the data directory, as every backend does. Idle ones leave alone, busy ones do not."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == data and (entry / "exe").readlink().name.startswith("postgres"):
                found.append(int(entry.name))
    return found


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
            raise ServerError(f"server of home={str(layout.path)!r} does not start: {_cause(log, done)}")
        time.sleep(0.2)


def _pg_ctl(layout: Home, account: Account, programs: Path, *action: str) -> subprocess.CompletedProcess[str]:
    command = [str(programs / "pg_ctl"), *action, "-D", str(layout.data), "-w", "-t", str(_PATIENCE)]
    return run(command, account, layout.path)


def _new_log(layout: Home, account: Account) -> None:
    """Each start has a log of its own; the one before is kept."""
    with contextlib.suppress(FileNotFoundError):
        layout.log.replace(layout.log.with_suffix(".log.1"))
    cluster.make_file(layout.log, account)


def _cause(log: str, done: subprocess.CompletedProcess[str]) -> str:
    marks = ("FATAL:", "PANIC:", "HINT:", "LOG:  could not")
    lines = [line[line.index(mark) :] for line in log.splitlines() for mark in marks if mark in line]
    return " ".join(lines[-3:]) or last_line(done)


# --- the running server -----------------------------------------------------------------------------------------------


def _running(layout: Home, on_notice: Notice) -> Server | None:
    """The server that runs already; one whose starter was killed meanwhile may still be on its way, so wait for it."""
    deadline = time.monotonic() + _PATIENCE
    told = False
    while (server := status(layout.path)) is None:
        pid = _postmaster(layout)
        if pid is None:
            return None
        if time.monotonic() > deadline:
            raise ServerError(f"server with pid={pid} accepts no connections; see {layout.log}, or end it")
        if not told:
            on_notice(f"waiting for the server with pid={pid}, which runs but accepts no connections yet")
            told = True
        time.sleep(0.1)
    return server


def _probe(layout: Home, directory: Path, pid: int) -> Server | None:
    """The server, if it answers there and has this data directory; None if nobody answers or it is not ready yet."""
    # Whoever made a directory of that name in /tmp after a reboot is not to be talked to.
    if not os.path.lexists(directory) or not cluster.is_private(directory, layout.data.stat().st_uid):
        return None
    dsn = embedded_dsn(directory, PORT)
    try:
        with _connect(dsn) as connection:
            query = "SELECT current_setting('data_directory'), current_setting('server_version')"
            data_directory, version = map(str, connection.execute(query).fetchone() or ("", ""))
    except psycopg.OperationalError as error:
        # psycopg gives no SQLSTATE here. "The database system is starting up, shutting down, ..." passes by itself.
        if "FATAL" in str(error) and "the database system is" not in str(error):
            raise ServerError(f"server of home={str(layout.path)!r} refuses the connection: {error}") from error
        return None
    if Path(data_directory) != layout.data:
        return None
    return Server(
        data_directory=layout.data,
        socket_directory=directory,
        dsn=dsn,
        pid=pid,
        version=version,
        started=False,
    )


def _recorded_pid(layout: Home) -> int | None:
    try:
        text = cluster.read(layout.data / "postmaster.pid")
    except PermissionError:
        owner = layout.data.stat().st_uid
        raise ServerError(f"data_directory={str(layout.data)!r} belongs to uid={owner}; run as that user") from None
    first = (text or "").partition("\n")[0]
    return int(first) if first.isdigit() else None


def _postmaster(layout: Home) -> int | None:
    """The pid of the live postmaster; None also when the recorded pid is by now that of something else."""
    pid = _recorded_pid(layout)
    if pid is None:
        return None
    if not Path("/proc/self").exists():
        return pid if _is_alive(pid) else None
    try:
        # Not its cwd or exe: root in a container may not read those of another account.
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return pid if os.fsencode(layout.data) in command else None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# --- connections ------------------------------------------------------------------------------------------------------


def _create_database(server: Server) -> None:
    """Make the database where it is missing.

    The home's lock is not enough: the backend of a start that was killed may still be making it.
    """
    with _connect(server.dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [f"{NAME}: create database"])
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))


def _connect(dsn: str, *, autocommit: bool = False) -> psycopg.Connection[tuple[object, ...]]:
    """Connect to the maintenance database."""
    return connection_class(dsn).connect(
        dsn, autocommit=autocommit, dbname="postgres", connect_timeout=5, client_encoding="UTF8"
    )
