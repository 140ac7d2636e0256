"""A feed written to where somebody wants it: one file or pipe for all tables, or a folder with a file for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa

from shardgen.dirt.spec import latest
from shardgen.flow import debezium, forms
from shardgen.flow.exchanges import Exchanges
from shardgen.flow.order import BATCH_ROWS, Some, in_order
from shardgen.flow.records import Source
from shardgen.model.choices import CUTS
from shardgen.model.config import PlanConfig
from shardgen.model.played import micros
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.world.demand import DAY, midnight
from shardgen.world.versions import BEGINNING

LATEST: Final = DAY
"""Longer than bronze waits for a change: tables of packages keep to it, too."""
Told = Counter[str]
"""Changes of each table that were written."""


def fed(
    plan: PlanConfig,
    form: forms.Rows,
    since: int,
    end: int,
    back: Mapping[str, int] = MappingProxyType({}),
    exchanged: frozenset[str] = frozenset(),
) -> Iterator[Some]:
    """The changes that happen in [since, end), in order of ingestion; from the epoch on with what was there before it.

    Args:
        plan: of which world, and its tables.
        form: how they are written.
        since, end: microseconds UTC; the end may lie beyond the plan's.
        back: by table, how much further back what happened is wanted as well.
        exchanged: tables of which it is told which rows come and which go, and not how their records change.
    """
    happened = replace(plan.whole.clean, cut=CUTS[0], until=None)
    rows, whole = Counter[str](), replace(happened, history="versions", raw_data="full")
    for shard in build_plan(whole).shards:
        rows[shard.table] += shard.rows
    source, epoch = Source(feed=Feed(plan), spelling=form.spelling), midnight(plan.world.epoch)
    exchanges = Exchanges(feed=Feed(plan), spelling=form.spelling)
    begins = {name: since - back.get(name, 0) for name in plan.tables}
    begins = {name: BEGINNING if instant <= epoch else instant for name, instant in begins.items()}

    def made(table: str, since: int, end: int) -> Iterator[pa.RecordBatch]:
        since, maker = max(since, begins[table]), exchanges if table in exchanged else source
        return map(form.rows, maker.changes(table, since, end, BATCH_ROWS)) if since < end else iter(())

    first = min(begins.values())
    a_day = {name: rows[name] / plan.days for name in plan.tables}
    return in_order(made, a_day, max(first, epoch), end, first=first)


def arriving(
    plan: PlanConfig, form: forms.Rows, since: int, end: int, exchanged: frozenset[str] = frozenset()
) -> Iterator[Some]:
    """The changes that bronze gets in [since, end), in that order; of the epoch with all that it got before.

    Args:
        plan, form, exchanged: as :func:`fed`.
        since, end: microseconds UTC.
    """
    back = {name: LATEST + latest(plan.dirt, name) for name in plan.tables}
    for some in fed(plan, form, since, end, back, exchanged):
        low, high = np.searchsorted(some.got, (since if since != midnight(plan.world.epoch) else BEGINNING, end))
        if high > low:
            yield Some(some.rows.slice(low, high - low), some.tables[low:high], some.got[low:high])
        if high < len(some.got):
            return


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The changes of a plan's tables in a window that ends where the plan's does."""

    plan: PlanConfig
    since: int
    """Microseconds UTC; a window from the epoch has what was there before it."""
    form: str = "ndjson"
    """One of choices.CHANGE_FORMS."""
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
        feed = arriving if self.plan.arrived else fed
        return feed(self.plan, self._form, self.since, micros(self.plan.closes))

    def _counted(self, some: Some) -> Told:
        counts = np.bincount(some.tables, minlength=len(self.plan.tables)).tolist()
        return Told({name: count for name, count in zip(self.plan.tables, counts, strict=True) if count})

    @cached_property
    def _form(self) -> forms.Form:
        return forms.form(self.form, envelope_of(self.plan, self.parts))


def envelope_of(plan: PlanConfig, parts: frozenset[str]) -> debezium.Envelope:
    """Debezium's envelope of a plan's tables."""
    tables = {name: dataset(plan.dataset)[name].table_of(plan.history, plan.dirt) for name in plan.tables}
    return debezium.Envelope(tables=tables, dataset=plan.dataset, schema=plan.schema, parts=parts)
