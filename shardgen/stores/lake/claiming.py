"""Who may write what: what stands in the way of a claim, and the one swap that makes it.

Whatever decides is a function of ``current``, so that it is decided again where another swap came between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from shardgen.errors import Problem, ResumeError, TargetError, Text, Use
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.plan import Plan
from shardgen.stores.findings import refuse, unfinished
from shardgen.stores.lake.coordinator import Holder
from shardgen.stores.lake.formats import Format
from shardgen.stores.lake.layout import Generation
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.records import Claim, Current, Record, Standing, now
from shardgen.stores.resuming import OPEN_STATES, plain, planned
from shardgen.tables import dataset
from shardgen.tables.recipe import Recipe, versions


def problems(current: Current, plan: Plan, terms: Terms) -> list[Problem]:
    """What stands in the way of a claim of the plan's tables."""
    found = [each for name in plan.config.tables for each in _of_table(current, plan.config, name, terms)]
    if terms.on_conflict == "skip":
        text = Text(Use("on_conflict", "skip"), " needs keys, and files have none")
        found.append(Problem(text=text, remedy="leave it out"))
    return found


def _of_table(current: Current, plan: PlanConfig, name: str, terms: Terms) -> Iterator[Problem]:
    claim, relation = current.claims.get(name), dataset(plan.dataset)[name].table.relation
    if claim is None or terms.replace:
        return
    if current.runs[claim.run].state in OPEN_STATES:
        yield unfinished(relation, claim.run)
    elif terms.if_exists == "append":
        told = f"holds files of run={claim.run}, and shardgen adds none to the files of another run"
        remedy = Text("name another prefix, or use ", Use("if_exists", "replace"))
        yield Problem(relation=relation, text=told, remedy=remedy)
    else:
        remedy = Text("use ", Use("if_exists", "replace"), " to remove them, or another prefix")
        yield Problem(relation=relation, text=f"holds files of run={claim.run}", remedy=remedy)


def fates(current: Current, plan: Plan, terms: Terms) -> dict[str, str]:
    """By table, what a claim does to it."""
    replaced = "replace, when the new files are all there" if terms.replace else "use as it is"
    return {name: replaced if name in current.claims else "create" for name in plan.config.tables}


def claim(
    ledger: Ledger,
    plan: Plan,
    terms: Terms,
    recipe: Recipe,
    options: Mapping[str, Any],
    made_by: Format,
    parts: int | None = None,
) -> Record:
    """Claim the plan's tables for a new run.

    Args:
        ledger: of the prefix.
        plan: what is to be loaded.
        terms: what may be done to what is there.
        recipe: how rows are made.
        options: the effective ones.
        made_by: what writes the files.
        parts: in how many parts it is loaded; None where it is loaded as a whole.

    Raises:
        TargetError: something stands in the way; nothing was claimed.
    """
    me = Holder.me()
    standing = Standing(
        id=me.id, state="loading", started=now(), host=me.host.partition(" ")[0], pid=me.pid, parts=parts
    )
    record = _created(ledger, plan, recipe, options, made_by, standing)

    def claimed(current: Current) -> Current:
        refuse(problems(current, plan, terms))
        return with_claim(current, record.run, standing, plan.config.tables)

    try:
        ledger.change(claimed)
    except TargetError:
        ledger.objects.delete([Generation(record.run).record])
        raise
    return record


def with_claim(current: Current, run: int, standing: Standing, tables: tuple[str, ...]) -> Current:
    """The same with a run more, which fills the tables; an open run that is left without one is superseded."""
    claims = dict(current.claims)
    for name in tables:
        before = claims.get(name)
        claims[name] = Claim(run=run, generation=before.generation + 1 if before else 1)
    left = {claim.run for claim in claims.values()}
    runs = {
        number: replace(each, state="superseded") if each.state in OPEN_STATES and number not in left else each
        for number, each in current.runs.items()
    }
    return replace(current, runs={**runs, run: standing}, claims=claims)


def _created(
    ledger: Ledger, plan: Plan, recipe: Recipe, options: Mapping[str, Any], made_by: Format, standing: Standing
) -> Record:
    """The record of a new run, under the first number that nobody has."""
    record = Record(
        run=ledger.current().next_run(),
        id=standing.id,
        fingerprint=recipe.world(plan.config),
        plan_fingerprint=recipe.plan(plan),
        started_in=plan.config.schema,
        plan=plan.config.to_json(),
        options=plain(options),
        versions=versions(),
        planned=planned(plan),
        made_by=_made_by(made_by),
        window={"since": None, "until": plan.config.end.isoformat()},
        standing=standing,
    )
    while not ledger.objects.put_new(Generation(record.run).record, record.to_bytes()):
        record = replace(record, run=record.run + 1)  # somebody died before he could claim it
    return record


def _made_by(format: Format) -> dict[str, str]:  # noqa: A002
    return {"format": format.name, **format.made_by}


def check_made_by(record: Record, format: Format) -> None:  # noqa: A002
    """Refuse to go on with files that this installation would write in other bytes.

    Raises:
        ResumeError: it would.
    """
    then, here = record.made_by, _made_by(format)
    differing = [name for name in {**then, **here} if then.get(name) != here.get(name)]
    if differing:
        told = ", ".join(f"{name} {then.get(name)}" for name in differing)
        today = ", ".join(f"{name} {here.get(name)}" for name in differing)
        remedy = Text("use the versions of that run, or start over with ", Use("if_exists", "replace"))
        raise ResumeError(f"run={record.run} writes its files by {told}, and here is {today}", remedy=remedy)


def resumed(ledger: Ledger, record: Record, parts: int | None = None) -> None:
    """Record that a run is gone on with; in so many parts, if one of them does."""
    me = Holder.me()
    values: dict[str, Any] = {"state": "loading", "error": None, "resumed": now(), "pid": me.pid}
    values |= {"host": me.host.partition(" ")[0], **({} if parts is None else {"parts": parts})}
    ledger.change(lambda current: current.standing(record.run, **values))
