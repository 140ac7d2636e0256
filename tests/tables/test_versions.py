"""Versions of records: those of two slices are those of both (D3), and the last ones are what stands at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
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
from shardgen.tables.planning import build_plan
from shardgen.world.demand import DAY, midnight
from shardgen.world.versions import BEGINNING
from tests.examples import EVERY
from tests.worlds import small, table_bytes

Row = dict[str, Any]

CHANGING = ("customers", "products", "orders", "reviews")
"""Tables whose records change."""

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
    return small(**WORLD | {"sessions_per_day": 4, "customers": 200} | changes)


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


CUTS = st.lists(INSTANTS, min_size=3, max_size=4, unique=True).map(sorted)


@pytest.mark.parametrize("name", WORLDS)
@settings(max_examples=2)
@given(cuts=CUTS, rows=st.integers(50, 5000))
def test_the_versions_of_two_slices_are_those_of_both(name: str, cuts: list[int], rows: int) -> None:
    compose(world(**WORLDS[name]), cuts, rows)


@pytest.mark.time
@pytest.mark.parametrize("seed", [0, 1, 42, 2**63 - 1])
@settings(max_examples=25)
@given(cuts=CUTS, rows=st.integers(50, 5000))
def test_the_versions_of_many_slices_are_those_of_all(seed: int, cuts: list[int], rows: int) -> None:
    compose(world(seed=seed, customers=30, products=12, orders_per_day=6, review_rate=0.9), cuts, rows)


def compose(config: PlanConfig, cuts: list[int], rows: int) -> None:
    """See that the versions between some instants are those between the first and the last of them."""
    for table in EVERY:
        parts = [row for since, end in pairwise(cuts) for row in versions(config, table, since, end, rows)]
        assert sorted(parts) == sorted(versions(config, table, cuts[0], cuts[-1])), table


def told(config: PlanConfig, table: str, since: int = BEGINNING, end: int = LAST) -> list[Row]:
    """The versions of a slice as Python values."""
    form = dataset()[table].table
    return [row for made in Feed(config).changes(table, since, end) for row in objects(form, made.arrow())]


def standing(config: PlanConfig, table: str) -> dict[Any, Row]:
    """What stands at the end of a window, by key."""
    form, shards = dataset()[table].table, build_plan(replace(config, tables=(table,))).shards
    made = [each for shard in shards for each in Feed(config).batches(shard, 4096)]
    return {row[form.key[0]]: row for each in made for row in objects(form, each.arrow())}


def lives(rows: list[Row], table: str) -> dict[Any, list[Row]]:
    """The versions of each record, in their order."""
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(row[dataset()[table].table.key[0]], []).append(row)
    return found


def brought_forward(state: dict[Any, Row], changes: list[Row], table: str) -> dict[Any, Row]:
    """A state after changes: the last version of each record is put in, what is deleted taken out."""
    last = {key: life[-1] for key, life in lives(changes, table).items()}
    gone = {key for key, row in last.items() if row["raw_data"]["operation"] == "delete"}
    return {
        key: row for key, row in {**state, **{k: _plain(row) for k, row in last.items()}}.items() if key not in gone
    }


def _plain(row: Row) -> Row:
    """A version without the two keys that tell which it is."""
    return row | {"raw_data": {k: v for k, v in row["raw_data"].items() if k not in ("version", "operation")}}


@pytest.mark.parametrize("name", ["small", "one of each", "lean"])
def test_the_last_versions_are_what_stands_at_the_end(name: str) -> None:
    config = world(**WORLDS[name])
    for table in EVERY:
        assert brought_forward({}, told(config, table), table) == standing(config, table), table


@pytest.mark.parametrize(("day", "later"), [("2025-10-02", "2025-10-03"), ("2025-11-05", "2026-03-09")])
def test_a_state_brought_forward_by_later_changes_is_the_later_state(day: str, later: str) -> None:
    early, late = date.fromisoformat(day), date.fromisoformat(later)
    config = world(end=late, orders_per_day=4, sessions_per_day=2, review_rate=1)
    for table in EVERY:
        changes = told(config, table, midnight(early), midnight(late))
        before = standing(replace(config, end=early), table)
        assert brought_forward(before, changes, table) == standing(config, table), table


@cache
def grown(table: str) -> dict[Any, list[Row]]:
    """The lives of a year and a half."""
    config = world(horizon=600, orders_per_day=6, sessions_per_day=2, review_rate=1)
    return lives(told(config, table, end=midnight(date(2027, 5, 1))), table)


@pytest.mark.parametrize("table", EVERY)
def test_versions_are_counted_and_reach_bronze_in_their_order(table: str) -> None:
    keys = dataset()[table].table.key
    for life in grown(table).values():
        assert [row["raw_data"]["version"] for row in life] == list(range(1, len(life) + 1))
        assert [row["raw_data"]["operation"] for row in life[1:-1]] == ["update"] * (len(life) - 2)
        assert life[0]["raw_data"]["operation"] == "insert"
        assert all(a["ingestion_timestamp"] < b["ingestion_timestamp"] for a, b in pairwise(life))
        assert all(len({row[key] for row in life}) == 1 for key in keys)


@pytest.mark.parametrize("table", CHANGING)
def test_each_version_tells_something_new(table: str) -> None:
    for life in grown(table).values():
        shown = [
            _plain(row) | {"ingestion_timestamp": None} for row in life if row["raw_data"]["operation"] != "delete"
        ]
        assert all(a != b for a, b in pairwise(shown))


def test_orders_go_from_placed_to_their_end() -> None:
    paths = {tuple(dict.fromkeys(row["status"] for row in life)) for life in grown("orders").values()}
    assert {
        ("pending", "processing", "shipped", "delivered"),
        ("pending", "processing", "cancelled"),
        ("pending", "processing", "shipped", "delivered", "returned"),
    } <= paths
    assert all(path[0] == "pending" for path in paths)
    for life in grown("orders").values():
        for row in life:
            known = row["raw_data"]
            dates = [known[key] for key in known if key.endswith("_at")] + [row["order_date"].isoformat()]
            assert max(dates) < row["ingestion_timestamp"].isoformat()


def test_a_review_that_is_taken_down_ends_with_what_it_last_was() -> None:
    ends = [life for life in grown("reviews").values() if life[-1]["raw_data"]["operation"] == "delete"]
    assert len(ends) > 3
    for *_, before, last in ends:
        assert _plain(before) | {"ingestion_timestamp": None} == _plain(last) | {"ingestion_timestamp": None}
    votes = [[row["helpful_count"] for row in life] for life in grown("reviews").values()]
    assert all(sorted(each) == each for each in votes)
    assert max(len(set(each)) for each in votes) > 10


@pytest.mark.parametrize("batch_rows", [150, 1_000_000])
def test_the_shards_of_a_load_are_the_versions_of_its_window_whatever_the_batches(batch_rows: int) -> None:
    config = replace(world(), history="versions")
    for table in EVERY:
        assert table_bytes(config, table, batch_rows) == b"".join(versions(config, table, BEGINNING, LAST)), table


@pytest.mark.parametrize(("name", "within"), [("small", 0.02), ("one of each", 0.1), ("no orders", 0.02)])
def test_versions_are_estimated(name: str, within: float) -> None:
    config = replace(world(**WORLDS[name]), history="versions", tables=(*CHANGING, "sessions"))
    plan = build_plan(config)
    for table in config.tables:
        assert plan.rows(table) == pytest.approx(len(told(config, table)), rel=within, abs=2)
        assert {shard.exact for shard in plan.of(table)} <= {table == "sessions"}
