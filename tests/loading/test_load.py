"""Whole loads of small fake tables, in threads: claim, shards, finalising, reconciliation, resume."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from shardgen.errors import LoadError, ReconciliationError, ResumeError, ShardError, TargetError
from shardgen.events import LoadFinished, LoadStarted, Notice, ShardDone, StepDone, StepStarted
from shardgen.model.plan import Shard
from shardgen.stores.postgres import objects
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.status import status
from shardgen.stores.postgres.store import KEYLESS_ROWS
from shardgen.tables import dataset
from tests import fakes
from tests.conftest import Database
from tests.worlds import TABLES

FEW = ("orders", "sessions")


class Loader:
    """Loads into one database and keeps the events."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.events: list = []

    def load(
        self,
        *,
        if_exists="fail",
        machinery=None,
        show=None,
        attempts=2,
        dsn="",
        how=None,
        keyless_rows=KEYLESS_ROWS,
        **plan: Any,
    ):
        config = fakes.plan_config(**plan)
        self.events.clear()
        return fakes.load(
            dsn or self.database.dsn,
            config,
            show=show or self.events.append,
            machinery=machinery,
            keyless_rows=keyless_rows,
            **{"if_exists": if_exists, "attempts": attempts, "batch_rows": 64, **(how or {})},
        )

    def resume(self, given=None, *, schema: str = "bronze", machinery=None, show=None, dsn="", on_conflict=None):
        self.events.clear()
        return fakes.resume(
            dsn or self.database.dsn,
            schema=schema,
            given=given,
            show=show or self.events.append,
            machinery=machinery,
            attempts=2,
            batch_rows=64,
            on_conflict=on_conflict,
        )

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    def content(self, schema: str = "bronze", tables=FEW) -> dict[str, tuple]:
        return {
            name: self.database.rows(
                f"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {schema}.raw_{name} AS t"
            )[0]
            for name in tables
        }

    def state(self) -> str:
        return status(self.database.dsn, "bronze")[-1].state


@pytest.fixture
def loader(database) -> Loader:
    return Loader(database)


@pytest.fixture
def faults(tmp_path, monkeypatch):
    monkeypatch.setenv(fakes.FAULTS, str(tmp_path))

    def plant(shard: str, order: str) -> None:
        (tmp_path / shard.replace("/", "_")).write_text(order)

    return plant


def killed_at(kind, **like):
    """A display that stops the load as a bug would, at an event."""

    def show(event) -> None:
        if isinstance(event, kind) and all(getattr(event, name) == value for name, value in like.items()):
            raise RuntimeError("stopped by the test")

    return show


# What a load is


def test_a_load_fills_reconciles_and_finishes(loader):
    report = loader.load()
    assert report.ok
    assert report.differences == ()
    assert [table.table for table in report.tables] == list(TABLES)
    for table in report.tables:
        assert table.planned == table.ledger == table.counted == 600
        assert (table.shards, table.fast_path) == (3, "")
        assert table.size > table.bytes > 0
    assert {"ledger", "generate", "encode", "copy", "index", "attach", "commit"} <= report.phases.keys()
    assert "password" not in str(report.to_json())
    (run,) = status(loader.database.dsn, "bronze")
    assert (run.state, run.last_error) == ("finished", None)
    assert all((table.done, table.pending, table.failed, table.rows) == (3, 0, 0, 600) for table in run.tables)


def test_its_events_tell_the_story_in_order(loader):
    loader.load(tables=FEW)
    assert loader.of(LoadStarted)[0].rows == {"orders": 600, "sessions": 600}
    assert len(loader.of(ShardDone)) == 6
    steps = [event.step for event in loader.of(StepDone)]
    indexes = {"index raw_sessions_user_id_idx", "index raw_sessions_start_time_idx"}
    assert set(steps[:3]) == indexes | {"analyze raw_orders"}  # which lacks nothing
    assert steps[3:] == ["analyze raw_sessions", "count raw_orders", "count raw_sessions"]
    assert loader.events[-1] == LoadFinished(ok=True)


def test_plain_tables_have_all_their_indexes_afterwards_and_a_large_one_its_key(loader):
    loader.load(tables=("sessions",), indexes="full", keyless_rows=100)
    names = {
        row[0] for row in loader.database.rows("SELECT indexname FROM pg_indexes WHERE tablename = 'raw_sessions'")
    }
    expected = {f"raw_sessions_{index.column}_idx" for index in dataset()["sessions"].table.indexes}
    assert names == expected | {"raw_sessions_pkey"}
    assert loader.database.value(
        "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conname = 'raw_sessions_pkey'"
    )


def test_names_that_need_quoting_are_quoted_everywhere(loader):
    schema = 'Raw "Zone"'
    assert loader.load(schema=schema).ok
    assert loader.load(schema=schema, if_exists="replace").ok
    assert loader.content('"Raw ""Zone"""')["orders"][0] == 600


def test_sequences_only_move_forwards_and_past_every_id_of_the_plan(loader):
    loader.load(tables=("clickstream",))
    sequence = "bronze.raw_clickstream_event_id_seq"
    assert loader.database.value(f"SELECT nextval('{sequence}')") == 10**6 + 1
    with Control(loader.database.dsn, "x") as control:
        objects.set_sequences(control.connection, "bronze", dataset(), {"clickstream": 5})
    assert loader.database.value(f"SELECT nextval('{sequence}')") == 10**6 + 2


def test_a_role_that_owns_only_the_schema_can_do_it_all(loader):
    role = f"loader_{loader.database.value('SELECT current_database()')}"
    loader.database.run(
        f"CREATE ROLE {role}", f"CREATE SCHEMA bronze AUTHORIZATION {role}", "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    )
    dsn = psycopg.conninfo.make_conninfo(loader.database.dsn, options=f"-c role={role}")
    try:
        assert loader.load(dsn=dsn).ok
        assert loader.load(dsn=dsn, if_exists="replace").ok
        owners = loader.database.rows("SELECT DISTINCT relowner::regrole::text FROM pg_class WHERE relname LIKE 'raw%'")
        assert owners == [(role,)]
    finally:
        loader.database.run(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


# A target that is not empty


def test_a_second_load_is_refused_and_a_replace_gives_a_new_generation_with_the_same_content(loader):
    loader.load(tables=FEW)
    before = loader.content()
    with pytest.raises(
        TargetError, match="raw_orders, raw_sessions: each holds rows of the finished run=1: use --if-exists append"
    ):
        loader.load(tables=FEW)
    assert loader.load(tables=FEW, if_exists="replace").run == 2
    assert loader.content() == before
    generations = loader.database.rows("SELECT generation, count(*) FROM bronze.shardgen_shards GROUP BY 1 ORDER BY 1")
    assert generations == [(1, 6), (2, 6)]


def test_another_table_of_the_same_world_may_follow_and_another_world_may_not(loader):
    loader.load(tables=("orders",))
    assert loader.load(tables=("sessions",)).run == 2
    with pytest.raises(TargetError, match=r"tables=orders, sessions hold another world \(seed=42 there, 7 here\)"):
        loader.load(tables=("reviews",), seed=7)
    with pytest.raises(TargetError, match="tables=sessions hold another world"):
        loader.load(tables=("orders",), seed=7, if_exists="replace")
    assert loader.load(tables=FEW, seed=7, if_exists="replace").ok


def test_rows_of_somebody_else_are_refused_and_only_a_replace_empties_the_table_without_dropping_it(loader):
    objects.apply_schema(loader.database.dsn, "bronze", FEW, "keys")
    loader.database.run(
        "INSERT INTO bronze.raw_sessions (session_id, start_time, source_system) VALUES ('x', now(), 's')"
    )
    oid = loader.database.value("SELECT 'bronze.raw_sessions'::regclass::oid::int")
    with pytest.raises(TargetError, match="raw_sessions holds rows that shardgen did not load"):
        loader.load(tables=FEW)
    assert loader.database.value("SELECT to_regclass('bronze.shardgen_runs') IS NULL")  # nothing was written
    with pytest.raises(TargetError, match=r"raw_sessions holds rows that shardgen did not load, .*: say --yes"):
        loader.load(tables=FEW, if_exists="replace")
    assert loader.load(tables=FEW, if_exists="replace", how={"yes": True}).ok
    assert loader.database.value("SELECT 'bronze.raw_sessions'::regclass::oid::int") == oid
    assert [event.text for event in loader.of(Notice) if "was emptied" in event.text] == [
        "relation=raw_sessions was emptied; what others have put on it is kept"
    ]
    assert loader.load(tables=FEW, if_exists="replace").ok
    assert [event.text for event in loader.of(Notice) if "was emptied" in event.text][:1] == [
        "relations=raw_orders, raw_sessions: each was emptied; what others have put on it is kept"
    ]


def test_tables_that_are_made_carry_their_meaning_and_those_of_others_keep_theirs(loader):
    loader.database.run(
        "CREATE SCHEMA bronze",
        "CREATE TABLE bronze.raw_sessions (session_id text, start_time timestamp)",
        "COMMENT ON COLUMN bronze.raw_sessions.start_time IS 'ours'",
    )
    objects.apply_schema(loader.database.dsn, "bronze", ("orders", "sessions"), "none")
    told = loader.database.rows(
        """SELECT c.relname::text, coalesce(a.attname::text, ''), d.description
        FROM pg_description AS d JOIN pg_class AS c ON c.oid = d.objoid
        LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.objsubid AND a.attnum > 0
        WHERE d.classoid = 'pg_class'::regclass AND c.relnamespace = 'bronze'::regnamespace"""
    )
    orders = dataset()["orders"].table
    meant = {(orders.relation, column.name, column.description) for column in orders.columns}
    assert set(told) == {*meant, (orders.relation, "", orders.description), ("raw_sessions", "start_time", "ours")}


def test_empty_tables_of_the_schema_command_are_used_and_the_view_stays(loader):
    created = objects.apply_schema(loader.database.dsn, "bronze", tuple(TABLES), "keys")
    assert created[0] == "bronze"
    assert "bronze.order_items" in created
    assert objects.apply_schema(loader.database.dsn, "bronze", tuple(TABLES), "keys") == []
    report = loader.load()
    paths = {table.table: table.fast_path for table in report.tables}
    assert paths["orders"] == ""  # its leaves are new
    assert paths["sessions"] == "its 2 secondary indexes existed and are kept during COPY"


def test_everything_in_the_way_is_said_at_once_and_nothing_is_written(loader):
    loader.database.run(
        "CREATE SCHEMA bronze",
        "CREATE VIEW bronze.raw_customers AS SELECT 1",
        "CREATE TABLE bronze.raw_products (product_id varchar(50), price float8, extra int NOT NULL)",
        "CREATE UNLOGGED TABLE bronze.raw_reviews (LIKE bronze.raw_products)",
        "CREATE TABLE bronze.raw_orders_2025_01 (a int)",
    )
    with pytest.raises(TargetError) as caught:
        loader.load()
    text = str(caught.value)
    for part in (
        "things stand in the way:",
        "relation=raw_customers is a view",
        "column=raw_products.source_system is missing: add it as varchar(50)",
        "column=raw_products.price is double precision: it must be numeric(10,2)",
        "column=raw_products.extra is not null without a default",
        "relation=raw_reviews is UNLOGGED",
        "relation=raw_orders_2025_01 is in the way of a partition of raw_orders",
    ):
        assert part in text
    assert caught.value.exit_code == 2
    assert loader.database.value("SELECT to_regclass('bronze.shardgen_runs') IS NULL")


# Tables as somebody else made them

ORDERS = """CREATE TABLE bronze.raw_orders (
    note text, raw_data jsonb, ingestion_timestamp timestamp, source_system varchar(50) NOT NULL, total_amount numeric,
    shipping_address jsonb, status text, order_date timestamp NOT NULL, customer_id varchar(50),
    order_id varchar(50) NOT NULL, PRIMARY KEY (order_id, order_date)) PARTITION BY RANGE (order_date)"""


def test_a_parent_that_refers_to_others_is_loaded_through_its_default_partition_by_column_name(loader):
    loader.database.run(
        "CREATE SCHEMA bronze",
        ORDERS,
        "CREATE TABLE bronze.everything PARTITION OF bronze.raw_orders DEFAULT",
        "CREATE TABLE bronze.notes (note text PRIMARY KEY)",
        "ALTER TABLE bronze.raw_orders ADD FOREIGN KEY (note) REFERENCES bronze.notes",
    )
    report = loader.load(tables=("orders",))
    assert report.tables[0].fast_path == "it has foreign keys: rows go through the parent"
    assert loader.database.value("SELECT count(*) FROM bronze.everything WHERE order_id < 'P' AND note IS NULL") == 600
    assert [event.text for event in loader.of(Notice)] == [
        "relation=raw_orders: no fast path: it has foreign keys: rows go through the parent"
    ]


def test_partitions_that_exist_are_used_and_only_the_missing_ones_are_attached(loader):
    loader.database.run(
        "CREATE SCHEMA bronze",
        ORDERS,
        "CREATE TABLE bronze.old PARTITION OF bronze.raw_orders FOR VALUES FROM ('2020-01-01') TO ('2025-02-01')",
    )
    report = loader.load(tables=("orders",))
    assert report.tables[0].fast_path == "1 of its shards go through the parent: partitions existed"
    leaves = loader.database.rows(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'bronze.raw_orders'::regclass ORDER BY 1"
    )
    assert leaves == [("bronze.old",), ("bronze.raw_orders_2025_02",), ("bronze.raw_orders_2025_03",)]


def test_partitions_that_cover_part_of_a_shard_are_a_refusal(loader):
    loader.database.run(
        "CREATE SCHEMA bronze",
        ORDERS,
        "CREATE TABLE bronze.p PARTITION OF bronze.raw_orders FOR VALUES FROM ('2025-01-10') TO ('2025-02-01')",
    )
    with pytest.raises(TargetError, match="cover only part of shard=orders/2025-01: add the rest"):
        loader.load(tables=("orders",))


def test_foreign_keys_set_the_order_and_a_row_trigger_the_path(loader):
    objects.apply_schema(loader.database.dsn, "bronze", ("customers", "orders", "sessions"), "none")
    loader.database.run(
        "ALTER TABLE bronze.raw_orders ADD FOREIGN KEY (customer_id) REFERENCES bronze.raw_customers",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "CREATE TRIGGER t BEFORE INSERT ON bronze.raw_orders FOR EACH ROW EXECUTE FUNCTION note()",
    )
    report = loader.load(tables=("customers", "orders", "sessions"))
    paths = {table.table: table.fast_path for table in report.tables}
    assert paths["orders"] == "it has foreign keys, it has triggers (t): rows go through the parent"
    done = [event.table for event in loader.of(ShardDone)]
    assert max(n for n, table in enumerate(done) if table == "customers") < done.index("orders")


# Failures, and going on


def test_a_shard_that_fails_for_good_is_named_and_the_others_finish_and_resume_does_it_alone(loader, faults):
    faults("sessions/000000001", "raise")
    with pytest.raises(
        ShardError, match="shard='sessions/000000001' failed at attempt=2: ValueError: a planted fault"
    ) as caught:
        loader.load(tables=FEW)
    assert caught.value.exit_code == 1
    assert len(loader.of(ShardDone)) == 5
    (run,) = status(loader.database.dsn, "bronze")
    assert (run.state, run.tables[1].failed, run.tables[1].done) == ("failed", 1, 2)
    assert "a planted fault" in run.tables[1].last_error
    faults("sessions/000000001", "raise 0")
    report = loader.resume()
    assert (report.ok, report.resumed, report.run) == (True, True, 1)
    assert [event.shard for event in loader.of(ShardDone)] == ["sessions/000000001"]
    assert loader.of(LoadStarted)[0].rows_done == {"orders": 600, "sessions": 400}
    assert loader.state() == "finished"


def test_a_shard_that_fails_once_is_retried_and_the_report_counts_it(loader, faults):
    faults("orders/2025-02", "raise 1")
    assert loader.load(tables=FEW).retries == 1
    assert loader.database.value("SELECT attempts FROM bronze.shardgen_shards WHERE shard = 'orders/2025-02'") == 2


@pytest.mark.parametrize(
    "point",
    [
        (LoadStarted, {}),
        (ShardDone, {"shard": "orders/2025-02"}),
        (StepStarted, {"step": "index raw_sessions_user_id_idx"}),
        (StepDone, {"step": "index raw_sessions_user_id_idx"}),
        (StepDone, {"step": "analyze raw_sessions"}),
        (StepStarted, {"step": "count raw_orders"}),
        (StepDone, {"step": "count raw_sessions"}),
    ],
    ids=str,
)
def test_a_load_that_stopped_anywhere_is_finished_by_resume_with_the_same_content(loader, database, point):
    kind, like = point
    with pytest.raises(RuntimeError, match="stopped by the test"):
        loader.load(tables=FEW, show=killed_at(kind, **like))
    assert loader.state() == "failed"
    assert loader.resume({"seed": 42}).ok
    resumed = loader.content()
    loader.load(schema="other", tables=FEW)
    assert resumed == loader.content("other")
    assert database.value("SELECT count(DISTINCT step) = count(*) FROM bronze.shardgen_steps")


def test_resume_refuses_other_options_another_vocabulary_and_nothing_to_do(loader, monkeypatch):
    with pytest.raises(ResumeError, match="schema='bronze' holds no unfinished run: begin one by a load without"):
        loader.resume()
    with pytest.raises(RuntimeError):
        loader.load(tables=FEW, show=killed_at(ShardDone))
    with pytest.raises(ResumeError, match="run=1 was started with other options: seed=7 but the run has 42"):
        loader.resume({"seed": 7, "end": "2025-04-01"})
    with pytest.raises(
        TargetError, match="raw_orders, raw_sessions: each belongs to the unfinished run=1: use --resume"
    ):
        loader.load(tables=FEW)
    monkeypatch.setenv("SHARDGEN_FAKE_WORDS", "other words")
    with pytest.raises(ResumeError, match="another data version or vocabulary"):
        loader.resume()
    monkeypatch.delenv("SHARDGEN_FAKE_WORDS")
    shifted = fakes.machinery(build_plan=functools.partial(_shifted, fakes.build_plan))
    with pytest.raises(ResumeError, match="other shard boundaries"):
        loader.resume(machinery=shifted)
    assert loader.resume().ok
    with pytest.raises(ResumeError, match="no unfinished run; run=1 is finished"):
        loader.resume()


def _shifted(build, config):
    plan = build(config)
    return replace(plan, shards=tuple(replace(shard, stop=shard.stop + 1) for shard in plan.shards))


def test_several_open_runs_are_listed_and_told_apart_by_their_options(loader):
    for table in FEW:
        with pytest.raises(RuntimeError):
            loader.load(tables=(table,), show=killed_at(ShardDone))
    with pytest.raises(ResumeError, match="several unfinished runs: run=1 of tables=orders; run=2 of tables=sessions"):
        loader.resume()
    assert loader.resume({"tables": ["sessions"]}).run == 2
    assert loader.resume().run == 1


def test_a_replace_supersedes_an_open_run(loader):
    with pytest.raises(RuntimeError):
        loader.load(tables=FEW, show=killed_at(ShardDone))
    assert loader.load(tables=FEW, if_exists="replace").ok
    assert [run.state for run in status(loader.database.dsn, "bronze")] == ["superseded", "finished"]


@pytest.mark.parametrize(
    ("statements", "text"),
    [
        (["DROP TABLE bronze.raw_sessions"], "raw_sessions was dropped behind the ledger's back"),
        (["TRUNCATE bronze.raw_sessions"], "raw_sessions is empty but the ledger has rows=600: it was truncated"),
        (
            ["ALTER TABLE bronze.raw_sessions RENAME TO t", "CREATE TABLE bronze.raw_sessions (LIKE bronze.t)"],
            "raw_sessions was dropped and recreated or restored",
        ),
        (
            ["DROP TABLE bronze.raw_orders_2025_02"],
            "raw_orders_2025_02 held rows=200 of shard=orders/2025-02 and is no partition of raw_orders any more",
        ),
        (["TRUNCATE bronze.raw_orders_2025_02"], "raw_orders_2025_02 held rows=200 of .* and is empty"),
        (["ALTER TABLE bronze.raw_sessions SET UNLOGGED"], "raw_sessions was made UNLOGGED"),
    ],
)  # fmt: skip
def test_what_was_done_behind_the_ledgers_back_is_named_and_replace_starts_over(loader, statements, text):
    with pytest.raises(RuntimeError):
        loader.load(tables=FEW, show=killed_at(StepStarted, step="count raw_orders"))
    loader.database.run(*statements)
    with pytest.raises(TargetError, match=text):
        loader.resume()
    assert loader.load(tables=FEW, if_exists="replace").ok


def test_a_row_that_vanished_is_a_difference_and_not_a_finished_run(loader):
    def thief(event) -> None:
        if isinstance(event, StepStarted) and event.step == "count raw_orders":
            loader.database.run("DELETE FROM bronze.raw_orders WHERE order_id = 'ORD0000000202'")

    with pytest.raises(ReconciliationError) as caught:
        loader.load(tables=FEW, show=thief)
    assert "table=orders: ledger=600 and counted=599 rows" in str(caught.value)
    assert "leaf=raw_orders_2025_02 holds 199 rows, ledger=200" in str(caught.value)
    assert caught.value.exit_code == 1
    assert loader.state() == "failed"


def test_a_step_that_fails_for_good_is_named_and_resume_does_it_when_mended(loader):
    name = "raw_sessions_user_id_idx"

    def spoil(event) -> None:
        if isinstance(event, ShardDone):
            loader.database.run("ALTER TABLE bronze.raw_sessions RENAME user_id TO u")

    with pytest.raises((LoadError, ShardError), match="user_id"):
        loader.load(tables=("sessions",), show=_once(spoil, after=3))
    loader.database.run("ALTER TABLE bronze.raw_sessions RENAME u TO user_id")
    assert loader.resume().ok
    assert loader.database.value("SELECT count(*) FROM pg_indexes WHERE indexname = %s", [name]) == 1


def _once(action, *, after: int):
    seen = []

    def show(event) -> None:
        if isinstance(event, ShardDone):
            seen.append(event)
            if len(seen) == after:
                action(event)

    return show


def test_a_second_coordinator_is_refused_and_told_whom_to_wait_for(loader):
    with Control(loader.database.dsn, "bronze"), pytest.raises(TargetError, match="another load is at work") as caught:
        loader.load(tables=FEW)
    assert "shardgen:coordinator:" in str(caught.value)
    assert "backend pid=" in str(caught.value)
    assert loader.load(tables=FEW).ok


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ("SET default_transaction_read_only = on", "default_transaction_read_only=on: switch it off"),
        ("CONNECTION LIMIT 1", "workers=2 need as many connections and the server has"),
    ],
)
def test_a_server_that_could_not_take_the_load_is_refused_before_anything_is_written(loader, setting, text):
    name = loader.database.value("SELECT quote_ident(current_database())")
    loader.database.run(f"ALTER DATABASE {name} {setting}")
    with pytest.raises(TargetError, match=text):
        loader.load(tables=FEW)
    mended = ("SET default_transaction_read_only = off", f"ALTER DATABASE {name} RESET ALL")
    loader.database.run(*mended, f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    assert loader.database.value("SELECT to_regnamespace('bronze') IS NULL")


def _beside(shard: Shard, number: int) -> Shard:
    """The same shard with a partition of another name."""
    return replace(shard, leaf=replace(shard.leaf, name=f"{shard.leaf.name}_{number}"))


def test_more_partitions_than_the_lock_table_holds_are_refused(loader):
    slots = loader.database.value(
        "SELECT current_setting('max_locks_per_transaction')::int * current_setting('max_connections')::int"
    )
    few = fakes.build_plan(fakes.plan_config(tables=("orders",)))

    def build_many(config):
        copies = range(slots // 12 // len(few.shards) + 2)
        return replace(few, shards=tuple(_beside(shard, each) for each in copies for shard in few.shards))

    with pytest.raises(TargetError, match="raise max_locks_per_transaction to"):
        loader.load(tables=("orders",), machinery=fakes.machinery(build_plan=build_many))


def test_a_missing_schema_that_the_role_may_not_create_is_said(loader):
    role = f"poor_{loader.database.value('SELECT current_database()')}"
    loader.database.run(f"CREATE ROLE {role}")
    dsn = psycopg.conninfo.make_conninfo(loader.database.dsn, options=f"-c role={role}")
    try:
        with pytest.raises(TargetError, match=r"does not exist and role='poor_.*' may not create it"):
            loader.load(dsn=dsn, tables=FEW)
    finally:
        loader.database.run(f"DROP ROLE {role}")


def test_row_level_security_is_refused(loader):
    role = f"rls_{loader.database.value('SELECT current_database()')}"
    objects.apply_schema(loader.database.dsn, "bronze", FEW, "none")
    loader.database.run(
        f"CREATE ROLE {role}",
        f"GRANT ALL ON SCHEMA bronze TO {role}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA bronze TO {role}",
        "ALTER TABLE bronze.raw_sessions ENABLE ROW LEVEL SECURITY",
    )
    dsn = psycopg.conninfo.make_conninfo(loader.database.dsn, options=f"-c role={role}")
    try:
        with pytest.raises(TargetError, match="raw_sessions has row-level security for this role"):
            loader.load(dsn=dsn, tables=FEW)
    finally:
        loader.database.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
