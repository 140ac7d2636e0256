"""The accounting behind every display: events in, rows and shards by table out. Pure but for the injected clock.

A row counts from the moment the server reports it copied, is taken back when its shard is retried, and is settled by
the count that the shard committed. Rows that an earlier session loaded count as done and never as speed. Tables differ
in what a row costs, so the whole is measured in bytes: they follow the cost within a factor of two, rows within five.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shardgen.display.lanes import Lanes, Split
from shardgen.display.speed import Speed, Trend
from shardgen.events import (
    CheckDone,
    CheckStarted,
    Event,
    LoadFinished,
    LoadStarted,
    ShardDone,
    ShardFailed,
    ShardRetried,
    ShardSeen,
    ShardStarted,
    StepDone,
    StepStarted,
    VerificationStarted,
)
from shardgen.forecast.forecast import FINISHING

Clock = Callable[[], float]


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
    planned_bytes: int = 0
    """Expected COPY bytes, all shards."""
    lost: int = 0
    """Rows that were copied and taken back: work that was done, and is to be done again."""
    retries: int = 0
    failures: int = 0
    flying: dict[str, int] = field(default_factory=dict)
    """Rows copied so far by each shard in flight."""
    began: float | None = None
    ended: float | None = None
    speed: Speed = field(default_factory=Speed)

    @property
    def row_bytes(self) -> float:
        """COPY bytes of a row, as planned."""
        return self.planned_bytes / self.expected if self.expected else 0.0

    @property
    def rows(self) -> int:
        """Rows in the table as far as we know, uncommitted ones included."""
        return self.settled + sum(self.flying.values())

    @property
    def ours(self) -> int:
        """Rows that this session copied and that are there."""
        return self.rows - self.foreign

    @property
    def worked(self) -> int:
        """Rows that this session copied, those that it lost included: what speed is made of."""
        return self.ours + self.lost

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
        """Seconds to go if it goes on alone at its present speed, or None while that is unknown."""
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
    what: str = "checks"
    """What is counted."""
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
        self.local = False
        """Whether the server has to do with this machine's CPUs."""
        self.lanes = Lanes()
        self.split = Split()
        self.steps: dict[str, float] = {}
        """The steps that are running, each with the time of its start."""
        self.volume = Speed()
        """Bytes per second of all tables."""
        self._trend = Trend()
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
    def now(self) -> float:
        """By the tally's clock."""
        return self._clock()

    @property
    def step(self) -> str:
        """The steps that are running, if any are."""
        return ", ".join(self.steps)

    @property
    def step_elapsed(self) -> float:
        """Seconds since the oldest running step began."""
        return self._clock() - min(self.steps.values(), default=self._clock())

    @property
    def copied(self) -> float:
        """COPY bytes of all rows in all tables, by the plan's bytes of a row."""
        return sum(account.rows * account.row_bytes for account in self.tables.values())

    @property
    def ours(self) -> float:
        """Of these, what this session copied."""
        return sum(account.ours * account.row_bytes for account in self.tables.values())

    @property
    def expected(self) -> float:
        """COPY bytes that there will be."""
        return sum(account.total * account.row_bytes for account in self.tables.values())

    @property
    def share(self) -> float:
        """Done of the whole, 0 to 1, by bytes; 1 only when every shard is committed."""
        if self.all.finished or not self.expected:
            return self.all.share
        return min(0.999, self.copied / self.expected)

    @property
    def eta(self) -> float | None:
        """Seconds until the shards are in and the steps that follow are done, or None while that is unknown."""
        rate = self._trend.rate
        if rate <= 0:
            return None
        return (self.expected - self.copied + FINISHING * (self.expected - self.copied + self.ours)) / rate

    def take(self, event: Event) -> None:
        """Account for one event."""
        match event:
            case LoadStarted():
                self._start(event)
            case ShardStarted():
                self._fly(event)
            case ShardSeen() if event.shard not in self._done:
                self._see(event)
            case ShardDone() if event.shard not in self._done:
                self._settle(event)
            case ShardRetried() | ShardFailed():
                self._take_back(event)
            case StepStarted():
                self.steps[event.step] = self._clock()
            case StepDone():
                self.steps.pop(event.step, None)
            case LoadFinished():
                self.ok = event.ok
            case _:
                self._verify(event)

    def _verify(self, event: Event) -> None:
        if isinstance(event, VerificationStarted):
            self.checks = Checks(total=event.checks, what=event.what)
        elif self.checks is not None and isinstance(event, CheckStarted | CheckDone):
            self.checks.take(event)

    def look(self) -> None:
        """Note the present counts for the speeds; call it at every refresh."""
        now = self._clock()
        for account in (self.all, *self.tables.values()):
            if account.began is not None and not account.finished:
                account.speed.note(now, account.worked)
        if self.tables and not self.all.finished:
            worked = sum(account.worked * account.row_bytes for account in self.tables.values())
            self.volume.note(now, worked)
            self._trend.note(now, worked)

    def _start(self, event: LoadStarted) -> None:
        self.run, self.resumed, self.workers, self.local = event.run, event.resumed, event.workers, event.local
        for table in event.rows:
            done = event.rows_done.get(table, 0)
            self.tables[table] = Account(
                expected=event.rows[table],
                shards=event.shards.get(table, 0),
                shards_done=event.shards_done.get(table, 0),
                settled=done,
                foreign=done,
                planned_bytes=event.bytes.get(table, 0),
            )
        self.all = Account(
            expected=sum(account.expected for account in self.tables.values()),
            shards=sum(account.shards for account in self.tables.values()),
            shards_done=sum(account.shards_done for account in self.tables.values()),
            settled=sum(account.settled for account in self.tables.values()),
            foreign=sum(account.foreign for account in self.tables.values()),
            began=self._clock(),
        )
        self.lanes.open(min(self.workers, self.all.shards - self.all.shards_done))
        self.look()

    def _fly(self, event: ShardStarted) -> None:
        account, now = self.tables[event.table], self._clock()
        self.lanes.start(event, now)
        if account.began is None:
            account.began = now
            account.speed.note(now, account.worked)
        self._each(event.table, lambda account: account.flying.update({event.shard: 0}))

    def _see(self, event: ShardSeen) -> None:
        self.lanes.see(event)
        if event.rows or event.doing == "copying":
            self._each(event.table, lambda account: account.flying.update({event.shard: event.rows}))

    def _settle(self, event: ShardDone) -> None:
        self._done.add(event.shard)
        self.lanes.leave(event.shard)
        if event.by_us:
            self.split.settle(event.phases, self._clock())
        self._each(event.table, lambda account: _settle(account, event, self._clock()))
        self.all.expected = sum(account.total for account in self.tables.values())

    def _take_back(self, event: ShardRetried | ShardFailed) -> None:
        self.lanes.leave(event.shard)
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
    account.lost += account.flying.pop(event.shard, 0)
    if isinstance(event, ShardRetried):
        account.retries += 1
    else:
        account.failures += 1
