"""What a load takes on disk, by table: heap, TOAST and indexes. Pure arithmetic over a plan.

The figures were measured on the embedded server (PostgreSQL 18.4, pages of 8 KiB), with worlds of 868 to 5.2 million
events in all modes of --raw-data and --indexes: mean tuples and index entries were the same within 3 % from some
thousand rows on, and pages account for the rest. ``tests/tables/test_sizes.py`` compares them with a server.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Self

from shardgen.model.plan import Plan, Shard
from shardgen.tables import dataset
from shardgen.tables.spec import TableSpec

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
    return {name: _table(plan, name) for name in plan.config.tables}


def _table(plan: Plan, name: str) -> Size:
    shards, spec = plan.of(name), dataset(plan.config.dataset)[name]
    if not spec.table.partitioned:
        return _relation(plan, spec, shards)
    leaves = groupby(shards, key=lambda shard: shard.leaf)
    return sum((_relation(plan, spec, list(filling)) for _, filling in leaves), start=Size())


def _relation(plan: Plan, spec: TableSpec, shards: Sequence[Shard]) -> Size:
    """A plain table, or a leaf."""
    rows = sum(shard.rows for shard in shards)
    heap = sum(
        _heap_pages(shard.rows, spec.sizes_of(plan.config.history).heap[plan.config.raw_data]) for shard in shards
    )
    maps = math.ceil(heap / HEAP_PAGES_OF_A_VM_PAGE) if spec.table.partitioned else FSM_PAGES * (heap > 1)
    return Size(
        heap=(heap + maps) * PAGE,
        toast=PAGE,  # the first page of its index: the TOAST table itself stays empty
        indexes=_index_pages(plan, spec, rows, crowded=len(shards) > 1) * PAGE,
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


def _index_pages(plan: Plan, spec: TableSpec, rows: int, *, crowded: bool) -> int:
    sizes = spec.sizes_of(plan.config.history)
    key = sizes.indexes["pkey"] * (INTERLEAVED if crowded else 1)
    pages = _btree_pages(rows * key, rows)
    for index in spec.table.indexes_for(plan.config.indexes):
        if index.kind == "order":
            pages += _btree_pages(rows * sizes.indexes[index.column], rows)
        else:
            factor, exponent = sizes.inverted[index.column]
            pages += 2 + math.ceil(factor * rows**exponent / PAGE) if rows else 2
    return pages


def _btree_pages(size: float, rows: int) -> int:
    """The leaf pages, the root above them where there are several, and the page that every B-tree begins with.

    The last leaf is half empty in the mean, and so it was when the entries were measured: hence it is rounded.
    """
    leaves = max(round(size / PAGE), min(rows, 1))
    return 1 + leaves + (leaves > 1)
