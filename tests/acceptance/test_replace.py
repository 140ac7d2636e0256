"""What a replace asks on a terminal, and what it takes away."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import shardgen
from shardgen.stores.postgres import objects
from tests.conftest import Database

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OPTIONS = {"customers": 50, "products": 30, "days": 5, "end": "2026-01-01", "sessions_per_day": 20}
WORLD = [f"--{name.replace('_', '-')}={value}" for name, value in OPTIONS.items()]


def load(database: Database, *words: str, answer: str | None = None) -> tuple[int, str]:
    """Exit code and what is told of a load: on a terminal where there is an answer, without one where there is none."""
    command = [sys.executable, "-m", "shardgen", "load", "--dsn", database.dsn, "--progress", "none", *WORLD, *words]
    ours = ("SHARDGEN_", "PG", "POSTGRES_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)} | {"COLUMNS": "140"}
    if answer is None:
        done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stderr
    ours_end, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=ROOT, env=clean, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        os.write(ours_end, answer.encode())
        told = b""
        try:
            while more := os.read(ours_end, 4096):
                told += more
        except OSError:  # the other end is closed
            pass
        process.wait(60)
    os.close(ours_end)
    return process.returncode, told.decode()


@pytest.fixture
def target(database: Database) -> Database:
    """Orders as shardgen made them, and sessions of somebody else's making with a row in them."""
    objects.apply_schema(database.dsn, "bronze", ("sessions",), "none")
    database.run(
        "INSERT INTO bronze.raw_sessions (session_id, start_time, source_system) VALUES ('x', now(), 'theirs')",
        "CREATE TABLE bronze.precious AS SELECT 1 AS n",
        "CREATE SCHEMA other",
        "CREATE TABLE other.raw_orders AS SELECT 1 AS n",
    )
    assert shardgen.load(database.dsn, tables="orders", progress="none", **OPTIONS).ok
    return database


def test_on_a_terminal_a_replace_names_what_would_be_lost_and_a_no_changes_nothing(target):
    gone = "DELETE FROM bronze.raw_orders WHERE order_id < 'ORD0000000004'"
    target.run("ANALYZE bronze.raw_orders", gone)  # so that the server's estimate is another number
    code, told = load(target, "--tables", "orders,sessions", "--if-exists", "replace", answer="n\n")
    assert code == 1
    lines = [" ".join(line.split()) for line in told.splitlines()]
    [orders] = [line for line in lines if line.startswith("raw_orders")]
    assert orders.startswith("raw_orders 747 ")
    assert orders.endswith("run=1 shardgen emptied")
    [sessions] = [line for line in lines if line.startswith("raw_sessions")]
    assert sessions.endswith("others somebody else emptied")
    assert "Replace them? [y/N]" in told
    assert "aborted" in told
    assert target.rows("SELECT session_id FROM bronze.raw_sessions") == [("x",)]
    assert target.value("SELECT count(*) FROM bronze.shardgen_runs") == 1


def test_a_yes_on_a_terminal_covers_all_that_was_named_and_nothing_else_is_touched(target):
    oid = target.value("SELECT 'bronze.raw_sessions'::regclass::oid::int")
    code, told = load(target, "--tables", "orders,sessions", "--if-exists", "replace", answer="y\n")
    assert code == 0, told
    assert target.value("SELECT count(*) FROM bronze.raw_sessions WHERE source_system = 'theirs'") == 0
    assert target.value("SELECT 'bronze.raw_sessions'::regclass::oid::int") == oid
    assert target.value("SELECT count(*) FROM bronze.precious") == 1
    assert target.value("SELECT count(*) FROM other.raw_orders") == 1


def test_without_a_terminal_what_shardgen_loaded_is_replaced_and_other_rows_only_with_yes(target):
    assert load(target, "--tables", "orders", "--if-exists", "replace")[0] == 0
    code, told = load(target, "--tables", "orders,sessions", "--if-exists", "replace")
    assert code == 2
    assert (
        "relation=raw_sessions holds rows that shardgen did not load, and replace would remove them: say --yes" in told
    )
    assert load(target, "--tables", "orders,sessions", "--if-exists", "replace", "--yes")[0] == 0


def test_a_view_of_somebody_elses_making_stays_and_shows_the_new_rows(target):
    target.run(
        "DROP VIEW bronze.order_items",
        "CREATE VIEW bronze.order_items AS SELECT order_id FROM bronze.raw_orders",
    )
    code, told = load(target, "--tables", "orders", "--if-exists", "replace")
    assert code == 0, told
    assert target.value("SELECT count(*) FROM bronze.order_items") == 750
