"""The numbers of a report: each query aggregates in the server, so what comes back never grows with the data.

A query whose tables or raw_data were not loaded is not asked, and its absence has a reason; so has one that stumbles
over a column or value that is not what it should be.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import resources
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

from shardgen import __version__
from shardgen.errors import ReportError, VerificationError
from shardgen.events import Event, Notice, VerificationStarted
from shardgen.model.config import check_range
from shardgen.page import volumes
from shardgen.stores import attention
from shardgen.stores.postgres.failures import DatabaseError, describe
from shardgen.stores.postgres.ledger import Run
from shardgen.stores.postgres.postgres import Connection, mask, one, probe, without_secret
from shardgen.tables.statements import Statement, parse
from shardgen.verification import statements, subject
from shardgen.verification.readers import Question, Readers, consult
from shardgen.verification.subject import Subject

Row = dict[str, Any]
"""By column; JSON values only."""

PURPOSE: Final = "report"
SLOWEST: Final = ("volumes", "funnel", "local hours", "sources", "devices", "places", "countries")
"""Begun first, so that none is left over at the end; 3 to 1 seconds each on the default load."""
MOST_SHARDS: Final = 2_000
"""Shards that a picture of the run can show; of more, the longest."""
STEPS: Final = ((3, 1 / 24), (400, 1), (2_800, 7), (10_000, 28))
"""For windows up to so many days, how many days a point of a curve stands for: some 400 points at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to measure, and how; checked."""

    dsn: str = field(repr=False)
    schema: str
    run: int | None = None
    """Whose tables alone are meant; None for those of every finished run."""
    workers: int = 2
    """Sessions that ask at the same time."""

    def __post_init__(self) -> None:
        check_range("workers", self.workers, 1, 512)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was loaded, and what measured it."""

    target: str
    """Connection string, without its password."""
    schema: str
    server: str
    """``"18.4"``."""
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

    facts: Facts
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


def measure(request: Request, show: Callable[[Event], None]) -> Numbers:
    """Ask a target for the numbers, without writing to it.

    Raises:
        TargetError: the target cannot be reached.
        ReportError: there is nothing to report, or the server failed on the way.
    """
    start = time.perf_counter()
    probe(request.dsn)
    try:
        with attention.attending(tell=lambda text: show(Notice(text=text))):
            found, facts = consult(request.dsn, request.schema, functools.partial(_begun, request), purpose=PURPOSE)
            questions, answers = _questions(found, timedelta(days=facts.step))
            show(VerificationStarted(checks=len(questions), what="queries"))
            readers = Readers[Answer](request.dsn, request.schema, number=request.workers, show=show, purpose=PURPOSE)
            answers += readers.ask(questions)
    except VerificationError as error:
        raise ReportError(str(error)) from error
    except DatabaseError as error:
        text = without_secret(describe(error), request.dsn)
        raise ReportError(f"{mask(request.dsn)} cannot be measured: {text}") from error
    return Numbers(
        facts=facts,
        answers={answer.name: answer for answer in sorted(answers, key=lambda answer: answer.name)},
        seconds=round(time.perf_counter() - start, 3),
    )


def queries() -> list[Statement]:
    """The queries, those that take longest first."""
    files = resources.files(__package__).joinpath("queries").iterdir()
    found = [parse(file.read_text(encoding="utf-8")) for file in files if file.name.endswith(".sql")]
    return sorted(found, key=lambda query: (_rank(query.name), query.name))


def step_of(days: int) -> float:
    """Days that a point of a curve stands for, in a window of so many days."""
    return next(step for longest, step in STEPS if days <= longest)


def _begun(request: Request, connection: Connection) -> tuple[Subject, Facts]:
    found = subject.read(connection, request.schema, request.run)
    return found, _facts(connection, request, found)


def _facts(connection: Connection, request: Request, found: Subject) -> Facts:
    server, measured = one(connection.execute("SELECT current_setting('server_version'), clock_timestamp()"))
    runs = {loaded.run.run: loaded for loaded in found.tables.values()}
    return Facts(
        target=mask(request.dsn),
        schema=request.schema,
        server=server.partition(" ")[0],
        measured=measured.isoformat(timespec="seconds"),
        version=__version__,
        step=step_of(max(loaded.config.days for loaded in runs.values())),
        runs=tuple(_run(loaded.run, loaded.config.days) for _, loaded in sorted(runs.items())),
        tables={name: loaded.run.run for name, loaded in found.tables.items()},
        absent=dict(found.absent),
        others={name: loaded.claim.others for name, loaded in found.tables.items() if loaded.claim.others},
    )


def _run(run: Run, days: int) -> Row:
    return {
        "run": run.run,
        "started": _plain(run.started),
        "resumed": _plain(run.resumed),
        "finished": _plain(run.finished),
        "host": run.host,
        "versions": run.versions,
        "days": days,
        "plan": run.plan,
    }


def _questions(found: Subject, step: timedelta) -> tuple[list[Question[Answer]], list[Answer]]:
    """The queries to be asked, and the answers of those that cannot be."""
    every = {"step": step, "runs": list(found.runs), "most": MOST_SHARDS}
    asked, moot = [_volumes(found)], []
    for query in queries():
        if query.rows and (reason := statements.obstacle(query, found, alone=False)):
            moot.append(Answer(name=query.name, about=query.purpose, rows=(), missing=reason, seconds=0.0))
        else:
            told = every | (statements.parameters(query, found) if query.rows else {})
            asked.append(_question(statements.of_own_rows(query, found), told))
    return asked, moot


def _question(query: Statement, parameters: Mapping[str, object]) -> Question[Answer]:
    def rows(connection: Connection) -> tuple[Row, ...]:
        with connection.cursor(row_factory=dict_row) as cursor:
            return tuple(map(_row, cursor.execute(query.text.encode(), parameters)))

    return _asked(query.name, query.purpose, rows)


def _volumes(found: Subject) -> Question[Answer]:
    claims = {name: loaded.claim for name, loaded in found.tables.items()}
    about = "rows and bytes on disk of each table and partition"
    return _asked("volumes", about, lambda connection: tuple(map(_row, volumes.volumes(connection, claims))))


def _asked(name: str, about: str, rows: Callable[[Connection], tuple[Row, ...]]) -> Question[Answer]:
    def ask(connection: Connection) -> list[Answer]:
        start = time.perf_counter()
        try:
            found, missing = rows(connection), ""
        except (psycopg.DataError, psycopg.ProgrammingError) as error:
            found, missing = (), f"the tables are not what they should be: {describe(error)}"
        seconds = round(time.perf_counter() - start, 3)
        return [Answer(name=name, about=about, rows=found, missing=missing, seconds=seconds)]

    return Question(name=name, ask=ask)


def _rank(name: str) -> int:
    return SLOWEST.index(name) if name in SLOWEST else len(SLOWEST)


def _row(row: Mapping[str, Any]) -> Row:
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """A JSON value: amounts and means as numbers, times in ISO 8601.

    Raises:
        psycopg.DataError: there is none, as the driver says of dates that Python does not have.
    """
    if isinstance(value, Decimal | float) and not math.isfinite(value):
        raise psycopg.DataError(f"{value} is no number that can be drawn")
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else round(float(value), 4)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return round(value, 6) if isinstance(value, float) else value
