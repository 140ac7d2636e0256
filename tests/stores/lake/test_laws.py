"""Laws and shapes over files, asked of DuckDB: the same statements, the same offenders and figures as in PostgreSQL."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pytest
from psycopg import sql

from shardgen.columns.batch import arrow_schema
from shardgen.model.config import PlanConfig
from shardgen.model.table import Table
from shardgen.stores.lake.duck import views
from shardgen.stores.lake.duck.session import DuckSession, create
from shardgen.stores.lake.formats import Format, open_format
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.tables.statements import read
from shardgen.tables.wanted import plan_config
from shardgen.verification.shape import words
from tests.conftest import fresh_database
from tests.offences import (
    AMONG_VERSIONS,
    DAMAGE,
    FIRST_OF_EACH,
    FIRST_OF_VERSIONS,
    LAWS,
    OF_VERSIONS,
    WORLDS,
    Loaded,
    asked,
    load,
    reading,
    world_of,
)
from tests.worlds import TODAY

OF_LATEST = [law for law in LAWS if law not in OF_VERSIONS]
CHANGING = [spec.name for spec in dataset().tables if spec.history is not None]
TABLES = [spec.table for spec in dataset().tables]
SHAPES = {file.name.removesuffix(".sql"): read([file])[0] for file in dataset().shapes}


def parameters(config: PlanConfig) -> dict[str, object]:
    ends = {"end": config.end, "epoch": config.world.epoch}
    return {name: datetime.combine(day, time()) for name, day in ends.items()} | {"warehouses": config.world.warehouses}


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A world in PostgreSQL, and its rows in tables of a DuckDB, behind the views that files are read through."""

    loaded: Loaded
    connection: duckdb.DuckDBPyConnection

    @property
    def session(self) -> DuckSession:
        return DuckSession(self.connection)

    def offenders(self, law: str) -> list[tuple[Any, ...]]:
        return self.session.rows(asked(law, self.loaded.config), parameters(self.loaded.config))

    def damage_too(self, damaged: psycopg.Connection[Any], damage: str) -> None:
        """Do to the rows here what a statement in an open transaction has done to those there."""
        transaction = damaged.execute("SELECT pg_current_xact_id()::xid::text").fetchone()[0]
        with self.loaded.connect() as before:
            for table in (each for each in TABLES if each.relation in damage):
                gone = changed(before, table, "xmax", transaction)
                came = changed(damaged, table, "xmin", transaction)
                if gone.num_rows or came.num_rows:
                    self.exchange(table, gone, came)

    def exchange(self, table: Table, gone: pa.Table, came: pa.Table) -> None:
        cursor, key = self.connection, ", ".join(table.with_versions().key)
        cursor.register("gone", gone)
        cursor.register("came", came)
        cursor.execute(f"DELETE FROM {table.name} WHERE ({key}) IN (SELECT {key} FROM gone)")
        cursor.execute(f"INSERT INTO {table.name} SELECT * FROM came")


def changed(connection: psycopg.Connection[Any], table: Table, column: str, transaction: str) -> pa.Table:
    """The rows that a transaction made or ended."""
    columns = sql.SQL(", ").join(
        sql.SQL("{}::text").format(sql.Identifier(each.name)) if each.json else sql.Identifier(each.name)
        for each in table.columns
    )
    query = sql.SQL("SELECT {} FROM {} WHERE {}::text = {}").format(
        columns, sql.Identifier(table.relation), sql.Identifier(column), sql.Literal(transaction)
    )
    rows, names = connection.execute(query).fetchall(), [each.name for each in table.columns]
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=arrow_schema(table))


@pytest.fixture(scope="module")
def twin(server_dsn: str) -> Iterator[Twin]:
    with twin_of("month", server_dsn) as found:
        yield found


@pytest.fixture(scope="module")
def twin_of_versions(server_dsn: str) -> Iterator[Twin]:
    with twin_of("month of versions", server_dsn) as found:
        yield found


@contextmanager
def twin_of(name: str, server_dsn: str) -> Iterator[Twin]:
    config = world_of(name, "month")
    with fresh_database(server_dsn) as database, duckdb.connect(":memory:") as connection:
        load(database.dsn, config)
        fill(connection, config)
        tables = [spec.table_of(config.history) for spec in dataset().tables]
        create(connection, [(table, table.name) for table in tables], CHANGING)
        yield Twin(loaded=Loaded(dsn=database.dsn, config=config), connection=connection)


def fill(connection: duckdb.DuckDBPyConnection, config: PlanConfig) -> None:
    plan, feed = build_plan(config), Feed(config)
    for table in [spec.table_of(config.history) for spec in dataset().tables]:
        batches = [batch.arrow() for shard in plan.of(table.name) for batch in feed.batches(shard, 4096)]
        connection.register("rows", pa.Table.from_batches(batches, schema=arrow_schema(table)))
        connection.execute(f"CREATE TABLE {table.name} AS SELECT * FROM rows")


FORMATS = {"struct": "parquet", "json": "parquet", "csv": "csv.zst", "ndjson": "ndjson.zst"}


@pytest.fixture(scope="module", params=FORMATS)
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckSession]:
    """The same world in files, one for each table."""
    format_ = open_format(
        FORMATS[request.param], raw_data="full", raw_data_as="struct" if request.param == "struct" else "json"
    )
    config, folder = plan_config(today=TODAY, schema="month", **WORLDS["month"]), tmp_path_factory.mktemp("files")
    with duckdb.connect(":memory:") as connection:
        sources = [
            (table, views.scan(table, format_.name, [write(config, table, format_, folder)])) for table in TABLES
        ]
        create(connection, sources)
        yield DuckSession(connection)


def write(config: PlanConfig, table: Table, format_: Format, folder: Path) -> str:
    path, feed = folder / f"{table.name}{format_.suffix}", Feed(config)
    with path.open("wb") as sink:
        written = format_.writer(table, sink, {"shard": table.name})
        for shard in build_plan(config).of(table.name):
            for batch in feed.batches(shard, 4096):
                written.write(batch)
        written.close()
    return str(path)


QUICK = ("l10", "l14", "s6")
"""Asked of each format: money and zeros, nulls and texts, numbers. The others take a minute."""


@pytest.mark.parametrize(
    "statement", [pytest.param(each, marks=() if each in QUICK else pytest.mark.time) for each in (*OF_LATEST, *SHAPES)]
)
def test_laws_hold_and_figures_are_the_same_however_files_hold_json(
    statement: str, files: DuckSession, twin: Twin
) -> None:
    told = parameters(twin.loaded.config) | words()
    if statement in LAWS:
        assert files.rows(asked(statement, twin.loaded.config), told) == []
    else:
        found, expected = (where.rows(SHAPES[statement].text, told) for where in (files, twin.session))
        assert sorted(map(figures, found)) == sorted(map(figures, expected))


@pytest.mark.parametrize("law", OF_LATEST)
def test_every_law_runs_in_duckdb_and_holds(law: str, twin: Twin) -> None:
    assert twin.offenders(law) == []


@pytest.mark.parametrize("name", SHAPES)
def test_each_figure_of_a_shape_is_the_same_in_duckdb(name: str, twin: Twin) -> None:
    told = parameters(twin.loaded.config) | words()
    with twin.loaded.connect() as connection:
        expected = connection.execute(SHAPES[name].text.encode(), told).fetchall()
    found = twin.session.rows(SHAPES[name].text, told)
    assert sorted(map(figures, found)) == sorted(map(figures, expected))


def figures(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Name, value and band, to the places that a report shows."""
    return row[0], *map(_figure, row[1:])


def _figure(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


@pytest.mark.parametrize(
    ("law", "part", "damage"),
    [pytest.param(*each, marks=() if each in FIRST_OF_EACH else pytest.mark.time) for each in DAMAGE],
)
def test_the_law_names_the_damage_in_duckdb_too(law: str, part: str, damage: str, twin: Twin) -> None:
    assert [row for row in after(damage, law, twin) if row[0].startswith(part)]


@pytest.mark.parametrize("law", LAWS)
def test_every_law_holds_over_versions_in_duckdb(law: str, twin_of_versions: Twin) -> None:
    assert twin_of_versions.offenders(law) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_each_figure_of_a_shape_is_that_of_records_as_they_stand(name: str, twin: Twin, twin_of_versions: Twin) -> None:
    told = parameters(twin.loaded.config) | words()
    expected = twin.session.rows(SHAPES[name].text, told)
    of_versions = reading(SHAPES[name], twin_of_versions.loaded.config)
    with twin_of_versions.loaded.connect() as connection:
        there = connection.execute(of_versions.encode(), told).fetchall()
    for found in (there, twin_of_versions.session.rows(of_versions, told)):
        assert sorted(map(figures, found)) == sorted(map(figures, expected))


@pytest.mark.parametrize(
    ("law", "part", "damage"),
    [pytest.param(*each, marks=() if each in FIRST_OF_VERSIONS else pytest.mark.time) for each in AMONG_VERSIONS],
)
def test_the_law_names_the_damage_among_versions_in_duckdb_too(
    law: str, part: str, damage: str, twin_of_versions: Twin
) -> None:
    assert [row for row in after(damage, law, twin_of_versions) if row[0].startswith(part)]


def after(damage: str, law: str, twin: Twin) -> list[tuple[Any, ...]]:
    """The offenders among rows that are damaged, which they are no more afterwards."""
    with twin.loaded.connect() as damaged:
        damaged.execute(damage.encode())
        twin.connection.begin()
        try:
            twin.damage_too(damaged, damage)
            return twin.offenders(law)
        finally:
            twin.connection.rollback()
            damaged.rollback()
