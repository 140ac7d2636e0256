"""A load in parts: any number of programs that know nothing of each other, each with its share of one plan.

The place holds the run together. The first that comes claims it; whoever sees that all shards are there finishes it,
once, while the others keep away. A part that is killed, tried again or run twice finds in the ledger what is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from shardgen.errors import LoadError, Text, Use
from shardgen.loading import beside
from shardgen.loading.reconcile import LoadReport
from shardgen.loading.session import Machinery, Session
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.figures import plural
from shardgen.model.parts import Part, lacking, told
from shardgen.model.plan import Plan
from shardgen.stores import Run, Show, Store
from shardgen.stores.findings import RunStatus
from shardgen.stores.resuming import OPEN_STATES, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReport:
    """What one part of a load did, and what the run still lacks."""

    run: int
    part: str
    """``"0/3"``."""
    schema: str
    target: str
    """Connection string, without its password."""
    shards: int
    """Of the part, all of which are there."""
    rows: int
    """Of these shards."""
    seconds: float
    """Wall time of this session."""
    rows_per_second: float
    """Rows committed by this session over its seconds."""
    retries: int
    """In this session."""
    workers: int
    lacking: dict[str, int]
    """By part, the shards of the run that are not there yet."""
    finished: bool
    """Whether the run is finished, by this part or before it."""
    report: LoadReport | None
    """Of the whole run, where this part finished it."""

    @property
    def where(self) -> str:
        """The schema, or the place that has none."""
        return f"schema {self.schema}" if self.schema else self.target

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A run that waits for its parts."""

    run: int
    schema: str
    target: str
    """Connection string, without its password."""
    shards: int
    rows: int
    """Expected."""
    lacking: int
    """Shards that are not there yet."""
    new: bool
    """False where it was claimed before."""
    finished: bool
    """Whether it was finished before."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """A run that is finished."""

    run: int
    changed: bool
    """Whether it was finished now, and not before."""
    report: LoadReport | None
    """Of the whole run, where it was finished now."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def claim(
    plan: PlanConfig,
    load: LoadConfig,
    store: Store,
    *,
    options: Mapping[str, Any],
    show: Show,
    machinery: Machinery | None = None,
) -> Claimed:
    """Claim the plan's tables for a load in parts, and leave the shards to the parts.

    Args:
        plan: what is to be loaded.
        load: how; it says what may be done to what is there.
        store: where.
        options: the effective options, which every part must have.
        show: takes the events.
        machinery: how shards are planned.

    Raises:
        TargetError, ResumeError, LoadError, Interrupted: as :meth:`shardgen.stores.Store.join`.
    """
    used = machinery or Machinery()
    whole = used.recipe.build_plan(plan)
    session = Session(load, store, show, used, name="claim: ")
    joined = store.join(
        whole,
        load.terms,
        session.recipe,
        part=None,
        options=options,
        workers=load.workers,
        take_over=load.take_over,
    )

    def told_of(run: Run) -> Claimed:
        for text in run.notices:
            session.tell(text)
        return Claimed(
            run=run.number,
            schema=store.schema,
            target=store.place,
            shards=len(whole.shards),
            rows=sum(shard.rows for shard in whole.shards),
            lacking=0 if run.finished else len(run.plan.shards) - len(run.done()),
            new=not run.resumed,
            finished=run.finished,
        )

    return session.run(beside.checked(joined, plan, load, store, used, joined=True), told_of)


def load_part(
    plan: PlanConfig,
    load: LoadConfig,
    store: Store,
    part: Part,
    *,
    options: Mapping[str, Any],
    show: Show,
    machinery: Machinery | None = None,
) -> PartReport:
    """Load the shards of one part, and finish the run if no other lacks any.

    Args:
        plan: what is to be loaded, by all parts together.
        load: how.
        store: where.
        part: which.
        options: the effective options, which every part must have.
        show: takes the events.
        machinery: what runs it.

    Raises:
        TargetError, ResumeError, LoadError, Interrupted: as :meth:`shardgen.stores.Store.join`.
        ShardError: a shard was given up; the others are done.
        ReconciliationError: plan, ledger and tables disagree.
    """
    used = machinery or Machinery()
    whole = used.recipe.build_plan(plan)
    mine = replace(whole, shards=tuple(whole.shards[part.number :: part.of]))
    session = Session(load, store, show, used, new=mine, name=f"part {part}: ")
    joined = store.join(whole, load.terms, session.recipe, part=part, options=options, workers=load.workers)
    joined = beside.checked(joined, plan, load, store, used, joined=True)
    return session.run(joined, lambda run: _part(session, load, store, run, part, whole))


def commit(
    load: LoadConfig,
    store: Store,
    *,
    given: Mapping[str, Any],
    show: Show,
    machinery: Machinery | None = None,
) -> Committed:
    """Finish the run in a place whose shards are all there; of a run that is finished nothing is changed.

    Args:
        load: how.
        store: where.
        given: the options that the user named; each must be what the run has.
        show: takes the events.
        machinery: what runs it.

    Raises:
        LoadError: shards are lacking, which are told by part; or a step failed for good.
        ResumeError: there is no run, or there are several, or it differs.
        TargetError, ReconciliationError, Interrupted: as for a load.
    """
    used = machinery or Machinery()
    if finished := _finished(store.runs(), plain(given)):
        return Committed(run=finished, changed=False, report=None)
    session = Session(load, store, show, used)
    taken = store.resume(
        used.recipe, given=given, on_conflict=load.on_conflict, workers=load.workers, take_over=load.take_over
    )
    done = session.run(taken, lambda run: _commit(session, run))
    if isinstance(done, LoadError):
        raise done
    return Committed(run=done.run, changed=True, report=done)


def _finished(runs: list[RunStatus], given: Mapping[str, Any]) -> int:
    """The last run that has the given options, if it is finished and none that has them is open; else 0."""
    meant = [run for run in runs if all(run.options.get(name) == value for name, value in given.items())]
    is_open = any(run.state in (*OPEN_STATES, "lost", "waiting") for run in meant)
    return meant[-1].run if meant and meant[-1].state == "finished" and not is_open else 0


def _part(session: Session, load: LoadConfig, store: Store, run: Run, part: Part, whole: Plan) -> PartReport:
    mine = part.shards(whole)
    before = run.done()
    attempts = None if run.finished else session.fill(run, before, mine)
    done = run.done()
    rows = sum(each.rows for each in done.values() if each.shard in mine)
    loaded = rows - sum(each.rows for each in before.values() if each.shard in mine)
    elsewhere = {shard.id for shard in whole.shards} - {shard.id for shard in run.plan.shards}  # in others' tables now
    lacks = lacking(whole, done.keys() | elsewhere, part.of)
    report = None
    if not (run.finished or lacks) and run.alone():
        report = session.complete(run, attempts, rows_before=sum(each.rows for each in done.values()) - loaded)
    seconds = session.seconds
    return PartReport(
        run=run.number,
        part=str(part),
        schema=store.schema,
        target=store.place,
        shards=len(mine),
        rows=rows,
        seconds=round(seconds, 3),
        rows_per_second=round(loaded / seconds, 1) if seconds > 0 else 0.0,
        retries=attempts.retries if attempts else 0,
        workers=load.workers,
        lacking={str(each): count for each, count in lacks.items()},
        finished=run.finished or report is not None,
        report=report,
    )


def _commit(session: Session, run: Run) -> LoadReport | LoadError:
    """The report, or what is lacking, which does not make the run one that has failed."""
    before = run.done()
    if len(before) < len(run.plan.shards):
        run.settle("loading")
        return _incomplete(run, before)
    for text in run.prepare():
        session.tell(text)
    return session.complete(run, None, rows_before=sum(each.rows for each in before.values()))


def _incomplete(run: Run, done: Mapping[str, Any]) -> LoadError:
    start, count = f"run={run.number} is not complete: ", len(run.plan.shards) - len(done)
    if run.parts is None:
        remedy = Text("load them by ", Use("resume", value=True))
        return LoadError(f"{start}{plural(count, 'shard')} of {len(run.plan.shards)} are lacking", remedy=remedy)
    if not run.parts:
        return LoadError(f"{start}it is claimed, and no part has begun", remedy=Text("load its parts by ", Use("part")))
    lacks = lacking(run.plan, done.keys(), run.parts)
    remedy = Text("load ", Use("part", str(next(iter(lacks)))), " with the options of the others")
    return LoadError(start, told(lacks), remedy=remedy)
