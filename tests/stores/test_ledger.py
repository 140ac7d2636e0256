"""The ledger by itself: made once, read back as it was written, never losing what is done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from psycopg import sql

from shardgen.stores.postgres import ledger, locks
from shardgen.stores.postgres.ledger import Claim, NewRun, ShardRow
from shardgen.stores.postgres.objects import create_schema
from shardgen.stores.postgres.postgres import Connection, connect
from shardgen.stores.postgres.status import read, status

SCHEMA = 'Raw "Zone"'
NEW = NewRun(
    fingerprint="f",
    plan_fingerprint="p",
    plan={"tables": ["orders"], "schema": SCHEMA},
    options={"seed": 42, "schema": SCHEMA},
    planned={"orders": {"shards": 3, "rows": 30}},
    versions={"faker": "1"},
    host="h",
    pid=7,
)


@pytest.fixture
def session(database) -> Iterator[Connection]:
    with connect(database.dsn, application_name="test") as connection:
        create_schema(connection, SCHEMA)
        ledger.create(connection, SCHEMA)
        yield connection


def claim(connection: Connection, run: int, generation: int = 1) -> Claim:
    oid = connection.execute("SELECT to_regclass(%s)::oid", ['"Raw ""Zone""".shardgen_runs']).fetchone()[0]
    made = Claim(target="orders", relation="shardgen_runs", oid=oid, generation=generation, run=run, created=True)
    ledger.claim(connection, SCHEMA, [made])
    return made


def complete(connection: Connection, mine: Claim, shard: str, rows: int = 10) -> None:
    with connection.transaction():
        assert ledger.begin_shard(connection, SCHEMA, mine, shard, attempt=1, pid=1, host="h")
        row = ShardRow(
            target="orders", shard=shard, rows=rows, bytes=1, digest="d", seconds=0.5, phases={"copy": 0.1}, attempts=1
        )
        ledger.complete_shard(connection, SCHEMA, mine, row)


def test_creating_it_twice_changes_nothing(session):
    run = ledger.insert_run(session, SCHEMA, NEW)
    ledger.create(session, SCHEMA)
    assert [each.run for each in ledger.runs(session, SCHEMA)] == [run]


def test_a_ledger_of_before_append_and_skip_gets_what_it_lacks_and_loses_nothing(session):
    run = ledger.insert_run(session, SCHEMA, NEW)
    mine = claim(session, run)
    complete(session, mine, "a")
    for table, columns in (
        ("runs", ("on_conflict",)),
        ("targets", ("others", "others_within", "missing", "ledger", "since")),
        ("shards", ("skipped",)),
    ):
        for column in columns:
            session.execute(f'ALTER TABLE "Raw ""Zone""".shardgen_{table} DROP COLUMN {column}')
    before = (ledger.runs(session, SCHEMA), ledger.claims(session, SCHEMA), ledger.shards_of(session, SCHEMA, run))
    assert [each.run for each in read(session, SCHEMA)] == [run]
    for _ in range(2):
        ledger.upgrade(session, SCHEMA)
    assert before == (
        ledger.runs(session, SCHEMA),
        ledger.claims(session, SCHEMA),
        ledger.shards_of(session, SCHEMA, run),
    )
    assert ledger.claims(session, SCHEMA) == {"orders": mine}
    assert ledger.shards_of(session, SCHEMA, run)[0].skipped == 0
    assert ledger.runs(session, SCHEMA)[0].on_conflict == "error"


def test_a_run_is_read_back_as_it_was_written(session):
    run = ledger.insert_run(session, SCHEMA, NEW)
    (found,) = ledger.runs(session, SCHEMA)
    assert (found.run, found.state, found.host, found.pid) == (run, "loading", "h", 7)
    assert (found.plan, found.options, found.planned) == (NEW.plan, NEW.options, NEW.planned)


def test_a_number_that_a_crash_has_set_back_is_not_given_twice(session):
    """As of a server with wal_level=minimal, see tests/faults/test_dirty_advances.py."""
    runs = [ledger.insert_run(session, SCHEMA, NEW) for _ in range(3)]
    session.execute(sql.SQL("ALTER TABLE {} ALTER run RESTART WITH 2").format(sql.Identifier(SCHEMA, "shardgen_runs")))
    assert [*runs, *(ledger.insert_run(session, SCHEMA, NEW) for _ in range(2))] == [1, 2, 3, 4, 5]


def test_a_shard_is_begun_once_in_a_generation_and_again_in_the_next(session):
    run = ledger.insert_run(session, SCHEMA, NEW)
    mine = claim(session, run)
    complete(session, mine, "a")
    assert not ledger.begin_shard(session, SCHEMA, mine, "a", attempt=2, pid=1, host="h")
    assert ledger.find_shard(session, SCHEMA, mine, "a").rows == 10
    next_generation = claim(session, run, generation=2)
    assert not ledger.begin_shard(session, SCHEMA, mine, "b", attempt=1, pid=1, host="h")
    assert ledger.find_shard(session, SCHEMA, mine, "b") is None
    complete(session, next_generation, "a")
    assert [row.shard for row in ledger.shards_of(session, SCHEMA, run)] == ["a"]
    assert session.execute('SELECT count(*) FROM "Raw ""Zone""".shardgen_shards').fetchone() == (2,)


def test_an_open_run_that_loses_its_last_table_is_superseded_and_a_finished_one_stays(session):
    first = ledger.insert_run(session, SCHEMA, NEW)
    claim(session, first)
    second = ledger.insert_run(session, SCHEMA, NEW)
    claim(session, second, generation=2)
    ledger.set_state(session, SCHEMA, second, "finished")
    third = ledger.insert_run(session, SCHEMA, NEW)
    claim(session, third, generation=3)
    assert [run.state for run in ledger.runs(session, SCHEMA)] == ["superseded", "finished", "loading"]


def test_a_step_is_begun_once_and_what_was_rolled_back_again(session):
    run = ledger.insert_run(session, SCHEMA, NEW)
    with session.transaction(force_rollback=True):
        assert ledger.begin_step(session, SCHEMA, run, "analyze x")
    with session.transaction():
        assert ledger.begin_step(session, SCHEMA, run, "analyze x")
        ledger.complete_step(session, SCHEMA, run, "analyze x", 0.1)
    assert not ledger.begin_step(session, SCHEMA, run, "analyze x")
    assert ledger.steps_done(session, SCHEMA, run) == {"analyze x"}


def test_status_counts_done_pending_and_failed_and_tells_the_last_error(session):
    run = ledger.insert_run(session, SCHEMA, NEW)
    mine = claim(session, run)
    complete(session, mine, "a")
    for shard, attempt, given_up in (("a", 1, True), ("b", 1, False), ("b", 2, True), ("c", 1, False)):
        ledger.record_failure(
            session, SCHEMA, mine, shard, attempt=attempt, given_up=given_up, error=f"{shard}{attempt} bad"
        )
    (found,) = read(session, SCHEMA)
    (table,) = found.tables
    assert (table.done, table.pending, table.failed, table.rows) == (1, 1, 1, 10)
    assert found.last_error == "c attempt 1: c1 bad"
    assert found.to_json()["tables"][0]["planned_shards"] == 3


def test_a_loading_run_without_its_coordinator_is_lost(session, database):
    ledger.insert_run(session, SCHEMA, NEW)
    assert [run.state for run in read(session, SCHEMA)] == ["lost"]
    with connect(database.dsn, application_name="shardgen:coordinator:h:1") as other:
        assert locks.take(other, SCHEMA)
        (found,) = read(session, SCHEMA)
        assert (found.state, found.coordinator) == ("loading", "shardgen:coordinator:h:1 (local)")


def test_a_schema_without_a_ledger_has_no_status(database):
    assert status(database.dsn, "bronze") == []


def test_the_lock_is_one_sessions_and_names_its_holder_for_any_schema(database):
    with connect(database.dsn, application_name="one") as one, connect(database.dsn, application_name="two") as two:
        for schema in ("bronze", SCHEMA, *map(str, range(20))):  # keys of either sign
            assert locks.take(one, schema)
            assert not locks.take(two, schema)
            assert locks.holder(two, schema).application_name == "one"
