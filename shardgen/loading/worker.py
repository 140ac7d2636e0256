"""What a worker does: it builds a shard, has it written, and tells the outcome as a plain value.

A shard's failure never crosses to the coordinator as an exception: drivers' errors do not pickle well, and what an
executor raises then means that a worker was lost. The coordinator imports this module too, but nothing that builds
rows.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol, Self

from shardgen.loading import memory
from shardgen.machine.refusals import refusal
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.model.table import Table
from shardgen.stores import Batch, Task, Writer, Written
from shardgen.stores.failures import LeafRefusedError, Remedy, StoppedError
from shardgen.stores.postgres.failures import classify, describe
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.postgres import without_secret
from shardgen.stores.postgres.writer import Encoder as EncoderProtocol
from shardgen.stores.postgres.writer import PostgresWriter
from shardgen.tables.feed import Feed


class Feeding(Protocol):
    """Makes the rows of shards: ``Feed``, or what a test has in its place."""

    def batches(self, shard: Shard, rows: int) -> Iterator[Batch]:
        """The rows of a shard in batches of about so many rows."""
        ...


def encoder_of(table: Table) -> EncoderProtocol:
    """The encoder of a table's rows."""
    from shardgen.stores.postgres.copy import Encoder

    return Encoder(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that any process on any machine needs to do the shards of a load."""

    dsn: str
    plan: PlanConfig
    claims: tuple[Claim, ...]
    batch_rows: int
    skip_conflicts: bool = False
    feed: Callable[[PlanConfig], Feeding] = Feed
    """Importable by name."""
    encoder: Callable[[Table], EncoderProtocol] = encoder_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An attempt that failed; nothing of it is in the target, unless the answer to a commit was lost."""

    shard: str
    remedy: Remedy
    error: str
    """One line, without secrets."""
    trace: str
    """The traceback, after what was logged before it, without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GaveWay:
    """An attempt that ended because the load is stopping."""

    shard: str


LOG_LINES = 50
"""Lines of a shard's log that are kept, the last ones."""

Outcome = Written | Failed | GaveWay


def run_task(job: Job, task: Task, stopped: Callable[[], bool]) -> Outcome:
    """Build and write one shard; every failure is told in the outcome, and so is what was logged on the way.

    Args:
        job: what all shards of the load need.
        task: the shard.
        stopped: whether the load is stopping; asked between batches.
    """
    shard = task.shard
    memory.give_back(shard.table)
    log = _Log(job.dsn)
    with log:
        try:
            return replace(_write(job, task, stopped), log=tuple(log.lines))
        except StoppedError:
            return GaveWay(shard=shard.id)
        except Exception as error:  # noqa: BLE001  # told as a value, see the module
            return Failed(
                shard=shard.id,
                remedy=classify(error),
                error=without_secret(str(refusal(error)) or describe(error), job.dsn),
                trace="\n".join([*log.lines, without_secret(traceback.format_exc(), job.dsn).rstrip()]),
            )


def _write(job: Job, task: Task, stopped: Callable[[], bool]) -> Written:
    """Write a shard; where its leaf cannot be attached now, build it again and send the rows through the parent."""
    writer, feed, shard = _writer(job, stopped), job.feed(job.plan), task.shard
    try:
        return writer.write(task, feed.batches(shard, job.batch_rows))
    except LeafRefusedError as refused:
        logging.getLogger(__name__).warning("%s: %s: its rows go through the parent", shard.id, refused)
    return writer.write(replace(task, routed=True), feed.batches(shard, job.batch_rows))


def close(job: Job) -> None:
    """Close what this process keeps open between the shards of a job; a process that is ended needs none."""
    with _lock:
        for key in [key for key in _writers if key[0] == job]:
            _writers.pop(key).close()


class _Log(logging.Handler):
    """Collects what any library logs while a shard is at work, from warnings up; a context manager.

    Args:
        dsn: whose secrets are masked.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[str] = deque(maxlen=LOG_LINES)
        self._dsn = dsn
        self._thread = threading.get_ident()  # in an executor of threads each shard has its own log

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *exc: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread or record.name.startswith("psycopg"):  # the pool logs from its own thread
            text = f"{record.levelname} {record.name}: {record.getMessage()}"
            self.lines.append(without_secret(text, self._dsn))


_writers: dict[tuple[Job, Callable[[], bool]], Writer] = {}
_lock = threading.Lock()


def _writer(job: Job, stopped: Callable[[], bool]) -> Writer:
    with _lock:
        if (job, stopped) not in _writers:
            _writers[job, stopped] = PostgresWriter(
                dsn=job.dsn,
                schema=job.plan.schema,
                claims=job.claims,
                encoder=job.encoder,
                stopped=stopped,
                skip_conflicts=job.skip_conflicts,
            )
        return _writers[job, stopped]
