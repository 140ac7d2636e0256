"""What is put into a basket: kinds by day and persona, products that fit and suit the budget, and how many of each.

A basket follows from the order's persona and instant and from the catalogue, never from customers. Its first item, the
opener, decides how much else goes in: a cheap thing fills the basket up, a dear one stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shardgen.world import fitting, kinds, personas, products
from shardgen.world.kinds import KIND_STEPS, KINDS, by_kind
from shardgen.world.rng import I64, below, bits
from shardgen.world.shop import Shop

MAX_ITEMS = 8
ITEMS = np.array(
    [
        [56, 25, 11, 5, 2, 1, 0, 0],
        [34, 28, 18, 10, 6, 3, 1, 0],
        [16, 22, 22, 16, 10, 7, 4, 3],
        [5, 10, 16, 19, 17, 14, 10, 9],
    ]
)
"""Weights of 1 to 8 items by budget."""
ITEM_STEPS = 1024
_COUNTS = kinds.steps(ITEMS, ITEM_STEPS).astype(np.int64) + 1
_OPENER = np.searchsorted([2_000, 6_000, 15_000], kinds.MEDIANS)
FEWEST = np.array([150, 0, 0, 0])[_OPENER]
SPAN = np.array([873, 1000, 840, 600])[_OPENER]
"""Part of the item steps that is drawn from, by how dear the opener's kind is."""

COMPANION, SAME_KIND = 58, 77
"""Of 128: whether a further item goes with the opener, is more of its kind, or, from there on, anything."""

FAVOURITES = 2
"""Products of each kind that a persona keeps to."""
FAITHFUL = by_kind(
    46,
    {
        192: "coffee-beans teas dog-food shampoos face-creams nuts olive-oils",
        128: "makeup chocolates",
        90: "perfumes",
        0: "novels cookbooks childrens-books science-books travel-guides board-games puzzles building-sets laptops "
        "cameras",
    },
)
"""Of 256: how often a favourite is bought again, and not just anything."""

HARDLY, USUAL, STOCKED_UP = range(3)
STOCKING = by_kind(
    USUAL,
    {
        STOCKED_UP: "coffee-beans teas chocolates olive-oils nuts dog-food shampoos plant-pots",
        HARDLY: "smartphones smartwatches cameras laptops monitors headphones keyboards jackets boots sneakers "
        "handbags backpacks coffee-makers blenders office-chairs rugs bookcases tents electric-toothbrushes rc-cars "
        "dresses bedding external-drives sleeping-bags yoga-mats",
    },
)
PRICE_TIERS = np.array([1_500, 5_000, 30_000])
QUANTITIES = np.array(
    [
        [[985, 13, 2, 0, 0], [985, 13, 2, 0, 0], [993, 6, 1, 0, 0], [996, 4, 0, 0, 0]],
        [[800, 140, 40, 15, 5], [870, 105, 20, 5, 0], [960, 35, 5, 0, 0], [996, 4, 0, 0, 0]],
        [[540, 270, 105, 60, 25], [660, 220, 75, 35, 10], [900, 80, 20, 0, 0], [996, 4, 0, 0, 0]],
    ]
)
"""Weights of 1 to 5 pieces by stocking and price tier."""
_PIECES = kinds.steps(QUANTITIES.reshape(-1, 5), 1024).astype(np.int64) + 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baskets:
    """The items of the baskets of n orders, one after another; arrays of shape (items,) but for ``starts``."""

    starts: I64
    """First item of each basket, shape (n,); every basket has items."""
    order: I64
    """Row of the order that the item belongs to."""
    product: I64

    @property
    def counts(self) -> I64:
        """How many items each basket has."""
        return np.diff(self.starts, append=len(self.order))

    @property
    def position(self) -> I64:
        """0, 1, ... within the basket."""
        return np.arange(len(self.order)) - self.starts[self.order]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Buyers:
    """Who fills n baskets, and when; arrays of shape (n,)."""

    number: I64
    persona: I64
    day: I64
    """Since 1970."""


def fill(shop: Shop, buyers: Buyers) -> Baskets:
    """At least one item for each buyer, and each product once."""
    opener, count = openers(shop, buyers)
    starts, basket = np.cumsum(count) - count, np.repeat(np.arange(len(count)), count)
    place = np.arange(len(basket)) - starts[basket]
    key = buyers.number[basket] * MAX_ITEMS + place
    persona, day = buyers.persona[basket], buyers.day[basket]
    kind = _further(shop, key, opener[basket], persona, day)
    kind[starts] = opener
    product = products_for(shop, "items.product", key, kind, persona, day)
    again = np.flatnonzero(product < 0)  # some cells sell next to nothing: another kind
    other = kind_on(shop, day[again], persona[again], below(shop.seed, "items.other_kind", key[again], KIND_STEPS))
    product[again] = products_for(shop, "items.other", key[again], other, persona[again], day[again])
    lost = np.flatnonzero((product < 0) & (place == 0))
    if len(lost):
        product[lost] = products.anything(shop.catalogue, "items.anything", key[lost])
    return _distinct(basket[product >= 0], product[product >= 0], shop.catalogue.size)


def openers(shop: Shop, buyers: Buyers) -> tuple[I64, I64]:
    """The kind of each basket's first item, and how many items it has, if none of them is another one again."""
    opener = kind_on(shop, buyers.day, buyers.persona, below(shop.seed, "items.opener", buyers.number, KIND_STEPS))
    ticket = below(shop.seed, "orders.items", buyers.number, ITEM_STEPS)
    return opener, _COUNTS[personas.BUDGET[buyers.persona], FEWEST[opener] + ticket * SPAN[opener] // ITEM_STEPS]


def _distinct(basket: I64, product: I64, size: int) -> Baskets:
    """Without what a basket has already; its items are neighbours."""
    code, new = basket * size + product, np.ones(len(basket), dtype=np.bool_)
    for back in range(1, MAX_ITEMS):
        new[back:] &= code[back:] != code[:-back]
    basket = basket[new]
    starts = np.flatnonzero(np.diff(basket, prepend=-1))
    return Baskets(starts=starts, order=basket, product=product[new])


def _further(shop: Shop, key: I64, opener: I64, persona: I64, day: I64) -> I64:
    """Kinds of further items: what goes with the opener, more of its kind, or anything."""
    word = bits(shop.seed, "items.kind", key)
    kind = kind_on(shop, day, persona, (word & np.uint64(KIND_STEPS - 1)).view(np.int64))
    ticket = (word >> np.uint64(10) & np.uint64(127)).view(np.int64)
    kind = np.where((ticket >= COMPANION) & (ticket < SAME_KIND), opener, kind)
    at = np.flatnonzero(ticket < COMPANION)
    companion = kinds.COMPANIONS[opener[at], (word[at] >> np.uint64(20) & np.uint64(255)).view(np.int64)].astype(
        np.int64
    )
    likes = shop.likes(day[at], kinds.class_of(persona[at]), companion)
    suits = (word[at] >> np.uint64(30) & np.uint64(255)).view(np.int64) < likes
    kind[at] = np.where(suits, companion, kind[at])
    return kind


def kind_on(shop: Shop, day: I64, persona: I64, step: I64) -> I64:
    """The kind under each step, on each day, for each persona."""
    found = np.empty(len(day), dtype=np.int64)
    cell = (day * kinds.CLASSES + kinds.class_of(persona)) * KIND_STEPS + step
    for month, rows in shop.months(day):
        table, first = shop.kinds_of(month)
        found[rows] = table.take(cell.take(rows) - first * kinds.CLASSES * KIND_STEPS)
    return found


def products_for(shop: Shop, stream: str, key: I64, kind: I64, persona: I64, day: I64) -> I64:
    """Products of the kinds that fit, a favourite or by popularity; -1 where nothing suits."""
    wishes = products.Wishes(
        key=key,
        kind=kind,
        cell=fitting.wanted(shop.seed, key, kind, persona),
        budget=personas.BUDGET[persona],
        day=day,
    )
    return products.draw(shop.catalogue, shop.promotions, stream, wishes, _favourites(shop.seed, key, kind, persona))


def _favourites(seed: int, key: I64, kind: I64, persona: I64) -> I64:
    """The word of a favourite where it is bought again, else 0."""
    word = bits(seed, "items.favourite", key)
    faithful = np.flatnonzero((word & np.uint64(255)).view(np.int64) < FAITHFUL[kind])
    which = (word[faithful] >> np.uint64(8) & np.uint64(FAVOURITES - 1)).view(np.int64)
    own = bits(seed, "personas.favourite", (persona[faithful] * KINDS + kind[faithful]) * FAVOURITES + which)
    favourite = np.zeros(len(key), dtype=np.int64)
    favourite[faithful] = (own >> np.uint64(1)).view(np.int64)
    return favourite


def pieces(seed: int, key: I64, kind: I64, price: I64) -> I64:
    """How many of each: by kind and price."""
    row = STOCKING[kind] * (len(PRICE_TIERS) + 1) + np.searchsorted(PRICE_TIERS, price, side="right")
    return _PIECES[row, below(seed, "items.quantity", key, 1024)]
