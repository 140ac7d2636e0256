"""Asks a place for the numbers of a page: which queries, with what parameters, and why one of them is not asked.

Each query aggregates where the rows lie, so what comes back never grows with the data. A query whose tables or raw_data
were not loaded is not asked, and its absence has a reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import resources
from typing import Final

from shardgen import __version__
from shardgen.errors import ReportError, VerificationError
from shardgen.events import Event, Notice, VerificationStarted
from shardgen.page.numbers import MOST_SHARDS, Answer, Numbers, Provenance, Row
from shardgen.stores import attention
from shardgen.stores.failures import StoreError
from shardgen.stores.reading import Query, Reader
from shardgen.tables.statements import Statement, parse
from shardgen.verification import statements
from shardgen.verification.proof import proof_of
from shardgen.verification.subject import Loaded, Subject

SLOWEST: Final = ("funnel", "local hours", "sources", "devices", "places", "countries")
"""Begun first, so that none is left over at the end; 3 to 1 seconds each on the default load."""
STEPS: Final = ((3, 1 / 24), (400, 1), (2_800, 7), (10_000, 28))
"""For windows up to so many days, how many days a point of a curve stands for: some 400 points at most."""


def measure(reader: Reader, show: Callable[[Event], None], *, run: int | None = None) -> Numbers:
    """Ask a place for the numbers, without writing to it.

    Args:
        reader: to what was loaded.
        show: hears of each query.
        run: whose tables alone are meant; None for those of every finished run.

    Raises:
        ReportError: there is nothing to report, or the place failed on the way.
    """
    start = time.perf_counter()
    try:
        with attention.attending(tell=lambda text: show(Notice(text=text))):
            found = proof_of(reader).subject(run)
            facts = _facts(reader, found)
            asked, answers = _asked(found, timedelta(days=facts.step))
            show(VerificationStarted(checks=1 + len(asked), what="queries"))
            claims = {name: loaded.claim for name, loaded in found.tables.items()}
            answers += reader.answers(asked, volumes=claims, show=show)
    except VerificationError as error:
        raise ReportError(error) from error
    except StoreError as error:
        raise ReportError(f"{reader.place} cannot be measured: {error}") from error
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


def _rank(name: str) -> int:
    return SLOWEST.index(name) if name in SLOWEST else len(SLOWEST)


def step_of(days: int) -> float:
    """Days that a point of a curve stands for, in a window of so many days."""
    return next(step for longest, step in STEPS if days <= longest)


def _facts(reader: Reader, found: Subject) -> Provenance:
    engine, version, now = reader.server()
    runs = {loaded.run.run: loaded for loaded in found.tables.values()}
    return Provenance(
        target=reader.place,
        schema=reader.schema,
        engine=engine,
        server=version,
        measured=now.isoformat(timespec="seconds"),
        version=__version__,
        step=step_of(max(loaded.config.days for loaded in runs.values())),
        runs=tuple(_run(loaded) for _, loaded in sorted(runs.items())),
        tables={name: loaded.run.run for name, loaded in found.tables.items()},
        absent=dict(found.absent),
        others={name: loaded.claim.others for name, loaded in found.tables.items() if loaded.claim.others},
    )


def _run(loaded: Loaded) -> Row:
    run = loaded.run
    return {
        "run": run.run,
        "started": _moment(run.started),
        "resumed": _moment(run.resumed),
        "finished": _moment(run.finished),
        "host": run.host,
        "versions": run.versions,
        "days": loaded.config.days,
        "plan": run.plan,
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _asked(found: Subject, step: timedelta) -> tuple[list[Query], list[Answer]]:
    """The queries to be asked, and the answers of those that cannot be."""
    every = {"step": step, "runs": list(found.runs), "most": MOST_SHARDS}
    asked, moot = [], []
    for query in queries():
        if query.rows and (reason := statements.obstacle(query, found, alone=False)):
            moot.append(Answer(name=query.name, about=query.purpose, rows=(), missing=reason, seconds=0.0))
        else:
            told = every | (statements.parameters(query, found) if query.rows else {})
            text = statements.of_own_rows(query, found).text
            asked.append(Query(name=query.name, about=query.purpose, text=text, parameters=told))
    return asked, moot
