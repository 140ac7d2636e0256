"""Runs shards through an executor until each is committed or given up; knows no table, no SQL and no screen.

At most ``workers`` shards are outstanding. What an attempt's failure calls for is the worker's verdict; what a broken
pool calls for is decided here: its shards are submitted again (the ledger knows which of them are done), and those
that were aboard at repeated breaks run alone, until the one that kills its worker is named. A worker that hangs is
killed, and its pool with it: nothing less ends a stopped process.
"""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, field
from typing import Final, Protocol

from shardgen.errors import Interrupted
from shardgen.events import Event, ShardDone, ShardFailed, ShardRetried, ShardStarted, WorkerLogged
from shardgen.loading import worker
from shardgen.loading.engines import Engine, Setup
from shardgen.loading.worker import Failed, Job, Outcome
from shardgen.model.plan import Shard
from shardgen.stores import Task, Written
from shardgen.stores.failures import Remedy
from shardgen.stores.postgres.retry import delay, hopeless

SUSPECT_AFTER: Final = 2  # broken pools until a shard that was aboard each time runs alone
_GRACE: Final = 5.0  # seconds for running shards to give way before their processes are killed


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What tests replace: clock, sleep, dice and the loop's period."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.Random)
    period: float = 0.3
    """Seconds between looks at signals and progress."""


@dataclass(slots=True, kw_only=True)
class _Trial:
    """One shard on its way."""

    shard: Shard
    routed: bool
    failures: int = 0
    breaks: int = 0
    """Broken pools it was aboard of."""
    first_failure: float = 0.0
    first_cause: str = ""

    @property
    def attempt(self) -> int:
        return self.failures + self.breaks + 1


class FailureHook(Protocol):
    """Hears of a failed attempt."""

    def __call__(self, shard: Shard, attempt: int, cause: str, *, given_up: bool) -> None:
        """Note it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the coordinator wants to hear of."""

    show: Callable[[Event], None]
    tick: Callable[[frozenset[str]], Mapping[str, str]]
    """Called every period with the ids of the shards in flight; gives those whose worker hangs, each with the cause."""
    failed: FailureHook
    """A failed attempt."""
    stopped_by: Callable[[], int]
    """The signal that asks for an end, or 0."""


class Dispatcher:
    """One pass over some shards; see the module.

    Args:
        engine: gives executors.
        job: what every worker needs.
        workers: how many shards may be outstanding.
        attempts: how often a shard is tried.
    """

    def __init__(self, *, engine: Engine, job: Job, workers: int, attempts: int, hooks: Hooks, tools: Tools) -> None:
        self._engine = engine
        self._job = job
        self._setup = Setup.here()
        self._limit = workers
        self._workers = workers
        self._attempts = attempts
        self._hooks = hooks
        self._tools = tools
        self._fresh: deque[_Trial] = deque()
        self._suspects: deque[_Trial] = deque()
        self._later: list[tuple[float, int, _Trial]] = []
        self._order = itertools.count()
        self._running: dict[Future[Outcome], _Trial] = {}
        self._stopped_tables: set[str] = set()
        self._stop_all = False
        self._breaks_in_a_row = 0
        self.retries = 0
        self.commit_seconds = 0.0
        """Summed over the shards of this pass; the ledger cannot know them."""
        self.given_up: list[ShardFailed] = []
        """In order of failure: the first is the first cause."""

    def run(self, waves: Iterable[Sequence[Shard]], *, routed: frozenset[str]) -> None:
        """Do the shards, wave after wave, in the order given.

        Raises:
            Interrupted: a signal came; running shards have given way or were killed.
        """
        executor = self._engine.start(self._workers, self._setup)
        try:
            for wave in waves:
                self._fresh.extend(_Trial(shard=shard, routed=shard.id in routed) for shard in wave)
                executor = self._run_wave(executor)
                if self.given_up:
                    break  # the next wave's foreign keys point at what is missing
        except Interrupted:
            self._halt()
            raise
        finally:
            self._engine.close()
            worker.close(self._job)

    def _run_wave(self, executor: Executor) -> Executor:
        while self._fresh or self._suspects or self._later or self._running:
            if signum := self._hooks.stopped_by():
                raise Interrupted(signum)
            try:
                self._submit(executor)
                broken = self._collect()
            except BrokenExecutor:  # from submit: the pool broke since the last look
                broken = True
            if broken:
                executor = self._rebuild()
            if hung := self._hooks.tick(frozenset(trial.shard.id for trial in self._running.values())):
                executor = self._replace_hung(hung)
        return executor

    def _submit(self, executor: Executor) -> None:
        while trial := self._next():
            task = Task(shard=trial.shard, attempt=trial.attempt, routed=trial.routed)
            try:
                future = executor.submit(worker.run_task, self._job, task, self._engine.stopped)
            except BrokenExecutor:
                self._fresh.appendleft(trial)
                raise
            self._running[future] = trial
            shard = trial.shard
            self._hooks.show(ShardStarted(shard=shard.id, table=shard.table, attempt=trial.attempt, rows=shard.rows))

    def _next(self) -> _Trial | None:
        if len(self._running) >= self._limit:
            return None
        if self._suspects:  # alone, so that another break is its doing
            return None if self._running else self._suspects.popleft()
        if any(trial.breaks >= SUSPECT_AFTER for trial in self._running.values()):
            return None
        if self._later and self._later[0][0] <= self._tools.clock():
            return heapq.heappop(self._later)[2]
        return self._fresh.popleft() if self._fresh else None

    def _collect(self) -> bool:
        """Wait for a period at most and take in what is done; whether the pool broke."""
        if not self._running:
            self._tools.sleep(self._tools.period)
            return False
        done, _ = wait(self._running, timeout=self._tools.period, return_when=FIRST_COMPLETED)
        broken = False
        for future in done:
            error = future.exception()
            if isinstance(error, BrokenExecutor):
                broken = True
                continue
            trial = self._running.pop(future)
            if error is not None:  # the engine's own: a task that cannot be pickled, a lost machine
                self._fail(trial, Remedy.RETRY, f"{type(error).__name__}: {error}")
            else:
                self._take(trial, future.result())
        return broken

    def _take(self, trial: _Trial, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            self._fail(trial, outcome.remedy, outcome.error, outcome.trace)
        elif isinstance(outcome, Written):
            self._breaks_in_a_row = 0
            self.commit_seconds += outcome.phases.get("commit", 0.0)
            if outcome.log:
                self._hooks.show(WorkerLogged(shard=outcome.shard, table=outcome.table, lines=outcome.log))
            self._hooks.show(
                ShardDone(
                    shard=outcome.shard,
                    table=outcome.table,
                    rows=outcome.rows,
                    bytes=outcome.bytes,
                    seconds=outcome.seconds,
                    by_us=outcome.by_us,
                    phases=outcome.phases,
                )
            )

    def _fail(self, trial: _Trial, remedy: Remedy, cause: str, trace: str = "") -> None:
        attempt = trial.attempt
        self._note(trial, cause)
        trial.failures += 1
        if remedy is Remedy.FEWER:
            self._limit = max(1, self._limit - 1)
        lasting = self._tools.clock() - trial.first_failure
        if hopeless(remedy, failures=trial.failures, attempts=self._attempts, lasting=lasting):
            self._give_up(trial, attempt, remedy, cause, trace)
        else:
            self._retry(trial, attempt, cause, trace)

    def _note(self, trial: _Trial, cause: str) -> None:
        if not trial.first_cause:
            trial.first_cause, trial.first_failure = cause, self._tools.clock()

    def _retry(self, trial: _Trial, attempt: int, cause: str, trace: str) -> None:
        if self._stop_all or trial.shard.table in self._stopped_tables:
            return
        pause = delay(trial.failures, self._tools.rng)
        heapq.heappush(self._later, (self._tools.clock() + pause, next(self._order), trial))
        self._tell_retry(trial, attempt, cause, delay=round(pause, 3), trace=trace)

    def _give_up(self, trial: _Trial, attempt: int, remedy: Remedy, cause: str, trace: str = "") -> None:
        failed = ShardFailed(
            shard=trial.shard.id,
            table=trial.shard.table,
            attempt=attempt,
            cause=trial.first_cause or cause,
            trace=trace,
        )
        self.given_up.append(failed)
        self._log(trial, attempt, cause, given_up=True)
        self._hooks.show(failed)
        if remedy is Remedy.STOP_LOAD or remedy is Remedy.OUTAGE:
            self._stop_all = True
        elif remedy is Remedy.STOP_TABLE:
            self._stopped_tables.add(trial.shard.table)
        self._drop_stopped()

    def _drop_stopped(self) -> None:
        def keep(trial: _Trial) -> bool:
            return not self._stop_all and trial.shard.table not in self._stopped_tables

        self._fresh = deque(filter(keep, self._fresh))
        self._suspects = deque(filter(keep, self._suspects))
        self._later = [entry for entry in self._later if keep(entry[2])]
        heapq.heapify(self._later)

    def _log(self, trial: _Trial, attempt: int, cause: str, *, given_up: bool) -> None:
        self._hooks.failed(trial.shard, attempt, cause, given_up=given_up)

    def _rebuild(self) -> Executor:
        """Throw the broken pool away, put its shards back, and start another."""
        self._breaks_in_a_row += 1
        cause = f"a worker process died: {self._engine.describe() or 'exit code unknown'}"
        aboard = self._aboard()
        for trial in aboard:
            self._put_back(trial, cause, alone=len(aboard) == 1)
        if self._breaks_in_a_row > 2 * self._attempts and aboard:
            self._stop_all = True
            self._give_up(aboard[0], aboard[0].attempt, Remedy.STOP_LOAD, cause)
        return self._engine.start(self._workers, self._setup)

    def _replace_hung(self, hung: Mapping[str, str]) -> Executor:
        """Kill the workers, put the shards back, and start another pool; only the hung shards have failed."""
        self._engine.kill()
        for trial in self._aboard():
            if trial.shard.id in hung:
                self._put_back(trial, hung[trial.shard.id], alone=True)
            else:
                self._back_in_line(trial, f"its worker was ended with the one of {', '.join(hung)}, which hung")
        return self._engine.start(self._workers, self._setup)

    def _aboard(self) -> list[_Trial]:
        """What was running when the pool ended; outcomes that came before are taken in."""
        aboard = []
        for future, trial in self._running.items():
            if future.done() and future.exception() is None:
                self._take(trial, future.result())
            else:
                aboard.append(trial)
        self._running.clear()
        return aboard

    def _put_back(self, trial: _Trial, cause: str, *, alone: bool) -> None:
        attempt = trial.attempt
        self._note(trial, cause)
        trial.breaks += 1
        if alone and trial.breaks >= max(self._attempts, SUSPECT_AFTER + 1):
            self._give_up(trial, attempt, Remedy.RETRY, cause)
        else:
            self._back_in_line(trial, cause, attempt)

    def _back_in_line(self, trial: _Trial, cause: str, attempt: int | None = None) -> None:
        if self._stop_all or trial.shard.table in self._stopped_tables:
            return
        (self._suspects if trial.breaks >= SUSPECT_AFTER else self._fresh).appendleft(trial)
        self._tell_retry(trial, attempt or trial.attempt, cause, delay=0.0)

    def _tell_retry(self, trial: _Trial, attempt: int, cause: str, *, delay: float, trace: str = "") -> None:
        self._log(trial, attempt, cause, given_up=False)
        self.retries += 1
        self._hooks.show(
            ShardRetried(
                shard=trial.shard.id, table=trial.shard.table, attempt=attempt, cause=cause, delay=delay, trace=trace
            )
        )

    def _halt(self) -> None:
        """Ask the running shards to give way, and wait a little."""
        self._engine.stop()
        wait(self._running, timeout=_GRACE)
