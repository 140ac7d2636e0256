"""The shapes, measured: each statement returns figures with the band in which they should lie."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Mapping
from typing import Any

from shardgen.stores.reading import Question, Session, StumbledError, UnreadableError
from shardgen.tables.statements import Statement
from shardgen.verification import statements, values
from shardgen.verification.laws import not_applicable, unreadable
from shardgen.verification.outcome import Check, Status
from shardgen.verification.subject import Subject
from shardgen.world.lexicon import SUBCATEGORIES


def questions(subject: Subject, tables: Iterable[str]) -> tuple[list[Question[Check]], list[Check]]:
    """The shapes that concern some of the tables: those to be measured, and those that do not apply."""
    wanted, asked, moot = set(tables), [], []
    for shape in statements.shapes(subject.datasets):
        if not wanted & shape.rows.keys():
            continue
        if reason := _spoilt(shape, subject) or statements.obstacle(shape, subject):
            moot.append(not_applicable("shape", shape, reason))
        else:
            asked.append(_question(shape, subject))
    return asked, moot


def _spoilt(shape: Statement, subject: Subject) -> str:
    """Why a shape does not apply to rows that are spoilt on purpose; empty where none of them is."""
    found = [name for name in shape.rows if name in subject.tables and subject.tables[name].spoilt]
    return f"rows of {', '.join(found)} are spoilt on purpose, which moves what is typical" if found else ""


def measure(session: Session, shape: Statement, parameters: Mapping[str, object]) -> list[Check]:
    """A check for each figure; one that fails where a value is so damaged that there are none."""
    start = time.perf_counter()
    try:
        rows = session.rows(shape.text, parameters)
    except StumbledError as error:
        return [_stumbled(shape, values.stumbled(error), seconds=time.perf_counter() - start)]
    except UnreadableError as error:
        return [not_applicable("shape", shape, unreadable(error))]
    seconds = (time.perf_counter() - start) / len(rows)
    return [_check(shape, *row, seconds=seconds) for row in rows]


def words() -> dict[str, object]:
    """What the shapes ask of the lexicon: companion subcategories by name, and the nouns of each as a pattern."""
    names = {each.slug: each.name for each in SUBCATEGORIES}
    pairs = [(each.name, names[slug]) for each in SUBCATEGORIES for slug in each.companions]
    return {
        "subcategories": [one for one, _ in pairs],
        "companions": [other for _, other in pairs],
        "kinds": [each.name for each in SUBCATEGORIES],
        "nouns": ["|".join(map(re.escape, _longest_first(each.nouns))) for each in SUBCATEGORIES],
    }


def _question(shape: Statement, subject: Subject) -> Question[Check]:
    parameters, asked = statements.parameters(shape, subject) | words(), statements.of_own_rows(shape, subject)
    return Question(name=shape.name, ask=lambda session: measure(session, asked, parameters))


def _longest_first(nouns: Iterable[str]) -> list[str]:
    return sorted((noun.lower() for noun in nouns), key=lambda noun: (-len(noun), noun))


def _stumbled(shape: Statement, finding: str, *, seconds: float) -> Check:
    return Check(
        level="shape",
        name=shape.name,
        about=shape.purpose,
        status=Status.FAILED,
        finding=finding,
        offenders=1,
        seconds=round(seconds, 3),
        figures=dict.fromkeys(("value", "low", "high")),
    )


def _check(shape: Statement, name: str, value: Any, low: Any, high: Any, *, seconds: float) -> Check:
    figures = {"value": _number(value), "low": _number(low), "high": _number(high)}
    if value is None:
        status, finding = Status.NOT_APPLICABLE, "what is loaded does not tell"
    else:
        within = math.isfinite(value) and (low is None or value >= low) and (high is None or value <= high)
        status, finding = Status.HELD if within else Status.FAILED, f"{_shown(value)} ({_band(low, high)})"
    return Check(
        level="shape",
        name=shape.name,
        about=name,
        status=status,
        finding=finding,
        offenders=int(status is Status.FAILED),
        seconds=round(seconds, 3),
        figures=figures,
    )


def _number(value: Any) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


def _shown(value: Any) -> str:
    return f"{float(value):.4g}"


def _band(low: Any, high: Any) -> str:
    if high is None:
        return f"at least {_shown(low)}"
    return _shown(low) if low == high else f"{_shown(low)} to {_shown(high)}"
