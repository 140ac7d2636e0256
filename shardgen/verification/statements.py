"""The laws and shapes of what is loaded: which there are, what stands in their way, and how they are asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from shardgen.model.figures import plural
from shardgen.model.table import latest_of
from shardgen.tables import dataset, names
from shardgen.tables.statements import PROPORTIONS, Statement, read
from shardgen.tables.wanted import plan_config
from shardgen.verification.subject import Loaded, Subject

_READ: Final = re.compile(r"\b(?P<how>FROM|JOIN) (?P<relation>raw_\w+)")

VERSIONS: Final = "_versions"
"""After a relation, in a statement: with all versions of its records."""

USUAL: Final = plan_config(today=date(2026, 1, 1)).world
LEEWAY: Final = 1.5
"""By which factor a proportion may be off."""


def laws(tables: Mapping[str, str]) -> list[Statement]:
    """The laws of the datasets of some tables, and of those of the tables that are not of them.

    Args:
        tables: by name, the dataset of each.
    """
    found = [law for story in sorted(set(tables.values())) for law in dataset(story).laws]
    others = [dataset(story)[name] for name, story in tables.items() if name not in names(story)]
    return read(dict.fromkeys([*found, *(law for spec in others for law in spec.laws)]))


def shapes(tables: Mapping[str, str]) -> list[Statement]:
    """The shapes of the datasets of some tables."""
    return read(dict.fromkeys(shape for story in sorted(set(tables.values())) for shape in dataset(story).shapes))


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
    return _otherwise(statement, needed) or _too_little(statement, needed)


def of_own_rows(statement: Statement, subject: Subject) -> Statement:
    """The statement as it is asked: of records as they stand, unless it wants their versions.

    A table is not answerable for rows of others that merely inherit from it.
    """
    return resolved(statement, {loaded.claim.relation: _reading(loaded) for loaded in subject.tables.values()})


def resolved(statement: Statement, readings: Mapping[str, tuple[str, str]]) -> Statement:
    """The statement as a place reads it.

    Args:
        statement: see ``tables.statements``.
        readings: by relation, what its records as they stand are read from, and what all their versions are.
    """

    def reading(match: re.Match[str]) -> str:
        relation = match["relation"].removesuffix(VERSIONS)
        latest, versions = readings.get(relation, (relation, relation))
        return f"{match['how']} {latest if relation == match['relation'] else versions}"

    return replace(statement, text=_READ.sub(reading, statement.text))


def _reading(loaded: Loaded) -> tuple[str, str]:
    relation = loaded.claim.relation
    own = relation if loaded.divided else f"ONLY {relation}"
    return latest_of(relation) if loaded.config.history == "versions" else own, own


def parameters(statement: Statement, subject: Subject) -> dict[str, object]:
    """Of the plan of the tables that the statement needs, which agree on it where nothing stands in the way."""
    return subject.tables[next(iter(statement.rows))].parameters()


def _otherwise(statement: Statement, needed: dict[str, Loaded]) -> str:
    """How the tables were loaded in another way than the statement needs."""
    once = [name for name, loaded in needed.items() if loaded.config.history != "versions"]
    if statement.versions and once:
        return f"table {once[0]} was loaded without versions: each record has one row"
    without = [name for name, loaded in needed.items() if loaded.config.raw_data == "none"]
    if statement.raw_data and without:
        return f"table {without[0]} was loaded without raw_data"
    if len({_world(loaded) for loaded in needed.values()}) > 1:
        return f"tables {', '.join(needed)} were loaded of different worlds or windows"
    return ""


def _world(loaded: Loaded) -> object:
    return loaded.config.world, loaded.config.cut, loaded.config.closes


def _too_little(statement: Statement, needed: dict[str, Loaded]) -> str:
    for name, least in statement.rows.items():
        loaded = needed[name]
        if least and not loaded.rows + loaded.claim.others:
            return f"table {name} is empty"
        there = (loaded.records if least else 0) + loaded.claim.others
        if there < least:
            told = plural(there, "record" if loaded.config.history == "versions" else "row")
            return f"{told} of {name} {'is' if there == 1 else 'are'} too few to tell: at least {least:,}"
    config = next(iter(needed.values())).config
    if config.days < statement.days:
        return f"a window of {plural(config.days, 'day')} is too short to tell: at least {statement.days}"
    for name in statement.proportions:
        proportion = PROPORTIONS[name]
        usual, here = proportion.of(USUAL), proportion.of(config.world)
        low, high = usual * proportion.least, usual * proportion.most
        if not low / LEEWAY <= here <= high * LEEWAY:
            bands = f"{high:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
            return f"its bands are for about {bands} {name}, not for {here:.3g}"
    return ""
