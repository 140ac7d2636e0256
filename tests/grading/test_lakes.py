"""Grades of what was made of a lake: the figures of a database, whatever the files; and nothing else is read."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake
from pyiceberg.catalog.memory import InMemoryCatalog

import shardgen
from shardgen.errors import ConfigError, TargetError
from shardgen.model.cleaned import Source
from shardgen.stores.cleaned import open_cleaned_files
from shardgen.stores.lake.duck import published, session
from tests import lakes
from tests.conftest import Database
from tests.dirt.worlds import KEY
from tests.grading.conftest import WORLD
from tests.worlds import SMALL, TABLES

QUIET: dict[str, Any] = {"progress": "none"}
FEW = ("customers", "products", "orders", "reviews", "sessions")
"""Tables that have every type, and few rows."""


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The rows of the database in files."""
    folder = tmp_path_factory.mktemp("lakes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHARDGEN_DIRT_KEY", KEY)
        shardgen.load(target=f"file://{folder}/lake", **WORLD)
        yield f"file://{folder}/lake"


def figures(**options: Any) -> dict[str, Any]:
    """All that a grade tells but for places, times and examples."""
    found = shardgen.grade(progress="none", **options).to_json()
    for told in found["tables"].values():
        for each in (told["unprovoked"], *told["kinds"].values()):
            del each["examples"]
        del told["cleaned"], told["seconds"]
    return {**found, "source": "", "seconds": 0, "not_graded": {}}


def fetched(database: Database, query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    with psycopg.connect(database.dsn) as connection:
        cursor = connection.execute(query.encode())
        return [column.name for column in cursor.description or ()], cursor.fetchall()


def arrow(database: Database, table: str) -> pa.Table:
    """A silver table with types of its own; JSON is text."""
    names, rows = fetched(database, f"SELECT * FROM silver.{table}")
    plain = [[json.dumps(each) if isinstance(each, dict | list) else each for each in row] for row in rows]
    return pa.table(dict(zip(names, map(pa.array, zip(*plain, strict=True)), strict=True)))


def as_parquet(database: Database, table: str, folder: Path) -> None:
    made = arrow(database, table)
    half = made.num_rows // 2
    (folder / table / "day=1").mkdir(parents=True)
    (folder / table / "day=2").mkdir()
    pq.write_table(made.slice(half), folder / table / "day=1" / "a.parquet")
    pq.write_table(made.slice(0, half), folder / table / "day=2" / "b.parquet")


def as_csv(database: Database, table: str, folder: Path) -> None:
    with psycopg.connect(database.dsn) as connection, connection.cursor() as cursor:
        text = f"COPY (SELECT * FROM silver.{table} ORDER BY random()) TO STDOUT (FORMAT csv, HEADER)"
        with cursor.copy(text.encode()) as copy:
            (folder / f"stg_{table}.csv").write_bytes(b"".join(copy))


def as_ndjson(database: Database, table: str, folder: Path) -> None:
    _, rows = fetched(database, f"SELECT row_to_json(s)::text FROM silver.{table} AS s")
    (folder / f"raw_{table}.ndjson").write_text("".join(f"{line}\n" for (line,) in rows))


def as_duckdb(database: Database, table: str, folder: Path) -> None:
    _, rows = fetched(
        database,
        f"SELECT column_name FROM information_schema.columns WHERE table_schema = 'silver' AND data_type = 'jsonb' "
        f"AND table_name = '{table}'",
    )
    made = arrow(database, table)
    documents = ", ".join(f"{name}::JSON AS {name}" for (name,) in rows)
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        connection.register("made", made)
        connection.execute("CREATE SCHEMA IF NOT EXISTS silver")
        replaced = f"* REPLACE ({documents})" if documents else "*"
        connection.execute(f"CREATE TABLE silver.base_{table} AS SELECT {replaced} FROM made")
        connection.execute(f"CREATE VIEW silver.{table} AS FROM shop.silver.base_{table}")


def test_the_same_rows_have_the_same_figures_in_files_as_in_a_database(silver, lake, tmp_path: Path):
    for table in TABLES:
        as_parquet(silver, table, tmp_path)
    assert figures(target=lake, cleaned=str(tmp_path)) == figures(dsn=silver.dsn, cleaned="silver")


@pytest.mark.parametrize(("write", "place"), [(as_csv, ""), (as_ndjson, ""), (as_duckdb, "shop.duckdb#silver")])
def test_whatever_the_files_are(silver, lake, tmp_path: Path, write: Callable[..., None], place: str):
    for table in FEW:
        write(silver, table, tmp_path)
    (tmp_path / "few.toml").write_text("".join(f'[{table}]\nrelation = "silver.{table}"\n' for table in FEW))
    there = figures(dsn=silver.dsn, mapping=tmp_path / "few.toml")
    assert figures(target=lake, cleaned=str(tmp_path / place)) == there


def as_delta(database: Database, table: str, folder: str, **options: Any) -> None:
    """In two commits, of which the second replaces rows of the first."""
    made = arrow(database, table)
    for rows in (made.slice(0, made.num_rows // 2), made):
        write_deltalake(f"{folder}/{table}", rows, mode="overwrite", **options)


def as_iceberg(database: Database, table: str, folder: str, **options: Any) -> None:
    """Likewise, by a catalog in memory, which is gone when the table is read."""
    made, catalog = arrow(database, table), InMemoryCatalog("tests", warehouse=folder, **options)
    typed = [each.with_type(pa.string()) if pa.types.is_null(each.type) else each for each in made.schema]
    made = made.cast(pa.schema(typed))  # it knows no type of nothing
    catalog.create_namespace_if_not_exists("silver")
    created = catalog.create_table(f"silver.{table}", schema=made.schema, location=f"{folder}/{table}")
    created.append(made.slice(0, made.num_rows // 2))
    created.overwrite(made)


@pytest.mark.parametrize("write", [as_delta, as_iceberg])
def test_tables_of_delta_and_iceberg_have_the_rows_of_their_newest_state(silver, lake, tmp_path: Path, write):
    folder = tmp_path / "silver café"
    for table in FEW:
        write(silver, table, f"file://{folder}")
    (tmp_path / "few.toml").write_text("".join(f'[{table}]\nrelation = "silver.{table}"\n' for table in FEW))
    assert figures(target=lake, cleaned=str(folder)) == figures(dsn=silver.dsn, mapping=tmp_path / "few.toml")


def test_a_table_whose_library_is_not_installed_is_told_with_what_brings_it(silver, small, tmp_path: Path, monkeypatch):
    as_delta(silver, "customers", str(tmp_path))
    monkeypatch.setattr(published, "installed", lambda library: library != "shardgen[delta]")
    with pytest.raises(TargetError, match=r"a table of Delta, and reading it needs an extra: .*shardgen\[delta\]"):
        shardgen.grade(target=small, cleaned=str(tmp_path), **QUIET)


def test_a_table_of_which_a_file_is_gone_is_not_read(silver, small, tmp_path: Path):
    as_delta(silver, "customers", str(tmp_path))
    for file in tmp_path.glob("customers/*.parquet"):
        file.unlink()
    with pytest.raises(TargetError, match=r"customers, cannot be read: [^\x1b]*not found"):
        shardgen.grade(target=small, cleaned=str(tmp_path), **QUIET)


def test_a_table_whose_log_names_files_elsewhere_is_not_read(silver, small, tmp_path: Path):
    as_iceberg(silver, "customers", f"file://{tmp_path}/here")
    shutil.copytree(tmp_path / "here", tmp_path / "moved")
    with pytest.raises(TargetError, match=r"it names .*/here/customers/data/.*, which is not in .*/moved"):
        shardgen.grade(target=small, cleaned=str(tmp_path / "moved"), **QUIET)


@pytest.mark.slow
def test_cleaned_tables_in_a_bucket_are_graded_as_those_in_a_folder(silver, lake, tmp_path: Path):
    """A lake in a folder, and a place of the pupil's on a server, one table in each form."""
    as_parquet(silver, "customers", tmp_path)
    as_csv(silver, "reviews", tmp_path)
    with lakes.serving() as endpoint, lakes.bucket(endpoint) as bucket:
        for file in filter(Path.is_file, tmp_path.rglob("*")):
            bucket.client.upload_file(str(file), bucket.name, f"lake/silver/{file.relative_to(tmp_path)}")
        place = f"{bucket.url}/silver"
        as_delta(silver, "orders", place, storage_options={"AWS_ENDPOINT_URL": endpoint, "AWS_ALLOW_HTTP": "true"})
        as_iceberg(silver, "sessions", place, **{"s3.endpoint": endpoint})
        graded = ("customers", "reviews", "orders", "sessions")
        (tmp_path / "few.toml").write_text("".join(f'[{table}]\nrelation = "silver.{table}"\n' for table in graded))
        assert figures(target=lake, cleaned=place) == figures(dsn=silver.dsn, mapping=tmp_path / "few.toml")


def test_the_lake_itself_is_graded_as_one_who_does_nothing_and_statements_read_it(dirty, lake, tmp_path: Path):
    nothing = shardgen.grade(target=lake, cleaned=lake, progress="none")
    assert nothing.score.recall == 0
    assert nothing.score.precision is None
    first = "SELECT DISTINCT ON (order_id) order_id, {} AS payment_method FROM {}raw_orders ORDER BY order_id, {}"
    (tmp_path / "lake.sql").write_text(first.format("raw_data ->> '$.payment_method'", "", "ingestion_timestamp"))
    (tmp_path / "base.sql").write_text(first.format("raw_data ->> 'payment_method'", "bronze.", "ingestion_timestamp;"))
    found = figures(target=lake, sql={"orders": tmp_path / "lake.sql"})
    assert found == figures(dsn=dirty.dsn, sql={"orders": tmp_path / "base.sql"})
    assert found["kinds"]["exact_duplicate"]["recall"] == 1


def test_people_of_a_file_are_compared_as_those_of_a_table_are(dirty, lake, tmp_path: Path):
    _, rows = fetched(dirty, "SELECT DISTINCT customer_id, registration_date::text FROM bronze.raw_customers")
    (tmp_path / "who.csv").write_text("id,person\n" + "".join(f"{id_},{person}\n" for id_, person in rows))
    mapping = """
        [customers]
        sql = "from raw_customers"

        [people]
        relation = "who"
        id = "id"
        person = "person"
        """
    (tmp_path / "who.toml").write_text(mapping)
    people = shardgen.grade(target=lake, cleaned=str(tmp_path), mapping=tmp_path / "who.toml", progress="none").merged
    assert people is not None
    assert people.pairs.recall == 1
    assert people.pairs.hits > 0


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A lake of a few customers."""
    folder = tmp_path_factory.mktemp("lakes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHARDGEN_DIRT_KEY", KEY)
        options = {**WORLD, **SMALL, "days": 1, "tables": "customers", "dirt": "blanks=0.2"}
        shardgen.load(target=f"file://{folder}/lake", **options)
        yield f"file://{folder}/lake"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("COPY (SELECT 1) TO '{folder}/silver/out.csv'", "it is not one SELECT"),
        ("SELECT 1; SELECT 2", "it is not one SELECT"),
        ("SELECT 1) AS q; COPY (SELECT 1) TO '{folder}/silver/out.csv'; SELECT * FROM (SELECT 1", "syntax error"),
        ("SELECT * FROM '{folder}/other.csv'", "other.csv, which is neither of the lake nor of the cleaned tables"),
        ("SELECT content AS customer_id FROM read_text('/etc/passwd')", "/etc/passwd, which is neither"),
        ("SELECT * FROM nothing", "nothing does not exist"),
        ("FROM told", "told does not exist"),
    ],
)
def test_a_statement_reads_what_is_named_and_writes_nothing(small, tmp_path: Path, statement: str, told: str):
    (tmp_path / "silver").mkdir()
    (tmp_path / "other.csv").write_text("customer_id\nCUST00000001\n")
    (tmp_path / "customers.sql").write_text(statement.replace("{folder}", str(tmp_path)))
    with pytest.raises(TargetError, match=told):
        shardgen.grade(
            target=small, cleaned=str(tmp_path / "silver"), sql={"customers": tmp_path / "customers.sql"}, **QUIET
        )
    assert not list((tmp_path / "silver").iterdir())


def test_what_cannot_be_read_is_told_before_anything_is(small, tmp_path: Path, command, monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)
    told = command("grade", "--target", small, "--cleaned", str(tmp_path / "nowhere"), "--progress", "none")
    assert told.code == 2
    assert "is not there: name a folder of files, its address, or a file of DuckDB" in " ".join(told.err.split())
    with pytest.raises(TargetError, match="has no table that is called as one of ours"):
        shardgen.grade(target=small, cleaned=str(tmp_path), **QUIET)
    with pytest.raises(ConfigError, match="says where the cleaned tables are"):
        shardgen.grade(target=small, **QUIET)
    with pytest.raises(ConfigError, match="mapping and sql contradict each other"):
        shardgen.grade(target=small, cleaned=".", mapping="x", sql={"customers": "y"}, **QUIET)
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as connection:
        connection.execute("CREATE SCHEMA other; CREATE TABLE other.customers AS SELECT 1 AS customer_id")
    with pytest.raises(TargetError, match=r"no table in its schema main: name one that has: .*/shop.duckdb#other"):
        shardgen.grade(target=small, cleaned=str(tmp_path / "shop.duckdb"), **QUIET)
    (tmp_path / "shop.duckdb").write_text("no database")
    with pytest.raises(TargetError, match="cannot be opened"):
        shardgen.grade(target=small, cleaned=str(tmp_path / "shop.duckdb"), **QUIET)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"customers.parquet": "no Parquet"}, "customers, which is to be customers, cannot be read"),
        (
            {"customers.csv": "customer_id\n", "customers.ndjson": "{}\n"},
            "several times, as customers.csv, customers.nd",
        ),
        ({"customers/a.csv": "customer_id\n", "customers/b.ndjson": "{}\n"}, "several times, as csv, ndjson"),
        ({"customers/a.parquet": "", "customers/_delta_log/0.json": "{}"}, "customers, cannot be read: .*log"),
        (
            {"customers/a.parquet": "", "customers/metadata/v1.metadata.json": "{}"},
            "customers, cannot be read: .*valid",
        ),
        ({"customers.csv": "id;name\n1;x\n"}, "has no column for customer_id"),
    ],
)
def test_files_that_are_no_table_are_named(small, tmp_path: Path, files: dict[str, str], told: str):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(TargetError, match=told):
        shardgen.grade(target=small, cleaned=str(tmp_path), **QUIET)


def test_rows_come_in_order_of_the_numbers_of_their_keys_and_a_text_of_no_letters_is_no_null(small, tmp_path: Path):
    keys = ["CUST00000010", "CUST2", "none", "", f"CUST{'9' * 45}", "cust-3 ", "CUST2b"]
    lines = [f'"{key}",{number or ""}\n' for number, key in enumerate(keys)]
    (tmp_path / "customers.csv").write_text("customer_id,email\n" + "".join(lines) + ',""\n')
    with open_cleaned_files(small, str(tmp_path), bronze=False) as there:
        rows = list(there.rows(there.relations("")["customers"], ("customer_id", "email")))
    assert rows == [
        *[(None, ""), ("", "3"), ("none", "2"), ("CUST2", "1"), ("CUST2b", "6"), ("cust-3 ", "5")],
        *[("CUST00000010", None), (keys[4], "4")],
    ]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("12.50::DECIMAL(10, 2)", "12.5"),
        ("100::DECIMAL(10, 0)", "100"),
        ("0.50::DECIMAL(2, 2)", "0.5"),
        ("0::DECIMAL(2, 2)", "0"),
        ("0.1::DOUBLE + 0.2", "0.3"),
        ("12.5::FLOAT", "12.5"),
        ("1e20::DOUBLE", "1e+20"),
        ("TIMESTAMP '2026-01-01 10:00:00.5'", "2026-01-01T10:00:00.500000"),
        ("TIMESTAMP_NS '2026-01-01 10:00:00.000123'", "2026-01-01T10:00:00.000123"),
        ("TIMESTAMPTZ '2026-01-01 10:00:00+02'", "2026-01-01T08:00:00.000000"),
        ("'infinity'::TIMESTAMP", "infinity"),
        ("DATE '2026-01-01'", "2026-01-01"),
        ("TRUE", "true"),
        ("'\"a\"'::JSON", "a"),
        ("'null'::JSON", None),
        ("'{\"a\": 1.50}'::JSON", '{"a": 1.50}'),
        ("{'a': 1.50::DECIMAL(10, 2), 'b': NULL, 'c': {'d': NULL, 'e': 2}}", '{"a":1.5,"c":{"e":2}}'),
        ("[1, 2]", "[1,2]"),
        ("MAP {'a': 1}", '{"a":1}'),
        ("'a'::ENUM ('a', 'b')", "a"),
        ("NULL", None),
    ],
)
def test_values_of_each_type_have_one_form(small, value: str, told: str | None):
    with open_cleaned_files(small, "", bronze=False) as there:
        source = Source(statement=f"SELECT 1 AS id, {value} AS told")
        assert list(there.rows(source, ("id", "told"))) == [("1", told)]


@pytest.mark.slow
def test_more_rows_than_memory_holds_are_put_in_order_all_the_same(small, monkeypatch):
    few = {**session.settings("."), "memory_limit": "100MB", "threads": 2}
    monkeypatch.setattr(session, "settings", lambda folder: {**few, "temp_directory": folder})
    text = "SELECT hash(number) % 1000000 AS id, repeat('x', 200) || number AS told FROM range(1000000) AS t (number)"
    with open_cleaned_files(small, "", bronze=False) as there:
        found = [int(str(key)) for key, _ in there.rows(Source(statement=text), ("id", "told"))]
    assert len(found) == 1_000_000
    assert found == sorted(found)
