"""Rows of binary COPY taken apart.

A row is an int16 number of fields, then for each field an int32 length, -1 for null, and its bytes. Source: PostgreSQL
documentation, COPY, "Binary Format"; for the types, their functions ``*_recv``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from shardgen.model.types import Type
from shardgen.stores.copy import EPOCH, EPOCH_DAYS

_FIELDS, _LENGTH = struct.Struct(">h").unpack_from, struct.Struct(">i").unpack_from
_NUMERIC: Final = struct.Struct(">hhHh")
_NEGATIVE: Final = 0x4000


def rows(blocks: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """The rows of a stream that is cut anywhere."""
    rest = b""
    for block in blocks:
        have = rest + bytes(block)
        start = 0
        while (end := _end(have, start)) is not None:
            yield have[start:end]
            start = end
        rest = have[start:]
    assert not rest, f"COPY ended within a row: {rest[:40]!r}"


def fields(row: bytes) -> list[bytes | None]:
    """The fields of a row; None for null."""
    found: list[bytes | None] = []
    place = 2
    for _ in range(_FIELDS(row)[0]):
        length = _LENGTH(row, place)[0]
        place += 4
        found.append(None if length < 0 else row[place : place + length])
        place += max(0, length)
    return found


def _end(have: bytes, start: int) -> int | None:
    """Where the row ends that begins at ``start``; None where it is not all there."""
    size = len(have)
    if start + 2 > size:
        return None
    place = start + 2
    for _ in range(_FIELDS(have, start)[0]):
        if place + 4 > size:
            return None
        length = _LENGTH(have, place)[0]
        place += 4 + max(0, length)
    return place if place <= size else None


def value(type_: Type, field: bytes | None) -> Any:
    """A field as builders count it: microseconds and days since 1970-01-01, cents; JSON is text."""
    return None if field is None else _VALUES[type_.name](field)


def _whole(field: bytes) -> int:
    return int.from_bytes(field, "big", signed=True)


def _cents(field: bytes) -> int:
    """A numeric of two places; what has more is cut off."""
    count, weight, sign, _ = _NUMERIC.unpack_from(field)
    digits = struct.unpack_from(f">{count}h", field, _NUMERIC.size)
    powers = range(weight + 1, weight + 1 - count, -1)
    total = sum(digit * 10_000**power for digit, power in zip(digits, powers, strict=True) if power >= 0)
    return (-1 if sign == _NEGATIVE else 1) * (total // 100)


_VALUES: Final[Mapping[str, Callable[[bytes], Any]]] = {
    "text": bytes.decode,
    "varchar": bytes.decode,
    "json": lambda field: field[1:].decode(),  # a byte for its version
    "timestamp": lambda field: _whole(field) + EPOCH,
    "date": lambda field: _whole(field) + EPOCH_DAYS,
    "integer": _whole,
    "bigint": _whole,
    "serial": _whole,
    "boolean": lambda field: field == b"\1",
    "decimal": _cents,
}
