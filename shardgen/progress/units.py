"""Numbers as people read them: counts, rates, bytes, durations."""

from __future__ import annotations


def count(number: float) -> str:
    """``1234567`` as ``"1,234,567"``."""
    return f"{number:,.0f}"


def size(number: float) -> str:
    """Bytes with a binary unit: ``"1.5 MiB"``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:,.1f} TiB"


def clock(seconds: float | None) -> str:
    """Seconds as ``"0:07"`` or ``"1:02:03"``; dashes where unknown."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def duration(seconds: float) -> str:
    """Seconds with the precision that they deserve: ``"0.31 s"``, ``"12.4 s"``, ``"2:05 min"``."""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    return f"{clock(seconds)} {'min' if seconds < 3600 else 'h'}"
