"""What a lake's ledger holds, read and written: runs, who fills which table, the shards that are done.

Objects that are created once are read once and kept. The one that changes is swapped, and read again where another
was faster.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from shardgen.stores.failures import StoreError, SupersededError
from shardgen.stores.lake import layout
from shardgen.stores.lake.layout import Generation
from shardgen.stores.lake.objects import Held, Objects
from shardgen.stores.lake.records import Current, Entry, Failure, Record

S = TypeVar("S")
T = TypeVar("T")

READERS: Final = 24
"""Objects that are read at the same time: a thousand take a second or two from a bucket."""
_TRIES: Final = 20


class Ledger:
    """The ledger of one prefix.

    Args:
        objects: of the prefix.
    """

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self._entries: dict[str, Entry] = {}
        """By key; an entry never changes."""

    def current(self) -> Current:
        """What holds now."""
        return self.held()[0]

    def held(self) -> tuple[Current, Held | None]:
        """What holds now, and what a swap of it needs."""
        held = self.objects.read(layout.CURRENT)
        return (Current.from_bytes(held.data), held) if held else (Current(), None)

    def change(self, change: Callable[[Current], Current]) -> Current:
        """Swap what holds for something made of it, as often as another is faster.

        Raises:
            Exception: what ``change`` raises; nothing was changed.
        """
        for tried in range(_TRIES):
            before, held = self.held()
            after = change(before)
            if after == before or self.objects.swap(layout.CURRENT, after.to_bytes(), held):
                return after
            time.sleep(0.05 * (tried + 1))
        raise StoreError(f"{layout.CURRENT} of {self.objects.address.url} changes whenever it is to be swapped")

    def record(self, run: int, current: Current) -> Record:
        """A run.

        Raises:
            StoreError: its record is gone.
        """
        held = self.objects.read(Generation(run).record)
        if held is None:
            raise StoreError(f"{Generation(run).record} of {self.objects.address.url} is gone: run={run} is damaged")
        return Record.from_bytes(held.data, current.runs[run])

    def records(self, current: Current) -> list[Record]:
        """All runs, oldest first."""
        return self.read_all(lambda run: self.record(run, current), sorted(current.runs))

    def entry(self, run: int, shard: str) -> Entry | None:
        """A shard that is done; None where it is not."""
        held = self.objects.read(Generation(run).entry(shard))
        return None if held is None else Entry.from_bytes(held.data)

    def entries(self, run: int) -> list[Entry]:
        """The shards of a run that are done."""
        keys = [found.key for found in self.objects.list(Generation(run).folder) if layout.is_entry(found.key)]
        new = [key for key in keys if key not in self._entries]
        self._entries |= dict(zip(new, self.read_all(self._entry, new), strict=True))
        return [self._entries[key] for key in sorted(keys)]

    def failures(self, run: int) -> list[Failure]:
        """The last failed attempt at each shard that had one."""
        keys = [found.key for found in self.objects.list(Generation(run).failed)]
        return [Failure.from_bytes(held.data) for held in self.read_all(self.objects.read, keys) if held]

    def check_claim(self, run: int, id_: str, table: str, relation: str) -> None:
        """See that a run still fills a table.

        Raises:
            SupersededError: another one does, or nobody.
        """
        current = self.current()
        claim, standing = current.claims.get(table), current.runs.get(run)
        if claim is None or claim.run != run or standing is None or standing.id != id_:
            raise SupersededError(f"relation={relation} no longer belongs to run={run}: it was replaced meanwhile")

    def _entry(self, key: str) -> Entry:
        held = self.objects.read(key)
        if held is None:
            raise StoreError(f"{key} of {self.objects.address.url} is gone while it was read")
        return Entry.from_bytes(held.data)

    def read_all(self, read: Callable[[S], T], what: Sequence[S]) -> list[T]:
        """What reading each gives, many at a time."""
        if len(what) < 2:
            return [read(each) for each in what]
        with ThreadPoolExecutor(min(READERS, len(what))) as readers:
            return list(readers.map(read, what))
