"""Text columns against plain Python."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardgen.columns import text
from shardgen.columns.pieces import Layout

ints = st.lists(st.integers(-(10**15), 10**15) | st.integers(-150, 10**6), min_size=1, max_size=30)
words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@given(ints)
def test_fixed_is_exact(numbers: list[int]) -> None:
    made = Layout(text.fixed(np.array(numbers), 2)).texts().to_pylist()
    assert made == [f"{Decimal(n).scaleb(-2):.2f}" for n in numbers]
    assert text.decimals(np.array(numbers), 2).to_pylist() == [Decimal(n).scaleb(-2) for n in numbers]


@given(st.lists(st.integers(0, 4_102_444_799_999_999), min_size=1, max_size=30))
def test_iso_is_what_python_says(times: list[int]) -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    expected = [(epoch + timedelta(microseconds=t)).strftime("%Y-%m-%dT%H:%M:%S.%f") for t in times]
    assert text.column(text.iso(np.array(times))).to_pylist() == expected


@pytest.mark.parametrize(("number", "width", "expected"), [(7, 3, "007"), (1234, 3, "1234"), (0, 1, "0")])
def test_digits_pad_and_grow(number: int, width: int, expected: str) -> None:
    assert text.column(text.digits(np.array([number]), width)).to_pylist() == [expected]


@given(st.lists(st.integers(0, 10**18), min_size=1, max_size=30), st.integers(1, 13))
def test_digits_and_whole_numbers_are_what_python_says(numbers: list[int], width: int) -> None:
    assert text.column(text.digits(np.array(numbers), width)).to_pylist() == [f"{n:0{width}d}" for n in numbers]
    assert text.drawn_or_own(text.whole(np.array(numbers))).to_pylist() == list(map(str, numbers))


@pytest.mark.parametrize("numbers", [[5, -5], [-12, -34], [99, 100], [0], [0, 19_999], [3, -20_000], [1, 20_000]])
def test_whole_numbers_of_any_sign_and_length(numbers: list[int]) -> None:
    assert text.drawn_or_own(text.whole(np.array(numbers))).to_pylist() == list(map(str, numbers))


@given(st.lists(words, min_size=1, max_size=5), st.integers(0, 10**6))
def test_columns_of_either_form_join(values: list[str], number: int) -> None:
    even = text.digits(np.full(len(values), number), 7)
    assert isinstance(text.join("<", even, ">"), np.ndarray)
    assert text.column(text.join("<", even, ">")).to_pylist() == [f"<{number:07d}>"] * len(values)
    assert text.join(text.pool(values), "|", even).to_pylist() == [f"{value}|{number:07d}" for value in values]


def test_render_fills_each_row_from_its_own_template() -> None:
    which = np.array([1, 0, 1, 2])
    slots = {"a": text.pool(["w", "x", "y", "z"])}
    assert text.render(["<{a}>", "{a}!", "none"], which, slots).to_pylist() == ["w!", "<x>", "y!", "none"]


def test_patterns_become_digits_and_letters_only() -> None:
    made = text.patterned(["K1A #@#", "####"], np.array([0, 1] * 50), np.arange(100), ["XYZ", ""]).to_pylist()
    assert pa.compute.all(pa.compute.match_substring_regex(pa.array(made[::2]), r"^K1A \d[XYZ]\d$")).as_py()
    assert pa.compute.all(pa.compute.match_substring_regex(pa.array(made[1::2]), r"^\d{4}$")).as_py()
    assert len(set(made)) > 50
