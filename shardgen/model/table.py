"""What a table is, apart from how its rows are made: columns with their meanings, keys, indexes, partitioning."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from shardgen.model.keys import KeySpace
from shardgen.model.shape import Key
from shardgen.model.types import INTEGER, JSON, TEXT, TIMESTAMP, Type, varchar

Keys = Mapping[str, str]
"""Meaning by key of a JSON object. A key of a list's elements is written ``items[].quantity``, one of an inner object
``weight.value``. Where all are a :class:`shardgen.model.shape.Key`, the keys are fixed, and a place that has types of
its own gets typed members; else it gets text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    name: str
    type: Type
    not_null: bool = False
    unique: bool = False
    """Whether no two rows have the same value, beside the key's."""
    between: tuple[int, int] | None = None
    """Least and greatest value, where the table itself is to check it."""
    meaning: str
    """What a value tells, in a line."""
    keys: Keys = field(default_factory=dict)
    """Of a JSON column: the documented keys with their meaning; of raw_data those that no column repeats."""

    @property
    def description(self) -> str:
        """The meaning and the names of the keys as plain text: the database's comment."""
        meaning = self.meaning.replace("`", "")
        return f"{meaning}; keys: {', '.join(self.keys)}" if self.keys else meaning

    @property
    def json(self) -> bool:
        """Whether the column holds JSON."""
        return self.type == JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One secondary index."""

    column: str
    kind: Literal["order", "json", "words"] = "order"
    """What it is for: order and equality, keys and values of JSON, words of a text."""
    full: bool = False
    """Built with ``--indexes full`` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One bronze table."""

    name: str
    """As in ``--tables``: ``"orders"``."""
    meaning: str
    """What a row tells, in a sentence."""
    source: str
    """The system of record: ``"crm"``."""
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns of the primary key; the first one is the first of the table, and so of its COPY rows."""
    space: KeySpace
    """What the first column of the key holds."""
    partition_by: str = ""
    """Timestamp column of RANGE partitioning; empty for a plain table."""
    indexes: tuple[Index, ...] = ()
    full_only: tuple[str, ...] = ()
    """Keys of raw_data that ``--raw-data lean`` leaves out though no column repeats them."""
    keyed: bool = True
    """Whether no two rows have the same key."""

    def __post_init__(self) -> None:
        assert self.columns[0].name == self.key[0]

    @property
    def relation(self) -> str:
        """Name in the database: ``"raw_orders"``."""
        return relation_of(self.name)

    @property
    def description(self) -> str:
        """The meaning as plain text: the database's comment."""
        return self.meaning.replace("`", "")

    @property
    def own_columns(self) -> frozenset[str]:
        """Names of the columns, but for those that every table has."""
        return frozenset(column.name for column in self.columns).difference(COMMON)

    @property
    def found_by(self) -> str:
        """The column by whose index rows are found: that of the id, or of what an answer key tells."""
        return self.indexes[0].column if self.name == ANSWERS else self.key[0]

    @property
    def partitioned(self) -> bool:
        """Whether the table is loaded leaf by leaf."""
        return bool(self.partition_by)

    def without(self, names: Collection[str]) -> Table:
        """The same table less some of its columns."""
        if not names:
            return self
        return replace(self, columns=tuple(column for column in self.columns if column.name not in names))

    @property
    def versioned(self) -> bool:
        """Whether a record may have several rows, one for each version of it."""
        return COMMON[1] in self.key

    @property
    def latest(self) -> str:
        """Of a table with versions, the view of its records as they stand: ``"raw_orders_latest"``."""
        return latest_of(self.relation)

    def with_versions(self) -> Table:
        """The same table with a row for each version of a record: the key gains the time at which bronze got it, and
        raw_data tells which version it is. One that is of no records stays as it is.
        """
        if self.versioned or self.columns[-1].name != COMMON[-1]:
            return self
        *own, ingestion, record = self.columns
        known, told = replace(ingestion, not_null=True), replace(record, keys={**record.keys, **VERSION_KEYS})
        meaning = f"{self.meaning} One row for each version."
        return replace(self, meaning=meaning, columns=(*own, known, told), key=(*self.key, ingestion.name))

    @property
    def latest_meaning(self) -> str:
        """What a row of that view tells, in a sentence."""
        return f"The newest version of each record in {self.relation}, without those that were taken down."

    def without_versions(self) -> Table:
        """The same table with a row for each record: the inverse."""
        if not self.versioned:
            return self
        *own, ingestion, record = self.columns
        known = replace(ingestion, not_null=False)
        told = replace(record, keys={name: key for name, key in record.keys.items() if name not in VERSION_KEYS})
        return replace(self, columns=(*own, known, told), key=self.key[:-1])

    def relaxed(self, breaks: Collection[str]) -> Table:
        """The same table for rows that are not as they should be.

        Args:
            breaks: what it must not ask for: ``"key"``, ``"not_null"`` but of key and partition, ``"check"``.
        """
        columns = tuple(
            replace(
                column,
                not_null=column.not_null
                and ("not_null" not in breaks or column.name in (*self.key, self.partition_by)),
                between=None if "check" in breaks else column.between,
                unique=column.unique and "key" not in breaks,
            )
            for column in self.columns
        )
        if not self.keyed or "key" not in breaks:
            return replace(self, columns=columns)
        found = by_key(self.key[0])  # in the place of the primary key: rows are looked for by their ids all the same
        return replace(self, columns=columns, keyed=False, indexes=(*found, *self.indexes))

    def indexes_for(self, mode: str) -> tuple[Index, ...]:
        """Secondary indexes of an ``--indexes`` mode."""
        if mode == "none":
            return ()
        return tuple(index for index in self.indexes if mode == "full" or not index.full)


ANSWERS: Final = "answers"
"""Name of the table that tells what was done to dirty rows; none of ``--tables``."""


def relation_of(table: str) -> str:
    """What a table is called in a database: also one that nobody here can make any more."""
    return f"{'shardgen' if table == ANSWERS else 'raw'}_{table}"


def latest_of(relation: str) -> str:
    """The view of the newest versions in a relation."""
    return f"{relation}_latest"


def by_key(*columns: str) -> tuple[Index, ...]:
    """Indexes that every mode but ``none`` has: of what joins and ranges of time ask for."""
    return tuple(Index(column=column) for column in columns)


def by_all(*columns: str) -> tuple[Index, ...]:
    """Indexes of ``--indexes full``, those of the common columns with them."""
    return tuple(Index(column=column, full=True) for column in (*columns, "source_system", "ingestion_timestamp"))


VERSION_KEYS: Final[Keys] = {
    "version": Key("Which version of the record the row is: 1, 2, 3, ...", INTEGER),
    "operation": Key("`insert`, `update`, or `delete` of a review that is taken down", TEXT),
}
"""Keys of raw_data where a record has a row for each version."""

COMMON: Final = ("source_system", "ingestion_timestamp", "raw_data")
"""The columns that every table has."""


def bronze_table(
    *,
    name: str,
    meaning: str,
    source: str,
    key: tuple[str, ...],
    space: KeySpace,
    columns: tuple[Column, ...],
    extra: Keys,
    full_only: tuple[str, ...] = (),
    partition_by: str = "",
    indexes: tuple[Index, ...] = (),
) -> Table:
    """A table with the columns that all have, after its own.

    Args:
        columns: its own.
        extra: keys of raw_data that no column repeats, with their meaning.

    The others are :class:`Table`'s.
    """
    system, ingestion, record = COMMON
    common = (
        Column(name=system, type=varchar(50), not_null=True, meaning=f"System of record: `{source}`"),
        Column(
            name=ingestion,
            type=TIMESTAMP,
            meaning="When bronze got it: latest change that the record tells, plus the feed's lag",
        ),
        Column(
            name=record,
            type=JSON,
            meaning="The source's complete record: the columns above, and what they do not tell",
            keys=extra,
        ),
    )
    return Table(
        name=name,
        meaning=meaning,
        source=source,
        key=key,
        space=space,
        columns=(*columns, *common),
        full_only=full_only,
        partition_by=partition_by,
        indexes=indexes,
    )
