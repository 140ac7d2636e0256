"""What a load takes on disk, by table: heap, TOAST and indexes. Pure arithmetic over a plan.

The figures were measured on the embedded server (PostgreSQL 18.4, pages of 8 KiB), with worlds of 868 to 5.2 million
events in all modes of --raw-data and --indexes: mean tuples and index entries were the same within 3 % from some
thousand rows on, and pages account for the rest. ``tests/integration/test_sizing.py`` compares them with a server.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from shardgen.planning import Plan, Shard
from shardgen.schema import TABLES

PAGE: Final = 8192
EXTENSION: Final = 64
"""Pages by which COPY makes a heap grow at most (PostgreSQL 16+: MAX_BUFFERS_TO_EXTEND_BY)."""
FLUSH: Final = 1000
"""Rows that COPY gathers before it writes them (MAX_BUFFERED_TUPLES)."""
FSM_PAGES: Final = 3
"""Of the free space map of a plain table that has a second page; a frozen leaf has none until it is vacuumed."""
HEAP_PAGES_OF_A_VM_PAGE: Final = 32_672
"""Heap pages for which a page of the visibility map stands; COPY FREEZE writes it."""
INTERLEAVED: Final = 1.33
"""What the primary key of a plain table grows by where several shards insert into it at the same time: their pages are
split in the middle, not at the end. Measured with two workers and four shards of sessions."""

HEAP_BYTES: Final = {
    "customers": {"full": 1026, "lean": 480, "none": 411},
    "products": {"full": 1638, "lean": 748, "none": 683},
    "orders": {"full": 1671, "lean": 1353, "none": 374},
    "inventory": {"full": 374, "lean": 138, "none": 120},
    "reviews": {"full": 847, "lean": 364, "none": 331},
    "sessions": {"full": 1170, "lean": 512, "none": 286},
    "clickstream": {"full": 1015, "lean": 474, "none": 407},
}
"""Heap bytes of a mean row by table and --raw-data, with its share of the page's header and rest: the used pages over
the rows. No row is moved to TOAST: orders beyond 2 kB are compressed in place, and all others are shorter."""

INDEX_BYTES: Final = {
    "customers": {
        "pkey": 31.5,
        "registration_date": 22.5,
        "email": 52,
        "source_system": 7,
        "ingestion_timestamp": 22.5,
    },
    "products": {
        "pkey": 32.7,
        "category": 8,
        "supplier_id": 10,
        "sku": 32.7,
        "source_system": 8,
        "ingestion_timestamp": 23,
    },
    "orders": {
        "pkey": 41,
        "customer_id": 21,
        "order_date": 23.3,
        "status": 7.6,
        "source_system": 7.6,
        "ingestion_timestamp": 23.3,
    },
    "inventory": {
        "pkey": 31.5,
        "product_id": 11,
        "warehouse_id": 7.2,
        "movement_date": 18.5,
        "movement_type": 7.2,
        "reference_number": 16,
        "source_system": 7.2,
        "ingestion_timestamp": 22.5,
    },
    "reviews": {
        "pkey": 31.4,
        "product_id": 10,
        "customer_id": 11.8,
        "review_date": 22.6,
        "rating": 7,
        "source_system": 7,
        "ingestion_timestamp": 22.6,
    },
    "sessions": {
        "pkey": 41,
        "user_id": 7.7,
        "start_time": 22.4,
        "device_type": 7,
        "source_system": 7,
        "ingestion_timestamp": 22.4,
    },
    "clickstream": {
        "pkey": 31.5,
        "session_id": 9.4,
        "user_id": 7.1,
        "event_timestamp": 22.4,
        "event_type": 7,
        "source_system": 7,
        "ingestion_timestamp": 22.4,
    },
}
"""Bytes of a B-tree's leaf pages for a row. Equal keys share an entry, so what repeats takes 7 bytes (of 6 a row, at a
fill factor of 90 %), a timestamp 22, an id that is unique 31 or 41."""

GIN_BYTES: Final = {
    "address": (622, 0.92),
    "attributes": (5000, 0.56),
    "review_text": (617, 0.78),
    "location": (161, 0.85),
    "device_info": (147, 0.84),
}
"""Factor and exponent of a GIN index's bytes over the rows of its relation: words come back, so it grows more slowly
than they do. Measured at four or five sizes of each, and within 20 % of them from a thousand rows on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Bytes on disk."""

    heap: int = 0
    """The rows, with free space map and visibility map."""
    toast: int = 0
    """TOAST tables with their indexes."""
    indexes: int = 0
    """Primary key and secondary indexes."""

    @property
    def total(self) -> int:
        """What pg_total_relation_size tells."""
        return self.heap + self.toast + self.indexes

    def __add__(self, other: Self) -> Size:
        """Both together."""
        return Size(heap=self.heap + other.heap, toast=self.toast + other.toast, indexes=self.indexes + other.indexes)


def sizes(plan: Plan) -> dict[str, Size]:
    """What each table of a plan will take, partitions included."""
    return {table: _table(plan, table) for table in plan.config.tables}


def _table(plan: Plan, table: str) -> Size:
    shards = plan.of(table)
    if not TABLES[table].partitioned:
        return _relation(plan, table, shards)
    return sum((_relation(plan, table, [shard]) for shard in shards), start=Size())


def _relation(plan: Plan, table: str, shards: Sequence[Shard]) -> Size:
    """A plain table, or a leaf."""
    rows = sum(shard.rows for shard in shards)
    tuple_bytes = HEAP_BYTES[table][plan.config.raw_data]
    heap = sum(_heap_pages(shard.rows, tuple_bytes) for shard in shards)
    maps = math.ceil(heap / HEAP_PAGES_OF_A_VM_PAGE) if TABLES[table].partitioned else FSM_PAGES * (heap > 1)
    return Size(
        heap=(heap + maps) * PAGE,
        toast=PAGE,  # the first page of its index: the TOAST table itself stays empty
        indexes=_index_pages(plan, table, rows, crowded=len(shards) > 1) * PAGE,
    )


def _heap_pages(rows: int, tuple_bytes: float) -> int:
    """Pages that one COPY adds: each time it needs some, it takes at least as many as it has taken so far."""
    have, written = 0, 0
    while written < rows and have < EXTENSION:
        written = min(rows, written + FLUSH)
        while (needed := math.ceil(written * tuple_bytes / PAGE)) > have:
            have += min(EXTENSION, max(needed - have, have))
    missing = math.ceil(rows * tuple_bytes / PAGE) - have
    return have + max(0, math.ceil(missing / EXTENSION)) * EXTENSION


def _index_pages(plan: Plan, table: str, rows: int, *, crowded: bool) -> int:
    key = INDEX_BYTES[table]["pkey"] * (INTERLEAVED if crowded else 1)
    pages = _btree_pages(rows * key, rows)
    for index in TABLES[table].indexes_for(plan.config.indexes):
        if index.method == "gin":
            factor, exponent = GIN_BYTES[index.suffix]
            pages += 2 + math.ceil(factor * rows**exponent / PAGE) if rows else 2
        else:
            pages += _btree_pages(rows * INDEX_BYTES[table][index.suffix], rows)
    return pages


def _btree_pages(size: float, rows: int) -> int:
    """The leaf pages, the root above them where there are several, and the page that every B-tree begins with.

    The last leaf is half empty in the mean, and so it was when the entries were measured: hence it is rounded.
    """
    leaves = max(round(size / PAGE), min(rows, 1))
    return 1 + leaves + (leaves > 1)
