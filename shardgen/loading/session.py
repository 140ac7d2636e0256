"""One load from claim to report: shards, finishing, reconciliation; knows no table's content, no place and no screen.

A load is done when plan, ledger and tables agree, and not before. Whatever stops it, committed shards stay, the run
keeps its plan in the place, and ``resume`` goes on from there, on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from shardgen.errors import ReconciliationError, ShardError
from shardgen.events import LoadFinished, LoadStarted, Notice
from shardgen.loading import beside, reconcile
from shardgen.loading.ahead import Ahead
from shardgen.loading.attempts import Attempts
from shardgen.loading.dispatch import Dispatcher
from shardgen.loading.engines import Engine, default_engine
from shardgen.loading.engines.needs import needed
from shardgen.loading.hooks import Hooks, Tools
from shardgen.loading.lookout import Lookout
from shardgen.loading.reconcile import LoadReport
from shardgen.loading.settling import settled
from shardgen.loading.signals import Signals
from shardgen.loading.worker import Job
from shardgen.model.config import LoadConfig, PlanConfig, Plugin
from shardgen.model.figures import plural
from shardgen.model.plan import Plan
from shardgen.model.table import ANSWERS, relation_of
from shardgen.stores import Run, Show, Store, attention
from shardgen.stores.told import Written
from shardgen.tables import table_of
from shardgen.tables.answers import is_key
from shardgen.tables.recipe import Recipe

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machinery:
    """What tests and other engines replace."""

    engine: Callable[[], Engine] = default_engine
    recipe: Recipe = field(default_factory=Recipe)
    tools: Tools = field(default_factory=Tools)


def load(
    plan: PlanConfig,
    load: LoadConfig,
    store: Store,
    *,
    options: Mapping[str, Any],
    show: Show,
    machinery: Machinery | None = None,
) -> LoadReport:
    """Claim the plan's tables for a new run and fill them.

    Args:
        plan: what to load.
        load: how.
        store: where.
        options: the effective options, as a later ``--resume`` compares them.
        show: takes the events of the load.
        machinery: what runs it; by default processes of this machine.

    Raises:
        TargetError: the place refuses; nothing was written.
        ShardError: a shard was given up; the others are done.
        LoadError: a step of finishing failed for good.
        ReconciliationError: plan, ledger and tables disagree.
        Interrupted: a signal stopped the load.
    """
    parts = machinery or Machinery()
    whole = parts.recipe.build_plan(plan)
    session = Session(load, store, show, parts, new=whole)
    if plan.beyond and not is_key(plan):
        far = f"{plan.days - plan.world.horizon:,} of {plural(plan.days, 'day')} lie beyond the horizon"
        session.tell(f"{far}, {plan.world.horizon_end}: the totals are reached there, and all goes on along their line")
    if plan.dirt is not None and not is_key(plan):
        session.tell(_told(plan))
    begun = store.begin(
        whole, load.terms, session.recipe, options=options, workers=load.workers, take_over=load.take_over
    )
    return session.run(beside.checked(begun, plan, load, store, parts), session.whole)


def _told(plan: PlanConfig) -> str:
    """What is said of a load whose rows are spoilt."""
    tables = [table_of(plan, name) for name in plan.tables]
    keyless = [table.relation for table in tables if not table.keyed]
    without = f": {', '.join(keyless)} get no primary key" if keyless else ""
    place = f" and {relation_of(ANSWERS)} in {plan.answers}" if plan.answers else ""
    return f"rows are spoilt on purpose{without}; shardgen answers{place} tells which"


def resume(
    load: LoadConfig,
    store: Store,
    *,
    given: Mapping[str, Any],
    show: Show,
    machinery: Machinery | None = None,
) -> LoadReport:
    """Take up the unfinished run of a place, by the plan that its ledger holds.

    Args:
        load: how; its ``if_exists`` is of no account, because a replace is never repeated.
        store: where.
        given: the options that the user named; each must be what the run has.
        show: takes the events of the load.
        machinery: what runs it.

    Raises:
        ResumeError: there is no such run, or several, or it differs from what was asked or from what this version of
            shardgen and Faker would make.
        TargetError, ShardError, LoadError, ReconciliationError, Interrupted: as :func:`load`.
    """
    parts = machinery or Machinery()
    taken = store.resume(
        parts.recipe, given=given, on_conflict=load.on_conflict, workers=load.workers, take_over=load.take_over
    )
    session = Session(load, store, show, parts)
    return session.run(taken, session.whole)


class Session:
    """One process's work on one run.

    Args:
        config: how.
        store: where.
        show: takes the events.
        machinery: what runs it.
        new: the shards that it is likely to do, if their run is not there yet: workers get ready for them.
        name: of the part of the run that it is about: ``"part 1/3: "``; empty where that is the whole run.
    """

    def __init__(
        self,
        config: LoadConfig,
        store: Store,
        show: Show,
        machinery: Machinery,
        *,
        new: Plan | None = None,
        name: str = "",
    ) -> None:
        self._config = config
        self._store = store
        self._show = show
        self._machinery = machinery
        self._name = name
        self._new = new
        self._engine = machinery.engine()
        self._ahead = Ahead(self._engine, machinery.recipe, new, workers=config.workers)
        self._signals = Signals(self._engine.kill)
        self._clock = machinery.tools.clock
        self._announced = False
        """Whether the display knows of the answer key that is loaded at the end."""
        self._started = self._clock()

    @property
    def recipe(self) -> Recipe:
        """How rows are made, for the claim."""
        return self._ahead.recipe

    def run(self, begun: AbstractContextManager[Run], work: Callable[[Run], T]) -> T:
        """Everything between the claim and the end of some work on a run; what the work gives."""
        ok = False
        try:
            attentive = attention.attending(check=self._signals.check, tell=self.tell)
            with self._signals, attentive, self._ahead:
                self._check_workers(self._new.config.plugins if self._new else ())
                with begun as run:
                    done = settled(run, work, name=self._name, masked=self._store.masked)
            ok = True
        finally:
            self._show(LoadFinished(ok=ok))
        return done

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._clock() - self._started

    def _check_workers(self, plugins: Iterable[Plugin]) -> None:
        """Refuse workers elsewhere that would make other rows."""
        if not self._engine.local:
            self._engine.check(needed(plugins))

    def tell(self, text: str) -> None:
        self._show(Notice(text=text))

    def whole(self, run: Run) -> LoadReport:
        """All that a run lacks, and its end."""
        before = run.done()
        attempts = self.fill(run, before, {shard.id for shard in run.plan.shards})
        return self.complete(run, attempts, rows_before=sum(each.rows for each in before.values()))

    def fill(self, run: Run, before: Mapping[str, Written], shards: Collection[str]) -> Attempts | None:
        """Load those of some shards that are not there; what came of the attempts, None where all are there.

        Args:
            run: claimed.
            before: what is there.
            shards: their ids.

        Raises:
            ShardError: one was given up.
        """
        told = run.prepare()
        wanted = replace(run.plan, shards=tuple(shard for shard in run.plan.shards if shard.id in shards))
        self._announce(run, wanted, {shard: each for shard, each in before.items() if shard in shards}, told)
        return self._shards(run, shards)

    def complete(self, run: Run, attempts: Attempts | None, *, rows_before: int) -> LoadReport:
        """What comes after the last shard: indexes and the like, reconciliation, and word that it is finished.

        Args:
            run: all of whose shards are there.
            attempts: of this session.
            rows_before: that others have loaded.

        Raises:
            LoadError: a step failed for good.
            ReconciliationError: plan, ledger and tables disagree.
        """
        run.finish(
            self._show,
            workers=self._config.workers,
            attempts=self._config.attempts,
            stopped_by=lambda: self._signals.received,
        )
        report = self._reconcile(run, attempts, rows_before=rows_before)
        if report.differences:
            text = "\n  - ".join(["plan, ledger and tables disagree:", *report.differences])
            raise ReconciliationError(text, report.to_json())
        if run.plan.config.answers:
            key = beside.loaded(run, self._config, self._store, self._show, self._machinery, announced=self._announced)
            report = beside.with_key(report, key)
        run.settle("finished")
        return report

    def _announce(self, run: Run, plan: Plan, before: Mapping[str, Written], told: tuple[str, ...]) -> None:
        for text in run.notices:
            self.tell(text)
        key = beside.expected(run, self._machinery) if len(plan.shards) == len(run.plan.shards) else None
        self._announced = key is not None
        shards = plan.shards + (key.shards if key else ())
        tables = (*plan.config.tables, *(key.config.tables if key else ()))
        whole = replace(plan, shards=shards)
        self._show(
            LoadStarted(
                run=run.number,
                resumed=run.resumed,
                workers=self._config.workers,
                rows={name: whole.rows(name) for name in tables},
                shards={name: len(whole.of(name)) for name in tables},
                rows_done={name: sum(each.rows for each in before.values() if each.table == name) for name in tables},
                shards_done={name: sum(each.table == name for each in before.values()) for name in tables},
                bytes={name: sum(shard.bytes for shard in whole.of(name)) for name in tables},
                local=run.local and self._engine.local,
            )
        )
        for text in told:
            self.tell(text)

    def _shards(self, run: Run, shards: Collection[str]) -> Attempts | None:
        """Dispatch those that are not done; None where all are."""
        waves = [[task for task in wave if task.shard.id in shards] for wave in run.waves()]
        pending = {task.shard.id: task.shard for wave in waves for task in wave}
        if not pending:
            return None
        if run.resumed:
            self._check_workers(run.plan.config.plugins)
        lookout = Lookout(
            run,
            pending,
            patience=self._config.stall_timeout,
            period=self._machinery.tools.period,
            clock=self._clock,
            began=self._started,
            show=self._show,
        )
        dispatcher = Dispatcher(
            engine=self._engine,
            job=Job(
                writer=run.writer(overwrite=self._config.yes),
                feed=self._machinery.recipe.feed(run.plan.config),
                batch_rows=self._config.batch_rows,
            ),
            workers=min(self._config.workers, len(pending)),
            attempts=self._config.attempts,
            hooks=Hooks(
                show=self._show,
                tick=lookout.tick,
                failed=run.failed,
                lost=lookout.end_lost,
                stopped_by=lambda: self._signals.received,
            ),
            tools=self._machinery.tools,
        )
        dispatcher.run(waves, self._ahead.executor())
        attempts = dispatcher.attempts
        if attempts.given_up:
            first = attempts.given_up[0]
            raise ShardError(first.shard, first.attempt, first.cause)
        return attempts

    def _reconcile(self, run: Run, attempts: Attempts | None, *, rows_before: int) -> LoadReport:
        counted = reconcile.count_tables(run, check=self._signals.check, clock=self._clock, show=self._show)
        done = run.done().values()
        tables, differences = reconcile.reconcile(run.plan, done, counted)
        seconds = self.seconds
        loaded = sum(each.rows for each in done) - rows_before
        commit = attempts.commit_seconds if attempts else 0.0  # no row of the ledger can know its own
        return LoadReport(
            run=run.number,
            schema=self._store.schema,
            target=self._store.place,
            ok=not differences,
            tables=tables,
            seconds=round(seconds, 3),
            rows_per_second=round(loaded / seconds, 1) if seconds > 0 else 0.0,
            phases={**reconcile.phases(done), "commit": round(commit, 3)},
            retries=attempts.retries if attempts else 0,
            differences=differences,
            resumed=run.resumed,
            workers=self._config.workers,
            plan=run.plan.config.to_json(),
        )
