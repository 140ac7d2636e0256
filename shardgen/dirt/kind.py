"""What a kind of defect is: what it imitates, which rows it strikes, and what it does to them.

A kind edits what a row says (``Edits``), or decides how the row is delivered (``Delivers``): again, late or never. A
row has at most one defect of either sort. Whoever brings a kind builds on this module: what has no underscore keeps
its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

FAMILIES: Final = ("delivery", "values", "keys", "people", "events", "schema")
HOUR, DAY = 3_600_000_000, 86_400_000_000
"""Microseconds."""


class _Gone:
    """The place of a key that is not there; one of a kind, also after it has been pickled."""

    def __repr__(self) -> str:
        return "GONE"

    def __reduce__(self) -> str:
        return "GONE"


GONE: Final = _Gone()
"""Of a key of ``raw_data``: it is not there, which is something else than null."""


class Row(Protocol):
    """A clean row, as a kind sees it."""

    @property
    def table(self) -> str:
        """Its name."""
        ...

    def __getitem__(self, name: str) -> Any:
        """A column's value, or that of a key of raw_data that no column repeats; GONE where it has none.

        Numbers with decimals are Decimal, times datetime, days date; JSON is parsed.
        """
        ...

    @property
    def number(self) -> int:
        """Of its record, counted from 0."""
        ...

    @property
    def before(self) -> Row | None:
        """The record with the number before, as it was first known; None where there is none, and where a kind does
        not ask for it.
        """
        ...


class Draw(Protocol):
    """Chance of one row and one kind; each call is the next draw."""

    def below(self, bound: int) -> int:
        """A whole number from 0 to below the bound."""
        ...

    def of(self, choices: Sequence[Any]) -> Any:
        """One of them."""
        ...


Edit: TypeAlias = Callable[[Row, Draw], Mapping[str, Any]]
"""New values by place; none where the row has nothing that the kind could spoil.

A place is a column, whose copy in ``raw_data`` gets the value, too, or ``raw_data.KEY``, of which no column knows. What
a column's type cannot hold stands in ``raw_data`` alone, and the column is null.
"""


Part: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.uint64]], NDArray[np.bool_]]
"""Which events of visits are struck, by their places in them, counted from 1, and a word of chance of each visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of defect."""

    name: str
    family: str
    """One of FAMILIES."""
    imitates: str
    """What it imitates, in a line."""
    seen: str
    """Where it is seen in practice."""
    sees: str
    """Who would notice it, and by what."""
    weights: Mapping[str, float]
    """Tables that it strikes; how often, compared with the other kinds of the table, where a preset is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits(Kind):
    """A kind that changes what a row says."""

    edit: Edit
    since: tuple[float, float] | None = None
    """Between which shares of the horizon lies the day from which on it occurs; None for all of the time."""
    before: bool = False
    """Whether it looks at the record before, which has to be made for it."""
    breaks: frozenset[str] = field(default_factory=frozenset)
    """What a table must not ask for: ``"key"`` where it touches the id, ``"reference"`` where it touches another one,
    ``"not_null"``, ``"check"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivers(Kind):
    """A kind that changes when, how often or whether a row is delivered."""

    does: Literal["again", "late", "never"]
    unit: Literal["row", "hour", "day", "visit"] = "row"
    """What is struck at once: a row, all rows of a table that are ingested in an hour or a day, or a session with its
    events; of that, the same visits in all tables.
    """
    lag: tuple[int, int] = (0, 0)
    """Least and greatest delay in microseconds, one for the whole unit; of what is delivered again, of the second
    delivery."""
    rest: tuple[float, float] | None = None
    """Of an hour: between which shares of it lies the instant after which all is struck; None for the whole hour."""
    part: Part | None = None
    """Of a visit: which of its events; None for all of it."""
    share: float = 1
    """How much of a unit that is, on average, so that rates are shares of rows."""
    edit: Edit | None = None
    """What the second delivery says otherwise."""
    own_id: bool = False
    """Whether it has an id that no other row has: one that is negative, or wider than a record's."""

    @property
    def breaks(self) -> frozenset[str]:
        """See Edits.breaks."""
        if self.does != "again":
            return frozenset()
        return frozenset({"reference"} if self.own_id else {"key"})


AnyKind: TypeAlias = Edits | Delivers


NOTHING: Final = object()
"""What becomes of a value to which a kind can do nothing."""


class OneOf:
    """An edit of one value of a row; see :func:`one_of`."""

    def __init__(self, fields: Mapping[str, Sequence[str]], spoil: Callable[[Any, Draw], Any]) -> None:
        self._spoil = spoil
        self.places = {table: [(each, each.removeprefix("raw_data.")) for each in fields[table]] for table in fields}
        """By table, the places and what a row calls them."""

    def __call__(self, row: Row, draw: Draw) -> Mapping[str, Any]:
        """See Edit."""
        places = self.places[row.table]
        first = draw.below(len(places))
        for place, name in (*places[first:], *places[:first]):
            dirty = self.dirty(row[name], draw)
            if dirty is not NOTHING:
                return {place: dirty}
        return {}

    def dirty(self, clean: Any, draw: Draw) -> Any:
        """What becomes of a clean value; NOTHING where it is none or nothing can be done to it."""
        return self.every((clean,), (draw,))[0]

    def every(self, clean: Iterable[Any], draws: Iterable[Draw]) -> list[Any]:
        """The same of some values."""
        spoil = self._spoil
        return [
            NOTHING
            if value is None
            or value is GONE
            or (dirty := spoil(value, draw)) is value
            or (dirty == value and type(dirty) is type(value))
            else dirty
            for value, draw in zip(clean, draws, strict=True)
        ]


def one_of(fields: Mapping[str, Sequence[str]], spoil: Callable[[Any, Draw], Any]) -> Edit:
    """An edit of one value of a row.

    Args:
        fields: by table, the places that it may be; one of them is drawn, and where the kind can do nothing to it, the
            next is taken.
        spoil: what becomes of a clean value that is there, the same where nothing can.
    """
    return OneOf(fields, spoil)


def evenly(fields: Mapping[str, Any], weight: float = 1) -> Mapping[str, float]:
    """The same weight for each table that has a field."""
    return dict.fromkeys(fields, weight)
