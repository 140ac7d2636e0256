"""Changes of spoilt records for a place in which no key tells their rows apart: rows come, and rows go.

A record's rows are those of the newest state that its source has told, as they are delivered. So when a change is told,
all goes that was delivered of the state before, be the new one delivered then, later or never.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from shardgen.columns import text
from shardgen.columns.batch import Batch, chosen, unversioned
from shardgen.columns.pieces import Drawn
from shardgen.dirt.fates import NEVER, When
from shardgen.dirt.spec import latest
from shardgen.dirt.spoiling import Part
from shardgen.flow.records import Changed, Spelling, keys_of, record_of, versions_of
from shardgen.model.played import DELETE, INSERT
from shardgen.tables.feed import Feed
from shardgen.world.picking import picked
from shardgen.world.rng import I64


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchanges:
    """What changes of spoilt tables are made of, whose records have one state at a time.

    Args:
        feed: of the plan.
        spelling: of values.
    """

    feed: Feed
    spelling: Spelling

    def changes(self, table: str, since: int, end: int, rows: int) -> Iterator[Changed]:
        """Rows that come and go, by the changes of a table that happen in [since, end): inserts and deletions.

        Args:
            rows: about how many changes there should be at a time.
        """
        for made in self.feed.changes(table, since, end, rows):
            yield from self._gone(table, made, end)
            yield from self._come(table, made)

    def _gone(self, table: str, made: Batch, end: int) -> Iterator[Changed]:
        """What was delivered of the states before, when the next ones are told."""
        changed = np.flatnonzero(versions_of(made).operation != INSERT)
        order = changed[np.argsort(keys_of(made)[changed])]
        keys, told = keys_of(made)[order] - 1, record_of(made).ingestion[order]
        for each in self.feed.versions_of(table, np.unique(made.numbers[changed]), end=end):
            here = np.flatnonzero(np.isin(keys_of(each), keys))
            if len(here):
                some = chosen(each, here)
                at = told[np.searchsorted(keys, keys_of(some))]
                for part in self._parts(table, some, at):
                    yield self._changed(table, some, part, at[part.of], DELETE)

    def _come(self, table: str, made: Batch) -> Iterator[Changed]:
        """What is delivered of new states, as long as no newer one is told."""
        there = np.flatnonzero(versions_of(made).operation != DELETE)
        if not len(there):
            return
        some, until = chosen(made, there), np.full(len(there), NEVER)
        held = self.feed.held_back(table, some)
        if len(held):
            until[held] = self._next(table, chosen(some, held))
        for part in self._parts(table, some, until):
            yield self._changed(table, some, part, part.ingestion, INSERT)

    def _next(self, table: str, some: Batch) -> I64:
        """When the states after some are told; never, where that is after all that comes late."""
        end = int(record_of(some).ingestion.max()) + latest(self.feed.plan.dirt, table) + 1
        keys, told = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for each in self.feed.versions_of(table, np.unique(some.numbers), end=end):
            keys.append(keys_of(each))
            told.append(record_of(each).ingestion)
        every, at = np.concatenate(keys), np.append(np.concatenate(told), NEVER)
        order, wanted = np.argsort(every), keys_of(some) + 1
        place = np.searchsorted(every[order], wanted)
        found = np.append(every[order], -1)[place] == wanted
        return at[np.where(found, np.append(order, len(every))[place], len(every))]

    def _parts(self, table: str, some: Batch, until: I64) -> list[Part]:
        """Rows of some states as they are delivered before an instant of each."""
        return self.feed.parts(table, unversioned(some), When(until=until))

    def _changed(self, table: str, some: Batch, part: Part, got: I64, operation: int) -> Changed:
        nothing = Drawn(text.pool([]), np.full(len(got), -1))
        return Changed(
            table=table,
            told=part.rows,
            versions=replace(picked(versions_of(some), part.of), operation=np.full(len(got), operation)),
            ingestion=got,
            known_before=lambda: nothing,
            spelling=self.spelling,
        )
