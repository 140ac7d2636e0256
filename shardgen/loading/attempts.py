"""What comes of each attempt at a shard: it is done, tried again, or given up; and whoever wants to hear is told.

What a failure calls for is the worker's verdict. What a lost worker calls for is decided here: the shards that were
aboard are tried again, the ledger knows which of them are done, until the one that its workers die of is named.
"""

from __future__ import annotations

from collections.abc import Sequence

from shardgen.events import ShardDone, ShardFailed, ShardRetried, WorkerLogged
from shardgen.loading.hooks import Hooks, Tools
from shardgen.loading.queue import SUSPECT_AFTER, Queue, Trial
from shardgen.loading.worker import Failed, GaveWay, Outcome
from shardgen.stores.failures import Remedy
from shardgen.stores.retry import BACKOFF, hopeless
from shardgen.stores.told import Written


class Attempts:
    """Keeps the account of one pass over some shards.

    Args:
        queue: where shards go that are tried again.
        most: how often a shard is tried.
    """

    def __init__(self, queue: Queue, *, most: int, hooks: Hooks, tools: Tools) -> None:
        self._queue = queue
        self._most = most
        self._hooks = hooks
        self._tools = tools
        self._losses_in_a_row = 0
        self.retries = 0
        self.commit_seconds = 0.0
        """Summed over the shards of this pass; the ledger cannot know them."""
        self.given_up: list[ShardFailed] = []
        """In order of failure: the first is the first cause."""

    def take(self, trial: Trial, outcome: Outcome) -> None:
        """What a worker told of a shard; one that gave way before the load did is done by another."""
        match outcome:
            case Failed():
                self.fail(trial, outcome.remedy, outcome.error, outcome.trace)
            case Written():
                self._done(outcome)
            case GaveWay():
                self.spare(trial, "its worker is being ended")

    def fail(self, trial: Trial, remedy: Remedy, cause: str, trace: str = "") -> None:
        """An attempt failed."""
        attempt = trial.attempt
        self._note(trial, cause)
        trial.failures += 1
        if remedy is Remedy.FEWER:
            self._queue.narrow()
        lasting = self._tools.clock() - trial.first_failure
        if hopeless(remedy, failures=trial.failures, attempts=self._most, lasting=lasting):
            self._give_up(trial, attempt, remedy, cause, trace)
        elif self._queue.admits(trial):
            pause = BACKOFF.pause(trial.failures, self._tools.rng)
            self._queue.put_off(trial, self._tools.clock() + pause)
            self._tell_retry(trial, attempt, cause, delay=round(pause, 3), trace=trace)

    def lose(self, aboard: Sequence[Trial], cause: str) -> None:
        """A worker was lost, with the shards that were aboard; where they are several, any may be what it died of."""
        self._losses_in_a_row += 1
        for trial in aboard:
            self.blame(trial, cause, alone=len(aboard) == 1)
        if self._losses_in_a_row > 2 * self._most and aboard:
            self._give_up(aboard[0], aboard[0].attempt, Remedy.STOP_LOAD, cause)

    def blame(self, trial: Trial, cause: str, *, alone: bool = True) -> None:
        """A shard lost its worker, alone or perhaps by the doing of another one."""
        attempt = trial.attempt
        self._note(trial, cause)
        trial.losses += 1
        if alone and trial.losses >= max(self._most, SUSPECT_AFTER + 1):
            self._give_up(trial, attempt, Remedy.RETRY, cause)
        else:
            self._again(trial, attempt, cause)

    def spare(self, trial: Trial, cause: str) -> None:
        """A shard was cut short, and that is not its doing."""
        self._again(trial, trial.attempt, cause)

    def _done(self, outcome: Written) -> None:
        self._losses_in_a_row = 0
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

    def _note(self, trial: Trial, cause: str) -> None:
        if not trial.first_cause:
            trial.first_cause, trial.first_failure = cause, self._tools.clock()

    def _again(self, trial: Trial, attempt: int, cause: str) -> None:
        if self._queue.admits(trial):
            self._queue.put_first(trial)
            self._tell_retry(trial, attempt, cause, delay=0.0)

    def _give_up(self, trial: Trial, attempt: int, remedy: Remedy, cause: str, trace: str = "") -> None:
        failed = ShardFailed(
            shard=trial.shard.id,
            table=trial.shard.table,
            attempt=attempt,
            cause=trial.first_cause or cause,
            trace=trace,
        )
        self.given_up.append(failed)
        self._hooks.failed(trial.shard, attempt, cause, given_up=True)
        self._hooks.show(failed)
        if remedy in (Remedy.STOP_LOAD, Remedy.OUTAGE):
            self._queue.stop()
        elif remedy is Remedy.STOP_TABLE:
            self._queue.stop(trial.shard.table)

    def _tell_retry(self, trial: Trial, attempt: int, cause: str, *, delay: float, trace: str = "") -> None:
        self._hooks.failed(trial.shard, attempt, cause, given_up=False)
        self.retries += 1
        self._hooks.show(
            ShardRetried(
                shard=trial.shard.id, table=trial.shard.table, attempt=attempt, cause=cause, delay=delay, trace=trace
            )
        )
