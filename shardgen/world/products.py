"""What the shop sells: a catalogue of per-product arrays, and the choice of products that exist at an instant.

The catalogue is the one table that each process holds whole (it is small next to what refers to it); every entry is a
function of the product's number. A draw is a ticket into running sums of popularity, cut at who is launched by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world.demand import Arrivals
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.rng import F64, I64, Guide, below, between, choose, guide, lognormal_table, uniform

LEAD_DAYS = 1095
"""How long before the epoch the first products were launched."""

POPULARITY_SIGMA = 1.15
"""Sigma of the log-normal popularity: the top fifth of products sells 60-80 % of units (S1)."""

STEPS = 1024
POPULARITY = lognormal_table(1000, POPULARITY_SIGMA, STEPS) + 1
QUALITY_STEPS = 256
"""Steps of hidden quality, from the worst up; they drive ratings and returns."""

ENDINGS = np.array([99, 95, 90, 49, 0], dtype=np.int64)
"""Cents of a price tag."""
ENDING_WEIGHTS = np.cumsum([50, 20, 10, 8, 12])

SLUGS = {subcategory.slug: number for number, subcategory in enumerate(SUBCATEGORIES)}
COMPANIONS = [[SLUGS[slug] for slug in subcategory.companions] for subcategory in SUBCATEGORIES]
COMPANION_OF = np.array([row[i % len(row)] for row in COMPANIONS for i in range(60)], dtype=np.int64).reshape(-1, 60)
"""Companion subcategories of each subcategory, repeated to 60 columns (which 2, 3, 4 and 5 divide)."""

RETURN_PERCENT = np.array([s.return_percent for s in SUBCATEGORIES], dtype=np.int64)
NOUNS = np.array([len(s.nouns) for s in SUBCATEGORIES], dtype=np.int64)
BRANDS = np.array([len(s.brands) for s in SUBCATEGORIES], dtype=np.int64)
SHARES = np.cumsum([s.share for s in SUBCATEGORIES])
DEMAND = np.array([s.demand for s in SUBCATEGORIES], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Catalogue:
    """All products of the horizon; arrays of shape (products,) in order of number unless said otherwise."""

    launches: Arrivals
    subcategory: NDArray[np.int16]
    """Index into SUBCATEGORIES."""
    price: NDArray[np.int32]
    """In cents."""
    sums: I64
    """Running sums of popularity."""
    guide: Guide
    """To find a ticket in them."""
    shelf: NDArray[np.int32]
    """Product numbers sorted by subcategory, then number."""
    shelf_keys: I64
    """subcategory x products + number of each entry of the shelf, rising."""
    shelf_starts: I64
    """First position of each subcategory on the shelf, and the end of the last."""
    shelf_sums: I64
    """Running sums of popularity along the shelf."""
    shelf_guide: Guide
    """To find a ticket in them."""

    @property
    def size(self) -> int:
        """Number of products."""
        return len(self.price)

    def popularity(self, ids: I64) -> I64:
        """Weight of each product in a draw."""
        return self.sums[ids] - np.where(ids > 0, self.sums[ids - 1], 0)


def catalogue(seed: int, launches: Arrivals) -> Catalogue:
    """The catalogue of all products that the stream of launches ever brings."""
    ids = np.arange(launches.total, dtype=np.int64)
    subcategory = choose(seed, "products.subcategory", ids, SHARES)
    popularity = POPULARITY[below(seed, "products.popularity", ids, STEPS)] * DEMAND[subcategory]
    shelf = np.argsort(subcategory, kind="stable")
    sums, shelf_sums = np.cumsum(popularity), np.cumsum(popularity[shelf])
    return Catalogue(
        launches=launches,
        subcategory=subcategory.astype(np.int16),
        price=_prices(seed, ids, subcategory).astype(np.int32),
        sums=sums,
        guide=guide(sums),
        shelf=shelf.astype(np.int32),
        shelf_keys=subcategory[shelf] * max(1, len(ids)) + shelf,
        shelf_starts=np.searchsorted(subcategory[shelf], np.arange(len(SUBCATEGORIES) + 1)),
        shelf_sums=shelf_sums,
        shelf_guide=guide(shelf_sums),
    )


def _prices(seed: int, ids: I64, subcategory: I64) -> I64:
    tables = np.stack([lognormal_table(s.price_median, s.price_sigma, STEPS) for s in SUBCATEGORIES])
    low, high = np.array([s.price_range for s in SUBCATEGORIES], dtype=np.int64)[subcategory].T
    plain = tables[subcategory, below(seed, "products.price", ids, STEPS)]
    ending = ENDINGS[choose(seed, "products.price_ending", ids, ENDING_WEIGHTS)]
    return np.maximum(np.clip(plain, low, high) // 100 * 100 + ending, 99)


def price_ranks(seed: int, ids: I64) -> F64:
    """How dear each product is within its subcategory, 0 to below 1."""
    return below(seed, "products.price", ids, STEPS) / STEPS


def costs(seed: int, ids: I64, subcategory: I64, price: I64) -> I64:
    """Cost in cents: a percentage of the price, above 0 and below it."""
    low, high = np.array([s.cost_percent for s in SUBCATEGORIES], dtype=np.int64)[subcategory].T
    per_mille = between(seed, "products.cost", ids, low * 10, high * 10)
    return np.clip(price * per_mille // 1000, 1, price - 1)


def quality(seed: int, ids: I64) -> NDArray[np.int64]:
    """Step of hidden quality of each product, below QUALITY_STEPS."""
    return below(seed, "products.quality", ids, QUALITY_STEPS)


def noun(seed: int, ids: I64, subcategory: I64) -> I64:
    """Index of each product's noun among its subcategory's."""
    return below(seed, "products.noun", ids, NOUNS[subcategory])


def brand(seed: int, ids: I64, subcategory: I64) -> I64:
    """Index of each product's brand among its subcategory's; the first ones are the larger."""
    return (uniform(seed, "products.brand", ids) ** 2 * BRANDS[subcategory]).astype(np.int64)


def draw(seed: int, stream: str, shop: Catalogue, ids: I64, times: I64, attempt: I64 | int = 0) -> I64:
    """Products by popularity among those launched before the hour of each instant (there must be one)."""
    total = shop.sums[shop.launches.before(times) - 1]
    return shop.guide.find(_tickets(seed, stream, ids, total, attempt))


def draw_in(
    seed: int, stream: str, shop: Catalogue, ids: I64, times: I64, subcategory: I64, attempt: I64 | int = 0
) -> I64:
    """Products of the given subcategories by popularity, among those launched; of any, where there is none."""
    launched = shop.launches.before(times)
    start = shop.shelf_starts[subcategory]
    stop = np.searchsorted(shop.shelf_keys, subcategory * shop.size + launched, side="left")
    empty = stop <= start
    before = np.where(start > 0, shop.shelf_sums[start - 1], 0)
    total = np.where(empty, 1, shop.shelf_sums[np.maximum(stop, 1) - 1] - before)
    tickets = np.minimum(before + _tickets(seed, stream, ids, total, attempt), shop.shelf_sums[-1] - 1)
    position = shop.shelf_guide.find(tickets)
    found = shop.shelf[np.minimum(position, shop.size - 1)].astype(np.int64)
    if empty.any():
        found[empty] = draw(seed, stream, shop, ids[empty], times[empty], _at(attempt, empty))
    return found


def companions(seed: int, stream: str, subcategory: I64, ids: I64, attempt: I64 | int = 0) -> I64:
    """A subcategory that people buy together with the given one."""
    return COMPANION_OF[subcategory, below(seed, stream, ids, COMPANION_OF.shape[1], attempt)]


def _tickets(seed: int, stream: str, ids: I64, total: I64, attempt: I64 | int) -> I64:
    """Integers in [0, total), total below 2**52."""
    return np.minimum((uniform(seed, stream, ids, attempt) * total).astype(np.int64), total - 1)


def _at(attempt: I64 | int, where: NDArray[np.bool_]) -> I64 | int:
    return attempt if isinstance(attempt, int) else attempt[where]
