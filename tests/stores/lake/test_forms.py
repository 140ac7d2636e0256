"""Rows of any table as typed columns: read back they are the same, JSON included; what cannot be told is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shardgen.columns import text
from shardgen.columns.batch import Batch, batch, ids
from shardgen.columns.pieces import Drawn
from shardgen.columns.values import (
    Absent,
    Constant,
    Day,
    Fixed,
    Flag,
    Instant,
    Json,
    Lists,
    Member,
    Money,
    Picked,
    Prose,
    Sometimes,
    Struct,
    Value,
    Whole,
    Words,
)
from shardgen.model.keys import IdFormat, KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, Keys, Table, bronze_table
from shardgen.model.types import BOOLEAN, DATE, DEGREES, INTEGER, JSON, SERIAL, TEXT, TIMESTAMP, decimal, varchar
from shardgen.stores.copy import Encoder
from shardgen.stores.failures import PermanentError
from shardgen.stores.lake.formats import batches_of, open_format
from shardgen.stores.lake.formats.numbers import numbers
from shardgen.stores.lake.formats.positions import Positions

NOTE = IdFormat("NOTE", 4)
WORDS = ("", "plain", 'say "so"', "back\\slash", "tab\t", "two\r\nlines", "Zürich, 福岡", "a,b", "null")
FORMATS = [("parquet", "struct"), ("parquet", "json"), ("csv.zst", "struct"), ("ndjson.zst", "struct")]


def column(name: str, type_: Any, keys: Keys | None = None, *, not_null: bool = False) -> Column:
    return Column(name=name, type=type_, not_null=not_null, meaning="Something", keys=keys or {})


def table(extra: Keys, *columns: Column) -> Table:
    key = column("note_id", varchar(20), not_null=True)
    return bronze_table(
        name="notes",
        meaning="A note.",
        source="us",
        key=("note_id",),
        space=KeySpace(ids=NOTE),
        columns=(key, *columns),
        extra=extra,
    )


NOTES = table(
    {
        "tags": "Lists of objects",
        "tags[].tag": Key("Any text", TEXT),
        "tags[].weight": Key("Four places", DEGREES),
        "tags[].why": Key("Null without a reason", TEXT, missing="null"),
        "tags[].at.x": Key("In an object of its own", INTEGER),
        "maybe": Key("A number, left out", INTEGER, missing="absent"),
        "cents": Key("An amount, left out", decimal(15, 2), missing="absent"),
        "when": Key("A time, left out", TIMESTAMP, missing="absent"),
        "told": Key("A text, null", TEXT, missing="null"),
        "fixed": Key("The same in all", TEXT),
        "inner.x": Key("In an object", TEXT),
        "inner.y": Key("In an object", BOOLEAN),
    },
    column("number", INTEGER),
    column("large", SERIAL),
    column("amount", decimal(10, 2)),
    column("precise", decimal(12, 4)),
    column("huge", decimal(30, 2)),
    column("at", TIMESTAMP),
    column("day", DATE),
    column("true", BOOLEAN),
    column("word", TEXT),
    column("own", TEXT),
    column("nothing", INTEGER),
    column("place", JSON, {"city": Key("A city", TEXT), "degrees": Key("Where", DEGREES)}),
    column("free", JSON, {"any": "Keys that are not fixed"}),
)


class Notes:
    """Some notes, of which any run can be made alone."""

    def __init__(self, seed: int, rows: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.rows = rows
        self.words = self.rng.integers(-1, len(WORDS), (6, rows))
        self.numbers = self.rng.integers(-(10**6), 10**6, (8, rows))
        self.truths = self.rng.random((4, rows)) < 0.5
        self.sizes = self.rng.integers(1, 4, rows)
        self.items = self.rng.integers(0, len(WORDS), (3, int(self.sizes.sum())))

    def batches(self, cuts: list[int], mode: str) -> Iterator[Batch]:
        for low, high in pairwise(sorted({0, self.rows, *cuts})):
            yield self.made(low, high, mode)

    def made(self, low: int, high: int, mode: str) -> Batch:
        some, number = slice(low, high), np.arange(low, high)
        return batch(
            NOTES, mode, self.columns(some, number), numbers=number, ingestion=number * 10**6, extra=self.extra(some)
        )

    def columns(self, some: slice, number: Any) -> dict[str, Value]:
        drawn, pool = self.words[:, some], text.pool(WORDS)
        place = Struct({"city": Prose(Drawn(pool, np.arange(len(WORDS)))), "degrees": Fixed(np.arange(len(WORDS)), 4)})
        return {
            "note_id": Words(ids(NOTE, number)),
            "number": Whole(self.numbers[0, some]),
            "large": Whole(self.numbers[1, some] << 40),
            "amount": Money(self.numbers[2, some]),
            "precise": Money(self.numbers[3, some]),
            "huge": Money(self.numbers[4, some]),
            "at": Instant(self.numbers[5, some] * 10**9 + 7),
            "day": Day(self.numbers[6, some] // 100),
            "true": Flag(self.truths[0, some]),
            "word": Prose(Drawn(pool, drawn[0])),
            "own": Prose(text.draw(Drawn(pool, drawn[1]))),
            "nothing": Absent(),
            "place": Picked(place, drawn[2]),
            "free": Json(Drawn(text.pool(['{"any": 1}', '{"other": [null, 1.50]}']), self.sizes[some] % 2)),
        }

    def extra(self, some: slice) -> dict[str, Member]:
        pool, present = text.pool(WORDS), self.truths[:, some]
        ends = np.cumsum(self.sizes)
        first = int(ends[some.start] - self.sizes[some.start])
        items = self.items[:, first : int(ends[some.stop - 1])]
        tags = Struct(
            {
                "tag": Prose(Drawn(pool, items[0])),
                "weight": Fixed(items[1] * 1234, 4),
                "why": Prose(Drawn(pool, items[2] - 1)),
                "at": Struct({"x": Whole(items[1] - 3)}),
            }
        )
        return {
            "tags": Lists(tags, ends[some] - self.sizes[some] - first),
            "maybe": Sometimes(present[1], Whole(self.numbers[0, some][present[1]])),
            "cents": Picked(Money(self.numbers[1, some]), np.where(present[2], np.arange(present.shape[1]), -1)),
            "when": Sometimes(present[3], Instant(self.numbers[2, some][present[3]] * 10**9)),
            "told": Prose(Drawn(pool, self.words[3, some])),
            "fixed": Constant("the same"),
            "inner": Struct({"x": Prose(Drawn(pool, np.abs(self.words[4, some]))), "y": Flag(present[0])}),
        }


def written(rows: Iterator[Batch], name: str, form: str, mode: str, of: Table = NOTES) -> bytes:
    sink = io.BytesIO()
    encoder = open_format(name, raw_data=mode, raw_data_as=form).writer(of, sink, {"shard": "notes/0"})
    for each in rows:
        encoder.write(each)
    encoder.close()
    return sink.getvalue()


def copied(rows: Iterator[Batch]) -> bytes:
    return b"".join(chain.from_iterable(map(Encoder(NOTES).rows, rows)))


@pytest.mark.parametrize(("name", "form"), FORMATS)
@settings(max_examples=10)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 60),
    cuts=st.lists(st.integers(1, 59), max_size=4),
    group=st.integers(1, 70),
    mode=st.sampled_from(["full", "lean", "none"]),
)
def test_any_rows_come_back_as_they_were_whatever_the_batches(
    name: str, form: str, seed: int, rows: int, cuts: list[int], group: int, mode: str
) -> None:
    notes, cuts = Notes(seed, rows), [cut for cut in cuts if cut < rows]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("shardgen.stores.lake.formats.parquet.GROUP_ROWS", group)
        patched.setattr("shardgen.stores.lake.formats.parquet.READ_ROWS", 7)
        file = written(notes.batches(cuts, mode), name, form, mode)
        assert file == written(notes.batches([], mode), name, form, mode)
        assert copied(batches_of(file, NOTES)) == copied(notes.batches([], mode))


def schema(form: str = "struct", mode: str = "full") -> pa.Schema:
    return pq.read_schema(io.BytesIO(written(Notes(1, 9).batches([4], mode), "parquet", form, mode)))


def test_columns_have_types_of_their_own() -> None:
    found = schema()
    item = pa.struct(
        [
            pa.field("tag", pa.string(), nullable=False),
            pa.field("weight", pa.decimal128(7, 4), nullable=False),
            pa.field("why", pa.string()),
            pa.field("at", pa.struct([pa.field("x", pa.int32(), nullable=False)]), nullable=False),
        ]
    )
    record = found.field("raw_data").type
    assert found.field("number").type == pa.int32()
    assert found.field("large").type == pa.int64()
    assert found.field("amount").type == pa.decimal128(10, 2)
    assert found.field("huge").type == pa.decimal128(30, 2)
    assert found.field("at").type == record.field("at").type == pa.timestamp("us")
    assert found.field("day").type == pa.date32()
    assert record.field("tags").type == pa.list_(pa.field("element", item, nullable=False))
    assert found.field("free").type == record.field("free").type == pa.string()
    assert not found.field("note_id").nullable
    assert found.field("word").nullable
    assert all(found.field("place").type.field(name).nullable for name in ("city", "degrees"))
    assert not found.field("raw_data").nullable


def test_lean_raw_data_holds_the_keys_alone_that_no_column_repeats() -> None:
    names = ["tags", "maybe", "cents", "when", "told", "fixed", "inner"]
    assert [field.name for field in schema(mode="lean").field("raw_data").type] == names
    assert schema(mode="none").field("raw_data").type == pa.string()


def test_json_is_text_where_it_is_asked_for() -> None:
    found = schema("json")
    assert {found.field(name).type for name in ("raw_data", "place", "free")} == {pa.string()}


def test_json_is_text_where_a_key_does_not_tell_its_type() -> None:
    loose = table({"maybe": Key("A number", INTEGER), "any": "Something"})
    sink = io.BytesIO()
    open_format("parquet", raw_data="full").writer(loose, sink, {"shard": "x"}).close()
    assert pq.read_schema(sink).field("raw_data").type == pa.string()


def test_statistics_are_of_keys_times_and_references_alone() -> None:
    metadata = pq.read_metadata(io.BytesIO(written(Notes(1, 9).batches([], "full"), "parquet", "struct", "full")))
    columns = [metadata.row_group(0).column(number) for number in range(metadata.num_columns)]
    told = {each.path_in_schema for each in columns if each.is_stats_set}
    assert told == {"note_id", "at", "day", "ingestion_timestamp"}


def changed(extra: dict[str, Member], declared: Keys) -> bytes:
    """A file of notes that have other keys than they should."""
    of, number = table(declared), np.arange(3)
    made = batch(of, "lean", {"note_id": Words(ids(NOTE, number))}, numbers=number, ingestion=number, extra=extra)
    return written(iter([made]), "parquet", "struct", "lean", of)


SOME = Sometimes(np.array([True, False, True]), Whole(np.arange(2)))
NONE = Prose(Drawn(text.pool(["x"]), np.array([0, -1, 0])))
WHOLE = Whole(np.arange(3))


@pytest.mark.parametrize(
    ("extra", "declared", "told"),
    [
        ({"a": WHOLE, "b": SOME}, {"a": Key("", INTEGER)}, "gives other keys of raw_data than it declares: b"),
        ({"a": WHOLE}, {"a": Key("", INTEGER), "b": Key("", TEXT)}, "other keys of raw_data than it declares: b"),
        (
            {"a": WHOLE, "b": SOME},
            {"a": Key("", INTEGER), "b": Key("", INTEGER)},
            "declares that raw_data.b has a value in every row: it is left out",
        ),
        (
            {"a": WHOLE, "b": SOME},
            {"a": Key("", INTEGER), "b": Key("", INTEGER, missing="null")},
            "declares that raw_data.b is null where there is no value: it is left out",
        ),
        (
            {"a": WHOLE, "b": NONE},
            {"a": Key("", INTEGER), "b": Key("", TEXT, missing="absent")},
            "declares that raw_data.b is left out where there is no value: it is null",
        ),
        (
            {"a": WHOLE, "b": Fixed(np.arange(3), 4)},
            {"a": Key("", INTEGER), "b": Key("", decimal(7, 2))},
            "declares raw_data.b with 2 decimals and gives 4",
        ),
        (
            {"a": WHOLE, "b": Json(text.pool(['{"x": 1}'] * 3))},
            {"a": Key("", INTEGER), "b.x": Key("", INTEGER)},
            "declares types for the keys of raw_data.b and gives text",
        ),
    ],
)
def test_rows_that_are_not_as_their_table_declares_are_refused(
    extra: dict[str, Member], declared: Keys, told: str
) -> None:
    with pytest.raises(PermanentError, match=f"table=notes .*{told}"):
        changed(extra, declared)


def test_a_column_that_may_not_be_null_is_refused_with_a_null() -> None:
    made = Notes(1, 3).made(0, 3, "none")
    none = replace(made, columns={**made.columns, "note_id": NONE})
    with pytest.raises(PermanentError, match="declares that note_id has a value in every row: it is null"):
        written(iter([none]), "parquet", "struct", "none")


def test_a_day_that_is_not_known_is_a_null() -> None:
    days = Day(np.array([3, 4, 5]), np.array([True, False, True]))
    found = numbers(DATE, [(days, Positions(np.array([2, 1, 0])))])
    assert found.is_null().to_pylist() == [False, True, False]
