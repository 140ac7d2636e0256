"""What the shop sells: a catalogue of per-product arrays, and the choice of products that are on sale at an instant.

The catalogue is the one table that each process holds whole (it is small next to what refers to it); every entry is a
function of the product's number. A shelf lists the products of an era by kind, cell of what they fit, and price. A draw
is a ticket into running sums of popularity along a part of a shelf; what is not on sale that day is drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from shardgen.model.config import WorldConfig
from shardgen.world import fitting
from shardgen.world.demand import DAY, Arrivals, midnight
from shardgen.world.eras import ERA_DAYS, Eras
from shardgen.world.kinds import DEMAND, KINDS, MEDIANS
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.prices import Prices, prices
from shardgen.world.promotions import Promotions
from shardgen.world.rng import (
    F64,
    I64,
    U64,
    Guide,
    below,
    between,
    bits,
    chance,
    choose,
    exponential_table,
    guide,
    lognormal_table,
    uniform,
)

LEAD_DAYS = 1095
"""How long before the epoch the first products were launched."""

POPULARITY_SIGMA = 1.15
"""Sigma of the log-normal popularity: the top fifth of products sells 60-80 % of units (S1)."""

STEPS = 1024
POPULARITY = lognormal_table(1000, POPULARITY_SIGMA, STEPS) + 1
QUALITY_STEPS = 256
"""Steps of hidden quality, from the worst up; they drive sales, ratings and returns."""
LIKED = lognormal_table(1000, 0.45, QUALITY_STEPS)
"""Per mille of the usual units by step of quality."""
DEAR_STEPS, IN_KIND_GAMMA = 64, 0.45
DEAR = np.array([round(1000 * (max(n, 12) / DEAR_STEPS) ** -IN_KIND_GAMMA) for n in range(8 * DEAR_STEPS + 1)])
"""Per mille of the usual units by price over the kind's median, in steps of 1 / DEAR_STEPS: the dear sells less."""

ENDINGS = np.array([99, 95, 90, 49, 0], dtype=np.int64)
"""Cents of a price tag."""
ENDING_WEIGHTS = np.cumsum([50, 20, 10, 8, 12])

RETURN_PERCENT = np.array([s.return_percent for s in SUBCATEGORIES], dtype=np.int64)
NOUNS = np.array([len(s.nouns) for s in SUBCATEGORIES], dtype=np.int64)
BRANDS = np.array([len(s.brands) for s in SUBCATEGORIES], dtype=np.int64)
SHARES = np.cumsum([s.share for s in SUBCATEGORIES])

SHELF_DAYS = ERA_DAYS // 6
"""Days whose launches lie on one shelf, after the horizon: few, so that most that lies there is launched."""

EVERGREEN = 0.5
"""Share of products that are never discontinued."""
LIFE = exponential_table(365 / 0.31, 4096)
"""Days that the others stay, from the epoch or half a year after their launch on: a tenth of all goes in a year."""
YOUNG_DAYS = 150
FOREVER = 1 << 30
"""Day of the end of what never ends."""

FRESH, MATURE, OLD = 24, 168, 84
RAMP_DAYS, FADES_AFTER, FADE_DAYS = 42, 540, 10
AGES = 2048


def _appeal() -> I64:
    """Of 256: how readily a product is taken, by days since the launch: it ramps up over weeks, and fades when old."""
    age = np.arange(AGES)
    fades = MATURE - np.minimum((age - FADES_AFTER) // FADE_DAYS, MATURE - OLD)
    return np.where(age > FADES_AFTER, fades, np.minimum(FRESH + age * (MATURE - FRESH) // RAMP_DAYS, MATURE)) * (
        age > 0
    )


APPEAL = _appeal()
OFFERED = 3, 2
"""By how much more readily a product is taken while its brand is on offer."""

BUDGETS = 4
WARP_STEPS = 4096
WARPS = ((2.2, 1.0), (1.3, 1.0), (1.0, 1.4), (1.0, 2.2))
"""Powers that pull a draw along the shelf to its cheap and to its dear end, by budget."""
WARP = np.array(
    [
        round((1 - (1 - ((step + 0.5) / WARP_STEPS) ** low) ** high) * ((1 << 20) - 1))
        for low, high in WARPS
        for step in range(WARP_STEPS)
    ],
    dtype=np.int64,
)
NO_BUDGET = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shelf:
    """The products of the horizon, or those that are launched in SHELF_DAYS of a later era."""

    product: NDArray[np.int32]
    """Numbers by cell, list price and number."""
    sums: I64
    """Running sums of popularity along the shelf."""
    guide: Guide
    """To find a ticket in them."""
    low: I64
    """Sum before each cell, shape (cells + 1,)."""

    def find(self, cell: I64, ticket: I64) -> I64:
        """What lies under tickets of 32 bits, each in its cell; anything where the cell is empty."""
        low = self.low.take(cell)
        place = low + (ticket * (self.low.take(cell + 1) - low) >> 32)
        return self.product.take(self.guide.find(np.minimum(place, self.sums[-1] - 1))).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalogue:
    """All products; arrays of shape (products,) in order of number unless said otherwise."""

    seed: int
    launches: Arrivals
    subcategory: NDArray[np.int16]
    """Index into SUBCATEGORIES."""
    cell: NDArray[np.int16]
    """What it fits: see fitting."""
    brand: NDArray[np.int16]
    """Index into the brands of the subcategory."""
    prices: Prices
    popularity: I64
    """Weight in a draw from its cell."""
    demand: I64
    """Relative number of units that are sold of it, roughly."""
    demand_total: int
    born: NDArray[np.int32]
    """Day of the launch, since 1970."""
    gone: NDArray[np.int32]
    """Day, since 1970, from which on it is not sold any more; FOREVER for most."""
    shelves: tuple[Shelf, ...]
    weight: I64
    """Popularity of each cell on the shelves up to each, shape (shelves, cells)."""
    days: I64
    """The day after the launches of each shelf, since 1970."""
    safe: NDArray[np.int32]
    """Products that are on sale at any time and fit everybody, or any that are where there are none."""
    safe_guide: Guide

    @property
    def size(self) -> int:
        """Number of products."""
        return len(self.popularity)


def catalogue(config: WorldConfig, eras: Eras, launches: Arrivals) -> Catalogue:
    """The catalogue of all products that the stream of launches brings in some eras."""
    seed, ids = config.seed, np.arange(launches.total, dtype=np.int64)
    kind = choose(seed, "products.subcategory", ids, SHARES)
    listed, cell = _list_prices(seed, ids, kind), fitting.cells(seed, ids, kind)
    popularity = _popularity(seed, ids, kind, listed)
    born = launches.times(ids) // DAY
    gone = _ends(config, ids, born)
    later = [day for end in eras.ends[:-1] for day in range(end + SHELF_DAYS, end + ERA_DAYS + 1, SHELF_DAYS)]
    days = midnight(config.epoch) // DAY + np.array([config.horizon, *later])
    ends = [0, *launches.before(days * DAY).tolist()]
    shelves = tuple(_shelf(ids[slice(*each)], listed, cell, popularity) for each in pairwise(ends))
    safe = _safe(config, kind, born, gone)
    demand = _demand(kind, popularity, ends[1])
    return Catalogue(
        seed=seed,
        launches=launches,
        subcategory=kind.astype(np.int16),
        cell=cell.astype(np.int16),
        brand=brand(seed, ids, kind).astype(np.int16),
        prices=prices(seed, listed),
        popularity=popularity,
        demand=demand,
        demand_total=int(demand[: ends[1]].sum()),
        born=born.astype(np.int32),
        gone=gone.astype(np.int32),
        shelves=shelves,
        weight=np.cumsum([np.diff(each.low) for each in shelves], axis=0),
        days=days,
        safe=safe.astype(np.int32),
        safe_guide=guide(np.cumsum(popularity[safe] * DEMAND[kind[safe]])),
    )


def _shelf(ids: I64, listed: I64, cell: I64, popularity: I64) -> Shelf:
    """The shelf of some products, of the prices, cells and popularity of all."""
    product = ids[np.lexsort((ids, listed[ids], cell[ids]))]
    sums = np.cumsum(popularity[product])
    places = np.searchsorted(cell[product], np.arange(fitting.TOTAL_CELLS + 1))
    return Shelf(
        product=product.astype(np.int32), sums=sums, guide=guide(sums), low=np.concatenate([[0], sums])[places]
    )


def _demand(kind: I64, popularity: I64, within: int) -> I64:
    """Relative number of units that are sold of each product, roughly.

    Args:
        within: how many products there are by the horizon's end, whose sum is the measure of all.
    """
    of_kinds = np.bincount(kind[:within], weights=popularity[:within], minlength=KINDS).astype(np.int64)
    return popularity * (DEMAND * 1000)[kind] // np.maximum(np.maximum(of_kinds[kind], popularity) // 1000, 1)


def _list_prices(seed: int, ids: I64, kind: I64) -> I64:
    tables = np.stack([lognormal_table(s.price_median, s.price_sigma, STEPS) for s in SUBCATEGORIES])
    low, high = np.array([s.price_range for s in SUBCATEGORIES], dtype=np.int64)[kind].T
    plain = tables[kind, below(seed, "products.price", ids, STEPS)]
    ending = ENDINGS[choose(seed, "products.price_ending", ids, ENDING_WEIGHTS)]
    return np.maximum(np.clip(plain, low, high) // 100 * 100 + ending, 99)


def _popularity(seed: int, ids: I64, kind: I64, listed: I64) -> I64:
    """Heavy-tailed; what is good and what is cheap of its kind sells more."""
    dear = np.minimum(listed * DEAR_STEPS // np.array(MEDIANS)[kind], len(DEAR) - 1)
    weight = POPULARITY[below(seed, "products.popularity", ids, STEPS)] * DEAR[dear] // 1000
    return np.maximum(weight * LIKED[quality(seed, ids)] // 1000, 1)


def _ends(config: WorldConfig, ids: I64, born: I64) -> I64:
    """From which day on each product is not sold any more; the first product always is."""
    epoch = midnight(config.epoch) // DAY
    stays = chance(config.seed, "products.evergreen", ids, EVERGREEN) | (ids == 0)
    life = LIFE[below(config.seed, "products.life", ids, len(LIFE))]
    return np.where(stays, FOREVER, np.maximum(born + YOUNG_DAYS, epoch) + life)


def _safe(config: WorldConfig, kind: I64, born: I64, gone: I64) -> I64:
    always = (gone == FOREVER) & (born < midnight(config.epoch) // DAY)
    for_everybody = np.flatnonzero(always & (fitting.CELLS[kind] == 1))
    return for_everybody if len(for_everybody) else np.flatnonzero(always)


def price_ranks(seed: int, ids: I64) -> F64:
    """How dear each product is within its subcategory, 0 to below 1."""
    return below(seed, "products.price", ids, STEPS) / STEPS


def costs(shop: Catalogue, ids: I64, kind: I64) -> I64:
    """Cost in cents: a percentage of the list price, above 0 and below all prices."""
    low, high = np.array([s.cost_percent for s in SUBCATEGORIES], dtype=np.int64)[kind].T
    per_mille = between(shop.seed, "products.cost", ids, low * 10, high * 10)
    return np.clip(shop.prices.listed[ids] * per_mille // 1000, 1, shop.prices.lowest(ids) - 1)


def quality(seed: int, ids: I64) -> NDArray[np.int64]:
    """Step of hidden quality of each product, below QUALITY_STEPS."""
    return below(seed, "products.quality", ids, QUALITY_STEPS)


def noun(seed: int, ids: I64, subcategory: I64) -> I64:
    """Index of each product's noun among its subcategory's."""
    return below(seed, "products.noun", ids, NOUNS[subcategory])


def brand(seed: int, ids: I64, subcategory: I64) -> I64:
    """Index of each product's brand among its subcategory's; the first ones are the larger."""
    return (uniform(seed, "products.brand", ids) ** 2 * BRANDS[subcategory]).astype(np.int64)


TRIES = 4
"""Draws of a product before another kind is tried: it may not be launched yet, or be hardly wanted any more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wishes:
    """n products that are wanted; arrays of shape (n,)."""

    key: I64
    kind: I64
    cell: I64
    """What it must fit."""
    budget: I64
    """0 to BUDGETS - 1."""
    day: I64
    """Since 1970."""

    def at(self, rows: I64) -> Wishes:
        """Those at these rows."""
        return Wishes(
            key=self.key.take(rows),
            kind=self.kind.take(rows),
            cell=self.cell.take(rows),
            budget=self.budget.take(rows),
            day=self.day.take(rows),
        )


def draw(shop: Catalogue, offers: Promotions, stream: str, wishes: Wishes, favourite: I64 | None = None) -> I64:
    """A product for each wish, on sale that day, by popularity along the budget's end of the shelf; -1 for none.

    Args:
        favourite: words that decide the first draw of some wishes, whatever the day; 0 where there is none.
    """
    found = np.full(len(wishes.key), -1, dtype=np.int64)
    if not shop.size:
        return found
    rows, left = np.arange(len(found)), wishes
    for attempt in range(TRIES):
        word = bits(shop.seed, stream, left.key, attempt)
        which = word
        if attempt == 0 and favourite is not None:
            which = np.where(favourite > 0, favourite.view(np.uint64), word)
        product = _product(shop, left, which)
        taken = _accepts(shop, offers, word, left, product)
        some, others = np.flatnonzero(taken), np.flatnonzero(~taken)  # a mask itself takes thrice as long
        found[rows.take(some)] = product.take(some)
        if not len(others) or attempt == TRIES - 1:
            break
        rows, left = rows.take(others), left.at(others)
    return found


def _product(shop: Catalogue, wishes: Wishes, word: U64) -> I64:
    """What lies under tickets, the upper 32 bits of a word, pulled to the cheap or the dear end of a shelf."""
    ticket = word >> np.uint64(32)
    fine = (ticket >> np.uint64(20)).view(np.int64)
    warped = (WARP.take(wishes.budget * WARP_STEPS + fine) << 12) + (ticket & np.uint64(WARP_STEPS - 1)).view(np.int64)
    if len(shop.shelves) == 1:
        return shop.shelves[0].find(wishes.cell, warped)
    product, chosen = np.zeros_like(warped), _chosen(shop, wishes, word)
    for number, shelf in enumerate(shop.shelves):
        rows = np.flatnonzero(chosen == number)
        if len(rows):
            product[rows] = shelf.find(wishes.cell[rows], warped[rows])
    return product


SHELF_BITS = 16
"""Of a word, above its lowest byte: they choose the shelf."""


def _chosen(shop: Catalogue, wishes: Wishes, word: U64) -> I64:
    """From which shelf each wish takes: by popularity of its cell, that of the newest one as far as it is filled."""
    newest = np.searchsorted(shop.days[:-1], wishes.day, side="right")
    before = np.maximum(newest - 1, 0)
    filled = np.where(newest > 0, wishes.day - shop.days[before], SHELF_DAYS)
    whole = np.where(newest > 0, shop.weight[before, wishes.cell], 0)
    total = whole * SHELF_DAYS + (shop.weight[newest, wishes.cell] - whole) * filled
    part = (word >> np.uint64(8) & np.uint64((1 << SHELF_BITS) - 1)).view(np.int64)
    place = (part * total >> SHELF_BITS) // SHELF_DAYS
    earlier = (place >= shop.weight[:, wishes.cell]).sum(axis=0)
    return np.where(place >= whole, newest, np.minimum(earlier, newest))


def _accepts(shop: Catalogue, offers: Promotions, word: U64, wishes: Wishes, product: I64) -> NDArray[np.bool_]:
    """Whether each is there, on sale, and taken: by its age and whether its brand is on offer."""
    weight = APPEAL.take(wishes.day - shop.born.take(product), mode="clip")
    offered = np.flatnonzero(offers.branded(shop.brand.take(product), wishes.kind, wishes.day))
    weight[offered] = weight[offered] * OFFERED[0] // OFFERED[1]
    there = (shop.cell.take(product) == wishes.cell) & (wishes.day < shop.gone.take(product))
    return there & ((word & np.uint64(255)).view(np.int64) < weight)


def anything(shop: Catalogue, stream: str, key: I64) -> I64:
    """Products that are always on sale."""
    total = int(shop.safe_guide.sums[-1])
    ticket = (uniform(shop.seed, stream, key) * total).astype(np.int64)
    return shop.safe[shop.safe_guide.find(np.minimum(ticket, total - 1))].astype(np.int64)
