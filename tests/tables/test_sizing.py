"""Sizes foretold: every table and index has a figure, and they grow with rows and leaves as pages do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shardgen.model.choices import INDEX_MODES, RAW_DATA_MODES
from shardgen.tables import dataset
from shardgen.tables.planning import build_plan
from shardgen.tables.sizing import PAGE, Size, sizes
from tests.worlds import TABLES, small


@pytest.mark.parametrize("table", TABLES)
def test_every_mode_and_every_index_has_a_figure(table):
    spec = dataset()[table]
    assert tuple(spec.sizes.heap) == tuple(spec.sizes.copy) == RAW_DATA_MODES
    trees = {index.column for index in spec.table.indexes if index.kind == "order"}
    assert set(spec.sizes.indexes) == trees | {"pkey"}
    assert set(spec.sizes.inverted) == {index.column for index in spec.table.indexes if index.kind != "order"}


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
