"""The accounting behind every display: events in, rows and shards by table out. Pure but for the injected clock.

A row counts from the moment the server reports it copied, is taken back when its shard is retried, and is settled by
the count that the shard committed. Rows that an earlier session loaded count as done and never as speed.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from shardgen.config import TABLES
from shardgen.events import (
    CheckDone,
    CheckStarted,
    Event,
    LoadFinished,
    LoadStarted,
    RowsCopied,
    ShardDone,
    ShardFailed,
    ShardRetried,
    ShardStarted,
    StepDone,
    StepStarted,
    VerificationStarted,
)

WINDOW = 15.0  # seconds over which speed is taken: long enough to even out shards that end together
LEAST = 0.5  # seconds below which a speed means nothing

Clock = Callable[[], float]


@dataclass(slots=True)
class Speed:
    """Rows per second over the last WINDOW seconds."""

    _samples: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, now: float, rows: int) -> None:
        """Take the count of rows at a time; a count may fall when a shard is taken back."""
        self._samples.append((now, rows))
        while self._samples[0][0] < now - WINDOW and len(self._samples) > 2:
            self._samples.popleft()

    @property
    def rate(self) -> float:
        """Rows per second; 0 until it is known."""
        if not self._samples:
            return 0.0
        (first, before), (last, rows) = self._samples[0], self._samples[-1]
        return max(0, rows - before) / (last - first) if last - first >= LEAST else 0.0


@dataclass(slots=True)
class Account:
    """Rows and shards of one table, or of all."""

    expected: int = 0
    """Rows, all shards; an estimate for some tables."""
    shards: int = 0
    shards_done: int = 0
    settled: int = 0
    """Rows committed, by whomever."""
    foreign: int = 0
    """Of these, rows that this session did not copy."""
    bytes: int = 0
    """COPY bytes of the shards that this session committed."""
    retries: int = 0
    failures: int = 0
    flying: dict[str, int] = field(default_factory=dict)
    """Rows copied so far by each shard in flight."""
    began: float | None = None
    ended: float | None = None
    speed: Speed = field(default_factory=Speed)

    @property
    def rows(self) -> int:
        """Rows in the table as far as we know, uncommitted ones included."""
        return self.settled + sum(self.flying.values())

    @property
    def ours(self) -> int:
        """Rows that this session copied."""
        return self.rows - self.foreign

    @property
    def finished(self) -> bool:
        """Whether every shard is committed."""
        return self.shards_done >= self.shards

    @property
    def total(self) -> int:
        """Rows that there will be: the estimate, corrected by what is known better."""
        return self.settled if self.finished else max(self.expected, self.rows)

    @property
    def share(self) -> float:
        """Done, 0 to 1; 1 only when every shard is committed."""
        if self.finished:
            return 1.0
        return min(0.999, self.rows / self.total) if self.total else self.shards_done / self.shards

    @property
    def eta(self) -> float | None:
        """Seconds to go at the present speed, or None while that is unknown."""
        rate = self.speed.rate
        return (self.total - self.rows) / rate if rate > 0 else None

    @property
    def seconds(self) -> float | None:
        """From the first shard's start to the last one's end, or None before that."""
        return None if self.began is None or self.ended is None else self.ended - self.began


@dataclass(slots=True)
class Checks:
    """How far a verification is."""

    total: int
    done: int = 0
    failed: int = 0
    running: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Done, 0 to 1."""
        return self.done / self.total if self.total else 1.0

    def take(self, event: CheckStarted | CheckDone) -> None:
        """Account for one event."""
        if isinstance(event, CheckStarted):
            self.running.append(event.check)
            return
        self.running.remove(event.check)
        self.done += 1
        self.failed += bool(event.failures)


class Tally:
    """The whole load, or verification, as its events tell it; ask at any time."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._done: set[str] = set()
        self.tables: dict[str, Account] = {}
        """In the order in which a reader of the story meets them."""
        self.all = Account()
        self.run: int | None = None
        self.resumed = False
        self.workers = 0
        self.step = ""
        """The step that is running, if one is."""
        self.step_began = 0.0
        self.began = clock()
        self.ok: bool | None = None
        """How it ended, or None while it runs."""
        self.checks: Checks | None = None
        """Of a verification."""

    @property
    def elapsed(self) -> float:
        """Seconds since the display opened."""
        return self._clock() - self.began

    @property
    def step_elapsed(self) -> float:
        """Seconds since the running step began."""
        return self._clock() - self.step_began

    def take(self, event: Event) -> None:
        """Account for one event."""
        match event:
            case LoadStarted():
                self._start(event)
            case ShardStarted():
                self._fly(event)
            case RowsCopied() if event.shard not in self._done:
                self._each(event.table, lambda account: account.flying.update({event.shard: event.rows}))
            case ShardDone() if event.shard not in self._done:
                self._settle(event)
            case ShardRetried() | ShardFailed():
                self._take_back(event)
            case StepStarted():
                self.step, self.step_began = event.step, self._clock()
            case StepDone():
                self.step = ""
            case LoadFinished():
                self.ok = event.ok
            case _:
                self._verify(event)

    def _verify(self, event: Event) -> None:
        if isinstance(event, VerificationStarted):
            self.checks = Checks(total=event.checks)
        elif self.checks is not None and isinstance(event, CheckStarted | CheckDone):
            self.checks.take(event)

    def look(self) -> None:
        """Note the present counts for the speeds; call it at every refresh."""
        now = self._clock()
        for account in (self.all, *self.tables.values()):
            if account.began is not None and not account.finished:
                account.speed.note(now, account.ours)

    def _start(self, event: LoadStarted) -> None:
        self.run, self.resumed, self.workers = event.run, event.resumed, event.workers
        for table in (name for name in TABLES if name in event.rows):
            done = event.rows_done.get(table, 0)
            self.tables[table] = Account(
                expected=event.rows[table],
                shards=event.shards.get(table, 0),
                shards_done=event.shards_done.get(table, 0),
                settled=done,
                foreign=done,
            )
        self.all = Account(
            expected=sum(account.expected for account in self.tables.values()),
            shards=sum(account.shards for account in self.tables.values()),
            shards_done=sum(account.shards_done for account in self.tables.values()),
            settled=sum(account.settled for account in self.tables.values()),
            foreign=sum(account.foreign for account in self.tables.values()),
            began=self._clock(),
        )
        self.look()

    def _fly(self, event: ShardStarted) -> None:
        account, now = self.tables[event.table], self._clock()
        if account.began is None:
            account.began = now
            account.speed.note(now, account.ours)
        self._each(event.table, lambda account: account.flying.update({event.shard: 0}))

    def _settle(self, event: ShardDone) -> None:
        self._done.add(event.shard)
        self._each(event.table, lambda account: _settle(account, event, self._clock()))
        self.all.expected = sum(account.total for account in self.tables.values())

    def _take_back(self, event: ShardRetried | ShardFailed) -> None:
        self._each(event.table, lambda account: _take_back(account, event))

    def _each(self, table: str, change: Callable[[Account], object]) -> None:
        """Do the same to the table's account and to the account of all."""
        change(self.tables[table])
        change(self.all)


def _settle(account: Account, event: ShardDone, now: float) -> None:
    account.flying.pop(event.shard, None)
    account.settled += event.rows
    account.shards_done += 1
    if event.by_us:
        account.bytes += event.bytes
    else:
        account.foreign += event.rows
    if account.finished:
        account.ended = now


def _take_back(account: Account, event: ShardRetried | ShardFailed) -> None:
    account.flying.pop(event.shard, None)
    if isinstance(event, ShardRetried):
        account.retries += 1
    else:
        account.failures += 1
