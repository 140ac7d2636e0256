"""A feed written to where somebody wants it: one file or pipe for all tables, or a folder with a file for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from shardgen.flow import debezium, forms
from shardgen.flow.order import BATCH_ROWS, Some, in_order
from shardgen.flow.records import Source
from shardgen.model.config import PlanConfig
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.world.demand import midnight
from shardgen.world.versions import BEGINNING

Told = Counter[str]
"""Changes of each table that were written."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The changes of a plan's tables in a window that ends where the plan's does."""

    plan: PlanConfig
    since: int
    """Microseconds UTC; a window from the epoch has what was there before it."""
    form: str = "ndjson"
    """One of config.CHANGE_FORMS."""
    parts: frozenset[str] = frozenset()
    """Some of debezium.PARTS."""

    def to(self, file: BinaryIO) -> Told:
        """Write all tables to one file, in order of ingestion."""
        told, writer = Told(), self._form.writer(file)
        for some in self._some():
            told += self._counted(some)
            writer.write(some.rows)
        writer.close()
        return told

    def into(self, opened: Callable[[str], AbstractContextManager[BinaryIO]]) -> Told:
        """Write each table to a file of its own.

        Args:
            opened: opens a file by its name: ``"orders.ndjson"``.
        """
        told = Told()
        with ExitStack() as files:
            writers = [
                self._form.writer(files.enter_context(opened(f"{name}{self._form.suffix}")))
                for name in self.plan.tables
            ]
            for some in self._some():
                told += self._counted(some)
                for place, writer in enumerate(writers):
                    writer.write(some.rows.filter(pa.array(some.tables == place)))
            for writer in writers:
                writer.close()
        return told

    def __iter__(self) -> Iterator[pa.Table]:
        """Some at a time, in order of ingestion across tables."""
        return (pa.Table.from_batches([some.rows]) for some in self._some())

    def _some(self) -> Iterator[Some]:
        config = self.plan
        rows = Counter[str]()
        for shard in build_plan(replace(config, history="versions")).shards:
            rows[shard.table] += shard.rows
        first = BEGINNING if self.since == midnight(config.world.epoch) else self.since
        a_day = {name: rows[name] / config.days for name in config.tables}
        return in_order(self._made, a_day, self.since, midnight(config.end), first=first)

    def _made(self, table: str, since: int, end: int) -> Iterator[pa.RecordBatch]:
        source = Source(feed=Feed(self.plan), spelling=self._form.spelling)
        return map(self._form.rows, source.changes(table, since, end, BATCH_ROWS))

    def _counted(self, some: Some) -> Told:
        counts = np.bincount(some.tables, minlength=len(self.plan.tables)).tolist()
        return Told({name: count for name, count in zip(self.plan.tables, counts, strict=True) if count})

    @cached_property
    def _form(self) -> forms.Form:
        tables = {name: dataset(self.plan.dataset)[name].table_of(self.plan.history) for name in self.plan.tables}
        return forms.form(self.form, debezium.Envelope(tables=tables, schema=self.plan.schema, parts=self.parts))
