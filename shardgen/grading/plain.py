"""Values as texts in one form, ours and a user's, and when two of them say the same.

Numbers have no zeros at their end, times are ISO 8601 with microseconds in UTC, JSON is JSON; None is null, and what is
not there at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from shardgen.model.types import Type

NUMBER, INSTANT, DAY, FLAG, OBJECT, TEXT, ANY = "number", "instant", "day", "flag", "object", "text", "any"
"""What a value is; ANY is JSON that may be anything."""
_FORMS: Final[Mapping[str, str]] = {
    "decimal": NUMBER,
    "integer": NUMBER,
    "bigint": NUMBER,
    "serial": NUMBER,
    "timestamp": INSTANT,
    "date": DAY,
    "boolean": FLAG,
    "json": OBJECT,
}


def form_of(type_: Type) -> str:
    """What the values of a column are."""
    return _FORMS.get(type_.name, TEXT)


def column(array: Any, type_: Type) -> list[str | None]:
    """Texts of a column of clean rows."""
    told = array if pa.types.is_string(array.type) else array.cast(pa.string())
    if type_.name == "timestamp":
        told = pc.replace_substring(told, " ", "T")
    found: list[str | None] = told.to_pylist()
    if type_.name != "decimal":
        return found
    return [None if each is None else trimmed(each) for each in found]


def value(told: str | None) -> str | None:
    """Text of a JSON value."""
    if told is None or told == "null":
        return None
    if told[0] == '"':
        return str(json.loads(told))
    return trimmed(told) if told[0] in "-0123456789" and "e" not in told else told


def trimmed(number: str) -> str:
    """A number without zeros at its end: ``12.50`` is ``12.5``."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def same(form: str, ours: str | None, theirs: str | None) -> bool:
    """Whether a user's text says what a clean or dirty one does."""
    if ours == theirs:
        return True
    if ours is None or theirs is None or form == TEXT:
        return False
    if ours[0:1] in ("{", "["):
        return _equal(_json, ours, theirs)
    return _equal(_READ.get(form, str), ours, theirs)


def typed(form: str, told: str | None) -> str | None:
    """A user's text of a value in the form that ours have, where its place has no types; as it is if it is none."""
    if told is None or form not in _WRITTEN:
        return told
    try:
        return _WRITTEN[form](told)
    except (ValueError, InvalidOperation):
        return told


def as_told(clean: str | None, dirty: str | None, theirs: str | None) -> bool:
    """Whether a user's instant is the clean one as far as another form of it tells: to the second, or to the minute."""
    if clean is None or dirty is None or theirs is None:
        return False
    to_the_minute = dirty.count(":") == 1
    try:
        ours = _instant(clean).replace(microsecond=0)
        return _instant(theirs) == (ours.replace(second=0) if to_the_minute else ours)
    except ValueError:
        return False


def _equal(read: Callable[[str], Any], ours: str, theirs: str) -> bool:
    try:
        return bool(read(ours) == read(theirs))
    except (ValueError, InvalidOperation):
        return False


def _json(told: str) -> Any:
    return json.loads(told, parse_float=Decimal, parse_int=Decimal)


def _instant(told: str) -> datetime:
    found = datetime.fromisoformat(told)
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _flag(told: str) -> bool:
    known = {"true": True, "t": True, "1": True, "yes": True, "false": False, "f": False, "0": False, "no": False}
    if told.lower() not in known:
        raise ValueError(told)
    return known[told.lower()]


_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    NUMBER: Decimal,
    INSTANT: _instant,
    DAY: lambda told: _instant(told).date() if told[10:] in ("", "T00:00:00.000000") else told,
    FLAG: _flag,
    OBJECT: _json,
}
_WRITTEN: Final[Mapping[str, Callable[[str], str]]] = {
    NUMBER: lambda told: trimmed(f"{Decimal(told):f}"),
    INSTANT: lambda told: _instant(told).isoformat(timespec="microseconds"),
    FLAG: lambda told: str(_flag(told)).lower(),
}
"""How we write what a text says."""
