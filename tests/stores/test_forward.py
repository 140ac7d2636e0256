"""A target that is brought forward: it ends up as one load would have made it, whatever the steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

import shardgen
from shardgen.errors import TargetError, UsageError
from shardgen.stores import spelled
from shardgen.stores.postgres import locks, preflight
from shardgen.stores.postgres.postgres import connect
from shardgen.tables import dataset
from tests.conftest import Database, copy_of, fresh_database
from tests.forward import QUIET, advance, overwritten_on_request_alone, rows
from tests.worlds import TABLES

END = date(2026, 1, 20)
SHOP: dict[str, Any] = {
    **QUIET,
    "epoch": date(2025, 12, 1),
    "end": END,
    "horizon": 60,
    "customers": 400,
    "products": 120,
    "orders_per_day": 12,
    "sessions_per_day": 20,
    "events_per_session": 4,
    "review_rate": 1,
}
HISTORIES = ("latest", pytest.param("versions", marks=pytest.mark.time))


@pytest.fixture(scope="module", params=HISTORIES)
def history(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def loaded(server_dsn, history) -> Iterator[Database]:
    """A target as a load has left it."""
    with fresh_database(server_dsn) as made:
        shardgen.load(made.dsn, history=history, **SHOP)
        yield made


@pytest.fixture
def target(loaded, server_dsn) -> Iterator[Database]:
    """A copy of it."""
    with copy_of(loaded, server_dsn) as made:
        yield made


def digests(target: Database) -> dict[str, Any]:
    """Content digests by table, of rows that are those of one load of the whole."""
    found = shardgen.verify(target.dsn, level="digests", progress="none", workers=2)
    assert found.ok
    return {check.name: check.figures["blocks"] for check in found.checks}


@pytest.mark.slow
def test_days_and_a_jump_give_what_one_load_gives(target, loaded, server_dsn, history):
    until = END + timedelta(days=24)
    with copy_of(loaded, server_dsn) as jumped, fresh_database(server_dsn) as at_once:
        for _ in range(2):
            advance(target)
        advance(target, days=3)
        advance(target, to=until)
        advance(jumped, to=until)
        shardgen.load(at_once.dsn, history=history, **{**SHOP, "end": until})
        for table in TABLES:
            assert rows(target, table) == rows(jumped, table) == rows(at_once, table), table
        assert digests(target) == digests(jumped) == digests(at_once)
    counts = shardgen.verify(target.dsn, level="counts", progress="none")
    assert counts.ok
    assert shardgen.verify(target.dsn, level="laws", progress="none").ok


def test_a_report_tells_what_was_added_changed_and_taken_away(target, history):
    report = advance(target, days=20)
    counts = {each.table: (each.ledger, each.updated, each.deleted) for each in report.tables}
    assert all(each.counted == each.ledger for each in report.tables)
    assert counts["orders"][0] > 0
    changed = {name for name, (_, updated, _) in counts.items() if updated}
    assert changed == (set() if history == "versions" else {"customers", "products", "orders", "reviews"} & changed)
    assert bool(changed) == (history == "latest")
    recorded = target.rows("SELECT sum(rows), sum(updated), sum(deleted) FROM bronze.shardgen_shards WHERE run = 2")
    assert recorded == [tuple(map(sum, zip(*counts.values(), strict=True)))]


def test_a_target_that_is_there_already_is_left_alone(target):
    assert shardgen.advance(target.dsn, to=END, **QUIET) == []
    assert len(shardgen.status(target.dsn)) == 1


def test_a_load_of_a_window_brings_forward_as_well(target, loaded, server_dsn):
    with copy_of(loaded, server_dsn) as other:
        advance(other, days=2)
        report = shardgen.load(target.dsn, since=END, end=END + timedelta(days=2), **QUIET)
        assert report.ok
        assert all(rows(target, table) == rows(other, table) for table in TABLES)


@pytest.mark.parametrize(
    ("since", "told"),
    [(END + timedelta(days=1), "leaves a gap"), (END - timedelta(days=1), "holds days that are loaded")],
)
def test_a_window_begins_where_the_history_ends(target, since, told):
    with pytest.raises(TargetError, match=told) as refusal:
        shardgen.load(target.dsn, since=since, end=since + timedelta(days=3), **QUIET)
    assert f"since='{END}'" in str(refusal.value)
    assert len(shardgen.status(target.dsn)) == 1


def test_other_options_than_those_of_the_history_are_refused(target):
    with pytest.raises(TargetError, match="another plan: seed=7 but it was loaded with 42"):
        shardgen.load(target.dsn, since=END, end=END + timedelta(days=3), seed=7, **QUIET)


def test_a_past_day_is_refused(target):
    with pytest.raises(TargetError, match="is past"):
        shardgen.advance(target.dsn, to=END - timedelta(days=1), **QUIET)


def test_both_ways_to_say_how_far_are_refused():
    with pytest.raises(UsageError, match="both say how far"):
        shardgen.advance("host=/nowhere", days=1, to=END, **QUIET)


def test_a_window_of_nothing_needs_a_world_that_does_not_move(database):
    with pytest.raises(UsageError, match="is of a world that does not move"):
        shardgen.load(database.dsn, since=END, **QUIET)
    with pytest.raises(TargetError, match="holds no finished run"):
        shardgen.advance(database.dsn, **QUIET)


def test_a_slice_goes_into_an_empty_place_and_on_from_there(database, server_dsn, history):
    first = {**SHOP, "since": END, "end": END + timedelta(days=4)}
    shardgen.load(database.dsn, history=history, **first)
    assert shardgen.verify(database.dsn, level="counts", progress="none").ok
    assert digests(database)
    advance(database, days=3)
    with fresh_database(server_dsn) as at_once:
        shardgen.load(at_once.dsn, history=history, **{**first, "end": END + timedelta(days=7)})
        assert all(rows(database, table) == rows(at_once, table) for table in TABLES)
        assert digests(database) == digests(at_once)


def test_two_advances_at_once_are_one_that_works_and_one_that_is_refused(target):
    with connect(target.dsn, application_name="shardgen:coordinator:1@elsewhere") as connection:
        assert locks.take(connection, "bronze")
        with pytest.raises(TargetError, match="another load is at work"):
            shardgen.advance(target.dsn, **QUIET)
    advance(target)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("TRUNCATE bronze.raw_reviews", "it was truncated"),
        ("DROP TABLE bronze.raw_sessions CASCADE", "was dropped since run=1 filled it"),
        ("ALTER TABLE bronze.raw_orders DROP COLUMN status CASCADE", "has lost or got columns=status"),
        ("ALTER TABLE bronze.raw_reviews SET UNLOGGED", "UNLOGGED"),
    ],
)
def test_a_table_that_others_have_changed_is_refused_before_anything_is_written(target, statement, told):
    target.run(statement)
    with pytest.raises(TargetError, match=told):
        shardgen.advance(target.dsn, **QUIET)
    assert len(shardgen.status(target.dsn)) == 1


ALL = "SELECT count(*) FROM bronze.raw_customers"


def changing(target: Database, end: date) -> str:
    """An order that is there and changes before a day."""
    [found] = target.rows(
        "SELECT order_id FROM bronze.raw_orders WHERE ingestion_timestamp > (SELECT max(ingestion_timestamp) "
        f"FROM bronze.raw_orders) - interval '20 hours' AND status IN ('pending', 'processing', 'shipped') "
        f"AND order_date < '{end}' ORDER BY ingestion_timestamp DESC LIMIT 1"
    )
    return str(found[0])


@pytest.mark.parametrize("history", ["latest"], indirect=True)
@pytest.mark.parametrize(
    "theirs",
    ["UPDATE bronze.raw_orders SET status = 'theirs'", "DELETE FROM bronze.raw_orders"],
    ids=["changed", "deleted"],
)
def test_rows_that_others_have_changed_are_named_and_only_overwritten_on_request(target, loaded, server_dsn, theirs):
    order = changing(target, END)
    overwritten_on_request_alone(target, loaded, server_dsn, order=order, by=theirs)


@pytest.mark.parametrize("history", ["latest"], indirect=True)
def test_a_role_that_may_make_no_temporary_tables_is_told_before_anything_is_written(target):
    with connect(target.dsn, application_name="test") as connection:
        [(role,)] = connection.execute("SELECT current_user").fetchall()
    target.run(
        "CREATE ROLE bringer LOGIN",
        "GRANT ALL ON SCHEMA bronze TO bringer",
        f"REVOKE TEMPORARY ON DATABASE {target.name} FROM PUBLIC",
        f"GRANT bringer TO {role}",
    )
    try:
        target.run("GRANT ALL ON ALL TABLES IN SCHEMA bronze TO bringer")
        with connect(target.dsn, application_name="test") as connection:
            connection.execute("SET ROLE bringer")
            told = preflight.staging_problems(connection, skipping=False)
        assert "may not make" in str(told[0])
    finally:
        target.run("DROP OWNED BY bringer", "DROP ROLE bringer")


def test_a_reset_takes_the_whole_chain_back(target):
    advance(target)
    advance(target)
    shardgen.reset(target.dsn)
    assert target.rows("SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('bronze')") == []


def test_a_run_of_the_chain_stands_for_all_of_it(target):
    advance(target)
    shardgen.reset(target.dsn, run=1)
    assert shardgen.status(target.dsn) == []


def test_queries_and_feeds_are_of_the_whole_history_after_an_advance(target, history):
    before = len(shardgen.queries(target.dsn))
    advance(target)
    assert len(shardgen.queries(target.dsn)) == before
    known = {row["customer_id"] for row in shardgen.truth("customers", target.dsn)}
    assert len(known) == target.value(
        "SELECT count(*) FROM bronze.raw_customers_latest" if history == "versions" else ALL
    )
    fed = sum(batch.num_rows for batch in shardgen.changes(target.dsn, since=END, tables="orders"))
    every = sum(batch.num_rows for batch in shardgen.changes(target.dsn, tables="orders"))
    assert 0 < fed < every


THEIRS = {
    "customers": "PRIMARY KEY (customer_id))",
    "orders": "note text DEFAULT 'theirs')",  # no key at all, and no partitions
    "reviews": "UNIQUE (review_id))",
    "inventory": "PRIMARY KEY (inventory_id, movement_date)) PARTITION BY RANGE (movement_date)",
}


def columns(name: str) -> str:
    return ", ".join(f"{each.name} {spelled(each.type)}" for each in dataset()[name].table.columns)


def test_tables_of_others_are_brought_forward_and_given_back_empty(database, server_dsn):
    database.run(
        "CREATE SCHEMA bronze",
        *(f"CREATE TABLE bronze.raw_{name} ({columns(name)}, {tail}" for name, tail in THEIRS.items()),
    )
    options = {**SHOP, "tables": tuple(THEIRS)}
    shardgen.load(database.dsn, **options)
    advance(database, days=2)
    advance(database, to=END + timedelta(days=30))
    with fresh_database(server_dsn) as at_once:
        shardgen.load(at_once.dsn, **{**options, "end": END + timedelta(days=30)})
        for name in THEIRS:
            own = ", ".join(each.name for each in dataset()[name].table.columns)
            query = f"SELECT md5(t::text) FROM (SELECT {own} FROM bronze.raw_{name}) AS t ORDER BY 1"
            assert database.rows(query) == at_once.rows(query), name
    assert digests(database)
    shardgen.reset(database.dsn)
    for name in THEIRS:
        assert database.value(f"SELECT count(*) FROM bronze.raw_{name}") == 0
