"""Values out of other values: objects of members, lists of objects, and values that rows draw from a pool of them.

Their JSON is text that is made where it is asked for, and once. A place that has types of its own takes the members.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import jsonb
from shardgen.columns.arrow import pa
from shardgen.columns.jsonb import Objects
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64, Text, draw

if TYPE_CHECKING:
    from shardgen.columns.values import Fixed, Flag, Instant, Member, Whole, Words


@dataclass(frozen=True, eq=False)
class Struct:
    """JSON objects; at least one key is in all of them.

    Args:
        members: by key the values of all objects.
    """

    members: Mapping[str, Member]
    types: ClassVar = ("json",)

    @cached_property
    def values(self) -> Text:
        """As text, which is made once: a column and raw_data both have it."""
        return _objects(self.members).texts()

    @property
    def size(self) -> int:
        """How many objects there are."""
        return max(map(_size, self.members.values()))

    def json(self) -> jsonb.Value:
        """As it is."""
        return self.values

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return self.values


@dataclass(frozen=True, eq=False)
class Document:
    """JSON objects that no other column repeats, so that their text is laid out with the row that it is in.

    Args:
        members: by key the values of all objects.
    """

    members: Mapping[str, Member]
    types: ClassVar = ("json",)

    @cached_property
    def told(self) -> jsonb.Members:
        """JSON of each key."""
        return {name: value.json() for name, value in self.members.items()}

    @cached_property
    def values(self) -> Objects:
        """In pieces."""
        return jsonb.objects(self.told)

    def json(self) -> jsonb.Value:
        """In pieces."""
        return tuple(self.values.pieces)

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return self.values.texts()


@dataclass(frozen=True, eq=False)
class Lists:
    """JSON lists of objects, none of them empty.

    Args:
        items: of all lists, end to end.
        starts: first item of each list, rising from 0.
    """

    items: Struct
    starts: I64
    types: ClassVar = ("json",)

    @cached_property
    def values(self) -> Text:
        """As text."""
        return jsonb.lists(_objects(self.items.members), self.starts)

    def json(self) -> jsonb.Value:
        """As it is."""
        return self.values

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return self.values


@dataclass(frozen=True, eq=False)
class Picked:
    """Values that each row draws from a pool, or does without: then a key of a JSON object is left out.

    Args:
        pool: the values; texts are of their own there, not drawn.
        rows: position in the pool for each row, -1 where there is none.
    """

    pool: Struct | Lists | Whole | Fixed | Instant | Flag | Words
    rows: NDArray[np.integer]
    types: ClassVar = ("json",)

    @cached_property
    def values(self) -> Drawn:
        """As JSON."""
        return Drawn(jsonb.texts(self.pool.json()), self.rows)

    def json(self) -> jsonb.Value:
        """Drawn where it is there."""
        return self.values

    def arrow(self, rows: int, type_: Any) -> pa.Array:
        """A column of ``type_``."""
        return draw(self.values)


class Sometimes(Picked):
    """A key of a JSON object that some rows leave out.

    Args:
        present: which rows have it.
        values: those of these rows, in their order.
    """

    def __init__(
        self, present: NDArray[np.bool_], values: Struct | Lists | Whole | Fixed | Instant | Flag | Words
    ) -> None:
        super().__init__(values, np.where(present, np.cumsum(present) - 1, -1))


def _objects(members: Mapping[str, Member]) -> Objects:
    return jsonb.objects({name: value.json() for name, value in members.items()})


def _size(value: Any) -> int:
    """How many values there are; one for all objects does not tell."""
    if isinstance(value, Struct):
        return value.size
    drawn = value if isinstance(value, Picked) else value.values
    if isinstance(drawn, str | None):
        return 0
    return len(drawn.rows if isinstance(drawn, Picked | Drawn) else drawn)
