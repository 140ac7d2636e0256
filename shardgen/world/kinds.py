"""What sells when and to whom: the kinds of products by day and persona.

Weights are products of small integer tables (demand, season, persona, budget, promotion); for each day and class of
personas they become KIND_STEPS equally likely kinds, a month at a time. So a draw is one look-up, without rejection.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shardgen.world import personas, zones
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.rng import I64

KINDS = len(SUBCATEGORIES)
KIND = {each.slug: number for number, each in enumerate(SUBCATEGORIES)}
MEDIANS = [each.price_median for each in SUBCATEGORIES]

KIND_STEPS = 1024
CHEAP, KIND_GAMMA = 2_500, 1.02
"""Units fall with the price: above CHEAP (cents) by the power KIND_GAMMA of a kind's median price."""
BUDGET_TILT = (-0.48, 0.34)
"""Power of the median price by which thrifty and well-to-do personas prefer cheap and dear kinds."""


def by_kind(usual: int, some: dict[int, str]) -> I64:
    """A number for each kind: the usual one, or that of the slugs in some."""
    named = {slug: value for value, slugs in some.items() for slug in slugs.split()}
    return np.array([named.get(each.slug, usual) for each in SUBCATEGORIES], dtype=np.int64)


DEMAND = np.array(
    [round(10 * s.share * s.demand * min(1.0, (CHEAP / s.price_median) ** KIND_GAMMA)) + 1 for s in SUBCATEGORIES],
    dtype=np.int64,
)
"""Relative number of units of a kind."""
TILT = np.array([[round(100 * (m / 3000) ** power) for m in MEDIANS] for power in BUDGET_TILT], dtype=np.int64)
"""Percent by which personas of a half of the budgets buy more of each kind."""
FEMALE = by_kind(
    50,
    {
        90: "dresses makeup",
        85: "handbags",
        78: "face-creams",
        66: "sandals yoga-mats",
        60: "perfumes",
        35: "tents monitors computer-mice keyboards garden-tools",
        25: "rc-cars dumbbells",
    },
)
"""Percent of each kind that women buy."""
PARENT = by_kind(
    100,
    {240: "building-sets plush-toys rc-cars childrens-books puzzles", 150: "board-games", 80: "perfumes novels"},
)
"""Percent of the usual that parents of children buy."""


def _year(peak: int, months: Iterable[int], beside: int) -> list[int]:
    """Per mille of the mean by month: some at the peak, the months beside them in between."""
    row = [100] * 12
    for month in months:
        for other in (month - 2, month):
            row[other % 12] = max(row[other % 12], beside)
    for month in months:
        row[month - 1] = peak
    return [value * 12_000 // sum(row) for value in row]


_SEASONS = (
    ("building-sets board-games plush-toys puzzles rc-cars childrens-books", _year(290, [12], 160), False),
    ("perfumes chocolates smartwatches", _year(190, [12], 130), False),
    ("garden-tools plant-pots", _year(280, [4, 5, 6], 130), True),
    ("bird-feeders", _year(200, [11, 12, 1], 130), True),
    ("tents sleeping-bags", _year(260, [5, 6, 7], 140), True),
    ("sandals", _year(240, [5, 6, 7], 130), True),
    ("dresses water-bottles travel-guides t-shirts", _year(160, [5, 6, 7], 120), True),
    ("sweaters boots jackets", _year(250, [9, 10, 11], 130), True),
    ("teas", _year(150, [11, 12, 1], 120), True),
    ("dumbbells yoga-mats", _year(200, [1], 130), False),
    ("backpacks", _year(190, [8, 9], 110), False),
)
"""Kinds with a season, their year in the north, and whether it is half a year later in the south."""


def _by_month() -> I64:
    table = np.full((2, 12, KINDS), 1000, dtype=np.int64)
    for slugs, year, turns in _SEASONS:
        for slug in slugs.split():
            table[0, :, KIND[slug]] = year
            table[1, :, KIND[slug]] = np.roll(year, 6) if turns else year
    return table


SEASON = _by_month()
"""Per mille of the mean, by hemisphere (1: the south), month and kind."""

CLASSES = 16
"""Half of the budgets x hemisphere x gender x parent."""


def class_of(persona: I64) -> I64:
    """What of a persona decides which kinds it buys, below CLASSES."""
    return _CLASS[persona]


_CLASS = (
    (personas.BUDGET // 2 * 2 + zones.SOUTHERN[personas.ZONE]) * 4
    + personas.FEMALE * 2
    + (personas.AGE == personas.PARENT)
).astype(np.int64)


def seasons(day: I64) -> I64:
    """Per mille of the mean by day (since 1970), hemisphere and kind; months keep their middle half."""
    year = day.astype("datetime64[D]").astype("datetime64[Y]")
    position = (day - year.astype("datetime64[D]").astype(np.int64)) * 12_000 // 366 - 500
    month, part = position // 1000, position % 1000
    ease = np.clip(part * 2 - 500, 0, 1000)[:, None, None]
    this, following = SEASON[:, month % 12].swapaxes(0, 1), SEASON[:, (month + 1) % 12].swapaxes(0, 1)
    return (this * (1000 - ease) + following * ease) // 1000


def steps(weights: I64, size: int) -> NDArray[np.uint8]:
    """Columns of rows of weights, as often in ``size`` steps as they are heavy; shape (rows, size)."""
    sums = np.cumsum(weights, axis=1)
    ends = (sums * size * 2 + sums[:, -1:]) // (sums[:, -1:] * 2)
    counts = np.diff(ends, axis=1, prepend=0)
    columns = np.tile(np.arange(weights.shape[1], dtype=np.uint8), len(weights))
    return np.repeat(columns, counts.ravel()).reshape(-1, size)


@lru_cache(maxsize=1)
def _tastes() -> I64:
    """Weight of each kind by class, whatever the season."""
    rows = []
    for number in range(CLASSES):
        budget, female, parent = number // 8, number // 2 % 2, number % 2
        gender = FEMALE if female else 100 - FEMALE
        rows.append(DEMAND * TILT[budget] * gender // 100 * (PARENT if parent else 100) // 100)
    return np.stack(rows)


def by_day(day: I64, lift: I64) -> NDArray[np.uint8]:
    """Equally likely kinds of each day and class, shape (days, CLASSES, KIND_STEPS).

    Args:
        day: since 1970.
        lift: percent of the usual that promotions make of each kind on each day, shape (days, KINDS).
    """
    hemisphere = np.arange(CLASSES) // 4 % 2
    weights = _tastes() * seasons(day)[:, hemisphere] // 100 * lift[:, None]
    return steps(weights.reshape(-1, KINDS), KIND_STEPS).reshape(len(day), CLASSES, KIND_STEPS)


def _companions() -> NDArray[np.uint8]:
    """Equally likely companions of each kind, by demand: a phone case does not sell phones; shape (KINDS, 256)."""
    weights = np.zeros((KINDS, KINDS), dtype=np.int64)
    for number, each in enumerate(SUBCATEGORIES):
        for slug in each.companions:
            weights[number, KIND[slug]] = DEMAND[KIND[slug]]
    return steps(weights, 256)


COMPANIONS = _companions()
