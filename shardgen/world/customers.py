"""Who the customers are, and who of them acts at a given instant.

A customer's activity weight, lifetime and home are functions of the number alone. Choosing one needs no table of
customers: each BLOCK of consecutive numbers holds the same set of weights in a hashed order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import geography
from shardgen.world.demand import DAY, HOUR, LOCAL_HOUR, Arrivals
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

TRIES = 12
"""Candidates per choice; the last one stands."""

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
    by_day: NDArray[np.bool_] | None = None,
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
    exists = arrivals.before(times)
    chosen = np.zeros(len(ids), dtype=np.int64)
    open_ = np.arange(len(ids))
    for attempt in range(TRIES):
        now, act, instant = exists[open_], ids[open_], times[open_]
        day = None if by_day is None else by_day[open_]
        candidate = _candidate(seed, stream, arrivals, act, instant, now, attempt)
        chosen[open_] = candidate
        open_ = open_[~_accepts(seed, stream, arrivals, act, instant, candidate, attempt, day)]
    return chosen


def _candidate(seed: int, stream: str, arrivals: Arrivals, acts: I64, times: I64, exists: I64, attempt: int) -> I64:
    block = below(seed, f"{stream}.block", acts, (exists + BLOCK - 1) // BLOCK, attempt)
    rank = choose(seed, f"{stream}.rank", acts, WEIGHTS, attempt)
    odd = below(seed, "customers.block_step", block, BLOCK // 2) * 2 + 1
    shift = below(seed, "customers.block_shift", block, BLOCK)
    regular = (block * BLOCK + (rank * odd + shift) % BLOCK) % exists
    age = NEWCOMER_AGE[below(seed, f"{stream}.age", acts, len(NEWCOMER_AGE), attempt)]
    since = arrivals.before(times - (age + 1) * HOUR)
    among = np.maximum(1, arrivals.before(times - age * HOUR) - since)
    recent = np.minimum(since + below(seed, f"{stream}.recent", acts, among, attempt), exists - 1)
    return np.where(chance(seed, f"{stream}.newcomer", acts, NEWCOMERS), recent, regular)


def _accepts(
    seed: int,
    stream: str,
    arrivals: Arrivals,
    acts: I64,
    times: I64,
    candidate: I64,
    attempt: int,
    by_day: NDArray[np.bool_] | None,
) -> NDArray[np.bool_]:
    lifetime = LIFETIME[below(seed, "customers.lifetime", candidate, len(LIFETIME))]
    loyal = chance(seed, "customers.loyal", candidate, LOYAL)
    alive = loyal | (arrivals.before(times - lifetime * HOUR) <= candidate)
    place = home(seed, candidate)
    busy = geography.awake(place, times)
    if by_day is not None:
        busy = np.where(by_day, np.where(geography.open_hours(place, times), LOCAL_HOUR.max(), 0), busy)
    return alive & (below(seed, f"{stream}.awake", acts, int(LOCAL_HOUR.max()), attempt) < busy)


def _age(seed: int, ids: I64) -> I64:
    """Days over 18: the mean of two uniforms, pulled towards the younger."""
    one, two = uniform(seed, "customers.age", ids), uniform(seed, "customers.age", ids, 1)
    return ((one + two * two) / 2 * AGE_SPAN_DAYS).astype(np.int64)
