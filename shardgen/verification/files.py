"""A lake's files against its ledger: which are there, whole and whose, and what is in them, bit for bit.

Counting reads footers. Comparing content reads every byte: its hash is compared with the ledger's, and its rows, as
COPY would send them, give the content digests.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any, Final

from shardgen.columns.batch import Batches
from shardgen.events import CheckDone, CheckStarted, Event
from shardgen.loading import reconcile
from shardgen.loading.engines import default_engine
from shardgen.model.config import PlanConfig
from shardgen.model.figures import plural
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.stores import apart
from shardgen.stores.copy import Encoder
from shardgen.stores.failures import StoreError
from shardgen.stores.lake.address import Address
from shardgen.stores.lake.files import Files
from shardgen.stores.lake.formats import DamagedFileError, Footer, batches_of, footer
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.reader import LakeReader
from shardgen.stores.lake.records import Entry, Record
from shardgen.stores.reading import Question
from shardgen.stores.told import Counted
from shardgen.tables import table_of
from shardgen.tables.blocks import Blocks
from shardgen.tables.feed import Feed
from shardgen.verification import blocks, rows, spoilt
from shardgen.verification.examining import Trouble, examined
from shardgen.verification.outcome import Check, Status
from shardgen.verification.rows import Differences
from shardgen.verification.subject import Loaded, Subject

BATCH_ROWS: Final = 8_192
SAMPLES: Final = 9


# --- counts -----------------------------------------------------------------------------------------------------------


def questions(
    reader: LakeReader, found: Subject, plans: Mapping[int, Plan], tables: Iterable[str]
) -> list[Question[Check]]:
    """Plan, ledger and files: one question for each table."""
    return [
        Question(
            name=f"count {found.tables[name].claim.relation}",
            ask=partial(_counted, reader, found.tables[name], plans[found.tables[name].run.run]),
        )
        for name in tables
    ]


def _counted(reader: LakeReader, loaded: Loaded, plan: Plan, _session: object) -> list[Check]:
    """Compare the counts of one table."""
    start, name = time.perf_counter(), loaded.claim.target
    entries, files = reader.entries[name], Files.listed(reader.objects, [name])
    footers = _footers(reader, [each for each in entries if files.sizes.get(each.key) == each.size])
    there = {entry.shard: told.rows for entry, told in footers if isinstance(told, Footer)}
    counted = Counted(
        relation=loaded.claim.relation,
        rows=sum(there.values()),
        size=sum(files.sizes.get(each.key, 0) for each in entries),
    )
    (report,), differences = reconcile.reconcile(plan, (row.written() for row in loaded.shards), {name: counted})
    damaged = [*_misplaced(entries, files), *_misread(footers, reader.shown[name])]
    strays = [f"{key} is no file of this load, and readers take it for rows" for key in files.strays(_keys(entries))]
    wrong = [*damaged, *strays, *differences]
    finding = f"{plural(report.counted, 'row')} in {plural(len(there), 'file')}" if not wrong else _sum(damaged, strays)
    return [
        Check(
            level="counts",
            name=name,
            about="plan, ledger and files",
            status=Status.FAILED if wrong else Status.HELD,
            finding=finding,
            offenders=len(wrong),
            samples=tuple(wrong)[:SAMPLES],
            seconds=round(time.perf_counter() - start, 3),
            figures=_figures(report, plan.of(name), entries, there) | {"strays": files.strays(_keys(entries))},
        )
    ]


def _keys(entries: Iterable[Entry]) -> list[str]:
    return [each.key for each in entries]


def _sum(damaged: Sequence[str], strays: Sequence[str]) -> str:
    told = [
        f"{plural(len(damaged), 'file')} damaged or gone" if damaged else "",
        f"{plural(len(strays), 'stray file')}" if strays else "",
    ]
    return ", ".join(filter(None, told)) or "plan, ledger and files disagree"


def _misplaced(entries: Iterable[Entry], files: Files) -> Iterator[str]:
    """Files that are gone, or of another size."""
    for each in entries:
        size = files.sizes.get(each.key)
        if size is None:
            yield f"{each.key} is gone: shard={each.shard} had {plural(each.rows, 'row')}"
        elif size != each.size:
            yield f"{each.key} has {size} bytes, ledger={each.size}: it was overwritten"


def _footers(reader: LakeReader, entries: Sequence[Entry]) -> list[tuple[Entry, Footer | str]]:
    """What each file says of itself, or why it says nothing."""

    def read(entry: Entry) -> Footer | str:
        try:
            with reader.objects.open(entry.key) as file:
                return footer(file)
        except DamagedFileError as error:
            return str(error)

    return list(zip(entries, reader.ledger.read_all(read, entries), strict=True))


def _misread(footers: Iterable[tuple[Entry, Footer | str]], record: Record) -> Iterator[str]:
    """Files that are none of ours, of another shard, or of another number of rows."""
    for entry, told in footers:
        if isinstance(told, str):
            yield f"{entry.key} is damaged: {told}"
        elif told.identity.get("shard") != entry.shard or told.identity.get("plan") != record.plan_fingerprint:
            yield f"{entry.key} is the file of shard={told.identity.get('shard')} of another plan or place"
        elif told.rows != entry.rows:
            yield f"{entry.key} holds {plural(told.rows, 'row')}, ledger={entry.rows}"


def _figures(
    report: reconcile.TableReport, shards: Sequence[Shard], entries: Sequence[Entry], there: Mapping[str, int]
) -> dict[str, Any]:
    recorded = {each.shard: each.rows for each in entries}
    return {
        "planned": report.planned,
        "exact": report.exact,
        "ledger": report.ledger,
        "counted": report.counted,
        "skipped": 0,
        "others": 0,
        "shards": [
            {
                "shard": shard.id,
                "planned": shard.rows,
                "exact": shard.exact,
                "ledger": recorded.get(shard.id),
                "counted": there.get(shard.id, 0),
            }
            for shard in shards
        ],
    }


# --- content ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class FileItem:
    """One file to examine; all that a process needs for it."""

    address: Address
    config: PlanConfig
    shard: Shard
    key: str
    sha256: str
    """By the ledger."""
    regenerate: bool
    """Whether to build the shard although the digests agree."""
    spoilt: bool
    """Whether its rows have no order that blocks could be cut by."""

    @property
    def table(self) -> Table:
        """Whose rows they are."""
        return table_of(self.config, self.shard.table)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRead:
    """What came of it."""

    shard: str
    key: str
    ledger: str
    """SHA-256 in the ledger."""
    found: str
    """SHA-256 of what is there; empty where nothing is."""
    blocks: Mapping[str, str]
    """Content digests."""
    regenerated: bool | None
    """Whether the plan gives the same content; None where it was not asked for."""
    why: str
    """What is wrong with the file, in words; empty where nothing is."""
    differences: Differences | None
    seconds: float

    @property
    def equal(self) -> bool:
        """Whether nothing is wrong."""
        return self.found == self.ledger and self.regenerated is not False and not self.why

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is wrong with it."""
        if self.equal:
            return ()
        told = [self.why] if self.why else []
        if self.found and self.found != self.ledger:
            told.append("its bytes are not those of the ledger: it was overwritten")
        if self.differences is not None:
            each = self.differences
            told.append(f"{plural(each.changed, 'row')} changed, {each.missing} missing, {each.additional} not planned")
            told += each.samples
        elif self.found and self.regenerated is not False:
            told.append("its rows are as planned")
        return tuple(f"{self.key}: {text}" for text in told)


def examine(item: FileItem, _: Callable[[], bool]) -> FileRead | Trouble:
    """Read one file; name its rows where they are not what they should be."""
    start = time.perf_counter()
    objects = Objects(item.address)
    try:
        return _examine(item, objects, start)
    except DamagedFileError as error:
        return _read(item, start, found=_hash(objects, item.key), why=f"damaged: {error}")
    except StoreError as error:
        return Trouble(shard=item.shard.id, error=str(error))


def _examine(item: FileItem, objects: Objects, start: float) -> FileRead:
    if objects.head(item.key) is None:
        return _read(item, start, found="", why="is gone")
    found = _hash(objects, item.key)
    with objects.open(item.key) as file:
        there = _digests(item, batches_of(file, item.table))
    if found == item.sha256 and not item.regenerate:
        return _read(item, start, found=found, blocks=there)
    planned = _digests(item, _built(item))
    differences = _compared(item, objects) if planned != there else None
    return _read(item, start, found=found, blocks=there, regenerated=planned == there, differences=differences)


def _digests(item: FileItem, batches: Iterable[Batches]) -> dict[str, str]:
    """By block, of rows that were spoilt by shard: the digest of the rows."""
    if item.spoilt:
        return {item.shard.id: spoilt.whole(sum(map(spoilt.hashed, apart.rows(_copied(batches, item.table)))))}
    return blocks.digests_of(batches, item.table, Blocks(item.config, item.shard))


def _read(item: FileItem, start: float, *, found: str, **values: Any) -> FileRead:
    usual: dict[str, Any] = {"blocks": {}, "regenerated": None, "why": "", "differences": None}
    return FileRead(
        shard=item.shard.id,
        key=item.key,
        ledger=item.sha256,
        found=found,
        seconds=round(time.perf_counter() - start, 3),
        **{**usual, **values},
    )


def _hash(objects: Objects, key: str) -> str:
    digest = hashlib.sha256()
    with objects.open(key) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _compared(item: FileItem, objects: Objects) -> Differences:
    def planned() -> Iterator[bytes]:
        return apart.rows(_copied(_built(item), item.table))

    with objects.open(item.key) as file:
        there = apart.rows(_copied(batches_of(file, item.table), item.table))
        return (
            spoilt.differences(item.table, planned, there)
            if item.spoilt
            else rows.compare(item.table, planned(), there)
        )


def _built(item: FileItem) -> Iterator[Batches]:
    return Feed(item.config).batches(item.shard, BATCH_ROWS)


def _copied(batches: Iterable[Batches], table: Table) -> Iterator[memoryview]:
    return chain.from_iterable(map(Encoder(table).rows, batches))


def contents(
    reader: LakeReader,
    found: Subject,
    plans: Mapping[int, Plan],
    tables: Sequence[str],
    *,
    regenerate: bool,
    workers: int,
    show: Callable[[Event], None],
) -> list[Check]:
    """Examine every file of the tables in worker processes, the largest first: a check for each table.

    Raises:
        VerificationError: the store or a process failed.
    """
    items = [item for name in tables for item in _items(reader, found.tables[name], plans, regenerate=regenerate)]
    items.sort(key=lambda item: -item.shard.bytes)

    def begun(item: FileItem) -> None:
        show(CheckStarted(check=item.shard.id))

    def ended(each: FileRead) -> None:
        show(CheckDone(check=each.shard, failures=each.sentences[:1], seconds=each.seconds))

    read = examined(items, examine, default_engine(), workers, begun=begun, ended=ended)
    return [
        _check(
            name, [each for each in read if each.shard.partition("/")[0] == name], spoilt_too=found.tables[name].spoilt
        )
        for name in tables
    ]


def _items(reader: LakeReader, loaded: Loaded, plans: Mapping[int, Plan], *, regenerate: bool) -> Iterator[FileItem]:
    plan, name = plans[loaded.run.run], loaded.claim.target
    entries = {each.shard: each for each in reader.entries[name]}
    for shard in plan.of(name):
        if entry := entries.get(shard.id):  # counts tell of those that are not
            yield FileItem(
                address=reader.objects.address,
                config=replace(loaded.config, dirt=loaded.config.dirt and loaded.config.dirt.opened()),
                shard=shard,
                key=entry.key,
                sha256=entry.sha256,
                regenerate=regenerate,
                spoilt=loaded.spoilt,
            )


def _check(name: str, read: Sequence[FileRead], *, spoilt_too: bool) -> Check:
    """One table's files in one check; of spoilt rows their digests are sums."""
    read = sorted(read, key=lambda each: each.shard)
    bad = [each for each in read if not each.equal]
    files = plural(len(read), "file")
    against = "ledger and plan" if read and all(each.regenerated for each in read) else "the ledger"
    return Check(
        level="digests",
        name=name,
        about="content, bit for bit",
        status=Status.FAILED if bad else Status.HELD,
        finding=f"{len(bad)} of {files} differ" if bad else f"{files} equal to {against}",
        offenders=len(bad),
        samples=tuple(sentence for each in bad for sentence in each.sentences)[:SAMPLES],
        seconds=round(sum(each.seconds for each in read), 3),
        figures=(_summed(read) if spoilt_too else _told(read)) | {"shards": [_plain(each) for each in read]},
    )


def _told(read: Iterable[FileRead]) -> dict[str, Any]:
    return blocks.told({block: digest for each in read for block, digest in each.blocks.items()})


def _summed(read: Iterable[FileRead]) -> dict[str, Any]:
    return {"digest": spoilt.whole(sum(int(digest, 16) for each in read for digest in each.blocks.values()))}


def _plain(each: FileRead) -> dict[str, Any]:
    return {
        "shard": each.shard,
        "file": each.key,
        "ledger": each.ledger,
        "found": each.found,
        "regenerated": each.regenerated,
        "seconds": each.seconds,
        "equal": each.equal,
    }
