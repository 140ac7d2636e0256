"""The clean rows of a table, each with what was done to it, in order of the numbers that their ids hold."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shardgen.columns.batch import Batch
from shardgen.dirt.cells import RAW
from shardgen.dirt.clean import Clean
from shardgen.dirt.defects import ADDED, CHANGED, MISSING, Defect
from shardgen.dirt.restoring import number
from shardgen.grading import plain
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.model.shape import Key
from shardgen.model.table import Table
from shardgen.tables import dataset, table_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.world import build_world

VERSION: Final = f"{RAW}version"
"""Which version of its record a row is; no kind touches it."""
_MANY: Final = 4096
_FEW: Final = 512  # rows of each shard that are held where all shards of a table are read side by side


Row = tuple[str | None, ...]
"""Values as texts; the first is the id."""


def keys_of(plan: PlanConfig, table: str) -> tuple[str, ...]:
    """The places that tell the rows of a table apart: the id, and where a record has several rows, their number."""
    own = table_of(plan, table)
    changing = own.versioned and dataset(plan.dataset)[table].history is not None
    return (own.key[0], VERSION) if changing else (own.key[0],)


@dataclass(frozen=True, slots=True)
class Record:
    """A clean row."""

    number: int
    """That its id holds."""
    values: Row
    """Of the places that are graded; those that tell rows apart come first, the id before all."""
    defects: Sequence[Defect]
    """Of the row, those of what was added to it among them."""
    keys: int = 1
    """How many of the places tell rows apart."""

    @property
    def key(self) -> str:
        """Its id."""
        return str(self.values[0])

    @property
    def shown(self) -> str:
        """As a person names it: by the id, and where there are several, by its version."""
        return ", version ".join(map(str, self.values[: self.keys]))

    def named(self, key: str) -> Row:
        """What tells a row of this one apart.

        Args:
            key: the id that it bears.
        """
        return (key, *self.values[1 : self.keys])

    @property
    def changed(self) -> list[Defect]:
        """What it says otherwise in bronze."""
        return [each for each in self.defects if each.state == CHANGED]

    @property
    def added(self) -> list[Defect]:
        """The rows of it that are too many."""
        return [each for each in self.defects if each.state == ADDED]

    @property
    def missing(self) -> Defect | None:
        """Why bronze does not have it; None where it does."""
        return next((each for each in self.defects if each.state == MISSING), None)

    @property
    def dirty_key(self) -> str:
        """The id that it bears in bronze."""
        return next((each.key for each in self.changed), self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a table is when clean, and what was done to it."""

    plan: PlanConfig
    """With dirt, and its secret."""
    table: str
    places: tuple[str, ...]
    """Columns, and ``raw_data.KEY``; those that tell rows apart come first, see ``keys_of``."""
    keys: int = 1
    """How many do."""

    @property
    def of(self) -> Table:
        """The table."""
        return table_of(self.plan, self.table)

    @property
    def forms(self) -> tuple[str, ...]:
        """What the values of each place are."""
        types = {column.name: column.type for column in self.of.columns}
        return tuple(plain.form_of(types[place]) if place in types else plain.ANY for place in self.places)

    @property
    def written(self) -> tuple[str, ...]:
        """The same, for texts that have no types: of a key of raw_data what its values are when clean."""
        keys = next(column.keys for column in self.of.columns if column.name == RAW.rstrip("."))
        told = (keys.get(place.removeprefix(RAW)) for place in self.places)
        return tuple(
            plain.form_of(key.type) if isinstance(key, Key) and form == plain.ANY else form
            for key, form in zip(told, self.forms, strict=True)
        )

    def records(self) -> Iterator[Record]:
        """All of them, in order of number."""
        shards = build_plan(self.plan).of(self.table)
        if self._by_time():
            chains = [self._of((shard,), _FEW) for shard in shards]
            return heapq.merge(*chains, key=lambda record: record.number)
        return self._of(shards, _MANY)

    def _by_time(self) -> bool:
        """Whether numbers of one shard may lie among those of another."""
        cut = dataset(self.plan.dataset)[self.table].cut
        return cut.ids(build_world(self.plan.world, self.plan.end), 0) is None

    def _of(self, shards: Iterable[Shard], rows: int) -> Iterator[Record]:
        for shard in shards:
            for made, defects in Feed(self.plan).marked(shard, rows):
                yield from self._told(made, defects)

    def _told(self, made: Batch, defects: Iterable[tuple[int, Defect]]) -> Iterator[Record]:
        by_row: dict[int, list[Defect]] = defaultdict(list)
        for row, each in defects:
            by_row[row].append(each)
        if not made.num_rows:
            return
        for row, values in enumerate(zip(*self._values(made), strict=True)):
            yield Record(number(values[0]), values, by_row.get(row, ()), self.keys)

    def _values(self, made: Batch) -> Iterator[list[str | None]]:
        """Texts of each place."""
        rows, clean = made.arrow(), Clean(made)
        types = {column.name: column.type for column in made.table.columns}
        for place in self.places:
            if place.startswith(RAW):
                yield [plain.value(each) for each in clean.member(place.removeprefix(RAW))]
            else:
                yield plain.column(rows[place], types[place])
