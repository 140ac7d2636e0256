"""Loads into tables that hold other rows: what is kept, what is a conflict, and what is counted afterwards."""

from __future__ import annotations

import psycopg
import pytest

import shardgen
from shardgen.errors import ShardError, TargetError
from shardgen.events import LoadStarted, Notice, ShardDone
from shardgen.stores.postgres import catalog, objects, routes
from shardgen.stores.postgres.postgres import connect
from shardgen.stores.postgres.status import status
from shardgen.tables import dataset
from tests import fakes
from tests.conftest import copy_of, fresh_database
from tests.loading.test_load import FEW, Loader, killed_at
from tests.verification.test_verify import failed, verify
from tests.worlds import HERE, TABLES

ROW = "INSERT INTO bronze.raw_sessions (session_id, start_time, source_system) VALUES ('{}', '2025-01-05', 'theirs')"
OURS = "SESS000000000001"
SKIP = {"on_conflict": "skip"}


@pytest.fixture
def loader(database) -> Loader:
    """A target with empty tables, as somebody made them."""
    objects.apply_schema(database.dsn, "bronze", FEW, "keys")
    return Loader(database)


def table(report, name: str):
    return next(each for each in report.tables if each.table == name)


# Rows with other keys


def test_append_keeps_the_rows_that_are_there_and_counts_its_own(loader):
    loader.database.run(ROW.format("x"), ROW.format("SESS1"), ROW.format("SESS000000000601"))
    report = loader.load(tables=FEW, if_exists="append")
    sessions = table(report, "sessions")
    assert (sessions.others, sessions.counted, sessions.ledger, sessions.skipped) == (3, 600, 600, 0)
    assert table(report, "orders").others == 0
    assert loader.database.value("SELECT count(*) FROM bronze.raw_sessions") == 603
    assert "relation=raw_sessions holds rows=3 from before this load, which are kept" in [
        each.text for each in loader.of(Notice)
    ]


def test_rows_that_others_add_meanwhile_do_not_matter_and_rows_of_ours_that_vanish_do(loader):
    loader.database.run(ROW.format("x"))

    def others_work(event) -> None:
        if isinstance(event, LoadStarted):
            loader.database.run(ROW.format("y"), ROW.format("z"))

    assert loader.load(tables=FEW, if_exists="append", show=others_work).ok

    def thief(event) -> None:
        if isinstance(event, ShardDone):
            loader.database.run("DELETE FROM bronze.raw_reviews WHERE review_id = 'REV0000000001'")

    objects.apply_schema(loader.database.dsn, "bronze", ("reviews",), "keys")
    insert = "INSERT INTO bronze.raw_reviews (review_id, product_id, source_system) VALUES ('x', 'p', 's')"
    loader.database.run(insert)
    with pytest.raises(Exception, match="table=reviews: ledger=600 and counted=599 rows"):
        loader.load(tables=("reviews",), if_exists="append", show=thief)


def test_append_into_empty_or_missing_tables_is_a_load_like_any_other(loader):
    report = loader.load(tables=FEW, if_exists="append")
    assert [each.others for each in report.tables] == [0, 0]
    assert table(report, "orders").fast_path == ""


# Rows with the same keys


def test_keys_that_are_taken_are_refused_before_anything_is_written(loader):
    loader.database.run(ROW.format(OURS), ROW.format("x"))
    with pytest.raises(TargetError, match=r"raw_sessions holds rows with keys that this load would write: use --on-"):
        loader.load(tables=FEW, if_exists="append")
    assert loader.database.value("SELECT to_regclass('bronze.shardgen_runs') IS NULL")


def test_a_key_that_is_taken_meanwhile_is_named_with_the_remedy_which_helps(loader):
    def meanwhile(event) -> None:
        if isinstance(event, LoadStarted):
            loader.database.run(ROW.format(OURS))

    loader.database.run(ROW.format("x"))
    with pytest.raises(ShardError) as caught:
        loader.load(tables=("sessions",), if_exists="append", show=meanwhile)
    assert 'unique constraint "raw_sessions_pkey"' in str(caught.value)
    assert f"Key (session_id)=({OURS}) already exists" in str(caught.value)
    assert "COPY raw_sessions" in str(caught.value)
    assert "--resume --on-conflict skip keeps it" in str(caught.value)
    with pytest.raises(ShardError):
        loader.resume()
    report = loader.resume(on_conflict="skip")
    # the row came after the claim, so it counts neither among those of before nor as one of ours
    assert not report.differences
    assert table(report, "sessions").skipped == 1
    assert loader.database.value("SELECT source_system FROM bronze.raw_sessions WHERE session_id = %s", [OURS]) == (
        "theirs"
    )


def test_skip_keeps_the_rows_that_are_there_and_counts_those_left_out_wherever_it_is_told(loader):
    loader.database.run(ROW.format(OURS), ROW.format("x"), ROW.format("SESS000000000300"))
    report = loader.load(tables=FEW, if_exists="append", how=SKIP)
    sessions = table(report, "sessions")
    assert (sessions.others, sessions.skipped, sessions.ledger, sessions.counted) == (3, 2, 598, 598)
    assert table(report, "orders").fast_path == ""  # a leaf of our own has no other rows
    assert loader.database.value("SELECT count(*) FROM bronze.raw_sessions WHERE source_system = 'theirs'") == 3
    (run,) = status(loader.database.dsn, "bronze")
    assert {each.table: each.skipped for each in run.tables} == {"orders": 0, "sessions": 2}
    assert loader.database.value("SELECT sum(skipped) FROM bronze.shardgen_shards") == 2


@pytest.mark.parametrize("load", [{"if_exists": "append", "how": SKIP}, {"if_exists": "append"}])
def test_a_load_that_is_interrupted_resumes_as_it_was_begun_and_does_nothing_twice(loader, load):
    loader.database.run(ROW.format(OURS if "how" in load else "x"))
    with pytest.raises(RuntimeError):
        loader.load(tables=FEW, show=killed_at(ShardDone), **load)
    report = loader.resume()
    assert report.ok
    assert table(report, "sessions").skipped == (1 if "how" in load else 0)
    assert loader.database.value("SELECT count(*) FROM bronze.raw_sessions") == (600 if "how" in load else 601)


def test_a_finished_run_of_the_same_world_is_appended_to_with_skip_alone(loader):
    first = loader.load(tables=FEW)
    before = loader.content()
    with pytest.raises(
        TargetError, match=r"each holds rows of the finished run=1 with keys that this load would write"
    ):
        loader.load(tables=FEW, if_exists="append")
    second = loader.load(tables=FEW, if_exists="append", how=SKIP)
    assert first.ok
    assert [(each.skipped, each.ledger, each.others) for each in second.tables] == [(600, 0, 600)] * 2
    assert loader.content() == before
    with pytest.raises(TargetError, match="hold another world"):
        loader.load(tables=FEW, if_exists="append", seed=7)


def test_conflicts_that_could_not_be_seen_are_refused(loader):
    loader.database.run("ALTER TABLE bronze.raw_sessions DROP CONSTRAINT raw_sessions_pkey", ROW.format("x"))
    with pytest.raises(TargetError, match="raw_sessions has no unique key, so conflicts cannot be seen"):
        loader.load(tables=FEW, if_exists="append", how=SKIP)
    assert loader.load(tables=FEW, if_exists="append").ok  # the keys are others, so there is none to be seen


def test_a_conflict_with_another_unique_index_is_one_too(loader):
    loader.database.run(
        "ALTER TABLE bronze.raw_sessions ADD CONSTRAINT one_a_minute UNIQUE (ip_address)",
        "INSERT INTO bronze.raw_sessions (session_id, start_time, source_system, ip_address) "
        "VALUES ('x', now(), 's', '0007')",
    )
    report = loader.load(tables=("sessions",), if_exists="append", how=SKIP)
    assert report.tables[0].skipped == 1


def test_rows_that_a_trigger_drops_are_not_taken_for_conflicts(loader):
    loader.database.run(
        ROW.format(OURS),
        "CREATE FUNCTION drop_some() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.is_mobile THEN RETURN NULL; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER no_phones BEFORE INSERT ON bronze.raw_sessions FOR EACH ROW EXECUTE FUNCTION drop_some()",
    )
    with pytest.raises(TargetError, match=r"has one for \d+ keys: a trigger drops rows \(no_phones\)"):
        loader.load(tables=("sessions",), if_exists="append", how=SKIP)


def test_a_role_that_may_make_no_temporary_table_is_told_so(loader):
    name, role = loader.database.value("SELECT current_database()"), ""
    role = f"bare_{name}"
    loader.database.run(
        f"CREATE ROLE {role}",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT ALL ON SCHEMA bronze TO {role}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA bronze TO {role}",
    )
    dsn = psycopg.conninfo.make_conninfo(loader.database.dsn, options=f"-c role={role}")
    try:
        with pytest.raises(TargetError, match="--on-conflict skip needs temporary tables: GRANT TEMPORARY"):
            loader.load(tables=FEW, dsn=dsn, if_exists="append", how=SKIP)
    finally:
        loader.database.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


# What verify says

WORLD = {"customers": 120, "products": 60, "orders_per_day": 40, "sessions_per_day": 60, "events_per_session": 6}


def load(database, **how):
    return shardgen.load(database.dsn, epoch="2025-11-25", horizon=60, **HERE, **WORLD, **how)


@pytest.fixture(scope="module")
def appended(server_dsn):
    """All tables with a row of somebody else's in each, one of them among our numbers of events, and then ours."""
    with fresh_database(server_dsn) as database:
        objects.apply_schema(database.dsn, "bronze", tuple(TABLES), "keys")
        add_others(database)
        report = load(database, days=20, if_exists="append")
        assert {each.others for each in report.tables} == {1}
        yield database


@pytest.fixture
def shared(appended, server_dsn):
    """A copy of it, to be changed."""
    with copy_of(appended, server_dsn) as copied:
        yield copied


def add_others(database) -> None:
    database.run(
        "CREATE TABLE bronze.theirs PARTITION OF bronze.raw_orders FOR VALUES FROM ('2025-12-01') TO ('2026-01-01')",
        "CREATE TABLE bronze.old PARTITION OF bronze.raw_clickstream FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
        "CREATE TABLE bronze.past PARTITION OF bronze.raw_inventory FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')",
        "INSERT INTO bronze.raw_customers (customer_id, source_system) VALUES ('CUST-7', 's')",
        "INSERT INTO bronze.raw_products (product_id, source_system) VALUES ('PROD0000000A', 's')",
        "INSERT INTO bronze.raw_orders (order_id, order_date, source_system) VALUES ('o', '2025-12-05', 's')",
        "INSERT INTO bronze.raw_reviews (review_id, product_id, source_system) VALUES ('REV', 'p', 's')",
        "INSERT INTO bronze.raw_sessions (session_id, start_time, source_system) VALUES ('s', '2025-12-05', 's')",
        "INSERT INTO bronze.raw_clickstream (session_id, event_type, event_timestamp, source_system) "
        "VALUES ('s', 'e', '2020-01-05', 's')",
        "INSERT INTO bronze.raw_inventory (product_id, warehouse_id, quantity, movement_type, movement_date, "
        "source_system) VALUES ('p', 'w', 1, 'IN', '2020-01-05', 's')",
    )


def test_verify_holds_beside_other_rows_and_says_which_laws_cannot_be_asked(shared):
    report = verify(shared)
    assert failed(report) == {}
    counts = {check.name: check for check in report.checks if check.level == "counts"}
    assert counts["orders"].finding.endswith(", beside 1 that were there")
    digests = [check for check in report.checks if check.level == "digests"]
    assert {check.status for check in digests} == {"held"}
    laws = [check for check in report.checks if check.level in ("laws", "shape")]
    assert {check.status for check in laws} == {"not applicable"}
    assert "holds rows that run=1 did not load: 1 when it began" in laws[0].finding


@pytest.mark.parametrize("name", ["customers", "orders", "inventory", "clickstream", "reviews"])
def test_verify_misses_a_row_of_ours_and_sees_a_changed_one_beside_other_rows(shared, name):
    key = dataset()[name].table.key[0]
    ours = f"SELECT max({key}) FROM bronze.raw_{name} WHERE source_system <> 's' AND {key}::text <> 'o'"
    shared.run(f"UPDATE bronze.raw_{name} SET ingestion_timestamp = now() WHERE {key} = ({ours})")
    assert ("digests", name) in failed(verify(shared, level="digests", tables=name))
    shared.run(f"DELETE FROM bronze.raw_{name} WHERE {key} = ({ours})")
    assert ("counts", name) in failed(verify(shared, level="counts", tables=name))
    bad = failed(verify(shared, level="digests", tables=name))["digests", name]
    assert "1 missing" in bad.samples[0]


def test_a_later_window_keeps_the_rows_of_the_earlier_one_and_verify_says_so(database):
    first = load(database, days=10)
    second = load(database, days=20, if_exists="append", on_conflict="skip")
    before, after = ({each.table: each for each in report.tables} for report in (first, second))
    for name in TABLES:
        assert after[name].others == before[name].counted
        assert after[name].skipped <= before[name].counted
        assert after[name].skipped + after[name].ledger >= before[name].counted
    assert after["sessions"].skipped == before["sessions"].counted
    report = verify(database)
    assert failed(report) == {}
    digests = {check.name: check for check in report.checks if check.level == "digests"}
    kept = before["sessions"].counted
    assert digests["sessions"].finding.endswith(f", except {kept:,} rows that were there before and stayed")
    database.run("DELETE FROM bronze.raw_orders WHERE order_id = 'ORD0000000005'")
    bad = failed(verify(database, level="digests", tables="orders"))
    assert "1 missing" in bad["digests", "orders"].samples[0]


# What replace and reset do afterwards


def test_replace_removes_rows_that_were_kept_only_if_told_to(loader):
    loader.database.run(ROW.format("x"))
    loader.load(tables=FEW, if_exists="append")
    with pytest.raises(TargetError, match="raw_sessions holds rows that run=1 found and kept, and replace would"):
        loader.load(tables=FEW, if_exists="replace")
    assert loader.load(tables=FEW, if_exists="replace", how={"yes": True}).ok
    assert loader.database.value("SELECT count(*) FROM bronze.raw_sessions") == 600


def test_reset_takes_our_rows_alone_and_refuses_where_they_cannot_be_told_apart(shared):
    before = shared.value("SELECT count(*) FROM bronze.raw_customers")
    with pytest.raises(TargetError, match="raw_clickstream held 1 row with keys such as run=1 gives"):
        shardgen.reset(shared.dsn, yes=True)
    assert shared.value("SELECT count(*) FROM bronze.raw_customers") == before
    shared.run("UPDATE bronze.shardgen_targets SET others_within = 0")  # as if their numbers were out of our way
    shared.run("UPDATE bronze.raw_clickstream SET event_id = -1 WHERE source_system = 's'")
    shared.run("UPDATE bronze.raw_inventory SET inventory_id = -1 WHERE source_system = 's'")
    shardgen.reset(shared.dsn, yes=True)
    for name in TABLES:
        assert shared.rows(f"SELECT source_system FROM bronze.raw_{name}") == [("s",)]


def test_names_that_need_quoting_are_quoted_on_the_detour_too(database):
    schema = 'Raw "Zone"'
    objects.apply_schema(database.dsn, schema, FEW, "keys")
    database.run(ROW.format(OURS).replace("bronze", '"Raw ""Zone"""'))
    report = Loader(database).load(tables=FEW, schema=schema, if_exists="append", how=SKIP)
    assert table(report, "sessions").skipped == 1


def test_a_partition_that_commits_elsewhere_is_refused_where_the_window_reaches_it(database):
    objects.apply_schema(database.dsn, "bronze", ("orders",), "none")
    database.run(
        "CREATE FOREIGN DATA WRAPPER nothing",
        "CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing",
        "ALTER TABLE bronze.raw_orders DROP CONSTRAINT raw_orders_pkey",
        "CREATE FOREIGN TABLE bronze.archive PARTITION OF bronze.raw_orders FOR VALUES FROM ('2020-01-01') "
        "TO ('2025-01-01') SERVER elsewhere",
    )
    plan = fakes.build_plan(fakes.plan_config(tables=("orders",)))
    with connect(database.dsn, application_name="test") as connection:
        found = catalog.relation(connection, "bronze", "raw_orders")
        assert routes._unfit_partitions(plan, dataset()["orders"].table, found) == []
        database.run(
            "CREATE FOREIGN TABLE bronze.january PARTITION OF bronze.raw_orders FOR VALUES FROM ('2025-01-01') "
            "TO ('2025-02-01') SERVER elsewhere",
        )
        found = catalog.relation(connection, "bronze", "raw_orders")
        (problem,) = routes._unfit_partitions(plan, dataset()["orders"].table, found)
    assert str(problem).startswith(
        "partitions=january of raw_orders are foreign tables, which do not commit with the ledger"
    )
