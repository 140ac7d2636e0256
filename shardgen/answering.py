"""What the commands do that tell what is wrong with dirty rows, given their settings, without a word on a screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from shardgen.errors import ConfigError, Given, TargetError, Text, Use, VerificationError
from shardgen.model.checks import check_choice, check_schema
from shardgen.model.choices import ANSWER_FORMS
from shardgen.model.config import PlanConfig

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from shardgen.display import Show
    from shardgen.flow.answers import Answers
    from shardgen.grading.grades import Grades
    from shardgen.loading.reconcile import LoadReport
    from shardgen.model.cleaned import Wanted
    from shardgen.options.settings import Settings
    from shardgen.stores import Store
    from shardgen.stores.cleaned import CleanedTables
    from shardgen.stores.findings import RunStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer key, and of what it is."""

    source: str
    answers: Answers


def answers_of(settings: Settings, *, form: str, run: int | None) -> Answered:
    """The key of the newest finished run in the target, or of the options where they ask for dirt.

    Raises:
        ConfigError: an option is wrong, or the secret of the dirt is not there.
        TargetError: the target cannot be reached, or holds no such run, or one without dirt.
    """
    from shardgen.flow.answers import Answers

    check_choice("format", form, ANSWER_FORMS)
    source, config = _dirty(settings, run)
    return Answered(source=source, answers=Answers(config))


def _dirty(settings: Settings, run: int | None) -> tuple[str, PlanConfig]:
    """The plan that is meant, whose secret is there."""
    from shardgen.asking import run_of
    from shardgen.options.settings import utc_today

    if run is None and settings.get("dirt", "none") != "none" and settings.secret.told:
        config = settings.plan(utc_today())
        if config.dirt is not None:
            return f"seed {config.world.seed} up to {config.end}, as the options say", config
    found = run_of(settings, run)
    config = PlanConfig.from_json(found.plan)
    place = settings.target.lake or f"schema {settings.schema} of {settings.target.shown}"
    if config.dirt is None:
        raise TargetError(f"run={found.run} in {place} was loaded without dirt: there is nothing to answer")
    config.dirt.opened()
    return f"run {found.run} in {place}", replace(_from_the_start(found, config), schema=settings.schema)


def _from_the_start(found: RunStatus, config: PlanConfig) -> PlanConfig:
    """The plan of one load that would make what a run has brought forward; its own where it has not."""
    from shardgen.stores.resuming import FOLLOWS

    began = {told for _, told in found.options.get(FOLLOWS, {}).values()}
    if not began:
        return config
    if len(began) > 1:
        told = f"run={found.run} has brought tables forward that do not begin on one day"
        raise TargetError(told, remedy=Text("load them alike, with ", Use("if_exists", "replace")))
    [first] = began
    return replace(config.whole, since=date.fromisoformat(first)) if first else config.whole


def restored(settings: Settings, show: Show, *, into: str, run: int | None, resume: bool) -> LoadReport:
    """Apply the key to the dirty tables in the target, and load the clean rows into another schema or lake.

    Raises:
        ConfigError: an option is wrong, or the secret of the dirt is not there.
        TargetError: the target cannot be reached, or holds no such run; or the other schema is not empty.
        LoadError: the load stopped; with ``resume`` the rest is done.
    """
    from shardgen.loading.engines import chosen
    from shardgen.options import target
    from shardgen.repair.applying import restore
    from shardgen.repair.feed import Mended

    settings.check()
    store = _into(settings, into)
    _, config = _dirty(settings.without("dirt"), run)
    if config.since is not None:
        told = f"what is loaded begins with a window, since={config.since}, and is not made clean again"
        raise TargetError(told, remedy="load the whole history to apply its key")
    lake = settings.target.lake
    source = Mended(dirty=config, lake=lake, dsn="" if lake else target.dsn_of(settings))
    with chosen(settings.load().engine) as engine:
        how = settings.load(slots=engine.slots)
        return restore(source, store, how, engine=engine, resume=resume, show=show)


def _into(settings: Settings, into: str) -> Store:
    """Where clean rows go: another prefix than that of the lake, or another schema than that of the database."""
    from shardgen.options import target
    from shardgen.stores import open_lake, open_store

    if not into:
        raise ConfigError(Use("into"), " is missing", remedy="name a schema, or of a lake another address")
    if settings.target.lake:
        if into.rstrip("/") == settings.target.lake.rstrip("/"):
            raise ConfigError(Given("into", into), " is the dirty one", remedy="name another address")
        return open_lake(into)
    check_schema(into)
    if into == settings.schema:
        remedy = Text("name another schema, beside ", Use("schema", settings.schema))
        raise ConfigError(Given("into", into), " is the dirty one", remedy=remedy)
    return open_store(target.dsn_of(settings), into)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where cleaned tables are; one of these says it, and of files the first one beside another."""

    cleaned: str = ""
    """A schema; of files a folder, its address, or a file of DuckDB."""
    mapping: str = ""
    """A file."""
    sql: Sequence[str] = ()
    """``TABLE=FILE``."""


def graded(
    settings: Settings, show: Show, places: Places, *, least: Sequence[str] = (), run: int | None = None
) -> Grades:
    """What a user made of the dirty tables in the target, held against the clean rows and the key.

    Raises:
        ConfigError: an option or the mapping is wrong, or the secret of the dirt is not there.
        TargetError: the target cannot be reached, or has not what is named.
        VerificationError: a read failed.
    """
    from shardgen.grading import mapping, thresholds
    from shardgen.grading.grading import Grader
    from shardgen.stores.failures import StoreError

    files = bool(settings.target.lake)
    mapping.choice(cleaned=places.cleaned, mapping=places.mapping, statements=places.sql, files=files)
    source, config = _dirty(settings, run)
    if config.since is not None:
        told = f"{source} begins with a window, since={config.since}, and what was there before is not graded"
        raise TargetError(told, remedy="load the whole history to grade what is made of it")
    asked = thresholds.parsed(least, config.tables)
    try:
        with _cleaned(settings, places) as there:
            grader = Grader(plan=config, source=source, there=there, show=show)
            return grader.grade(_wanted(places, config, there), asked)
    except StoreError as error:
        raise VerificationError(f"the cleaned tables could not be read: {error}") from error


def _cleaned(settings: Settings, places: Places) -> AbstractContextManager[CleanedTables]:
    """The database of the target; of a lake the folder or file that is named."""
    from shardgen.options import target
    from shardgen.stores.cleaned import open_cleaned, open_cleaned_files

    if lake := settings.target.lake:
        return open_cleaned_files(lake, places.cleaned, bronze=bool(places.mapping or places.sql))
    return open_cleaned(target.dsn_of(settings), settings.schema)


def check_files(*, junit: str, page: str) -> None:
    """See that the files of a grade can be written, before anything is read.

    Raises:
        ConfigError: one cannot.
    """
    from shardgen.machine import outputs

    for option, file in (("junit", junit), ("page", page)):
        if file:
            outputs.check(option, file)


def write(found: Grades, *, junit: str, page: str) -> None:
    """Write the files of a grade that are named.

    Raises:
        OutputError: one cannot be written.
    """
    from shardgen.machine import outputs

    if junit:
        from shardgen.grading.junit import xml

        outputs.write("junit", Path(junit), xml(found))
    if page:
        from shardgen.grading.paper import html

        outputs.write("page", Path(page), html(found))


def _wanted(places: Places, config: PlanConfig, there: CleanedTables) -> Wanted:
    """What is to be read."""
    from shardgen.grading import mapping

    if places.mapping:
        return mapping.by_file(Path(places.mapping), config.tables)
    if places.sql:
        return mapping.by_statements(places.sql, config.tables)
    return mapping.by_name(there, places.cleaned, config.tables)
