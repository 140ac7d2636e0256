"""Questions to a place that understands SQL: nothing is written, several run at a time, values come as plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from shardgen.events import Event

T = TypeVar("T")

Row = dict[str, Any]
"""By column; JSON values only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Something to find out by one statement."""

    name: str
    about: str
    """What it tells, in a line."""
    text: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one query."""

    name: str
    about: str
    """What it tells, in a line."""
    rows: tuple[Row, ...]
    missing: str
    """Why there are no rows; empty where there are."""
    seconds: float


class Reader(Protocol):
    """Reads what was loaded, over sessions that cannot write; where the place fails for good, a StoreError."""

    place: str
    """As users may read it: without secrets."""
    schema: str
    """Where in it the tables lie."""

    def once(self, ask: Callable[[Any], T]) -> T:
        """What one session answers, over another one where the first breaks."""
        ...

    def server(self) -> tuple[str, datetime]:
        """The server's version, and the time by its clock."""
        ...

    def answers(
        self, queries: Sequence[Query], *, volumes: Mapping[str, Any], show: Callable[[Event], None]
    ) -> list[Answer]:
        """What each query gives, and ``"volumes"``: rows and bytes of each relation of some tables.

        A query that stumbles over a column or value that is not what it should be has no rows, and a reason.

        Args:
            queries: to be asked, begun in this order.
            volumes: by table, what the ledger says of it.
            show: hears of each question's begin and end, from any thread.
        """
        ...
