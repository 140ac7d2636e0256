"""Parents with a DEFAULT partition, as somebody's migrations leave them: empty, it has leaves attached beside it.

Whoever uses the DEFAULT partition meanwhile costs a shard its leaf, never a row.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from shardgen.errors import TargetError
from shardgen.events import LoadStarted, Notice
from shardgen.loading.reconcile import LoadReport
from shardgen.stores.postgres import objects, reset, survey
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.postgres import connect
from tests import fakes
from tests.conftest import Database

WORKER = "shardgen:1:4242:orders/2025-01"


class Parent:
    """raw_orders as our own DDL makes it, with a DEFAULT partition and all indexes, but made by somebody else."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.notices: list[str] = []
        objects.apply_schema(database.dsn, "bronze", ("orders",), "full")
        database.run("CREATE TABLE bronze.rest PARTITION OF bronze.raw_orders DEFAULT")

    def load(self, *, begun: Callable[[], None] = lambda: None, if_exists: str = "fail", **plan) -> LoadReport:
        self.notices.clear()

        def show(event) -> None:
            if isinstance(event, Notice):
                self.notices.append(event.text)
            if isinstance(event, LoadStarted):
                begun()

        config = fakes.plan_config(tables=("orders",), **plan)
        return fakes.load(self.database.dsn, config, show=show, batch_rows=64, if_exists=if_exists, yes=True)

    def rows(self) -> dict[str, int]:
        """By partition."""
        return dict(self.database.rows("SELECT tableoid::regclass::text, count(*) FROM bronze.raw_orders GROUP BY 1"))


@pytest.fixture
def parent(database: Database) -> Parent:
    return Parent(database)


def leaf(month: int) -> str:
    return f"bronze.raw_orders_2025_{month:02d}"


def test_leaves_are_attached_beside_an_empty_default_partition_with_every_index_and_it_is_told(parent):
    report = parent.load()
    assert report.tables[0].fast_path == ""
    assert parent.rows() == {leaf(1): 200, leaf(2): 200, leaf(3): 200}
    (notice,) = parent.notices
    assert "gets 3 partitions, raw_orders_2025_01 to raw_orders_2025_03, beside its empty DEFAULT partition" in notice
    indexes = "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = %s::regclass"
    assert parent.database.value(indexes, [leaf(2)]) == parent.database.value(indexes, ["bronze.raw_orders"]) > 5
    parent.database.run(
        "INSERT INTO bronze.raw_orders SELECT 'new', customer_id, '2031-01-01', status, NULL, 1, 'x' "
        "FROM bronze.raw_orders LIMIT 1"
    )
    assert parent.rows()["bronze.rest"] == 1


def test_workers_that_attach_to_the_same_parent_do_not_wait_for_each_other_in_a_circle(parent):
    report = parent.load(months=12)
    assert (report.tables[0].fast_path, report.retries, report.tables[0].counted) == ("", 0, 2400)
    assert parent.database.value("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == 0


def test_rows_in_the_default_partition_send_all_rows_through_the_parent(parent):
    parent.database.run(
        "INSERT INTO bronze.raw_orders (order_id, order_date, source_system) VALUES ('x', '2031-01-01', 'x')"
    )
    report = parent.load(if_exists="append")
    assert report.tables[0].fast_path == "its DEFAULT partition holds rows: rows go through the parent"
    assert parent.rows() == {"bronze.rest": 601}


def test_a_replace_empties_the_default_partition_first_and_then_attaches(parent):
    parent.database.run(
        "INSERT INTO bronze.raw_orders (order_id, order_date, source_system) VALUES ('x', '2031-01-01', 'x')"
    )
    assert parent.load(if_exists="replace").tables[0].fast_path == ""
    assert parent.rows() == {leaf(1): 200, leaf(2): 200, leaf(3): 200}


def test_an_open_reader_of_the_parent_costs_its_shard_the_leaf_and_no_row(parent):
    with connect(parent.database.dsn, application_name="report") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM bronze.raw_orders")
        report = parent.load(months=1)
    assert report.tables[0].fast_path == (
        "1 of its shards went through the parent: their partitions could not be attached"
    )
    assert parent.rows() == {"bronze.rest": 200}
    assert report.retries == 0
    assert parent.database.value("SELECT count(*) FROM bronze.shardgen_shards") == 1


def test_a_worker_of_ours_in_the_default_partition_is_waited_for(parent):
    held = threading.Event()

    def hold() -> None:
        with connect(parent.database.dsn, application_name=WORKER) as worker:
            worker.execute("BEGIN")
            worker.execute("LOCK TABLE bronze.rest IN ROW EXCLUSIVE MODE")
            held.set()
            time.sleep(3)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    report = parent.load(months=1)
    thread.join()
    assert report.tables[0].fast_path == ""
    assert report.phases["attach"] > 1.5


def test_rows_of_others_that_come_into_the_range_meanwhile_send_its_shard_through_the_parent(parent):
    row = "INSERT INTO bronze.raw_orders (order_id, order_date, source_system) VALUES ('x', '2025-02-02', 'x')"
    report_differs = pytest.raises(Exception, match=r"table=orders: ledger=600 and counted=601 rows")
    with report_differs:  # which is the truth: nobody told the load that such rows would come
        parent.load(begun=lambda: parent.database.run(row))
    assert parent.rows() == {"bronze.rest": 201, leaf(1): 200, leaf(3): 200}


def test_a_name_that_is_taken_sends_its_shard_through_the_parent(parent):
    parent.database.run(
        "CREATE TABLE bronze.raw_orders_2025_02 (mine int)", "INSERT INTO bronze.raw_orders_2025_02 VALUES (1)"
    )
    report = parent.load()
    assert report.tables[0].fast_path == "1 of its shards go through the parent: partitions existed"
    assert parent.rows() == {"bronze.rest": 200, leaf(1): 200, leaf(3): 200}
    assert parent.database.value("SELECT mine FROM bronze.raw_orders_2025_02") == 1


PARTMAN = (
    "CREATE SCHEMA partman",
    "CREATE TABLE partman.part_config (parent_table text PRIMARY KEY, control text)",
    "INSERT INTO partman.part_config VALUES ('bronze.raw_orders', 'order_date')",
)


def test_a_parent_that_pg_partman_manages_gets_no_partition_of_ours(parent):
    parent.database.run(*PARTMAN)
    assert parent.load().tables[0].fast_path == "pg_partman manages it: rows go through the parent"
    assert parent.rows() == {"bronze.rest": 600}


def test_where_pg_partman_has_made_no_partition_yet_the_load_is_refused(parent):
    parent.database.run(*PARTMAN, "DROP TABLE bronze.rest")
    with pytest.raises(
        TargetError, match=r"no partitions for shard=orders/2025-01 to shard=orders/2025-03, and pg_part"
    ):
        parent.load()
    assert parent.database.value("SELECT to_regclass('bronze.shardgen_runs') IS NULL")


def test_a_reset_takes_the_attached_leaves_back_and_leaves_the_rest(parent, monkeypatch):
    parent.load()
    parent.database.run(
        "INSERT INTO bronze.raw_orders (order_id, order_date, source_system) VALUES ('x', '2031-01-01', 'x')"
    )
    monkeypatch.setattr(survey, "max_id", fakes.max_id)

    def plans(run):
        return fakes.build_plan(fakes.plan_config(tables=("orders",)))

    with Control(parent.database.dsn, "bronze") as control:
        found = survey.survey(control.connection, "bronze", None, every=False, plans=plans)
        reset.carry_out(control.connection, "bronze", found, plans, lambda _: None)
    assert parent.rows() == {"bronze.rest": 1}
