"""Plain lines for logs and pipes: one every few seconds, one for each thing that happens."""

from __future__ import annotations

import contextlib
import threading
from types import TracebackType
from typing import Self, TextIO

from shardgen.display import units
from shardgen.display.progress import Checks
from shardgen.display.tally import Tally
from shardgen.events import (
    CheckDone,
    Event,
    LoadFinished,
    LoadStarted,
    Notice,
    ShardFailed,
    ShardRetried,
    StepDone,
    VerificationStarted,
)

INTERVAL = 5.0  # seconds: a sign of life without filling the log of a CI job
MOST_NAMES = 3  # of shards in one line
BRIEF = 0.5  # seconds; a step that took less gets no line of its own


class Lines:
    """A line every INTERVAL seconds, from a thread of its own so that silence in the load is no silence in the log."""

    def __init__(self, stream: TextIO, *, interval: float = INTERVAL, tally: Tally | None = None) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._interval = interval
        self._tally = tally or Tally()
        self._retries = Retries()
        self._closed = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> Self:
        self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._ticker.join()

    def __call__(self, event: Event) -> None:
        """Account for an event and say what is worth a line."""
        with self._lock:
            self._tally.take(event)
            for line in self._retries.take(event):
                self._say(line)
            if line := told(event, self._tally):
                self._say(line)

    def _tick(self) -> None:
        while not self._closed.wait(self._interval):
            with self._lock, contextlib.suppress(OSError, ValueError):
                self._tally.look()
                if self._tally.checks is not None:
                    self._say(checking(self._tally.checks))
                elif self._tally.run is not None and self._tally.ok is None:
                    self._say(state(self._tally))

    def _say(self, line: str) -> None:
        print(f"[{units.clock(self._tally.elapsed):>7}] {line}", file=self._stream, flush=True)


def told(event: Event, tally: Tally) -> str:
    """The line that an event is worth, or nothing."""
    line = ""
    match event:
        case LoadStarted():
            line = _beginning(tally)
        case ShardFailed():
            line = failure(event)
        case StepDone() if event.seconds >= BRIEF:
            line = f"{event.step}: {units.duration(event.seconds)}"
        case Notice():
            line = event.text
        case VerificationStarted():
            line = f"{units.count(event.checks)} {event.what}"
        case CheckDone() if event.failures:
            line = refuted(event)
        case CheckDone() if event.seconds >= BRIEF:
            line = f"{event.check}: {units.duration(event.seconds)}"
        case LoadFinished() if tally.run is not None:
            line = ("finished" if event.ok else "stopped") + ": " + state(tally)
    return line


def _beginning(tally: Tally) -> str:
    done = f", {units.count(tally.all.settled)} there already" if tally.all.settled else ""
    return (
        f"run {tally.run} {'resumes' if tally.resumed else 'begins'}: {units.plural(tally.all.expected, 'row')} in "
        f"{units.plural(tally.all.shards, 'shard')}{done}, {units.plural(tally.workers, 'worker')}"
    )


def state(tally: Tally) -> str:
    """Where the load stands, in one line."""
    total = tally.all
    if tally.steps:
        return f"{tally.steps} for {units.clock(tally.steps.elapsed(tally.now))}"
    parts = [
        f"{int(tally.share * 100)}%",
        f"{units.count(total.rows)} of {units.plural(total.total, 'row')}",
        f"shards {total.shards_done}/{total.shards}",
    ]
    if not total.finished and total.speed.rate:
        parts.append(f"{units.count(total.speed.rate)} rows/s ({units.size(tally.work.rate)}/s)")
    if not total.finished and tally.work.eta is not None:
        parts.append(f"{units.clock(tally.work.eta)} left")
    if total.retries:
        parts.append(f"retries {total.retries}")
    return ", ".join(parts)


def checking(checks: Checks) -> str:
    """How far a verification is, in one line."""
    failed = f", {checks.failed} failed" if checks.failed else ""
    running = f", at work: {', '.join(checks.running)}" if checks.running else ""
    return f"{checks.what} {checks.done}/{checks.total}{failed}{running}"


def refuted(event: CheckDone) -> str:
    """What a check that failed says."""
    return f"{event.check} failed: {'; '.join(event.failures)}"


def retry(event: ShardRetried) -> str:
    """What a retry says."""
    return f"{event.shard} is tried again in {event.delay:.1f} s after attempt {event.attempt}: {event.cause}"


class Retries:
    """Tells retries; of many for one reason (a pool of workers that broke) the first by itself, then the rest."""

    def __init__(self) -> None:
        self._cause = ""
        self._more: list[str] = []

    def take(self, event: Event) -> list[str]:
        """What is to be said before and of an event, if it is a retry, or ends a row of them."""
        if isinstance(event, ShardRetried) and event.cause == self._cause:
            self._more.append(event.shard)
            return []
        said = [_rest(self._more)] if self._more else []
        self._cause, self._more = "", []
        if isinstance(event, ShardRetried):
            self._cause = event.cause
            said.append(retry(event))
        return said


def _rest(shards: list[str]) -> str:
    names = ", ".join(shards[:MOST_NAMES]) + (" and others" if len(shards) > MOST_NAMES else "")
    return f"for the same reason {len(shards)} more: {names}"


def failure(event: ShardFailed) -> str:
    """What a failure says."""
    return f"{event.shard} failed at attempt {event.attempt}: {event.cause}"
