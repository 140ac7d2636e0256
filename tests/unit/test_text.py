"""Canonical JSON and text columns against plain Python."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardgen.tables import text

ints = st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=30)
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@given(ints)
def test_fixed_is_exact(numbers: list[int]) -> None:
    assert text.fixed(np.array(numbers), 2).to_pylist() == [f"{Decimal(n).scaleb(-2):.2f}" for n in numbers]
    assert text.decimals(np.array(numbers), 2).to_pylist() == [Decimal(n).scaleb(-2) for n in numbers]


@given(st.lists(st.integers(0, 4_102_444_799_999_999), min_size=1, max_size=30))
def test_iso_is_what_python_says(times: list[int]) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    expected = [(epoch + timedelta(microseconds=t)).strftime("%Y-%m-%dT%H:%M:%S.%f") for t in times]
    assert text.iso(np.array(times)).to_pylist() == expected


@pytest.mark.parametrize(("number", "width", "expected"), [(7, 3, "007"), (1234, 3, "1234"), (0, 1, "0")])
def test_digits_pad_and_grow(number: int, width: int, expected: str) -> None:
    assert text.digits(np.array([number]), width).to_pylist() == [expected]


@given(st.lists(words, min_size=1, max_size=20))
def test_quoted_is_json_with_raw_utf8(values: list[str]) -> None:
    assert text.quoted(text.pool(values)).to_pylist() == [json.dumps(v, ensure_ascii=False) for v in values]


@given(st.dictionaries(st.text("abcxyz_é", min_size=1, max_size=5), st.integers(0, 99), min_size=1, max_size=8))
def test_objects_have_canonical_keys_whether_columns_constants_or_drawn(members: dict[str, int]) -> None:
    column = {key: text.whole(np.array([value, value])) for key, value in members.items()}
    drawn = {key: text.Drawn(text.pool([str(value)]), np.array([0, -1])) for key, value in members.items()}
    ordered = dict(sorted(members.items(), key=lambda item: (len(item[0].encode()), item[0].encode())))
    expected = "{" + ", ".join(f'"{key}": {value}' for key, value in ordered.items()) + "}"
    assert text.json_object(column).to_pylist() == [expected, expected]
    assert text.json_object(drawn).to_pylist() == [expected, "{}"]
    assert text.json_value(members) == expected


def test_lists_split_runs() -> None:
    assert text.lists(text.pool(["1", "2", "3"]), np.array([0, 2])).to_pylist() == ["[1, 2]", "[3]"]


def test_render_fills_each_row_from_its_own_template() -> None:
    which = np.array([1, 0, 1, 2])
    slots = {"a": text.pool(["w", "x", "y", "z"])}
    assert text.render(["<{a}>", "{a}!", "none"], which, slots).to_pylist() == ["w!", "<x>", "y!", "none"]


def test_patterns_become_digits_and_letters_only() -> None:
    made = text.patterned(["K1A #@#", "####"], np.array([0, 1] * 50), np.arange(100), ["XYZ", ""]).to_pylist()
    assert pa.compute.all(pa.compute.match_substring_regex(pa.array(made[::2]), r"^K1A \d[XYZ]\d$")).as_py()
    assert pa.compute.all(pa.compute.match_substring_regex(pa.array(made[1::2]), r"^\d{4}$")).as_py()
    assert len(set(made)) > 50
