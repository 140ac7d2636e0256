"""Cleaned tables of a user: where one of ours is to be found again, and which of their columns is which of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table, a view, or a statement that returns rows."""

    schema: str = ""
    relation: str = ""
    """Its name; empty where a statement is meant."""
    statement: str = ""
    """SQL without the semicolon at its end."""
    file: str = ""
    """Where the statement or the rows come from."""

    @property
    def shown(self) -> str:
        """As users know it."""
        return self.file or (f"{self.schema}.{self.relation}" if self.schema else self.relation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """One of our tables as a user has it."""

    table: str
    """Our name: ``"orders"``."""
    source: Source
    columns: Mapping[str, str] | None = None
    """Their column by ours, or by ``raw_data.KEY``; None where they have our names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Which records a user takes for one person: a table of pairs."""

    source: Source
    id: str
    """Column of the id that bronze has."""
    person: str
    """Column that is the same for all records of a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """All that is graded."""

    tables: tuple[Cleaned, ...]
    people: People | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Tables with dirt that are not graded, with the reason."""
