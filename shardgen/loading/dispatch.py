"""Runs shards through an executor until each is committed or given up; knows no table, no SQL and no screen.

At most ``workers`` shards are outstanding. Shards whose worker was lost are submitted again. A worker that hangs is
killed: nothing less ends a stopped process. Where the engine cannot end or lose one worker alone, all others go with
it, and a fresh executor takes over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Final

from shardgen.errors import Interrupted
from shardgen.events import ShardStarted
from shardgen.loading import worker
from shardgen.loading.attempts import Attempts
from shardgen.loading.engines import Engine, Setup
from shardgen.loading.hooks import Hooks, Tools
from shardgen.loading.queue import Queue, Trial
from shardgen.loading.watchdog import Flight
from shardgen.loading.worker import Job, Outcome
from shardgen.machine.refusals import refusal
from shardgen.stores.failures import Remedy
from shardgen.stores.told import Task

_GRACE: Final = 5.0  # seconds for running shards to give way before their workers are ended


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
        self._workers = workers
        self._setup = Setup.here()
        self._hooks = hooks
        self._tools = tools
        self._queue = Queue(workers)
        self._running: dict[Future[Outcome], Trial] = {}
        self.attempts = Attempts(self._queue, most=attempts, hooks=hooks, tools=tools)
        """What came of them."""

    def run(self, waves: Iterable[Sequence[Task]], started: Executor | None = None) -> None:
        """Do the shards, wave after wave, in the order given.

        Args:
            waves: the shards.
            started: the engine's present executor, if it has one whose workers are to be used.

        Raises:
            Interrupted: a signal came; running shards have given way or were killed.
        """
        executor = started or self._start()
        try:
            for wave in waves:
                self._queue.add(Trial(shard=task.shard, routed=task.routed) for task in wave)
                executor = self._run_wave(executor)
                if self.attempts.given_up:
                    break  # the next wave's foreign keys point at what is missing
        except Interrupted:
            self._engine.stop()
            wait(self._running, timeout=_GRACE)
            raise
        finally:
            self._engine.close()
            worker.close(self._job)

    def _start(self) -> Executor:
        return self._engine.start(self._workers, self._setup)

    def _run_wave(self, executor: Executor) -> Executor:
        while self._queue or self._running:
            if signum := self._hooks.stopped_by():
                raise Interrupted(signum)
            if refused := self._submit(executor):
                executor = self._start_anew(refused=refused)
                continue
            if lost := self._collect():
                executor = self._replace_lost(executor, lost)
            if hung := self._hooks.tick(self._in_flight()):
                executor = self._replace_hung(executor, hung)
        return executor

    def _submit(self, executor: Executor) -> Trial | None:
        """Submit what may run; the shard that was refused, because the executor broke since the last look."""
        while trial := self._queue.take(self._tools.clock(), self._running.values()):
            shard = trial.shard
            task = Task(shard=shard, attempt=trial.attempt, routed=trial.routed)
            try:
                future = executor.submit(worker.run_task, self._job, task, self._engine.stopped)
            except self._engine.lost:
                return trial
            trial.submissions += 1
            self._running[future] = trial
            self._hooks.show(ShardStarted(shard=shard.id, table=shard.table, attempt=trial.attempt, rows=shard.rows))
        return None

    def _collect(self) -> list[Future[Outcome]]:
        """Wait for a period at most and take in what is done; what is left are futures whose worker was lost."""
        if not self._running:
            self._tools.sleep(self._tools.period)
            return []
        done, _ = wait(self._running, timeout=self._tools.period, return_when=FIRST_COMPLETED)
        lost = [future for future in done if _is_lost(future, self._engine.lost)]
        for future in done.difference(lost):
            self._settle(future, self._running.pop(future))
        return lost

    def _settle(self, future: Future[Outcome], trial: Trial) -> None:
        error = future.exception()
        if error is None:
            self.attempts.take(trial, future.result())
        else:  # the engine's own: a task that cannot be pickled, a worker that could not be set up
            remedy = Remedy.FEWER if isinstance(error, MemoryError) else Remedy.RETRY
            self.attempts.fail(trial, remedy, str(refusal(error)) or f"{type(error).__name__}: {error}")

    def _in_flight(self) -> list[Flight]:
        return [
            Flight(shard=trial.shard.id, submission=trial.submissions, running=future.running())
            for future, trial in self._running.items()
        ]

    def _replace_lost(self, executor: Executor, lost: Collection[Future[Outcome]]) -> Executor:
        """Put back the shards whose workers were lost, with all others where the engine cannot spare them."""
        told = self._engine.describe()  # before we end workers ourselves
        if not self._engine.kill(lost):
            return self._start_anew(told)
        trials = [self._running.pop(future) for future in lost]
        self._hooks.lost([trial.shard.id for trial in trials])
        for trial in trials:
            self.attempts.lose([trial], _died(told))
        return executor

    def _start_anew(self, told: str | None = None, refused: Trial | None = None) -> Executor:
        """Put back all that was running, and what was refused; start another executor."""
        aboard = self._aboard()
        self._hooks.lost([trial.shard.id for trial in aboard])
        if refused and aboard:
            self._queue.put_first(refused)
        elif refused:  # else an executor that breaks at once would be started for ever
            aboard = [refused]
        self.attempts.lose(aboard, _died(self._engine.describe() if told is None else told))
        return self._start()

    def _replace_hung(self, executor: Executor, hung: Mapping[str, str]) -> Executor:
        """End the workers of shards that hang, and put these back; only they have failed."""
        silent = [future for future, trial in self._running.items() if trial.shard.id in hung]
        spared = self._engine.kill(silent)
        for trial in self._aboard(silent if spared else None):
            if trial.shard.id in hung:
                self.attempts.blame(trial, hung[trial.shard.id])
            else:
                self.attempts.spare(trial, f"its worker was ended with the one of {', '.join(hung)}, which hung")
        return executor if spared else self._start()

    def _aboard(self, ended: Collection[Future[Outcome]] | None = None) -> list[Trial]:
        """What was running when it was ended, some of it or all; outcomes that came before are taken in."""
        aboard = []
        for future in list(self._running if ended is None else ended):
            trial = self._running.pop(future)
            if future.done() and not future.cancelled() and future.exception() is None:
                self.attempts.take(trial, future.result())
            else:
                aboard.append(trial)
        return aboard


def _is_lost(future: Future[Outcome], lost: tuple[type[BaseException], ...]) -> bool:
    return future.cancelled() or isinstance(future.exception(), lost)


def _died(told: str) -> str:
    return f"a worker process died: {told}" if told else "a worker was lost, and nothing is known of how"
