"""What clocks say at an instant: the offset from UTC of every time zone, daylight saving included.

All zones together are in one of a few states, called regimes; which one is a look-up by half hour. No machine's time
zone database is asked. Beyond LAST_YEAR the regimes of its last 28 years repeat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from shardgen.world.lexicon.clocks import CLOCKS, Era, Saving
from shardgen.world.rng import I64

HALF_HOUR = 30 * 60 * 1_000_000
"""No clock changes within a half hour of UTC."""

FIRST_YEAR, LAST_YEAR = 1970, 2099
_CYCLE = 10_227 * 48
"""Half hours after which weekdays and leap years repeat: 28 years, up to 2099."""

ZONES = tuple(dict.fromkeys(CLOCKS.values()))
"""Time zones, those that always agree as one."""
ZONE_INDEX = {name: ZONES.index(eras) for name, eras in CLOCKS.items()}
"""By IANA name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regimes:
    """Every combination of offsets that ever is in force."""

    by_half_hour: NDArray[np.uint8]
    """The regime of each half hour from FIRST_YEAR to LAST_YEAR."""
    offsets: I64
    """Local time minus UTC in half hours, by regime and zone."""


def regime(half_hours: I64) -> NDArray[np.uint8]:
    """Which regime is in force in each half hour since 1970, UTC: a row of :func:`offsets`."""
    table = regimes().by_half_hour
    if len(half_hours) and int(half_hours.max()) >= len(table):
        late = np.maximum(half_hours - len(table), -_CYCLE) % _CYCLE + len(table) - _CYCLE
        half_hours = np.where(half_hours < len(table), half_hours, late)
    return table[half_hours]


def offsets() -> I64:
    """Local time minus UTC in half hours, by regime and zone."""
    return regimes().offsets


@cache
def regimes() -> Regimes:
    """The regimes of all years: 30 ms, 2 MB."""
    changes = [_changes(eras) for eras in ZONES]
    starts = np.unique(np.concatenate([times for times, _ in changes]))
    rows = np.stack([minutes[np.searchsorted(times, starts, side="right") - 1] for times, minutes in changes], axis=1)
    different, which = np.unique(rows, axis=0, return_inverse=True)
    stop = _minutes(date(LAST_YEAR + 1, 1, 1))
    lengths = np.diff(np.append(starts, stop)) // 30
    assert len(different) <= 1 << 8  # 77 today
    return Regimes(by_half_hour=np.repeat(which.ravel().astype(np.uint8), lengths), offsets=different // 30)


def _changes(eras: tuple[Era, ...]) -> tuple[I64, I64]:
    """Minutes since 1970 at which a zone's offset changes, and the offset from then on; the first at 0."""
    begins = [int(datetime.fromisoformat(f"{era.since}+00:00").timestamp()) // 60 for era in eras]
    found: dict[int, int] = {}
    for era, begin, end in zip(eras, begins, [*begins[1:], _minutes(date(LAST_YEAR + 1, 1, 1))], strict=True):
        within = sorted(_of_era(era))
        found[begin] = next((offset for at, offset in reversed(within) if at <= begin), era.minutes)
        found |= {at: offset for at, offset in within if begin < at < end}
    return np.array(list(found), dtype=np.int64), np.array(list(found.values()), dtype=np.int64)


def _of_era(era: Era) -> Iterator[tuple[int, int]]:
    """Every change that the era's rule would make in any year."""
    if era.saving:
        shift = 0 if era.saving.utc else era.minutes
        for year in range(FIRST_YEAR - 1, LAST_YEAR + 1):
            begins, ends = _saving(era.saving, year)
            yield begins - shift, era.minutes + 60
            yield ends - shift, era.minutes


@cache
def _saving(rule: Saving, year: int) -> tuple[int, int]:
    """When it begins and ends in a year, in minutes since 1970 of the rule's own midnight."""
    begins, ends = (_minutes(_sunday(year, *when)) for when in (rule.begins, rule.ends))
    return begins + rule.minutes[0], ends + rule.minutes[1]


def _sunday(year: int, month: int, which: int) -> date:
    if which < 0:
        last = (date(year, month, 1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() + 1) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (which - 1))


def _minutes(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 24 * 60
