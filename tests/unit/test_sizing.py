"""Sizes foretold: every table and index has a figure, and they grow with rows and leaves as pages do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shardgen.config import INDEX_MODES, RAW_DATA_MODES, TABLES
from shardgen.planning import build_plan
from shardgen.schema import TABLES as SCHEMA
from shardgen.sizing import GIN_BYTES, HEAP_BYTES, INDEX_BYTES, PAGE, Size, sizes
from tests.worlds import small


@pytest.mark.parametrize("table", TABLES)
def test_every_mode_and_every_index_has_a_figure(table):
    assert tuple(HEAP_BYTES[table]) == RAW_DATA_MODES
    trees = {index.suffix for index in SCHEMA[table].indexes if index.method != "gin"}
    assert set(INDEX_BYTES[table]) == trees | {"pkey"}
    assert {index.suffix for index in SCHEMA[table].indexes if index.method == "gin"} <= set(GIN_BYTES)


def test_less_raw_data_and_fewer_indexes_take_less():
    whole = [
        sum(size.total for size in sizes(build_plan(small(raw_data=raw_data, indexes=indexes))).values())
        for raw_data, indexes in zip(RAW_DATA_MODES, ("full", "keys", "none"), strict=True)
    ]
    assert whole == sorted(whole, reverse=True)
    assert len(set(whole)) == len(INDEX_MODES)


def test_a_table_without_rows_has_the_pages_that_its_indexes_begin_with():
    plan = build_plan(small(orders_per_day=0, tables="reviews"))
    found = sizes(plan)["reviews"]
    assert found == Size(heap=0, toast=PAGE, indexes=4 * PAGE)


def test_a_leaf_is_sized_by_itself():
    plan = build_plan(small(days=40, tables="orders"))
    [leaf, *others] = plan.of("orders")
    alone = sizes(replace(plan, shards=(leaf,)))["orders"]
    rest = sizes(replace(plan, shards=tuple(others)))["orders"]
    assert alone + rest == sizes(plan)["orders"]
    assert all(size % PAGE == 0 for size in (alone.heap, alone.toast, alone.indexes))
