"""Canonical JSON against plain Python."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shardgen.columns import jsonb, text
from shardgen.columns.jsonb import Quoted
from shardgen.columns.pieces import Drawn
from shardgen.columns.values import Money, Picked, Whole

words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
some_members = st.dictionaries(st.text("abcxyz_é", min_size=1, max_size=5), st.integers(0, 99), min_size=1, max_size=8)


@given(st.lists(words, min_size=1, max_size=20))
def test_quoted_is_json_with_raw_utf8(values: list[str]) -> None:
    own, drawn = text.pool(values), Drawn(text.pool(values), np.arange(len(values))[::-1])
    expected = [json.dumps({"x": value}, ensure_ascii=False) for value in values]
    assert jsonb.objects({"x": jsonb.quoted(own)}).texts().to_pylist() == expected
    assert not values[1:] or jsonb.objects({"x": jsonb.quoted(own.slice(1))}).texts().to_pylist() == expected[1:]
    assert jsonb.objects({"x": jsonb.quoted(drawn)}).texts().to_pylist() == expected[::-1]
    assert jsonb.strings(values).to_pylist() == [json.dumps(value, ensure_ascii=False) for value in values]


def canonical(members: dict[str, int]) -> str:
    ordered = sorted(members.items(), key=lambda item: (len(item[0].encode()), item[0].encode()))
    return "{" + ", ".join(f'"{key}": {value}' for key, value in ordered) + "}"


@given(some_members)
def test_objects_have_canonical_keys_whether_columns_constants_or_pieces(members: dict[str, int]) -> None:
    column = {key: text.whole(np.array([value, value])) for key, value in members.items()}
    first, *rest = members
    constant = {first: column[first], **{key: str(members[key]) for key in rest}}
    pieces = {first: column[first], **{key: (str(members[key]).encode(),) for key in rest}}
    for made in (column, constant, pieces):
        assert jsonb.objects(made).texts().to_pylist() == [canonical(members)] * 2
    assert jsonb.value(members) == canonical(members)


@given(
    st.dictionaries(st.text("abcxyz_é", min_size=1, max_size=5), st.integers(0, 99), min_size=1, max_size=8), st.data()
)
def test_a_key_that_is_left_out_takes_its_comma_with_it(members: dict[str, int], data: st.DataObject) -> None:
    kept = data.draw(st.sampled_from(sorted(members)))
    drawn = {
        key: Drawn(text.pool([str(value)]), np.array([0, 0 if key == kept else -1, 0]))
        for key, value in members.items()
    }
    alone, every = canonical({kept: members[kept]}), canonical(members)
    assert jsonb.objects(drawn).texts().to_pylist() == [every, alone, every]


def test_quoted_columns_are_strings_of_either_form() -> None:
    even, varied = text.digits(np.array([1, 2]), 2), text.pool(["x", "yz"])
    members = {"b": Quoted(even), "a": Quoted(varied)}
    assert jsonb.objects(members).texts().to_pylist() == ['{"a": "x", "b": "01"}', '{"a": "yz", "b": "02"}']


@given(st.lists(st.lists(words, min_size=1, max_size=4), max_size=6))
def test_lists_are_runs_of_objects(runs: list[list[str]]) -> None:
    counts = np.array([len(run) for run in runs], dtype=np.int64)
    items = jsonb.objects({"x": jsonb.quoted(text.pool(word for run in runs for word in run))})
    made = jsonb.lists(items, np.cumsum(counts) - counts).to_pylist()
    assert made == [json.dumps([{"x": word} for word in run], ensure_ascii=False) for run in runs]


def test_numbers_are_drawn_from_by_rows_in_any_form() -> None:
    numbers = np.array([7, -120])
    made = [
        Picked(value, np.array([1, -1, 0])).arrow(3, None).to_pylist() for value in (Whole(numbers), Money(numbers))
    ]
    assert made == [["-120", None, "7"], ["-1.20", None, "0.07"]]
