"""The answer key: what was done to which row, a line for each place that says something else than the clean row.

An entry says of which dirty row it is by the key and the ingestion that the row bears in bronze. Values are JSON text,
as raw_data has them; what is not there at all is None, which is something else than null.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

CHANGED, ADDED, MISSING = "changed", "added", "missing"
"""What is wrong with a row: it says something else, it is one too many, it is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What a row says, and what it should."""

    place: str | None = None
    """A column, or ``raw_data.KEY``; None where it is about the whole row."""
    dirty: str | None = None
    """The value in bronze, as JSON; None where there is none."""
    clean: str | None = None
    """The value that is right, as JSON; of a missing row all of it. None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """One line of the key."""

    defect: int
    """Number of the defect; several lines may be of one."""
    kind: str
    family: str
    table: str
    state: str
    """One of CHANGED, ADDED, MISSING."""
    key: str
    """Of the row as it stands in bronze; of a missing row, as it would stand there."""
    ingestion_timestamp: str
    """Likewise: ISO 8601 with microseconds."""
    owner: str
    """The key of the clean record that the row is of."""
    wrong: Wrong = field(default_factory=Wrong)


FIELDS: Final = (
    "defect",
    "kind",
    "family",
    "table",
    "state",
    "key",
    "ingestion_timestamp",
    "place",
    "dirty",
    "clean",
    "owner",
)
"""Columns of the key, in order."""
