"""What dirt does not do: nothing to clean loads, and next to nothing to rows that are not struck. No time is judged."""

from __future__ import annotations

import numpy as np
import pytest

from shardgen.columns import batch as batch_
from shardgen.columns import jsonb, pieces, text
from shardgen.columns.batch import Batch, Spliced, arrow_type, chosen
from shardgen.columns.nested import Document, Picked, Sometimes
from shardgen.columns.pieces import Drawn
from shardgen.columns.values import Instant, Json, Prose, Whole
from shardgen.dirt import plugins, spoiling
from shardgen.dirt.clean import Clean
from shardgen.dirt.documents import Documents
from shardgen.dirt.units import units_of
from shardgen.stores.lake.formats.given import built
from shardgen.tables import dataset, feed
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.dirt.worlds import dirty
from tests.worlds import TABLES, small


def forbidden(*_args, **_given):
    raise AssertionError("a clean row is looked at")


def test_a_clean_table_passes_by_all_that_spoils(monkeypatch):
    monkeypatch.setattr(feed, "_spoiler", forbidden)
    for config in (small(), dirty("exact_duplicate.orders=0.1")):
        for table in set(TABLES) - {"orders"}:
            batch = next(Feed(config).batches(build_plan(config).of(table)[0], 200))
            assert type(batch) is Batch


@pytest.mark.parametrize("table", ["customers", "orders", "clickstream"])
def test_only_rows_that_are_struck_are_made_anew(monkeypatch, table):
    config = dirty("realistic", tables=table)
    asked = []

    def clean(batch, which, **given):
        asked.append((batch, len(which)))
        return Clean(batch, which, **given)

    monkeypatch.setattr(spoiling, "Clean", clean)
    rows = struck = 0
    for batch in Feed(config).batches(build_plan(config).of(table)[0], 500):
        if isinstance(batch, Spliced):
            [(first, count)] = asked
            assert first is batch.first
            assert batch.second.num_rows == count
            struck += count
        asked.clear()
        rows += batch.num_rows
    assert 0 < struck < 0.1 * rows


@pytest.mark.parametrize("history", ["latest", "versions"])
@pytest.mark.parametrize("table", TABLES)
def test_single_values_are_read_as_the_column_has_them(table, history):
    made = next(Feed(small(history=history)).batches(build_plan(small(history=history)).of(table)[0], 500))
    some = np.array([made.num_rows - 1, 0, 0, made.num_rows // 2])
    chosen_ = chosen(made, some)
    for clean in (Clean(made, some), Clean(made, np.tile(some, 100))):
        for column in made.table.columns[:-1]:
            expected = (
                chosen_.columns[column.name].arrow(len(some), arrow_type(column.type)).cast(arrow_type(column.type))
            )
            told = [clean.column(row, column.name) for row in range(len(some))]
            assert told == expected.to_pylist()
            assert [type(each) for each in told] == [type(each) for each in expected.to_pylist()]
            assert clean.array(column.name)[: len(some)].equals(expected)


def test_of_a_row_only_what_is_asked_for_is_taken(monkeypatch):
    made = next(Feed(small()).batches(build_plan(small()).of("orders")[0], 500))
    clean = Clean(made, np.array([3, 1]))
    monkeypatch.setattr(batch_, "taken", forbidden)
    assert clean.value(0, "order_id") == clean.key(0) != clean.key(1)
    assert clean.number(0) == made.numbers[3]
    with pytest.raises(AssertionError):
        clean.columns["order_id"]


@pytest.mark.parametrize("unit", ["hour", "day", "visit"])
def test_what_is_struck_together_is_drawn_once(unit):
    [shard, *_] = build_plan(small()).of("clickstream")
    batch = next(Feed(small()).batches(shard, 500))
    units = units_of(spoiling._rows(batch), unit, dataset()["clickstream"].table.space.children)
    assert len(units.every) == len(np.unique(units.every)) < batch.num_rows / 2


ROWS = 5


def members(times=1):
    """Of objects; of many, what is drawn from a pool is laid out with what lies about it."""
    some = np.tile(np.arange(ROWS), times)
    kinds = text.words(("plain", 'with "quotes"', "\u00e4\u00f6"))
    return {
        "id": Whole(np.array([1, 20, 300, 4, 5])[some]),
        "kind": Prose(Drawn(kinds, np.array([0, 1, 2, 1, 0])[some])),
        "sometimes": Sometimes(np.array([True, False, True, False, True])[some], Whole(np.tile([7, 8, 9], times))),
        "rarely": Picked(Prose(kinds), np.array([-1, -1, 2, -1, 0])[some]),
        "perhaps": Prose(Drawn(kinds, np.array([0, -1, -1, 1, 2])[some])),
        "nested": Json(text.pool(np.array(['{"id": 1}', "[]", '{"kind": "x"}', "null", "3"])[some].tolist())),
        "at": Instant(np.arange(ROWS)[some] * 10**12),
        "then": Instant(np.arange(ROWS)[some] * 10**13),
    }


MEMBERS = members()


def expected(clean, told):
    found = []
    for row, whole in enumerate(clean):
        record = jsonb.json.loads(whole)
        for key, rows in told.items():
            if row in rows:
                record.pop(key, None)
                if rows[row] is not None:
                    record[key] = jsonb.json.loads(rows[row])
        found.append(jsonb.value(record))
    return found


@pytest.mark.parametrize("times", [1, 8])
@pytest.mark.parametrize(
    "told",
    [
        {"kind": {0: '"longer than before"', 4: "null"}},
        {"id": {1: '"20"'}, "kind": {1: "[]", 2: '"\u20ac"'}},
        {"sometimes": {0: None, 1: "1", 2: "2"}, "new": {2: "true", 3: None}},
        {"id": {3: None}, "kind": {3: None}, "nested": {3: None}, "sometimes": {3: None}},
        {"new": {0: '{"a": 1}'}},
        {"a": {0: "1", 1: "2"}, "b": {0: "2"}, "longest of all": {0: "3", 2: "4"}, "even longer than that": {0: "4"}},
        {"id": {2: None}, "at": {2: None, 3: None}, "a": {2: "1", 3: "[]"}},
        {"at": {0: '"never"', 1: "null"}, "then": {0: None, 2: '""', 3: "7"}},
        {"rarely": {0: '"x"', 2: None, 4: '"y"'}, "perhaps": {0: "null", 1: '"z"', 3: "12"}},
        {"then": {1: '"t"'}, "perhaps": {1: '"p"'}, "rarely": {1: '"r"'}, "nested": {1: '"n"'}, "between": {1: "1"}},
    ],
)
def test_what_is_written_over_one_key_leaves_all_others(told, times):
    whole = Document(members(times))
    clean = whole.values.texts().to_pylist()
    documents = Documents(whole, np.arange(ROWS * times))
    assert documents.written(told).values.to_pylist() == expected(clean, told)
    assert [documents.values("sometimes")(row) for row in range(ROWS)] == ["7", None, "8", None, "9"]
    assert [documents.values("rarely")(row) for row in range(ROWS)] == [None, None, '"\u00e4\u00f6"', None, '"plain"']
    assert documents.values("perhaps")(1) == "null"
    assert documents.values("nested")(2) == '{"kind": "x"}'
    assert documents.values("then")(1) == '"1970-04-26T17:46:40.000000"'
    some = np.array([4, 1, 1, 3])
    assert Documents(whole, some).written({"id": {1: "9"}}).values.to_pylist() == expected(
        [clean[row] for row in some], {"id": {1: "9"}}
    )


def test_rows_of_a_batch_are_taken_out_of_what_is_laid_out_for_all_of_it(monkeypatch):
    whole, some = Document(MEMBERS), np.array([4, 1, 1, 3])
    of_each = whole.values.texts().to_pylist()
    for value in (Whole, Prose, Sometimes, Json):
        monkeypatch.setattr(value, "json", forbidden)
    documents = Documents(whole, some)
    assert documents.written({}).values.to_pylist() == [of_each[row] for row in some]
    assert documents.written({"id": {2: "2"}, "new": {0: "1"}}).values.to_pylist()[1:] == [
        of_each[1],
        of_each[1].replace("20", "2"),
        of_each[3],
    ]
    assert [documents.values("sometimes")(row) for row in range(4)] == ["9", None, None, None]


def test_json_of_spoilt_rows_waits_until_a_row_group_asks_for_some_of_them(monkeypatch):
    config = dirty("hostile", tables="sessions")
    batch = next(Feed(config).batches(build_plan(config).of("sessions")[0], 500))
    assert isinstance(batch, Spliced)
    expected, made = batch.arrow()["raw_data"].to_pylist(), pieces.Layout.patched
    monkeypatch.setattr(pieces.Layout, "patched", forbidden)
    values = built(batch, lazy=True).columns["raw_data"].values
    monkeypatch.setattr(pieces.Layout, "patched", made)
    assert values.texts(100, 300).to_pylist() == expected[100:300]
    assert built(batch).columns["raw_data"].values.to_pylist() == expected


def test_other_packages_are_asked_for_no_kind_that_comes_with_shardgen(monkeypatch):
    monkeypatch.setattr(plugins, "entry_points", forbidden)
    plugins.every.cache_clear()
    found = plugins.named(["null", "late"])
    assert {name: kind.name for name, kind in found.items()} == {"null": "null", "late": "late"}
    with pytest.raises(AssertionError):
        plugins.named(["null", "of_somebody_else"])


def test_neither_planning_nor_a_shard_looks_for_kinds_of_other_packages(monkeypatch):
    monkeypatch.setattr(plugins, "entry_points", forbidden)
    plugins.every.cache_clear()
    config = dirty("light,exact_duplicate.orders=0.0123", dirt_skip="null", tables="orders")
    first = build_plan(config).shards[0]
    assert dataset()["orders"].table_of("latest", config.dirt) != dataset()["orders"].table
    assert next(Feed(config).batches(first, 500)).num_rows
    with pytest.raises(AssertionError):
        dirty("of_somebody_else=0.01")


def test_a_spoilt_table_is_thought_out_once():
    one, other = (dirty("exact_duplicate.orders=0.0123", key=key).dirt for key in ("a", "b"))
    spec = dataset()["orders"]
    assert spec.table_of("versions", one) is spec.table_of("versions", other)
    assert spec.table_of("versions", one) is not spec.table_of("latest", one)


def test_a_record_without_keys_gets_one_where_it_is_told_and_is_none_elsewhere():
    assert Documents(None, np.arange(3)).written({"new": {1: "2"}}).values.to_pylist() == [None, '{"new": 2}', None]
