"""Rows on trial: how a place takes some as COPY sends them, and tells how long it took; nothing of them stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shardgen.model.table import Index, Table


class Trials(Protocol):
    """What takes rows on trial."""

    logged: bool
    """Whether rows of a load are written twice: to a log and to their table."""
    local: bool
    """Whether the place shares this machine's CPUs, as far as can be told."""

    def take(self, table: Table, indexes: Sequence[Index], stream: Sequence[bytes | memoryview]) -> Trial:
        """Take rows as COPY sends them, and undo it.

        Args:
            table: whose rows they are.
            indexes: secondary indexes to build.
            stream: header, rows and trailer.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Seconds that a place took for rows on trial, as its client saw it."""

    copy: float
    """For the rows; a plain table has its primary key meanwhile, as in a load."""
    index: float
    """For all indexes that come after the rows."""
