"""A field of binary COPY as a person reads it, whatever the server can hold: what Python has no value for, too.

Layouts: PostgreSQL's source, src/backend/utils/adt, the functions that end in ``send``. A field that is not as its type
says, because somebody gave the column another one, is shown as bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from psycopg import postgres, pq
from psycopg.adapt import Transformer

from shardgen.stores.postgres.columns import base_type
from shardgen.stores.reading import RefusedError, StumbledError

LONGEST: Final = 60
"""Characters of a value that are shown."""

_FIRST_DAY: Final = date(2000, 1, 1)  # that the server counts days and microseconds from
_CYCLE: Final = 146_097  # days of 400 years, after which the calendar repeats itself
_DAY: Final = 86_400_000_000  # microseconds
_NUMERIC_HEAD: Final = 8  # bytes before the digits, the first two of which tell how many digits there are


def shown(declared: str, field: bytes) -> str:
    """A value of a column that is no text, by the type that the column was created with."""
    base = base_type(declared)
    fits, read = _TYPES.get(base, _UNKNOWN)
    return cut(read(field) if fits(field) else f"bytes 0x{field.hex()}")


def cut(text: str) -> str:
    """The text on one line, and no more of it than helps."""
    line = text if text.isprintable() else repr(text)
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}... ({len(line):,} characters)"


def stumbled(error: StumbledError) -> str:
    """What is said where a statement cannot go on because of a value, or because of itself."""
    if isinstance(error, RefusedError):
        return f"it cannot be asked: {error}"
    return f"a value is not what it should be: {error}"


def _whole(field: bytes) -> str:
    return str(_number(field))


def _flag(field: bytes) -> str:
    return str(field != b"\0")


def _decimal(field: bytes) -> str:
    loader = Transformer().get_loader(postgres.types["numeric"].oid, pq.Format.BINARY)
    return str(loader.load(field))


def _day(field: bytes) -> str:
    return _infinite(field) or " ".join(_calendar(_number(field))).rstrip()


def _instant(field: bytes) -> str:
    if infinite := _infinite(field):
        return infinite
    days, rest = divmod(_number(field), _DAY)
    day, era = _calendar(days)
    time = (datetime.min.replace(tzinfo=UTC) + timedelta(microseconds=rest)).time()
    return f"{day} {time} {era}".rstrip()


def _calendar(days: int) -> tuple[str, str]:
    """The day so many days after the first, in any year, and its era if that is not ours."""
    cycles, rest = divmod(days, _CYCLE)
    like = _FIRST_DAY + timedelta(days=rest)
    year = like.year + 400 * cycles
    return f"{year if year > 0 else 1 - year:04d}-{like:%m-%d}", "" if year > 0 else "BC"


def _infinite(field: bytes) -> str:
    """What the greatest and the least number of days or microseconds stand for."""
    greatest = (1 << (8 * len(field) - 1)) - 1
    return {greatest: "infinity", -greatest - 1: "-infinity"}.get(_number(field), "")


def _number(field: bytes) -> int:
    return int.from_bytes(field, "big", signed=True)


def _is_numeric(field: bytes) -> bool:
    return len(field) >= _NUMERIC_HEAD and len(field) == _NUMERIC_HEAD + 2 * _number(field[:2])


def _of(size: int) -> Callable[[bytes], bool]:
    return lambda field: len(field) == size


_UNKNOWN: Final = (_of(-1), _whole)
_TYPES: Final[dict[str, tuple[Callable[[bytes], bool], Callable[[bytes], str]]]] = {
    "boolean": (_of(1), _flag),
    "integer": (_of(4), _whole),
    "bigint": (_of(8), _whole),
    "numeric": (_is_numeric, _decimal),
    "date": (_of(4), _day),
    "timestamp without time zone": (_of(8), _instant),
}
"""By type, whether a field can be one and how it is read."""
