"""The command line as a process of its own, for tests that kill, stop, starve and resume it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import Database
from tests.servers import PASSWORD
from tests.worlds import TABLES

ROOT = Path(__file__).parents[1]
WORLD = ("--customers", "200", "--products", "60", "--days", "20", "--end", "2026-01-01")
VOLUME = ("--orders-per-day", "60", "--sessions-per-day", "200")
"""With WORLD some 66,000 rows in 27 shards: about three seconds of loading."""
HERE = "datname = current_database()"
PATIENCE = 120  # seconds for anything that must happen at all


def hear_signals() -> None:
    """A test run under nohup, or in a shell's background, ignores signals, and so would its children."""
    for signum in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(signum, signal.SIG_DFL)


class Program:
    """One run of the command line in a session of its own, so that no descendant escapes the count."""

    def __init__(
        self,
        database: Database,
        *arguments: str,
        command: str = "load",
        module: str = "shardgen",
        dsn: str = "",
        **environment: str,
    ) -> None:
        self.database = database
        shown = () if command == "stream" else ("--progress", "plain")
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, command, "--dsn", dsn or database.dsn, *shown, *arguments],
            env={**clean_environment(), **environment},
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=hear_signals,  # noqa: PLW1509  # it starts no thread
        )
        self.pid = self._process.pid

    def wait(self) -> tuple[int, str]:
        """Exit code and output, in which no password is."""
        output, _ = self._process.communicate(timeout=PATIENCE)
        assert PASSWORD not in output
        return self._process.returncode, output

    def until(self, query: str) -> list[tuple]:
        """The rows of a query, as soon as it gives any while the program runs."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self._process.poll() is None, self.wait()
            with contextlib.suppress(Exception):  # the ledger may not be there yet
                if rows := self.database.rows(query):
                    return rows
            time.sleep(0.02)
        raise AssertionError(f"never true: {query}")

    def until_said(self, text: str) -> None:
        """Read what it prints until the text is there; :meth:`wait` gives the rest."""
        assert self._process.stdout
        for line in self._process.stdout:
            if text in line:
                return
        raise AssertionError(f"never said: {text}")

    def in_flight(self) -> int:
        """Wait until something is committed and something else half-way; the process id of a worker at it."""
        self.until("SELECT 1 FROM bronze.shardgen_shards")
        (name, _), *_ = self.until(
            """SELECT application_name, pid FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid)
            WHERE tuples_processed > 0 AND pg_stat_progress_copy.datname = current_database()"""
        )
        return int(name.split(":")[2])

    def stopped_in_flight(self) -> int:
        """Stop a worker in the middle of a shard, which it cannot finish any more; its process id."""
        self.until("SELECT 1 FROM bronze.shardgen_shards")
        while True:
            assert self._process.poll() is None, self.wait()
            for worker in self.workers():
                os.kill(worker, signal.SIGSTOP)  # first, and then look: to ask takes longer than to load a shard
                if self.database.rows(
                    """SELECT 1 FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid)
                    WHERE application_name LIKE %s AND pg_stat_progress_copy.datname = current_database()""",
                    [f"shardgen:%:{worker}:%"],
                ):
                    return worker
                os.kill(worker, signal.SIGCONT)

    def group(self, signum: int) -> None:
        """What a terminal does: the signal goes to every process of the group."""
        os.killpg(self.pid, signum)

    def alive(self) -> list[str]:
        """Processes of its session that still run."""
        listed = subprocess.run(["ps", "-wweo", "sess=,stat=,pid=,args="], capture_output=True, text=True, check=True)
        rows = (line.split(None, 3) for line in listed.stdout.splitlines())
        return [" ".join(row[2:]) for row in rows if row[0] == str(self.pid) and not row[1].startswith("Z")]

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def workers(self) -> list[int]:
        """Process ids of its workers: the children of its forkserver."""
        listed = subprocess.run(["ps", "-wweo", "sess=,ppid=,pid=,args="], capture_output=True, text=True, check=True)
        rows = [line.split(None, 3) for line in listed.stdout.splitlines()]
        ours = [row for row in rows if row[0] == str(self.pid) and "forkserver" in row[3]]
        parents = {row[2] for row in ours}
        return [int(row[2]) for row in ours if row[1] in parents]

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)
        if self._process.stdout:
            self._process.stdout.close()


def content(database: Database) -> dict[str, tuple]:
    query = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM bronze.raw_{} AS t"
    return {name: database.rows(query.format(name))[0] for name in TABLES}


def gone(program: Program, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while program.alive():
        assert time.monotonic() < deadline, program.alive()
        time.sleep(0.05)


def clean_environment() -> dict[str, str]:
    ours = ("SHARDGEN_", "PG", "POSTGRES_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def verify(database: Database, *arguments: str) -> None:
    """Everything holds, bit for bit, by the program's own word."""
    done = subprocess.run(
        [sys.executable, "-m", "shardgen", "verify", "--dsn", database.dsn, "--progress", "none", *arguments],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
