"""A feed written to where somebody wants it: one file or pipe for all tables, or a folder with a file for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from shardgen.flow import debezium, forms
from shardgen.flow.order import in_order
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
        for some in self:
            told += _counted(some)
            writer.write(some)
        writer.close()
        return told

    def into(self, opened: Callable[[str], AbstractContextManager[BinaryIO]]) -> Told:
        """Write each table to a file of its own.

        Args:
            opened: opens a file by its name: ``"orders.ndjson"``.
        """
        told = Told()
        with ExitStack() as files:
            writers = {
                name: self._form.writer(files.enter_context(opened(f"{name}{self._form.suffix}")))
                for name in self.plan.tables
            }
            for some in self:
                told += _counted(some)
                for name, writer in writers.items():
                    writer.write(some.filter(pc.equal(some["table"], name)))
            for writer in writers.values():
                writer.close()
        return told

    def __iter__(self) -> Iterator[pa.Table]:
        """Some at a time, in order of ingestion across tables."""
        config = self.plan
        source = Source(feed=Feed(config), spelling=self._form.spelling)
        a_day = sum(shard.rows for shard in build_plan(config).shards) / config.days
        first = BEGINNING if self.since == midnight(config.world.epoch) else self.since
        return in_order(source, config.tables, self.since, midnight(config.end), first=first, a_day=a_day)

    @cached_property
    def _form(self) -> forms.Form:
        tables = {name: dataset(self.plan.dataset)[name].table_of(self.plan.history) for name in self.plan.tables}
        return forms.form(self.form, debezium.Envelope(tables=tables, schema=self.plan.schema, parts=self.parts))


def _counted(changes: pa.Table) -> Told:
    counts = changes["table"].value_counts()
    return Told({each["values"].as_py(): each["counts"].as_py() for each in counts})
