"""Numbers as people read them: counts, rates, bytes, durations."""

from __future__ import annotations

from shardgen.model.figures import count, plural, size

__all__ = ["clock", "count", "duration", "plural", "size"]


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
