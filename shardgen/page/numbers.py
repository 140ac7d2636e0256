"""What a page is made of: the facts of what was loaded, and by query the rows that a place gave; plain JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from shardgen.stores.reading import Answer, Row

__all__ = ["Answer", "Numbers", "Provenance", "Row"]

MOST_SHARDS: Final = 2_000
"""Shards that a picture of the run can show; of more, the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What was loaded, and what measured it."""

    target: str
    """Connection string or address, without a secret."""
    schema: str
    """Empty for a lake."""
    engine: str
    """What counted: ``"PostgreSQL"``, or ``"DuckDB"`` in a lake."""
    server: str
    """Its version: ``"18.4"``."""
    measured: str
    """When, by the server's clock, ISO 8601."""
    version: str
    """Of shardgen, as it measured."""
    step: float
    """Days that a point of a curve stands for."""
    runs: tuple[Row, ...]
    """Number, times, host, versions and plan of each."""
    tables: dict[str, int]
    """The run of each table."""
    absent: dict[str, str]
    """By table, why there is nothing of it."""
    others: dict[str, int]
    """By table, rows that were there when its run began, and are counted here too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """All that a report tells."""

    facts: Provenance
    answers: Mapping[str, Answer]
    seconds: float

    def rows(self, name: str) -> tuple[Row, ...]:
        """What a query gave; nothing where it was not asked."""
        return self.answers[name].rows

    def first(self, name: str) -> Row:
        """The only row of a query, or an empty one."""
        return next(iter(self.rows(name)), {})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)
