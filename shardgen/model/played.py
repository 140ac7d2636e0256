"""What is told of a stream that plays, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

INSERT, UPDATE, DELETE = range(3)
"""What a change does to a record."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def instant(at: int) -> datetime:
    """Microseconds UTC as an instant without a zone."""
    return (_BEGINNING + timedelta(microseconds=at)).replace(tzinfo=None)


def micros(at: datetime) -> int:
    """The inverse of :func:`instant`."""
    return (at.replace(tzinfo=UTC) - _BEGINNING) // timedelta(microseconds=1)


def spelt(at: int) -> str:
    """Microseconds UTC as ``--since`` takes them: ``2026-03-01T05:04:03.000001``."""
    return instant(at).isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How far a stream is."""

    until: int
    """All that bronze gets before it is told; microseconds UTC."""
    told: Mapping[str, int]
    """Changes by table."""
    seconds: float
    """Since it began to play."""
    rate: float
    """Changes a second, of late."""
    lag: float
    """Seconds by which the last changes were late."""
    most_lag: float
    """The most that any were."""

    @property
    def total(self) -> int:
        """Changes of all tables."""
        return sum(self.told.values())

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "until": spelt(self.until),
            "changes": dict(self.told),
            "total": self.total,
            "seconds": round(self.seconds, 3),
            "rate": round(self.total / self.seconds, 1) if self.seconds else 0.0,
            "lag": round(self.lag, 3),
            "most_lag": round(self.most_lag, 3),
        }
