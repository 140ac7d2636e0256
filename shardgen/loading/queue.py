"""Shards that wait for a worker, and which may run next; plain rules, with the time handed in.

A shard that was aboard when workers were lost, time and again, is a suspect: it runs alone, so that another loss is
its doing.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from shardgen.model.plan import Shard

SUSPECT_AFTER: Final = 2  # losses until a shard that was aboard each time runs alone


@dataclass(slots=True, kw_only=True)
class Trial:
    """One shard on its way."""

    shard: Shard
    routed: bool
    submissions: int = 0
    failures: int = 0
    losses: int = 0
    """How often its worker was lost, or may have been."""
    first_failure: float = 0.0
    first_cause: str = ""

    @property
    def attempt(self) -> int:
        """The number of the present one, or of the next."""
        return self.failures + self.losses + 1

    @property
    def suspect(self) -> bool:
        """Whether it may be what its workers die of."""
        return self.losses >= SUSPECT_AFTER


class Queue:
    """See the module.

    Args:
        limit: how many shards may run at the same time.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._fresh: deque[Trial] = deque()
        self._suspects: deque[Trial] = deque()
        self._later: list[tuple[float, int, Trial]] = []
        self._order = itertools.count()
        self._stopped_tables: set[str] = set()
        self._stopped = False

    def __bool__(self) -> bool:
        """Whether any shard waits."""
        return bool(self._fresh or self._suspects or self._later)

    def take(self, now: float, running: Collection[Trial]) -> Trial | None:
        """The shard to run next beside those that run; None while there is none."""
        if len(running) >= self.limit or any(trial.suspect for trial in running):
            return None
        if self._suspects:
            return None if running else self._suspects.popleft()
        if self._later and self._later[0][0] <= now:
            return heapq.heappop(self._later)[2]
        return self._fresh.popleft() if self._fresh else None

    def add(self, trials: Iterable[Trial]) -> None:
        """Shards that come after those that are there."""
        self._fresh.extend(trials)

    def put_first(self, trial: Trial) -> None:
        """A shard that comes before the others, or alone."""
        (self._suspects if trial.suspect else self._fresh).appendleft(trial)

    def put_off(self, trial: Trial, until: float) -> None:
        """A shard that must not run before a time."""
        heapq.heappush(self._later, (until, next(self._order), trial))

    def narrow(self) -> None:
        """Have one shard fewer run from now on."""
        self.limit = max(1, self.limit - 1)

    def stop(self, table: str | None = None) -> None:
        """Drop what waits, of a table or all of it; what runs goes on, and is not tried again."""
        if table is None:
            self._stopped = True
        else:
            self._stopped_tables.add(table)
        self._fresh = deque(filter(self.admits, self._fresh))
        self._suspects = deque(filter(self.admits, self._suspects))
        self._later = [entry for entry in self._later if self.admits(entry[2])]
        heapq.heapify(self._later)

    def admits(self, trial: Trial) -> bool:
        """Whether a shard may be tried again."""
        return not self._stopped and trial.shard.table not in self._stopped_tables
