"""One worker process: builds a shard, has it written, and tells the outcome as a plain value.

A shard's failure never crosses the process boundary as an exception: drivers' errors do not pickle well, and what an
executor raises then means that a process was lost. A worker does not outlive its coordinator, which imports this
module too, but nothing that builds rows.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from multiprocessing import connection, parent_process
from typing import TYPE_CHECKING, Any, Self

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

if TYPE_CHECKING:
    from shardgen.columns.batch import Batch as Rows

Build = Callable[[PlanConfig, Shard, int], Iterator[Batch]]
"""Makes the rows of a shard in batches of so many rows; must be importable by name."""


def build_batches(plan: PlanConfig, shard: Shard, batch_rows: int) -> Iterator[Rows]:
    """The rows of a shard, out of the world that this process builds once."""
    from shardgen.tables import batches
    from shardgen.world import build_world

    return batches(build_world(plan.world), plan, shard, batch_rows)


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
    build: Build = build_batches
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
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
"""Options of mallopt(3), from malloc.h."""

Outcome = Written | Failed | GaveWay

_stop = threading.Event()
_unfit: list[Exception] = []
"""Why this process could not be made a worker."""
_begun: dict[str, str] = {}
"""The table of the last shard."""


def run_task(job: Job, task: Task) -> Outcome:
    """Build and write one shard; every failure is told in the outcome, and so is what was logged on the way."""
    shard = task.shard
    give_back(shard.table)
    log = _Log(job.dsn)
    with log:
        try:
            if _unfit:
                raise _unfit[0]  # noqa: TRY301  # told like any other failure
            return replace(_write(job, task), log=tuple(log.lines))
        except StoppedError:
            return GaveWay(shard=shard.id)
        except Exception as error:  # noqa: BLE001  # told as a value, see the module
            return Failed(
                shard=shard.id,
                remedy=classify(error),
                error=without_secret(refusal(error) or describe(error), job.dsn),
                trace="\n".join([*log.lines, without_secret(traceback.format_exc(), job.dsn).rstrip()]),
            )


def _write(job: Job, task: Task) -> Written:
    """Write a shard; where its leaf cannot be attached now, build it again and send the rows through the parent."""
    writer, shard = _writer(job), task.shard
    try:
        return writer.write(task, job.build(job.plan, shard, job.batch_rows))
    except LeafRefusedError as refused:
        logging.getLogger(__name__).warning("%s: %s: its rows go through the parent", shard.id, refused)
    return writer.write(replace(task, routed=True), job.build(job.plan, shard, job.batch_rows))


def initialise(stop: connection.Connection[Any, Any], path: list[str], environment: dict[str, str]) -> None:
    """Make this process a worker; what fails is told by its first shard, where an executor would only call it dead.

    The arguments are those of :func:`_become_worker`.
    """
    try:
        _become_worker(stop, path, environment)
    except Exception as error:  # noqa: BLE001  # raised again where it is told
        _unfit.append(error)


def _become_worker(stop: connection.Connection[Any, Any], path: list[str], environment: dict[str, str]) -> None:
    """Signals are the coordinator's affair, and so is the life of this process.

    Args:
        stop: the reading end of a pipe that the coordinator closes when running shards should give way.
        path: where modules are looked for from now on.
        environment: the coordinator's, in which libpq looks for what the connection string leaves open; that of the
            process that workers are forked from may be older.
    """
    sys.path[:] = path
    os.environ.clear()
    os.environ.update(environment)
    import pyarrow as pa

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the whole group
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    logging.lastResort = None  # a line on stderr would tear the display; outcomes carry the log
    keep_memory()
    pa.set_cpu_count(1)  # the processes are the parallelism
    pa.set_io_thread_count(1)
    parent = parent_process()
    if parent is None:
        raise RuntimeError("a worker process must have a parent process")
    threading.Thread(target=_watch, args=(parent.sentinel, stop), name="shardgen-watch", daemon=True).start()


def keep_memory() -> None:
    """Let malloc keep what a batch has used for the next one.

    A batch takes some dozen buffers of up to 10 MB; by default glibc maps each anew and gives it back, and the page
    faults cost as much as the encoding (0.5 to 2 us a row, more where the machine is busy). With Arrow's buffers in
    the same heap a worker also stays 50 MiB smaller than with Arrow's own allocator.
    """
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    with contextlib.suppress(NotImplementedError):  # this platform's Arrow comes without; what makes rows uses it
        pa.jemalloc_set_decay_ms(10_000)
    with contextlib.suppress(OSError, AttributeError):  # not glibc: its allocator has its own ways
        mallopt = ctypes.CDLL(None).mallopt
        for option, value in ((M_MMAP_THRESHOLD, 256 << 20), (M_TRIM_THRESHOLD, 512 << 20), (M_TOP_PAD, 16 << 20)):
            mallopt(option, value)


def give_back(table: str) -> None:
    """Return what malloc keeps to the system when another table begins, so that the peaks of tables do not add up.

    Within a table nothing is returned: the next shard takes the same again. In one comparison a worker that builds
    shards of every table had 174 MiB instead of 188; it costs some 20 ms.
    """
    if table != _begun.get("table"):
        _begun["table"] = table
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def close() -> None:
    """Close what this process keeps open between shards; for executors whose workers outlive a load."""
    with _lock:
        for writer in _writers.values():
            writer.close()
        _writers.clear()


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


def _watch(parent: int, stop: connection.Connection[Any, Any]) -> None:
    """Set the stop flag when the pipe closes; end the process at once when the coordinator is gone.

    An orphan's transaction must end before a ``--resume`` meets it: the backend notices the closed socket.
    """
    connection.wait([parent, stop])
    _stop.set()
    connection.wait([parent])
    os._exit(1)


_writers: dict[Job, Writer] = {}
_lock = threading.Lock()


def _writer(job: Job) -> Writer:
    with _lock:
        if job not in _writers:
            _writers[job] = PostgresWriter(
                dsn=job.dsn,
                schema=job.plan.schema,
                claims=job.claims,
                encoder=job.encoder,
                stopped=_stop.is_set,
                skip_conflicts=job.skip_conflicts,
            )
        return _writers[job]
