"""What a builder puts into a column: values that know their JSON form and their Arrow form, so that a column is named
once. How a place writes them (COPY, Parquet) follows from the column's type and from ``values``.

Numbers are numpy arrays: times in microseconds and days since 1970-01-01, money in cents.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import jsonb, pieces, text
from shardgen.columns.abreast import Texts
from shardgen.columns.arrow import pa, pc
from shardgen.columns.jsonb import Objects, SplicedObjects
from shardgen.columns.nested import Document, Lists, Picked, Sometimes, Struct
from shardgen.columns.patched import PatchedObjects
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.model.types import NAMES

__all__ = [
    "Absent",
    "Constant",
    "Day",
    "Document",
    "Fixed",
    "Flag",
    "Given",
    "Instant",
    "Json",
    "Lists",
    "Member",
    "Money",
    "Patched",
    "Picked",
    "Prose",
    "Sometimes",
    "Struct",
    "Value",
    "Whole",
    "Words",
    "Written",
]


def some(values: Texts | Drawn, missing: NDArray[np.integer]) -> Texts | Drawn:
    """The texts of the rows in which they are known.

    Args:
        missing: 1 where they are not, else 0; one array for all texts that the same rows lack.
    """
    if not missing.any():
        return values
    pool, rows = (values.pool, values.rows) if isinstance(values, Drawn) else (values, np.arange(len(missing)))
    return Drawn(pool, np.where(missing, -1, rows), missing)


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """Whole numbers."""

    values: I64
    types: ClassVar = ("integer", "bigint", "serial")

    def json(self) -> jsonb.Value:
        """Digits."""
        return text.whole(self.values)

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return pa.array(self.values).cast(type_)


@dataclass(frozen=True, slots=True, eq=False)
class Fixed:
    """Numbers with a fixed number of decimals, as integers: 15000 with four of them is ``1.5000``."""

    values: I64
    places: int
    types: ClassVar[tuple[str, ...]] = ()

    def json(self) -> jsonb.Value:
        """Numbers with all their decimals."""
        return text.fixed(self.values, self.places)

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return text.decimals(self.values, self.places)


@dataclass(frozen=True, slots=True, eq=False)
class Money(Fixed):
    """Amounts in cents."""

    places: int = 2
    types: ClassVar[tuple[str, ...]] = ("decimal",)


@dataclass(frozen=True, slots=True, eq=False)
class Instant:
    """Instants in microseconds since 1970-01-01, UTC."""

    values: I64
    types: ClassVar = ("timestamp",)

    def json(self) -> jsonb.Value:
        """ISO 8601 with microseconds."""
        return jsonb.Quoted(text.iso(self.values))

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return pa.array(self.values).cast(type_)


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """Days since 1970-01-01.

    Args:
        known: which of them are known; the others are null. None for all.
    """

    values: I64
    known: NDArray[np.bool_] | None = None
    types: ClassVar = ("date",)

    def json(self) -> jsonb.Value:
        """ISO 8601; null where it is not known."""
        days = text.iso_days(self.values)
        return jsonb.Quoted(days) if self.known is None else jsonb.plain(some(days, (~self.known).astype(np.int32)))

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        days = self.values.astype("datetime64[D]")
        return pa.array(days, mask=None if self.known is None else ~self.known)


@dataclass(frozen=True, slots=True, eq=False)
class Flag:
    """Truths."""

    values: NDArray[np.bool_]
    types: ClassVar = ("boolean",)

    def json(self) -> jsonb.Value:
        """``true`` or ``false``."""
        return Drawn(jsonb.booleans(), self.values.astype(np.int64))

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return pa.array(self.values).cast(type_)


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """Texts in which JSON has nothing to escape: ids, dates, words of ours. A null stays one."""

    values: Texts | Drawn
    types: ClassVar = ("text", "varchar")

    def json(self) -> jsonb.Value:
        """Strings."""
        return jsonb.plain(self.values)

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return text.drawn_or_own(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Prose(Words):
    """Any texts."""

    def json(self) -> jsonb.Value:
        """Strings, with what must be escaped."""
        return jsonb.quoted(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Json:
    """JSON in the form in which jsonb prints it."""

    values: Texts | Drawn | Objects | SplicedObjects | PatchedObjects
    types: ClassVar = ("json",)

    def json(self) -> jsonb.Value:
        """As it is; of an object's key, a row that draws none has none."""
        assert not isinstance(self.values, SplicedObjects | PatchedObjects)  # of which nobody makes a key
        return tuple(self.values.pieces) if isinstance(self.values, Objects) else self.values

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        if isinstance(self.values, Objects | SplicedObjects | PatchedObjects):
            return self.values.texts()
        return text.drawn_or_own(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Constant:
    """One text for all rows, in which JSON has nothing to escape."""

    values: str
    types: ClassVar = ("text", "varchar")

    def json(self) -> jsonb.Value:
        """A string."""
        return f'"{self.values}"'

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return pa.repeat(pa.scalar(self.values, type_), rows)


@dataclass(frozen=True, slots=True, eq=False)
class Absent:
    """Null in all rows."""

    values: None = None
    types: ClassVar = NAMES

    def json(self) -> jsonb.Value:
        """Null."""
        return jsonb.NULL

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return pa.nulls(rows, type_)


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Values of a few rows as Arrow has them, some of them perhaps null; JSON is text in the form of jsonb."""

    values: Any
    types: ClassVar = Absent.types

    def json(self) -> jsonb.Value:
        """Not asked for: raw_data of such rows is text."""
        raise NotImplementedError

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return self.values.cast(type_)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have one."""
        return np.asarray(self.values.is_valid().to_numpy(zero_copy_only=False))

    def filled(self, type_: str) -> Whole | Money | Instant | Day | Flag | Prose | Json:
        """As builders have it, with anything where there is none."""
        array = self.values
        if type_ in ("text", "varchar", "json"):
            texts = array.cast(pa.string()).fill_null("")
            return Json(texts) if type_ == "json" else Prose(texts)
        if type_ == "decimal":
            words = np.frombuffer(array.buffers()[1], dtype=np.int64)
            return Money(words[2 * array.offset : 2 * (array.offset + len(array)) : 2])
        if type_ == "boolean":
            return Flag(pc.fill_null(array, fill_value=False).to_numpy(zero_copy_only=False))
        whole = array.cast(pa.int32()) if type_ == "date" else array
        numbers = whole.cast(pa.int64()).fill_null(0).to_numpy()
        return {"timestamp": Instant, "date": Day}.get(type_, Whole)(numbers)


class Written(Given):
    """Values of a few rows, some of which are written over; they are made where all of them are asked for.

    Args:
        clean: gives them as they were, as Arrow has them.
        rows: of some of them, in order.
        over: what is there instead.
    """

    def __init__(self, clean: Callable[[], pa.Array], rows: I64, over: pa.Array) -> None:
        object.__setattr__(self, "clean", clean)
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "over", over)

    clean: Callable[[], pa.Array]
    rows: I64
    over: pa.Array

    @cached_property
    def values(self) -> Any:
        """As Arrow has them."""
        clean = self.clean()
        places = np.arange(len(clean))
        places[self.rows] = len(clean) + np.arange(len(self.rows))
        return pa.concat_arrays([clean, self.over]).take(pa.array(places))


class Patched(Given):
    """JSON of a few rows, some of which say something else; the same.

    Args:
        objects: the JSON.
    """

    def __init__(self, objects: PatchedObjects) -> None:
        object.__setattr__(self, "objects", objects)

    objects: PatchedObjects

    @cached_property
    def values(self) -> Any:
        """See Written.values."""
        return self.objects.texts()


_FEW = 4
"""Times as many in a pool as are picked from it, from which on only these are worked on."""


def taken(value: Any, rows: I64) -> Any:
    """The values of some rows, whatever they are but JSON that is laid out in pieces."""
    if isinstance(value, Constant | Absent):
        return value
    if isinstance(value, Picked):
        return _picked(value.pool, value.rows[rows])
    if isinstance(value, Struct | Lists):
        return _picked(value, rows)
    if isinstance(value, Day):
        return Day(value.values[rows], None if value.known is None else value.known[rows])
    if isinstance(value.values, np.ndarray):
        return replace(value, values=value.values[rows])
    texts = value.values if isinstance(value.values, Drawn) else Drawn(value.values, np.arange(len(value.values)))
    return replace(value, values=_drawn(texts.pool, texts.rows[rows]))


def _drawn(pool: Texts, rows: NDArray[np.integer]) -> Drawn:
    """Texts of a pool; of one that does not last, and of which little is drawn, only that."""
    if len(pool) <= _FEW * len(rows) or pieces.lasts(pool):
        return Drawn(pool, rows)
    kept, codes = _distinct(rows)
    return Drawn(text.take(pool, kept), codes)


def _picked(pool: Any, rows: NDArray[np.integer]) -> Any:
    """Values of a pool; where little is picked, only that is made JSON."""
    size = pool.size if isinstance(pool, Struct) else len(pool.starts) if isinstance(pool, Lists) else 0
    if size <= _FEW * len(rows):
        return Picked(pool, rows)
    kept, codes = _distinct(rows)
    if isinstance(pool, Lists):
        return Picked(_lists(pool, kept), codes)
    return Picked(Struct({name: taken(member, kept) for name, member in pool.members.items()}), codes)


def _lists(pool: Lists, which: I64) -> Lists:
    """Some lists of a pool."""
    starts, sizes = pool.starts[which], np.diff(np.append(pool.starts, pool.items.size))[which]
    before = np.cumsum(sizes) - sizes
    items = np.repeat(starts - before, sizes) + np.arange(sizes.sum())
    return Lists(Struct({name: taken(member, items) for name, member in pool.items.members.items()}), before)


def _distinct(rows: NDArray[np.integer]) -> tuple[I64, I64]:
    """Which positions there are, in order, and for each row that among them; -1 stays."""
    kept, codes = np.unique(rows, return_inverse=True)
    missing = int(len(kept) > 0 and kept[0] < 0)
    return kept[missing:].astype(np.int64), codes.reshape(-1) - missing


Value: TypeAlias = (
    Whole | Money | Instant | Day | Flag | Words | Json | Struct | Document | Lists | Picked | Constant | Absent | Given
)
Member: TypeAlias = Value | Fixed
"""A key of raw_data that no column repeats."""
