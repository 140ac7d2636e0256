"""The shop, with two more columns of its customers: the points that they have collected, and the tier of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from shardgen.columns import text
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.columns.values import Value, Whole, Words
from shardgen.model.table import Column
from shardgen.model.types import INTEGER, varchar
from shardgen.tables import dataset
from shardgen.tables.spec import Slice
from shardgen.tables.statements import beside
from shardgen.world.rng import below

TIERS, FROM = ("basic", "silver", "gold"), (1000, 5000)
SHOP = dataset()
CUSTOMERS = SHOP["customers"]


def values(wanted: Slice, numbers: I64) -> Mapping[str, Value]:
    """Points and tier of customers."""
    points = below(wanted.world.seed, "loyalty.points", numbers, 8000)
    tier = np.searchsorted(FROM, points, side="right")
    return {"points": Whole(points), "tier": Words(Drawn(text.pool(TIERS), tier))}


def more(sizes: Mapping[str, int], none: int, full: int) -> dict[str, int]:
    """Bytes of a row, with those of the added columns, and of their keys in raw_data."""
    return {mode: size + (full if mode == "full" else none) for mode, size in sizes.items()}


LOYALTY = SHOP.with_tables(
    CUSTOMERS.with_columns(
        (
            Column(name="points", type=INTEGER, meaning="Points collected so far"),
            Column(name="tier", type=varchar(10), meaning="One of `basic`, `silver`, `gold`, by the points"),
        ),
        values,
        sizes=replace(
            CUSTOMERS.sizes, copy=more(CUSTOMERS.sizes.copy, 18, 58), heap=more(CUSTOMERS.sizes.heap, 11, 65)
        ),
        laws=beside(__name__, "l90.sql"),
    ),
    name="loyalty",
    version=1,
)
