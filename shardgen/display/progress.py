"""How far something is: rows and shards of a table, the bytes of all tables, the checks of a verification; pure.

A row counts from the moment the server reports it copied, is taken back when its shard is retried, and is settled by
the count that the shard committed. Rows that an earlier session loaded count as done and never as speed. Tables differ
in what a row costs, so the whole is measured in bytes: they follow the cost within a factor of two, rows within five.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shardgen.display.speed import Speed, Trend
from shardgen.events import CheckDone, CheckStarted, LoadStarted, ShardDone, ShardFailed, ShardRetried
from shardgen.forecast.forecast import FINISHING


@dataclass(slots=True)
class Progress:
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

    def settle(self, event: ShardDone, now: float) -> None:
        """Take in a shard that is committed."""
        self.flying.pop(event.shard, None)
        self.settled += event.rows
        self.shards_done += 1
        if event.by_us:
            self.bytes += event.bytes
        else:
            self.foreign += event.rows
        if self.finished:
            self.ended = now

    def take_back(self, event: ShardRetried | ShardFailed) -> None:
        """Take in that a shard is to be done again, or is given up."""
        self.lost += self.flying.pop(event.shard, 0)
        if isinstance(event, ShardRetried):
            self.retries += 1
        else:
            self.failures += 1


def begun(event: LoadStarted, table: str) -> Progress:
    """Of a table, as the load finds it."""
    done = event.rows_done.get(table, 0)
    return Progress(
        expected=event.rows[table],
        shards=event.shards.get(table, 0),
        shards_done=event.shards_done.get(table, 0),
        settled=done,
        foreign=done,
        planned_bytes=event.bytes.get(table, 0),
    )


def together(each: Iterable[Progress], *, began: float) -> Progress:
    """Of several tables, as the load finds them."""
    names = ("expected", "shards", "shards_done", "settled", "foreign")
    parts = list(each)
    return Progress(**{name: sum(getattr(part, name) for part in parts) for name in names}, began=began)


@dataclass(slots=True)
class Work:
    """All tables together, in COPY bytes by the plan's bytes of a row."""

    tables: Mapping[str, Progress]
    _speed: Speed = field(default_factory=Speed)
    _trend: Trend = field(default_factory=Trend)

    @property
    def copied(self) -> float:
        """Of all rows that are there."""
        return sum(each.rows * each.row_bytes for each in self.tables.values())

    @property
    def ours(self) -> float:
        """Of these, what this session copied."""
        return sum(each.ours * each.row_bytes for each in self.tables.values())

    @property
    def expected(self) -> float:
        """What there will be."""
        return sum(each.total * each.row_bytes for each in self.tables.values())

    @property
    def rate(self) -> float:
        """Bytes per second, of all tables; 0 until it is known."""
        return self._speed.rate

    @property
    def eta(self) -> float | None:
        """Seconds until the shards are in and the steps that follow are done, or None while that is unknown."""
        rate = self._trend.rate
        if rate <= 0:
            return None
        left = self.expected - self.copied
        return (left + FINISHING * (left + self.ours)) / rate

    def note(self, now: float) -> None:
        """Take the present amount for the speeds."""
        worked = sum(each.worked * each.row_bytes for each in self.tables.values())
        self._speed.note(now, worked)
        self._trend.note(now, worked)


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
