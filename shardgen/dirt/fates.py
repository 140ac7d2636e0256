"""What becomes of the rows of a batch: which are made anew, come again, late or never, and in which order.

It is worked out of the rows that are struck: of arrays as long as the batch there are as few and as narrow as can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shardgen.dirt.drawing import AGAIN, LATE, LOST, Delivered, Drawing
from shardgen.dirt.units import Rows
from shardgen.world.rng import I64

NEVER: Final = np.iinfo(np.int64).max
_MORE: Final = np.array([0, 1, 0, -1])
"""How many rows more are written where one is delivered once and in time, AGAIN, LATE or LOST."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class When:
    """Up to when what dirt holds back is there; instants in microseconds UTC."""

    until: int | I64 = NEVER
    """What comes late, or once more and later, is not there yet if it comes at this instant or after it; or an instant
    for each row."""
    since: int | None = None
    """Only what was held back and comes from this instant on, where all else is there already."""

    def until_of(self, rows: I64) -> int | I64:
        """The instant of some rows."""
        return self.until[rows] if isinstance(self.until, np.ndarray) else self.until


ALWAYS: Final = When()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What becomes of the rows of a batch."""

    take: I64
    """Rows that new ones are made of, some perhaps twice."""
    edit: I64
    """Kind of edit of each of them, -1 for none."""
    deliver: I64
    """Kind of delivery of each, -1 for none."""
    lag: I64
    """Microseconds, of each."""
    second: NDArray[np.bool_]
    """Which of them are deliveries of what is there already."""
    order: I64
    """Positions in the rows of the batch and in these, end to end, as they are written."""
    missing: I64
    """Rows that are not written."""
    why: I64
    """Kind of delivery of each of those."""


def planned(drawing: Drawing, rows: Rows, when: When = ALWAYS, *, told: bool = False) -> Plan | None:
    """What becomes of rows; None where nothing does.

    Args:
        drawing: which are struck.
        rows: of a batch.
        when: up to when what is held back is there.
        told: whether each row is wanted once, however it is delivered.
    """
    edited, delivered = drawing.edited(rows), _delivered(drawing, rows, when, told=told)
    if when.since is None and not len(edited.row) and not len(delivered.row):
        return None
    count = len(rows.number)
    edit = np.full(count, -1, dtype=np.int16)
    edit[edited.row] = edited.kind
    if when.since is not None:
        return _of_held_back(edit, delivered)
    does = np.zeros(count, dtype=np.int8)
    does[delivered.row] = delivered.does
    again, late, lost = (delivered.only(delivered.does == each) for each in (AGAIN, LATE, LOST))
    main = np.concatenate([edited.row[does[edited.row] < LATE], late.row])
    main.sort(kind="stable")  # two runs, which it merges
    deliver, lag = np.full(len(main), -1), np.zeros(len(main), dtype=np.int64)
    delayed = main.searchsorted(late.row)
    deliver[delayed], lag[delayed] = late.kind, late.lag
    take = np.concatenate([main, again.row])
    return Plan(
        take=take,
        edit=edit[take].astype(np.int64),
        deliver=np.concatenate([deliver, again.kind]),
        lag=np.concatenate([lag, again.lag]),
        second=np.arange(len(take)) >= len(main),
        order=_order(count, main, delivered),
        missing=lost.row,
        why=lost.kind,
    )


def _delivered(drawing: Drawing, rows: Rows, when: When, *, told: bool) -> Delivered:
    """Rows that are delivered in another way, and what becomes of each by then."""
    found = drawing.delivered(rows)
    comes, held_back = rows.ingestion[found.row] + found.lag, found.lag > 0
    due = (comes < when.until_of(found.row)) | ~held_back
    if when.since is not None:
        return found.only(due & held_back & (comes >= when.since))
    late = found.does == LATE
    if told:
        return found.only(late & due)
    found.does[late & ~due] = LOST
    return found.only(due | (found.does != AGAIN))


def _of_held_back(edit: NDArray[np.int16], delivered: Delivered) -> Plan:
    """Rows that come where all others are there already.

    Args:
        edit: kind of edit of each row of the batch, -1 for none.
        delivered: those that come.
    """
    nothing = np.zeros(0, dtype=np.int64)
    return Plan(
        take=delivered.row,
        edit=edit[delivered.row].astype(np.int64),
        deliver=delivered.kind,
        lag=delivered.lag,
        second=np.ones(len(delivered.row), dtype=np.bool_),
        order=len(edit) + np.arange(len(delivered.row)),
        missing=nothing,
        why=nothing,
    )


def _order(count: int, main: I64, delivered: Delivered) -> I64:
    """See Plan.order; as sums of steps from row to row, in half the time of an insert and a delete.

    Args:
        count: of rows of the batch.
        main: those that new ones stand for.
        delivered: those that are delivered in another way.
    """
    more = np.zeros(len(delivered.row) + 1, dtype=np.int64)
    _MORE[delivered.does].cumsum(out=more[1:])
    place = delivered.row + more[:-1]  # where each is written, or what follows it where it is not
    again, lost = place[delivered.does == AGAIN] + 1, place[delivered.does == LOST]
    steps = np.ones(count + more[-1], dtype=np.int64)
    steps[:1] = 0
    steps[again] = 0
    np.add.at(steps, lost[lost < len(steps)], 1)  # several may follow each other
    order = steps.cumsum(out=steps)
    order[main + more[delivered.row.searchsorted(main)]] = count + np.arange(len(main))
    order[again] = count + len(main) + np.arange(len(again))
    return order
