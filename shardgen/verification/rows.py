"""Two streams of binary COPY rows compared row by row and column by column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from shardgen.model.table import COMMON, Column, Table
from shardgen.model.types import TIMESTAMP
from shardgen.stores.apart import fields
from shardgen.stores.postgres import keys
from shardgen.stores.postgres.types import stored
from shardgen.verification import values

SAMPLES: Final = 3
_, INGESTION, RECORD = COMMON
_EXCERPT: Final = 24  # bytes of a text on either side of where it differs


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """How the rows of a shard differ from what they should be."""

    changed: int
    missing: int
    additional: int
    samples: tuple[str, ...]
    """The first few, in order of their keys: ``"row REV0000000017: review_text is ..."``, and the version of it."""


def compare(table: Table, planned: Iterator[bytes], found: Iterator[bytes]) -> Differences:
    """Walk along two streams of rows in key order, and tell where they part.

    Args:
        table: whose rows they are.
        planned: what should be there.
        found: what is there.
    """
    changed = missing = additional = 0
    samples: list[str] = []
    ours, theirs = next(planned, None), next(found, None)
    while ours is not None or theirs is not None:
        if ours == theirs:
            ours, theirs = next(planned, None), next(found, None)
            continue
        place = _order(table, ours, theirs)
        if place < 0 and ours is not None:
            missing += 1
            sentence = f"row {_key(table, ours)} is missing"
        elif place > 0 and theirs is not None:
            additional += 1
            sentence = f"row {_key(table, theirs)} is not planned"
        else:
            assert ours is not None
            assert theirs is not None
            changed += 1
            sentence = f"row {_key(table, ours)}: {_change(table, ours, theirs)}"
        if len(samples) < SAMPLES:
            samples.append(sentence)
        ours = next(planned, None) if place <= 0 else ours
        theirs = next(found, None) if place >= 0 else theirs
    return Differences(changed=changed, missing=missing, additional=additional, samples=tuple(samples))


def _order(table: Table, ours: bytes | None, theirs: bytes | None) -> int:
    """Whose key comes first: -1 ours, 1 theirs, 0 they are the same; a key that is no id is always theirs."""
    if ours is None or theirs is None:
        return 1 if ours is None else -1
    planned, found = _place(table, ours), _place(table, theirs)
    assert planned is not None
    return 1 if found is None else (planned > found) - (planned < found)


def _place(table: Table, row: bytes) -> tuple[int, int] | None:
    """Of a row in key order: its number and, where its record has several rows, when it became known."""
    told = fields(row)
    number = keys.number_in(table, told[0])
    if number is None or not table.versioned:
        return None if number is None else (number, 0)
    return number, int.from_bytes(told[_at(table, INGESTION)] or b"", "big", signed=True)


def _key(table: Table, row: bytes) -> str:
    key = keys.shown(table, fields(row)[0])
    return f"{key} {_version(table, row)}" if table.versioned else key


def _version(table: Table, row: bytes) -> str:
    """Which one of its record's it is: by number where ``raw_data`` tells it, else by when it became known."""
    told, kept = fields(row), {column.name for column in table.columns}
    record = told[_at(table, RECORD)] if RECORD in kept else None
    known = _numbered(record[1:]) if record else None
    instant = told[_at(table, INGESTION)]
    at = "no time" if instant is None else values.shown(stored(TIMESTAMP), instant)
    return f"of {at}" if known is None else f"version {known}"


def _numbered(record: bytes) -> object:
    """The version that JSON tells, if it does."""
    try:
        told = json.loads(record)
    except ValueError:
        return None
    return told.get("version") if isinstance(told, dict) else None


def _at(table: Table, name: str) -> int:
    return [column.name for column in table.columns].index(name)


def _change(table: Table, ours: bytes, theirs: bytes) -> str:
    """Which columns differ, and how the first of them does."""
    pairs = zip_longest(table.columns, fields(ours), fields(theirs))
    parted = [(column, planned, found) for column, planned, found in pairs if planned != found]
    column, planned, found = parted[0]
    others = f"; so do {', '.join(each.name for each, _, _ in parted[1:])}" if len(parted) > 1 else ""
    at = _first_difference(planned or b"", found or b"")
    return f"{column.name} is {_shown(column, found, at)}, planned {_shown(column, planned, at)}{others}"


def _first_difference(one: bytes, other: bytes) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _shown(column: Column, field: bytes | None, at: int) -> str:
    """The value; of a text that part which differs, from the byte ``at`` on."""
    if field is None:
        return "null"
    if column.type.name in ("text", "varchar", "json"):
        first = int(column.json)  # a jsonb begins with a byte for its version
        start, stop = max(first, at - _EXCERPT), at + _EXCERPT
        excerpt = field[start:stop].decode(errors="replace")
        return f"{'...' * (start > first)}{excerpt!r}{'...' * (stop < len(field))}"
    return values.shown(stored(column.type), field)
