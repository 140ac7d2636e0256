"""Facts of some rows out of facts of more: each row once, several times or not at all, with what belongs to it."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

import numpy as np

from shardgen.world.rng import I64

if TYPE_CHECKING:

    class DataclassInstance(Protocol):
        """A dataclass's, of whichever."""

        __dataclass_fields__: ClassVar[dict[str, Any]]

    class Belongings(DataclassInstance, Protocol):
        """What belongs to rows, row by row."""

        @property
        def starts(self) -> I64:
            """The first of each row."""

        @property
        def order(self) -> I64:
            """The row that each belongs to."""


Facts = TypeVar("Facts", bound="DataclassInstance")
Children = TypeVar("Children", bound="Belongings")


def picked(facts: Facts, rows: I64, **others: I64) -> Facts:
    """The facts of some rows.

    Args:
        facts: arrays with an entry for each row, and facts of such arrays.
        rows: which, in the order wanted.
        others: rows of arrays that have entries for something else, by their names.
    """
    return replace(
        facts, **{each.name: _taken(getattr(facts, each.name), others.get(each.name, rows)) for each in fields(facts)}
    )


def _taken(values: Any, rows: I64) -> Any:
    return picked(values, rows) if is_dataclass(values) and not isinstance(values, type) else values[rows]


def with_children(facts: Children, rows: I64) -> tuple[Children, I64]:
    """What belongs to some rows, such as the items of orders.

    Returns:
        the facts; which of those before each is.
    """
    counts = np.diff(np.append(facts.starts, len(facts.order)))[rows]
    starts = np.cumsum(counts) - counts
    row = np.repeat(np.arange(len(rows)), counts)
    which = np.arange(len(row)) + (facts.starts[rows] - starts)[row]
    return replace(picked(facts, which, starts=rows), starts=starts, order=row), which
