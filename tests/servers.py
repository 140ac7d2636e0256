"""Servers that a test may stop, starve and restart: somebody else's, as initdb leaves it, and an embedded one."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg.conninfo import make_conninfo

from shardgen.embedded import server
from shardgen.errors import ServerError
from tests.programs import copied_programs

PASSWORD = "correct horse/battery?staple"
PATIENCE = 60.0


class Server(Protocol):
    """What a fault needs of a server."""

    dsn: str
    """Of an administrator, without a database."""

    def stop(self, mode: str) -> None:
        """``fast`` or ``immediate``."""

    def start(self) -> None:
        """Start it again; returns when it answers."""


class ForeignServer:
    """Default settings (wal_level=replica), scram passwords, TCP on loopback; its administrator is ``admin``."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.programs = copied_programs(home / "pg")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.dsn = make_conninfo(host="127.0.0.1", port=self.port, user="admin", password=PASSWORD)
        self._account = {}
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            shutil.chown(home, 65534, 65534)
            self._account = {"user": 65534, "group": 65534, "extra_groups": []}
        (home / "password").write_text(PASSWORD)
        self._run("initdb", "-U", "admin", "-A", "scram-sha-256", f"--pwfile={home / 'password'}", "-E", "UTF8", "-N")

    def start(self, largest_file: int | None = None) -> None:
        """Start it; no process of it may write a file beyond ``largest_file`` bytes.

        The server reports that as it reports a quota: an XX000 with the system's text.
        """
        options = f"-p {self.port} -h 127.0.0.1 -k {self._home} -F"  # nobody pulls this machine's plug
        self._run("pg_ctl", "-w", "-l", str(self._home / "log"), "-o", options, "start", largest_file=largest_file)

    def stop(self, mode: str) -> None:
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def _run(self, program: str, *arguments: str, largest_file: int | None = None) -> None:
        words = [str(self.programs / program), "-D", str(self._home / "data"), *arguments]
        limited = ["sh", "-c", f'ulimit -S -f {largest_file // 512}; exec "$@"', "sh"] if largest_file else []
        subprocess.run(
            [*limited, *words],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"]},
            **self._account,
        )


class EmbeddedServer:
    """The embedded one, with the settings that users get (wal_level=minimal)."""

    def __init__(self, home: Path) -> None:
        self._home = home / "h"
        self.start()

    def start(self) -> None:
        found = server.start(self._home, on_notice=lambda text: None)
        self.dsn, self._pid = found.dsn, found.pid

    def stop(self, mode: str) -> None:
        os.kill(self._pid, {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        deadline = time.monotonic() + PATIENCE
        while _answers(self.dsn):
            assert time.monotonic() < deadline, "the server does not stop"
            time.sleep(0.05)


@contextlib.contextmanager
def short_home() -> Iterator[Path]:
    """A directory with a short name (the path of a socket is limited) that any account may enter."""
    home = Path(tempfile.mkdtemp(prefix="sg-", dir="/tmp"))
    home.chmod(0o755)
    try:
        yield home
    finally:
        shutil.rmtree(home)


@contextlib.contextmanager
def foreign_server() -> Iterator[ForeignServer]:
    """Somebody else's server, running."""
    with short_home() as home:
        made = ForeignServer(home)
        made.start()
        try:
            yield made
        finally:
            made.stop("immediate")


@contextlib.contextmanager
def embedded_server() -> Iterator[EmbeddedServer]:
    """An embedded server of a test's own, running."""
    with short_home() as home:
        made = EmbeddedServer(home)
        try:
            yield made
        finally:
            server.stop(home / "h")


@contextlib.contextmanager
def short_directory() -> Iterator[Path]:
    """A directory in /tmp: pytest's own are 0700 for root's helper account, and too long for a socket."""
    base = Path(tempfile.mkdtemp(prefix="sg-", dir="/tmp")).resolve()
    base.chmod(0o711)
    try:
        yield base
    finally:
        for home in base.glob("*/postgres"):
            with contextlib.suppress(ServerError):
                server.stop(home.parent)
        for record in base.rglob("socket-directory"):
            shutil.rmtree(record.read_text().splitlines()[0], ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)


def query(running: server.Server, sql: str) -> object:
    with psycopg.connect(running.dsn) as connection:
        row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def wait_until(condition: object, *, seconds: float = 20) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def is_gone(pid: int) -> bool:
    """Also true of a zombie, where nobody reaps orphans."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: is_gone(pid))


def _answers(dsn: str) -> bool:
    try:
        psycopg.connect(dsn, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
