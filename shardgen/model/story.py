"""What happened to a customer: moments, each with the row that tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

Row: TypeAlias = "dict[str, Any]"
"""By column; JSON is parsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened."""

    at: datetime
    """UTC."""
    table: str
    """The table whose row tells it."""
    what: str
    """``"registered"``, ``"visit"``, ``"ordered"``, ``"shipped"``, ..."""
    row: Row
    """That row as it stood then; of a visit with its events, as ``events``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happened to one customer."""

    customer: Row
    """As known at the end of the window."""
    products: dict[str, Row]
    """By id, all products that it speaks of."""
    moments: tuple[Moment, ...]
    """In order of time."""
