"""Versions of records: those of two slices are those of both (D3), and the last ones are what stands at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shardgen.columns.batch import objects
from shardgen.model.config import PlanConfig
from shardgen.stores.copy import Encoder
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.world.demand import DAY, midnight
from shardgen.world.versions import BEGINNING
from tests.examples import EVERY
from tests.worlds import small, table_rows

EPOCH = date(2025, 10, 1)
FIRST, LAST = midnight(EPOCH), midnight(date(2025, 12, 1))
WORLD = {"epoch": EPOCH, "days": None, "horizon": 400, "end": date(2025, 12, 1), "orders_per_day": 12}
WORLDS: dict[str, dict[str, Any]] = {
    "small": {},
    "another seed": {"seed": 2**63 - 1, "customers": 40},
    "one of each": {"seed": 0, "customers": 1, "products": 1, "warehouses": 1, "orders_per_day": 3},
    "no orders": {"orders_per_day": 0, "sessions_per_day": 5},
    "lean": {"seed": 7, "raw_data": "lean", "products": 5, "review_rate": 1},
    "none": {"seed": 8, "raw_data": "none", "review_rate": 1},
}


def world(**changes: Any) -> PlanConfig:
    return small(**WORLD | {"sessions_per_day": 30, "customers": 200} | changes)


def versions(config: PlanConfig, table: str, since: int, end: int, rows: int = 4096) -> list[bytes]:
    """The COPY rows of a slice, in their order."""
    encoder = Encoder(dataset()[table].table)
    return list(_rows(b"".join(b"".join(encoder.rows(made)) for made in Feed(config).changes(table, since, end, rows))))


def _rows(copied: bytes) -> Iterator[bytes]:
    """COPY rows one by one: a number of fields, and each field's size before it."""
    at = 0
    while at < len(copied):
        start, fields = at, int.from_bytes(copied[at : at + 2], "big")
        at += 2
        for _ in range(fields):
            at += 4 + max(0, int.from_bytes(copied[at : at + 4], "big", signed=True))
        yield copied[start:at]


INSTANTS = st.one_of(
    st.integers(FIRST - 40 * DAY, LAST),
    st.integers(-5, (LAST - FIRST) // DAY).map(lambda days: FIRST + days * DAY),
    st.just(BEGINNING),
)


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("table", EVERY)
@settings(max_examples=4, deadline=None)
@given(cuts=st.lists(INSTANTS, min_size=3, max_size=4, unique=True).map(sorted), rows=st.integers(50, 5000))
def test_the_versions_of_two_slices_are_those_of_both(name: str, table: str, cuts: list[int], rows: int) -> None:
    config = world(**WORLDS[name])
    parts = [row for since, end in pairwise(cuts) for row in versions(config, table, since, end, rows)]
    assert sorted(parts) == sorted(versions(config, table, cuts[0], cuts[-1]))


def told(config: PlanConfig, table: str, since: int = BEGINNING, end: int = LAST) -> list[dict[str, Any]]:
    """The versions of a slice as Python values."""
    form = dataset()[table].table
    return [row for made in Feed(config).changes(table, since, end) for row in objects(form, made.arrow())]


def lives(rows: list[dict[str, Any]], key: str) -> dict[Any, list[dict[str, Any]]]:
    """The versions of each record, in their order."""
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found


def key_of(table: str) -> str:
    return dataset()[table].table.key[0]


def without(row: dict[str, Any]) -> dict[str, Any]:
    """A version but for the two keys that tell it."""
    return row | {"raw_data": {k: v for k, v in row["raw_data"].items() if k not in ("version", "operation")}}


LONG = {"orders_per_day": 30, "customers": 500, "horizon": 600, "end": date(2026, 12, 1)}


@pytest.mark.parametrize("table", EVERY)
def test_the_last_versions_are_what_stands_at_the_end(table: str) -> None:
    config = world(tables=table)
    form = dataset()[table].table
    last = {key: life[-1] for key, life in lives(told(config, table), key_of(table)).items()}
    latest = [row for row in table_rows(config, table)]
    stands = [objects(form, made.arrow()) for made in ()] or latest
    assert len(stands) == len(last) - sum(each["raw_data"]["operation"] == "delete" for each in last.values())
