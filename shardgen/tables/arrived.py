"""Rows of a plan that is cut by arrival: what bronze has got before an instant, whatever has happened by then.

All changes of a record are known to bronze after the same lag, so they come in order. What has happened and has not
arrived lies within the longest lag before the instant: its records are found by their versions, and stand as they did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from shardgen.columns.batch import Batch, Batches, Record, Spliced, chosen, unversioned, versioned
from shardgen.model.config import PlanConfig
from shardgen.model.played import DELETE, micros
from shardgen.tables.spec import Slice, TableSpec
from shardgen.world.rng import I64
from shardgen.world.versions import BEGINNING, Versions

_ALL: Final = 1 << 40
"""Rows: more than a batch has, so that there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What bronze gets in [since, until); microseconds UTC."""

    since: int
    until: int

    @classmethod
    def of(cls, plan: PlanConfig) -> Reach:
        """That of a plan; of a whole history all that bronze gets before its end."""
        return cls(since=micros(plan.opens) if plan.opens else BEGINNING, until=micros(plan.closes))


def rows(spec: TableSpec, wanted: Slice, reach: Reach, *, revised: bool, apart: bool = False) -> Iterator[Batches]:
    """The rows of a slice in order of their keys.

    Args:
        spec: of the table.
        wanted: up to the midnight at or after the end of what is asked for.
        reach: what is asked for.
        revised: whether the slice is of records some of which were there before.
        apart: whether rows that stand as they did are batches of their own, for whom cannot splice types of JSON.
    """
    if wanted.versions:
        return versions(spec, wanted, reach)
    if revised:
        return standing(spec, wanted, reach, at=reach.until)
    return _latest(spec, wanted, reach.until, apart=apart)


def versions(spec: TableSpec, wanted: Slice, reach: Reach) -> Iterator[Batch]:
    """The versions that bronze gets."""
    asked = replace(wanted, history="versions")
    if reach.since == BEGINNING:
        return _got(map(versioned, spec.rows(asked)), reach)
    return _got(spec.versions(replace(asked, since=reach.since - spec.lag)), reach)


def standing(spec: TableSpec, wanted: Slice, reach: Reach, *, at: int) -> Iterator[Batch]:
    """The records of which bronze gets changes, as it has them at an instant, if it has.

    Args:
        at: an end of the reach.
    """
    if spec.history is None:  # records of one version: none was there before it arrived
        return map(unversioned, versions(spec, wanted, reach)) if at == reach.until else iter(())
    parts = (replace(wanted, start=low, stop=high) for low, high in wanted.ranges())
    return (made for part in parts for made in _standing(spec, part, _changing(spec, part, reach), at))


def unchanged(spec: TableSpec, wanted: Slice, reach: Reach, *, back: int) -> Iterator[Batch]:
    """The records of which bronze got something shortly before a reach, or what it got, as far as they still stand.

    Args:
        reach: what changes in it is left out where records have one row each.
        back: how long before it, in microseconds.
    """
    if not back:
        return
    shortly = Reach(since=reach.since - back, until=reach.since)
    if wanted.versions or spec.history is None:
        for made in versions(spec, replace(wanted, end=reach.since), shortly):
            yield made if wanted.versions else unversioned(made)
        return
    for low, high in wanted.ranges():
        part = replace(wanted, start=low, stop=high)
        keys = _changing(spec, replace(part, end=reach.since), shortly)
        yield from _standing(spec, part, np.setdiff1d(keys, _changing(spec, part, reach)), reach.since)


def pending(spec: TableSpec, wanted: Slice, until: int) -> Iterator[Batch]:
    """The versions of changes before the end of a slice that bronze gets at an instant or after it."""
    start, stop = spec.changing(wanted.world, until - spec.lag, wanted.end, closely=True)
    start, stop = max(start, wanted.start), min(stop, wanted.stop)
    if start >= stop:
        return iter(())
    asked = replace(wanted, start=start, stop=stop, history="versions", since=until - spec.lag)
    return _got(spec.versions(asked), Reach(since=until, until=-BEGINNING))


def _latest(spec: TableSpec, wanted: Slice, until: int, *, apart: bool) -> Iterator[Batches]:
    if spec.history is None:
        yield from _got(spec.rows(wanted), Reach(since=BEGINNING, until=until))
        return
    start, stop = spec.changing(wanted.world, until - spec.lag, wanted.end)
    low, high = (min(max(each, wanted.start), wanted.stop) for each in (start, stop))
    if wanted.start < low:
        yield from spec.rows(replace(wanted, stop=low))
    for first, last in replace(wanted, start=low, stop=high).ranges():
        part = replace(wanted, start=first, stop=last)
        yield from _together(spec, part, until, apart=apart)
    if high < wanted.stop:
        yield from spec.rows(replace(wanted, start=max(low, high)))


def _together(spec: TableSpec, part: Slice, until: int, *, apart: bool) -> Iterator[Batches]:
    """Of some records those that stand as they do at the end, and those that stand as they did."""
    late = _numbers(pending(spec, part, until))
    waiting = list(_standing(spec, part, late, until))
    for made in spec.rows(part):
        now: Batch | None = chosen(made, np.flatnonzero(~np.isin(made.numbers, late))) if len(late) else made
        while waiting and waiting[0].numbers[0] <= made.numbers[-1]:
            here, rest = _cut(waiting.pop(0), made.numbers[-1])
            assert here is not None
            waiting[:0] = [rest] if rest is not None else []
            before, now = _cut(now, here.numbers[-1])
            yield from _merged(before, here, apart=apart)
        if now is not None and now.num_rows:
            yield now
    yield from waiting


def _cut(rows_: Batch | None, last: int) -> tuple[Batch | None, Batch | None]:
    """Rows with keys up to a number, and those after it; None for none."""
    if rows_ is None:
        return None, None
    at = int(np.searchsorted(rows_.numbers, last, "right"))
    first, second = np.arange(at), np.arange(at, rows_.num_rows)
    return (chosen(rows_, first) if len(first) else None, chosen(rows_, second) if len(second) else None)


def _merged(some: Batch | None, others: Batch, *, apart: bool) -> Iterator[Batches]:
    """Rows of two batches in the order of their keys."""
    if some is None:
        yield others
        return
    order = np.argsort(np.append(some.numbers, others.numbers))
    if not apart:
        yield Spliced(first=some, second=others, order=order)
        return
    second = order >= some.num_rows
    for low, high in pairwise([0, *(np.flatnonzero(np.diff(second)) + 1).tolist(), len(order)]):
        part = order[low:high]
        yield chosen(others, part - some.num_rows) if second[low] else chosen(some, part)


def _standing(spec: TableSpec, part: Slice, keys: I64, at: int) -> Iterator[Batch]:
    """The records of some keys as bronze has them at an instant, in one batch, if it has any."""
    if not len(keys):
        return
    cut = np.unique(keys // spec.table.space.children)
    whole = replace(part, start=int(cut[0]), stop=int(cut[-1]) + 1, only=cut, history="versions", rows=_ALL)
    for made in spec.rows(whole):
        known, told = _told(made)
        here = np.flatnonzero(np.isin(known.numbers, keys) & (known.ingestion < at))
        newest = here[np.append(known.numbers[here][1:] != known.numbers[here][:-1], True)[: len(here)]]
        there = newest[told.operation[newest] != DELETE]
        if len(there):
            yield unversioned(chosen(made, there))


@lru_cache(maxsize=64)
def _changing(spec: TableSpec, part: Slice, reach: Reach) -> I64:
    """Numbers of the keys of which bronze gets something, each once and in order."""
    return _numbers(versions(spec, part, reach))


def _numbers(made: Iterator[Batch]) -> I64:
    return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(each.numbers for each in made)]))


def _got(made: Iterator[Batch], reach: Reach) -> Iterator[Batch]:
    """Those of some rows that bronze gets."""
    for each in made:
        assert each.record is not None
        got = each.record.ingestion
        which = np.flatnonzero((got >= reach.since) & (got < reach.until))
        if len(which):
            yield each if len(which) == len(got) else chosen(each, which)


def _told(made: Batch) -> tuple[Record, Versions]:
    known = made.record
    assert known is not None
    assert known.versions is not None
    return known, known.versions
