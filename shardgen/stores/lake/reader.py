"""See stores.reading: what was loaded into a lake, read by a DuckDB of this process over its files."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from shardgen.errors import Text, UsageError
from shardgen.events import CheckDone, CheckStarted, Event
from shardgen.machine.installation import DUCKDB, install, installed
from shardgen.model.table import Table
from shardgen.stores import attention
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.records import Entry, Record
from shardgen.stores.reading import Answer, Query, Question, Row, StumbledError, UnreadableError
from shardgen.tables import dataset, table_of
from shardgen.tables.plugins import absence

if TYPE_CHECKING:
    from shardgen.stores.lake.duck.session import DuckSession

T = TypeVar("T")

_UNTOLD: Final = "a lake's ledger does not tell who wrote a shard, and when"


class LakeReader:
    """See stores.reading.Reader; what the lake holds is looked up once.

    Args:
        objects: of the lake.
        schema: as messages name it.
        workers: threads that read at the same time.
    """

    def __init__(self, objects: Objects, schema: str, *, workers: int) -> None:
        self.place = objects.address.url
        self.schema = schema
        self.objects = objects
        self.ledger = Ledger(objects)
        self._workers = workers

    @cached_property
    def shown(self) -> Mapping[str, Record]:
        """The run whose files are each table."""
        current = self.ledger.current()
        records = {record.run: record for record in self.ledger.records(current)}
        return {name: records[claim.run] for name, claim in current.shown.items()}

    @cached_property
    def entries(self) -> Mapping[str, Sequence[Entry]]:
        """The files of each table."""
        runs = {record.run: self.ledger.entries(record.run) for record in self.shown.values()}
        return {
            name: [entry for entry in runs[record.run] if entry.table == name] for name, record in self.shown.items()
        }

    def table(self, name: str) -> Table:
        """A table as its run has it."""
        return table_of(self.shown[name].config, name)

    def _changing(self, name: str) -> bool:
        return dataset(self.shown[name].config.dataset)[name].history is not None

    def server(self) -> tuple[str, str, datetime]:
        """See stores.reading.Reader.server."""
        check_duckdb()
        return "DuckDB", version("duckdb"), datetime.now(UTC)

    def ask(
        self,
        questions: Sequence[Question[T]],
        *,
        show: Callable[[Event], None],
        failures: Callable[[Sequence[T]], tuple[str, ...]] = lambda _: (),
    ) -> list[T]:
        """See stores.reading.Reader.ask: one question after the other, as DuckDB has all threads at work on each."""
        found: list[T] = []
        with _Late(self) as session:
            for question in questions:
                attention.check()
                show(CheckStarted(check=question.name))
                start = time.perf_counter()
                answers = question.ask(session)
                seconds = round(time.perf_counter() - start, 3)
                show(CheckDone(check=question.name, failures=failures(answers), seconds=seconds))
                found += answers
        return found

    def answers(
        self, queries: Sequence[Query], *, volumes: Mapping[str, Any], show: Callable[[Event], None]
    ) -> list[Answer]:
        """See stores.reading.Reader.answers; rows and bytes are those of the files."""
        sizes = Question(name="volumes", ask=lambda _: [self._volumes(volumes)])
        return self.ask([sizes, *map(_question, queries)], show=show)

    def opened(self) -> Any:
        """See duck.session.opened, of all tables that have files and are known here."""
        check_duckdb()
        from shardgen.stores.lake.duck import session

        return session.opened(self.objects, list(self.files()), threads=self._workers)

    def files(self) -> Iterator[Any]:
        """See duck.session.Files, of all tables that have files and are known here."""
        from shardgen.stores.lake.duck import session

        for name, found in self.entries.items():
            if found and not absence(name, self.shown[name].config):
                yield session.Files(
                    table=self.table(name),
                    format=self.shown[name].config.format,
                    keys=[entry.key for entry in found],
                    changing=self._changing(name),
                )

    def _volumes(self, tables: Mapping[str, Any]) -> Answer:
        start = time.perf_counter()
        rows = tuple(row for name in tables for row in _parts(self.table(name), self.entries[name]))
        about = "rows and bytes of the files of each table and month"
        return Answer(name="volumes", about=about, rows=rows, missing="", seconds=round(time.perf_counter() - start, 3))


class _Late:
    """A session that is opened when it is first asked: what needs no SQL needs no DuckDB.

    Args:
        reader: whose it is.
    """

    def __init__(self, reader: LakeReader) -> None:
        self._reader = reader
        self._open = ExitStack()
        self._session: DuckSession | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def rows(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """See stores.reading.Session.rows."""
        return self.asked(statement, parameters)[1]

    def asked(self, statement: str, parameters: Mapping[str, object]) -> tuple[list[str], list[tuple[Any, ...]]]:
        """See duck.session.DuckSession.asked."""
        if self._session is None:
            self._session = self._open.enter_context(self._reader.opened())
        return self._session.asked(statement, parameters)


def check_duckdb() -> None:
    """See that DuckDB is there.

    Raises:
        UsageError: it is not.
    """
    if not installed(DUCKDB):
        raise UsageError(Text("laws, shapes, reports and grades of a lake need the extra duckdb: ", install(DUCKDB)))


def _question(query: Query) -> Question[Answer]:
    def ask(session: _Late) -> list[Answer]:
        start = time.perf_counter()
        rows: tuple[Row, ...] = ()
        missing = ""
        if "shardgen_" in query.text:
            missing = _UNTOLD
        else:
            try:
                names, found = session.asked(query.text, query.parameters)
                rows = tuple(dict(zip(names, map(_plain, each), strict=True)) for each in found)
            except (StumbledError, UnreadableError) as error:
                missing = f"the files are not what they should be: {error}"
        seconds = round(time.perf_counter() - start, 3)
        return [Answer(name=query.name, about=query.about, rows=rows, missing=missing, seconds=seconds)]

    return Question(name=query.name, ask=ask)


def _parts(table: Table, entries: Sequence[Entry]) -> Iterator[Row]:
    """By folder: rows and bytes, and since when they are."""
    folders: dict[str, list[Entry]] = {}
    for entry in entries:
        folders.setdefault(entry.key.rpartition("/")[0], []).append(entry)
    for folder, found in sorted(folders.items()):
        month = folder.partition("month=")[2]
        yield {
            "table": table.name,
            "leaf": folder,
            "since": f"{month}-01T00:00:00" if month else None,
            "rows": sum(entry.rows for entry in found),
            "heap": sum(entry.size for entry in found),
            "indexes": 0,
        }


def _plain(value: Any) -> Any:
    """A JSON value, as PostgreSQL's reader gives it.

    Raises:
        StumbledError: there is none.
    """
    if isinstance(value, Decimal | float) and not math.isfinite(value):
        raise StumbledError(f"{value} is no number that can be drawn")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else round(float(value), 4)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return round(value, 6) if isinstance(value, float) else value
