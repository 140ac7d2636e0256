"""Facts of some rows out of facts of more: each row once, several times or not at all, with what belongs to it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from shardgen.world.rng import I64

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Facts = TypeVar("Facts", bound="DataclassInstance")


def picked(facts: Facts, rows: I64, **others: I64) -> Facts:
    """The facts of some rows.

    Args:
        facts: a dataclass of arrays with an entry for each row, and of others like it.
        rows: which, in the order wanted.
        others: rows of the arrays that have entries for something else, by their names.
    """
    return replace(
        facts, **{each.name: _picked(getattr(facts, each.name), others.get(each.name, rows)) for each in fields(facts)}
    )


def _picked(values: Any, rows: I64) -> Any:
    return picked(values, rows) if is_dataclass(values) and not isinstance(values, type) else values[rows]


def children(starts: I64, total: int, rows: I64) -> tuple[I64, I64, I64]:
    """What belongs to some rows, where it lies row by row.

    Args:
        starts: the first child of each row.
        total: how many children all rows have.
        rows: which, in the order wanted.

    Returns:
        the children; the place among ``rows`` of the row that each belongs to; the first child of each of ``rows``.
    """
    counts = np.diff(np.append(starts, total))[rows]
    first = np.cumsum(counts) - counts
    row = np.repeat(np.arange(len(rows)), counts)
    return np.arange(len(row)) + (starts[rows] - first)[row], row, first
