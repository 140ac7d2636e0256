"""Who the customers are, and who of them acts at a given instant.

A customer's activity weight, lifetime and home are functions of the number alone. Choosing one needs no table of
customers: each BLOCK of consecutive numbers holds the same set of weights in a hashed order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shardgen.world import geography, records
from shardgen.world.demand import DAY, HOUR, LOCAL_HOUR, Arrivals
from shardgen.world.records import NEVER, Mask
from shardgen.world.rng import I64, below, chance, choose, exponential_table, lognormal_table, uniform

LEAD_DAYS = 730
"""How long before the epoch the first customers registered."""

BLOCK = 256
ACTIVITY_SIGMA = 0.95
"""Sigma of the log-normal activity: the top fifth of ordering customers places 45-70 % of orders (S1)."""

WEIGHTS = np.cumsum(lognormal_table(10_000, ACTIVITY_SIGMA, BLOCK))
"""Running sums of the weights that every block holds."""

NEWCOMERS = 0.13
"""Share of choices that fall on somebody who has just registered."""

NEWCOMER_AGE = exponential_table(18 * 24, 512)
"""Quantiles of a newcomer's age at an action, in hours: exponential with a mean of 18 days."""

LIFETIME = 25 * 24 + exponential_table(210 * 24, 512)
"""Quantiles of the time that a customer stays active, in hours: 25 days, and exponential with a mean of 210 more."""

LOYAL = 0.12
"""Share of customers who stay for good."""

TRIES = ((0,), (1,), (2, 3), (4, 5, 6, 7), (8, 9, 10, 11))
"""Candidates per choice, in rounds of those that are looked at together; the last one stands. A good fourth of all
candidates is accepted, so the later rounds are for few, and are made larger because each costs something."""

ADULT_DAYS = 18 * 366
AGE_SPAN_DAYS = 54 * 365
"""Age at registration: 18 to 72 years, so that nobody passes 95 within the longest horizon."""

GENDERS = ("female", "male", "other", "undisclosed")
GENDER_WEIGHTS = np.cumsum([490, 470, 15, 25])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Customers:
    """Facts of n customers; arrays of shape (n,)."""

    id: I64
    registered: I64
    """Microseconds UTC."""
    birth: I64
    """Days since 1970-01-01."""
    gender: I64
    """Index into GENDERS."""
    female_name: NDArray[np.bool_]
    """Which pool the first name is from."""
    first_name: I64
    """31 random bits."""
    last_name: I64
    """31 random bits."""
    email_name: I64
    """31 random bits of the last name that the e-mail address tells."""
    phone: I64
    """31 random bits."""
    address: geography.Addresses
    record: records.Record
    """How it came to be what it is."""


def facts(seed: int, arrivals: Arrivals, ids: I64, until: int) -> Customers:
    """Everything about customers of these numbers, as it stands after all changes before ``until``."""
    registered = arrivals.times(ids)
    gender = choose(seed, "customers.gender", ids, GENDER_WEIGHTS)
    either = chance(seed, "customers.name_gender", ids, 0.5)
    female = np.where(gender < 2, gender == 0, either)
    hometown = home(seed, ids)
    born = registered // DAY - ADULT_DAYS - _age(seed, ids)
    country = geography.COUNTRY_OF[hometown]
    who = records.People(ids=ids, registered=registered, born=born, female=female, country=country)
    record = records.record(seed, _epoch(arrivals), who, until)
    return Customers(
        id=ids,
        registered=registered,
        birth=born,
        gender=gender,
        female_name=female,
        first_name=below(seed, "customers.first_name", ids, 1 << 31),
        last_name=_last_name(seed, ids, record.married != NEVER),
        email_name=_last_name(seed, ids, record.married <= record.emails.since),
        phone=below(seed, "customers.phone", ids, 1 << 31, record.phones.number),
        address=_address(seed, ids, hometown, record.moves),
        record=record,
    )


def _epoch(arrivals: Arrivals) -> int:
    return arrivals.origin + LEAD_DAYS * DAY


def _last_name(seed: int, ids: I64, married: Mask) -> I64:
    return below(seed, "customers.last_name", ids, 1 << 31, married.astype(np.int64))


def home(seed: int, ids: I64) -> I64:
    """Place index of where each customer comes from."""
    return geography.draw(seed, "customers.home", ids)


def address(seed: int, ids: I64, times: I64) -> geography.Addresses:
    """Where customers live at an instant each."""
    return _address(seed, ids, home(seed, ids), records.turns(seed, records.MOVES, ids, times))


def place(seed: int, ids: I64, times: I64) -> I64:
    """Place index of where customers live at an instant each."""
    return _place(seed, ids, home(seed, ids), records.turns(seed, records.MOVES, ids, times))


def _address(seed: int, ids: I64, hometown: I64, moves: records.Turns) -> geography.Addresses:
    return geography.addresses(seed, "customers.address", ids, _place(seed, ids, hometown, moves), moves.number)


def _place(seed: int, ids: I64, hometown: I64, moves: records.Turns) -> I64:
    """People move to where others live, within their country and time zone."""
    return geography.draw_near(seed, "customers.place", ids, hometown, moves.number)


def devices(seed: int, ids: I64) -> I64:
    """How many devices each customer uses, 1 to 3."""
    return 1 + choose(seed, "customers.devices", ids, np.array([45, 85, 100]))


def active(
    seed: int,
    stream: str,
    arrivals: Arrivals,
    ids: I64,
    times: I64,
    by_day: Mask | None = None,
) -> I64:
    """Customers who act, one for each (id, instant).

    All of them registered before the hour of the instant. Recent registrants, the more active, those within their
    lifetime and those whose local hour is a busy one are preferred.

    Args:
        stream: what is done; keys the draws.
        ids: numbers of the acts.
        times: their instants, microseconds UTC; somebody must have registered before each of them.
        by_day: acts that need an open shop or an answered telephone where the customer lives.
    """
    choice = _Choice(seed=seed, stream=stream, arrivals=arrivals)
    acts = _Acts(
        ids=ids,
        times=times,
        exists=arrivals.before(times),
        newcomer=chance(seed, f"{stream}.newcomer", ids, NEWCOMERS),
        by_day=np.zeros(len(ids), dtype=np.bool_) if by_day is None else by_day,
        attempt=np.zeros(len(ids), dtype=np.int64),
    )
    chosen = np.zeros(len(ids), dtype=np.int64)
    open_ = np.arange(len(ids))
    for attempts in TRIES:
        tried = acts.tried(open_, attempts)
        candidate = choice.candidates(tried)
        accepted = choice.accepts(tried, candidate).reshape(-1, len(attempts))
        found = accepted.any(axis=1)
        place = np.where(found, accepted.argmax(axis=1), len(attempts) - 1)
        chosen[open_] = candidate.reshape(accepted.shape)[np.arange(len(open_)), place]
        open_ = open_[~found]
    return _who_stay(seed, arrivals, chosen, times)


def _who_stay(seed: int, arrivals: Arrivals, chosen: I64, times: I64) -> I64:
    """The chosen, or whoever registered before them, where they act no more because they will be erased."""
    left = np.arange(len(chosen))
    while len(left):
        left = left[records.gone(seed, _epoch(arrivals), chosen[left], times[left], arrivals.times)]
        chosen[left] -= 1
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Acts:
    """Acts that somebody is looked for; arrays of shape (n,)."""

    ids: I64
    times: I64
    exists: I64
    """How many customers there are by then."""
    newcomer: Mask
    """Whether it shall be somebody who has just registered."""
    by_day: Mask
    attempt: I64 | int

    def tried(self, rows: I64, attempts: tuple[int, ...]) -> _Acts:
        """The acts at these rows, each of them once for every attempt."""
        if len(attempts) > 1:
            return replace(self.at(np.repeat(rows, len(attempts))), attempt=np.tile(attempts, len(rows)))
        return replace(self.at(rows), attempt=attempts[0])

    def at(self, rows: I64) -> _Acts:
        """The acts at these rows."""
        return _Acts(
            ids=self.ids[rows],
            times=self.times[rows],
            exists=self.exists[rows],
            newcomer=self.newcomer[rows],
            by_day=self.by_day[rows],
            attempt=self.attempt if isinstance(self.attempt, int) else self.attempt[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Choice:
    """One kind of choice of who acts."""

    seed: int
    stream: str
    arrivals: Arrivals

    def candidates(self, acts: _Acts) -> I64:
        """A candidate for each act: by activity, or somebody new."""
        found = self._regulars(acts)
        new = np.flatnonzero(acts.newcomer)
        found[new] = self._newcomers(acts.at(new))
        return found

    def _regulars(self, acts: _Acts) -> I64:
        block = below(self.seed, f"{self.stream}.block", acts.ids, (acts.exists + BLOCK - 1) // BLOCK, acts.attempt)
        rank = choose(self.seed, f"{self.stream}.rank", acts.ids, WEIGHTS, acts.attempt)
        odd = below(self.seed, "customers.block_step", block, BLOCK // 2) * 2 + 1
        shift = below(self.seed, "customers.block_shift", block, BLOCK)
        return (block * BLOCK + (rank * odd + shift) % BLOCK) % acts.exists

    def _newcomers(self, acts: _Acts) -> I64:
        age = NEWCOMER_AGE[below(self.seed, f"{self.stream}.age", acts.ids, len(NEWCOMER_AGE), acts.attempt)]
        since = self.arrivals.before(acts.times - (age + 1) * HOUR)
        among = np.maximum(1, self.arrivals.before(acts.times - age * HOUR) - since)
        recent = since + below(self.seed, f"{self.stream}.recent", acts.ids, among, acts.attempt)
        return np.minimum(recent, acts.exists - 1)

    def accepts(self, acts: _Acts, candidate: I64) -> Mask:
        """Whether the hour is a likely one where the candidate lives, and who that is still a customer."""
        place = home(self.seed, candidate)
        busy = geography.awake(place, acts.times)
        accepted = below(self.seed, f"{self.stream}.awake", acts.ids, int(LOCAL_HOUR.max()), acts.attempt) < busy
        day = np.flatnonzero(acts.by_day)
        accepted[day] = geography.open_hours(place[day], acts.times[day])
        likely = np.flatnonzero(accepted)
        accepted[likely] = self._active(candidate[likely], acts.times[likely])
        return accepted

    def _active(self, candidate: I64, times: I64) -> Mask:
        lifetime = LIFETIME[below(self.seed, "customers.lifetime", candidate, len(LIFETIME))]
        loyal = chance(self.seed, "customers.loyal", candidate, LOYAL)
        return loyal | (self.arrivals.before(times - lifetime * HOUR) <= candidate)


def _age(seed: int, ids: I64) -> I64:
    """Days over 18: the mean of two uniforms, pulled towards the younger."""
    one, two = uniform(seed, "customers.age", ids), uniform(seed, "customers.age", ids, 1)
    return ((one + two * two) / 2 * AGE_SPAN_DAYS).astype(np.int64)
