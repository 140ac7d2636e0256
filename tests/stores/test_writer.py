"""One shard, one transaction: what is there afterwards, and what is not when something fails."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest
import xxhash

from shardgen.model.plan import Plan, Shard
from shardgen.stores.failures import PermanentError, StoppedError, SupersededError
from shardgen.stores.postgres import ledger
from shardgen.stores.postgres.claim import Wanted, claim_new
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.deciding import Terms
from shardgen.stores.postgres.postgres import connect
from shardgen.stores.postgres.writer import PostgresWriter
from shardgen.stores.told import Task
from tests import fakes
from tests.conftest import Database


class Bench:
    """A claimed target without a shard in it, and a writer."""

    def __init__(self, database: Database, *, indexes: str = "keys") -> None:
        self.database = database
        self.config = fakes.plan_config(tables=("orders", "sessions"), indexes=indexes)
        self.plan: Plan = fakes.build_plan(self.config)
        wanted = Wanted(plan=self.plan, terms=Terms(), recipe=fakes.recipe(), workers=2)
        with Control(database.dsn, "bronze") as control:
            claim_new(control.connection, wanted, [])
            self.claims = ledger.claims(control.connection, "bronze")
        self.stopped = False
        self.writer = PostgresWriter(
            dsn=database.dsn,
            schema="bronze",
            claims=list(self.claims.values()),
            encoder=fakes.Encoder,
            stopped=lambda: self.stopped,
        )

    def shard(self, table: str, number: int = 0) -> Shard:
        return self.plan.of(table)[number]

    def write(self, shard: Shard, batches=None, *, routed: bool = False):
        rows = functools.partial(fakes.Feed(self.config).batches, shard, 64) if batches is None else lambda: batches
        return self.writer.write(Task(shard=shard, attempt=1, routed=routed), rows)

    def is_untouched(self, shard: Shard) -> bool:
        recorded = self.database.value("SELECT count(*) FROM bronze.shardgen_shards WHERE shard = %s", [shard.id])
        if shard.leaf:
            present = self.database.value("SELECT to_regclass(%s) IS NOT NULL", [f"bronze.{shard.leaf.name}"])
        else:
            present = self.database.value(f"SELECT count(*) FROM bronze.raw_{shard.table}") > 0
        return not recorded and not present


@pytest.fixture
def bench(database: Database) -> Iterator[Bench]:
    made = Bench(database)
    yield made
    made.writer.close()


def never() -> Iterator:
    raise AssertionError("a shard that is done was built")
    yield


@pytest.mark.parametrize("table", ["orders", "sessions"])
def test_rows_and_ledger_row_are_committed_together(bench, table):
    shard = bench.shard(table)
    written = bench.write(shard)
    assert (written.rows, written.by_us) == (fakes.ROWS, True)
    row = bench.database.rows("SELECT rows, bytes, digest, attempts, phases FROM bronze.shardgen_shards")[0]
    assert row[:4] == (fakes.ROWS, written.bytes, written.digest, 1)
    assert {"ledger", "generate", "encode", "copy"} <= row[4].keys()
    assert bench.database.value(f"SELECT count(*) FROM bronze.raw_{table}") == fakes.ROWS


@pytest.mark.parametrize("table", ["orders", "sessions"])
def test_the_digest_is_that_of_the_rows_as_the_server_gives_them_back(bench, table):
    shard = bench.shard(table)
    written = bench.write(shard)
    relation = shard.leaf.name if shard.leaf else "raw_sessions"
    statement = f"COPY bronze.{relation} TO STDOUT (FORMAT binary)"
    with psycopg.connect(bench.database.dsn) as session, session.cursor() as cursor, cursor.copy(statement) as copy:
        found = b"".join(copy)
    assert xxhash.xxh3_128(found[19:-2]).hexdigest() == written.digest
    assert len(found) == written.bytes


@pytest.mark.parametrize("indexes", ["none", "keys", "full"])
def test_a_leaf_has_every_index_of_its_parent_and_attach_built_none(database, indexes):
    bench = Bench(database, indexes=indexes)
    database.run(
        "ALTER TABLE bronze.raw_orders ADD CONSTRAINT odd UNIQUE (total_amount, order_id, order_date)",
        "CREATE INDEX \"o'dd ON ONLY\" ON bronze.raw_orders (lower(status)) WHERE status > 'a'",
    )
    for shard in bench.plan.of("orders"):
        bench.write(shard)  # PermanentError if ATTACH built one
    bench.writer.close()
    count = "SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indrelid = 'bronze.{}'::regclass"
    parent, valid = database.rows(count.format("raw_orders"))[0]
    assert valid
    assert database.rows(count.format("raw_orders_2025_02"))[0] == (parent, True)
    checks = (
        "SELECT conname FROM pg_constraint WHERE conrelid = 'bronze.raw_orders_2025_02'::regclass AND contype = 'c'"
    )
    assert database.rows(checks) == []


@pytest.mark.parametrize("table", ["orders", "sessions"])
@pytest.mark.parametrize("routed", [False, True])
def test_a_shard_that_fails_half_way_leaves_nothing(bench, table, routed):
    shard = bench.shard(table)

    def half() -> Iterator:
        yield next(fakes.Feed(bench.config).batches(shard, 64))
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        bench.write(shard, half(), routed=routed)
    assert bench.is_untouched(shard)
    if not (routed and shard.leaf):
        assert bench.write(shard).by_us


@pytest.mark.parametrize("table", ["orders", "sessions"])
def test_a_shard_that_is_done_is_not_built_again(bench, table):
    first = bench.write(bench.shard(table))
    again = bench.write(bench.shard(table), never())
    assert not again.by_us
    assert (again.rows, again.digest, again.bytes) == (first.rows, first.digest, first.bytes)


def test_a_stop_before_the_ledger_row_and_between_batches_leaves_nothing(bench):
    shard = bench.shard("orders")
    bench.stopped = True
    with pytest.raises(StoppedError):
        bench.write(shard, never())

    def stopping() -> Iterator:
        bench.stopped = False
        for batch in fakes.Feed(bench.config).batches(shard, 64):
            yield batch
            bench.stopped = True

    bench.stopped = False
    with pytest.raises(StoppedError):
        bench.write(shard, stopping())
    assert bench.is_untouched(shard)


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_the_key_waits_for_a_transaction_whose_end_is_unknown_and_then_knows(bench, ending):
    """The answer to a COMMIT was lost: only the server can tell, and only once the old transaction has ended."""
    shard, claimed = bench.shard("sessions"), bench.claims["sessions"]
    outcome = []
    with connect(bench.database.dsn, application_name="old") as old:
        old.execute("BEGIN")
        assert ledger.begin_shard(old, "bronze", claimed, shard.id, attempt=1, pid=1, host="h")
        row = ledger.ShardRow(
            target="sessions", shard=shard.id, rows=7, bytes=7, digest="d", seconds=1.0, phases={}, attempts=1
        )
        ledger.complete_shard(old, "bronze", claimed, row)
        thread = threading.Thread(target=lambda: outcome.append(bench.write(shard)))
        thread.start()
        time.sleep(0.3)
        assert outcome == []
        old.execute(ending)
        thread.join(10)
    assert [(each.by_us, each.rows) for each in outcome] == [(ending == "rollback", 7 if ending == "commit" else 200)]


def test_a_lock_on_the_parent_delays_attach_and_costs_no_row(bench):
    shard = bench.shard("orders")
    with connect(bench.database.dsn, application_name="vacuum") as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE bronze.raw_orders IN SHARE UPDATE EXCLUSIVE MODE")
        timer = threading.Timer(2.5, lambda: other.execute("ROLLBACK"))  # longer than one try of ATTACH
        timer.start()
        written = bench.write(shard)
        timer.join()
    assert written.by_us
    assert written.phases["attach"] > 2
    assert written.phases["generate"] < 1


def test_a_trigger_that_drops_rows_is_named_and_nothing_is_kept(bench):
    bench.database.run(
        "CREATE FUNCTION drop_some() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.is_mobile THEN RETURN NULL; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER t BEFORE INSERT ON bronze.raw_sessions FOR EACH ROW EXECUTE FUNCTION drop_some()",
    )
    shard = bench.shard("sessions")
    with pytest.raises(PermanentError, match=r"sent rows=200 .* took rows=100: a trigger drops rows"):
        bench.write(shard)
    assert bench.is_untouched(shard)


def test_a_count_that_is_promised_is_kept_or_the_shard_fails(bench):
    shard = bench.shard("sessions")
    few = [next(fakes.Feed(bench.config).batches(shard, 64))]
    with pytest.raises(PermanentError, match="built rows=64, planned rows=200"):
        bench.write(shard, iter(few))
    assert bench.is_untouched(shard)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bronze.shardgen_targets SET generation = 2",
        "UPDATE bronze.shardgen_targets SET oid = 1",
        "ALTER TABLE bronze.raw_sessions RENAME TO other",
    ],
)
def test_a_table_that_is_no_longer_the_runs_gets_no_row(bench, statement):
    bench.database.run(statement)
    with pytest.raises(SupersededError, match="relation=raw_sessions no longer belongs to run=1"):
        bench.write(bench.shard("sessions"), never())


def test_the_shards_session_has_our_settings_whatever_the_roles_are(bench):
    bench.database.run(
        "ALTER DATABASE "
        + bench.database.value("SELECT quote_ident(current_database())")
        + " SET statement_timeout = '150ms'"
    )
    shard = bench.shard("sessions")

    def slow() -> Iterator:
        for batch in fakes.Feed(bench.config).batches(shard, 100):
            time.sleep(0.2)
            yield batch

    assert bench.write(shard, slow()).by_us


def test_a_backend_is_named_after_its_run_process_and_shard(bench):
    shard, seen = bench.shard("sessions"), []

    def watching() -> Iterator:
        for batch in fakes.Feed(bench.config).batches(shard, 100):
            yield batch
            seen.append(bench.database.rows("SELECT application_name FROM pg_stat_activity WHERE state = 'active'"))

    bench.write(shard, watching())
    assert any(name.startswith("shardgen:1:") and name.endswith(f":{shard.id}") for name, *_ in seen[0])
