"""Dirty rows cut by arrival: what bronze got before an instant, however it came, and what comes after it later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from shardgen.columns.batch import Batch, chosen, unversioned
from shardgen.dirt.kinds import kinds
from shardgen.flow.feeding import arriving
from shardgen.flow.forms import Tuples
from shardgen.model.config import PlanConfig
from shardgen.model.played import DELETE, instant, micros
from shardgen.stores.apart import rows as apart
from shardgen.stores.copy import Encoder
from shardgen.tables import dataset, table_of
from shardgen.tables.feed import Feed
from shardgen.world.demand import DAY
from shardgen.world.versions import BEGINNING
from tests.dirt.test_windows import Rows, rows
from tests.dirt.worlds import dirty
from tests.worlds import TABLES

END = date(2026, 1, 1)
INSTANT = datetime.fromisoformat("2025-12-31T21:40:03.500001")
FEW: dict[str, Any] = {"customers": 60, "products": 30, "orders_per_day": 4, "sessions_per_day": 5, "review_rate": 1}


def world(dirt: str = "hostile", **changes: Any) -> PlanConfig:
    """Twenty-five days of a small shop, cut by arrival."""
    return dirty(dirt, **{**FEW, "events_per_session": 3, "days": 25, "end": END, "cut": "arrived", **changes})


def deliveries(config: PlanConfig) -> Rows:
    """What is there of a plan whose feed is stopped at its end: the rows of each version, as they are delivered."""
    until, feed, found = micros(config.closes), Feed(config), Rows()
    for table in config.tables:
        encoder = Encoder(table_of(config, table))
        for made in map(_standing(config, table, until), feed.changes(table, BEGINNING, until)):
            for part in feed.parts(table, made) if made.num_rows else ():
                every = apart(encoder.rows(part.rows))
                found.update((table, row) for row, got in zip(every, part.ingestion, strict=True) if got < until)
    return found


def _standing(config: PlanConfig, table: str, until: int) -> Callable[[Batch], Batch]:
    """Those of some versions that a plan has a row of: all, or the newest that the source has told by then."""
    newest = dict[int, int]()
    for made in Feed(config.clean).changes(table, BEGINNING, until):
        assert made.record is not None
        told = zip(made.numbers.tolist(), made.record.ingestion.tolist(), strict=True)
        for number, ingestion in told:
            newest[number] = max(newest.get(number, BEGINNING), ingestion if ingestion < until else BEGINNING)

    def standing(made: Batch) -> Batch:
        record = made.record
        assert record is not None
        assert record.versions is not None
        got = record.ingestion < until
        if config.history == "versions":
            return chosen(made, np.flatnonzero(got))
        last = np.array([newest[number] for number in made.numbers.tolist()]) == record.ingestion
        return unversioned(chosen(made, np.flatnonzero(got & last & (record.versions.operation != DELETE))))

    return standing


@pytest.mark.parametrize("history", ["latest", "versions"])
@pytest.mark.parametrize("until", [pytest.param(END, marks=pytest.mark.time), INSTANT], ids=["midnight", "instant"])
def test_a_load_has_what_has_been_delivered(history, until):
    config = world(history=history).up_to(until)
    expected = deliveries(config)
    assert {table for table, _ in expected} == set(TABLES)
    assert rows(config) == expected


def assert_brought_forward(config: PlanConfig, *steps: timedelta) -> None:
    """Windows, one after the other, make of what is there what one load would make."""
    there = rows(config)
    for step in steps:
        slice_ = config.window(config.closes + step)
        before = Counter() if config.history == "versions" else rows(slice_, "before", lambda shard: shard.revised)
        assert not before - there
        there = there - before + rows(slice_)
        config = slice_.whole
    assert there == rows(config)


STEPS = (timedelta(minutes=3), timedelta(hours=50))
"""Within a day, and to within another."""


@pytest.mark.slow
@pytest.mark.parametrize("history", ["latest", "versions"])
def test_windows_make_what_one_load_makes(history):
    assert_brought_forward(world(history=history).up_to(INSTANT), *STEPS)


def test_files_of_a_window_have_the_same_rows():
    slice_ = world().up_to(INSTANT).window(date(2026, 1, 2))
    assert rows(replace(slice_, format="parquet", raw_data_as="json")) == rows(slice_)


@pytest.mark.time
@pytest.mark.parametrize("history", ["latest", "versions"])
@pytest.mark.parametrize("seed", [0, 7, 2**63 - 1])
@pytest.mark.parametrize("until", [END, INSTANT], ids=["midnight", "instant"])
def test_windows_of_any_seed_make_what_one_load_makes(history, until, seed):
    steps = (*STEPS, timedelta(hours=-50, days=3), timedelta(days=20))
    assert_brought_forward(world(history=history, seed=seed).up_to(until), *steps)


@pytest.mark.time
@pytest.mark.parametrize("kind", kinds())
def test_windows_of_each_kind_alone_make_what_one_load_makes(kind):
    tables = tuple(kinds()[kind].weights)
    assert_brought_forward(world(f"{kind}=0.4", seed=7, tables=tables).up_to(INSTANT), *STEPS)


def events(config: PlanConfig, days: int) -> Iterator[tuple[int, str, int, bytes]]:
    """When which table gets or loses which row, after what is there; in the order of the feed."""
    specs = {name: dataset()[name] for name in config.tables}
    form = Tuples(encoders={name: Encoder(table_of(config, name)) for name in specs})
    exchanged = frozenset(name for name, spec in specs.items() if spec.exchanged(config))
    since = micros(config.closes)
    for some in arriving(config, form, since, since + days * DAY, exchanged):
        told = zip(some.got.tolist(), some.tables.tolist(), some.rows["operation"], some.rows["row"], strict=True)
        yield from ((got, config.tables[place], what.as_py(), row.as_py()) for got, place, what, row in told)


@pytest.mark.slow
@pytest.mark.parametrize("history", ["latest", "versions"])
def test_rows_that_come_and_go_leave_what_a_load_has_wherever_they_stop(history):
    config = world(history=history).up_to(INSTANT)
    there, told = rows(config), list(events(config, 6))
    going = [place for place, (_, _, what, _) in enumerate(told) if what == DELETE and history == "latest"]
    assert history == "versions" or going
    stops = {place for place in (*going[:2], len(told) // 2, len(told) - 1) if _last_of_its_instant(told, place)}
    assert len(stops) >= 2
    for place, (got, table, _, row) in enumerate(told):
        there[table, row] += -1 if place in going else 1
        if place in stops:
            assert min(there.values()) >= 0
            assert +there == rows(config.up_to(instant(got + 1)))


def _last_of_its_instant(told: list[tuple[int, str, int, bytes]], place: int) -> bool:
    return place + 1 == len(told) or told[place + 1][0] > told[place][0]
