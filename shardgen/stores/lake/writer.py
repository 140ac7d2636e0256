"""A shard becomes a file, and is recorded done by its ledger object; each is created where none was.

The file comes first: without its ledger object it counts for nothing. Whoever comes after a death between the two, or
at the same time, finds the file, sees by its footer that it is this shard whole, and takes it.
"""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from shardgen.model.dirt import Dirt
from shardgen.model.plan import Shard
from shardgen.stores import Batch, Batches
from shardgen.stores.failures import PermanentError, Remedy, StoppedError, StoreError
from shardgen.stores.lake.address import Address
from shardgen.stores.lake.failures import LakeError, masked, remedy_of
from shardgen.stores.lake.formats import DamagedFileError, FileSummary, Format, footer
from shardgen.stores.lake.layout import Generation, name
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.records import Entry, encoded
from shardgen.stores.stopwatch import Stopwatch
from shardgen.stores.told import Sighting, Task, Written
from shardgen.tables import dataset

TOLD_EVERY: Final = 3.0
"""Seconds between two words of a worker on how far it is; a shard that takes less says none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeWriterSpec:
    """See stores.WriterSpec."""

    address: Address
    run: int
    id: str
    """Of the run."""
    fingerprint: str
    """Of its plan."""
    format: Format
    history: str
    """Of the plan."""
    dirt: Dirt | None
    """Likewise."""

    def open(self, stopped: Callable[[], bool]) -> LakeWriter:
        """A writer of this process."""
        return LakeWriter(self, stopped)

    def failure(self, error: Exception) -> tuple[Remedy, str]:
        """See stores.WriterSpec.failure."""
        return remedy_of(error)

    def masked(self, text: str) -> str:
        """See stores.WriterSpec.masked."""
        return masked(text)

    def identity(self, shard: Shard) -> dict[str, str]:
        """What a file of a shard says in its footer."""
        return {
            "shard": shard.id,
            "table": shard.table,
            "generation": str(self.run),
            "plan": self.fingerprint,
        }


class LakeWriter:
    """See stores.Writer.

    Args:
        spec: of the run.
        stopped: whether the load is stopping.
    """

    def __init__(self, spec: LakeWriterSpec, stopped: Callable[[], bool]) -> None:
        self._spec = spec
        self._stopped = stopped
        self._objects = Objects(spec.address)
        self._ledger = Ledger(self._objects)
        self._names = Generation(spec.run)

    def write(self, task: Task, batches: Batches, before: Batches | None = None) -> Written:
        """See stores.Writer.write.

        Raises:
            SupersededError: another run fills the table.
            PermanentError: the number of rows is not the planned one, or another file lies in the shard's place.
            StoppedError: the load is stopping; nothing is recorded.
            LakeError: the store refused.
        """
        shard, watch = task.shard, Stopwatch()
        self._check_stop()
        if entry := self._ledger.entry(self._spec.run, shard.id):
            return entry.written(by_us=False)
        self._check_claim(shard)
        key = self._names.file(shard, self._spec.format.suffix)
        found = self._there(shard, key) or self._created(shard, key, batches, watch)
        self._check_claim(shard)  # a reset may have come since, and a run of the same number after it
        return self._recorded(shard, key, found, watch)

    def close(self) -> None:
        """Nothing is kept open."""

    def _created(self, shard: Shard, key: str, batches: Batches, watch: Stopwatch) -> FileSummary:
        file = _File(self._spec, shard, self._check_stop)
        telling = _Telling(self._objects, self._names, shard)
        try:
            with watch.phase("copy"):
                chunks = file.chunks(telling.over(batches()))
                made = self._objects.upload_new(key, chunks, apart=self._apart(shard))
        finally:
            telling.end()
        if made:
            return file.summary
        there = self._there(shard, key)
        assert there is not None, f"{key} was there and is not"
        return there

    def _there(self, shard: Shard, key: str) -> FileSummary | None:
        """The file of the shard, if somebody has made it; None where there is none.

        Raises:
            PermanentError: something else lies in its place.
        """
        if self._objects.head(key) is None:
            return None
        try:
            found = examined(self._objects, key)
        except DamagedFileError as error:
            raise PermanentError(_foreign(key, str(error))) from error
        identity = self._spec.identity(shard)
        if found.identity != identity:
            differing = next(each for each in identity if found.identity.get(each) != identity[each])
            told = f"its footer has {differing}={found.identity.get(differing)!r} instead of {identity[differing]!r}"
            raise PermanentError(_foreign(key, told))
        _check_rows(shard, found.summary.rows)
        return found.summary

    def _recorded(self, shard: Shard, key: str, file: FileSummary, watch: Stopwatch) -> Written:
        entry = Entry(
            shard=shard.id,
            table=shard.table,
            key=key,
            rows=file.rows,
            size=file.bytes,
            sha256=file.sha256,
            seconds=round(watch.seconds, 3),
            phases={what: round(seconds, 3) for what, seconds in watch.phases.items()},
        )
        if self._objects.put_new(self._names.entry(shard.id), entry.to_bytes()):
            return entry.written(by_us=True)
        other = self._ledger.entry(self._spec.run, shard.id)
        if other is None:
            raise LakeError(f"{self._names.entry(shard.id)} was there and is not")
        return other.written(by_us=False)

    def _apart(self, shard: Shard) -> str:
        return f"{self._names.incoming}/{name(shard.id)}.{uuid.uuid4().hex}"

    def _check_claim(self, shard: Shard) -> None:
        relation = dataset(shard.dataset)[shard.table].table.relation
        self._ledger.check_claim(self._spec.run, self._spec.id, shard.table, relation)

    def _check_stop(self) -> None:
        if self._stopped():
            raise StoppedError("the load is stopping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A file that is whole."""

    identity: Mapping[str, str]
    summary: FileSummary


def examined(objects: Objects, key: str) -> Examined:
    """Read a file from end to end: what it says it is, its rows, and the digest of its bytes.

    Raises:
        DamagedFileError: it is not a whole file of ours.
    """
    import hashlib  # noqa: PLC0415

    with objects.open(key) as stream:
        found = footer(stream)
        stream.seek(0)
        digest, size = hashlib.sha256(), 0
        while block := stream.read(1 << 20):
            digest.update(block)
            size += len(block)
    return Examined(
        identity=found.identity, summary=FileSummary(rows=found.rows, bytes=size, sha256=digest.hexdigest())
    )


class _File:
    """A shard's file in the making: bytes come out as batches go in."""

    def __init__(self, spec: LakeWriterSpec, shard: Shard, check_stop: Callable[[], None]) -> None:
        self._spec = spec
        self._shard = shard
        self._check_stop = check_stop
        self._made: list[bytes] = []

    def write(self, data: bytes) -> None:
        """What the encoder calls."""
        self._made.append(bytes(data))

    def chunks(self, batches: Iterator[Batch]) -> Iterator[bytes]:
        """The file's bytes; the number of rows is looked at before the last ones, without which there is no file."""
        table = dataset(self._shard.dataset)[self._shard.table].table_of(self._spec.history, self._spec.dirt)
        encoder, rows = self._spec.format.writer(table, self, self._spec.identity(self._shard)), 0
        for batch in batches:
            encoder.write(batch)  # type: ignore[arg-type]  # a store knows no more of a batch than its rows
            rows += batch.num_rows
            del batch  # or it is there until the next one is made
            self._check_stop()
            yield from self._taken()
        _check_rows(self._shard, rows)
        self.summary = encoder.close()
        yield from self._taken()

    def _taken(self) -> Iterator[bytes]:
        made, self._made = self._made, []
        yield from made


class _Telling:
    """A worker's word on how far it is, for whoever watches the load; said by a thread, as a shard's own one sends."""

    def __init__(self, objects: Objects, names: Generation, shard: Shard) -> None:
        self._objects = objects
        self._key = f"{names.at_work}/{name(shard.id)}.json"
        self._shard = shard.id
        self._rows = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, name="shardgen-telling", daemon=True)

    def over(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The batches, counted."""
        self._thread.start()
        for batch in batches:
            yield batch
            self._rows += batch.num_rows
            del batch

    def end(self) -> None:
        """Take the word back."""
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _tell(self) -> None:
        told = False
        while not self._ended.wait(TOLD_EVERY):
            seen = Sighting(
                shard=self._shard, worker=os.getpid(), backend=0, rows=self._rows, awaits_client=True, doing="copying"
            )
            with contextlib.suppress(StoreError):  # nothing depends on it
                self._objects.put(self._key, encoded(asdict(seen)))
                told = True
        if told:
            with contextlib.suppress(StoreError):
                self._objects.delete([self._key])


def _check_rows(shard: Shard, rows: int) -> None:
    if shard.exact and rows != shard.rows:
        raise PermanentError(f"shard={shard.id!r} built rows={rows}, planned rows={shard.rows}: a bug in shardgen")


def _foreign(key: str, why: str) -> str:
    return f"{key} is not the file of this load: {why}: move it away, and go on with the load"
