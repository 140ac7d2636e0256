"""raw_parcels: what the carriers report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from shardgen.columns import text
from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.columns.values import Instant, Whole, Words
from shardgen.model.keys import ORDER, IdFormat, KeySpace
from shardgen.model.table import Column, bronze_table, by_key
from shardgen.model.types import TIMESTAMP, varchar
from shardgen.tables.spec import ByIds, Piece, Sizes, Slice, TableSpec
from shardgen.tables.statements import beside
from shardgen.world import World, fates, orders
from shardgen.world.demand import HOUR
from shardgen.world.rng import below, between

PARCEL = IdFormat("PARC", 10)
TO_SHIP = 30 * HOUR  # in the mean
CARRIERS = ("Swiftline", "Parcelway", "Northbox")


def rows(wanted: Slice) -> Iterator[Batch]:
    """Parcels of the slice's orders, as far as they were handed over before its end."""
    for low, high in wanted.ranges():
        placed = orders.select(wanted.world, low, high)
        shipped = fates.of_orders(wanted.world, placed).shipped
        sent = np.flatnonzero(shipped < wanted.end)
        if len(sent):
            yield _batch(wanted, placed.number[sent], shipped[sent])


def _batch(wanted: Slice, number: I64, shipped: I64) -> Batch:
    seed = wanted.world.seed
    return batch(
        PARCELS.table,
        wanted.raw_data,
        {
            "parcel_id": Words(ids(PARCEL, number)),
            "order_id": Words(ids(ORDER, number)),
            "carrier": Words(Drawn(text.pool(CARRIERS), below(seed, "parcels.carrier", number, len(CARRIERS)))),
            "shipped_at": Instant(shipped),
        },
        numbers=number,
        ingestion=ingested(seed, "parcels", number, shipped, 60, 900),
        extra={"weight_grams": Whole(between(seed, "parcels.weight", number, 100, 20_000))},
    )


def _estimate(world: World, cuts: Sequence[Piece], end: int) -> Iterable[float]:
    gone = int(world.orders.before(end - TO_SHIP))
    return [0.97 * max(0, min(piece.stop, gone) - piece.start) for piece in cuts]


PARCELS = TableSpec(
    table=bronze_table(
        name="parcels",
        meaning="A parcel that was handed to a carrier; each order that ships is one.",
        source="carriers",
        key=("parcel_id",),
        space=KeySpace(ids=PARCEL),
        columns=(
            Column(name="parcel_id", type=varchar(50), not_null=True, meaning="`PARC` and the number of its order"),
            Column(name="order_id", type=varchar(50), not_null=True, meaning="The order"),
            Column(name="carrier", type=varchar(50), meaning="Who carries it"),
            Column(name="shipped_at", type=TIMESTAMP, meaning="When the carrier took it, UTC"),
        ),
        extra={"weight_grams": "What it weighs"},
        indexes=by_key("order_id", "shipped_at"),
    ),
    cut=ByIds(step=100_000, total=lambda world, end: int(world.orders.before(end)), estimate=_estimate),
    rows=rows,
    laws=beside(__name__, "l1.sql"),
    sizes=Sizes(
        copy={"full": 241, "lean": 113, "none": 90},
        heap={"full": 279, "lean": 143, "none": 126},
        indexes={"pkey": 31.5, "order_id": 31.5, "shipped_at": 22.5},
    ),
)
