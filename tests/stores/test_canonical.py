"""The bytes that COPY gives back are the bytes that were sent: what digests rest on."""

from __future__ import annotations

import numpy as np
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import sql

from shardgen.columns import jsonb, text
from shardgen.columns.batch import Batch
from shardgen.columns.values import Json, Whole
from shardgen.model.keys import KeySpace
from shardgen.model.table import Column, Table
from shardgen.model.types import INTEGER, JSON
from shardgen.stores.copy import Encoder
from shardgen.stores.postgres.ddl import ddl
from shardgen.tables import dataset
from tests.conftest import Database
from tests.worlds import TABLES, small, table_bytes


def sent_and_got(connection: psycopg.Connection, table: sql.Identifier, key: str, rows: bytes) -> bytes:
    """Copy rows in and, in order of their key, out again, without header and trailer."""
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(table)) as copy:
        copy.write(Encoder.header + rows + Encoder.trailer)
    query = sql.SQL("COPY (SELECT * FROM {} ORDER BY {}) TO STDOUT (FORMAT binary)").format(table, sql.SQL(key))
    with connection.cursor().copy(query) as copy:
        got = b"".join(bytes(block) for block in copy)
    return got[len(Encoder.header) : -len(Encoder.trailer)]


@pytest.mark.parametrize("raw_data", ["full", "lean", "none"])
def test_every_table_comes_back_as_it_was_sent(database: Database, raw_data: str) -> None:
    config = small(raw_data=raw_data, days=5)
    with psycopg.connect(database.dsn) as connection:
        for statement in ddl("bronze", dataset().tables, indexes="none"):
            connection.execute(statement)
        for name in TABLES:
            table = dataset()[name].table
            relation = sql.Identifier("bronze", table.relation)
            if table.partitioned:
                leaf = sql.Identifier("bronze", f"{table.relation}_all")
                connection.execute(sql.SQL("CREATE TABLE {} PARTITION OF {} DEFAULT").format(leaf, relation))
            rows = table_bytes(config, name)
            key = table.key[0] if name in ("inventory", "clickstream") else f"length({table.key[0]}), {table.key[0]}"
            assert sent_and_got(connection, relation, key, rows) == rows, name


NOTES = Table(
    name="notes",
    meaning="Notes",
    source="us",
    key=("id",),
    space=KeySpace(),
    columns=(Column(name="id", type=INTEGER, meaning="Key"), Column(name="raw", type=JSON, meaning="A value")),
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def notes(server_dsn: str) -> psycopg.Connection:
    connection = psycopg.connect(server_dsn)
    connection.execute("CREATE TEMP TABLE notes (id integer, raw jsonb)")
    yield connection
    connection.close()


@settings(max_examples=60)
@given(documents=st.lists(values, min_size=1, max_size=10))
def test_any_json_value_is_written_as_jsonb_prints_it(notes: psycopg.Connection, documents: list[object]) -> None:
    columns = {"id": Whole(np.arange(len(documents))), "raw": Json(text.pool(map(jsonb.value, documents)))}
    batch = Batch(table=NOTES, num_rows=len(documents), columns=columns)
    notes.execute("TRUNCATE notes")
    rows = b"".join(Encoder(NOTES).rows(batch))
    assert sent_and_got(notes, sql.Identifier("notes"), "id", rows) == rows
