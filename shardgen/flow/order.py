"""Changes of several tables in the order in which bronze got them, in a memory that does not grow with the window.

Bronze gets a change when it happens or later, never before. So each table's changes are made a stretch of time after
the other, always of the table that is furthest behind; what bronze got before the instant up to which all tables are
made is told, and the rest waits. Tables with few changes have long stretches: to find changes has a price of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from shardgen.columns.pieces import rearranged
from shardgen.world.demand import DAY, HOUR
from shardgen.world.rng import I64

ROWS: Final = 10_000
"""About how many changes a stretch should hold; seven tables have as many in memory each."""
BATCH_ROWS: Final = 8_192
LONGEST: Final = 31 * DAY
AFTER_ALL: Final = np.iinfo(np.int64).max

Made: TypeAlias = Callable[[str, int, int], Iterator[pa.RecordBatch]]
"""The changes of a table in [since, end) in order of number and version; their columns have
``ingestion_timestamp`` and ``changed_at`` among them."""


class Some(NamedTuple):
    """Some changes in order; what bronze got at one instant is together."""

    rows: pa.RecordBatch
    tables: I64
    """Of each row, as a place among the tables."""
    got: I64
    """When bronze got each, microseconds UTC."""

    def __reduce__(self) -> tuple[Callable[..., Some], tuple[Any, ...]]:
        """For another process: of the rows no more than these, which are a slice of more."""
        return _again, (self.rows.schema, self.rows.serialize(), self.tables, self.got)


def _again(schema: pa.Schema, rows: pa.Buffer, tables: I64, got: I64) -> Some:
    return Some(pa.ipc.read_record_batch(rows, schema), tables, got)


def in_order(made: Made, a_day: Mapping[str, float], since: int, end: int, *, first: int) -> Iterator[Some]:
    """The changes in [since, end), some at a time.

    Changes that bronze got at one instant are in the order of the tables, then of their own instants.

    Args:
        made: makes them.
        a_day: by table, in the order of the story, about how many there are in a day.
        since, end: microseconds UTC.
        first: the instant from which on changes belong to the first stretch: ``since``, or before the shop opened.
    """
    lanes = [_Lane(table=name, step=_step(rows), known=first) for name, rows in a_day.items()]
    waiting = _Waiting()
    while (told := min(lane.known for lane in lanes)) < end:
        place = next(place for place, lane in enumerate(lanes) if lane.known == told)
        lanes[place] = lane = lanes[place].further(since, end)
        for batch in made(lane.table, told, lane.known):
            waiting.add(batch, place)
        known = min(lane.known for lane in lanes)
        yield from waiting.before(known if known < end else AFTER_ALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lane:
    """How far a table is made."""

    table: str
    step: int
    known: int
    """All that changed before it is made."""

    def further(self, since: int, end: int) -> _Lane:
        """The same after one more stretch; the first one has what was there before all stretches."""
        return replace(self, known=min(max(self.known, since) + self.step, end))


GOT, PLACE, CHANGED, BATCH, ROW = range(5)


class _Waiting:
    """Changes that are made and not told yet: batches as they were made, and an entry for each row that waits."""

    def __init__(self) -> None:
        self._entries = np.zeros((5, 0), dtype=np.int64)
        self._batches: dict[int, pa.RecordBatch] = {}
        self._added = 0

    def add(self, batch: pa.RecordBatch, place: int) -> None:
        """Take some of a table."""
        got, changed = (instants(batch, name) for name in ("ingestion_timestamp", "changed_at"))
        every = np.arange(len(got))
        constant = [np.full_like(every, each) for each in (place, self._added)]
        entries = np.stack([got, constant[0], changed, constant[1], every])
        self._entries = np.concatenate([self._entries, entries], axis=1)
        self._batches[self._added] = batch
        self._added += 1

    def before(self, until: int) -> Iterator[Some]:
        """Give away, in order, what bronze got before an instant."""
        ready = self._entries[GOT] < until
        told = self._entries[:, ready]
        told = told[:, np.lexsort((told[CHANGED], told[PLACE], told[GOT]))]
        self._entries = self._entries[:, ~ready]
        low = 0
        while low < told.shape[1]:
            last = told[GOT, min(low + BATCH_ROWS, told.shape[1]) - 1]
            high = int(np.searchsorted(told[GOT], last, "right"))
            some = told[:, low:high]
            yield Some(self._gathered(some[BATCH], some[ROW]), some[PLACE], some[GOT])
            low = high
        left = set(np.unique(self._entries[BATCH]).tolist())
        self._batches = {number: batch for number, batch in self._batches.items() if number in left}

    def _gathered(self, batch: I64, row: I64) -> pa.RecordBatch:
        """Rows of several batches; takes out of each and one of all are a third of a take out of chunks."""
        parts = [self._batches[each].take(pa.array(row[batch == each])) for each in np.unique(batch).tolist()]
        places = np.empty_like(row)
        places[np.argsort(batch, kind="stable")] = np.arange(len(row))
        return rearranged(pa.concat_batches(parts), places)


def instants(changes: pa.RecordBatch, column: str) -> I64:
    """A column of instants in microseconds UTC."""
    return changes.column(column).cast(pa.int64()).to_numpy()


def _step(a_day: float) -> int:
    """Whole hours with about so many changes."""
    hours = int(ROWS * 24 / max(a_day, 1))
    return min(max(1, hours) * HOUR, LONGEST)
