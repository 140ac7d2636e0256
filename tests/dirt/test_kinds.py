"""What each kind of dirt does, and what it says of itself."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from shardgen.dirt import kinds as room
from shardgen.dirt.defects import ADDED, CHANGED, Defect
from shardgen.dirt.kind import FAMILIES, AnyKind, Delivers, Edits
from shardgen.dirt.kinds import NAMES, kinds
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.stores.apart import rows
from shardgen.stores.copy import Encoder
from shardgen.tables import dataset, table_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.dirt.worlds import dirty
from tests.worlds import TABLES

ALONE = [name for name, kind in kinds().items() if isinstance(kind, Edits) or kind.unit in ("row", "visit")]
"""Kinds that strike single rows or visits, so that a small world has some of each."""
ALL = ",".join(f"{name}=0.016" for name in ALONE)
"""Together they strike nearly half of the rows."""
REFERENCES = {"customer_id", "user_id", "product_id", "session_id", "warehouse_id"}
LAST = 3
"""Shards of each table that are looked at: what comes with a day of the world's has come by then."""


def shards(config: PlanConfig, table: str) -> Sequence[Shard]:
    return tuple(build_plan(config).of(table))


def defects_of(config: PlanConfig, table: str, last: int = 0) -> Iterator[Defect]:
    """Of all shards, or of the last ones alone."""
    return chain.from_iterable(map(Feed(config).defects, shards(config, table)[-last:]))


def told(config: PlanConfig, parts: Sequence[Shard], size: int) -> list[bytes]:
    """Rows in an order of their own: shards of some tables are cut by time."""
    feed, encoder = Feed(config), Encoder(table_of(config, parts[0].table))
    blocks = (block for part in parts for made in feed.batches(part, size) for block in encoder.rows(made))
    return sorted(rows(blocks))


def halves(shard: Shard) -> list[Shard]:
    middle = (shard.start + shard.stop) // 2
    return [replace(shard, start=shard.start, stop=middle), replace(shard, start=middle, stop=shard.stop)]


@pytest.fixture(scope="module")
def config() -> PlanConfig:
    return dirty(ALL, days=30, customers=1200, products=1800, review_rate=1, sessions_per_day=60)


@pytest.fixture(scope="module")
def found(config) -> dict[tuple[str, str], list[Defect]]:
    """Defects of a world that has them all, by kind and table."""
    by: dict[tuple[str, str], list[Defect]] = defaultdict(list)
    for defect in chain.from_iterable(defects_of(config, table, LAST) for table in TABLES):
        by[defect.kind, defect.table].append(defect)
    return by


@pytest.fixture(scope="module")
def customers(config) -> list[dict[str, Any]]:
    """The clean ones."""
    clean = Feed(replace(config, dirt=None))
    made = (each for shard in shards(config, "customers") for each in clean.batches(shard, 8192))
    return [row for each in made for row in each.arrow().to_pylist()]


@pytest.fixture(scope="module")
def emails(customers) -> frozenset[str]:
    """Of all customers, as JSON."""
    return frozenset(json.dumps(row["email"]) for row in customers if row["email"])


def test_every_file_is_a_kind_and_each_family_has_several():
    files = {file.stem for file in Path(room.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(NAMES)
    assert len(NAMES) >= 25
    for family in FAMILIES:
        assert sum(kind.family == family for kind in kinds().values()) >= 3, family


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_a_kind_tells_what_it_imitates_where_it_is_seen_and_who_sees_it(kind: AnyKind):
    assert all((kind.imitates, kind.seen, kind.sees))
    assert set(kind.weights) <= set(TABLES)
    assert all(weight > 0 for weight in kind.weights.values())


@pytest.mark.parametrize("table", TABLES)
def test_a_kind_strikes_the_tables_that_it_names_and_no_others(table, found):
    struck = {kind for kind, of in found if of == table}
    assert struck == {name for name in ALONE if table in kinds()[name].weights}


@pytest.mark.parametrize("name", ALONE)
def test_a_kind_says_what_a_table_cannot_ask_of_its_rows(name, found, emails):
    kind, does = kinds()[name], set[str]()
    for (of, table), defects in found.items():
        if of == name:
            does |= broken_by(table, defects, emails)
    assert does <= kind.breaks


def broken_by(table: str, defects: Sequence[Defect], emails: frozenset[str]) -> set[str]:
    """What a table with all that ours ask for would refuse, be it to be so in this world or in another."""
    columns = {column.name: column for column in dataset("shop")[table].table.columns}
    key, does = next(iter(columns)), set[str]()
    for each in defects:
        if each.state == ADDED and each.key == each.owner:
            does.add("key")
        place = each.wrong.place or ""
        if each.state != CHANGED or place not in columns:
            continue
        column = columns[place]
        if place == key or each.wrong.dirty in emails:
            does.add("key")
        elif place in REFERENCES and each.wrong.dirty != "null":
            does.add("reference")
        if each.wrong.dirty == "null":
            does.add("not_null")
        elif column.between and not column.between[0] <= json.loads(each.wrong.dirty or "") <= column.between[1]:
            does.add("check")
    return does


@pytest.mark.parametrize("table", TABLES)
def test_dirt_is_the_same_however_rows_are_cut(table):
    config = dirty(ALL, days=4)
    whole = shards(config, table)[-1:]
    assert told(config, whole, 8192) == told(config, whole, 37) == told(config, halves(whole[0]), 500)


def test_members_of_a_household_share_what_the_customer_before_them_has(customers, found):
    known = {(row["customer_id"], row["phone"]) for row in customers}
    phones = [each for each in found["household", "customers"] if each.wrong.place == "phone"]
    assert phones
    shared = 0
    for each in phones:
        before = f"CUST{int(each.owner.removeprefix('CUST')) - 1:08d}"
        shared += (before, json.loads(each.wrong.dirty or "")) in known
    assert shared >= 0.8 * len(phones)  # some have another one by now


def test_a_bot_that_plays_a_visit_again_has_its_session_and_all_of_its_events(config):
    config = dirty("bot_traffic=0.1")
    visits, events = (
        {(each.key, each.owner) for each in defects_of(config, table)} for table in ("sessions", "clickstream")
    )
    played = {int(owner.removeprefix("SESS")) - 1 for _, owner in visits}
    assert played
    assert {int(owner) // 64 for _, owner in events} == played
    assert all(int(key) == -int(owner) for key, owner in events)
    assert not {key for key, _ in visits} & {owner for _, owner in visits}


@pytest.mark.parametrize(("kind", "end"), [("visit_start_lost", "head"), ("visit_end_lost", "tail")])
def test_visits_lose_their_first_events_or_their_last_ones(kind, end):
    lost: dict[int, list[int]] = defaultdict(list)
    for each in defects_of(dirty(f"{kind}=0.1"), "clickstream"):
        lost[int(each.owner) // 64].append(int(each.owner) % 64)
    assert lost
    for places in lost.values():
        assert places == list(range(places[0], places[0] + len(places)))
        assert places[0] == 1 if end == "head" else places[0] > 3


def test_a_kind_of_visits_strikes_about_as_many_rows_as_its_rate_says():
    config = dirty("bot_traffic=0.1,visit_start_lost=0.05,visit_end_lost=0.1")
    some = shards(config, "clickstream")[-3:]
    clean = Feed(replace(config, dirt=None))
    count = sum(made.num_rows for part in some for made in clean.batches(part, 8192))
    share: dict[str, float] = defaultdict(float)
    for each in chain.from_iterable(map(Feed(config).defects, some)):
        share[each.kind] += 1 / count
    assert share == pytest.approx({"bot_traffic": 0.1, "visit_start_lost": 0.05, "visit_end_lost": 0.1}, rel=0.5)


def test_delivering_kinds_with_ids_of_their_own_leave_a_table_its_key():
    assert [name for name, kind in kinds().items() if isinstance(kind, Delivers) and kind.own_id] == ["bot_traffic"]
    assert kinds()["bot_traffic"].breaks == {"reference"}
