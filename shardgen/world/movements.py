"""What a movement of stock is: of which kind, of what, when, and what it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from shardgen.world.rng import I64, uniform
from shardgen.world.spans import KINDS
from shardgen.world.world import World

MOVEMENT_TYPES = ("IN", "OUT", "RETURN", "TRANSFER", "ADJUSTMENT")
IN, OUT, RETURN, TRANSFER, ADJUSTMENT = range(len(MOVEMENT_TYPES))
STOCK_IN, CORRECTION, SENT, RECEIVED, WRITTEN_OFF, REFILL, HELD, RELEASED = range(KINDS)
"""What is set aside while a cell is out of stock comes back when that ends; it is written off where that is in another
period, in which nobody knows of it."""
NOTHING = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Movements:
    """n movements in order of number; arrays of shape (n,)."""

    number: I64
    product: I64
    warehouse: I64
    """1 to the number of warehouses."""
    quantity: I64
    """Signed: what leaves is negative."""
    type: I64
    """Index into MOVEMENT_TYPES."""
    time: I64
    order: I64
    """Order that it belongs to, or NOTHING."""
    partner: I64
    """The other warehouse of a transfer, or 0."""


def joined(parts: list[Movements]) -> Movements:
    """All parts as one, in order of number."""
    order = np.argsort(np.concatenate([part.number for part in parts]), kind="stable")
    names = (each.name for each in fields(Movements))
    return Movements(**{name: np.concatenate([getattr(part, name) for part in parts])[order] for name in names})


def part_of(world: World, stream: str, ids: I64, length: I64) -> I64:
    """Integers in [0, length), length from 1 to 2**52."""
    return np.minimum((uniform(world.seed, stream, ids) * length).astype(np.int64), length - 1)
