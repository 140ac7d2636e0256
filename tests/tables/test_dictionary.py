"""What the schema says of its columns is true of the rows."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

import pytest

import shardgen
from shardgen.tables import dataset
from shardgen.world.lexicon import SUBCATEGORIES
from tests.examples import EVERY

WORLD: dict[str, Any] = {"customers": 5_000, "products": 200, "orders_per_day": 45, "days": 90, "end": "2026-01-01"}
OF_SUBCATEGORIES = {key for subcategory in SUBCATEGORIES for key, _ in subcategory.attributes}
COMMON = {"source_system", "ingestion_timestamp", "raw_data"}

COLUMNS = [(table.name, column.name) for table in [spec.table for spec in dataset().tables] for column in table.columns]
LISTED = [
    ("customers", "gender"),
    ("orders", "status"),
    ("inventory", "movement_type"),
    ("sessions", "device_type"),
    ("orders", "raw_data.payment_method"),
    ("orders", "raw_data.channel"),
    ("sessions", "raw_data.traffic_source"),
    ("clickstream", "device_info.device_type"),
]
"""Columns and keys whose meaning lists all values in backticks."""


@functools.cache
def rows(table: str, raw_data: str = "full") -> list[dict[str, Any]]:
    return shardgen.sample(table, 12_000 if table == "clickstream" else 5_000, raw_data=raw_data, **WORLD)


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Every key below a JSON value: ``items``, ``items[].quantity``."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        yield path
        for inner in value:
            yield from paths(inner, f"{path}[]")
    else:
        yield path


def keys(table: str, column: str, raw_data: str = "full") -> set[str]:
    return {path for row in rows(table, raw_data) if row[column] is not None for path in paths(row[column])}


def column_of(table: str, name: str):
    [found] = [column for column in dataset()[table].table.columns if column.name == name]
    return found


@pytest.mark.parametrize(("table", "name"), COLUMNS)
def test_every_column_has_a_meaning(table, name):
    column = column_of(table, name)
    assert re.fullmatch(r"\S.*[^\s.;]", column.meaning)
    assert column.json == bool(column.keys)


@pytest.mark.parametrize("table", EVERY)
def test_every_table_has_a_sentence(table):
    assert dataset()[table].table.meaning.endswith(".")


@pytest.mark.parametrize("table", EVERY)
def test_the_keys_of_json_columns_are_those_that_are_documented(table):
    for column in dataset()[table].table.columns:
        if column.json and column.name != "raw_data":
            assert keys(table, column.name) - OF_SUBCATEGORIES == set(column.keys) - OF_SUBCATEGORIES


@pytest.mark.parametrize("table", EVERY)
def test_raw_data_holds_the_other_columns_and_the_documented_keys(table):
    others = {column.name for column in dataset()[table].table.columns} - COMMON
    found = {key for key in keys(table, "raw_data") if key.partition(".")[0] not in others}
    assert found == set(column_of(table, "raw_data").keys)
    assert others <= {key for row in rows(table) for key in row["raw_data"]}


@pytest.mark.parametrize("table", EVERY)
def test_lean_raw_data_holds_the_documented_keys_alone(table):
    described = column_of(table, "raw_data").keys
    documented = {key for key, text in described.items() if "--raw-data full" not in text}
    assert set(described) - documented == set(dataset()[table].table.full_only)
    assert keys(table, "raw_data", "lean") == documented


@pytest.mark.parametrize("table", EVERY)
def test_the_system_of_record_is_the_one_that_is_named(table):
    assert {f"System of record: `{row['source_system']}`" for row in rows(table)} == {
        column_of(table, "source_system").meaning
    }


@pytest.mark.parametrize(("table", "name"), LISTED)
def test_a_meaning_that_lists_values_lists_all_of_them(table, name):
    column, _, key = name.partition(".")
    described = column_of(table, column)
    listed = set(re.findall(r"`([^`]+)`", described.keys[key] if key else described.meaning))
    found = {row[column][key] if key else row[column] for row in rows(table)}
    assert found - {None} == listed  # who was erased has none


def test_counts_in_meanings_are_those_of_the_lexicon():
    assert f"One of {len(SUBCATEGORIES)}:" in column_of("products", "subcategory").meaning
    assert f"One of {len({each.category for each in SUBCATEGORIES})}:" in column_of("products", "category").meaning
