"""The accounting behind every display: events in, the state of the load or verification out.

Pure but for the injected clock; ask at any time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shardgen.display.lanes import Lanes, Split
from shardgen.display.progress import Checks, Progress, Work, begun, together
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

Clock = Callable[[], float]


@dataclass(slots=True)
class Steps:
    """The steps at the end of a load that are running, each with the time of its start."""

    _begun: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        return ", ".join(self._begun)

    def __bool__(self) -> bool:
        return bool(self._begun)

    def take(self, event: StepStarted | StepDone, now: float) -> None:
        """Account for one event."""
        if isinstance(event, StepStarted):
            self._begun[event.step] = now
        else:
            self._begun.pop(event.step, None)

    def elapsed(self, now: float) -> float:
        """Seconds since the oldest of them began."""
        return now - min(self._begun.values(), default=now)


class Tally:
    """The whole load, or verification, as its events tell it."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._done: set[str] = set()
        self.tables: dict[str, Progress] = {}
        """In the order in which a reader of the story meets them."""
        self.all = Progress()
        self.work = Work(self.tables)
        self.run: int | None = None
        self.resumed = False
        self.workers = 0
        self.local = False
        """Whether the server has to do with this machine's CPUs."""
        self.lanes = Lanes()
        self.split = Split()
        self.steps = Steps()
        self.began = clock()
        self.ok: bool | None = None
        """How it ended, or None while it runs."""
        self.checks: Checks | None = None
        """Of a verification."""

    @property
    def now(self) -> float:
        """By the tally's clock."""
        return self._clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the display opened."""
        return self.now - self.began

    @property
    def share(self) -> float:
        """Done of the whole, 0 to 1, by bytes; 1 only when every shard is committed."""
        if self.all.finished or not self.work.expected:
            return self.all.share
        return min(0.999, self.work.copied / self.work.expected)

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
            case StepStarted() | StepDone():
                self.steps.take(event, self.now)
            case LoadFinished():
                self.ok = event.ok
            case VerificationStarted():
                self.checks = Checks(total=event.checks, what=event.what)
            case CheckStarted() | CheckDone() if self.checks is not None:
                self.checks.take(event)
            case _:
                pass

    def look(self) -> None:
        """Note the present counts for the speeds; call it at every refresh."""
        now = self.now
        for each in (self.all, *self.tables.values()):
            if each.began is not None and not each.finished:
                each.speed.note(now, each.worked)
        if self.tables and not self.all.finished:
            self.work.note(now)

    def _start(self, event: LoadStarted) -> None:
        self.run, self.resumed, self.workers, self.local = event.run, event.resumed, event.workers, event.local
        self.tables.update({table: begun(event, table) for table in event.rows})
        self.all = together(self.tables.values(), began=self.now)
        self.lanes.open(min(self.workers, self.all.shards - self.all.shards_done))
        self.look()

    def _fly(self, event: ShardStarted) -> None:
        table, now = self.tables[event.table], self.now
        self.lanes.start(event, now)
        if table.began is None:
            table.began = now
            table.speed.note(now, table.worked)
        self._copied(event.table, event.shard, 0)

    def _see(self, event: ShardSeen) -> None:
        self.lanes.see(event)
        if event.rows or event.doing == "copying":
            self._copied(event.table, event.shard, event.rows)

    def _copied(self, table: str, shard: str, rows: int) -> None:
        for each in (self.tables[table], self.all):
            each.flying[shard] = rows

    def _settle(self, event: ShardDone) -> None:
        self._done.add(event.shard)
        self.lanes.leave(event.shard)
        if event.by_us:
            self.split.settle(event.phases, self.now)
        for each in (self.tables[event.table], self.all):
            each.settle(event, self.now)
        self.all.expected = sum(each.total for each in self.tables.values())

    def _take_back(self, event: ShardRetried | ShardFailed) -> None:
        self.lanes.leave(event.shard)
        for each in (self.tables[event.table], self.all):
            each.take_back(event)
