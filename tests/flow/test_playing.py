"""A player gives each change when it is due, and stops where an instant ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pytest

from shardgen.flow.order import Some
from shardgen.flow.pace import F64, Rate, Speed
from shardgen.flow.playing import Player
from shardgen.model.played import Played

SECOND = 1_000_000


@dataclass
class Clock:
    """A clock that runs while somebody sleeps."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Shelf:
    """Keeps what it is given, and when."""

    clock: Clock
    every: float = 0.02
    slow: float = 0.0
    taken: list[tuple[float, int, int]] = field(default_factory=list)

    def take(self, some: Some, until: int, ago: F64) -> None:
        self.clock.now += self.slow
        self.taken.append((self.clock.now - 100, len(some.got), until))


def feed(got: list[int], size: int = 4) -> Iterator[Some]:
    for low in range(0, len(got), size):
        part = np.array(got[low : low + size])
        yield Some(pa.record_batch([pa.array(part)], ["got"]), part % 2, part)


def player(shelf: Shelf, pace: Rate | Speed, stop_after: float = 1e9, **how: object) -> Player:
    clock = shelf.clock
    return Player(
        tables=("a", "b"),
        pace=pace,
        sink=shelf,
        stopped=lambda: clock.now - 100 > stop_after,
        show=how.get("show", lambda _: None),  # type: ignore[arg-type]
        clock=clock,
        sleep=clock.sleep,
    )


def test_changes_are_given_when_the_worlds_clock_says_so() -> None:
    got = [each * SECOND for each in (0, 2, 4, 5, 9)]
    shelf = Shelf(Clock())
    assert player(shelf, Speed(factor=2, since=0)).play(feed(got), 0)
    assert [round(at, 1) for at, _, _ in shelf.taken] == [0, 1, 2, 2.5, 4.5]
    assert [until for _, _, until in shelf.taken] == [each + 1 for each in got]


def test_a_rate_is_kept_within_a_percent_over_a_minute_though_the_target_is_slow() -> None:
    shelf = Shelf(Clock(), slow=0.031)
    told: list[Played] = []
    playing = player(shelf, Rate(a_second=500), show=told.append)
    assert playing.play(feed(list(range(60_000)), 4_096), 0)
    at, counts = np.array([at for at, _, _ in shelf.taken]), np.cumsum([count for _, count, _ in shelf.taken])
    for minute in (30, 45, 59):
        since, end = (np.interp(each, at, counts) for each in (minute, minute + 60))
        assert end - since == pytest.approx(30_000, rel=0.01)
    assert told[-1].rate == pytest.approx(500, rel=0.02)
    assert playing.played.most_lag < 0.2
    assert playing.played.told == {"a": 30_000, "b": 30_000}


def test_it_stops_where_all_that_bronze_gets_at_an_instant_is_told() -> None:
    got = sorted(list(range(0, 90, 3)) * 5)
    shelf = Shelf(Clock(), every=0.001)
    playing = player(shelf, Rate(a_second=10), stop_after=3.14)
    assert not playing.play(feed(got, 50), 0)
    told = sum(count for _, count, _ in shelf.taken)
    assert 0 < told < len(got)
    assert playing.played.until == got[told - 1] + 1 <= got[told]


def test_what_fails_while_changes_are_made_fails_where_they_are_played() -> None:
    def broken() -> Iterator[Some]:
        yield from feed([1, 2])
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        player(Shelf(Clock()), Rate(a_second=1)).play(broken(), 0)
