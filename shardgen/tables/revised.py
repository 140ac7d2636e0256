"""Of a window the records that were there before it: those that change in it, as they stood and as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from shardgen.columns.batch import Batch, chosen, unversioned
from shardgen.tables.spec import Slice, TableSpec
from shardgen.world.rng import I64


def versions(spec: TableSpec, wanted: Slice, *, since: int) -> Iterator[Batch]:
    """What changes of the records of a slice from an instant to its end, a row for each change."""
    return spec.versions(replace(wanted, history="versions", since=since))


def standing(spec: TableSpec, wanted: Slice, *, since: int, at: int) -> Iterator[Batch]:
    """The records of a slice that change from an instant to its end, as they stand at another, if they are there.

    Args:
        since: from when on changes count.
        at: when they are looked at.
    """
    for low, high in wanted.ranges():
        part = replace(wanted, start=low, stop=high)
        keys = _changing(spec, part, since)
        if len(keys):
            yield from _standing(spec, part, keys, at)


def unchanged(spec: TableSpec, wanted: Slice, *, since: int, back: int) -> Iterator[Batch]:
    """The records of a slice that changed shortly before an instant, or their changes, as far as they still stand.

    Args:
        since: the instant; what changes from then on is left out where records have one row each.
        back: how long before it, in microseconds.
    """
    if not back:
        return
    if wanted.versions or spec.history is None:
        for made in versions(spec, replace(wanted, end=since), since=since - back):
            yield made if wanted.versions else unversioned(made)
        return
    for low, high in wanted.ranges():
        part = replace(wanted, start=low, stop=high)
        keys = np.setdiff1d(_changing(spec, part, since - back), _changing(spec, part, since))
        if len(keys):
            yield from _standing(spec, part, keys, wanted.end)


@lru_cache(maxsize=64)
def _changing(spec: TableSpec, wanted: Slice, since: int) -> I64:
    """Numbers of the keys of which something changes, each once and in order; it is asked of before and of after."""
    found = [batch.numbers for batch in versions(spec, wanted, since=since)]
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def _standing(spec: TableSpec, wanted: Slice, keys: I64, at: int) -> Iterator[Batch]:
    numbers = np.unique(keys // spec.table.space.children)
    some = replace(wanted, start=int(numbers[0]), stop=int(numbers[-1]) + 1, end=at, only=numbers)
    for made in spec.rows(some):
        which = np.flatnonzero(np.isin(made.numbers, keys))
        if len(which):
            yield made if len(which) == made.num_rows else chosen(made, which)
