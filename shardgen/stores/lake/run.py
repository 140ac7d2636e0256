"""See stores.Run: what is done is what ledger objects say, and what is counted are the files that lie there."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from shardgen.events import StepDone, StepStarted
from shardgen.model.plan import Plan, Shard
from shardgen.stores import Show
from shardgen.stores.failures import StoreError
from shardgen.stores.joining import parts_of
from shardgen.stores.lake import finishing, leftovers
from shardgen.stores.lake.coordinator import Seat
from shardgen.stores.lake.files import Files
from shardgen.stores.lake.formats import Format
from shardgen.stores.lake.layout import Generation, name
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.records import Current, Entry, Failure, Record, now
from shardgen.stores.lake.writer import LakeWriterSpec
from shardgen.stores.resuming import OPEN_STATES
from shardgen.stores.told import Counted, Sighting, Task, Written

LOOK_EVERY: Final = 3.0
"""Seconds between two looks at how far workers are: they say no more often."""


class LakeRun:
    """See stores.Run.

    Args:
        ledger: of the prefix.
        record: of the run.
        plan: of the tables that it fills.
        format: of its files.
        seat: of this process among those who are at work.
        resumed: whether another process began it.
        notices: what the user should know of the claim.
    """

    def __init__(
        self,
        ledger: Ledger,
        record: Record,
        plan: Plan,
        format: Format,  # noqa: A002  # as the option is called
        seat: Seat,
        *,
        resumed: bool,
        notices: tuple[str, ...] = (),
    ) -> None:
        self._ledger = ledger
        self._record = record
        self._format = format
        self._seat = seat
        self._names = Generation(record.run)
        self._seen: tuple[float, dict[str, Sighting]] | None = None
        self.number = record.run
        self.plan = plan
        self.resumed = resumed
        self.notices = notices
        self.local = True
        self.parts = parts_of(record)
        self.finished = record.state == "finished"
        self.relations: Mapping[str, str] = {table: record.relation(table) for table in plan.config.tables}

    def done(self) -> dict[str, Written]:
        """See stores.Run.done."""
        return {each.shard: each.written(by_us=False) for each in self._entries()}

    def prepare(self) -> tuple[str, ...]:
        """See stores.Run.prepare: what a worker that was killed has left of uploads goes."""
        alone = self.resumed and not self._seat.shared
        return leftovers.removed(self._ledger.objects, self._names) if alone else ()

    def waves(self) -> list[list[Task]]:
        """See stores.Run.waves; no file refers to another."""
        done = self.done()
        ordered = sorted(self.plan.shards, key=lambda shard: (-shard.bytes, shard.id))
        return [[Task(shard=shard) for shard in ordered if shard.id not in done]]

    def writer(self, *, overwrite: bool = False) -> LakeWriterSpec:
        """See stores.Run.writer."""
        return LakeWriterSpec(
            address=self._ledger.objects.address,
            run=self.number,
            id=self._record.id,
            fingerprint=self._record.plan_fingerprint,
            format=self._format,
            history=self.plan.config.history,
            dirt=self.plan.config.dirt,
        )

    def look(self) -> dict[str, Sighting] | None:
        """See stores.Run.look: what workers have said of themselves.

        Raises:
            StoreError: another coordinator has taken over.
        """
        self._seat.check()
        if self._seen is None or time.monotonic() - self._seen[0] > LOOK_EVERY:
            try:
                self._seen = time.monotonic(), self._sightings()
            except StoreError:
                return None
        return self._seen[1]

    def end(self, seen: Sighting) -> None:
        """See stores.Run.end: nothing of a worker stays at work but its word."""
        with suppress(StoreError):  # nothing depends on it
            self._ledger.objects.delete([f"{self._names.at_work}/{name(seen.shard)}.json"])

    def failed(self, shard: Shard, attempt: int, cause: str, *, given_up: bool) -> None:
        """See stores.Run.failed."""
        failure = Failure(shard=shard.id, table=shard.table, attempt=attempt, cause=cause, given_up=given_up)
        try:
            self._ledger.objects.put(f"{self._names.failed}/{name(shard.id)}.json", failure.to_bytes())
        except StoreError:
            return  # nothing depends on it

    def alone(self) -> bool:
        """See stores.Run.alone."""
        ours, stands = self._seat.alone(), self._ledger.current().runs.get(self.number)
        if stands is None or stands.id != self._record.id or stands.state == "superseded":
            raise StoreError(f"run={self.number} was replaced meanwhile")
        return ours and stands.state in OPEN_STATES

    def finish(self, show: Show, *, workers: int, attempts: int, stopped_by: Callable[[], int]) -> None:
        """See stores.Run.finish: manifest, publication, the switch, _SUCCESS; then what was replaced goes."""
        for step, work in finishing.steps(self._ledger, self._record, self.plan, self._entries):
            self._seat.check()
            start = time.perf_counter()
            show(StepStarted(step=step))
            work()
            show(StepDone(step=step, seconds=round(time.perf_counter() - start, 3)))

    def count(self, table: str) -> Counted:
        """See stores.Run.count: files that lie there whole, by their size; what is in them, verify reads."""
        files = Files.listed(self._ledger.objects, [table])
        there = [each for each in self._entries() if each.table == table and files.sizes.get(each.key) == each.size]
        return Counted(
            relation=self.relations[table],
            rows=sum(each.rows for each in there),
            size=sum(each.size for each in there),
            apart={each.shard: 0 for each in self._entries() if each.table == table}
            | {each.shard: each.rows for each in there},
        )

    def settle(self, state: str, text: str = "") -> None:
        """See stores.Run.settle."""
        self._ledger.change(lambda current: self._settled(current, state, text))

    def _settled(self, current: Current, state: str, text: str) -> Current:
        standing = current.runs.get(self.number)
        if standing is None or standing.id != self._record.id or standing.state == "superseded":
            return current
        finished = now() if state == "finished" else None
        return current.standing(self.number, state=state, error=text or None, finished=finished)

    def _entries(self) -> list[Entry]:
        """Of the tables that the run fills."""
        return [each for each in self._ledger.entries(self.number) if each.table in self.plan.config.tables]

    def _sightings(self) -> dict[str, Sighting]:
        keys = [found.key for found in self._ledger.objects.list(self._names.at_work)]
        read = self._ledger.read_all(self._ledger.objects.read, keys)
        told: list[dict[str, Any]] = [json.loads(held.data) for held in read if held]
        return {each["shard"]: Sighting(**each) for each in told}
