"""Rows in a terminal: nothing too wide, nothing lost, nothing twice."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import shardgen
from shardgen.display.sample import ShownRows, _laid_out
from tests.worlds import TABLES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=12), part, max_size=4),
    max_leaves=20,
)


def shown(rows: list[dict], width: int, table: str = "orders") -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(ShownRows(table=table, rows=rows))
    return console.file.getvalue()


@given(JSON, st.integers(10, 120))
def test_json_that_is_laid_out_is_the_same_json(value, room):
    assert json.loads("\n".join(_laid_out(value, room))) == value


@given(st.dictionaries(st.text("abc", min_size=1, max_size=5), st.integers(0, 999)), st.integers(20, 60))
def test_no_line_is_wider_than_the_room_where_every_part_fits(value, room):
    assert all(len(line) <= room for line in _laid_out(value, room))


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("table", TABLES)
def test_every_table_fits_the_terminal_and_shows_every_column(table, width):
    rows = shardgen.sample(table, 2, customers=100, products=50, days=31, end="2026-01-01")
    lines = shown(rows, width, table).splitlines()
    assert all(len(line) <= width for line in lines)
    for name in rows[0]:
        assert sum(line.startswith(f"{name} ") for line in lines) == 2, name


def test_of_the_record_only_what_the_columns_do_not_say_is_shown():
    row = {"order_id": "ORD1", "total": 3, "raw_data": {"order_id": "ORD1", "total": 4, "channel": "app"}}
    text = shown([row], 80)
    assert '{"total": 4, "channel": "app"}' in text
    assert "and 1 more, as in the columns above" in text


def test_nulls_and_booleans_read_as_in_psql():
    text = shown([{"a": None, "b": True}], 80)
    assert "null" in text
    assert "true" in text


def test_no_rows_are_told():
    assert shown([], 80) == "no rows in orders\n"
