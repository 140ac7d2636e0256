"""The workers as lanes, each with the shard that it is on, and how their time splits; pure.

A lane is a place for one shard at a time, not a process: a worker that is free takes the next shard, and its process id
is known once the server has seen its backend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shardgen.events import ShardSeen, ShardStarted
from shardgen.model.figures import plural

FORGETTING = 60.0  # seconds in which half of what was learnt is forgotten: tables differ, the present one counts
ENOUGH = 1.0  # seconds of workers' time from which a share means something
BUILDING = ("generate", "encode")  # phases in which the worker builds rows; in all others it waits for the database
AFTER_COPY = ("indexing", "attaching", "committing")
MOST, LEAST = 0.6, 0.4  # shares from which one side is the limit


@dataclass(slots=True, kw_only=True)
class Lane:
    """One shard in flight."""

    shard: str
    table: str
    attempt: int
    expected: int
    """Rows."""
    began: float
    rows: int = 0
    """Copied so far."""
    doing: str = "starting"
    worker: int = 0
    """Process id; 0 until it was seen."""

    @property
    def share(self) -> float:
        """Of its rows, 0 to 1; the expected number may be an estimate."""
        if self.doing in AFTER_COPY:
            return 1.0
        return min(1.0, self.rows / self.expected) if self.expected else 0.0

    def see(self, event: ShardSeen) -> None:
        """Take in what the server shows of it."""
        copied = self.expected if event.doing in AFTER_COPY and not self.rows else event.rows
        self.rows = max(self.rows, copied)  # the server tells rows inside COPY only
        self.doing = event.doing
        self.worker = event.worker


@dataclass(slots=True)
class Lanes:
    """All of them, in the order of their numbers; None where a worker is idle."""

    lanes: list[Lane | None] = field(default_factory=list)

    def open(self, count: int) -> None:
        """Begin with so many idle lanes."""
        self.lanes = [None] * count

    def start(self, event: ShardStarted, now: float) -> None:
        """Put a shard into the first free lane."""
        lane = Lane(shard=event.shard, table=event.table, attempt=event.attempt, expected=event.rows, began=now)
        self.leave(event.shard)
        if None not in self.lanes:
            self.lanes.append(None)
        self.lanes[self.lanes.index(None)] = lane

    def leave(self, shard: str) -> None:
        """Free the lane of a shard, if it has one."""
        self.lanes = [None if lane and lane.shard == shard else lane for lane in self.lanes]

    def see(self, event: ShardSeen) -> None:
        """Take in what the server shows of a shard."""
        for lane in self.lanes:
            if lane and lane.shard == event.shard:
                lane.see(event)

    @property
    def busy(self) -> list[Lane]:
        """Those at work."""
        return [lane for lane in self.lanes if lane]


@dataclass(slots=True)
class Split:
    """How the workers' time splits between building rows and waiting for the database, from the phases of done shards.

    Looks at the backends in flight would tell it sooner, and wrong: on a machine that is busy one gets to look when
    somebody waits, and saw backends wait for rows in 62 % of the time of which they were given 22 %.
    """

    _building: float = 0.0
    _database: float = 0.0
    _faded: float | None = None

    def settle(self, phases: Mapping[str, float], now: float) -> None:
        """Take in where the time of a shard went that is done."""
        fade = 0.5 ** ((now - (now if self._faded is None else self._faded)) / FORGETTING)
        building = sum(phases.get(phase, 0.0) for phase in BUILDING)
        self._building = self._building * fade + building
        self._database = self._database * fade + sum(phases.values()) - building
        self._faded = now

    @property
    def database(self) -> float | None:
        """The share of the database, 0 to 1, or None while too little is known."""
        whole = self._building + self._database
        return self._database / whole if whole >= ENOUGH else None


def verdict(database: float | None, *, workers: int, cpus: int, local: bool) -> str:
    """What limits the load and whether more workers would help, in a sentence; nothing where that is not known.

    Args:
        database: its share of the workers' time, or None while too little is known.
        workers: how many there are.
        cpus: of this machine.
        local: whether the server has to do with the same CPUs; those of another machine are not known.
    """
    if local and workers > cpus:
        return f"{plural(workers, 'worker')} share {plural(cpus, 'CPU')} with the database: more will not help"
    if database is None:
        return ""
    limit = "building rows and the database take the same time"
    if not LEAST < database < MOST:
        limit = "the database is the limit" if database >= MOST else "building rows is the limit"
    if (local or database <= LEAST) and workers >= cpus:
        return f"{limit}: more workers will not help"
    if database >= MOST:
        return f"{limit}: more workers help while it has CPUs to spare"
    return f"{limit}: more workers will help"
