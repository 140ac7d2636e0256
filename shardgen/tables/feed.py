"""The one place where the rows of a shard are made: for a load, a sample, a forecast, a verification, a benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Final, Protocol

import numpy as np

from shardgen.columns.batch import Batch, Batches, chosen, versioned
from shardgen.dirt.defects import Defect
from shardgen.dirt.drawing import Drawing
from shardgen.dirt.fates import ALWAYS, When
from shardgen.dirt.plugins import named
from shardgen.dirt.spec import latest
from shardgen.dirt.spoiling import First, Part, Spoiler, seed_of
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.dirt import Dirt
from shardgen.model.plan import Shard
from shardgen.model.played import micros
from shardgen.model.table import ANSWERS
from shardgen.tables import answers, arrived, dataset, revised, windows
from shardgen.tables.arrived import Reach
from shardgen.tables.spec import Slice, TableSpec
from shardgen.world import build_world
from shardgen.world.demand import day_after, midnight
from shardgen.world.rng import I64

ROWS: Final = LoadConfig().batch_rows
_FEW: Final = 64  # rows; clickstream takes whole sessions, so it may be ten times as many


class Feeding(Protocol):
    """Makes the rows of a plan's shards: ``Feed``, or what a test has in its place."""

    def batches(self, shard: Shard, rows: int) -> Iterator[Any]:
        """The rows of a shard in batches of about so many rows."""
        ...

    def before(self, shard: Shard, rows: int) -> Iterator[Any]:
        """Of the rows of a shard that is revised those that were there, as they stood before the window."""
        ...

    def get_ready(self, shard: Shard) -> None:
        """Make what every row of the shard's table needs and a process keeps, before there is a shard to be done."""
        ...


@dataclass(frozen=True, slots=True)
class Feed:
    """Makes the rows of a plan's shards, out of the world that a process builds once; small and picklable."""

    plan: PlanConfig

    def batches(self, shard: Shard, rows: int) -> Iterator[Batches]:
        """The rows of a shard in order of the numeric keys of their records, a batch at a time.

        Args:
            shard: any shard of the plan.
            rows: about how many a batch should hold; it never changes a row.
        """
        if shard.table == ANSWERS:
            dirty = answers.dirty_of(shard)
            grown = shard.revised and not self.plan.format  # no window into a lake brings forward what is there
            return answers.batches(self._grown(dirty, rows) if grown else self.defects(dirty, rows), rows)
        spoiler = self._spoiler(shard.table)
        if spoiler is None:
            return self._clean(shard, rows)
        return (spoiler.spoilt(made, self._known(shard), when) for made, when in self._coming(shard, rows))

    def _coming(self, shard: Shard, rows: int) -> Iterator[tuple[Batch, When]]:
        """The clean rows of a shard, and up to when what dirt holds back of them is there.

        To those of a shard that is revised come the ones that stand as they stood, and of which dirt has held back
        what comes in the window.
        """
        end = micros(self.plan.closes)
        for made in self._clean(shard, rows):
            yield made, When(until=end)
        if shard.revised and self.plan.opens:
            when = When(since=micros(self.plan.opens), until=end)
            for made in self._unchanged(shard, rows):
                yield made, when

    def _unchanged(self, shard: Shard, rows: int) -> Iterator[Batch]:
        """What bronze got of a shard shortly before the window, as far as it still stands."""
        assert self.plan.since
        spec, wanted = dataset(self.plan.dataset)[shard.table], self._wanted(shard, rows)
        if self.plan.arrived:
            return arrived.unchanged(spec, wanted, Reach.of(self.plan), back=latest(self.plan.dirt, shard.table))
        back = windows.held_back(self.plan, shard.table, spec.lag)
        return revised.unchanged(spec, wanted, since=midnight(self.plan.since), back=back)

    def _known(self, shard: Shard) -> First:
        return partial(self._first, shard.table, end=midnight(self.plan.end))

    def held_back(self, table: str, made: Batch) -> I64:
        """Which of some clean rows come into bronze late, or once more and later."""
        spoiler = self._spoiler(table)
        return spoiler.held_back(made) if spoiler else np.zeros(0, dtype=np.int64)

    def parts(self, table: str, made: Batch, when: When = ALWAYS, *, told: bool = False) -> list[Part]:
        """Clean rows as they come into bronze, see Spoiler.parts."""
        assert made.record is not None
        if spoiler := self._spoiler(table):
            end = max(midnight(self.plan.end), int(made.record.ingestion.max()) + 1)
            return spoiler.parts(made, partial(self._first, table, end=end), when, told=told)
        return [Part(rows=made, of=np.arange(made.num_rows), ingestion=made.record.ingestion)]

    def defects(self, shard: Shard, rows: int = ROWS) -> Iterator[Defect]:
        """What is wrong with the rows of a shard, in their order."""
        if spoiler := self._spoiler(shard.table):
            for made, when in self._coming(shard, rows):
                yield from (defect for _, defect in spoiler.defects(made, self._known(shard), when))

    def marked(self, shard: Shard, rows: int = ROWS) -> Iterator[tuple[Batch, list[tuple[int, Defect]]]]:
        """The clean rows of a shard, a batch at a time, with what is wrong with which of them, in their order."""
        spoiler, when = self._spoiler(shard.table), When(until=micros(self.plan.closes))
        for made in self._clean(shard, rows):
            yield made, list(spoiler.defects(made, self._known(shard), when)) if spoiler else []

    def struck(self, shard: Shard, rows: int = ROWS) -> Iterator[tuple[str, list[Defect]]]:
        """Of each row of a shard that is spoilt the whole clean row as JSON, and what is wrong with it."""
        if spoiler := self._spoiler(shard.table):
            for made, when in self._coming(shard, rows):
                yield from spoiler.struck(made, self._known(shard), when)

    def pending(self, shard: Shard, rows: int = ROWS) -> Iterator[Batch]:
        """Of a shard that is cut by arrival the versions of what has happened on its days and has not arrived."""
        spec, wanted = dataset(self.plan.dataset)[shard.table], self._wanted(shard, rows)
        return arrived.pending(spec, wanted, Reach.of(self.plan).until)

    def _spoiler(self, table: str) -> Spoiler | None:
        dirt = self.plan.dirt
        if dirt is None or table not in dirt.tables:
            return None
        world = self.plan.world
        span = midnight(world.epoch), midnight(world.horizon_end)
        return _spoiler(dirt.opened(), dirt.secret, self.plan.dataset, table, world.seed, span)

    def _first(self, table: str, numbers: I64, *, end: int) -> Iterator[Batch]:
        """See dirt.spoiling.First; the records have come to be before an instant."""
        for made in self.versions_of(table, numbers, end=end):
            assert made.record is not None
            assert made.record.versions is not None
            yield chosen(made, np.flatnonzero(made.record.versions.number == 1))

    def _clean(self, shard: Shard, rows: int) -> Iterator[Any]:
        spec, wanted = dataset(self.plan.dataset)[shard.table], self._wanted(shard, rows)
        if self.plan.arrived:
            reach, apart = Reach.of(self.plan), bool(self.plan.format) or self.plan.dirt is not None
            some = self._changing(spec, wanted, reach.since - spec.lag) if shard.revised else wanted
            return arrived.rows(spec, some, reach, revised=shard.revised, apart=apart) if some else iter(())
        if shard.revised:
            return self._revised(spec, wanted, at=wanted.end)
        made = spec.rows(wanted)
        return map(versioned, made) if wanted.versions else made

    def before(self, shard: Shard, rows: int) -> Iterator[Batches]:
        """Of the records that change in a shard those that were there, as they stood before the window, dirt and all.

        Of a key these are its lines about them, and about what was held back and comes now.

        Args:
            shard: one that is revised, of a plan whose records have one row each, or of a key.
            rows: about how many a batch should hold; it never changes a row.
        """
        assert self.plan.opens
        when = When(until=micros(self.plan.opens))
        if shard.table == ANSWERS:
            dirty = answers.dirty_of(shard)
            stood = iter(()) if self.plan.history == "versions" else self._stood(dirty, rows)
            return answers.batches(self._told(dirty, chain(stood, self._unchanged(dirty, rows)), when), rows)
        made, spoiler = self._stood(shard, rows), self._spoiler(shard.table)
        return (spoiler.spoilt(each, self._known(shard), when) for each in made) if spoiler else made

    def _grown(self, dirty: Shard, rows: int) -> Iterator[Defect]:
        """What is wrong, at the end of a window, with rows that change in it, or of which something comes in it."""
        made = chain(self._clean(dirty, rows), self._unchanged(dirty, rows))
        return self._told(dirty, made, When(until=micros(self.plan.closes)))

    def _told(self, dirty: Shard, made: Iterable[Batch], when: When) -> Iterator[Defect]:
        spoiler = self._spoiler(dirty.table)
        assert spoiler is not None
        found = chain.from_iterable(spoiler.defects(each, self._known(dirty), when) for each in made)
        return (defect for _, defect in found)

    def _stood(self, shard: Shard, rows: int) -> Iterator[Batch]:
        """The clean records that change in a shard, as they stood before the window."""
        assert self.plan.since
        spec, wanted = dataset(self.plan.dataset)[shard.table], self._wanted(shard, rows)
        if self.plan.arrived:
            reach = Reach.of(self.plan)
            some = self._changing(spec, wanted, reach.since - spec.lag)
            return arrived.standing(spec, some, reach, at=reach.since) if some else iter(())
        return self._revised(spec, wanted, at=midnight(self.plan.since))

    def _revised(self, spec: TableSpec, wanted: Slice, *, at: int) -> Iterator[Batch]:
        """What changes in the window of records that were there: the versions, or how they stand at an instant."""
        assert self.plan.since
        since = midnight(self.plan.since)
        some = self._changing(spec, wanted, since)
        if some is None:
            return iter(())
        if some.versions:
            return revised.versions(spec, some, since=since)
        return revised.standing(spec, some, since=since, at=at)

    def _changing(self, spec: TableSpec, wanted: Slice, since: int) -> Slice | None:
        """The part of a slice in which records may have changed since an instant, for dirt looks further back."""
        low, high = spec.changing(wanted.world, since, wanted.end)
        start, stop = max(low, wanted.start), min(high, wanted.stop)
        return replace(wanted, start=start, stop=stop) if start < stop else None

    def _wanted(self, shard: Shard, rows: int) -> Slice:
        return Slice(
            world=build_world(self.plan.world, self.plan.end),
            raw_data=self.plan.raw_data,
            start=shard.start,
            stop=shard.stop,
            end=midnight(self.plan.end),
            rows=rows,
            history=self.plan.history,
        )

    def changes(self, table: str, since: int, end: int, rows: int = ROWS) -> Iterator[Batch]:
        """The versions of a table whose changes lie in [since, end), in order of number and version.

        They are found in a time that follows what changed, not the age of the world; but customers and products are
        looked through, half a microsecond each, and so are the rows of a table that knows nothing of versions.

        Args:
            table: its name.
            since: microseconds UTC; versions.BEGINNING for all that there was.
            end: microseconds UTC; those of [a, b) and of [b, c) together are those of [a, c), byte for byte.
            rows: about how many a batch should hold; it never changes a row.
        """
        world, spec = build_world(self.plan.world, day_after(end)), dataset(self.plan.dataset)[table]
        start, stop = spec.changing(world, since, end, closely=True)
        wanted = Slice(
            world=world,
            raw_data=self.plan.raw_data,
            start=start,
            stop=stop,
            end=end,
            rows=rows,
            history="versions",
            since=since,
        )
        return spec.versions(wanted)

    def versions_of(self, table: str, keys: I64, *, end: int) -> Iterator[Batch]:
        """All versions of some records until an instant, and perhaps those of others of their parents.

        Args:
            table: its name.
            keys: numbers of the records' keys, counted from 0, each once and in order.
            end: microseconds UTC.
        """
        cut = np.unique(keys // dataset(self.plan.dataset)[table].table.space.children)
        return self.rows_of(table, cut, end=end, history="versions", raw_data=self.plan.raw_data)

    def rows_of(
        self, table: str, numbers: I64, *, end: int, history: str = "latest", raw_data: str = "full"
    ) -> Iterator[Batch]:
        """The rows that belong to some numbers of what a table is cut by, in their order.

        Args:
            table: one of the shop's.
            numbers: in order, each once.
            end: the instant as of which they stand.
            history: ``"versions"`` for all versions of them until then.
            raw_data: one of choices.RAW_DATA_MODES.
        """
        if not len(numbers):
            return iter(())
        wanted = Slice(
            world=build_world(self.plan.world, day_after(end)),
            raw_data=raw_data,
            start=int(numbers[0]),
            stop=int(numbers[-1]) + 1,
            end=end,
            rows=ROWS,
            history=history,
            only=numbers,
        )
        made = dataset(self.plan.dataset)[table].rows(wanted)
        return map(versioned, made) if wanted.versions else made

    def get_ready(self, shard: Shard) -> None:
        """Make what every row of the shard's table needs and a process keeps: a few rows, which are thrown away."""
        next(self.batches(answers.dirty_of(shard) if shard.table == ANSWERS else shard, _FEW), None)


@lru_cache(maxsize=64)
def _spoiler(dirt: Dirt, _secret: str, shop: str, table: str, world: int, span: tuple[int, int]) -> Spoiler:
    """What spoils a table; by the secret too, which is no part of what makes two plans the same."""
    rates, seed = dirt.of(table), seed_of(dirt, world)
    kinds = named(rates)
    struck = [(kinds[name], rate) for name, rate in rates.items()]
    children = dataset(shop)[table].table.space.children
    return Spoiler(Drawing(seed, table, struck, span=span, children=children))
