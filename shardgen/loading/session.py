"""One load from claim to report: shards, finalising, reconciliation; knows no table's content and no screen.

A load is done when plan, ledger and tables agree, and not before. Whatever stops it, committed shards stay, the run
keeps its plan in the target, and ``resume`` goes on from there, on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shardgen.errors import Interrupted, LoadError, MachineError, ReconciliationError, ShardError, TargetError
from shardgen.events import Event, LoadFinished, LoadStarted, Notice, ShardSeen, StepDone, StepStarted
from shardgen.loading import reconcile
from shardgen.loading.dispatch import Dispatcher
from shardgen.loading.engines import Engine, default_engine
from shardgen.loading.hooks import Hooks, Tools
from shardgen.loading.reconcile import Report
from shardgen.loading.signals import Signals
from shardgen.loading.watchdog import Flight, Sighting, Watchdog
from shardgen.loading.worker import Job
from shardgen.machine.refusals import refusal
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.plan import Plan, Shard
from shardgen.stores import attention
from shardgen.stores.postgres import census, claim, claimed_tables, finalise, keys, ledger, objects, pooler
from shardgen.stores.postgres.census import Counted
from shardgen.stores.postgres.claim import Attempt, Claimed, Identity
from shardgen.stores.postgres.claimed_tables import ClaimedTable
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.failures import DatabaseError, describe
from shardgen.stores.postgres.ledger import Claim, ShardRow
from shardgen.stores.postgres.postgres import Connection, is_local, mask, probe, without_secret
from shardgen.tables import dataset
from shardgen.tables.planning import build_plan, max_id
from shardgen.world import words_digest

KEYLESS_ROWS: Final = 20_000_000
"""Expected rows from which a plain table gets its primary key at the end; below, COPY keeps it at 0.35 us a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machinery:
    """What tests and other engines replace."""

    engine: Callable[[], Engine] = default_engine
    build_plan: Callable[[PlanConfig], Plan] = build_plan
    words_digest: Callable[[int], str] = words_digest
    max_id: Callable[[Plan, str], int] = max_id
    job: Callable[..., Job] = Job
    tools: Tools = field(default_factory=Tools)
    keyless_rows: int = KEYLESS_ROWS

    @property
    def identity(self) -> Identity:
        """How plans are built and named."""
        return Identity(build_plan=self.build_plan, words_digest=self.words_digest, max_id=self.max_id, job=self.job)

    def keyless(self, plan: Plan) -> frozenset[str]:
        """Plain tables so large that their primary key is built at the end."""
        return frozenset(
            name
            for name in plan.config.tables
            if not dataset()[name].table.partitioned and plan.rows(name) > self.keyless_rows
        )


def load(
    plan: PlanConfig,
    load: LoadConfig,
    *,
    options: Mapping[str, Any],
    show: Callable[[Event], None],
    machinery: Machinery | None = None,
) -> Report:
    """Claim the plan's tables for a new run and fill them.

    Args:
        plan: what to load.
        load: how and where.
        options: the effective options, as a later ``--resume`` compares them.
        show: takes the events of the load.
        machinery: what runs it; by default processes of this machine.

    Raises:
        TargetError: the target refuses; nothing was written.
        ShardError: a shard was given up; the others are done.
        LoadError: a step of finalising failed for good.
        ReconciliationError: plan, ledger and tables disagree.
        Interrupted: a signal stopped the load.
    """
    tools = machinery or Machinery()
    whole = tools.build_plan(plan)

    attempts: list[Attempt] = []

    def begin(connection: Connection) -> Claimed:
        return claim.claim_new(
            connection,
            whole,
            tools.identity,
            options=options,
            workers=load.workers,
            terms=claim.terms_of(load),
            keyless=tools.keyless(whole),
            attempts=attempts,
        )

    return _Session(load, plan.schema, show, tools).run(begin, attempts)


def resume(
    load: LoadConfig,
    *,
    schema: str,
    given: Mapping[str, Any],
    show: Callable[[Event], None],
    machinery: Machinery | None = None,
) -> Report:
    """Take up the unfinished run of a schema, by the plan that its ledger holds.

    Args:
        load: how and where; its ``if_exists`` is of no account, because a replace is never repeated.
        schema: of the target.
        given: the options that the user named; each must be what the run has.
        show: takes the events of the load.
        machinery: what runs it.

    Raises:
        ResumeError: there is no such run, or several, or it differs from what was asked or from what this version of
            shardgen and Faker would make.
        TargetError, ShardError, LoadError, ReconciliationError, Interrupted: as :func:`load`.
    """
    tools = machinery or Machinery()

    def begin(connection: Connection) -> Claimed:
        return claim.take_up(
            connection,
            schema,
            tools.identity,
            given=given,
            workers=load.workers,
            on_conflict=load.on_conflict,
        )

    return _Session(load, schema, show, tools).run(begin, [])


class _Session:
    """One process's work on one run."""

    def __init__(self, config: LoadConfig, schema: str, show: Callable[[Event], None], machinery: Machinery) -> None:
        self._config = config
        self._schema = schema
        self._show = show
        self._machinery = machinery
        self._engine = machinery.engine()
        self._signals = Signals(self._engine.kill)
        self._clock = machinery.tools.clock
        self._started = self._polled = self._clock()
        self._retries = 0
        self._commit_seconds = 0.0
        self._begun = False
        """Whether there may be a run to go on with."""

    def run(self, begin: Callable[[Connection], Claimed], attempts: Sequence[Attempt]) -> Report:
        """Everything between the lock on the target and the report.

        Args:
            begin: claims or takes up a run.
            attempts: the claims that it made and may have committed, also where their answer was lost.
        """
        ok = False
        try:
            with self._signals, attention.attending(check=self._signals.check, tell=self._tell):
                probe(self._config.dsn)
                with self._control() as control:
                    claimed = self._begin(control, begin, attempts)
                    report = self._keep_state(control, claimed)
            ok = True
        except Interrupted as error:
            error.resumable = self._begun
            raise
        else:
            return report
        finally:
            self._show(LoadFinished(ok=ok))

    def _control(self) -> Control:
        return Control(
            self._config.dsn,
            self._schema,
            take_over=self._config.take_over,
            clock=self._clock,
            sleep=self._machinery.tools.sleep,
        )

    def _tell(self, text: str) -> None:
        self._show(Notice(text=text))

    def _begin(self, control: Control, begin: Callable[[Connection], Claimed], attempts: Sequence[Attempt]) -> Claimed:
        try:
            claimed = control.call(begin)
        except DatabaseError as error:
            text = without_secret(describe(error), self._config.dsn)
            if attempts:
                raise LoadError(
                    f"run={attempts[-1].claimed.run} was claimed, but whether the server kept that is not known: {text}"
                ) from error
            raise TargetError(f"{mask(self._config.dsn)} refuses the load: {text}") from error
        except Interrupted as error:
            self._begun = bool(attempts)
            if attempts:
                self._leave_word(control, attempts[-1].claimed.run, "interrupted", str(error))
            raise
        self._begun = True
        for text in (*((pooler.NOTICE,) if control.pooled else ()), *claimed.notices):
            self._show(Notice(text=text))
        return claimed

    def _keep_state(self, control: Control, claimed: Claimed) -> Report:
        """Do the work, and leave word in the ledger of how it ended; the first failure is what is raised."""
        try:
            return self._work(control, claimed)
        except DatabaseError as error:
            text = without_secret(describe(error), self._config.dsn)
            self._leave_word(control, claimed.run, "failed", text)
            raise LoadError(f"run={claimed.run} stopped: {text}") from error
        except (OSError, RuntimeError, MemoryError, UnicodeError) as error:
            refused = refusal(error)
            text = without_secret(str(refused) or describe(error), self._config.dsn)
            self._leave_word(control, claimed.run, "failed", text)
            if not refused:
                raise
            raise LoadError(f"run={claimed.run} stopped: ", refused) from error
        except MachineError as error:
            self._leave_word(control, claimed.run, "failed", str(error))
            raise LoadError(f"run={claimed.run} stopped: ", error) from error
        except BaseException as error:
            state = "interrupted" if isinstance(error, Interrupted | KeyboardInterrupt) else "failed"
            self._leave_word(control, claimed.run, state, without_secret(str(error), self._config.dsn))
            raise

    def _leave_word(self, control: Control, run: int, state: str, text: str) -> None:
        control.attempt(lambda connection: ledger.set_state(connection, self._schema, run, state, text))

    def _work(self, control: Control, claimed: Claimed) -> Report:
        plan, run = claimed.plan, claimed.run
        owned = {name: each for name, each in self._claims(control).items() if each.run == run}
        before = self._done(control, run)
        targets = self._prepare(control, plan, owned, before)
        self._announce(control, claimed, before, targets)
        self._shards(control, claimed, targets, owned, frozenset(row.shard for row in before))
        self._finalise(control, plan, run, owned)
        report = self._reconcile(control, claimed, targets, sum(row.rows for row in before))
        if report.differences:
            text = "\n  - ".join(["plan, ledger and tables disagree:", *report.differences])
            raise ReconciliationError(text, report.to_json())
        control.call(lambda connection: ledger.set_state(connection, self._schema, run, "finished"))
        return report

    def _claims(self, control: Control) -> dict[str, Claim]:
        return control.call(lambda connection: ledger.claims(connection, self._schema))

    def _done(self, control: Control, run: int) -> list[ShardRow]:
        return control.call(lambda connection: ledger.shards_of(connection, self._schema, run))

    def _prepare(
        self, control: Control, plan: Plan, owned: Mapping[str, Claim], before: Sequence[ShardRow]
    ) -> tuple[ClaimedTable, ...]:
        """Sequences, and the partitions of parents that are loaded by routing."""
        done = frozenset(row.shard for row in before)
        serial = [name for name in plan.config.tables if objects.serial_columns(dataset()[name].table)]
        floors = {name: self._machinery.max_id(plan, name) for name in serial}
        for sequence in control.call(lambda connection: objects.set_sequences(connection, self._schema, floors)):
            self._show(Notice(text=f"sequence={sequence} may not be moved by this role: its next numbers may be taken"))
        targets = control.call(lambda connection: claimed_tables.read(connection, plan, owned, done))
        for each in targets:
            leaves = [shard.leaf for shard in each.route.homeless if shard.leaf]
            table, waiting = dataset()[each.claim.target].table, each.claim.waiting
            control.call(lambda connection: objects.create_leaves(connection, self._schema, table, leaves, waiting))  # noqa: B023
        return targets

    def _announce(
        self, control: Control, claimed: Claimed, before: Sequence[ShardRow], targets: Sequence[ClaimedTable]
    ) -> None:
        plan, tables = claimed.plan, claimed.plan.config.tables
        self._show(
            LoadStarted(
                run=claimed.run,
                resumed=claimed.resumed,
                workers=self._config.workers,
                rows={name: plan.rows(name) for name in tables},
                shards={name: len(plan.of(name)) for name in tables},
                rows_done={name: sum(row.rows for row in before if row.target == name) for name in tables},
                shards_done={name: sum(row.target == name for row in before) for name in tables},
                bytes={name: sum(shard.bytes for shard in plan.of(name)) for name in tables},
                local=control.call(is_local),
            )
        )
        for each in targets:
            if each.route.report:
                self._show(Notice(text=f"relation={each.claim.relation}: no fast path: {each.route.report}"))

    def _shards(
        self,
        control: Control,
        claimed: Claimed,
        targets: Sequence[ClaimedTable],
        owned: Mapping[str, Claim],
        done: frozenset[str],
    ) -> None:
        pending = {shard.id: shard for shard in claimed.plan.shards if shard.id not in done}
        if not pending:
            return
        dispatcher = Dispatcher(
            engine=self._engine,
            job=self._machinery.job(
                dsn=self._config.dsn,
                plan=claimed.plan.config,
                claims=tuple(owned.values()),
                batch_rows=self._config.batch_rows,
                skip_conflicts=claimed.on_conflict == "skip",
            ),
            workers=min(self._config.workers, len(pending)),
            attempts=self._config.attempts,
            hooks=self._hooks(control, claimed.run, owned, pending),
            tools=self._machinery.tools,
        )
        try:
            dispatcher.run(
                _waves(targets, pending.values()), routed=frozenset().union(*(t.route.routed for t in targets))
            )
        finally:
            attempts = dispatcher.attempts
            self._retries, self._commit_seconds = attempts.retries, attempts.commit_seconds
        if attempts.given_up:
            first = attempts.given_up[0]
            raise ShardError(first.shard, first.attempt, first.cause)

    def _hooks(self, control: Control, run: int, owned: Mapping[str, Claim], pending: dict[str, Shard]) -> Hooks:
        watchdog = Watchdog(self._config.stall_timeout)

        def tick(in_flight: Sequence[Flight]) -> dict[str, str]:
            now = self._clock()
            if now - self._polled < self._machinery.tools.period:
                return {}
            self._polled = now
            sightings = control.sightings(run)
            if sightings is None:
                return {}
            for shard in sightings.keys() & {each.shard for each in in_flight}:
                self._show(_seen(pending[shard], sightings[shard]))
            hung = watchdog.look(now, in_flight, sightings)
            return {shard: self._end_hung(control, seen) for shard, seen in hung.items()}

        def failed(shard: Shard, attempt: int, cause: str, *, given_up: bool) -> None:
            control.attempt(
                lambda connection: ledger.record_failure(
                    connection,
                    self._schema,
                    owned[shard.table],
                    shard.id,
                    attempt=attempt,
                    given_up=given_up,
                    error=cause,
                )
            )

        return Hooks(show=self._show, tick=tick, failed=failed, stopped_by=lambda: self._signals.received)

    def _end_hung(self, control: Control, seen: Sighting | None) -> str:
        """End the backend of a worker that hangs, and say what is known of it; its process is the engine's affair."""
        silence = f"nothing was heard of its worker for {self._config.stall_timeout:g} s"
        if seen is None:
            return f"{silence}, and no backend of it was seen: killed"
        control.end_backend(seen)
        return f"{silence} (worker pid={seen.worker}, backend pid={seen.backend}): both ended"

    def _finalise(self, control: Control, plan: Plan, run: int, owned: Mapping[str, Claim]) -> None:
        self._signals.check()
        done = control.call(lambda connection: ledger.steps_done(connection, self._schema, run))
        finalise.Finaliser(
            dsn=self._config.dsn,
            schema=self._schema,
            run=run,
            workers=self._config.workers,
            attempts=self._config.attempts,
            show=self._show,
            stopped_by=lambda: self._signals.received,
            sleep=self._machinery.tools.sleep,
        ).carry_out(finalise.stages(plan, owned, self._machinery.keyless(plan)), done)

    def _reconcile(
        self, control: Control, claimed: Claimed, targets: Sequence[ClaimedTable], rows_before: int
    ) -> Report:
        counted = {each.claim.target: self._count(control, claimed.plan, each.claim) for each in targets}
        rows = self._done(control, claimed.run)
        tables, differences = reconcile.reconcile(claimed.plan, targets, rows, counted)
        seconds = self._clock() - self._started
        loaded = sum(row.rows for row in rows) - rows_before
        return Report(
            run=claimed.run,
            schema=self._schema,
            target=mask(self._config.dsn),
            ok=not differences,
            tables=tables,
            seconds=round(seconds, 3),
            rows_per_second=round(loaded / seconds, 1) if seconds > 0 else 0.0,
            phases={**reconcile.phases(rows), "commit": round(self._commit_seconds, 3)},  # no row can know its own
            retries=self._retries,
            differences=differences,
            resumed=claimed.resumed,
            workers=self._config.workers,
            plan=claimed.plan.config.to_json(),
        )

    def _count(self, control: Control, plan: Plan, each: Claim) -> Counted:
        self._signals.check()
        step, start = f"count {each.relation}", self._clock()
        self._show(StepStarted(step=step))
        own = keys.own_range(plan, each.target, self._machinery.max_id) if each.others else None
        counted = control.call(lambda connection: census.count(connection, each.oid, each.target, own))
        self._show(StepDone(step=step, seconds=round(self._clock() - start, 3)))
        return counted


def _seen(shard: Shard, sighting: Sighting) -> ShardSeen:
    return ShardSeen(
        shard=shard.id,
        table=shard.table,
        rows=sighting.rows,
        doing=sighting.doing,
        worker=sighting.worker,
    )


def _waves(targets: Sequence[ClaimedTable], shards: Iterable[Shard]) -> list[list[Shard]]:
    """Shards by wave of foreign keys, within a wave the largest first, so that none is left over at the end."""
    ordered = sorted(shards, key=lambda shard: (-shard.bytes, shard.id))
    return [[shard for shard in ordered if shard.table in wave] for wave in claimed_tables.waves(targets)]
