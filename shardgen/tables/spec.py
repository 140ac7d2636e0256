"""One object for each table: what it is, how it is cut into shards, how its rows are made, what they take up.

A dataset is some tables that tell one story. Whoever adds a table writes one :class:`TableSpec`; planning, loading,
verification and the manual ask it alone.

Packages that bring tables build on this module: what has no underscore keeps its meaning (``shardgen help tables``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources.abc import Traversable
from itertools import groupby
from typing import Final

import numpy as np

from shardgen.columns.batch import Batch, versioned, widened
from shardgen.columns.text import I64
from shardgen.columns.values import Value
from shardgen.dirt.spec import broken
from shardgen.model.choices import HISTORIES
from shardgen.model.config import PlanConfig
from shardgen.model.dirt import Dirt
from shardgen.model.plan import Leaf, Shard
from shardgen.model.table import ANSWERS, COMMON, Column, Table
from shardgen.tables import windows
from shardgen.tables.cutting import ByIds, ByLeaves, Cutting, Estimate, Piece, Range, arriving, by_lives, ranges
from shardgen.world.calendar import Period
from shardgen.world.demand import DAY, HOUR, midnight
from shardgen.world.picking import picked
from shardgen.world.versions import BEGINNING, single
from shardgen.world.world import World

__all__ = [
    "ByIds",
    "ByLeaves",
    "Cutting",
    "Dataset",
    "Estimate",
    "History",
    "Piece",
    "Sizes",
    "Slice",
    "TableSpec",
    "View",
    "arriving",
    "by_lives",
    "ranges",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a table's rows are asked for: a range of ids, and how much of their history.

    With ``history="latest"``, one row for each record, as it stands at the end. With ``"versions"``, one row for each
    change of a record that lies in [since, end), as the record stood just after it, in order of number and version.
    """

    world: World
    raw_data: str
    """One of choices.RAW_DATA_MODES."""
    start: int
    """As :class:`shardgen.model.plan.Shard` has it for the table, and so has ``stop``."""
    stop: int
    end: int
    """First instant after the window."""
    rows: int
    """About how many rows a batch should hold."""
    history: str = HISTORIES[0]
    """One of choices.HISTORIES."""
    since: int = BEGINNING
    """First instant of what may have changed; before all instants for a window from the epoch."""
    only: I64 | None = None
    """Of the range, the ids that are asked for, in order; all of it where there is none of this."""

    @property
    def versions(self) -> bool:
        """Whether all versions of a record are asked for, not the latest alone."""
        return self.history == "versions"

    def ranges(self, size: int | None = None) -> list[tuple[int, int]]:
        """The ids in runs of at most ``size``, else of ``rows``."""
        found = ranges(self.start, self.stop, size or self.rows)
        return found if self.only is None else [around for each in found if (around := self._around(*each))]

    def _around(self, low: int, high: int) -> tuple[int, int] | None:
        """The shortest run that has all ids of a range that are asked for; None where none is."""
        some = self.chosen(low, high)
        return (int(some[0]), int(some[-1]) + 1) if len(some) else None

    def chosen(self, low: int, high: int) -> I64:
        """The ids of a range that are asked for."""
        if self.only is None:
            return np.arange(low, high, dtype=np.int64)
        return self.only[slice(*np.searchsorted(self.only, (low, high)))]

    def once(self, rows: Batch, at: I64) -> Iterator[Batch]:
        """Rows of records that never change, as far as the slice asks for them.

        Args:
            at: when each of them came to be.
        """
        if not self.versions:
            yield rows
        elif len((found := single(at).between(self.since, self.end)).row):
            yield versioned(rows, found)


VERSION_KEYS: Final = len(', "version": 1, "operation": "insert"')
"""Bytes of the keys of raw_data that tell a version, as text."""
VERSION_KEYS_STORED: Final = 46
"""The same as jsonb stores them."""
INGESTION_IN_KEY: Final = 9
"""Bytes that the time of ingestion adds to an entry of the primary key, at a fill factor of 90 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Mean bytes of a row, measured at default volumes."""

    copy: Mapping[str, int]
    """In COPY's binary form, by --raw-data."""
    heap: Mapping[str, int]
    """In PostgreSQL's heap, by --raw-data: with its share of the page's header and rest."""
    indexes: Mapping[str, float]
    """Leaf pages of each B-tree, by column; ``pkey`` is the primary key's. Equal keys share an entry, so what repeats
    takes 7 bytes (of 6 a row, at a fill factor of 90 %), a timestamp 22, an id that is unique 31 or 41."""
    inverted: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Factor and exponent of each GIN index's bytes over the rows of its relation: words come back, so it grows more
    slowly than they do. Measured at four or five sizes of each, within 20 % of them from a thousand rows on."""

    def with_versions(self) -> Sizes:
        """Of the rows of records that have one version each: raw_data tells it, and the key holds the ingestion."""
        return replace(
            self,
            copy={mode: size + VERSION_KEYS * (mode != "none") for mode, size in self.copy.items()},
            heap={mode: size + VERSION_KEYS_STORED * (mode != "none") for mode, size in self.heap.items()},
            indexes={**self.indexes, "pkey": self.indexes["pkey"] + INGESTION_IN_KEY},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view that unpacks a table."""

    name: str
    columns: tuple[str, ...]
    """What tells it from another view of its name."""
    query: str
    """SQL, with ``{table}`` where the table's name stands."""
    first: int | None = None
    """How many of the columns its first version had, if it had fewer: later ones were appended, and a view that lacks
    them is ours, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the versions of a table's records are like."""

    estimate: Estimate
    """Versions in each piece."""
    sizes: Sizes | None = None
    """Of a row; None where versions are as large as what stands at the end."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableSpec:
    """Everything of one table."""

    table: Table
    cut: Cutting
    rows: Callable[[Slice], Iterator[Batch]]
    """The rows of a slice in order of their numeric key."""
    sizes: Sizes
    laws: tuple[Traversable, ...] = ()
    """SQL files of what holds of its rows, see :mod:`shardgen.tables.statements`."""
    counts_first: bool = False
    """Whether a shard is counted whole before its first row is there."""
    greatest: Callable[[World], int] | None = None
    """Of a key that is a number: above every value that it may take in a world, window or not."""
    view: View | None = None
    changed: Range | None = None
    """Where records change between two instants, of a table whose rows heed a slice's ``history`` and ``since``. None
    where they do not: then each record has one version, that of its first row."""
    closely: Range | None = None
    """The same for whom looks for changes alone, and narrower: bounds of shards are those of ``changed``."""
    history: History | None = None
    """What its versions are like; None where a record has one."""
    lag: int = DAY
    """Microseconds that bronze waits for a change of a record at most; of all changes of a record it waits as long."""

    @property
    def name(self) -> str:
        """As in ``--tables``."""
        return self.table.name

    def table_of(self, history: str, dirt: Dirt | None = None) -> Table:
        """The table with a row for each record, or for each version of one, of choices.HISTORIES; it asks no more of
        its rows than they keep.
        """
        return _table_of(self, history, frozenset() if dirt is None else broken(dirt, self.name))

    def exchanged(self, plan: PlanConfig) -> bool:
        """Whether all rows of a record go when it changes, and others come: no key tells spoilt ones apart."""
        spoilt = plan.dirt is not None and self.name in plan.dirt.tables
        return spoilt and plan.history == "latest" and self.history is not None

    def with_columns(
        self,
        columns: tuple[Column, ...],
        values: Callable[[Slice, I64], Mapping[str, Value]],
        *,
        sizes: Sizes,
        laws: tuple[Traversable, ...] = (),
    ) -> TableSpec:
        """The same table with more columns, which raw_data tells too.

        Args:
            columns: after its own.
            values: of these columns, by the numbers of rows' keys, counted from 0; all versions of a record have its
                number.
            sizes: of the whole rows.
            laws: of what holds of the columns.
        """
        own, common = self.table.columns[: -len(COMMON)], self.table.columns[-len(COMMON) :]
        table = replace(self.table, columns=(*own, *columns, *common))

        def rows(wanted: Slice) -> Iterator[Batch]:
            for made in self.rows(wanted):
                yield widened(made, table, values(wanted, made.numbers))

        history = self.history and replace(self.history, sizes=None)  # those of a row without the columns
        return replace(self, table=table, rows=rows, sizes=sizes, history=history, laws=(*self.laws, *laws))

    def changing(self, world: World, since: int, end: int, *, closely: bool = False) -> tuple[int, int]:
        """In which range of what it is cut by its records may change between two instants."""
        if closely and self.closely:
            return self.closely(world, since, end)
        if self.changed:
            return self.changed(world, since, end)
        ids = self.cut.ids(world, end - 1 + HOUR)
        return (since, end) if ids is None else (0, ids)

    def versions(self, wanted: Slice) -> Iterator[Batch]:
        """The versions that a slice asks for, of a table that may know nothing of them.

        Of such a one each record has one version, which is found by looking at the rows before and after.
        """
        if self.changed:
            yield from self.rows(wanted)
            return
        by_time = self.cut.ids(wanted.world, wanted.end) is None
        for low, high in [(wanted.start, wanted.stop)] if by_time else wanted.ranges():
            part = replace(wanted, start=low, stop=high)
            before = [] if by_time else [made.numbers for made in self.rows(replace(part, end=wanted.since))]
            for made in self.rows(part):
                fresh = np.flatnonzero(~np.isin(made.numbers, np.concatenate([made.numbers[:0], *before])))
                if len(fresh):
                    yield versioned(made, picked(single(made.numbers), fresh))

    def estimate(self, history: str) -> Estimate | None:
        """Rows of each piece, of one of choices.HISTORIES; None where every id is a row."""
        return self.history.estimate if self.history and history == "versions" else self.cut.estimate

    def sizes_of(self, history: str) -> Sizes:
        """Mean bytes of a row, of one of choices.HISTORIES."""
        if history != "versions":
            return self.sizes
        return (self.history and self.history.sizes) or self.sizes.with_versions()

    def shards(self, world: World, config: PlanConfig) -> list[Shard]:
        """The table's shards, in order of their ids."""
        cuts, exact = self._pieces(world, config), self.estimate(config.history) is None
        return [
            self._shard(piece, round(count), exact=exact and not (piece.revised or config.arrived), config=config)
            for piece, count in zip(cuts, self._counted(world, cuts, config), strict=True)
        ]

    def leaves(self, config: PlanConfig, since: int, end: int) -> list[Leaf]:
        """The partitions in which rows of some time lie, shared by whatever fills them; none of a plain table.

        Args:
            config: of a plan.
            since, end: microseconds UTC.
        """
        if not isinstance(self.cut, ByLeaves):
            return []
        periods = self.cut.leaves_of(config).between(config.world, since, end)
        return [_leaf(self.table, period, 2) for period in periods]

    def _pieces(self, world: World, config: PlanConfig) -> list[Piece]:
        if config.since is None:
            return self.cut.pieces(world, config)
        back = windows.held_back(config, self.name, self.lag)
        return windows.pieces(self.cut, self.changing, world, config, back=back)

    def _counted(self, world: World, cuts: Sequence[Piece], config: PlanConfig) -> list[float]:
        """Rows of each piece; what is estimated of a leaf is shared out equally."""
        estimate = self.estimate(config.history)
        if config.since is not None:
            return self._counted_since(world, cuts, config)
        if estimate is None:
            return [piece.stop - piece.start for piece in cuts]
        leaves = [list(pieces) for _, pieces in groupby(cuts, key=lambda piece: piece.period or piece.label)]
        wholes = [replace(pieces[0], stop=pieces[-1].stop) for pieces in leaves]
        rows = estimate(world, wholes, midnight(config.end))
        return [count / len(pieces) for count, pieces in zip(rows, leaves, strict=True) for _ in pieces]

    def _counted_since(self, world: World, cuts: Sequence[Piece], config: PlanConfig) -> list[float]:
        """Rows of each piece of a window; of records that change as many as there are versions."""
        new, old = self.estimate(config.history), self.history and self.history.estimate
        found: list[float] = []
        for piece in cuts:
            estimate = old if piece.revised else new
            known_by_time = piece.of > 1 and not self.history  # as leaves are, whatever their records
            if estimate:
                two = piece.revised or known_by_time
                found.append(windows.estimated(estimate, world, piece, config, cut_in_two=two))
            else:
                found.append(0 if piece.revised else piece.stop - piece.start)
        return found

    def _shard(self, piece: Piece, rows: int, *, exact: bool, config: PlanConfig) -> Shard:
        return Shard(
            id=f"{self.name}/{piece.label}",
            table=self.name,
            start=piece.start,
            stop=piece.stop,
            leaf=_leaf(self.table, piece.period, piece.of) if piece.period else None,
            rows=rows,
            exact=exact,
            bytes=rows * self.sizes_of(config.history).copy[config.raw_data],
            dataset=config.dataset,
            revised=piece.revised,
        )


@lru_cache(maxsize=64)  # asked for each shard
def _table_of(spec: TableSpec, history: str, breaks: frozenset[str]) -> Table:
    found = spec.table.with_versions() if history == "versions" else spec.table
    return found.relaxed(breaks) if breaks else found


def _leaf(table: Table, period: Period, shards: int) -> Leaf:
    name = f"{table.relation}_{period.label.replace('-', '_')}"
    return Leaf(name=name, lower=period.first, upper=period.last, shards=shards)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Tables that tell one story."""

    name: str
    """As in ``--dataset``."""
    version: int
    """Raised whenever the same config would give other bytes."""
    tables: tuple[TableSpec, ...]
    """In the order in which a reader of the story meets them."""
    common_laws: tuple[Traversable, ...] = ()
    """SQL files of what holds of the story as a whole."""
    shapes: tuple[Traversable, ...] = ()
    """SQL files of what is typical of it."""

    def __getitem__(self, name: str) -> TableSpec:
        """The table of a name: one of these, or one that an installed package brings.

        Raises:
            PluginError: there is none, or it is broken.
        """
        for spec in self.tables:
            if spec.name == name:
                return spec
        if name == ANSWERS:
            from shardgen.tables.answers import SPEC  # which is made of this module

            return SPEC
        from shardgen.tables import plugins  # which checks specs

        return plugins.table(name, self)

    def with_tables(self, *more: TableSpec, name: str, version: int) -> Dataset:
        """Another dataset of these tables and more of them; one of a name that is there takes its place.

        Args:
            more: tables.
            name: of the other dataset.
            version: of it, to be raised whenever the same config would give other bytes.
        """
        changed = {spec.name: spec for spec in more}
        kept = tuple(changed.pop(spec.name, spec) for spec in self.tables)
        return replace(self, name=name, version=version, tables=(*kept, *changed.values()))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables."""
        return tuple(spec.name for spec in self.tables)

    @property
    def laws(self) -> tuple[Traversable, ...]:
        """The laws of the story and those of its tables."""
        return (*self.common_laws, *(law for spec in self.tables for law in spec.laws))
