"""Numbers as the page says them: short, with a unit, and honest where there is nothing to divide by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from shardgen.model.figures import plural

__all__ = [
    "GAP",
    "MONTHS",
    "NOTHING",
    "WEEKDAYS",
    "count",
    "day",
    "listed",
    "mean",
    "money",
    "name",
    "percent",
    "plural",
    "seconds",
    "share",
    "short",
    "size",
    "times",
]

NOTHING: Final = "-"
GAP: Final = "\N{NO-BREAK SPACE}"
"""Between a number and its unit."""
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def count(number: float | None) -> str:
    """``1234567`` as ``"1,234,567"``."""
    return NOTHING if number is None else f"{number:,.0f}"


def mean(number: float) -> str:
    """A mean with as many digits as it deserves."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def short(number: float | None) -> str:
    """``1234567`` as ``"1.23 M"``."""
    if number is None:
        return NOTHING
    for unit in ("", f"{GAP}k", f"{GAP}M", f"{GAP}G"):
        if abs(number) < 999.5:
            return f"{number:.3g}{unit}" if unit or number != int(number) else f"{number:.0f}"
        number /= 1000
    return f"{number:,.3g}{GAP}T"


def size(number: float | None) -> str:
    """Bytes with a binary unit: ``"1.5 GiB"``."""
    if number is None:
        return NOTHING
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f}{GAP}{unit}" if unit == "B" or number >= 100 else f"{number:.1f}{GAP}{unit}"
        number /= 1024
    return f"{number:,.1f}{GAP}TiB"


def money(number: float | None, currency: str) -> str:
    """``"USD 20.7 M"``, without a currency where none is known; small amounts to the cent."""
    if number is None:
        return NOTHING
    amount = f"{number:,.2f}" if abs(number) < 1000 else short(number)
    return f"{currency}{GAP}{amount}" if currency else amount


def name(value: object) -> str:
    """A text of the database, as it is; of nothing, that it is unknown."""
    return "unknown" if value is None else str(value)


def share(part: float | None, whole: float | None) -> float | None:
    """Part of a whole, if there is one."""
    return None if part is None or not whole else part / whole


def percent(fraction: float | None) -> str:
    """``0.045`` as ``"4.5 %"``: more digits near the ends, where they matter."""
    if fraction is None:
        return NOTHING
    value = 100 * fraction
    return f"{value:.1f}{GAP}%" if 0 < value < 9.95 or 90 < value < 99.95 else f"{value:.0f}{GAP}%"


def times(factor: float | None) -> str:
    """``1.5`` as ``"1.5 times"``."""
    return NOTHING if factor is None else f"{factor:.2g} times"


def seconds(number: float | None) -> str:
    """``"12.4 s"``, ``"3 min 05 s"``, ``"2 h 10 min"``."""
    if number is None:
        return NOTHING
    if number < 60:
        return f"{number:.{1 if number >= 1 else 2}f}{GAP}s"
    minutes, rest = divmod(round(number), 60)
    hours, left = divmod(minutes, 60)
    parts = (hours, "h", left, "min") if hours else (minutes, "min", rest, "s")
    return GAP.join((str(parts[0]), parts[1], f"{parts[2]:02}", parts[3]))


def day(iso: str) -> str:
    """``"2025-11-28"`` as ``"28 Nov 2025"``."""
    found = date.fromisoformat(iso[:10])
    return f"{found.day} {MONTHS[found.month - 1]} {found.year}"


def listed(names: Iterable[str]) -> str:
    """``"a, b and c"``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
