"""The answer key applied: rows of bronze go in with the key's lines about them, and the clean rows come out.

Both are in order of number. Records whose numbers lie beside each other are mended together, since an id may have
become that of a neighbour; no more of them is held than that. Values are as builders count them: microseconds, days,
cents; JSON is text.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import numpy as np

from shardgen.columns import jsonb
from shardgen.dirt.cells import RAW
from shardgen.dirt.defects import ADDED, CHANGED, MISSING, Defect
from shardgen.model.plan import Shard
from shardgen.model.table import COMMON, Table
from shardgen.model.types import Type

INGESTION, RECORD = COMMON[1:]
_DIGITS: Final = re.compile(r"\d+")
BESIDE: Final = 2
"""Records that are mended together, at least."""

Row = dict[str, Any]
"""Values by column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorer:
    """Mends the rows of a shard.

    Args:
        table: as it is when clean.
        shard: of it.
    """

    table: Table
    shard: Shard

    def rows(self, dirty: Iterable[Row], defects: Iterable[Defect]) -> Iterator[Row]:
        """Clean rows in order of number, and of ingestion where a record has several.

        Args:
            dirty: the rows of a shard in order of :func:`number`.
            defects: of the shard, in the same order of their owners.
        """
        for rows, wrong in _side_by_side(
            groupby(filter(self._own, dirty), key=lambda row: self._group(row[self.table.key[0]])),
            groupby(defects, key=lambda each: self._group(each.owner)),
        ):
            yield from self._mended(rows, wrong)

    def _group(self, key: Any) -> int:
        first = 1 if self.table.space.ids else 0
        return (number(key) - first) // max(self.table.space.children, BESIDE)

    def _own(self, row: Row) -> bool:
        """Whether a row's id is of the shard; one that is not is of nobody's record, and was added."""
        if self.table.space.ids is None:
            return number(row[self.table.key[0]]) >= 0
        low, last = numbers_of(self.table, self.shard)
        return low <= number(row[self.table.key[0]]) <= last

    def _mended(self, rows: list[Row], defects: list[Defect]) -> list[Row]:
        """Rows of one group."""
        if not defects:
            return rows
        added = Counter(_named(each) for each in defects if each.state == ADDED)
        changed: dict[tuple[str, int], list[Defect]] = defaultdict(list)
        for each in defects:
            if each.state == CHANGED:
                changed[_named(each)].append(each)
        clean = []
        for row in rows:
            name = str(row[self.table.key[0]]), row[INGESTION]
            if added[name]:
                added[name] -= 1
                continue
            clean.append(self._right(row, changed[name]) if name in changed else row)
        clean += [self._whole(each.wrong.clean or "{}") for each in defects if each.state == MISSING]
        return sorted(clean, key=lambda row: (number(row[self.table.key[0]]), row[INGESTION]))

    def _right(self, row: Row, defects: Iterable[Defect]) -> Row:
        """A row with the values that are right."""
        types = {column.name: column.type for column in self.table.columns}
        told, record = dict(row), None
        for each in defects:
            place = each.wrong.place or ""
            if place.startswith(RAW):
                record = _parsed(row[RECORD]) if record is None else record
                _put(record, place.removeprefix(RAW), each.wrong.clean)
            else:
                told[place] = counted(types[place], each.wrong.clean)
        return told if record is None else {**told, RECORD: jsonb.value(record)}

    def _whole(self, text: str) -> Row:
        """A row that is not there, out of its JSON."""
        told = _parsed(text)
        return {column.name: counted(column.type, jsonb.value(told[column.name])) for column in self.table.columns}


def numbers_of(table: Table, shard: Shard) -> tuple[int, int]:
    """First and last number that an id of a shard may hold, a neighbour's that there is not among them."""
    children, first = table.space.children, 1 if table.space.ids else 0
    low, stop = shard.start * children + first, shard.stop * children + first
    return low, stop - 1 + (stop - low) % 2


def number(key: Any) -> int:
    """The number that a key holds, whatever stands about it."""
    if isinstance(key, int):
        return key
    found = _DIGITS.search(key or "")
    return int(found[0]) if found else -1


def counted(type_: Type, told: str | None) -> Any:
    """JSON of a value as builders count it."""
    if told is None or told == jsonb.NULL:
        return None
    return told if type_.name == "json" else _COUNTED[type_.name](_parsed(told))


_COUNTED: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": str,
    "varchar": str,
    "timestamp": lambda told: int(np.datetime64(told, "us").astype(np.int64)),
    "date": lambda told: int(np.datetime64(told, "D").astype(np.int64)),
    "integer": int,
    "bigint": int,
    "serial": int,
    "boolean": bool,
    "decimal": lambda told: int(told * 100),
}


def _named(defect: Defect) -> tuple[str, int]:
    return defect.key, int(np.datetime64(defect.ingestion_timestamp, "us").astype(np.int64))


def _parsed(told: str) -> Any:
    return json.loads(told, parse_float=Decimal)


def _put(record: dict[str, Any], key: str, told: str | None) -> None:
    if told is None:
        record.pop(key, None)
    else:
        record[key] = _parsed(told)


def _side_by_side(
    rows: Iterator[tuple[int, Iterator[Row]]], defects: Iterator[tuple[int, Iterator[Defect]]]
) -> Iterator[tuple[list[Row], list[Defect]]]:
    """Groups of both streams, those of one number together."""
    mine, theirs = _next(rows), _next(defects)
    while mine is not None or theirs is not None:
        least = min(each[0] for each in (mine, theirs) if each is not None)
        yield (
            mine[1] if mine and mine[0] == least else [],
            theirs[1] if theirs and theirs[0] == least else [],
        )
        mine = _next(rows) if mine and mine[0] == least else mine
        theirs = _next(defects) if theirs and theirs[0] == least else theirs


def _next(groups: Iterator[tuple[int, Iterator[Any]]]) -> tuple[int, list[Any]] | None:
    found = next(groups, None)
    return None if found is None else (found[0], list(found[1]))
