"""Who the customers are, and who of them acts at a given instant.

A customer's activity weight, lifetime and home are functions of the number alone. Choosing one needs no table of
customers: each BLOCK of consecutive numbers holds the same set of weights in a hashed order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shardgen.world import geography
from shardgen.world.demand import DAY, LOCAL_HOUR, Arrivals
from shardgen.world.rng import I64, below, chance, choose, exponential_table, lognormal_table, uniform

Mask = NDArray[np.bool_]

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

_LATER = ([2, 3], [4, 5, 6, 7], [8, 9, 10, 11])
TRIES: Final[tuple[I64 | int, ...]] = (0, 1, *(np.array(attempts)[:, None] for attempts in _LATER))
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
    phone: I64
    """31 random bits."""
    address: geography.Addresses


def facts(seed: int, arrivals: Arrivals, ids: I64) -> Customers:
    """Everything about customers of these numbers."""
    registered = arrivals.times(ids)
    gender = choose(seed, "customers.gender", ids, GENDER_WEIGHTS)
    either = chance(seed, "customers.name_gender", ids, 0.5)
    age = ADULT_DAYS + _age(seed, ids)
    return Customers(
        id=ids,
        registered=registered,
        birth=registered // DAY - age,
        gender=gender,
        female_name=np.where(gender < 2, gender == 0, either),
        first_name=below(seed, "customers.first_name", ids, 1 << 31),
        last_name=below(seed, "customers.last_name", ids, 1 << 31),
        phone=below(seed, "customers.phone", ids, 1 << 31),
        address=geography.addresses(seed, "customers.address", ids, home(seed, ids)),
    )


def home(seed: int, ids: I64) -> I64:
    """Place index of each customer's home."""
    return geography.draw(seed, "customers.home", ids)


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
    hours = arrivals.hours_until(times)
    acts = _Acts(
        ids=ids,
        hours=hours,
        exists=arrivals.before_hour(hours),
        newcomer=chance(seed, f"{stream}.newcomer", ids, NEWCOMERS),
        by_day=np.zeros(len(ids), dtype=np.bool_) if by_day is None else by_day,
    )
    chosen = np.zeros(len(ids), dtype=np.int64)
    open_ = np.arange(len(ids))
    for attempts in TRIES:
        candidate = choice.candidates(acts, attempts)
        accepted = choice.accepts(acts, attempts, candidate)
        chosen[open_] = _first(np.atleast_2d(candidate), np.atleast_2d(accepted))
        rejected = np.flatnonzero(~np.atleast_2d(accepted).any(axis=0))
        open_, acts = open_[rejected], acts.at(rejected)
    return chosen


def _first(candidates: I64, accepted: Mask) -> I64:
    """The first candidate of each act that is accepted, else the last one; shape (attempts, acts)."""
    who = candidates[-1]
    for candidate, good in zip(candidates[-2::-1], accepted[-2::-1], strict=True):
        who = np.where(good, candidate, who)
    return who


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Acts:
    """Acts that somebody is looked for; arrays of shape (n,)."""

    ids: I64
    hours: I64
    """Hour of the instant, counted from the first arrivals."""
    exists: I64
    """How many customers there are by then."""
    newcomer: Mask
    """Whether it shall be somebody who has just registered."""
    by_day: Mask

    def at(self, rows: I64) -> _Acts:
        """The acts at these rows."""
        return _Acts(**{name: getattr(self, name)[rows] for name in _Acts.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Choice:
    """One kind of choice of who acts; of several attempts, shape (attempts, 1), the results are (attempts, n)."""

    seed: int
    stream: str
    arrivals: Arrivals

    def candidates(self, acts: _Acts, attempts: I64 | int) -> I64:
        """A candidate for each act: by activity, or somebody new."""
        found = self._regulars(acts, attempts)
        new = np.flatnonzero(acts.newcomer)
        found[..., new] = self._newcomers(acts.at(new), attempts)
        return found

    def _regulars(self, acts: _Acts, attempts: I64 | int) -> I64:
        step, shift = _shuffles(self.seed, self.arrivals.total // BLOCK + 1)
        block = below(self.seed, f"{self.stream}.block", acts.ids, (acts.exists + BLOCK - 1) // BLOCK, attempts)
        rank = choose(self.seed, f"{self.stream}.rank", acts.ids, WEIGHTS, attempts)
        found = block * BLOCK + (rank * step[block] + shift[block]) % BLOCK
        beyond = found >= acts.exists  # few, of the last block: to divide all would take longer than to draw them
        found[beyond] %= np.broadcast_to(acts.exists, found.shape)[beyond]
        return found

    def _newcomers(self, acts: _Acts, attempts: I64 | int) -> I64:
        age = NEWCOMER_AGE[below(self.seed, f"{self.stream}.age", acts.ids, len(NEWCOMER_AGE), attempts)]
        since = self.arrivals.before_hour(acts.hours - age - 1)
        among = np.maximum(1, self.arrivals.before_hour(acts.hours - age) - since)
        recent = since + below(self.seed, f"{self.stream}.recent", acts.ids, among, attempts)
        return np.minimum(recent, acts.exists - 1)

    def accepts(self, acts: _Acts, attempts: I64 | int, candidate: I64) -> Mask:
        """Whether the hour is a likely one where the candidate lives, and who that is still a customer."""
        place, hour = home(self.seed, candidate), acts.hours % 24
        busy = geography.awake(place, hour)
        accepted = below(self.seed, f"{self.stream}.awake", acts.ids, int(LOCAL_HOUR.max()), attempts) < busy
        day = np.flatnonzero(acts.by_day)
        accepted[..., day] = geography.open_hours(place[..., day], hour[day])
        hours = np.broadcast_to(acts.hours, accepted.shape)[accepted]
        accepted[accepted] = self._active(candidate[accepted], hours)
        return accepted

    def _active(self, candidate: I64, hours: I64) -> Mask:
        lifetime = LIFETIME[below(self.seed, "customers.lifetime", candidate, len(LIFETIME))]
        loyal = chance(self.seed, "customers.loyal", candidate, LOYAL)
        return loyal | (self.arrivals.before_hour(hours - lifetime) <= candidate)


@lru_cache(maxsize=2)
def _shuffles(seed: int, blocks: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """How each of the first blocks is shuffled: who has a rank is rank x step + shift; two bytes for 256 customers."""
    block = np.arange(blocks)
    step = below(seed, "customers.block_step", block, BLOCK // 2) * 2 + 1
    return step.astype(np.uint8), below(seed, "customers.block_shift", block, BLOCK).astype(np.uint8)


def _age(seed: int, ids: I64) -> I64:
    """Days over 18: the mean of two uniforms, pulled towards the younger."""
    one, two = uniform(seed, "customers.age", ids), uniform(seed, "customers.age", ids, 1)
    return ((one + two * two) / 2 * AGE_SPAN_DAYS).astype(np.int64)
