"""Which unfinished run is gone on with, and whether today's code would give the bytes that its shards hold."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol, TypeVar

from shardgen.errors import Given, ResumeError, Text, Use
from shardgen.model.choices import CUTS, HISTORIES
from shardgen.model.config import SHOP
from shardgen.model.plan import Plan
from shardgen.tables.recipe import Recipe, changed

OPEN_STATES: Final = ("loading", "failed", "interrupted")
"""States of a run that can be resumed."""
FOLLOWS: Final = "follows"
"""The option of a run that says by table which run it brings forward, and with which day that one's history begins."""
PLAYED: Final = "played"
"""The option of a run that was played as a stream: it has no shards, and is finished wherever it stands."""


class Begun(Protocol):
    """A run with what it was asked for."""

    @property
    def run(self) -> int:
        """Its number."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """Effective ones."""
        ...


class Recorded(Begun, Protocol):
    """A run as a ledger has it."""

    @property
    def state(self) -> str:
        """``"loading"``, ``"finished"`` and the like."""
        ...

    @property
    def fingerprint(self) -> str:
        """Of the world."""
        ...

    @property
    def plan_fingerprint(self) -> str:
        """Of the plan and its shard boundaries."""
        ...

    @property
    def started_in(self) -> str:
        """Name of the schema when the run began, which is part of the fingerprint of the plan."""
        ...

    @property
    def plan(self) -> Mapping[str, Any]:
        """PlanConfig.to_json()."""
        ...

    @property
    def on_conflict(self) -> str:
        """One of choices.ON_CONFLICT."""
        ...

    @property
    def versions(self) -> Mapping[str, Any]:
        """Of the package, the data and Faker."""
        ...


R = TypeVar("R", bound=Recorded)


def choose(runs: Sequence[R], place: str, given: Mapping[str, Any]) -> R:
    """The one open run that has the given options, or the one open run at all if only its options differ.

    Args:
        runs: of the place.
        place: where they are, for messages: ``"schema='bronze'"``.
        given: the options that the caller named.

    Raises:
        ResumeError: there is none, there are several, or its options differ.
    """
    open_runs = [run for run in runs if run.state in OPEN_STATES]
    if not open_runs:
        finished = f"; run={runs[-1].run} is {runs[-1].state}" if runs else ""
        remedy = Text("begin one by a load without ", Use("resume", value=True))
        raise ResumeError(f"{place} holds no unfinished run{finished}", remedy=remedy)
    fitting = [run for run in open_runs if not option_differences(run, given)]
    if len(fitting) == 1:
        return fitting[0]
    if len(open_runs) == 1:
        differences = Text.joined(", ", option_differences(open_runs[0], given))
        told = f"run={open_runs[0].run} was started with other options: "
        raise ResumeError(told, differences, remedy="leave them out")
    listed = "; ".join(f"run={run.run} of tables={','.join(run.plan['tables'])}" for run in fitting or open_runs)
    remedy = Text("name one by its ", Use("tables"))
    raise ResumeError(f"{place} holds several unfinished runs: {listed}", remedy=remedy)


def option_differences(run: Begun, given: Mapping[str, Any]) -> list[Text]:
    """What the given options have otherwise than a run."""
    has = known(run.options)
    return [
        Text(Given(name, value), f" but the run has {has.get(name)!r}")
        for name, value in given.items()
        if has.get(name) != value
    ]


def known(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a run, with those of which runs of earlier versions have no word."""
    return {"dataset": SHOP, "history": HISTORIES[0], "cut": CUTS[0], **options}


def plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the JSON values that the ledger gives back."""
    return dict(json.loads(json.dumps(dict(options), default=str)))


def check_same(run: Recorded, plan: Plan, recipe: Recipe) -> None:
    """Refuse a run whose bytes today's code would not make.

    Raises:
        ResumeError: it would make others.
        ConfigError: nobody told the secret that its dirt follows from.
    """
    if plan.config.dirt:
        plan.config.dirt.opened()
    if why := difference(run, plan, recipe):
        remedy = Text("use the versions of that run, or start over with ", Use("if_exists", "replace"))
        raise ResumeError(why, remedy=remedy)


def restricted(plan: Plan, owned: Collection[str]) -> Plan:
    """The plan of the tables that the run still owns."""
    tables = tuple(name for name in plan.config.tables if name in owned)
    if tables == plan.config.tables:
        return plan
    shards = tuple(shard for shard in plan.shards if shard.table in owned)
    return replace(plan, config=replace(plan.config, tables=tables), shards=shards)


def planned(plan: Plan) -> dict[str, dict[str, Any]]:
    """By table, what a ledger says before its first shard: shards, rows, and whether their number is a promise."""
    return {
        name: {
            "shards": len(plan.of(name)),
            "rows": plan.rows(name),
            "exact": all(shard.exact for shard in plan.of(name)),
        }
        for name in plan.config.tables
    }


def difference(run: Recorded, plan: Plan, recipe: Recipe) -> str:
    """Why today's code would not make the bytes of a run, in a sentence; empty where it would.

    Args:
        run: as the ledger has it.
        plan: of the run's config, as today's code makes it.
        recipe: today's.
    """
    why = changed(run.versions)
    if run.fingerprint != recipe.world(plan.config):
        return f"run={run.run} was started with another data version or vocabulary{why}, so its rows would not match"
    if run.options.get(PLAYED):
        return ""
    as_begun = replace(plan, config=replace(plan.config, schema=run.started_in))
    if run.plan_fingerprint != recipe.plan(as_begun):
        return f"run={run.run} was planned with other shard boundaries{why}"
    return ""
