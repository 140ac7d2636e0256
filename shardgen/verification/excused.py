"""Laws of tables that were spoilt on purpose, or cut by arrival: each offender is compared with the answer key, with
what has happened and has not arrived, or with both. Of these only what can break the law excuses, see ``struck``.

A row of the key is one; so is a row that refers to a row of the key, or whose law names one: an order of a customer who
is not there, a session one of whose events is lost. A law with any other offender has failed. Values that a law cannot
read count as none: that rows are spoilt is no reason not to ask.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Any, Final

from shardgen.model.figures import plural
from shardgen.model.keys import SESSION
from shardgen.stores.reading import Session, StumbledError, UnreadableError
from shardgen.tables import dataset, table_of
from shardgen.tables.statements import Statement
from shardgen.verification import values
from shardgen.verification.outcome import Check, Status
from shardgen.verification.struck import IDS, OF, WORDS, Known, Struck, called
from shardgen.verification.subject import Loaded, Subject

SAMPLES: Final = 3
EVENTS: Final = dataset()["clickstream"].table.space.children
"""Numbers of events for each of a session: an event's id tells its session."""
_MANY: Final = 5_000
"""Offenders whose rows are asked for at a time."""
_CASTS: Final = re.compile(
    r"(?P<value>substr\([\w., ]+\)|\([\w.]+ ->> '\w+'\))::(?P<type>bigint|integer|numeric|timestamp|boolean)\b"
)
_LISTS: Final = re.compile(r"(?P<asks>jsonb_array_(?:elements|length))\((?P<list>[^()]*)\)")
_NUMBERS: Final = re.compile(r"\b(?:movement|event) #(\d+)\b")
_ROWS: Final = """SELECT {column}, string_agg(to_jsonb(found)::text, ' ')
FROM {relation} AS found WHERE {column} IN ({listed}) GROUP BY 1"""
_FORMS: Final[Mapping[str, str]] = {
    "bigint": "^-?[0-9]{1,18}$",
    "integer": "^-?[0-9]{1,9}$",
    "numeric": "^-?[0-9]+([.][0-9]+)?$",
    "timestamp": "^[0-9]{4}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9]:[0-5][0-9]([.][0-9]+)?)?$",
    "boolean": "^(true|false)$",
}
"""Of texts that a cast takes."""


def tolerant(law: Statement) -> Statement:
    """The law, for which a value that it cannot read is none."""
    text = _CASTS.sub(lambda cast: f"CASE WHEN {cast['value']} ~ '{_FORMS[cast['type']]}' THEN {cast[0]} END", law.text)
    return replace(
        law,
        text=_LISTS.sub(
            lambda call: (
                f"{call['asks']}(CASE jsonb_typeof({call['list']}) WHEN 'array' THEN {call['list']} "
                "ELSE '[]'::jsonb END)"
            ),
            text,
        ),
    )


class Key:
    """The answer key of what is loaded, and what has not arrived, read when they are first asked for.

    Args:
        subject: what is loaded.
    """

    def __init__(self, subject: Subject) -> None:
        self._spoilt = [loaded for loaded in subject.tables.values() if loaded.spoilt]
        self._late = [loaded for loaded in subject.tables.values() if loaded.config.arrived]
        self._lock = threading.Lock()

    def known(self, law: Statement) -> list[Known]:
        """What each of them names that can break a law; read once, whoever asks first."""
        with self._lock:
            found = self._struck
        return [each.of(law) for each in found]

    @cached_property
    def _struck(self) -> list[Struck]:
        spoilt = [Struck.spoilt(self._spoilt)] if self._spoilt else []
        return [*spoilt, *([Struck.pending(self._late)] if self._late else [])]


def ask(session: Session, law: Statement, parameters: Mapping[str, object], key: Key, subject: Subject) -> Check:
    """Compare the law's offenders with the key."""
    start = time.perf_counter()
    try:
        offenders = session.rows(tolerant(law).text, parameters)
    except (StumbledError, UnreadableError) as error:
        told = values.stumbled(error) if isinstance(error, StumbledError) else str(error)
        return _check(law, Status.NOT_APPLICABLE, f"it cannot be asked of spoilt rows: {told}", start)
    if not offenders:
        return _check(law, Status.HELD, plural(0, "offender"), start)
    found = _judged(session, offenders, key.known(law), subject)
    told = ", ".join(f"{count:,} {why}" for why, count in found.excused.items() if count)
    finding = f"{plural(len(offenders), 'offender')}: {told}" if told else plural(len(offenders), "offender")
    if not found.others:
        return _check(law, Status.HELD, finding, start)
    return replace(
        _check(law, Status.FAILED, f"{finding}; {len(found.others):,} neither", start),
        offenders=len(found.others),
        samples=tuple(": ".join(filter(None, map(_cut, each))) for each in found.others[:SAMPLES]),
    )


@dataclass(slots=True, kw_only=True)
class _Judged:
    excused: Counter[str] = field(default_factory=Counter)
    others: list[Sequence[Any]] = field(default_factory=list)


def _judged(session: Session, offenders: Iterable[Sequence[Any]], known: Sequence[Known], subject: Subject) -> _Judged:
    found, direct = _Judged(), frozenset[str]().union(*(each.rows | each.held for each in known))
    left: list[Sequence[Any]] = []
    for offender in offenders:
        if why := next(filter(None, (_why(offender, each) for each in known)), ""):
            found.excused[why] += 1
        else:
            left.append(offender)
    rest, together = iter(left), any(called(SESSION.prefix) in each.along for each in known)
    while some := list(islice(rest, _MANY)):
        texts = _texts(session, {name for each in some for name in _named(each)}, subject)
        for offender in some:
            names = _named(offender)
            own = " ".join(texts.get(name, "") for name in (names | _sessions(names) if together else names))
            if why := _by(IDS.findall(own), direct):
                found.excused[why] += 1
            else:
                found.others.append(offender)
    return found


def _why(offender: Sequence[Any], known: Known) -> str:
    """In which way an offender is of the key; empty where it is not, by what the law says of it."""
    names = _named(offender)
    if str(offender[1]) in known.rows or names & known.rows:  # one that is spoilt looks like no id
        return f"in {known.what}"
    if why := _by(names | _sessions(names), known.ids):
        return why
    if known.beside and any(_beside(name) & known.rows for name in names):
        return f"beside one of {known.what}"
    words = {word for text in offender[1:] for word in WORDS.findall(str(text))}
    return f"by a word of {known.what}" if not names and words & known.words else ""


def _by(names: Iterable[str], records: Collection[str]) -> str:
    """By which record of the key: ``"by their order"``."""
    found = {called(name) for name in names if name in records}
    return next(
        (f"by their {what}" for what in (*(what for what, _ in OF.values()), "transfer", "visitor") if what in found),
        "",
    )


def _beside(name: str) -> set[str]:
    """The ids before and after one."""
    ids = next((each for _, each in OF.values() if name.startswith(each.prefix)), None)
    if ids is None:
        return {str(int(name) + step) for step in (-1, 1)} if _is_number(name) else set()
    number = int(name.removeprefix(ids.prefix))
    return {ids.text(number + step) for step in (-1, 1)}


def _named(offender: Sequence[Any]) -> set[str]:
    """Ids that a law names of an offender; a number is one alone after what is wrong, or as in ``event #7``."""
    texts = [str(text) for text in offender[1:] if text is not None]
    found = {name for text in texts for name in (*IDS.findall(text), *_NUMBERS.findall(text))}
    return found | {str(each) for each in offender[1:2] if _is_number(str(each))}


def _is_number(name: str) -> bool:
    return name.removeprefix("-").isdigit()


def _sessions(names: Iterable[str]) -> set[str]:
    """Sessions of the events among some ids."""
    return {SESSION.text(abs(int(name)) // EVENTS + 1) for name in names if _is_number(name)}


def _texts(session: Session, names: Collection[str], subject: Subject) -> dict[str, str]:
    """Rows as text by their ids, of those that are there."""
    found: dict[str, str] = {}
    for table, (_, ids) in OF.items():
        wanted = [name for name in names if name.startswith(ids.prefix)]
        loaded = subject.tables.get(table)
        if wanted and loaded is not None:
            found |= dict(session.rows(_rows_of(loaded, table_of(loaded.config, table).key[0], wanted), {}))
    events, sessions = subject.tables.get("clickstream"), _sessions(names)
    if sessions and events is not None:
        for name, text in session.rows(_rows_of(events, "session_id", sessions), {}):
            found[name] = f"{found.get(name, '')} {text}"
    return found


def _rows_of(loaded: Loaded, column: str, ids: Iterable[str]) -> str:
    """SQL for the rows of some ids, which are letters and digits, all of each as one text."""
    listed = ", ".join(f"'{each}'" for each in ids)
    return _ROWS.format(column=column, relation=loaded.claim.relation, listed=listed)


def _cut(value: Any) -> str:
    return "" if value is None else values.cut(str(value))


def _check(law: Statement, status: Status, finding: str, start: float) -> Check:
    return Check(
        level="laws",
        name=law.name,
        about=law.purpose,
        status=status,
        finding=finding,
        seconds=round(time.perf_counter() - start, 3),
        figures={"samples": []},
    )
