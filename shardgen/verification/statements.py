"""The SQL files: a comment that names the law or shape, a comment that says what it needs, one statement.

``-- needs: orders 2000, products; raw_data; 180 days; orders per session`` reads: the tables orders, of at least 2,000
rows, and products, loaded with raw_data in full or lean form, for a window of 180 days or more, in a world that has
about as many orders per session as the default one. ``-- needs: the ledger`` asks of no bronze table. The queries of
a report are written in the same way, by names instead of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from typing import Final

from shardgen.model.config import WorldConfig
from shardgen.model.figures import plural
from shardgen.tables.wanted import plan_config
from shardgen.verification.subject import Loaded, Subject

_PARTS: Final = re.compile(
    r"-- (?P<name>[LS]\d+|[a-z ]+): (?P<purpose>.+)\.\n-- needs: (?P<needs>.+)\n(?P<text>(?s:.+))"
)
_READ: Final = re.compile(r"\b(?P<how>FROM|JOIN) (?P<relation>raw_\w+)")

PROPORTIONS: Final[dict[str, Callable[[WorldConfig], float]]] = {
    "orders per session": lambda world: world.orders / max(1, world.sessions),
    "orders per customer": lambda world: world.orders / max(1, world.customers) * 365 / world.horizon,
    "events per session": lambda world: world.events_per_session,
}
"""What the bands of some shapes take for granted."""

LEDGER: Final = "the ledger"
USUAL: Final = plan_config(today=date(2026, 1, 1)).world
LEEWAY: Final = 1.5
"""By which factor a proportion may be off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One law or shape."""

    name: str
    """``"L4"``, or ``"funnel"``."""
    purpose: str
    """What it protects, in a line."""
    rows: dict[str, int]
    """By table that it needs, the least number of rows."""
    raw_data: bool
    """Whether it needs raw_data."""
    days: int
    """The least length of the window."""
    proportions: tuple[str, ...]
    """Of PROPORTIONS, those in which the world must be like the default one."""
    text: str
    """The SQL."""


def read(folder: str) -> list[Statement]:
    """The statements of a folder of this package, ``"laws"`` or ``"shapes"``, by number."""
    files = [file for file in resources.files(__package__).joinpath(folder).iterdir() if file.name.endswith(".sql")]
    return sorted((parse(file.read_text(encoding="utf-8")) for file in files), key=lambda each: int(each.name[1:]))


def parse(content: str) -> Statement:
    """A statement out of the content of its file."""
    match = _PARTS.fullmatch(content)
    assert match, f"no law or shape begins with {content[:200]!r}"
    tables, *rest = (part.strip() for part in match["needs"].split(";"))
    named = [] if tables == LEDGER else tables.split(",")
    rows = {name: int(least or 0) for name, _, least in (each.strip().partition(" ") for each in named)}
    days = [part.removesuffix(" days") for part in rest if part.endswith(" days")]
    proportions = tuple(part for part in rest if part in PROPORTIONS)
    assert len(rest) == len(days) + len(proportions) + ("raw_data" in rest), f"{match['name']} needs unknown things"
    return Statement(
        name=match["name"],
        purpose=match["purpose"],
        rows=rows,
        raw_data="raw_data" in rest,
        days=int(days[0]) if days else 0,
        proportions=proportions,
        text=match["text"],
    )


def obstacle(statement: Statement, subject: Subject, *, alone: bool = True) -> str:
    """Why a statement does not apply to what is loaded; empty where it does.

    Args:
        statement: to be asked.
        subject: what is loaded.
        alone: whether rows that others loaded stand in its way.
    """
    for name in statement.rows:
        if name not in subject.tables:
            return f"table {name} {subject.absent.get(name, 'was not loaded')}"
    needed = {name: subject.tables[name] for name in statement.rows}
    for name, loaded in needed.items():
        if alone and loaded.claim.others:
            began = f"{loaded.claim.others:,} when it began"
            return f"table {name} holds rows that run={loaded.run.run} did not load: {began}"
        lacking = [column for column in sorted(loaded.claim.left_out) if re.search(rf"\b{column}\b", statement.text)]
        if lacking:
            return f"table {name} has no column {lacking[0]}"
    without = [name for name, loaded in needed.items() if loaded.config.raw_data == "none"]
    if statement.raw_data and without:
        return f"table {without[0]} was loaded without raw_data"
    if len({_world(loaded) for loaded in needed.values()}) > 1:
        return f"tables {', '.join(needed)} were loaded of different worlds or windows"
    return _too_little(statement, needed)


def of_own_rows(statement: Statement, subject: Subject) -> Statement:
    """The statement as it is asked: a table is not answerable for rows of others that merely inherit from it."""
    plain = {loaded.claim.relation for loaded in subject.tables.values() if not loaded.divided}

    def only(match: re.Match[str]) -> str:
        return f"{match['how']} ONLY {match['relation']}" if match["relation"] in plain else match[0]

    return replace(statement, text=_READ.sub(only, statement.text))


def parameters(statement: Statement, subject: Subject) -> dict[str, object]:
    """Of the plan of the tables that the statement needs, which agree on it where nothing stands in the way."""
    return subject.tables[next(iter(statement.rows))].parameters()


def _world(loaded: Loaded) -> object:
    return loaded.config.world, loaded.config.end


def _too_little(statement: Statement, needed: dict[str, Loaded]) -> str:
    for name, least in statement.rows.items():
        rows = needed[name].rows + needed[name].claim.others
        if least and not rows:
            return f"table {name} is empty"
        if rows < least:
            return f"{plural(rows, 'row')} of {name} {'is' if rows == 1 else 'are'} too few to tell: at least {least:,}"
    config = next(iter(needed.values())).config
    if config.days < statement.days:
        return f"a window of {plural(config.days, 'day')} is too short to tell: at least {statement.days}"
    for name in statement.proportions:
        usual, here = PROPORTIONS[name](USUAL), PROPORTIONS[name](config.world)
        if not usual / LEEWAY <= here <= usual * LEEWAY:
            return f"its bands are for about {usual:.3g} {name}, not for {here:.3g}"
    return ""
