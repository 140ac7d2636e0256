"""Which row of a user is which clean one: by id, and where several could be meant, by what else they say.

Both streams are cut into groups of ids whose numbers lie beside each other, since an id may have become its
neighbour's. No more than a group is held, and the ids of added rows that come further on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from shardgen.dirt.defects import Defect
from shardgen.dirt.restoring import BESIDE, number
from shardgen.grading.truth import Record, Row
from shardgen.model.table import Table

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """What became of a few records that lie beside each other."""

    records: list[Record]
    rows: list[Row]
    """A user's."""
    of: dict[int, Row]
    """By place in the records, the row that is it."""
    kept: list[Defect]
    """Added rows that are still there."""
    gone: list[Defect]
    """Added rows that are not, or whose ids come further on."""
    invented: list[Row]
    """Rows that are nobody's."""


@dataclass(slots=True)
class Pairing:
    """Pairs the rows of one table."""

    table: Table
    keys: int = 1
    """How many of the first values tell rows apart."""
    _awaited: dict[Row, list[Defect]] = field(default_factory=lambda: defaultdict(list))
    """Added rows by ids that come further on."""

    def groups(self, records: Iterable[Record], rows: Iterable[Row]) -> Iterator[Paired]:
        """Groups of both, those of one number together.

        Args:
            records: in order of number.
            rows: likewise.
        """
        mine = groupby(records, key=lambda record: self._group(record.number))
        theirs = groupby(rows, key=lambda row: self._group(number(row[0])))
        for some, others in _side_by_side(mine, theirs):
            yield self._paired(some, others if self.keys == 1 else sorted(others, key=_in_order))

    def left(self) -> list[Defect]:
        """Added rows that were awaited and did not come."""
        return [each for several in self._awaited.values() for each in several]

    def _group(self, held: int) -> int:
        first = 1 if self.table.space.ids else 0
        return (held - first) // max(self.table.space.children, BESIDE)

    def _paired(self, records: list[Record], rows: list[Row]) -> Paired:
        of, taken = _matched(records, rows, self.keys)
        extras: dict[Row, list[Defect]] = defaultdict(list)
        gone: list[Defect] = []
        groups = {self._group(record.number) for record in records}
        for record in (record for record in records if record.defects):
            for each in record.added:
                found = extras if self._group(number(each.key)) in groups else self._awaited
                found[record.named(each.key)].append(each)
        kept, invented = [], []
        for place, row in enumerate(rows):
            if place in taken:
                continue
            name = (str(row[0]), *row[1 : self.keys])
            waiting = extras.get(name) or self._awaited.get(name)
            if waiting:
                kept.append(waiting.pop(0))
            else:
                invented.append(row)
        gone += [each for several in extras.values() for each in several]
        return Paired(records=records, rows=rows, of=of, kept=kept, gone=gone, invented=invented)


def _matched(records: list[Record], rows: list[Row], keys: int) -> tuple[dict[int, Row], set[int]]:
    """Rows by place of the records that they are, and places of those rows."""
    by_name: dict[Row, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        by_name[(str(row[0]), *row[1:keys])].append(place)
    pairs: list[tuple[int, bool, int, int]] = []
    for record_place, record in enumerate(records):
        for key in {record.key, record.dirty_key} if record.defects else (record.key,):
            for place in by_name.get(record.named(key), ()):
                alike = sum(map(_equal, record.values[keys:], rows[place][keys:]))
                pairs.append((-alike, key != record.key, record_place, place))
    of: dict[int, Row] = {}
    taken: set[int] = set()
    for _, _, record_place, place in sorted(pairs):
        if record_place not in of and place not in taken:
            of[record_place] = rows[place]
            taken.add(place)
    return of, taken


def _in_order(row: Row) -> tuple[int, str, int, str]:
    """Ids by their numbers, and versions by theirs."""
    key, version = str(row[0]), str(row[1])
    return number(key), key, len(version), version


def _equal(ours: Any, theirs: Any) -> bool:
    return bool(ours == theirs)


def _side_by_side(
    mine: Iterator[tuple[int, Iterator[Record]]], theirs: Iterator[tuple[int, Iterator[Row]]]
) -> Iterator[tuple[list[Record], list[Row]]]:
    ours, others = _next(mine), _next(theirs)
    while ours is not None or others is not None:
        least = min(each[0] for each in (ours, others) if each is not None)
        some = ours[1] if ours and ours[0] == least else []
        rows = others[1] if others and others[0] == least else []
        yield some, rows
        ours = _next(mine) if ours and ours[0] == least else ours
        others = _next(theirs) if others and others[0] == least else others


def _next(groups: Iterator[tuple[int, Iterator[T]]]) -> tuple[int, list[T]] | None:
    found = next(groups, None)
    return None if found is None else (found[0], list(found[1]))
