"""Which rows are struck and what becomes of them, held against the same row by row."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardgen.dirt.drawing import AGAIN, LATE, LOST, Delivered, Drawing, Struck
from shardgen.dirt.fates import Plan, When, planned
from shardgen.dirt.kind import DAY, HOUR, Delivers, Edits
from shardgen.dirt.kinds import kinds
from shardgen.dirt.units import Rows
from shardgen.world.rng import I64, below, between, bits, uniform

SEED, CHILDREN, SPAN = 5, 64, (1_700_000_000_000_000, 1_710_000_000_000_000)
NONE = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class Given:
    """A drawing whose draws are known."""

    edit: list[int]
    does: list[int]
    lag: list[int]

    def edited(self, _rows: Rows) -> Struck:
        found = [row for row, kind in enumerate(self.edit) if kind >= 0]
        return Struck(row=ints(found), kind=ints(self.edit)[found])

    def delivered(self, _rows: Rows) -> Delivered:
        found = np.flatnonzero(ints(self.does))
        lag = np.where(ints(self.does) == LOST, 0, ints(self.lag))[found]
        does = ints(self.does)[found].astype(np.int8)
        return Delivered(row=found, kind=does.astype(np.int64) + 10, lag=lag, does=does)


def ints(values: list[int]) -> I64:
    return np.array(values, dtype=np.int64)


Written = list[tuple[int, int, int, int, bool]]


def row_by_row(drawn: Given, ingestion: I64, when: When, *, told: bool) -> tuple[Written, list[tuple[int, int]]]:
    """What is written: row, kinds of edit and delivery, delay, whether it is a second one; and what is not."""
    written, missing = Written(), list[tuple[int, int]]()
    for row, (edit, does) in enumerate(zip(drawn.edit, drawn.does, strict=True)):
        lag, kind, until = (
            0 if does == LOST else drawn.lag[row],
            does + 10,
            int(np.broadcast_to(when.until, len(drawn.edit))[row]),
        )
        there = not lag or ingestion[row] + lag < until
        if when.since is not None:
            if does and lag and there and ingestion[row] + lag >= when.since:
                written.append((row, edit, kind, lag, True))
            continue
        if does == LATE and there:
            written.append((row, edit, kind, lag, False))
        elif does not in (LATE, LOST) or told:
            written.append((row, edit, -1, 0, False))
        else:
            missing.append((row, kind))
        if does == AGAIN and there and not told:
            written.append((row, edit, kind, lag, True))
    return written, missing


def told_by(plan: Plan, drawn: Given) -> tuple[Written, list[tuple[int, int]]]:
    """The same as a plan has it; rows of the batch are as they were made, so no edit is theirs."""
    count, written = len(drawn.edit), Written()
    for place in plan.order.tolist():
        at = place - count
        if at < 0:
            written.append((place, -1, -1, 0, False))
        else:
            of = (plan.take, plan.edit, plan.deliver, plan.lag)
            written.append((*(int(each[at]) for each in of), bool(plan.second[at])))  # type: ignore[arg-type]
    return written, list(zip(plan.missing.tolist(), plan.why.tolist(), strict=True))


ROW = st.tuples(
    st.integers(-1, 2), st.sampled_from([0, 0, AGAIN, LATE, LOST]), st.sampled_from([0, 1, 4]), st.integers(0, 9)
)


@given(
    st.lists(ROW, max_size=12),
    st.sampled_from([0, 5, 8, 100]),
    st.sampled_from([None, None, 3, 7]),
    st.booleans(),
    st.booleans(),
)
def test_what_becomes_of_rows_is_what_becomes_of_each_by_itself(rows, until, since, told, each):
    edit, does, lag, ingestion = ([row[place] for row in rows] for place in range(4))
    lag = [max(1, after) if what == LATE else after for what, after in zip(does, lag, strict=True)]
    drawn, told = Given(edit, does, lag), told and since is None
    ends = until + np.arange(len(rows)) % 3 if each else until
    when, of = When(until=ends, since=since), Rows(number=np.arange(len(rows)), ingestion=ints(ingestion))
    plan = planned(drawn, of, when, told=told)  # type: ignore[arg-type]
    written, missing = row_by_row(drawn, of.ingestion, when, told=told)
    if plan is None:
        assert written == [(row, -1, -1, 0, False) for row in range(len(rows))]
        return
    assert told_by(plan, drawn) == (written, missing)


DELIVERS = [kind for kind in kinds().values() if isinstance(kind, Delivers)]


def unit_of(kind: Delivers, rows: Rows, row: int) -> int:
    if kind.unit == "row":
        return int(rows.identity[row])
    if kind.unit == "visit":
        return int(rows.number[row]) // CHILDREN
    return int(rows.ingestion[row]) // {"hour": HOUR, "day": DAY}[kind.unit]


def struck(kind: Delivers, rate: float, rows: Rows, row: int) -> bool:
    """Whether a kind strikes the hour, day or visit of a row, and there the row."""
    stream = f"dirt.{kind.name}" if kind.unit == "visit" else f"dirt.t.{kind.name}"
    unit = ints([unit_of(kind, rows, row)])
    share = 1 - sum(kind.rest) / 2 if kind.rest else kind.share
    if uniform(SEED, stream, unit)[0] >= rate / share:
        return False
    if kind.part:
        return bool(kind.part(rows.number[[row]] % CHILDREN, bits(SEED, f"{stream}.part", unit))[0])
    if kind.rest:
        low, high = (int(share * HOUR) // 4096 for share in kind.rest)
        return bool(rows.ingestion[row] % HOUR >= between(SEED, f"{stream}.rest", unit, low, high)[0] * 4096)
    return True


def drawn_one_by_one(given: list[tuple[Delivers, float]], rows: Rows) -> Iterator[tuple[int, str, int]]:
    """Rows that are delivered in another way, the kind and the delay of each."""
    alone = [each for each in given if each[0].unit == "row"]
    for row in range(len(rows.number)):
        ticket = uniform(SEED, "dirt.t.delivery", rows.identity[[row]])[0]
        sums = np.cumsum([rate for _, rate in alone])
        found = [kind for (kind, _), end in zip(alone, sums, strict=True) if ticket < end][:1]
        found += [kind for kind, rate in given if kind.unit != "row" and struck(kind, rate, rows, row)]
        if found:
            kind = found[-1]
            stream = f"dirt.{kind.name}" if kind.unit == "visit" else f"dirt.t.{kind.name}"
            low, high = (end // 1000 for end in kind.lag)
            more = below(SEED, f"{stream}.lag", ints([unit_of(kind, rows, row)]), high - low)[0] if high > low else 0
            yield row, kind.name, (low + int(more)) * 1000


CHANCE = np.random.default_rng(3)
NUMBERS = np.sort(CHANCE.choice(40 * CHILDREN, 600, replace=False))
INSTANTS = SPAN[0] // DAY * DAY + CHANCE.integers(0, 3 * DAY, 600)
BATCHES = {
    "visits in a row": (NUMBERS, INSTANTS),
    "instants in order": (NUMBERS, np.sort(INSTANTS)),
    "in no order": (CHANCE.permutation(NUMBERS), INSTANTS),
    "far from each other": (NUMBERS[:40] * 1000, INSTANTS[:40] * 3 - 2 * INSTANTS[0]),
    "as many hours as rows": (np.arange(72) * CHILDREN, INSTANTS[0] // DAY * DAY + np.arange(72)[::-1] * HOUR),
    "the first and the last instant of hours": (
        np.arange(96) * 3,
        INSTANTS[0] // DAY * DAY + np.repeat(np.arange(48) * HOUR, 2) + np.tile([0, HOUR - 1], 48),
    ),
    "one": (NUMBERS[:1], INSTANTS[:1]),
    "none": (NONE, NONE),
}


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("only", ["", "row", "hour", "day", "visit"])
@pytest.mark.parametrize("rate", [0.002, 0.05])
def test_who_is_struck_is_who_is_struck_one_by_one(batch, only, rate):
    number, ingestion = BATCHES[batch]
    rows, some = Rows(number=number, ingestion=ingestion), [kind for kind in DELIVERS if only in ("", kind.unit)]
    given = [(kind, rate) for kind in some]
    drawing = Drawing(SEED, "t", given, span=SPAN, children=CHILDREN)
    found = drawing.delivered(rows)
    names = [drawing.delivers[kind][0].name for kind in found.kind.tolist()]
    assert list(zip(found.row.tolist(), names, found.lag.tolist(), strict=True)) == list(drawn_one_by_one(given, rows))
    assert found.does.tolist() == [{"again": AGAIN, "late": LATE, "never": LOST}[kinds()[name].does] for name in names]  # type: ignore[union-attr]


def test_a_share_of_more_than_all_strikes_all():
    kind = next(kind for kind in DELIVERS if kind.rest)
    number, ingestion = BATCHES["visits in a row"]
    rows = Rows(number=number, ingestion=ingestion)
    given = [(kind, 0.5)]
    found = Drawing(SEED, "t", given, span=SPAN, children=CHILDREN).delivered(rows)
    assert math.isclose(len(found.row) / len(number), 0.35, abs_tol=0.1)
    assert found.row.tolist() == [row for row, *_ in drawn_one_by_one(given, rows)]


def test_edits_begin_with_a_day_of_their_own():
    given = [(kind, 0.05) for kind in kinds().values() if isinstance(kind, Edits) and kind.since]
    number, ingestion = BATCHES["visits in a row"]
    rows, span = Rows(number=number, ingestion=ingestion), (int(ingestion.min()), int(ingestion.max()))
    drawing = Drawing(SEED, "t", given, span=span, children=CHILDREN)
    tickets, sums = uniform(SEED, "dirt.t.content", rows.identity), np.cumsum([rate for _, rate in given])
    drawn = enumerate(sums.searchsorted(tickets, side="right").tolist())
    every = [(row, kind) for row, kind in drawn if kind < len(given)]
    expected = [(row, kind) for row, kind in every if ingestion[row] >= drawing._start(given[kind][0])]
    found = drawing.edited(rows)
    assert list(zip(found.row.tolist(), found.kind.tolist(), strict=True)) == expected
    assert 0 < len(expected) < len(every)
