"""raw_inventory: the warehouses' book of movements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from shardgen.columns import text
from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.nested import Picked
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.columns.values import Constant, Instant, Sometimes, Whole, Words
from shardgen.model.keys import ORDER, PRODUCT, WAREHOUSE, KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, bronze_table, by_all, by_key
from shardgen.model.types import INTEGER, SERIAL, TEXT, TIMESTAMP, varchar
from shardgen.tables.spec import ByLeaves, Piece, Sizes, Slice, TableSpec, ranges
from shardgen.tables.statements import beside
from shardgen.world import World, estimates, flows, movements, spans, stock
from shardgen.world.demand import DAY, HOUR, midnight
from shardgen.world.rng import below, bits


def rows(wanted: Slice) -> Iterator[Batch]:
    """Movements of the slice, a whole leaf at a time or a part of one, as far as they happened before its end.

    What a warehouse needs follows from all orders of the day. So each part of a day makes the whole of it, 2 us for a
    movement; a day is in parts above five million movements only, some 40,000 times those of the usual world.
    """
    start, stop = max(wanted.start, wanted.since), min(wanted.stop, wanted.end)
    for leaf in spans.LEAVES.between(wanted.world.config, wanted.start, wanted.stop):
        for moved in stock.movements(wanted.world, leaf):
            happened = np.flatnonzero((moved.time >= start) & (moved.time < stop))
            for low, high in ranges(0, len(happened), wanted.rows):
                some = happened[low:high]
                yield from wanted.once(_batch(wanted.world, wanted.raw_data, moved, some), moved.time[some])


def _batch(world: World, mode: str, moved: movements.Movements, rows_: I64) -> Batch:
    number, kind, time = moved.number[rows_], moved.type[rows_], moved.time[rows_]
    transfer = kind == movements.TRANSFER
    partner = ids(WAREHOUSE, moved.partner[rows_][transfer] - 1)
    return batch(
        INVENTORY.table,
        mode,
        {
            "inventory_id": Whole(number),
            "product_id": Words(ids(PRODUCT, moved.product[rows_])),
            "warehouse_id": Words(ids(WAREHOUSE, moved.warehouse[rows_] - 1)),
            "quantity": Whole(moved.quantity[rows_]),
            "movement_type": Words(Drawn(text.words(movements.MOVEMENT_TYPES), kind)),
            "movement_date": Instant(time),
            "reference_number": Words(_references(world, moved, rows_)),
        },
        numbers=number,
        ingestion=ingested(world.seed, "inventory", number, time, 120, 3 * 3600),
        extra={
            "unit": Constant("piece"),
            "reason": _reasons(world, number, kind, moved.quantity[rows_]),
            "counterpart_warehouse_id": Sometimes(transfer, Words(partner)),
        },
    )


def _reasons(world: World, number: I64, kind: I64, quantity: I64) -> Picked:
    """Why stock is corrected.

    It was counted; a shelf is emptied until something is cleared up, or for good; there is too much: a piece or two
    that came back cannot be sold, and more goes back to whom it was bought from.
    """
    which, rows = np.full(len(number), -1), np.flatnonzero(kind == movements.ADJUSTMENT)
    number, few = number[rows], quantity[rows] >= -FEW
    of_cell, draw = number % spans.KINDS, below(world.seed, "inventory.reason", number // spans.KINDS, 1 << 20)
    which[rows] = np.select(
        [
            of_cell == kind_of
            for kind_of in (movements.CORRECTION, movements.HELD, movements.RELEASED, movements.WRITTEN_OFF)
        ],
        [
            COUNTED,
            HELD + draw % len(CLEARED_UP),
            HELD + len(CLEARED_UP) + draw % len(CLEARED_UP),
            BAD + draw % len(FOR_GOOD),
        ],
        np.where(few, UNSALEABLE, SENT_BACK),
    )
    return Picked(Words(text.words(REASONS)), which)


def _references(world: World, moved: movements.Movements, rows_: I64) -> Drawn:
    """The order for what moves with one, else a document number.

    A warehouse's stock-ins of a day are lines of one purchase order; both sides of a transfer share theirs, and so do
    what is set aside and what of it is put back.
    """
    order, kind, time = moved.order[rows_], moved.type[rows_], moved.time[rows_]
    purchase = time // DAY * 4096 + moved.warehouse[rows_]
    shared = np.select(
        [kind == movements.IN, kind == movements.TRANSFER],
        [purchase, moved.product[rows_] * 2 + (time << 1)],
        moved.number[rows_]
        + (moved.number[rows_] % spans.KINDS == movements.RELEASED) * (movements.HELD - movements.RELEASED),
    )
    own, other = np.flatnonzero(order >= 0), np.flatnonzero(order < 0)
    document = (bits(world.seed, "inventory.document", shared[other]) >> np.uint64(24)).astype(np.int64)
    plain = text.join(PREFIXES[kind[other]], text.digits(document, 13))
    place = np.empty(len(order), dtype=np.int64)
    place[np.concatenate([other, own])] = np.arange(len(order))
    return Drawn(text.concat(plain, ids(ORDER, order[own])), place)


FOR_GOOD = ("damaged", "recalled", "lost")
CLEARED_UP = (("quality_hold", "released"), ("misplaced", "found"), ("blocked", "unblocked"))
"""Why a shelf is emptied, and what is said when it is filled again."""
REASONS = (
    "counted",
    "unsaleable",
    "returned_to_supplier",
    *FOR_GOOD,
    *(before for before, _ in CLEARED_UP),
    *(after for _, after in CLEARED_UP),
)
COUNTED, UNSALEABLE, SENT_BACK, BAD = range(4)
HELD = BAD + len(FOR_GOOD)
FEW = 2
"""Pieces that nobody sends back."""
PREFIXES = np.array([b"PO-", b"", b"", b"TR-", b"AD-"])
"""What a document's number begins with, by type of movement; OUT and RETURN have their order's."""


def _moving(world: World, since: int, end: int) -> tuple[int, int]:
    """The instants; none before the leaf of the opening stock."""
    first = spans.LEAVES.at(world.config, midnight(world.config.epoch) - 1)
    return max(since, first.start), end


def _estimate(world: World, cuts: Sequence[Piece], end: int) -> Iterable[float]:
    parts = [(piece.start, piece.stop) for piece in cuts]
    return estimates.movement_rows(world, estimates.sample(world, end), parts, end)


INVENTORY = TableSpec(
    table=bronze_table(
        name="inventory",
        meaning="A movement in the book of a warehouse; stock is the running sum of `quantity`, never negative.",
        source="warehouse",
        key=("inventory_id", "movement_date"),
        space=KeySpace(),
        partition_by="movement_date",
        columns=(
            Column(
                name="inventory_id",
                type=SERIAL,
                not_null=True,
                meaning="Unique; a function of what moved, so not dense",
            ),
            Column(name="product_id", type=varchar(50), not_null=True, meaning="What moved"),
            Column(
                name="warehouse_id",
                type=varchar(50),
                not_null=True,
                meaning="`WH` and 3 digits: `WH001` to the number of warehouses",
            ),
            Column(name="quantity", type=INTEGER, not_null=True, meaning="Pieces, signed: what leaves is negative"),
            Column(
                name="movement_type",
                type=varchar(50),
                not_null=True,
                meaning="`IN` (bought), `OUT` (shipped), `RETURN`, `TRANSFER` (in pairs), `ADJUSTMENT` (counted)",
            ),
            Column(
                name="movement_date",
                type=TIMESTAMP,
                not_null=True,
                meaning="When it moved, UTC: of OUT the time of shipping, of RETURN that of the return",
            ),
            Column(
                name="reference_number",
                type=varchar(100),
                meaning="OUT and RETURN: the order's id; else a document number, shared by both sides of a TRANSFER",
            ),
        ),
        extra={
            "unit": Key("`piece`", TEXT),
            "reason": Key(
                "ADJUSTMENT only: `counted`; `unsaleable` or `returned_to_supplier`; `quality_hold`, `misplaced` or "
                "`blocked`, which empty a shelf until what lay there is `released`, `found` or `unblocked`; `damaged`, "
                "`recalled` or `lost`: all of it, for good",
                TEXT,
                missing="absent",
            ),
            "counterpart_warehouse_id": Key("TRANSFER only: the warehouse on the other side", TEXT, missing="absent"),
        },
        indexes=(
            *by_key("product_id", "warehouse_id", "movement_date"),
            *by_all("movement_type", "reference_number"),
        ),
    ),
    cut=ByLeaves(leaves=spans.LEAVES, early=True, estimate=_estimate, weight=flows.expected),
    rows=rows,
    changed=_moving,
    lag=3 * HOUR,
    laws=beside(__package__, "laws/l03.sql", "laws/l16.sql"),
    sizes=Sizes(
        copy={"full": 340, "lean": 130, "none": 110},
        heap={"full": 374, "lean": 138, "none": 120},
        indexes={
            "pkey": 31.5,
            "product_id": 11,
            "warehouse_id": 7.2,
            "movement_date": 18.5,
            "movement_type": 7.2,
            "reference_number": 16,
            "source_system": 7.2,
            "ingestion_timestamp": 22.5,
        },
    ),
    counts_first=True,
    greatest=spans.max_number,
)
