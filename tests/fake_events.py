"""Events of invented loads, and a clock, for the tests of what makes something of events."""

from __future__ import annotations

from shardgen.display.tally import Tally
from shardgen.events import (
    CheckDone,
    CheckStarted,
    Event,
    LoadFinished,
    LoadStarted,
    Notice,
    ShardDone,
    ShardFailed,
    ShardRetried,
    ShardSeen,
    ShardStarted,
    StepDone,
    StepStarted,
    VerificationStarted,
)


class FakeClock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


ROWS = {"orders": 500, "clickstream": 3000}


def started(*, resumed: bool = False, **done: int) -> LoadStarted:
    """Orders: 1000 rows in 2 shards; clickstream: 9000 in 3."""
    shards_done = {table: rows // ROWS[table] for table, rows in done.items()}
    return LoadStarted(
        run=7,
        resumed=resumed,
        workers=2,
        rows={"orders": 1000, "clickstream": 9000},
        shards={"clickstream": 3, "orders": 2},
        rows_done={"clickstream": 0, "orders": 0, **done},
        shards_done={"clickstream": 0, "orders": 0, **shards_done},
        bytes={"clickstream": 900_000, "orders": 150_000},
        local=True,
    )


def begun(shard: str, attempt: int = 1) -> ShardStarted:
    return ShardStarted(shard=shard, table=shard.partition("/")[0], attempt=attempt, rows=ROWS[shard.partition("/")[0]])


def copied(shard: str, rows: int) -> ShardSeen:
    return seen(shard, "copying", rows)


def seen(shard: str, doing: str, rows: int = 0) -> ShardSeen:
    return ShardSeen(shard=shard, table=shard.partition("/")[0], rows=rows, doing=doing, worker=4242)


def done(shard: str, rows: int, *, by_us: bool = True, **phases: float) -> ShardDone:
    return ShardDone(
        shard=shard,
        table=shard.partition("/")[0],
        rows=rows,
        bytes=rows * 10,
        seconds=1.0,
        by_us=by_us,
        phases=phases,
    )


def retried(shard: str, cause: str = "connection lost") -> ShardRetried:
    return ShardRetried(shard=shard, table=shard.partition("/")[0], attempt=1, cause=cause, delay=0.5)


def failed(shard: str) -> ShardFailed:
    return ShardFailed(shard=shard, table=shard.partition("/")[0], attempt=5, cause="disk full")


def tally_of(*events: Event, clock: FakeClock | None = None) -> Tally:
    tally = Tally(clock or FakeClock())
    for event in events:
        tally.take(event)
    return tally


WHOLE: tuple[Event, ...] = (
    Notice(text="starting the embedded server"),
    started(),
    begun("orders/1"),
    begun("orders/2"),
    copied("orders/1", 300),
    retried("orders/1"),
    begun("orders/1", 2),
    copied("orders/1", 500),
    done("orders/1", 510),
    done("orders/2", 505),
    *(begun(f"clickstream/{k}") for k in range(3)),
    *(copied(f"clickstream/{k}", 2000) for k in range(3)),
    *(done(f"clickstream/{k}", 2990) for k in range(3)),
    StepStarted(step="index raw_orders_status_idx"),
    StepDone(step="index raw_orders_status_idx", seconds=2.0),
    LoadFinished(ok=True),
)


PROVEN: tuple[Event, ...] = (
    VerificationStarted(checks=3),
    CheckStarted(check="L13"),
    CheckStarted(check="L12"),
    CheckDone(check="L12", failures=(), seconds=2.0),
    CheckDone(check="L13", failures=("L13: 2 offenders",), seconds=0.1),
    CheckStarted(check="orders/2025-03"),
    CheckDone(check="orders/2025-03", failures=(), seconds=0.1),
)
