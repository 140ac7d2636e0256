"""The parcels of orders that ship from two warehouses, as ``raw_orders.raw_data`` tells them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import text
from shardgen.columns.batch import ids
from shardgen.columns.nested import Lists, Sometimes, Struct
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.columns.values import Instant, Whole, Words
from shardgen.model.keys import PRODUCT, WAREHOUSE
from shardgen.model.shape import Key
from shardgen.model.table import Keys
from shardgen.model.types import INTEGER, TEXT, TIMESTAMP
from shardgen.world import geography
from shardgen.world.fates import Fate
from shardgen.world.lexicon.carriers import CARRIERS
from shardgen.world.orders import Items, Orders
from shardgen.world.rng import below

KEYS: Final[Keys] = {
    "shipments": Key(
        "Orders that ship from two warehouses: the parcels that have left; absent where one has all of it",
        TEXT,
        missing="absent",
    ),
    "shipments[].warehouse_id": Key("Where the parcel comes from", TEXT),
    "shipments[].items": "What is in it",
    "shipments[].items[].product_id": Key("The product", TEXT),
    "shipments[].items[].quantity": Key("Pieces", INTEGER),
    "shipments[].shipped_at": Key("When it left", TIMESTAMP),
    "shipments[].delivered_at": Key("When it arrived; absent until then", TIMESTAMP, missing="absent"),
    "shipments[].carrier": Key("Who carries it", TEXT),
}

_ALL = tuple(dict.fromkeys(name for names in CARRIERS.values() for name in names))
_OF_COUNTRY = np.array([[_ALL.index(name) for name in CARRIERS[code]] for code in geography.COUNTRY_INDEX])


def shipments(seed: int, placed: Orders, fate: Fate, lines: Items, place: I64, until: I64) -> Sometimes:
    """The parcels of the orders that have two, as far as they have left.

    Args:
        place: where each order goes.
        until: before which instant, for each order.
    """
    left = np.column_stack([fate.parts & (parcel.shipped < until) for parcel in (fate.first, fate.second)])
    order, which = np.nonzero(left)
    sides = (fate.first, fate.second)
    warehouse, shipped, delivered = (
        np.column_stack([getattr(side, name) for side in sides])[order, which]
        for name in ("warehouse", "shipped", "delivered")
    )
    items, starts = _contents(fate, lines, left)
    arrived = delivered < until[order]
    parcels = Struct(
        {
            "warehouse_id": Words(ids(WAREHOUSE, warehouse - 1)),
            "items": Lists(items, starts),
            "shipped_at": Instant(shipped),
            "delivered_at": Sometimes(arrived, Instant(delivered[arrived])),
            "carrier": Words(Drawn(text.words(_ALL), _carriers(seed, placed.number[order] * 2 + which, place[order]))),
        }
    )
    some = left[:, 0] | left[:, 1]
    return Sometimes(some, Lists(parcels, np.searchsorted(order, np.flatnonzero(some))))


def _contents(fate: Fate, lines: Items, left: NDArray[np.bool_]) -> tuple[Struct, I64]:
    """The items of the parcels, parcel by parcel, and the first one of each."""
    parcel = lines.order * 2 + fate.moved
    rows = np.flatnonzero(left.ravel()[parcel])
    rows = rows[np.argsort(parcel[rows], kind="stable")]
    starts = np.searchsorted(parcel[rows], np.flatnonzero(left.ravel()))
    return Struct(
        {"product_id": Words(ids(PRODUCT, lines.product[rows])), "quantity": Whole(lines.quantity[rows])}
    ), starts


def _carriers(seed: int, parcel: I64, place: I64) -> I64:
    known = _OF_COUNTRY[geography.COUNTRY_OF[place]]
    return known[np.arange(len(parcel)), below(seed, "orders.carrier", parcel, known.shape[1])]
