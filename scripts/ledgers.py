"""Writes a dump of a small target as an older shardgen left it: ``scripts/ledgers.py COMMIT FILE``.

The commit's own code loads two runs into an embedded server: one that finishes, and one that is killed while another
session keeps its last partition from being made. pg_dump writes what is there, as INSERTs that any client can send.
Tests upgrade each of these dumps, see tests/stores/test_migrations.py.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from shardgen.embedded import server

ROOT = Path(__file__).parents[1]
WORLD = ("--customers", "6", "--products", "4", "--orders-per-day", "0.2", "--sessions-per-day", "0.4")
WINDOW = ("--days", "70", "--end", "2026-01-01", "--events-per-session", "3", "--warehouses", "1", "--raw-data", "none")
FINISHED = ("--tables", "customers,products,orders")
KILLED = ("--tables", "clickstream")
LAST = "bronze.raw_clickstream_2025_12"
"""The partition that is kept from being made."""
PATIENCE = 60.0  # seconds
STRANGE = (
    "\\restrict",
    "\\unrestrict",
    "SET ",
    "SELECT pg_catalog.set_config",
    "--",
    "CREATE SCHEMA bronze",
    "COMMENT ON COLUMN",
)
"""How lines of a dump begin that only psql understands, or that say nothing of a ledger."""


def main(commit: str, file: str) -> None:
    """Load with the commit's code, kill, dump."""
    with checked_out(commit) as code, tempfile.TemporaryDirectory(prefix="sg-", dir="/tmp") as home:
        Path(home).chmod(0o711)  # as root the server runs as another user
        environment = os.environ | {"PYTHONPATH": str(code), "SHARDGEN_HOME": home}
        program = [sys.executable, "-m", "shardgen"]
        try:
            load = [*program, "load", "--quiet", *WORLD, *WINDOW, "--workers", "2"]
            subprocess.run([*load, *FINISHED], check=True, cwd=code, env=environment)
            dsn = subprocess.check_output([*program, "db", "url"], cwd=code, env=environment, text=True).strip()
            killed([*load, *KILLED], dsn, code, environment)
            Path(file).write_text(opening(commit) + dumped(dsn), encoding="utf-8")
        finally:
            subprocess.run([*program, "db", "stop"], check=True, cwd=code, env=environment)


@contextlib.contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """The tree of a commit."""
    with tempfile.TemporaryDirectory() as place:
        code = Path(place) / "code"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", code, commit], check=True, cwd=ROOT)
        try:
            yield code
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", code], check=True, cwd=ROOT)


def killed(load: list[str], dsn: str, code: Path, environment: dict[str, str]) -> None:
    """A load that lacks its last shard when all of its processes are gone."""
    with psycopg.connect(dsn) as holder, psycopg.connect(dsn, autocommit=True) as other:
        holder.execute(f"CREATE TABLE {LAST} ()")  # nobody sees it, and nobody else can make it, until we end
        process = subprocess.Popen(load, cwd=code, env=environment, start_new_session=True)
        until(other, "SELECT WHERE (SELECT count(*) FROM bronze.shardgen_shards WHERE target = 'clickstream') = 2")
        until(other, "SELECT FROM pg_locks WHERE NOT granted")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        holder.rollback()
        until(other, "SELECT WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name ~ '^shardgen:')")


def until(connection: psycopg.Connection, query: str) -> None:
    """Wait until a query gives a row."""
    deadline = time.monotonic() + PATIENCE
    while connection.execute(query.encode()).fetchone() is None:
        if time.monotonic() > deadline:
            sys.exit(f"never true: {query}")
        time.sleep(0.1)


def dumped(dsn: str) -> str:
    """Schema bronze as SQL."""
    options = ["--schema", "bronze", "--no-owner", "--no-privileges", "--rows-per-insert", "500"]
    text = subprocess.check_output([server.binary("pg_dump"), *options, dsn], text=True)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(STRANGE)]
    text = "\n".join(["CREATE SCHEMA bronze;", *lines, unmoved(text), ""])
    return text.replace(f"'{socket.gethostname()}'", "'elsewhere'")


def unmoved(dump: str) -> str:
    """What makes the ledger believe that it has never left its server, where OIDs are not those of the dump."""
    ledger = ", ledger = tableoid" if "ledger oid" in dump else ""
    return f"UPDATE bronze.shardgen_targets SET oid = ('bronze.' || relation)::regclass{ledger};"


def opening(commit: str) -> str:
    """What stands above the SQL."""
    full = subprocess.check_output(["git", "rev-parse", "--short=7", commit], cwd=ROOT, text=True).strip()
    return f"-- Made by shardgen of commit {full}: scripts/ledgers.py {full} FILE\n"


if __name__ == "__main__":
    main(*sys.argv[1:])
