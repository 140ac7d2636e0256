"""Questions to a place that understands SQL: nothing is written, several run at a time, values come as plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from shardgen.events import Event
from shardgen.stores.failures import StoreError

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


class StumbledError(StoreError):
    """A value is so damaged that a statement cannot go on; its text says what is wrong with it."""


class RefusedError(StumbledError):
    """A statement is wrong, or the tables are not what it asks of; its text says where it stops."""


class UnreadableError(StoreError):
    """A statement is not what this kind of place understands; its text says where it stops."""


class Session(Protocol):
    """Answers one statement after another, and cannot write."""

    def rows(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """What a statement of a law or shape gives; parameters stand in it as ``%(name)s``.

        Raises:
            StumbledError: a value is so damaged that it gives nothing.
            RefusedError: it is wrong, or the tables are not what it asks of.
            UnreadableError: it is written for another kind of place.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[T]):
    """Something to find out over one session."""

    name: str
    """For the display: ``"L13"``."""
    ask: Callable[[Any], list[T]]
    """Takes a Session; of a place that it knows, one that can more."""


class Reader(Protocol):
    """Reads what was loaded, over sessions that cannot write; where the place fails for good, a StoreError."""

    place: str
    """As users may read it: without secrets."""
    schema: str
    """Where in it the tables lie."""

    def server(self) -> tuple[str, str, datetime]:
        """What answers, ``"PostgreSQL"``, its version, and the time by its clock."""
        ...

    def ask(
        self,
        questions: Sequence[Question[T]],
        *,
        show: Callable[[Event], None],
        failures: Callable[[Sequence[T]], tuple[str, ...]],
    ) -> list[T]:
        """The answers in the order of the questions; to ask again changes nothing.

        Args:
            questions: what to find out, begun in this order.
            show: hears of each question's begin and end, from any thread.
            failures: what in the answers to a question is bad news for the display, in sentences.
        """
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
