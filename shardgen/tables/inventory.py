"""raw_inventory: the warehouses' book of movements."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shardgen import schema
from shardgen.tables import jsonb, records, text
from shardgen.tables.jsonb import Quoted
from shardgen.tables.pieces import Drawn
from shardgen.tables.records import Batch, Cut
from shardgen.tables.text import I64
from shardgen.world import World, stock
from shardgen.world.calendar import period_of
from shardgen.world.demand import DAY
from shardgen.world.rng import bits


def batches(cut: Cut) -> Iterator[Batch]:
    """Movements of the leaf that the cut begins with, as far as they happened before its end."""
    for moved in stock.movements(cut.world, period_of(cut.world.config, "inventory", cut.start)):
        happened = np.flatnonzero(moved.time < cut.end)
        for low, high in records.ranges(0, len(happened), cut.rows):
            yield _batch(cut.world, cut.mode, moved, happened[low:high])


def _batch(world: World, mode: str, moved: stock.Movements, rows: I64) -> Batch:
    number, kind, time = moved.number[rows], moved.type[rows], moved.time[rows]
    product, warehouse = (
        records.ids("product", moved.product[rows]),
        records.ids("warehouse", moved.warehouse[rows] - 1),
    )
    kinds = Drawn(text.pool(stock.MOVEMENT_TYPES), kind)
    reference = _references(world, moved, rows)
    transfer = kind == stock.TRANSFER
    partner = records.ids("warehouse", moved.partner[rows][transfer] - 1)
    return records.batch(
        schema.INVENTORY,
        mode,
        {
            "inventory_id": number,
            "product_id": product,
            "warehouse_id": warehouse,
            "quantity": moved.quantity[rows],
            "movement_type": kinds,
            "movement_date": time,
            "reference_number": reference,
        },
        source="warehouse",
        ingestion=records.ingested(world.seed, "inventory", number, time, 120, 3 * 3600),
        record={
            "inventory_id": text.whole(number),
            "product_id": Quoted(product),
            "warehouse_id": Quoted(warehouse),
            "quantity": text.whole(moved.quantity[rows]),
            "movement_type": Quoted(kinds),
            "movement_date": Quoted(text.iso(time)),
            "reference_number": Quoted(reference),
        },
        extra={
            "unit": '"piece"',
            "counterpart_warehouse_id": jsonb.sometimes(transfer, text.join('"', partner, '"')),
        },
    )


def _references(world: World, moved: stock.Movements, rows: I64) -> Drawn:
    """The order for what moves with one, else a document number.

    A warehouse's stock-ins of a day are lines of one purchase order; both sides of a transfer share theirs.
    """
    order, kind, time = moved.order[rows], moved.type[rows], moved.time[rows]
    purchase = time // DAY * 4096 + moved.warehouse[rows]
    shared = np.select(
        [kind == stock.IN, kind == stock.TRANSFER],
        [purchase, moved.product[rows] * 2 + (time << 1)],
        moved.number[rows],
    )
    own, other = np.flatnonzero(order >= 0), np.flatnonzero(order < 0)
    document = (bits(world.seed, "inventory.document", shared[other]) >> np.uint64(24)).astype(np.int64)
    plain = text.join(PREFIXES[kind[other]], text.digits(document, 13))
    place = np.empty(len(order), dtype=np.int64)
    place[np.concatenate([other, own])] = np.arange(len(order))
    return Drawn(text.concat(plain, records.ids("order", order[own])), place)


PREFIXES = np.array([b"PO-", b"", b"", b"TR-", b"AD-"])
"""What a document's number begins with, by type of movement; OUT and RETURN have their order's."""
