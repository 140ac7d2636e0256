"""The logical types of columns; how a place spells or stores one is that place's affair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a column."""

    name: str
    """One of NAMES."""
    length: int = 0
    """Of a varchar, the most characters; of a decimal, the most digits."""
    places: int = 0
    """Of a decimal, the digits after the point."""


NAMES: Final = ("text", "varchar", "json", "integer", "bigint", "serial", "decimal", "boolean", "date", "timestamp")
TEXT: Final = Type("text")
JSON: Final = Type("json")
INTEGER: Final = Type("integer")
"""32 bits, signed."""
BIGINT: Final = Type("bigint")
"""64 bits, signed."""
SERIAL: Final = Type("serial")
"""64 bits, signed; a row of others that names none gets the next one."""
DEGREES: Final = Type("decimal", 7, 4)
"""Of latitude or longitude, to some ten metres."""
BOOLEAN: Final = Type("boolean")
DATE: Final = Type("date")
TIMESTAMP: Final = Type("timestamp")
"""Microseconds, UTC, without a zone."""


def varchar(length: int) -> Type:
    """Text of at most so many characters."""
    return Type("varchar", length)


def decimal(length: int, places: int) -> Type:
    """A fixed-point number of so many digits, some of them after the point."""
    return Type("decimal", length, places)
