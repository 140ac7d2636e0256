"""What an option's value can be: each kind with its name in an error, and what makes it of text, TOML or Python."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of values."""

    name: str
    """In an error: ``"a whole number"``."""
    parse: Callable[[Any], Any]
    """Makes a value of it; raises ValueError, TypeError or OverflowError where it is none."""


def _whole(value: Any) -> int:
    if isinstance(value, bool):  # an integer to Python, but no number of customers
        raise TypeError
    if isinstance(value, str):
        whole, _, rest = value.strip().partition(".")
        if rest.strip("0"):
            raise ValueError
        return int(whole)
    if isinstance(value, float | Decimal) and value == int(value):
        return int(value)
    return operator.index(value)


def _number(value: Any) -> float:
    if isinstance(value, bool | bytes):
        raise TypeError
    return float(value)


def _day(value: Any) -> date:
    """``YYYY-MM-DD`` or a date, which a moment is not."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and len(value) == 10:
        return date.fromisoformat(value)
    raise TypeError


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _names(value: Any) -> str:
    """A list of names, as TOML and Python have it, in the form of the command line."""
    return ",".join(value) if isinstance(value, list | tuple) else _text(value)


def _dirt(value: Any) -> str:
    """A preset and rates as the command line has them, or as a table: ``{preset = "light", late = {orders = 0.1}}``."""
    if not isinstance(value, dict):
        return _text(value)
    rates = {name: each for name, each in value.items() if name != "preset"}
    flat = {
        f"{name}.{table}": rate
        for name, each in rates.items()
        if isinstance(each, dict)
        for table, rate in each.items()
    }
    flat |= {name: each for name, each in rates.items() if not isinstance(each, dict)}
    named = [f"{name.replace('-', '_')}={_number(rate):g}" for name, rate in flat.items()]
    return ",".join([*([_text(value["preset"])] if "preset" in value else []), *named])


def _path(value: Any) -> Path:
    return Path(_text(os.fspath(value)))


def _engine(value: Any) -> Any:
    """A name, or an object that starts workers."""
    return value if callable(getattr(value, "start", None)) else _text(value)


WHOLE: Final = Kind("a whole number", _whole)
NUMBER: Final = Kind("a number", _number)
DAY: Final = Kind("a date such as 2026-01-31", _day)
TEXT: Final = Kind("a text", _text)
NAMES: Final = Kind("a text", _names)
DIRT: Final = Kind("a preset, rates of kinds, or a table of both", _dirt)
PATH: Final = Kind("a path", _path)
ENGINE: Final = Kind("the name of an engine, or an engine", _engine)
