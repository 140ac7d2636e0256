"""See stores.Run and stores.Writer: shards are recorded under the ledger's lock, with their rows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import xxhash

from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.stores import Batch, Batches, RowEncoder, Show
from shardgen.stores.failures import PermanentError, Remedy, StoppedError, StoreError, SupersededError, described
from shardgen.stores.joining import parts_of
from shardgen.stores.memory.ledger import Kept, MemoryLedger, now
from shardgen.stores.resuming import OPEN_STATES
from shardgen.stores.stopwatch import Stopwatch
from shardgen.stores.told import Counted, Sighting, Task, Written
from shardgen.tables import dataset


class MemoryRun:
    """See stores.Run."""

    def __init__(
        self,
        ledger: MemoryLedger,
        encoder: Callable[[Table], RowEncoder],
        number: int,
        plan: Plan,
        *,
        resumed: bool,
        alone: Callable[[], bool],
    ) -> None:
        self._ledger = ledger
        self._alone = alone
        self._encoder = encoder
        self.number = number
        self.plan = plan
        self.resumed = resumed
        self.notices: tuple[str, ...] = ()
        self.local = True
        self.parts = parts_of(ledger.runs[number])
        self.finished = ledger.runs[number].state == "finished"
        self.relations: Mapping[str, str] = {
            name: dataset(plan.config.dataset)[name].table.relation for name in plan.config.tables
        }

    def done(self) -> dict[str, Written]:
        """See stores.Run.done."""
        kept = [each for each in self._ledger.shards.values() if each.run == self.number]
        return {each.written.shard: replace(each.written, by_us=False) for each in kept}

    def prepare(self) -> tuple[str, ...]:
        """See stores.Run.prepare; nothing is needed."""
        return ()

    def waves(self) -> list[list[Task]]:
        """See stores.Run.waves; nothing refers to anything."""
        done = self.done()
        ordered = sorted(self.plan.shards, key=lambda shard: (-shard.bytes, shard.id))
        return [[Task(shard=shard) for shard in ordered if shard.id not in done]]

    def writer(self, *, overwrite: bool = False) -> MemoryWriterSpec:
        """See stores.Run.writer."""
        return MemoryWriterSpec(ledger=self._ledger, encoder=self._encoder, run=self.number)

    def look(self) -> dict[str, Sighting]:
        """See stores.Run.look."""
        return dict(self._ledger.sightings)

    def end(self, seen: Sighting) -> None:
        """See stores.Run.end."""
        self._ledger.sightings.pop(seen.shard, None)

    def failed(self, shard: Shard, attempt: int, cause: str, *, given_up: bool) -> None:
        """See stores.Run.failed; it is told as the run's error."""
        if given_up:
            self._ledger.change(self.number, error=f"{shard.id} attempt {attempt}: {cause}")

    def alone(self) -> bool:
        """See stores.Run.alone."""
        ours, state = self._alone(), self._ledger.runs[self.number].state
        if state == "superseded":
            raise StoreError(f"run={self.number} was replaced meanwhile")
        return ours and state in OPEN_STATES

    def finish(self, show: Show, *, workers: int, attempts: int, stopped_by: Callable[[], int]) -> None:
        """See stores.Run.finish; there are no indexes."""

    def count(self, table: str) -> Counted:
        """See stores.Run.count."""
        own = {
            shard: each.written
            for (name, _, shard), each in self._ledger.shards.items()
            if name == table and each.run == self.number
        }
        return Counted(
            relation=self.relations[table],
            rows=sum(each.rows for each in own.values()),
            size=sum(each.bytes for each in own.values()),
            apart={shard: each.rows for shard, each in own.items()},
            others=self._ledger.tables[table].others,
        )

    def settle(self, state: str, text: str = "") -> None:
        """See stores.Run.settle."""
        self._ledger.change(
            self.number, state=state, error=text or None, finished=now() if state == "finished" else None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryWriterSpec:
    """See stores.WriterSpec; it stays in this process."""

    ledger: MemoryLedger
    encoder: Callable[[Table], RowEncoder]
    run: int

    def open(self, stopped: Callable[[], bool]) -> MemoryWriter:
        """A writer of this process."""
        return MemoryWriter(self, stopped)

    def failure(self, error: Exception) -> tuple[Remedy, str]:
        """A run that is superseded stops; what is wrong with a shard itself stops its table; else it is tried again."""
        if isinstance(error, SupersededError):
            return Remedy.STOP_LOAD, str(error)
        if isinstance(error, PermanentError):
            return Remedy.STOP_TABLE, str(error)
        return Remedy.RETRY, described(error)

    def masked(self, text: str) -> str:
        """The text: there are no secrets."""
        return text


class MemoryWriter:
    """See stores.Writer."""

    def __init__(self, spec: MemoryWriterSpec, stopped: Callable[[], bool]) -> None:
        self._ledger = spec.ledger
        self._encoder = spec.encoder
        self._run = spec.run
        self._stopped = stopped

    def write(self, task: Task, batches: Batches, before: Batches | None = None) -> Written:
        """See stores.Writer.write.

        Raises:
            SupersededError: another run owns the table.
            PermanentError: the number of rows is not the planned one.
            StoppedError: the load is stopping; nothing is recorded.
        """
        shard, watch = task.shard, Stopwatch()
        self._check_stop()
        key = self._key(shard)
        if key in self._ledger.shards:
            return replace(self._ledger.shards[key].written, by_us=False)
        try:
            rows, parts, size = self._encoded(shard, batches())
        finally:
            self._ledger.sightings.pop(shard.id, None)
        if shard.exact and rows != shard.rows:
            raise PermanentError(f"shard={shard.id!r} built rows={rows}, planned rows={shard.rows}: a bug in shardgen")
        digest = xxhash.xxh3_128(b"".join(parts)).hexdigest()
        written = Written(
            shard=shard.id,
            table=shard.table,
            rows=rows,
            bytes=size,
            digest=digest,
            seconds=watch.seconds,
            phases={"copy": watch.seconds},
            by_us=True,
        )
        with self._ledger.lock:
            if self._key(shard) in self._ledger.shards:
                return replace(self._ledger.shards[key].written, by_us=False)
            self._ledger.shards[key] = Kept(run=self._run, written=written, rows=parts)
        return written

    def close(self) -> None:
        """Nothing is open."""

    def _key(self, shard: Shard) -> tuple[str, int, str]:
        """Of the shard in the table's present generation, while the run owns it."""
        holding = self._ledger.tables.get(shard.table)
        if holding is None or holding.run != self._run:
            relation = dataset(shard.dataset)[shard.table].table.relation
            raise SupersededError(
                f"relation={relation} no longer belongs to run={self._run}: it was replaced meanwhile"
            )
        return shard.table, holding.generation, shard.id

    def _encoded(self, shard: Shard, batches: Iterator[Batch]) -> tuple[int, tuple[bytes, ...], int]:
        encoder, parts, rows = self._encoder(dataset(shard.dataset)[shard.table].table), [], 0
        for batch in batches:
            parts += [bytes(part) for part in encoder.rows(batch)]
            rows += batch.num_rows
            self._ledger.sightings[shard.id] = Sighting(
                shard=shard.id, worker=os.getpid(), backend=0, rows=rows, awaits_client=False, doing="copying"
            )
            self._check_stop()
        return rows, tuple(parts), len(encoder.header) + sum(map(len, parts)) + len(encoder.trailer)

    def _check_stop(self) -> None:
        if self._stopped():
            raise StoppedError("the load is stopping")
