"""What a worker does: it builds a shard, has it written, and tells the outcome as a plain value.

A shard's failure never crosses to the coordinator as an exception: drivers' errors do not pickle well, and what an
executor raises then means that a worker was lost. The coordinator imports this module too, but nothing that builds
rows.
"""

from __future__ import annotations

import functools
import logging
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from shardgen.loading import memory
from shardgen.loading.kept import Kept
from shardgen.stores import Writer, WriterSpec
from shardgen.stores.failures import Remedy, StoppedError
from shardgen.stores.told import Task, Written
from shardgen.tables.feed import Feeding


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that any process on any machine needs to do the shards of a load."""

    writer: WriterSpec
    feed: Feeding
    """Makes the rows; importable by name."""
    batch_rows: int
    """Rows that are built at a time."""


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
    log = _Log(job.writer.masked)
    with log:
        try:
            return replace(_write(job, task, stopped), log=tuple(log.lines))
        except StoppedError:
            return GaveWay(shard=shard.id)
        except Exception as error:  # noqa: BLE001  # told as a value, see the module
            remedy, text = job.writer.failure(error)
            trace = "\n".join([*log.lines, job.writer.masked(traceback.format_exc()).rstrip()])
            return Failed(shard=shard.id, remedy=remedy, error=text, trace=trace)


def _write(job: Job, task: Task, stopped: Callable[[], bool]) -> Written:
    build = functools.partial(job.feed.batches, task.shard, job.batch_rows)
    before = functools.partial(job.feed.before, task.shard, job.batch_rows) if task.shard.revised else None
    return _writer(job.writer, stopped).write(task, build, before)


def close(job: Job) -> None:
    """Close what this process keeps open between the shards of a job; a process that is ended needs none."""
    _writers.close(lambda of: of[1] == job.writer)


class _Log(logging.Handler):
    """Collects what any library logs while a shard is at work, from warnings up; a context manager.

    Args:
        masked: takes the secrets out of a text.
    """

    def __init__(self, masked: Callable[[str], str]) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[str] = deque(maxlen=LOG_LINES)
        self._masked = masked
        self._thread = threading.get_ident()  # in an executor of threads each shard has its own log

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *exc: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread or record.name.startswith("psycopg"):  # the pool logs from its own thread
            self.lines.append(self._masked(f"{record.levelname} {record.name}: {record.getMessage()}"))


_writers: Kept[Writer] = Kept()
"""By the word that stops an executor's work, and how its writer is had."""


def _writer(spec: WriterSpec, stopped: Callable[[], bool]) -> Writer:
    return _writers.of(stopped, spec, lambda: spec.open(stopped))
