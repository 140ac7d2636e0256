"""The laws, asked: each statement returns the rows that break its law, counted in one pass with a few samples."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from shardgen.model.figures import plural
from shardgen.stores.reading import Question, Session, StumbledError, UnreadableError
from shardgen.tables.statements import Statement
from shardgen.verification import excused, statements, values
from shardgen.verification.outcome import Check, Status
from shardgen.verification.subject import Subject

SAMPLES: Final = 3
DIGITS: Final = 19
"""Of a whole number that is written as one: as many as a bigint has."""

SLOWEST: Final = ("L13", "L12", "L1", "L14", "L8", "L2", "L10", "L7", "L6", "L9")
"""Begun first, so that none is left over at the end; 23 to 4 seconds each on the default load."""

_COUNTED: Final = """
SELECT count(*), array_agg(row_to_json(numbered)::text) FILTER (WHERE place_ <= {samples})
FROM (SELECT row_number() OVER () AS place_, offender.* FROM (
{law}
) AS offender) AS numbered
"""


def questions(subject: Subject, tables: Iterable[str]) -> tuple[list[Question[Check]], list[Check]]:
    """The laws that concern some of the tables: those to be asked, the slowest first, and those that do not apply."""
    wanted, asked, moot, key = set(tables), [], [], excused.Key(subject)
    for law in sorted(statements.laws(subject.datasets), key=_rank):
        if not wanted & law.rows.keys():
            continue
        if reason := statements.obstacle(law, subject):
            moot.append(not_applicable("laws", law, reason))
        else:
            asked.append(_question(law, subject, key))
    return asked, moot


def not_applicable(level: str, statement: Statement, reason: str) -> Check:
    """What is said of a law or shape that cannot be checked."""
    return Check(
        level=level,
        name=statement.name,
        about=statement.purpose,
        status=Status.NOT_APPLICABLE,
        finding=reason,
    )


def unreadable(error: UnreadableError) -> str:
    """Why a statement that is written for another kind of place does not apply."""
    return f"it is written for PostgreSQL, and DuckDB does not read it: {error}"


def ask(session: Session, law: Statement, parameters: Mapping[str, object]) -> Check:
    """Count the law's offenders.

    A value so damaged that the statement stumbles over it breaks the law too. So does a statement that is wrong, as
    that of a package may be: it proves nothing, and the others are asked.
    """
    start = time.perf_counter()
    query = _COUNTED.format(law=law.text, samples=SAMPLES)
    try:
        [(offenders, texts)] = session.rows(query, parameters)
        finding = plural(offenders, "offender")
    except StumbledError as error:
        offenders, texts, finding = 1, None, values.stumbled(error)
    except UnreadableError as error:
        return not_applicable("laws", law, unreadable(error))
    samples = [_read(text) for text in texts or ()]
    return Check(
        level="laws",
        name=law.name,
        about=law.purpose,
        status=Status.FAILED if offenders else Status.HELD,
        finding=finding,
        offenders=offenders,
        samples=tuple(map(_sentence, samples)),
        seconds=round(time.perf_counter() - start, 3),
        figures={"samples": samples},
    )


def _question(law: Statement, subject: Subject, key: excused.Key) -> Question[Check]:
    parameters, asked = statements.parameters(law, subject), statements.of_own_rows(law, subject)
    if any(subject.tables[name].excused for name in law.rows):
        return Question(name=law.name, ask=lambda session: [excused.ask(session, asked, parameters, key, subject)])
    return Question(name=law.name, ask=lambda session: [ask(session, asked, parameters)])


def _rank(law: Statement) -> int:
    return SLOWEST.index(law.name) if law.name in SLOWEST else len(SLOWEST)


def _read(sample: str) -> dict[str, Any]:
    """An offender's columns as JSON values; numbers that not every reader of JSON can hold stay text."""
    return dict(json.loads(sample, parse_int=_whole, parse_float=_real))


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= DIGITS else digits


def _real(digits: str) -> float | str:
    return float(digits) if math.isfinite(float(digits)) else digits


def _sentence(sample: dict[str, Any]) -> str:
    """``"stock is negative: 12, PROD00000001 WH001"``."""
    part, *rest = (values.cut(str(value)) for name, value in sample.items() if name != "place_" and value is not None)
    return f"{part}: {', '.join(rest)}" if rest else part
