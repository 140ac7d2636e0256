"""COPY bytes against pgpq, an encoder that knows nothing of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any

import numpy as np
import pgpq
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pgpq.encoders import StringEncoderBuilder
from pgpq.schema import Jsonb

from shardgen.columns import jsonb, text
from shardgen.columns.batch import Batch
from shardgen.columns.pieces import Drawn
from shardgen.columns.values import Day, Flag, Instant, Json, Money, Prose, Value, Whole, Words
from shardgen.model.keys import KeySpace
from shardgen.model.table import Column, Table
from shardgen.model.types import BOOLEAN, DATE, INTEGER, JSON, SERIAL, TEXT, TIMESTAMP, Type, decimal, varchar
from shardgen.stores import copy as encode
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.worlds import TABLES, small

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
micros = st.integers(-(10**15), 4 * 10**15)


def reference(batch: pa.RecordBatch, table: Table) -> bytes:
    """The rows as pgpq has them, without header and trailer."""
    builders = {field.name: pgpq.ArrowToPostgresBinaryEncoder.infer_encoder(field) for field in batch.schema}
    for column in table.columns:
        if column.json:
            builders[column.name] = StringEncoderBuilder.new_with_output(batch.schema.field(column.name), Jsonb())
    encoder = pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(batch.schema, builders)
    rows = encoder.write_header() + encoder.write_batch(batch) + encoder.finish()
    return rows[len(encode.HEADER) : -len(encode.TRAILER)]


def encoded(batch: Batch) -> bytes:
    return b"".join(encode.Encoder(batch.table).rows(batch))


@pytest.mark.parametrize("mode", ["full", "lean", "none"])
@pytest.mark.parametrize("table", TABLES)
def test_rows_of_every_table_are_those_of_another_encoder(table: str, mode: str) -> None:
    config = small(tables=(table,), raw_data=mode)
    built = chain.from_iterable(Feed(config).batches(shard, 4096) for shard in build_plan(config).shards)
    for batch in built:
        assert encoded(batch) == reference(batch.arrow(), dataset()[table].table)


@pytest.mark.parametrize("rows", [1, 7, 10**6])
def test_any_number_of_rows_at_a_time_gives_the_same_bytes(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    config = small(tables=("orders",))
    shard = build_plan(config).shards[0]
    batch = next(Feed(config).batches(replace(shard, stop=shard.start + 50), 4096))
    whole = encoded(batch)
    monkeypatch.setattr(encode, "BUFFER_ROWS", rows)
    assert encoded(batch) == whole


def one_column(type_: Type, value: Value, rows: int) -> Batch:
    column = Column(name="thing", type=type_, meaning="Anything")
    table = Table(name="things", meaning="Things", source="us", key=("thing",), space=KeySpace(), columns=(column,))
    return Batch(table=table, num_rows=rows, columns={"thing": value})


@pytest.mark.parametrize(
    ("type_", "value", "numbers"),
    [
        (TIMESTAMP, Instant, st.lists(micros, min_size=1, max_size=9)),
        (DATE, Day, st.lists(st.integers(-20_000, 60_000), min_size=1, max_size=9)),
        (INTEGER, Whole, st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=9)),
        (SERIAL, Whole, st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=9)),
        (BOOLEAN, Flag, st.lists(st.booleans(), min_size=1, max_size=9)),
        (decimal(15, 2), Money, st.lists(st.integers(-(10**15) + 1, 10**15 - 1), min_size=1, max_size=9)),
    ],
)
def test_numbers_are_those_of_another_encoder(type_: Type, value: Any, numbers: st.SearchStrategy[list[int]]) -> None:
    @given(numbers)
    def check(some: list[int]) -> None:
        batch = one_column(type_, value(np.array(some)), len(some))
        assert encoded(batch) == reference(batch.arrow(), batch.table)

    check()


@given(st.lists(words | st.none(), min_size=1, max_size=9))
@pytest.mark.parametrize(("type_", "value"), [(TEXT, Prose), (JSON, Json)])
def test_texts_may_be_null_and_come_row_by_row_or_drawn(type_: Type, value: Any, values: list[str | None]) -> None:
    filled = [text_ if text_ is None or type_ == TEXT else jsonb.string(text_) for text_ in values]
    column, rows = text.pool(filled), np.arange(-1, len(values))
    own, drawn = one_column(type_, value(column), len(values)), one_column(type_, value(Drawn(column, rows)), len(rows))
    assert encoded(own) == reference(own.arrow(), own.table)
    assert encoded(drawn) == reference(drawn.arrow(), drawn.table)
    assert drawn.arrow()["thing"].to_pylist() == [None, *filled]


def test_a_batch_tells_its_values_as_python_has_them() -> None:
    batch = one_column(DATE, Day(np.array([20_089])), 1)
    assert batch.arrow().to_pylist() == [{"thing": date(2025, 1, 1)}]
    batch = one_column(varchar(9), Words(text.digits(np.array([7]), 3)), 1)
    assert batch.arrow().to_pylist() == [{"thing": "007"}]
