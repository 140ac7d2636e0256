"""Customers' records change at instants of their own: how often, and that nobody acts who asked to be erased."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from shardgen.world import build_world, customers, geography, records, zones
from shardgen.world.demand import DAY, midnight
from shardgen.world.records import CONSENT, EMAILS, MOVES, NEVER, PHONES, Rhythm
from shardgen.world.rng import I64
from tests.worlds import small, table_rows

N = 20_000
IDS = np.arange(N)
START = midnight(date(2025, 1, 1))
YEAR = 365 * DAY


def at(instant: int) -> I64:
    return np.full(N, instant)


@pytest.mark.parametrize(
    ("rhythm", "percent"), [(MOVES, 9), (EMAILS, 2.5), (PHONES, 2.5), (CONSENT, 4)], ids=lambda each: str(each)[:30]
)
def test_so_many_percent_change_in_a_year(rhythm: Rhythm, percent: float) -> None:
    changes = records.turns(42, rhythm, IDS, at(START + YEAR)).number - records.turns(42, rhythm, IDS, at(START)).number
    assert changes.min() >= 0
    assert changes.sum() / N * 100 == pytest.approx(percent, rel=0.12)


def test_a_turn_lasts_from_its_instant_to_the_next() -> None:
    turns = records.turns(42, MOVES, IDS, at(START))
    assert (turns.since <= START).all()
    for instants, earlier in ((turns.since, 0), (turns.since - 1, 1)):
        assert (records.turns(42, MOVES, IDS, instants).number == turns.number - earlier).all()
    again = records.turns(42, MOVES, IDS, np.linspace(START, START + 3 * YEAR, N).astype(np.int64))
    assert (again.number >= turns.number).all()
    assert ((again.number > turns.number) == (again.since > START)).all()


def test_a_move_is_to_another_address_within_country_and_time_zone() -> None:
    before, after = (customers.address(42, IDS, IDS % zones.ZONES, at(instant)) for instant in (START, START + YEAR))
    moved = records.turns(42, MOVES, IDS, at(START)).number != records.turns(42, MOVES, IDS, at(START + YEAR)).number
    assert (before.street[~moved] == after.street[~moved]).all()
    assert (before.place[~moved] == after.place[~moved]).all()
    assert (before.street[moved] != after.street[moved]).mean() > 0.999
    assert (geography.NEIGHBOURHOOD[before.place] == geography.NEIGHBOURHOOD[after.place]).all()


def of_everybody(registered: I64) -> Any:
    return lambda ids: registered[ids]


def test_some_are_erased_each_year_and_act_no_more_from_three_months_before() -> None:
    registered = of_everybody(at(START - YEAR))
    erased = records.erasures(42, START, IDS, registered)
    within = (erased < START + 10 * YEAR).mean() * 100
    assert within == pytest.approx(4, rel=0.15)
    assert erased[0] == NEVER
    for days in (0, 100, 1000):
        gone = records.gone(42, START, IDS, at(START + days * DAY), registered)
        assert (gone == (erased <= START + days * DAY + records.QUIET)).all()


def test_who_registers_within_three_months_of_an_erasure_is_not_erased() -> None:
    erased = records.erasures(42, START, IDS, of_everybody(at(START - YEAR)))
    late = np.where(erased == NEVER, START, erased - records.QUIET + 1)
    assert (records.erasures(42, START, IDS, of_everybody(late)) == NEVER).all()
    assert not records.gone(42, START, IDS, at(START + 300 * YEAR // 10), of_everybody(late)).any()


def test_nobody_is_erased_or_moved_again_by_a_longer_window() -> None:
    """What is known at an end is what was known, plus later changes."""
    early, late = (
        table_rows(small(days=None, end=end, epoch=date(2025, 6, 1), horizon=365, customers=900), "customers")
        for end in (date(2025, 8, 1), date(2026, 6, 1))
    )
    changed = 0
    for before, after in zip(early, late[: len(early)], strict=True):
        if before["ingestion_timestamp"] == after["ingestion_timestamp"]:
            assert before == after
        else:
            assert before["registration_date"] == after["registration_date"]
            assert before["ingestion_timestamp"] < after["ingestion_timestamp"]
            changed += before != after
    assert changed > 20


def zone_of(country: str) -> Any:
    return np.flatnonzero(geography.COUNTRY_INDEX[country] == zones.COUNTRY)[0]


@pytest.mark.parametrize("days", [1, 30, 400, 4_000])
def test_whoever_has_versions_in_a_slice_is_found_by_number_alone(days: int) -> None:
    world = build_world(small(customers=N, days=400, orders_per_day=5).world)
    who = customers.people(world.customers, IDS)
    since = int(who.registered[-1]) + 7
    found = records.versions(42, START, who, since, since + days * DAY)
    touched = records.touched(42, START, IDS, since, since + days * DAY)
    assert touched[found.row].all()
    assert len(np.unique(found.row)) > 0.8 * touched.sum() - 20


def test_a_name_after_marriage_replaces_the_last_name_alone() -> None:
    people = records.People(
        ids=IDS,
        registered=at(START - YEAR),
        born=at(START // DAY - 25 * 365),
        female=IDS % 2 == 0,
        zone=np.where(IDS % 3 == 0, zone_of("ES"), zone_of("US")),
    )
    married = records.marriages(42, START, people) < START + 10 * YEAR
    assert not married[IDS % 3 == 0].any()
    women, men = (married[(IDS % 3 != 0) & (sex == IDS % 2)].mean() * 100 for sex in (0, 1))
    assert women == pytest.approx(10 * 0.7 / 60 * 100, rel=0.12)
    assert men < women / 5
