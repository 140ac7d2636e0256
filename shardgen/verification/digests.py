"""Content, bit for bit: the rows of every shard hashed and compared with the ledger, and with what the plan gives.

Each shard is the work of one process: it hashes what the server sends, builds the shard anew if asked to, and where
the digests differ, both are walked along in key order until the rows are named that were changed, lost or added.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from typing import Any, Final

import psycopg
import xxhash

from shardgen.events import CheckDone, CheckStarted, Event
from shardgen.loading.engines import Engine, default_engine
from shardgen.loading.kept import Kept
from shardgen.model.config import PlanConfig
from shardgen.model.figures import plural
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.stores import apart
from shardgen.stores.copy import Encoder
from shardgen.stores.failures import StoppedError
from shardgen.stores.postgres import catalog, columns
from shardgen.stores.postgres.failures import describe
from shardgen.stores.postgres.postgres import Connection, complete, without_secret
from shardgen.stores.postgres.readers import reader
from shardgen.stores.postgres.retry import persist
from shardgen.tables import blocks, dataset, table_of
from shardgen.tables.feed import Feed
from shardgen.verification import contents, counts, rows, spoilt
from shardgen.verification.blocks import NOTHING, told
from shardgen.verification.examining import Trouble, examined
from shardgen.verification.outcome import Check, Status
from shardgen.verification.rows import Differences
from shardgen.verification.spoilt import SpoiltHashed, SpoiltItem
from shardgen.verification.subject import Loaded, Subject

BATCH_ROWS: Final = 8_192  # as a load has by default
SAMPLES: Final = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One shard to examine; all that a process needs for it."""

    dsn: str = field(repr=False)
    config: PlanConfig
    shard: Shard
    left_out: frozenset[str]
    """Columns that the table lacks."""
    rescaled: frozenset[str]
    """Columns that hold numbers with more decimal places than ours."""
    own: tuple[int, int] | None
    """The range of key numbers outside which rows are somebody else's, where there are such rows."""
    skipped: int
    """Rows that the load did not insert, because rows with their keys were there."""
    others_within: int
    """Rows in the whole table that may bear keys between ours."""
    leaf: str | None
    """The partition that is the shard, where there is one."""
    digest: str
    """By the ledger; empty where later windows have changed what the shard holds, so that only the plan tells it."""
    regenerate: bool
    """Whether to build the shard although the digests agree."""

    @property
    def table(self) -> Table:
        """The table as it is there."""
        return table_of(self.config, self.shard.table).without(self.left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hashed:
    """What came of it."""

    shard: str
    ledger: str
    """Digest in the ledger; empty where later windows have changed what the shard holds."""
    found: str
    """Digest of what the table holds."""
    regenerated: str | None
    """Digest of what the plan gives, where it was built; always, where the others differ."""
    differences: Differences | None
    """Where digests differ, the rows that do."""
    seconds: float
    skipped: int = 0
    """Rows of it that are as they were before the load, by the ledger."""
    others_within: int = 0
    """Rows from before the load whose keys are in the shard's range."""
    blocks: Mapping[str, str] = field(default_factory=dict)
    """Content digests; none where the table lacks a column."""

    @property
    def equal(self) -> bool:
        """Whether all digests are the same, or the rows differ by no more than those that were there before."""
        if not self.ledger:
            return self.regenerated == self.found
        if self.found == self.ledger:
            return self.regenerated in (None, self.found)
        return (
            self.regenerated == self.ledger
            and self.differences is not None
            and not self.differences.missing
            and self.differences.changed <= self.skipped
            and self.differences.additional <= self.others_within
        )


def examine(item: Item, stopped: Callable[[], bool]) -> Hashed | Trouble:
    """Hash one shard; name its rows where it is not what it should be.

    Raises:
        StoppedError: nobody wants it any more.
    """
    start = time.perf_counter()
    try:
        hashed = persist(lambda: _examine_once(item, stopped))
    except psycopg.Error as error:
        return Trouble(shard=item.shard.id, error=without_secret(describe(error), item.dsn))
    return replace(hashed, seconds=round(time.perf_counter() - start, 3))


def check(
    connection: Connection,
    dsn: str,
    subject: Subject,
    plans: Mapping[int, Plan],
    tables: Sequence[str],
    *,
    regenerate: bool,
    workers: int,
    show: Callable[[Event], None],
) -> list[Check]:
    """Examine every shard of the tables in worker processes, the largest first.

    Raises:
        VerificationError: the server or a process failed.
    """
    dsn, dirty = complete(dsn, connection), [name for name in tables if subject.tables[name].spoilt]
    clean = [name for name in tables if name not in dirty]
    items = _items(connection, dsn, subject, plans, clean, regenerate=regenerate)
    found = _examined(items, default_engine(), workers, show)
    checks = [_check(subject.tables[name], [each for each in found if _table(each) == name]) for name in clean]
    return checks + [_spoilt_check(connection, dsn, subject, plans, name, workers, show) for name in dirty]


def _spoilt_check(
    connection: Connection,
    dsn: str,
    subject: Subject,
    plans: Mapping[int, Plan],
    name: str,
    workers: int,
    show: Callable[[Event], None],
) -> Check:
    """Examine a table that was spoilt on purpose."""
    loaded, start = subject.tables[name], time.perf_counter()
    items = spoilt.items_of(dsn, loaded, plans[loaded.run.run], _leaves(connection, subject, loaded))

    def begun(item: SpoiltItem) -> None:
        show(CheckStarted(check=item.name))

    def ended(each: SpoiltHashed) -> None:
        show(CheckDone(check=each.name, failures=tuple(spoilt.sentences([each])[:1]), seconds=each.seconds))

    found = examined(
        sorted(items, key=lambda item: -item.bytes), spoilt.examine, default_engine(), workers, begun=begun, ended=ended
    )
    wrong, shards = spoilt.sentences(found), plural(sum(each.shards for each in found), "shard")
    bad = sum(not each.equal for each in found)
    against = "one load of the whole" if loaded.advanced else "ledger and plan"
    return Check(
        level="digests",
        name=name,
        about="content, bit for bit",
        status=Status.FAILED if bad else Status.HELD,
        finding=f"{bad} of {shards} differ" if bad else f"{shards} equal to {against}, dirt and all",
        offenders=bad,
        samples=tuple(wrong)[:SAMPLES],
        seconds=round(time.perf_counter() - start, 3),
        figures={"digest": spoilt.whole(sum(each.total for each in found))},
    )


def _leaves(connection: Connection, subject: Subject, loaded: Loaded) -> set[str]:
    return {leaf for _, schema, leaf in catalog.leaves(connection, loaded.claim.oid) if schema == subject.schema}


def number_of(subject: Subject, plans: Mapping[int, Plan], tables: Iterable[str]) -> int:
    """How many shards there are to examine."""
    return sum(len(_shards(subject.tables[name], plans[subject.tables[name].run.run])) for name in tables)


# --- in a worker process ----------------------------------------------------------------------------------------------

_connections: Kept[Connection] = Kept()
"""By the word that stops an executor's work, and database, schema and thread: of several threads each has its own."""


def _examine_once(item: Item, stopped: Callable[[], bool]) -> Hashed:
    if stopped():  # and opened nothing that nobody closes
        raise StoppedError("the verification is over")
    key = (item.dsn, item.config.schema, threading.get_ident())
    connection = _connections.of(stopped, key, lambda: reader(item.dsn, item.config.schema, purpose="digest"))
    try:
        return _examine(connection, item)
    except psycopg.Error:
        _connections.close(lambda of: of == (stopped, key))
        raise


def _let_go(dsn: str) -> None:
    """Close what this process has opened, once it examines no more; a process that is ended needs none."""
    _connections.close(lambda of: of[1][0] == dsn)


def _examine(connection: Connection, item: Item) -> Hashed:
    schema, shard = item.config.schema, item.shard
    found = ""
    if item.leaf is not None and item.own is None and not item.rescaled:
        found = _digest(contents.in_heap_order(connection, schema, item.table, item.leaf))
    if not found or found != item.digest:  # rows that were rewritten lie elsewhere, though they may be the same
        found = _digest(_in_key_order(connection, item))
    built = _digest(_built(item)) if item.regenerate or found != item.digest else None
    differences = None
    if found != (item.digest or built) or built not in (None, found):
        there = apart.rows(_in_key_order(connection, item))
        differences = rows.compare(item.table, apart.rows(_built(item)), there)
    return Hashed(
        shard=shard.id,
        ledger=item.digest,
        found=found,
        regenerated=built,
        differences=differences,
        seconds=0.0,
        skipped=item.skipped,
        others_within=item.others_within,
        blocks=_blocks(item, found),
    )


def _blocks(item: Item, found: str) -> dict[str, str]:
    """The content digest of a shard, which is one block; none where a column is lacking, and none of no rows."""
    only = blocks.Blocks(item.config, item.shard).only
    return {} if item.left_out or found == NOTHING or not only else {only: found}


def _in_key_order(connection: Connection, item: Item) -> contents.Blocks:
    schema = item.config.schema
    return contents.in_key_order(
        connection, schema, item.table, item.shard, item.leaf, own=item.own, rescaled=item.rescaled
    )


def _digest(blocks: Iterable[bytes | bytearray | memoryview]) -> str:
    digest = xxhash.xxh3_128()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _built(item: Item) -> contents.Blocks:
    """The COPY rows of the shard, out of the plan alone."""
    encoder = Encoder(item.table)
    return chain.from_iterable(map(encoder.rows, Feed(item.config).batches(item.shard, BATCH_ROWS)))


# --- in the process that asks -----------------------------------------------------------------------------------------


def _items(
    connection: Connection,
    dsn: str,
    subject: Subject,
    plans: Mapping[int, Plan],
    tables: Sequence[str],
    *,
    regenerate: bool,
) -> list[Item]:
    items = []
    for name in tables:
        loaded = subject.tables[name]
        leaves = _leaves(connection, subject, loaded)
        recorded, apart = {row.shard: row for row in loaded.shards}, loaded.apart
        rescaled = columns.rescaled(connection, loaded.claim.oid, dataset(loaded.config.dataset)[name].table)
        plan = plans[loaded.run.run]
        items += [
            Item(
                dsn=dsn,
                config=loaded.config,
                shard=shard,
                left_out=loaded.claim.left_out,
                rescaled=rescaled,
                own=counts.own_range(loaded, plan),
                skipped=recorded[shard.id].skipped if shard.id in recorded else 0,
                others_within=loaded.claim.others_within,
                leaf=own.name if shard.id in apart and (own := shard.own_leaf) and own.name in leaves else None,
                digest=recorded[shard.id].digest if shard.id in recorded and not loaded.advanced else "",
                regenerate=regenerate,
            )
            for shard in _shards(loaded, plan)
        ]
    return sorted(items, key=lambda item: -item.shard.bytes)


def _shards(loaded: Loaded, plan: Plan) -> list[Shard]:
    """Those that are there; counts tell of the others."""
    recorded = {row.shard for row in loaded.shards}
    return [shard for shard in plan.of(loaded.claim.target) if loaded.advanced or shard.id in recorded]


def _examined(items: Sequence[Item], engine: Engine, workers: int, show: Callable[[Event], None]) -> list[Hashed]:
    """All items, as many at a time as there are workers."""

    def begun(item: Item) -> None:
        show(CheckStarted(check=item.shard.id))

    def ended(each: Hashed) -> None:
        show(CheckDone(check=each.shard, failures=_sentences(each)[:1], seconds=each.seconds))

    try:
        return examined(items, examine, engine, workers, begun=begun, ended=ended)
    finally:
        if items:
            _let_go(items[0].dsn)


def _table(hashed: Hashed) -> str:
    return hashed.shard.partition("/")[0]


def _check(loaded: Loaded, found: Sequence[Hashed]) -> Check:
    """One table's shards in one check."""
    found = sorted(found, key=lambda each: each.shard)
    bad = [each for each in found if not each.equal]
    against = "ledger and plan" if found and all(each.regenerated for each in found) else "the ledger"
    against = "one load of the whole" if loaded.advanced else against
    shards = plural(len(found), "shard")
    return Check(
        level="digests",
        name=loaded.claim.target,
        about="content, bit for bit",
        status=Status.FAILED if bad else Status.HELD,
        finding=f"{len(bad)} of {shards} differ" if bad else f"{shards} equal to {against}{_kept(found)}",
        offenders=len(bad),
        samples=tuple(sentence for each in bad for sentence in _sentences(each))[:SAMPLES],
        seconds=round(sum(each.seconds for each in found), 3),
        figures=told({block: digest for each in found for block, digest in each.blocks.items()})
        | {"shards": [_plain(each) for each in found]},
    )


def _kept(found: Sequence[Hashed]) -> str:
    """What is said of rows that were there before the load and stayed."""
    skipped = sum(each.skipped for each in found)
    return f", except {plural(skipped, 'row')} that were there before and stayed" if skipped else ""


def _sentences(hashed: Hashed) -> tuple[str, ...]:
    """What is wrong with a shard."""
    if hashed.equal:
        return ()
    start = f"shard={hashed.shard}"
    told = hashed.differences
    if told is None or not (told.changed or told.missing or told.additional):
        return (f"{start}: rows are as planned, but the ledger's digest is another",)
    summary = f"{start}: {plural(told.changed, 'row')} changed, {told.missing} missing, {told.additional} not planned"
    drift = (f"{start}: what this code builds is not what the ledger has either: was it loaded by another version?",)
    drifted = hashed.ledger and hashed.regenerated != hashed.ledger
    return (
        summary,
        *(f"{start}: {sample}" for sample in told.samples),
        *(drift if drifted else ()),
    )


def _plain(hashed: Hashed) -> dict[str, Any]:
    shown = {name: value for name, value in asdict(hashed).items() if name != "blocks"}
    return {**shown, "equal": hashed.equal}
