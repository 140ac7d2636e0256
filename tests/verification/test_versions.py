"""Records with versions, loaded and proved: every level in a database and in files, and each version by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import shardgen
from shardgen.errors import ConfigError, TargetError
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.stores import apart
from shardgen.tables import dataset
from shardgen.tables.planning import build_plan
from shardgen.tables.statements import read
from shardgen.verification import rows
from shardgen.verification.outcome import Verification
from tests.conftest import Database, fresh_database
from tests.worlds import HERE, TABLES, VERSIONED, shard_bytes, small

Session = psycopg.Connection[Any]
LAWS = [law.name for law in read(dataset().laws)]
CHANGING = [spec.table for spec in dataset().tables if spec.history]


@pytest.fixture(scope="module")
def loaded(server_dsn: str) -> Iterator[Database]:
    with fresh_database(server_dsn) as database:
        shardgen.load(database.dsn, **VERSIONED)
        yield database


@pytest.fixture
def damaged(loaded: Database) -> Iterator[psycopg.Connection[Any]]:
    """A session whose damage is mended afterwards."""
    with psycopg.connect(loaded.dsn, autocommit=True) as connection:
        connection.execute("SET search_path = bronze")
        connection.execute("CREATE TABLE kept AS TABLE raw_reviews")
        yield connection
        connection.execute("TRUNCATE raw_reviews")
        connection.execute("INSERT INTO raw_reviews TABLE kept")
        connection.execute("DROP TABLE kept")


def verify(database: Database, **asked: Any) -> Verification:
    return shardgen.verify(database.dsn, **HERE, **asked)


def samples(report: Verification, level: str) -> str:
    assert not report.ok
    return "\n".join(sample for check in report.checks if check.level == level for sample in check.samples)


@pytest.mark.parametrize("asked", [{"if_exists": "append"}, {"if_exists": "append", "on_conflict": "skip"}])
def test_a_schema_holds_one_history(loaded: Database, asked: dict[str, str]) -> None:
    with pytest.raises(TargetError, match=r"hold another history \(history=versions there, latest here\)"):
        shardgen.load(loaded.dsn, **{**VERSIONED, "history": "latest", "tables": ("customers",)}, **asked)


def digests(report: Verification) -> dict[str, str]:
    return {check.name: check.figures["digest"] for check in report.checks if check.level == "digests"}


# What holds


def test_all_versions_pass_every_level(loaded: Database) -> None:
    report = verify(loaded, regenerate=True)
    assert report.ok
    assert [check.name for check in report.checks if check.level == "laws" and check.status == "held"] == LAWS
    counted = {check.name: check.figures for check in report.checks if check.level == "counts"}
    assert all(told["ledger"] == told["counted"] for told in counted.values())
    assert all(shard["ledger"] == shard["counted"] for told in counted.values() for shard in told["shards"])


def test_what_is_too_few_to_tell_is_counted_in_records_and_not_in_versions(loaded: Database) -> None:
    with psycopg.connect(loaded.dsn) as connection:
        orders = connection.execute("SELECT count(DISTINCT order_id) FROM bronze.raw_orders").fetchone() or (0,)
    told = {check.name: check.finding for check in verify(loaded, level="shape").checks}
    assert told["S4"] == f"{orders[0]} records of orders are too few to tell: at least 10,000"


def test_a_record_has_several_versions_and_one_newest(loaded: Database) -> None:
    with psycopg.connect(loaded.dsn) as connection:
        for table in CHANGING:
            query = f"SELECT count(*), count(DISTINCT {table.key[0]}) FROM bronze."
            versions, records = connection.execute(f"{query}{table.relation}".encode()).fetchone() or (0, 0)
            newest, different = connection.execute(f"{query}{table.latest}".encode()).fetchone() or (0, 0)
            assert versions > records >= newest == different > 0


def test_what_was_taken_down_has_a_last_version_and_is_not_among_the_newest(loaded: Database) -> None:
    gone = "SELECT review_id FROM bronze.raw_reviews WHERE raw_data ->> 'operation' = 'delete'"
    with psycopg.connect(loaded.dsn) as connection:
        found = connection.execute(gone.encode()).fetchall()
        left = connection.execute(f"SELECT 1 FROM bronze.raw_reviews_latest WHERE review_id IN ({gone})".encode())
        assert found
        assert left.fetchall() == []


@pytest.mark.parametrize("form", [{"format": "parquet"}, pytest.param({"format": "csv.zst"}, marks=pytest.mark.slow)])
def test_files_hold_what_a_database_holds_whatever_made_it(
    loaded: Database, form: dict[str, Any], tmp_path: Path
) -> None:
    target = f"file://{tmp_path}/lake"
    shardgen.load(target=target, **{**VERSIONED, **form, "engine": "processes", "workers": 2, "batch_rows": 300})
    report = shardgen.verify(target=target, **HERE)
    assert report.ok
    assert [check.name for check in report.checks if check.level == "laws" and check.status == "held"] == LAWS
    assert digests(report) == digests(verify(loaded, level="digests"))


def test_rows_of_tables_that_inherit_from_ours_are_no_versions(damaged: Session, loaded: Database) -> None:
    damaged.execute("CREATE TABLE public.heir () INHERITS (bronze.raw_reviews)")
    damaged.execute("INSERT INTO public.heir SELECT * FROM ONLY raw_reviews")
    report = verify(loaded, tables=("reviews",))
    damaged.execute("DROP TABLE public.heir")
    assert report.ok


def test_laws_of_versions_do_not_apply_to_records_as_they_stand(database: Database) -> None:
    shardgen.load(database.dsn, **{**VERSIONED, "history": "latest", "days": 3})
    told = {check.name: check for check in verify(database, level="laws").checks}
    of_versions = [law.name for law in read(dataset().laws) if law.versions]
    assert [name for name, check in told.items() if check.status != "held"] == of_versions
    assert {told[name].finding for name in of_versions} == {
        "table customers was loaded without versions: each record has one row"
    }


# What is found

SECOND = "raw_data -> 'version' = '2'"
CHOSEN = "SELECT review_id FROM raw_reviews WHERE raw_data -> 'version' = '3' ORDER BY 1 LIMIT 1"


def test_a_version_that_was_changed_is_named_with_its_record(damaged: Session, loaded: Database) -> None:
    [(review,)] = damaged.execute(CHOSEN.encode()).fetchall()
    damaged.execute(f"UPDATE raw_reviews SET helpful_count = 999 WHERE review_id = '{review}' AND {SECOND}".encode())
    told = samples(verify(loaded, level="digests", tables=("reviews",)), "digests")
    assert "1 row changed, 0 missing, 0 not planned" in told
    assert f"row {review} version 2: helpful_count is 999, planned " in told


def test_a_version_that_was_lost_is_counted_and_named(damaged: Session, loaded: Database) -> None:
    [(review,)] = damaged.execute(CHOSEN.encode()).fetchall()
    damaged.execute(f"DELETE FROM raw_reviews WHERE review_id = '{review}' AND {SECOND}".encode())
    report = verify(loaded, tables=("reviews",))
    assert f"row {review} version 2 is missing" in samples(report, "digests")
    assert "ledger=" in samples(report, "counts")
    assert f"review: versions are not 1, 2, 3, ...: {review}, " in samples(report, "laws")


def test_a_version_that_is_there_twice_is_counted_and_named(damaged: Session, loaded: Database) -> None:
    [(review,)] = damaged.execute(CHOSEN.encode()).fetchall()
    later = "jsonb_build_object('ingestion_timestamp', r.ingestion_timestamp + interval '1 us')"
    damaged.execute(
        f"""INSERT INTO raw_reviews SELECT (jsonb_populate_record(NULL::raw_reviews, to_jsonb(r) || {later})).*
        FROM raw_reviews AS r WHERE review_id = '{review}' AND {SECOND}""".encode()
    )
    report = verify(loaded, tables=("reviews",))
    assert f"row {review} version 2 is not planned" in samples(report, "digests")
    assert f"review: versions are not 1, 2, 3, ...: {review}, 2" in samples(report, "laws")
    assert "ledger=" in samples(report, "counts")


def test_a_row_that_a_file_has_twice_is_named_with_its_version(tmp_path: Path) -> None:
    target = f"file://{tmp_path}/lake"
    shardgen.load(target=target, **{**VERSIONED, "days": 10, "tables": ("products",), "format": "parquet"})
    [file] = (tmp_path / "lake" / "products").glob("*.parquet")
    there = pq.read_table(file)
    pq.write_table(pa.concat_tables([there.slice(0, 3), there.slice(2)]), file)
    told = samples(shardgen.verify(target=target, **HERE, level="digests"), "digests")
    key, version = there.column("product_id")[2].as_py(), there.column("raw_data")[2].as_py()["version"]
    assert f"row {key} version {version} is not planned" in told


def test_versions_are_compared_in_their_order_and_named_by_when_they_became_known_without_a_record() -> None:
    table = dataset()["customers"].table.with_versions()
    config = small(customers=40, products=20, orders_per_day=3, sessions_per_day=4, history="versions")
    planned = list(apart.rows([shard_bytes(config, first_shard(config))]))
    lacking = table.without({"raw_data"})
    found = rows.compare(table, iter(planned), iter(planned[:3] + planned[4:] + planned[-1:]))
    assert (found.changed, found.missing, found.additional) == (0, 1, 1)
    assert found.samples[0].endswith(" is missing")
    assert " version " in found.samples[0]
    told = rows.compare(lacking, iter(planned[:1]), iter(()))
    assert " of 20" in told.samples[0]


def first_shard(config: PlanConfig) -> Shard:
    return build_plan(config).of("customers")[0]


# Where there is no room


def test_a_key_of_somebody_else_that_leaves_no_room_is_refused_with_the_remedy(database: Database) -> None:
    shardgen.load(database.dsn, **{**VERSIONED, "history": "latest", "days": 3, "tables": ("customers", "orders")})
    with psycopg.connect(database.dsn) as connection:
        connection.execute("CREATE SCHEMA theirs")
        connection.execute("CREATE TABLE theirs.raw_customers (LIKE bronze.raw_customers INCLUDING ALL)")
    with pytest.raises(TargetError) as refused:
        shardgen.load(database.dsn, **{**VERSIONED, "schema": "theirs", "tables": ("customers",)})
    assert "raw_customers has a unique key of customer_id, which leaves a record no room for versions" in str(
        refused.value
    )
    assert "add ingestion_timestamp to it, or use history='latest'" in str(refused.value)


def test_a_key_of_somebody_else_with_the_time_of_ingestion_takes_versions(database: Database) -> None:
    shardgen.load(database.dsn, **{**VERSIONED, "history": "latest", "days": 3, "tables": ("customers",)})
    with psycopg.connect(database.dsn) as connection:
        connection.execute("CREATE SCHEMA theirs")
        connection.execute("CREATE TABLE theirs.raw_customers (LIKE bronze.raw_customers)")
        connection.execute("ALTER TABLE theirs.raw_customers ADD PRIMARY KEY (customer_id, ingestion_timestamp)")
    shardgen.load(database.dsn, **{**VERSIONED, "schema": "theirs", "tables": ("customers",)})
    assert verify(database, schema="theirs", tables=("customers",)).ok


def test_a_view_of_somebody_else_in_the_place_of_the_newest_versions_is_refused(database: Database) -> None:
    few = {**VERSIONED, "days": 3, "tables": ("customers",)}
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA bronze")
        connection.execute("CREATE VIEW bronze.raw_customers_latest AS SELECT 1 AS theirs")
        with pytest.raises(TargetError, match=r"raw_customers_latest is not of shardgen.*rename it"):
            shardgen.load(database.dsn, **few)
        assert connection.execute("SELECT to_regclass('bronze.raw_customers')").fetchone() == (None,)
        shardgen.load(database.dsn, **{**few, "history": "latest"})
        assert connection.execute("SELECT theirs FROM bronze.raw_customers_latest").fetchall() == [(1,)]


def test_tables_of_our_own_change_their_history_when_they_start_over_and_leave_nothing_behind(
    database: Database,
) -> None:
    few = {**VERSIONED, "days": 3, "tables": ("customers", "orders"), "if_exists": "replace"}
    for history in ("latest", "versions", "latest", "versions"):
        shardgen.load(database.dsn, **{**few, "history": history})
        assert verify(database, level="counts").ok
        with psycopg.connect(database.dsn) as connection:
            views = connection.execute(
                "SELECT viewname FROM pg_views WHERE schemaname = 'bronze' ORDER BY 1"
            ).fetchall()
        newest = ["raw_customers_latest", "raw_orders_latest"] if history == "versions" else []
        assert [name for (name,) in views] == ["order_items", *newest]
    shardgen.reset(database.dsn, all=True, yes=True)
    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT 1 FROM pg_class WHERE relname ~ '^(raw_|order_items)'").fetchall() == []


def test_versions_without_raw_data_are_refused(database: Database) -> None:
    with pytest.raises(ConfigError, match="raw_data tells version and operation"):
        shardgen.load(database.dsn, **{**VERSIONED, "raw_data": "none"})


def test_queries_read_the_newest_versions(loaded: Database) -> None:
    with psycopg.connect(loaded.dsn) as connection:
        for query in shardgen.queries(loaded.dsn):
            assert connection.execute(query.text.encode()).fetchall()
            assert all(f"raw_{table}_latest" in query.text for table in TABLES if f"raw_{table}" in query.text)


def test_each_item_joins_one_version_of_its_customer_and_one_price_of_its_product_as_the_manual_says(
    loaded: Database,
) -> None:
    page = (resources.files("shardgen.manual") / "history.md").read_text(encoding="utf-8")
    [query] = re.findall(r"<<'SQL'\n(.*?)limit 5;\nSQL", page, re.DOTALL)
    with psycopg.connect(loaded.dsn, options="-c search_path=bronze") as connection:
        joined = connection.execute(query.encode()).fetchall()
        items = connection.execute("SELECT order_id, product_id FROM order_items").fetchall()
    assert sorted((row[0], row[5]) for row in joined) == sorted(items)
    assert all(row[6] == row[7] for row in joined)
    assert {row[2] for row in joined} > {"1"}
