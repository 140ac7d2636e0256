"""What changes in a customer's record, and when: moves, another e-mail or telephone number, consent, a name after
marriage, erasure.

Each change has an instant that is a function of the customer's number, so the record at any instant is one, too. What
changes again and again has turns: a customer's time is cut into periods of one length, and in each of them the change
comes once, at a hashed instant; so the turn at an instant costs two look-ups and no history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import zones
from shardgen.world.demand import DAY
from shardgen.world.lexicon.places import COUNTRIES
from shardgen.world.rng import I64, below, chance
from shardgen.world.versions import Versions, numbered

Mask = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often something changes."""

    stream: str
    """Keys the draws."""
    days: int
    """The period of most customers."""
    restless: int = 0
    """How many others there are, in percent."""
    restless_days: int = 1
    """Their period."""
    offset: int = 0
    """Microseconds after a millisecond at which it changes: no two changes of a customer fall together."""


MOVES = Rhythm(stream="customers.moves", days=12_500, restless=15, restless_days=820, offset=1)
"""9 % move in a year: two thirds of the moves are those of a few who move often."""
EMAILS = Rhythm(stream="customers.emails", days=14_600, offset=2)
PHONES = Rhythm(stream="customers.phones", days=14_600, offset=3)
"""2.5 % get another e-mail address in a year, and as many another telephone number."""
CONSENT = Rhythm(stream="customers.consent", days=50_000_000, restless=30, restless_days=2_740, offset=4)
"""4 % give or withdraw their consent in a year; most never do."""
RHYTHMS = (MOVES, EMAILS, PHONES, CONSENT)
OPTED_IN = 0.614
"""Share of those who never do that have given it; 58 % of all have."""

MARRYING_YEARS = 60
"""Years over which the instants of marriages spread: 1.7 % in a year of those who take another name."""
MARRYING_AGE = (20, 50)
TAKES_NAME = (0.7, 0.06)
"""Share of women and of men who take another name when they marry."""
KEEPS_NAME = np.array([country.code in {"ES", "FR", "IT", "MX", "BR", "NL"} for country in COUNTRIES])
"""Countries in which people keep the name that they were born with."""

ERASED_YEARS = 250
"""Years over which the instants of erasure spread: 0.4 % in a year."""
QUIET = 92 * DAY
"""How long before its erasure a customer's last act lies: its parcels have arrived, its reviews are written."""
STAYS = QUIET + DAY
"""How long after the registration an erasure may come: a first order may follow it by some hours."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class People:
    """What does not change of n customers; arrays of shape (n,)."""

    ids: I64
    registered: I64
    born: I64
    """Days since 1970-01-01."""
    female: Mask
    zone: I64
    """Where they are from."""

    @property
    def country(self) -> I64:
        """The country of each zone."""
        return zones.COUNTRY[self.zone]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turns:
    """How often something has changed by an instant; arrays of shape (n,)."""

    number: I64
    """Counted from some beginning before all time; another number is another value."""
    since: I64
    """When the last change was, microseconds UTC."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Record:
    """n customers' records at an instant; arrays of shape (n,)."""

    moves: Turns
    emails: Turns
    phones: Turns
    opted_in: Mask
    married: I64
    """When the last name became the second one; NEVER until then."""
    erased: I64
    """When personal fields became null; NEVER until then."""
    changed: I64
    """When anything of it last changed: the registration, if nothing did."""


def record(seed: int, epoch: int, who: People, until: I64 | int) -> Record:
    """What is known of customers who registered before ``until``, after all changes before it.

    Args:
        epoch: the world's first instant.
        until: one instant for all of them, or one for each.
    """
    ids = who.ids
    erased = _before(erasures(seed, epoch, ids, lambda _: who.registered), until)
    at = np.minimum(erased, until) - 1
    moves, emails, phones, consent = (turns(seed, rhythm, ids, at) for rhythm in RHYTHMS)
    married = _before(marriages(seed, epoch, who), at + 1)
    changed = who.registered
    for since in (moves.since, emails.since, phones.since, consent.since):
        changed = np.maximum(changed, since)
    for once in (married, erased):
        changed = np.maximum(changed, np.where(once == NEVER, 0, once))
    return Record(
        moves=moves,
        emails=emails,
        phones=phones,
        opted_in=_opted_in(seed, ids, consent),
        married=married,
        erased=erased,
        changed=changed,
    )


def touched(seed: int, epoch: int, ids: I64, since: int, end: int) -> Mask:
    """Which customers' records may change in [since, end), but for the registration: half a microsecond each.

    Args:
        epoch: the world's first instant.
    """
    found = np.zeros(len(ids), dtype=np.bool_)
    for rhythm in RHYTHMS:
        found |= _turning(seed, rhythm, ids, since // DAY, (end - 1) // DAY)
    for at in (epoch + _erasing(seed, ids), epoch + _marrying(seed, ids)):
        found |= (at >= since) & (at < end)
    return found


def _turning(seed: int, rhythm: Rhythm, ids: I64, first: int, last: int) -> Mask:
    """Whose last turn by a day is not before another one; of a turn on the last day it is not asked when it comes."""
    period, phase = _periods(seed, rhythm, ids)
    number = (last + phase) // period
    day = _day(seed, rhythm, ids, number, period, phase)
    early = np.flatnonzero((day > last) & (number * period - phase > first))
    found = (day >= first) & (day <= last)
    found[early] = _day(seed, rhythm, ids[early], number[early] - 1, period[early], phase[early]) >= first
    return found


def versions(seed: int, epoch: int, who: People, since: int, end: int) -> Versions:
    """The versions in [since, end) of customers' records; of earlier changes only the numbers are looked at.

    Args:
        epoch: the world's first instant.
    """
    erased = erasures(seed, epoch, who.ids, lambda _: who.registered)
    last = np.minimum(erased, end) - 1
    found = [_again(seed, rhythm, who, since, last) for rhythm in RHYTHMS]
    found += [_once(who.registered, end - 1, since), _once(erased, end - 1, since)]
    found += [_once(marriages(seed, epoch, who), last, since)]
    row, at = (np.concatenate([getattr(each, name) for each in found]) for name in ("row", "at"))
    order = np.lexsort((at, row))
    return numbered(row[order], at[order], np.sum([each.earlier for each in found], axis=0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Changes:
    """Changes of one kind in a slice; arrays of shape (changes,) but for ``earlier``."""

    row: I64
    at: I64
    earlier: I64
    """How many each customer had before these; shape (n,)."""


def _once(at: I64, last: I64 | int, since: int) -> _Changes:
    """What happens once in a life, if it happens by ``last``."""
    happens = at <= last
    row = np.flatnonzero(happens & (at >= since))
    return _Changes(row=row, at=at[row], earlier=(happens & (at < since)).astype(np.int64))


def _again(seed: int, rhythm: Rhythm, who: People, since: int, last: I64) -> _Changes:
    """What happens again and again after the registration and by ``last``."""
    ids, registered = who.ids, who.registered
    start = turns(seed, rhythm, ids, registered).number
    after = turns(seed, rhythm, ids, np.maximum(last, registered)).number
    first, old = start.copy(), np.flatnonzero(registered < since)
    first[old] = turns(seed, rhythm, ids[old], np.clip(since - 1, registered[old], last[old])).number
    many = after - first
    row = np.repeat(np.arange(len(many)), many)
    number = np.arange(1, len(row) + 1) - (np.cumsum(many) - many - first)[row]
    at = _instant(seed, rhythm, ids[row], number, *_periods(seed, rhythm, ids[row]))
    return _Changes(row=row, at=at, earlier=first - start)


def opted_in(seed: int, ids: I64, times: I64) -> Mask:
    """Whether newsletters are welcome at an instant."""
    return _opted_in(seed, ids, turns(seed, CONSENT, ids, times))


def _opted_in(seed: int, ids: I64, consent: Turns) -> Mask:
    changes = chance(seed, f"{CONSENT.stream}.restless", ids, CONSENT.restless / 100)
    return np.where(changes, consent.number % 2 == 1, chance(seed, "customers.opt_in", ids, OPTED_IN))


def _before(instants: I64, until: I64 | int) -> I64:
    """The instants, or NEVER where they do not lie before ``until``."""
    return np.where(instants < until, instants, NEVER)


def turns(seed: int, rhythm: Rhythm, ids: I64, times: I64) -> Turns:
    """The turns of something at an instant for each customer."""
    period, phase = _periods(seed, rhythm, ids)
    number = (times // DAY + phase) // period
    last = _instant(seed, rhythm, ids, number, period, phase)
    early = np.flatnonzero(last > times)
    number[early] -= 1
    last[early] = _instant(seed, rhythm, ids[early], number[early], period[early], phase[early])
    return Turns(number=number, since=last)


def _periods(seed: int, rhythm: Rhythm, ids: I64) -> tuple[I64, I64]:
    """Days of each customer's periods, and those by which they are shifted."""
    period = np.full(len(ids), rhythm.days, dtype=np.int64)
    if rhythm.restless:
        period[chance(seed, f"{rhythm.stream}.restless", ids, rhythm.restless / 100)] = rhythm.restless_days
    return period, below(seed, f"{rhythm.stream}.phase", ids, period)


def _instant(seed: int, rhythm: Rhythm, ids: I64, number: I64, period: I64, phase: I64) -> I64:
    """When turn ``number`` of each customer begins: once in each period, between 7 and 23 h UTC."""
    day = _day(seed, rhythm, ids, number, period, phase)
    millisecond = below(seed, f"{rhythm.stream}.time", ids, 16 * 3_600_000, number) + 7 * 3_600_000
    return day * DAY + millisecond * 1_000 + rhythm.offset


def _day(seed: int, rhythm: Rhythm, ids: I64, number: I64, period: I64, phase: I64) -> I64:
    return number * period - phase + below(seed, f"{rhythm.stream}.day", ids, period, number)


def marriages(seed: int, epoch: int, who: People) -> I64:
    """When customers take another name, NEVER for most.

    Args:
        epoch: the world's first instant.
    """
    at = epoch + _marrying(seed, who.ids)
    age = (at // DAY - who.born) // 365
    takes = chance(seed, "customers.takes_name", who.ids, np.where(who.female, *TAKES_NAME))
    takes &= (age >= MARRYING_AGE[0]) & (age < MARRYING_AGE[1]) & (at > who.registered) & ~KEEPS_NAME[who.country]
    return np.where(takes, at, NEVER)


def erasures(seed: int, epoch: int, ids: I64, registered: Callable[[I64], I64]) -> I64:
    """When customers are erased on their request, NEVER for most; the first customer never is.

    Args:
        epoch: the world's first instant.
        registered: instants of registration of customers.
    """
    at = epoch + _erasing(seed, ids)
    at[(ids == 0) | (at < registered(ids) + STAYS)] = NEVER
    return at


def gone(seed: int, epoch: int, ids: I64, times: I64, registered: Callable[[I64], I64]) -> Mask:
    """Whether customers act no more: they are erased, or soon will be.

    Args:
        times: when each of them would act.
    """
    at = epoch + _erasing(seed, ids)
    found = (at - QUIET <= times) & (ids > 0)
    rows = np.flatnonzero(found)
    found[rows] = at[rows] >= registered(ids[rows]) + STAYS
    return found


def _marrying(seed: int, ids: I64) -> I64:
    return _within_years(seed, "customers.married", ids, MARRYING_YEARS) + 5


def _erasing(seed: int, ids: I64) -> I64:
    return _within_years(seed, "customers.erased", ids, ERASED_YEARS) + 6


def _within_years(seed: int, stream: str, ids: I64, years: int) -> I64:
    """Whole milliseconds, in microseconds, up to so many years: each has the same chance."""
    return below(seed, stream, ids, 1 << 31) * (years * 365 * DAY // 1000 >> 31) * 1000 + DAY
