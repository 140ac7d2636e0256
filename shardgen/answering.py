"""What the commands do that tell what is wrong with dirty rows, given their settings, without a word on a screen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shardgen.errors import ConfigError, Given, TargetError, Text, Use
from shardgen.model.config import ANSWER_FORMS, PlanConfig, check_choice, check_schema

if TYPE_CHECKING:
    from shardgen.display import Show
    from shardgen.flow.answers import Answers
    from shardgen.loading.reconcile import LoadReport
    from shardgen.options.settings import Settings
    from shardgen.stores import Store


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
    return f"run {found.run} in {place}", replace(config, schema=settings.schema)


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
