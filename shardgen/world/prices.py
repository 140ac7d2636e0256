"""What a product costs on a day: prices move once in each slot of 180, 400 or 1,200 days, at a hashed midnight UTC.

A price is its list price times a level of 900 to 1180 per mille that is hashed from product and number of moves; the
cents stay. Two hashes, nothing carried along.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shardgen.world.rng import I64, below, bits, choose

SLOTS = np.array([180, 400, 1200], dtype=np.int64)
SLOT_WEIGHTS = np.cumsum([15, 30, 55])
LOWEST, SPAN = 900, 281
"""Per mille of the list price, and how many levels there are from there on."""
CHEAPEST = 99
MOVES = 4096
"""More than there are moves of a product."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """Of all products; arrays of shape (products,)."""

    seed: int
    listed: I64
    """List price in cents."""
    slot: I64
    """Days in which one move falls."""
    phase: I64
    """Days by which the product's slots are shifted."""

    def on(self, product: I64, day: I64) -> I64:
        """Cents of each product on each day (since 1970)."""
        number, this = self._in_slot(product, day)
        return self._price(product, number + (this <= day))

    def since(self, product: I64, day: I64, launched: I64) -> I64:
        """The day of the last change of each price up to a day, or that of the launch (both since 1970)."""
        moves, moved = self._moves(product, day)
        changed = self._price(product, moves) != self._price(product, moves - 1)
        while len(at := np.flatnonzero(~changed & (moved > launched))):  # a move to the same price is none
            moves[at], moved[at] = self._moves(product[at], moved[at] - 1)
            changed[at] = self._price(product[at], moves[at]) != self._price(product[at], moves[at] - 1)
        return np.maximum(moved, launched)

    def changes(self, product: I64, day: I64, launched: I64) -> tuple[I64, I64]:
        """All changes of prices after the launch and up to a day.

        Returns:
            the row of the product that each is of, and its day.
        """
        row, rows, days = np.arange(len(product)), list[I64](), list[I64]()
        while len(row):
            day = self.since(product[row], day, launched[row])
            later = day > launched[row]
            row, day = row[later], day[later]
            rows.append(row)
            days.append(day)
            day = day - 1
        empty = np.zeros(0, dtype=np.int64)
        return np.concatenate([empty, *rows]), np.concatenate([empty, *days])

    def _moves(self, product: I64, day: I64) -> tuple[I64, I64]:
        """How many moves a product has made by a day, counted from far back, and the day of the last one."""
        number, this = self._in_slot(product, day)
        made = this <= day
        return number + made, np.where(made, this, self._moved(product, number - 1))

    def _in_slot(self, product: I64, day: I64) -> tuple[I64, I64]:
        """Which of a product's slots a day lies in, and the day of the move in it, which may be yet to come."""
        number = (day + self.phase.take(product)) // self.slot.take(product)
        return number, self._moved(product, number)

    def _moved(self, product: I64, number: I64) -> I64:
        """The day of the move in a slot."""
        slot = self.slot.take(product)
        return number * slot - self.phase.take(product) + below(self.seed, "prices.at", product * MOVES + number, slot)

    def _price(self, product: I64, moves: I64) -> I64:
        listed = self.listed[product]
        word = bits(self.seed, "prices.level", product * MOVES + moves) >> np.uint64(32)
        level = LOWEST + (word * np.uint64(SPAN) >> np.uint64(32)).view(np.int64)
        return _tagged(listed * level // 1000, listed)

    def lowest(self, product: I64) -> I64:
        """What none of a product's prices lies below."""
        listed = self.listed[product]
        return _tagged(listed * LOWEST // 1000, listed)


def prices(seed: int, listed: I64) -> Prices:
    """The prices of products of these list prices."""
    ids = np.arange(len(listed), dtype=np.int64)
    slot = SLOTS[choose(seed, "prices.slot", ids, SLOT_WEIGHTS)]
    return Prices(seed=seed, listed=listed, slot=slot, phase=below(seed, "prices.phase", ids, slot))


def _tagged(price: I64, listed: I64) -> I64:
    """The price with the cents of the list price."""
    return np.maximum(price // 100 * 100 + listed % 100, CHEAPEST)
