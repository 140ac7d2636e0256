"""What is asked of a target that is loaded: its runs, and the queries that can run on it, without a word on a screen.

Libraries are imported where they are needed, so that a command pays for no other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from shardgen.errors import ConfigError, Given, ServerError, TargetError, Text, UsageError, Use
from shardgen.model.checks import check_choice
from shardgen.model.choices import CHANGE_FORMS
from shardgen.model.config import SHOP, PlanConfig
from shardgen.model.table import ANSWERS, latest_of, relation_of

if TYPE_CHECKING:
    from shardgen.flow.feeding import Changes
    from shardgen.options.settings import Settings
    from shardgen.stores.findings import RunStatus
    from shardgen.tables.questions import Query
    from shardgen.tables.truth import Truth


def runs_of(settings: Settings) -> list[RunStatus]:
    """The runs in the target's ledger, oldest first; a server is not started for the question.

    Raises:
        TargetError: the target cannot be reached, or refuses.
        ServerError: the embedded server is meant, and does not run.
    """
    from shardgen.options import target

    return target.there(settings).runs()


def status_of(settings: Settings) -> list[RunStatus]:
    """The same, with the tables of answer keys that were loaded beside theirs.

    Raises:
        TargetError, ServerError: as :func:`runs_of`.
    """
    from shardgen import keyed
    from shardgen.options import target

    store = target.there(settings)
    return keyed.standing(store, store.runs())


def watched_runs(settings: Settings) -> AbstractContextManager[Callable[[], list[RunStatus]]]:
    """What tells that as often as it is asked; a server is not started for the question.

    Raises:
        TargetError: when asked: the target cannot be reached, or refuses.
        ServerError: the embedded server is meant, and does not run.
    """
    from shardgen import keyed
    from shardgen.options import target

    return keyed.watched(target.there(settings))


def queries_of(settings: Settings) -> list[Query]:
    """The queries that can run on what is loaded; a server is not started for the question.

    Raises:
        TargetError: the target cannot be reached, refuses, or nothing is loaded there.
        ServerError: the embedded server is meant, and does not run.
    """
    from shardgen.tables.questions import queries

    if settings.target.lake:
        return _over_files(settings)
    filled = _filled(settings)
    return [replace(each, text=_of_newest(each.text, filled)) for each in queries(settings.schema, _modes(filled))]


def query_of(settings: Settings, name: str) -> Query:
    """The one of this name.

    Raises:
        ConfigError: there is none of this name, or it reads a table that is not loaded.
        TargetError, ServerError: as :func:`queries_of`.
    """
    from shardgen.tables.questions import NAMES, missing

    check_choice("query", name, NAMES)
    loaded = _modes(_filled(settings))
    if lacking := missing(name, loaded):
        raise ConfigError(f"query={name!r} reads what is not loaded: rows or raw_data of {', '.join(lacking)}")
    return next(query for query in queries_of(settings) if query.name == name)


def views_of(settings: Settings, run: int) -> list[str]:
    """Statements by which DuckDB has the tables of a run in a lake as views.

    Raises:
        TargetError: the target cannot be reached.
    """
    from shardgen.stores.lake.address import parsed
    from shardgen.stores.lake.duck import lines

    [found] = [each for each in runs_of(settings) if each.run == run]
    tables = [each.table for each in found.tables if each.generation is not None and each.rows]
    return lines.script(parsed(settings.target.lake), dict.fromkeys(tables, found))


def _over_files(settings: Settings) -> list[Query]:
    """Queries for DuckDB, each with the views that it reads."""
    from shardgen.stores.lake.address import parsed
    from shardgen.stores.lake.duck import dialect, lines
    from shardgen.tables.questions import over_files

    filled = _filled(settings)
    typed = all(run.plan["format"] == "parquet" and "raw_data_as" not in run.plan for run in filled.values())
    found = []
    for query, tables in over_files(_modes(filled), typed=typed):
        before = lines.script(parsed(settings.target.lake), {name: filled[name] for name in tables})
        text = dialect.spelled(_of_newest(query.text, filled))
        found.append(replace(query, text="\n".join([*before, text])))
    return found


def _modes(filled: Mapping[str, RunStatus]) -> dict[str, str]:
    """The mode of raw_data of each table."""
    return {name: str(run.plan["raw_data"]) for name, run in filled.items()}


def _of_newest(text: str, filled: Mapping[str, RunStatus]) -> str:
    """A query that reads records as they stand, also of tables that have all their versions."""
    for name, run in filled.items():
        if run.plan.get("history") == "versions":
            text = re.sub(rf"\b{relation_of(name)}\b", latest_of(relation_of(name)), text)
    return text


def _filled(settings: Settings) -> dict[str, RunStatus]:
    """The tables that finished runs have filled, each with its run."""
    found = {
        table.table: run
        for run in runs_of(settings)
        for table in run.tables
        if run.state == "finished" and table.generation is not None and table.rows
    }
    if not found:
        place = settings.target.lake or f"schema={settings.schema!r}"
        raise TargetError(f"{place} holds no rows of a finished run: load some first")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Truths:
    """Tables of truth, and what they are the truth of."""

    source: str
    """``"run 3 in schema bronze of localhost:5432/shop"``."""
    config: PlanConfig
    tables: tuple[Truth, ...]


def truths_of(settings: Settings, *, table: str = "", run: int | None = None) -> Truths:
    """What the generator knows of a run in the target, or of the options where no target is named.

    Args:
        settings: where, and of which world; options that the caller names must be those of the run.
        table: only this one, or all.
        run: the run that is meant, or the newest finished one.

    Raises:
        ConfigError: an option is wrong, or there is no such table.
        TargetError: the target cannot be reached, holds no such run, or one that this code would not make.
    """
    from shardgen.tables import truth

    if table:
        check_choice("table", table, truth.NAMES)
    tables = (truth.truth(table),) if table else truth.TRUTHS
    if run is None and not _is_meant(settings):
        from shardgen.options.settings import utc_today

        config = settings.plan(utc_today())
        world = f"seed {config.world.seed}, from {config.world.epoch} up to {config.end}, as the options say"
        return Truths(source=world, config=config, tables=tables)
    found = run_of(settings, run)
    place = settings.target.lake or f"schema {settings.schema} of {settings.target.shown}"
    return Truths(source=f"run {found.run} in {place}", config=PlanConfig.from_json(found.plan).whole, tables=tables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeding:
    """A feed, and what it is of."""

    source: str
    """``"run 3 in schema bronze of localhost:5432/shop"``."""
    changes: Changes


def changes_of(
    settings: Settings, *, since: date | str | None, form: str, parts: Collection[str], run: int | None = None
) -> Feeding:
    """What changes in the shop from a day on, up to ``--end``.

    Args:
        settings: where, or of which world; options that the caller names must be those of the run.
        since: the first day; the epoch by default.
        form: one of choices.CHANGE_FORMS.
        parts: some of flow.debezium.PARTS.
        run: the run that is meant, or the newest finished one.

    Raises:
        ConfigError: an option is wrong, or there is no such window.
        TargetError: the target cannot be reached, holds no such run, or one that this code would not make.
        UsageError: neither a target nor a world is named.
    """
    from shardgen.flow import debezium
    from shardgen.flow.feeding import Changes
    from shardgen.options.kinds import DAY
    from shardgen.world.demand import midnight

    check_choice("format", form, CHANGE_FORMS)
    for part in parts:
        check_choice("envelope", part, debezium.PARTS)
    try:
        first = DAY.parse(since) if since else None
    except (TypeError, ValueError) as error:
        raise ConfigError(Given("since", since), f" is not {DAY.name}") from error
    source, config = world_of(settings, run)
    begins = first or config.world.epoch
    if begins < config.world.epoch:
        raise ConfigError(Given("since", begins), f" lies before the epoch, {config.world.epoch}", remedy="move it")
    if begins >= config.end:
        raise ConfigError(Given("since", begins), " is not before ", Given("end", config.end), remedy="move either")
    return Feeding(
        source=source, changes=Changes(plan=config, since=midnight(begins), form=form, parts=frozenset(parts))
    )


def world_of(settings: Settings, run: int | None, *, place: str = "target") -> tuple[str, PlanConfig]:
    """What a feed is of: a run in the target, or the options if they fix a world whatever the day.

    Args:
        settings: where, or of which world; options that the caller names must be those of the run.
        run: the run that is meant, or the newest finished one.
        place: the option that names a place.

    Returns:
        what it is of, for a person: ``"run 3 in schema bronze of localhost:5432/shop"``; its plan, up to ``--end``.

    Raises:
        ConfigError, TargetError, UsageError: as :func:`changes_of`.
    """
    from shardgen.options.settings import utc_today
    from shardgen.tables.wanted import table_names

    named = settings.given()
    if run is None and {"epoch", "horizon"} <= named.keys():
        config = settings.plan(utc_today())
        if config.dirt is not None and settings.made_key:
            remedy = Text("set SHARDGEN_DIRT_KEY, or name its file by ", Use("dirt_key_file"))
            raise ConfigError("the dirt of a feed needs a key, so that it is the same each time", remedy=remedy)
        return f"seed {config.world.seed}, from {config.world.epoch} up to {config.end}, as the options say", config
    if run is None and settings.target.embedded and not _is_meant(settings.without("end", "tables")):
        told = "changes are of a world that does not move: no target holds a finished run"
        raise UsageError(told, remedy=Text("name ", Use(place), ", or ", Use("epoch"), " and ", Use("horizon")))
    found = run_of(settings.without("end", "tables"), run)
    config = PlanConfig.from_json(found.plan).whole
    if config.dirt is not None:
        config.dirt.opened()
    end, tables = settings.get("end"), settings.get("tables")
    config = config.up_to(end) if end else config
    config = replace(config, tables=table_names(tables, config.dataset) if tables else config.tables)
    place = settings.target.lake or f"schema {settings.schema} of {settings.target.shown}"
    return f"run {found.run} in {place}", config


def _is_meant(settings: Settings) -> bool:
    """Whether a target is: one that is named or, where no option of a world is, an embedded server with runs."""
    if not settings.target.embedded:
        return True
    try:
        worldly = settings.given().keys() - {"schema"}
        return not worldly and any(run.state == "finished" for run in runs_of(settings))
    except (ServerError, TargetError):
        return False


def run_of(settings: Settings, run: int | None) -> RunStatus:
    """The run that is meant, which today's code would make as well.

    Raises:
        TargetError: there is none.
    """
    from shardgen.stores.resuming import option_differences
    from shardgen.tables.recipe import Recipe, changed

    finished = [each for each in runs_of(settings) if each.state == "finished" and run in (None, each.run)]
    place = settings.target.lake or f"schema={settings.schema!r}"
    if not finished:
        raise TargetError(f"{place} holds no finished run{'' if run is None else f' of number {run}'}: load it first")
    found = finished[-1]
    if found.plan["tables"] == [ANSWERS]:
        raise TargetError(f"{place} holds an answer key alone: name the schema of the tables that it tells of")
    if (other := found.plan.get("dataset", SHOP)) != SHOP:
        raise TargetError(f"run={found.run} is of dataset={other!r}, of which no hidden truth is known")
    if differences := option_differences(found, settings.given()):
        told = Text(f"run={found.run} was started with other options: ", Text.joined(", ", differences))
        raise TargetError(told, remedy="leave them out")
    if found.fingerprint != Recipe().world(PlanConfig.from_json(found.plan)):
        why = f"run={found.run} was made with another data version or vocabulary{changed(found.versions)}"
        raise TargetError(why, remedy="ask the version that loaded it")
    return found
