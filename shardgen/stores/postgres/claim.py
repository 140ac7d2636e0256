"""How a run comes to own its tables: by a new claim, in one transaction with the DDL, or by taking up an open run.

A new claim either has everything it needs when it commits, or leaves the target as it was. A run is taken up only if
today's code, vocabulary and options would give the same bytes that its committed shards hold.
"""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shardgen.errors import Problem
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.parts import Part as LoadPart
from shardgen.model.plan import Plan
from shardgen.model.table import Table
from shardgen.stores import RowEncoder, encoder_of, joining
from shardgen.stores.findings import Findings, grouped, refuse
from shardgen.stores.postgres import (
    catalog,
    claimed_tables,
    forward,
    keys,
    ledger,
    objects,
    preflight,
    rehearsal,
    restored,
)
from shardgen.stores.postgres.deciding import Action, Decision, decide
from shardgen.stores.postgres.ledger import Claim, NewRun, Run
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.postgres.rehearsal import Part, Rehearsed, Source
from shardgen.stores.resuming import FOLLOWS, check_same, choose, plain, planned, restricted
from shardgen.tables import dataset
from shardgen.tables.answers import is_key
from shardgen.tables.recipe import Recipe, versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A new run that is asked for."""

    plan: Plan
    terms: Terms
    recipe: Recipe
    workers: int
    options: Mapping[str, Any] = field(default_factory=dict)
    """The effective ones, as a later ``--resume`` compares them."""
    encoder: Callable[[Table], RowEncoder] = encoder_of
    keyless: frozenset[str] = frozenset()
    """Tables that get their primary key at the end."""
    in_parts: bool = False
    """Whether it is a load in parts, which cannot wait for each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A run that this process may work on."""

    run: int
    plan: Plan
    """Shards of the tables that the run owns."""
    resumed: bool
    on_conflict: str
    """One of choices.ON_CONFLICT."""
    notices: tuple[str, ...]
    """What the user should know of the claim."""
    parts: int | None = None
    """See stores.Run."""
    finished: bool = False
    """See stores.Run."""
    follows: frozenset[str] = frozenset()
    """Tables that it brings forward."""
    partial: frozenset[str] = frozenset()
    """Those of them whose history began with a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A claim that was made, whatever became of its COMMIT."""

    claimed: Claimed
    started: datetime
    """By the server's clock, to the microsecond: no other run of that number has the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A target looked at for a new run."""

    findings: Findings
    decisions: tuple[Decision, ...]
    """In the order of the plan's tables."""


def examine(connection: Connection, wanted: Wanted) -> Examined:
    """Look at everything that a new run depends on; nothing is written.

    Raises:
        TargetError: the server is too old to be asked.
    """
    refuse(preflight.too_old(connection))
    plan, terms, recipe = wanted.plan, wanted.terms, wanted.recipe
    facts = preflight.server_facts(connection, plan)
    decisions, problems = decide(
        connection,
        plan,
        fingerprint=lambda: recipe.world(plan.config),
        terms=terms,
        own=lambda name: keys.own_range(plan, name, recipe.max_id),
    )
    losses = tuple(each.loss for each in decisions if each.loss)
    server = preflight.server_problems(
        connection, plan, facts, workers=wanted.workers, freed=sum(loss.bytes for loss in losses)
    )
    revising = any(each.kept for each in decisions) and (plan.config.history == "latest" or is_key(plan.config))
    if revising or terms.on_conflict == "skip":
        server += preflight.staging_problems(connection, skipping=terms.on_conflict == "skip")
    problems = server + problems + (_referring(connection, decisions) if wanted.in_parts else [])
    tried = Rehearsed() if problems else _rehearsed(connection, wanted, decisions)
    foreign = [text for each in decisions if each.foreign for text in each.foreign.notices(each.table)]
    findings = Findings(
        problems=tuple(grouped([*problems, *tried.problems])),
        notices=(
            *preflight.clock_notices(plan, facts),
            *(loss.notice for loss in losses if loss.notice),
            *foreign,
            *tried.notices,
        ),
        facts=facts,
        fates={each.table.name: each.action.value for each in decisions},
        losses=losses,
    )
    return Examined(findings=findings, decisions=tuple(decisions))


def _rehearsed(connection: Connection, wanted: Wanted, decisions: Sequence[Decision]) -> Rehearsed:
    """Try the tables that others have made, or have changed, if there are any."""
    plan = wanted.plan
    parts = [
        Part(
            table=each.table.without(each.missing),
            oid=each.oid,
            route=each.tried,
            shards=plan.of(each.table.name),
            emptied=each.action is Action.EMPTY,
            waiting=frozenset(each.set_aside.split(",")),
        )
        for each in decisions
        if each.tried and each.oid
    ]
    schema = plan.config.schema
    there = [each.table.relation for each in decisions if each.action in (Action.USE, Action.EMPTY)]
    filled = [catalog.relation_oid(connection, schema, relation) for relation in there]
    source = Source(feed=wanted.recipe.feed(plan.config), encoder=wanted.encoder)
    staged = wanted.terms.on_conflict == "skip"
    return rehearsal.rehearse(connection, schema, parts, source, filled=filled, staged=staged)


def claim_new(connection: Connection, wanted: Wanted, attempts: list[Attempt]) -> Claimed:
    """Preflight, then create or empty the tables, insert the run and claim them for it, in one transaction.

    It may be done again where it failed: an attempt whose COMMIT was done, though its answer was lost, is recognised.

    Args:
        attempts: the claims that were made before in this load; this one is added.

    Raises:
        TargetError: everything that stands in the way; nothing was written.
    """
    plan, terms = wanted.plan, wanted.terms
    config = plan.config
    with connection.transaction():
        objects.begin_ddl(connection, config.schema)  # before the look: what is decided must still be true when done
        if kept := _kept(connection, config.schema, attempts):
            return kept
        ledger.upgrade(connection, config.schema)
        restored.bind(connection, config.schema)
        if terms.replace:
            ledger.hold(connection, config.schema, config.tables)
        before = ledger.claims(connection, config.schema) if ledger.present(connection, config.schema) else {}
        examined = examine(connection, wanted)
        refuse(examined.findings.problems)
        decisions = examined.decisions
        objects.create_schema(connection, config.schema)
        ledger.create(connection, config.schema)
        tables = dataset(config.dataset)
        objects.carry_out(connection, config.schema, tables, decisions, config.indexes, keyless=wanted.keyless)
        forth = {each.table.name: each.followed for each in decisions if each.kept}
        run = ledger.insert_run(connection, config.schema, _new_run(wanted, forth))
        claims = [_claim(connection, config, each, run, before.get(each.table.name)) for each in decisions]
        ledger.claim(connection, config.schema, claims)
        of_tables = map(str, grouped(itertools.chain.from_iterable(map(_notices, decisions))))
        notices = (*examined.findings.notices, *of_tables)
        claimed = Claimed(
            run=run,
            plan=plan,
            resumed=False,
            notices=notices,
            on_conflict=terms.on_conflict,
            parts=wanted.options.get(joining.PARTS),
            follows=frozenset(forth),
            partial=forward.partial({FOLLOWS: forth}),
        )
        attempts.append(Attempt(claimed=claimed, started=ledger.started(connection, config.schema, run)))
    return claimed


def _kept(connection: Connection, schema: str, attempts: Sequence[Attempt]) -> Claimed | None:
    """The claim of an attempt before this one that the server has committed, although nobody heard of it.

    The DDL lock that we hold is free only when the transaction of that attempt has ended.
    """
    if not attempts or not ledger.present(connection, schema):
        return None
    born = {(attempt.claimed.run, attempt.started): attempt.claimed for attempt in attempts}
    found = [born.get((run.run, run.started)) for run in ledger.runs(connection, schema)]
    return next(filter(None, found), None)


def take_up(
    connection: Connection,
    schema: str,
    recipe: Recipe,
    *,
    given: Mapping[str, Any],
    workers: int,
    on_conflict: str | None = None,
) -> Claimed:
    """The open run of a schema, checked against the options that were named and against today's code.

    Raises:
        ResumeError: there is none, there are several, or it differs.
        TargetError: a table was changed behind the ledger's back, or the server cannot take the load.
    """
    ledger.upgrade(connection, schema)
    restored.bind(connection, schema)
    there = ledger.runs(connection, schema) if ledger.present(connection, schema) else []
    run = choose(there, f"schema={schema!r}", plain(given))
    whole = recipe.build_plan(PlanConfig.from_json(run.plan))
    check_same(run, whole, recipe)
    return _taken_up(connection, run, whole, workers=workers, on_conflict=on_conflict)


def join(connection: Connection, wanted: Wanted, part: LoadPart | None, attempts: list[Attempt]) -> Claimed:
    """Claim a plan for a load in parts, or take up the run that has claimed it; one part after the other.

    Args:
        connection: to the target.
        wanted: the run, if there is none yet.
        part: who asks; None for a claim alone.
        attempts: as for :func:`claim_new`.

    Raises:
        TargetError: everything that stands in the way; nothing was written.
        ResumeError: the run that is there is another.
    """
    plan, schema = wanted.plan, wanted.plan.config.schema
    ledger.upgrade(connection, schema)
    with connection.transaction():
        objects.begin_ddl(connection, schema)  # whoever claims has done so when the others look
        restored.bind(connection, schema)
        run = _joined(connection, wanted, part)
        if run is None:
            return claim_new(connection, wanted, attempts)
        if run.state == "finished":
            return Claimed(
                run=run.run,
                plan=plan,
                resumed=True,
                on_conflict=run.on_conflict,
                notices=(),
                parts=joining.parts_of(run),
                finished=True,
            )
        taken = _taken_up(connection, run, plan, workers=wanted.workers, on_conflict=None)
        if part is None or taken.parts:
            return taken
        ledger.set_parts(connection, schema, run.run, part.of)
        return replace(taken, parts=part.of)


def _joined(connection: Connection, wanted: Wanted, part: LoadPart | None) -> Run | None:
    schema = wanted.plan.config.schema
    if not ledger.present(connection, schema):
        return None
    return joining.chosen(
        ledger.runs(connection, schema),
        {each.run for each in ledger.claims(connection, schema).values()},
        wanted.plan,
        wanted.recipe,
        part=part,
        options=wanted.options,
        terms=wanted.terms,
    )


def _taken_up(connection: Connection, run: Run, whole: Plan, *, workers: int, on_conflict: str | None) -> Claimed:
    """An open run that is gone on with, unless something has happened to its tables."""
    config, schema = whole.config, whole.config.schema
    claims = {name: each for name, each in restored.claims(connection, schema).items() if each.run == run.run}
    plan = restricted(whole, claims)
    facts = preflight.server_facts(connection, plan)
    size = sum(catalog.size(connection, claim.oid) for claim in claims.values())
    refuse(
        preflight.server_problems(connection, plan, facts, workers=workers, done=size)
        + claimed_tables.problems(
            connection, plan, list(claims.values()), ledger.shards_of(connection, schema, run.run)
        )
    )
    on_conflict = on_conflict or run.on_conflict
    ledger.take_up(connection, schema, run.run, host=socket.gethostname(), pid=os.getpid(), on_conflict=on_conflict)
    lost = [name for name in config.tables if name not in claims]
    notices = (f"tables={','.join(lost)} are not this run's any more and are left alone",) if lost else ()
    return Claimed(
        run=run.run,
        plan=plan,
        resumed=True,
        notices=notices,
        on_conflict=on_conflict,
        parts=joining.parts_of(run),
        follows=frozenset(forward.follows(run.options)),
        partial=forward.partial(run.options),
    )


def _new_run(wanted: Wanted, forth: Mapping[str, tuple[int, str]]) -> NewRun:
    """The run that is wanted; ``forth`` says which run it brings forward, by table."""
    plan, recipe = wanted.plan, wanted.recipe
    options = {**wanted.options, **({FOLLOWS: dict(forth)} if forth else {})}
    return NewRun(
        fingerprint=recipe.world(plan.config),
        plan_fingerprint=recipe.plan(plan),
        plan=plan.config.to_json(),
        options=plain(options),
        planned=planned(plan),
        versions=versions(),
        host=socket.gethostname(),
        pid=os.getpid(),
        on_conflict=wanted.terms.on_conflict,
    )


def _claim(connection: Connection, config: PlanConfig, decision: Decision, run: int, before: Claim | None) -> Claim:
    if decision.kept:
        return forward.taken_over(decision.kept, run)
    table = decision.table
    oid = catalog.relation_oid(connection, config.schema, table.relation)
    added = before is not None and before.oid == oid and decision.others > 0
    return Claim(
        target=table.name,
        relation=table.relation,
        oid=oid,
        since=before.since if before is not None and added else decision.generation,
        generation=decision.generation,
        run=run,
        created=decision.created,
        others=decision.others,
        others_within=decision.others_within,
        missing=",".join(decision.missing),
        set_aside=decision.set_aside,
        dataset=config.dataset,
    )


def _referring(connection: Connection, decisions: Sequence[Decision]) -> list[Problem]:
    """Foreign keys between the tables of a load."""
    names = {each.oid: each.table.relation for each in decisions if each.oid}
    return joining.referring(
        {(names[oid], names[other]) for oid in names for other in catalog.references(connection, oid) & names.keys()}
    )


def _notices(decision: Decision) -> list[Problem]:
    """What was done to a table, or left out of it, that its owner should know."""
    said = (
        (decision.action is Action.EMPTY, "was emptied; what others have put on it is kept"),
        (decision.action is Action.RECREATE, "was dropped and created anew"),
        (decision.others and not decision.kept, f"holds rows={decision.others} from before this load, which are kept"),
        (
            decision.table.versioned and not decision.created,
            "has a view of its newest versions, which is called as it is with _latest behind",
        ),
        (decision.missing, f"has no columns={','.join(decision.missing)}: they are left out"),
    )
    return [Problem(relation=decision.table.relation, text=text) for so, text in said if so]
