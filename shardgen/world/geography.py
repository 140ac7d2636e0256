"""Where people are: places drawn by weight, local hours, and addresses whose parts go together.

A place is a row of the lexicon and everything geographic follows from it; postal digits, house number and the few
hundred metres around the centre are hashed. Tables here are built once, from literals, and never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shardgen.world.demand import HOUR, LOCAL_HOUR
from shardgen.world.lexicon.places import COUNTRIES, PLACES
from shardgen.world.rng import I64, Guide, below, between, guide, uniform

COUNTRY_INDEX = {country.code: number for number, country in enumerate(COUNTRIES)}
COUNTRY_OF = np.array([COUNTRY_INDEX[place.country_code] for place in PLACES], dtype=np.int64)
"""Country index of each place."""

OFFSET_HOURS = np.array([round(place.utc_offset_minutes / 60) for place in PLACES], dtype=np.int64)
"""Standard time minus UTC of each place, in whole hours: enough for an evening peak."""

AHEAD = OFFSET_HOURS % 24
"""The same without a sign: what is west of us is a day ahead at most."""
_TWO_DAYS = np.tile(LOCAL_HOUR, 2)

TAX_BASIS_POINTS = np.array([country.tax_basis_points for country in COUNTRIES], dtype=np.int64)

OPENS, CLOSES = 8, 21
"""Local hours in which stores and the telephone take orders."""

SPREAD = 300
"""Addresses lie up to this many 1e-4 degrees (some 3 km) from the centre of their city."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Addresses:
    """Facts of n addresses; all arrays int64 of shape (n,)."""

    place: I64
    street: I64
    """31 random bits; the reader takes them modulo the number of streets it knows."""
    number: I64
    """House number, 1 to 240."""
    code: I64
    """31 random bits for the free digits and letters of the postal code."""
    latitude: I64
    """In 1e-4 degrees."""
    longitude: I64
    """In 1e-4 degrees."""


@lru_cache(maxsize=1)
def weights() -> I64:
    """Integer weight of each place in the world, about a million in all."""
    inside = np.array([place.weight for place in PLACES], dtype=np.int64)
    totals = np.bincount(COUNTRY_OF, weights=inside).astype(np.int64)
    country = np.array([c.weight for c in COUNTRIES], dtype=np.int64)
    return np.maximum(1, country[COUNTRY_OF] * 1000 * inside // totals[COUNTRY_OF])


@lru_cache(maxsize=1)
def hour_weights() -> I64:
    """Activity of the whole world by hour UTC, shape (24,): local curves summed over places."""
    local = LOCAL_HOUR[(np.arange(24)[:, None] + OFFSET_HOURS[None, :]) % 24]
    return (local * weights()).sum(axis=1) >> 10


@lru_cache(maxsize=1)
def _everywhere() -> Guide:
    """Running sums of place weights."""
    return guide(np.cumsum(weights()))


@lru_cache(maxsize=1)
def _by_hour() -> Guide:
    """Running sums of place weights as active in each hour UTC, all 24 hours in one rising row."""
    local = LOCAL_HOUR[(np.arange(24)[:, None] + OFFSET_HOURS[None, :]) % 24]
    return guide(np.cumsum(local * (weights() >> 3) + 1))


@lru_cache(maxsize=1)
def _runs() -> tuple[I64, I64, Guide]:
    """Places sorted by country, first position of each country among them, running sums of their weights."""
    by_country = np.argsort(COUNTRY_OF, kind="stable")
    starts = np.searchsorted(COUNTRY_OF[by_country], np.arange(len(COUNTRIES) + 1))
    return by_country, starts, guide(np.cumsum(weights()[by_country]))


def draw(seed: int, stream: str, ids: I64) -> I64:
    """Place indices by number of inhabitants and weight of the country."""
    everywhere = _everywhere()
    return everywhere.find(below(seed, stream, ids, int(everywhere.sums[-1])))


def draw_awake(seed: int, stream: str, ids: I64, times: I64) -> I64:
    """Place indices by weight and by how active each place is at its local hour."""
    by_hour = _by_hour()
    sums = by_hour.sums
    hour = times // HOUR % 24
    last = (hour + 1) * len(PLACES) - 1
    first = np.where(hour > 0, sums[last - len(PLACES)], 0)
    ticket = first + below(seed, stream, ids, sums[last] - first)
    return by_hour.find(ticket) - hour * len(PLACES)


def draw_in(seed: int, stream: str, ids: I64, country: I64) -> I64:
    """Place indices within the given countries, by number of inhabitants."""
    places, starts, by_country = _runs()
    sums = by_country.sums
    low, high = starts[country], starts[country + 1]
    first = np.where(low > 0, sums[low - 1], 0)
    ticket = first + below(seed, stream, ids, sums[high - 1] - first)
    return places[by_country.find(ticket)]


def awake(place: I64, hour: I64) -> I64:
    """Activity at the local hour, out of LOCAL_HOUR.max(), by the hour of the day UTC."""
    return _TWO_DAYS[AHEAD[place] + hour]


def open_hours(place: I64, hour: I64) -> NDArray[np.bool_]:
    """Whether shops are open and telephones answered at the local hour, by the hour of the day UTC."""
    local = (AHEAD[place] + hour) % 24
    return (local >= OPENS) & (local < CLOSES)


@lru_cache(maxsize=1)
def _centres() -> tuple[I64, I64]:
    """Latitude and longitude of each place, in 1e-4 degrees."""
    degrees = np.array([(place.latitude, place.longitude) for place in PLACES])
    north, east = np.round(degrees * 10_000).astype(np.int64).T
    return np.ascontiguousarray(north), np.ascontiguousarray(east)


def addresses(seed: int, stream: str, ids: I64, place: I64) -> Addresses:
    """One address for each id, in the given places."""
    latitude, longitude = _centres()
    small = (uniform(seed, f"{stream}.house", ids) ** 2 * 180).astype(np.int64)
    return Addresses(
        place=place,
        street=below(seed, f"{stream}.street", ids, 1 << 31),
        number=1 + small + below(seed, f"{stream}.number", ids, 60),
        code=below(seed, f"{stream}.code", ids, 1 << 31),
        latitude=latitude[place] + between(seed, f"{stream}.latitude", ids, -SPREAD, SPREAD),
        longitude=longitude[place] + between(seed, f"{stream}.longitude", ids, -SPREAD, SPREAD),
    )
