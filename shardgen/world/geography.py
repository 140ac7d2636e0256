"""Where people are: places drawn by weight, local time, and addresses whose parts go together.

A place is a row of the lexicon and everything geographic follows from it; postal digits, house number and the few
hundred metres around the centre are hashed. Tables here are built once, from literals, and never change.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shardgen.world import clocks
from shardgen.world.demand import LOCAL_HOUR
from shardgen.world.lexicon.places import COUNTRIES, CULTURES, PLACES, QUEBEC
from shardgen.world.rng import FIRST, I64, Guide, below, between, guide, uniform

COUNTRY_INDEX = {country.code: number for number, country in enumerate(COUNTRIES)}
COUNTRY_OF = np.array([COUNTRY_INDEX[place.country_code] for place in PLACES], dtype=np.int64)
"""Country index of each place."""

CULTURE_OF = np.where([place.region == "Québec" for place in PLACES], CULTURES.index(QUEBEC), COUNTRY_OF)
"""Index into CULTURES of each place."""

ZONE_OF = np.array([clocks.ZONE_INDEX[place.timezone] for place in PLACES], dtype=np.int64)
"""Time zone of each place, an index into clocks.ZONES."""

NEIGHBOURHOOD = np.unique(
    (COUNTRY_OF * 2 + (CULTURE_OF != COUNTRY_OF)) * len(clocks.ZONES) + ZONE_OF, return_inverse=True
)[1].ravel()
"""Places of one country, language and time zone, numbered by country: within them people move."""

SOUTHERN = np.array([place.latitude < 0 for place in PLACES])
"""Whether it is summer there in January, by place."""

TAX_BASIS_POINTS = np.array([country.tax_basis_points for country in COUNTRIES], dtype=np.int64)

EARTH = 6_371
"""Its radius in kilometres."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Runs:
    """Places in groups, end to end."""

    places: I64
    starts: I64
    """First position of each group, and the end of the last."""
    weights: Guide
    """Running sums of the places' weights."""

    def draw(self, group: I64, seed: int, stream: str, ids: I64, draw: I64 | int = FIRST) -> I64:
        """Place indices within the given groups, by number of inhabitants."""
        sums = self.weights.sums
        low, high = self.starts[group], self.starts[group + 1]
        first = np.where(low > 0, sums[low - 1], 0)
        ticket = first + below(seed, stream, ids, sums[high - 1] - first, draw)
        return self.places[self.weights.find(ticket)]


@lru_cache(maxsize=1)
def weights() -> I64:
    """Integer weight of each place in the world, about a million in all."""
    inside = np.array([place.weight for place in PLACES], dtype=np.int64)
    totals = np.bincount(COUNTRY_OF, weights=inside).astype(np.int64)
    country = np.array([c.weight for c in COUNTRIES], dtype=np.int64)
    return np.maximum(1, country[COUNTRY_OF] * 1000 * inside // totals[COUNTRY_OF])


@lru_cache(maxsize=1)
def activity() -> I64:
    """Twice the activity by regime, hour UTC and clock: a half hour's offset lies between two local hours."""
    half = np.arange(24)[None, :, None] * 2 + clocks.offsets()[:, None, :]
    return LOCAL_HOUR[half // 2 % 24] + LOCAL_HOUR[(half + 1) // 2 % 24]


@lru_cache(maxsize=1)
def _zone_weights() -> I64:
    return np.bincount(ZONE_OF, weights=weights()).astype(np.int64)


@lru_cache(maxsize=1)
def _everywhere() -> Guide:
    """Running sums of place weights."""
    return guide(np.cumsum(weights()))


@lru_cache(maxsize=1)
def _by_hour() -> Guide:
    """Running sums of time zones' weights as active in each hour UTC, all regimes and hours in one rising row."""
    return guide(np.cumsum(activity() * (_zone_weights() >> 8) + 1), cells=17)


@lru_cache(maxsize=1)
def _by_country() -> _Runs:
    return _runs(COUNTRY_OF)


@lru_cache(maxsize=1)
def _by_zone() -> _Runs:
    return _runs(ZONE_OF)


@lru_cache(maxsize=1)
def _by_neighbourhood() -> _Runs:
    return _runs(NEIGHBOURHOOD)


def _runs(group: I64) -> _Runs:
    places = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[places], np.arange(group.max() + 2))
    return _Runs(places=places, starts=starts, weights=guide(np.cumsum(weights()[places])))


def draw(seed: int, stream: str, ids: I64) -> I64:
    """Place indices by number of inhabitants and weight of the country."""
    everywhere = _everywhere()
    return everywhere.find(below(seed, stream, ids, int(everywhere.sums[-1])))


def draw_awake(seed: int, stream: str, ids: I64, times: I64) -> I64:
    """Place indices by weight and by how active each place is at its local hour."""
    by_hour = _by_hour()
    half_hours = times // clocks.HALF_HOUR
    row = clocks.regime(half_hours) * np.int64(24) + half_hours % 48 // 2
    last = (row + 1) * len(clocks.ZONES) - 1
    first = np.where(row > 0, by_hour.sums[last - len(clocks.ZONES)], 0)
    ticket = first + below(seed, stream, ids, by_hour.sums[last] - first)
    zone = by_hour.find(ticket) - row * len(clocks.ZONES)
    return _by_zone().draw(zone, seed, stream, ids, 1)


def draw_in(seed: int, stream: str, ids: I64, country: I64) -> I64:
    """Place indices within the given countries, by number of inhabitants."""
    return _by_country().draw(country, seed, stream, ids)


def draw_near(seed: int, stream: str, ids: I64, neighbourhood: I64, draw: I64 | int = FIRST) -> I64:
    """Place indices within the given neighbourhoods, by number of inhabitants."""
    return _by_neighbourhood().draw(neighbourhood, seed, stream, ids, draw)


def local_hour(place: I64, times: I64) -> I64:
    """Hour of the day that the clocks of each place show."""
    half_hours = times // clocks.HALF_HOUR
    return (half_hours + clocks.offsets()[clocks.regime(half_hours), ZONE_OF[place]]) % 48 // 2


def local_time(place: I64, times: I64) -> I64:
    """What the clocks of each place show, in microseconds since 1970-01-01 as if they were UTC's."""
    return times + clocks.offsets()[clocks.regime(times // clocks.HALF_HOUR), ZONE_OF[place]] * clocks.HALF_HOUR


def kilometres(origins: I64) -> I64:
    """Great-circle distances from some places to all, in tens of kilometres, shape (origins, places)."""
    latitude = np.radians([place.latitude for place in PLACES])
    longitude = np.radians([place.longitude for place in PLACES])
    height = np.cos(latitude[origins])[:, None] * np.cos(latitude)[None, :]
    angle = np.sin((latitude[origins][:, None] - latitude[None, :]) / 2) ** 2
    angle += height * np.sin((longitude[origins][:, None] - longitude[None, :]) / 2) ** 2
    return np.rint(2 * EARTH / 10 * np.arcsin(np.sqrt(angle))).astype(np.int64) * 10


@lru_cache(maxsize=1)
def _centres() -> tuple[I64, I64]:
    """Latitude and longitude of each place, in 1e-4 degrees."""
    degrees = np.array([(place.latitude, place.longitude) for place in PLACES])
    north, east = np.round(degrees * 10_000).astype(np.int64).T
    return np.ascontiguousarray(north), np.ascontiguousarray(east)


def addresses(seed: int, stream: str, ids: I64, place: I64, draw: I64 | int = FIRST) -> Addresses:
    """One address for each id, in the given places; another draw is another address."""
    latitude, longitude = _centres()
    small = (uniform(seed, f"{stream}.house", ids, draw) ** 2 * 180).astype(np.int64)
    return Addresses(
        place=place,
        street=below(seed, f"{stream}.street", ids, 1 << 31, draw),
        number=1 + small + below(seed, f"{stream}.number", ids, 60, draw),
        code=below(seed, f"{stream}.code", ids, 1 << 31, draw),
        latitude=latitude[place] + between(seed, f"{stream}.latitude", ids, -SPREAD, SPREAD, draw),
        longitude=longitude[place] + between(seed, f"{stream}.longitude", ids, -SPREAD, SPREAD, draw),
    )
