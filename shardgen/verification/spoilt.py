"""Content of tables that were spoilt on purpose: their rows are made anew and compared as sets, however they lie.

An id that is spoilt stands where nobody looks for its shard, and equal rows have no order: so rows are hashed one by
one, and the sum of the hashes is compared. The secret of the dirt is needed for it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

import psycopg
import xxhash
from psycopg import sql

from shardgen.model.config import PlanConfig
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.stores.apart import fields, rows
from shardgen.stores.copy import Encoder
from shardgen.stores.postgres import catalog, keys
from shardgen.stores.postgres.failures import describe
from shardgen.stores.postgres.postgres import Connection, without_secret
from shardgen.stores.postgres.readers import reader
from shardgen.stores.postgres.retry import persist
from shardgen.tables import table_of
from shardgen.tables.feed import ROWS, Feed
from shardgen.verification import contents
from shardgen.verification.examining import Trouble
from shardgen.verification.rows import SAMPLES, Differences
from shardgen.verification.subject import Loaded

_ALL = 2**128


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoiltItem:
    """Shards that are compared together; all that a process needs for it."""

    dsn: str = field(repr=False)
    config: PlanConfig
    shards: tuple[Shard, ...]
    left_out: frozenset[str]
    """Columns that the table lacks."""
    leaf: str | None
    """The partition that holds them and nothing else; None for the whole table."""
    digests: Mapping[str, str]
    """Of the shards, by the ledger; none of a table that later windows have brought forward."""

    @property
    def name(self) -> str:
        """Of the shard, or of the table."""
        return self.shards[0].id if len(self.shards) == 1 else f"{self.shards[0].table}/all"

    @property
    def bytes(self) -> int:
        """Expected."""
        return sum(shard.bytes for shard in self.shards)

    @property
    def table(self) -> Table:
        """The table as it is there."""
        return table_of(self.config, self.shards[0].table).without(self.left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoiltHashed:
    """What came of it."""

    name: str
    shards: int
    total: int
    """Sum of the hashes of the rows that are there."""
    other: tuple[str, ...]
    """Shards whose rows the ledger has otherwise than they are made today."""
    differences: Differences
    seconds: float = 0.0

    @property
    def equal(self) -> bool:
        """Whether all is as it should be."""
        return not self.other and not self.differences.missing and not self.differences.additional


def items_of(dsn: str, loaded: Loaded, plan: Plan, leaves: Iterable[str]) -> list[SpoiltItem]:
    """What is compared of a table: each leaf that is a shard, else all shards together.

    Args:
        dsn: of the target.
        loaded: the table.
        plan: of its run.
        leaves: partitions of it that are there.
    """
    name, there = loaded.claim.target, set(leaves)
    digests = {} if loaded.advanced else {row.shard: row.digest for row in loaded.shards}
    shards = [shard for shard in plan.of(name) if loaded.advanced or shard.id in digests]
    apart = {shard.id: own.name for shard in shards if (own := shard.own_leaf) and own.name in there}
    config = replace(loaded.config, dirt=loaded.config.dirt and loaded.config.dirt.opened())
    whole = SpoiltItem(
        dsn=dsn, config=config, shards=tuple(shards), left_out=loaded.claim.left_out, leaf=None, digests=digests
    )
    if len(apart) < len(shards):
        return [whole] if shards else []
    return [replace(whole, shards=(shard,), leaf=apart[shard.id]) for shard in shards]


def examine(item: SpoiltItem, stopped: Callable[[], bool]) -> SpoiltHashed | Trouble:
    """Compare what is there with what the plan gives."""
    start = time.perf_counter()
    try:
        found = persist(lambda: _examined(item, stopped))
    except psycopg.Error as error:
        return Trouble(shard=item.name, error=without_secret(describe(error), item.dsn))
    return replace(found, seconds=round(time.perf_counter() - start, 3))


def _examined(item: SpoiltItem, stopped: Callable[[], bool]) -> SpoiltHashed:
    total, other = 0, []
    for shard in item.shards:
        digest = xxhash.xxh3_128()
        for row in _built(item, shard):
            digest.update(row)
            total += hashed(row)
        if stopped():
            break
        if digest.hexdigest() != item.digests.get(shard.id, digest.hexdigest()):
            other.append(shard.id)
    with reader(item.dsn, item.config.schema, purpose="digest") as connection:
        there = sum(map(hashed, _there(connection, item))) % _ALL
        if there == total % _ALL:
            found = Differences(changed=0, missing=0, additional=0, samples=())
        else:
            found = differences(item.table, lambda: _all_built(item), _there(connection, item))
    return SpoiltHashed(name=item.name, shards=len(item.shards), total=there, other=tuple(other), differences=found)


def _all_built(item: SpoiltItem) -> Iterator[bytes]:
    return chain.from_iterable(_built(item, shard) for shard in item.shards)


def hashed(row: bytes) -> int:
    """The hash of a row of COPY."""
    return xxhash.xxh3_128_intdigest(row)


def whole(total: int) -> str:
    """The digest of a table, out of the sum of its rows' hashes: equal wherever the same rows lie."""
    return f"{total % _ALL:032x}"


def _built(item: SpoiltItem, shard: Shard) -> Iterator[bytes]:
    """The COPY rows of a shard, out of the plan alone."""
    return rows(chain.from_iterable(map(Encoder(item.table).rows, Feed(item.config).batches(shard, ROWS))))


def _there(connection: Connection, item: SpoiltItem) -> Iterator[bytes]:
    """The COPY rows that are there."""
    schema, table = item.config.schema, item.table
    if item.leaf is not None:
        return rows(contents.in_heap_order(connection, schema, table, item.leaf))
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    relation = catalog.own_rows(connection, schema, table.relation)
    return rows(contents.copied(connection, sql.SQL("(SELECT {} FROM {})").format(columns, relation)))


def differences(table: Table, planned: Callable[[], Iterable[bytes]], there: Iterable[bytes]) -> Differences:
    """Which rows are lacking or too many; half of a hash tells a few million of them apart.

    Args:
        table: whose they are.
        planned: makes the COPY rows that should be there.
        there: those that are.
    """
    left = Counter(hashed(row) >> 64 for row in planned())
    samples: list[str] = []
    additional = 0
    for row in there:
        if left[half := hashed(row) >> 64]:
            left[half] -= 1
            continue
        additional += 1
        if len(samples) < SAMPLES:
            samples.append(f"row {keys.shown(table, fields(row)[0])} is not planned")
    lacking = +left
    missing = (row for row in planned() if hashed(row) >> 64 in lacking) if lacking else ()
    samples += [f"row {keys.shown(table, fields(row)[0])} is missing" for row in islice(missing, SAMPLES)]
    return Differences(changed=0, missing=lacking.total(), additional=additional, samples=tuple(samples))


def sentences(found: Sequence[SpoiltHashed]) -> list[str]:
    """What is wrong, in words."""
    told = []
    for each in found:
        if each.differences.missing or each.differences.additional:
            told.append(
                f"{each.name}: {each.differences.missing} rows missing, {each.differences.additional} not planned"
            )
            told += [f"{each.name}: {sample}" for sample in each.differences.samples]
        told += [f"shard={shard}: what this code builds is not what the ledger has" for shard in each.other]
    return told
