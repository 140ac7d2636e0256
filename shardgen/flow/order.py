"""Changes of several tables in the order in which bronze got them, in a memory that does not grow with the window.

Bronze gets a change when it happens or later, never before. So what happened in a stretch of time is made, and what
bronze got before the stretch's end is told; the rest waits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shardgen.flow.records import FIELDS, Source
from shardgen.world.demand import DAY, HOUR
from shardgen.world.rng import I64

ROWS: Final = 60_000
"""About how many changes a stretch should hold: to find them has a price of its own, which is then small."""
BATCH_ROWS: Final = 8_192
LONGEST: Final = 31 * DAY


def in_order(
    source: Source, tables: Sequence[str], since: int, end: int, *, first: int, a_day: float
) -> Iterator[pa.Table]:
    """The changes in [since, end), some at a time.

    Changes that bronze got at one instant are in the order of the tables, then of their own instants.

    Args:
        source: of them.
        tables: in the order of the story.
        since, end: microseconds UTC.
        first: the instant from which on changes belong to the first stretch: ``since``, or before the shop opened.
        a_day: about how many changes there are in a day, which decides how long the stretches are.
    """
    waiting, step = FIELDS.empty_table(), _step(a_day)
    for start in range(since, end, step):
        stop = min(start + step, end)
        begins = first if start == since else start
        made = [batch for table in tables for batch in source.changes(table, begins, stop, BATCH_ROWS)]
        every = pa.concat_tables([waiting, pa.Table.from_batches(made, FIELDS)])
        got = _instants(every, "ingestion_timestamp")
        order = np.lexsort((_instants(every, "changed_at"), _ranks(every, tables), got))
        told = np.searchsorted(got[order], stop) if stop < end else len(order)
        for low in range(0, told, BATCH_ROWS):
            yield every.take(pa.array(order[low : min(low + BATCH_ROWS, told)]))
        waiting = every.take(pa.array(np.sort(order[told:])))


def _instants(changes: pa.Table, column: str) -> I64:
    return changes[column].cast(pa.int64()).to_numpy()


def _ranks(changes: pa.Table, tables: Sequence[str]) -> I64:
    return pc.index_in(changes["table"], pa.array(tables, pa.string())).to_numpy()


def _step(a_day: float) -> int:
    """Whole hours with about so many changes."""
    hours = int(ROWS * 24 / max(a_day, 1))
    return min(max(1, hours) * HOUR, LONGEST)
