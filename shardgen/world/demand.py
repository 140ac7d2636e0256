"""When things arrive: integer counts per hour from cumulative curves, and the inverse from number to instant.

Arrival numbers are dense and in order of time. How many arrived before any hour is exact and free, which is what lets
"who exists by now?" be answered without a look-up. Instants are int64 microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from shardgen.model.config import WorldConfig
from shardgen.world.rng import I64, Guide, below, guide, lognormal_table

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BEFORE_MIDNIGHT = 120_000_000
"""Visits start at least this long before midnight UTC, so that the shortest of them still fits into its day."""

LOCAL_HOUR = np.array(
    [22, 13, 8, 6, 6, 10, 22, 38, 52, 60, 64, 66, 70, 68, 64, 64, 68, 76, 90, 106, 120, 116, 86, 48], dtype=np.int64
)
"""Relative activity by local hour of the day: a lunch bump and an evening peak."""

WEEKDAY = (106, 100, 97, 96, 92, 98, 111)
"""Relative activity from Monday to Sunday, in percent."""

MONTH = (92, 86, 92, 95, 97, 95, 92, 91, 98, 104, 124, 138)
"""Relative activity by month, in percent: the year-end peak of retail, a quiet February and summer."""

GROWTH = (1000, 1700)
"""Activity at the first and the last day of the horizon, per mille; the line goes on after it."""

HOURLY_NOISE = 0.28
"""Sigma of the log-normal factor of each hour: counts vary more than a clock would."""

NOISE = lognormal_table(1024, HOURLY_NOISE, 512)

Activity = Callable[[date, int], I64]
"""From a first day and a number of days to the relative activity of each hour (UTC) and column, below 2**40."""


SHARE_BITS, PART_BITS = 14, 16
"""Bits of a column's share of its hour, and of the parts that an hour's running count is kept in: their product with
the arrivals of an hour stays below 2**63 up to 8.6e9 of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrivals:
    """One stream of arrivals, hour by hour; in several columns (time zones) where ``columns`` is more than 1.

    Numbers follow the hour, then the column, then the time. With one column they follow the time.
    """

    seed: int
    name: str
    """Key of the jitter within the hour."""
    origin: int
    """Start of the first hour."""
    counts: I64
    """Arrivals before each hour and column, hour by hour; one more entry than there are of them."""
    visits: bool = False
    """Whether the last BEFORE_MIDNIGHT of each day stays free."""
    columns: int = 1

    @property
    def total(self) -> int:
        """Arrivals over all hours."""
        return int(self.counts[-1])

    @property
    def hourly(self) -> I64:
        """Arrivals before each hour; one more entry than there are hours."""
        return self.counts[:: self.columns]

    def before(self, instants: I64 | int) -> I64:
        """How many arrived before the hour of each instant began."""
        hours = (np.asarray(instants) - self.origin) // HOUR * self.columns
        return self.counts.take(hours, mode="clip")

    def cells(self, ids: I64) -> I64:
        """Hour x columns + column in which each number arrives."""
        return np.searchsorted(self.counts, ids, side="right") - 1

    def times(self, ids: I64) -> I64:
        """Instants of arrival.

        The k-th of n lies at (k + jitter) / n of its hour. k x HOUR stays below 2**63 up to 2.5e9 arrivals an hour.
        """
        return self.times_in(ids, self.cells(ids))

    def times_in(self, ids: I64, cells: I64) -> I64:
        """The same, where the cells are known."""
        first = self.counts[cells]
        n = self.counts[cells + 1] - first
        start = self.origin + cells // self.columns * HOUR
        span = np.full(ids.shape, HOUR, dtype=np.int64)
        if self.visits:
            span[(start + HOUR) % DAY == 0] -= BEFORE_MIDNIGHT
        jitter = below(self.seed, self.name, ids, 1 << 31) * span >> 31
        return start + ((ids - first) * span + jitter) // n

    def of_hours(self, low: int, high: int) -> tuple[I64, I64]:
        """Numbers of what arrives in hours low to high (exclusive), and their cells."""
        counts = self.counts[low * self.columns : high * self.columns + 1]
        cells = np.repeat(np.arange(low * self.columns, high * self.columns), np.diff(counts))
        return np.arange(counts[0], counts[-1], dtype=np.int64), cells

    def of_some(self, hours: I64) -> tuple[I64, I64]:
        """The same of some hours, each once, in their order."""
        cells = (hours[:, None] * self.columns + np.arange(self.columns)).ravel()
        first = self.counts[cells]
        many = self.counts[cells + 1] - first
        place = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        return np.repeat(first, many) + place, np.repeat(cells, many)

    def within(self, low: int, high: int) -> tuple[I64, I64]:
        """Instants and numbers of what arrives in hours low to high (exclusive), in order of time."""
        ids, cells = self.of_hours(low, high)
        times = self.times_in(ids, cells)
        if self.columns == 1:
            return times, ids
        order = np.argsort(times, kind="stable")
        return times[order], ids[order]


Counts = NDArray[np.signedinteger[Any]]
"""Whole numbers, in half the room where they fit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """The arrivals of a stream column by column: each column numbers its own by the hour."""

    before: Counts
    """In each column before each hour, shape (hours + 1, columns)."""
    starts: I64
    """Where each column begins among all arrivals sorted by column."""
    guide: Guide
    """To find the hour of an arrival in them."""

    @property
    def hours(self) -> int:
        """How many hours there are."""
        return len(self.before) - 1

    def count(self, hours: I64, column: I64) -> Counts:
        """Arrivals in each column before each hour, which may lie outside the stream's."""
        inside = np.minimum(np.maximum(hours, 0), self.hours)
        return self.before.ravel()[inside * self.before.shape[1] + column]

    def hour(self, column: I64, rank: I64) -> I64:
        """The hour in which a column's arrival number ``rank`` comes."""
        return self.guide.find(self.starts[column] + rank) - column * self.hours


HOUR_BITS = 18
"""Bits of an arrival's number that the search for its hour looks up."""


def columns_of(stream: Arrivals) -> Columns:
    """The columns of a stream."""
    of_cells = np.diff(stream.counts).reshape(-1, stream.columns)
    before = np.concatenate([np.zeros((1, stream.columns), dtype=np.int64), np.cumsum(of_cells, axis=0)])
    starts = np.cumsum(before[-1]) - before[-1]
    compact = before.astype(np.int32) if int(before[-1].max(initial=0)) < 1 << 30 else before
    return Columns(before=compact, starts=starts, guide=guide((before[1:] + starts).T.ravel(), cells=HOUR_BITS))


class Stream(Protocol):
    """What is numbered in order of time and known hour by hour."""

    @property
    def hourly(self) -> I64:
        """How many arrived before each hour."""
        ...

    def before(self, instants: I64 | int) -> I64:
        """How many arrived before the hour of each instant began."""
        ...

    def within(self, low: int, high: int) -> tuple[I64, I64]:
        """Instants and numbers of what arrives in hours low to high (exclusive), in order of time."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """Two streams over the same hours under one dense numbering, in order of time (ties: the first stream first)."""

    first: Stream
    second: Arrivals

    @property
    def total(self) -> int:
        """Arrivals of both streams."""
        return int(self.first.hourly[-1]) + self.second.total

    def before(self, instants: I64 | int) -> I64:
        """How many of both arrived before the hour of each instant began."""
        return self.first.before(instants) + self.second.before(instants)

    def select(self, start: int, stop: int) -> tuple[I64, I64, I64]:
        """Arrivals number start to stop (exclusive).

        Returns:
            instants; a 1 where the arrival is of the first stream, else a 0; its number within its own stream.
        """
        counts = self.first.hourly + self.second.hourly
        low, high = hours_of(counts, start, stop)
        one, two = self.first.within(low, high), self.second.within(low, high)
        times = np.concatenate([one[0], two[0]])
        of_first = np.repeat(np.array([1, 0]), [len(one[0]), len(two[0])])
        order = np.argsort(times, kind="stable")[start - counts[low] : stop - counts[low]]
        return times[order], of_first[order], np.concatenate([one[1], two[1]])[order]

    def numbers_of_first(self, ids: I64) -> I64:
        """Merged numbers of arrivals of the first stream, given by a rising, gapless run of their own numbers."""
        if not len(ids):
            return ids
        low, high = hours_of(self.first.hourly, int(ids[0]), int(ids[-1]) + 1)
        times = self.first.within(low, high)[0][ids - self.first.hourly[low]]
        earlier = np.searchsorted(self.second.within(low, high)[0], times, side="left")
        return ids + self.second.hourly[low] + earlier


def hours_of(counts: I64, start: int, stop: int) -> tuple[int, int]:
    """First hour and hour after the last one that numbers start to stop fall into."""
    low = int(np.searchsorted(counts, start, side="right")) - 1
    return low, max(low, int(np.searchsorted(counts, stop, side="left")))


def arrivals(
    config: WorldConfig,
    name: str,
    total: int,
    *,
    days: int,
    activity: Activity,
    early: int = 0,
    lead: I64 | None = None,
    visits: bool = False,
) -> Arrivals:
    """A stream along growth, season, weekday and hour: ``total`` arrivals over the horizon, and on like that after it.

    Args:
        days: how many are tabulated from the epoch on, at least the horizon; no count depends on it.
        activity: relative activity of each hour of some days.
        early: how many of the total arrive in the days before the epoch.
        lead: relative numbers that arrive on each of those days.
    """
    before = np.zeros(0, dtype=np.int64) if lead is None else lead
    origin = config.epoch - timedelta(days=len(before))
    quiet = activity(origin, len(before)) if len(before) else activity(config.epoch, 1)[:0]
    during = activity(config.epoch, days)
    counts = spread(early, np.repeat(before, 24), quiet)
    weights = shape(config, name, during)
    later = spread(total - early, weights, during, within=config.horizon * 24)
    counts = np.concatenate([counts, early + later[1:]])
    return Arrivals(config.seed, name, midnight(origin), counts, visits, during.shape[1])


def by_the_clock(first: date, days: int) -> I64:
    """Relative activity of one time zone, UTC's: an `Activity` of one column."""
    del first
    return np.tile(LOCAL_HOUR, days)[:, None]


def shape(config: WorldConfig, name: str, activity: I64) -> I64:
    """Positive integer weight of each hour from the epoch on, below 2**57."""
    hours = activity.sum(axis=1)
    days = _day_weights(config.epoch, config.horizon, len(hours) // 24)
    noise = NOISE[below(config.seed, f"{name}.hour", np.arange(len(hours)), len(NOISE))]
    busiest = max(1, int(hours[: config.horizon * 24].max()))
    return np.repeat(days, 24) * (hours * 4096 // busiest + 1) * noise >> 10


def spread(total: int, weights: I64, activity: I64, *, within: int | None = None) -> I64:
    """Running counts of ``total`` arrivals over hours of the given weights and, in each, columns by their activity.

    The hours' are exact whatever the numbers; within an hour the shares of the columns are cut to SHARE_BITS.

    Args:
        within: in how many hours the total is reached, where more are given.
    """
    hours = _running(total, weights, len(weights) if within is None else within)
    cells = np.cumsum(activity, axis=1)  # everything else in place: these are the largest arrays of a world
    whole = np.maximum(cells[:, -1:], 1)
    cells <<= SHARE_BITS
    cells //= whole
    cells *= np.diff(hours)[:, None]
    cells >>= SHARE_BITS
    cells += hours[:-1, None]
    cells >>= PART_BITS
    return np.concatenate([np.zeros(1, dtype=np.int64), cells.ravel()])


def _running(total: int, weights: I64, within: int) -> I64:
    """Running counts over hours, in parts of 2**-PART_BITS."""
    sums = [0, *np.cumsum(weights).tolist()]
    whole = sums[within]
    if whole == 0:
        return np.zeros(len(sums), dtype=np.int64)
    return np.array([(total * part << PART_BITS) // whole for part in sums], dtype=np.int64)


def midnight(day: date) -> int:
    """The first instant of a day."""
    return (day - date(1970, 1, 1)).days * DAY


def day_after(end: int) -> date:
    """The first day that begins at or after an instant."""
    return date(1970, 1, 1) + timedelta(days=-(-end // DAY))


@lru_cache(maxsize=1)
def _day_weights(epoch: date, horizon: int, days: int) -> I64:
    """Weight of each day from the epoch on: growth, season, weekday."""
    return np.array([_day_weight(epoch, horizon, day) for day in range(days)], dtype=np.int64)


def _day_weight(epoch: date, horizon: int, number: int) -> int:
    day = epoch + timedelta(days=number)
    growth = GROWTH[0] + (GROWTH[1] - GROWTH[0]) * number // horizon
    return growth * _season(day) * WEEKDAY[day.weekday()] // 10_000


def _season(day: date) -> int:
    """Percent of an average day: between mid-months, with the sales days and the quiet after Christmas."""
    middle = day.replace(day=15)
    other = (middle + timedelta(days=31 if day >= middle else -31)).month
    distance = abs((day - middle).days)
    percent = (MONTH[day.month - 1] * (31 - distance) + MONTH[other - 1] * distance) // 31
    if day.month == 12 and day.day >= 24:
        return percent * 55 // 100
    first_of_november = date(day.year, 11, 1)
    black_friday = first_of_november + timedelta(days=(3 - first_of_november.weekday()) % 7 + 22)
    return percent * 2 if 0 <= (day - black_friday).days <= 3 else percent
