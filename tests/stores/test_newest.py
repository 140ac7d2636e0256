"""Versions in tables of others: the newest ones are a view, which all read, and which goes with the rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

import shardgen
from shardgen.errors import TargetError
from shardgen.model.table import Table
from shardgen.stores import spelled
from shardgen.stores.postgres.store import PostgresStore
from shardgen.tables import dataset
from shardgen.tables.wanted import plan_config
from tests.conftest import Database, fresh_database
from tests.worlds import HERE, VERSIONED

FEW: dict[str, Any] = {**VERSIONED, "days": 3, "tables": ("customers",)}
VIEWS = "SELECT viewname::text FROM pg_views WHERE schemaname = 'bronze' ORDER BY 1"
CHANGING = [spec.table for spec in dataset().tables if spec.history]
OBJECTS = """
SELECT c.relname, c.relkind, obj_description(c.oid, 'pg_class'),
    array_agg((a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid))::text
        ORDER BY a.attnum),
    ARRAY(SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = c.oid ORDER BY 1),
    ARRAY(SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = c.oid ORDER BY 1)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = 'bronze'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
GROUP BY c.oid ORDER BY 1
"""


def columns(table: Table) -> str:
    return ", ".join(f"{each.name} {spelled(each.type).replace('bigserial', 'bigint')}" for each in table.columns)


KEYED = {
    "customers": "PRIMARY KEY (customer_id, ingestion_timestamp)) PARTITION BY HASH (customer_id)",
    "products": "PRIMARY KEY (ingestion_timestamp, product_id))",
    "orders": "PRIMARY KEY (order_id, order_date, ingestion_timestamp))",
    "reviews": "UNIQUE (review_id, ingestion_timestamp))",
    "inventory": "PRIMARY KEY (inventory_id, movement_date)) PARTITION BY RANGE (movement_date)",
    "sessions": "PRIMARY KEY (session_id))",
    "clickstream": "PRIMARY KEY (event_id))",
}
THEIRS = [
    "CREATE SCHEMA bronze",
    *(
        f"CREATE TABLE bronze.raw_{name} (batch bigint GENERATED ALWAYS AS IDENTITY, {columns(dataset()[name].table)}, "
        f"note text DEFAULT 'theirs', {tail}"
        for name, tail in KEYED.items()
    ),
    "CREATE TABLE bronze.c0 PARTITION OF bronze.raw_customers FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
    "CREATE TABLE bronze.c1 PARTITION OF bronze.raw_customers FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    "CREATE TABLE bronze.moved PARTITION OF bronze.raw_inventory DEFAULT",
    "COMMENT ON TABLE bronze.raw_orders IS 'ours'",
]
"""A whole schema of somebody else, partitioned otherwise and with columns of its own."""


@pytest.fixture(scope="module")
def filled(server_dsn: str) -> Iterator[Database]:
    """A schema of somebody else that holds versions."""
    with fresh_database(server_dsn) as database:
        database.run(*THEIRS)
        shardgen.load(database.dsn, **VERSIONED)
        yield database


@pytest.fixture
def theirs(database: Database) -> Database:
    """One table of somebody else, with room for versions."""
    database.run(
        "CREATE SCHEMA bronze",
        """CREATE TABLE bronze.raw_customers (customer_id text, email text, customer_name text, first_name text,
        last_name text, address jsonb, registration_date timestamp, source_system text, ingestion_timestamp timestamp,
        raw_data jsonb, PRIMARY KEY (customer_id, ingestion_timestamp))""",
    )
    return database


def test_versions_in_tables_of_others_pass_every_level(filled: Database) -> None:
    report = shardgen.verify(filled.dsn, level="all", **HERE)
    assert report.ok
    laws = {check.name: check.status for check in report.checks if check.level == "laws"}
    assert set(laws.values()) == {"held"}
    assert len(laws) == 26


@pytest.mark.parametrize("table", CHANGING, ids=lambda table: table.name)
def test_the_newest_versions_of_tables_of_others_are_one_for_each_record(filled: Database, table: Any) -> None:
    counts = f"SELECT count(*), count(DISTINCT {table.key[0]}) FROM bronze."
    [(newest, different)] = filled.rows(counts + table.latest)
    [(versions, records)] = filled.rows(counts + table.relation)
    assert versions > records >= newest == different > 0


def test_queries_read_the_newest_versions_of_tables_of_others(filled: Database) -> None:
    for query in shardgen.queries(filled.dsn):
        assert filled.rows(query.text)


def test_a_reset_leaves_tables_of_others_as_they_were(database: Database) -> None:
    database.run(*THEIRS)
    database.run(
        "INSERT INTO bronze.raw_customers (customer_id, ingestion_timestamp, source_system) "
        "VALUES ('x', '2020-01-01', 'theirs')"
    )
    before = database.rows(OBJECTS)
    shardgen.load(database.dsn, **{**FEW, "tables": ("customers", "inventory"), "if_exists": "append"})
    assert database.value("SELECT count(*) FROM bronze.raw_customers_latest WHERE source_system = 'theirs'") == 1
    assert database.rows(VIEWS) == [("raw_customers_latest",), ("raw_inventory_latest",)]
    gone = shardgen.reset(database.dsn, all=True, yes=True)
    assert all(each.why.startswith("rows deleted, and the view of its newest versions") for each in gone.removals)
    assert database.rows(OBJECTS) == before
    assert database.rows("SELECT customer_id FROM bronze.raw_customers") == [("x",)]
    assert database.value("SELECT count(*) FROM bronze.raw_inventory") == 0


def test_the_view_over_a_table_of_others_says_what_it_is_and_has_the_columns_that_are_there(theirs: Database) -> None:
    shardgen.load(theirs.dsn, **FEW)
    of = "'bronze.raw_customers_latest'::regclass"
    assert theirs.value(f"SELECT obj_description({of})").startswith("created by shardgen: The newest version of each")
    told = theirs.rows(f"SELECT attname::text, col_description({of}, attnum) FROM pg_attribute WHERE attrelid = {of}")
    meanings = {each.name: each.description for each in dataset()["customers"].table.with_versions().columns}
    assert dict(told) == {
        name: text for name, text in meanings.items() if name not in {"phone", "date_of_birth", "gender"}
    }


def test_a_view_that_others_have_made_over_their_table_is_refused_and_left(theirs: Database) -> None:
    theirs.run("CREATE VIEW bronze.raw_customers_latest AS TABLE bronze.raw_customers")
    before = theirs.rows(OBJECTS)
    with pytest.raises(TargetError, match=r"raw_customers_latest is not of shardgen.*rename it"):
        shardgen.load(theirs.dsn, **FEW)
    assert theirs.rows(OBJECTS) == before
    shardgen.load(theirs.dsn, **{**FEW, "history": "latest"})
    shardgen.reset(theirs.dsn, all=True, yes=True)
    assert theirs.rows(OBJECTS) == before


def test_a_reset_leaves_a_schema_that_was_made_beforehand_with_its_views(database: Database) -> None:
    made = plan_config(today=date(2026, 1, 1), history="versions", tables=("orders",))
    PostgresStore(database.dsn, "bronze").apply_schema(made)
    before = database.rows(OBJECTS)
    for history in ("versions", "latest"):
        shardgen.load(database.dsn, **{**FEW, "tables": ("orders",), "history": history})
        assert shardgen.verify(database.dsn, level="counts", **HERE).ok
        shardgen.reset(database.dsn, all=True, yes=True)
        assert database.rows(OBJECTS) == before


def test_a_replace_keeps_the_view_over_a_table_of_others_with_what_was_put_on_it(theirs: Database) -> None:
    shardgen.load(theirs.dsn, **FEW)
    theirs.run("GRANT SELECT ON bronze.raw_customers_latest TO pg_monitor")
    oid = theirs.value("SELECT 'bronze.raw_customers_latest'::regclass::oid")
    shardgen.load(theirs.dsn, **{**FEW, "if_exists": "replace", "seed": 2})
    assert theirs.value("SELECT 'bronze.raw_customers_latest'::regclass::oid") == oid


def test_the_view_over_a_table_of_others_follows_its_columns_and_goes_with_the_versions(theirs: Database) -> None:
    shardgen.load(theirs.dsn, **FEW)
    theirs.run("ALTER TABLE bronze.raw_customers ADD phone text")
    shardgen.load(theirs.dsn, **{**FEW, "if_exists": "replace"})
    assert theirs.value("SELECT count(phone) > 0 FROM bronze.raw_customers_latest")
    shardgen.load(theirs.dsn, **{**FEW, "if_exists": "replace", "history": "latest"})
    assert theirs.rows(VIEWS) == []


def test_what_hangs_on_the_view_over_a_table_of_others_is_named_before_anything_goes(theirs: Database) -> None:
    shardgen.load(theirs.dsn, **FEW)
    theirs.run("CREATE VIEW public.mart AS SELECT email FROM bronze.raw_customers_latest")
    with pytest.raises(TargetError, match=r"view mart depends on view bronze\.raw_customers_latest: drop it first"):
        shardgen.reset(theirs.dsn, all=True, yes=True)
    with pytest.raises(TargetError, match=r"view mart depends on view bronze\.raw_customers_latest: drop it first"):
        shardgen.load(theirs.dsn, **{**FEW, "if_exists": "replace", "history": "latest"})
    assert theirs.value("SELECT count(*) FROM public.mart") > 0


def test_a_table_of_others_that_cannot_tell_versions_is_refused_with_the_remedy(theirs: Database) -> None:
    theirs.run("ALTER TABLE bronze.raw_customers DROP COLUMN raw_data")
    with pytest.raises(TargetError, match="has no column raw_data, which tells version and operation: add it as jsonb"):
        shardgen.load(theirs.dsn, **FEW)
    shardgen.load(theirs.dsn, **{**FEW, "history": "latest"})
