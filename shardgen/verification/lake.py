"""See proof.Proof: a lake, whose ledger objects say which files are its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from shardgen.errors import VerificationError
from shardgen.events import Event
from shardgen.model.plan import Plan
from shardgen.stores.lake.reader import LakeReader, check_duckdb
from shardgen.stores.lake.records import Entry, Record
from shardgen.stores.postgres.ledger import Claim, Run, ShardRow
from shardgen.stores.reading import Question
from shardgen.tables import in_order, names
from shardgen.verification import files
from shardgen.verification.outcome import Check
from shardgen.verification.subject import Loaded, Subject, not_looked_at, nothing, unknown_here


class LakeProof:
    """See proof.Proof.

    Args:
        reader: of the lake.
    """

    def __init__(self, reader: LakeReader) -> None:
        self._reader = reader

    def check_place(self, levels: Sequence[str]) -> None:
        """See proof.Proof.check_place: laws and shapes need DuckDB, counts and digests do not."""
        if {"laws", "shape"} & set(levels):
            check_duckdb()

    def subject(self, run: int | None) -> Subject:
        """See proof.Proof.subject."""
        return read(self._reader, run)

    def counts(self, found: Subject, plans: Mapping[int, Plan], tables: Sequence[str]) -> list[Question[Check]]:
        """See proof.Proof.counts: by a listing and by footers."""
        return files.questions(self._reader, found, plans, tables)

    def pieces(self, found: Subject, plans: Mapping[int, Plan], tables: Sequence[str]) -> int:
        """See proof.Proof.pieces: the files."""
        return sum(len(found.tables[name].shards) for name in tables)

    def contents(
        self,
        found: Subject,
        plans: Mapping[int, Plan],
        tables: Sequence[str],
        *,
        regenerate: bool,
        workers: int,
        show: Callable[[Event], None],
    ) -> list[Check]:
        """See proof.Proof.contents: every byte of the files, and the digests of their rows."""
        return files.contents(self._reader, found, plans, tables, regenerate=regenerate, workers=workers, show=show)


def read(reader: LakeReader, run: int | None) -> Subject:
    """Find what there is to verify.

    Args:
        reader: of the lake.
        run: the one run whose tables are meant, or None for all that are finished.

    Raises:
        VerificationError: there is no such run, it is not finished, or nothing is loaded.
    """
    current = reader.ledger.current()
    if not current.runs:
        raise VerificationError(f"{reader.place} holds no ledger: load it with shardgen first, or name another target")
    if run is not None and run not in current.runs:
        raise VerificationError(f"run={run} is not in {reader.place}: choose from {', '.join(map(str, current.runs))}")
    tables, absent, unknown = {}, {}, {}
    for name in in_order({*names(), *reader.shown}):
        record = reader.shown.get(name)
        if record is None:
            absent[name] = "was not loaded"
        elif run is not None and record.run != run:
            absent[name] = f"belongs to run={record.run}"
        elif why := unknown_here(name, record.config):
            absent[name] = unknown[name] = why
        else:
            tables[name] = _loaded(name, record, reader.entries[name])
    if not tables:
        raise nothing(reader.place, absent, unknown)
    return Subject(schema=reader.schema, tables=tables, absent=absent, unknown=not_looked_at(unknown))


def _loaded(name: str, record: Record, entries: Sequence[Entry]) -> Loaded:
    """A table and its run, in the words of a ledger in a database."""
    claim = Claim(
        target=name, relation=record.relation(name), oid=0, generation=record.run, run=record.run, created=True
    )
    return Loaded(
        claim=claim,
        run=_run(record),
        config=record.config,
        shards=tuple(map(_row, entries)),
        divided=True,
    )


def _run(record: Record) -> Run:
    standing = record.standing
    assert standing is not None
    return Run(
        run=record.run,
        state=standing.state,
        fingerprint=record.fingerprint,
        plan_fingerprint=record.plan_fingerprint,
        started_in=record.started_in,
        plan=record.plan,
        options=record.options,
        planned=record.planned,
        versions=record.versions,
        on_conflict="error",
        host=standing.host,
        pid=standing.pid,
        started=datetime.fromisoformat(standing.started),
        resumed=_moment(standing.resumed),
        finished=_moment(standing.finished),
        error=standing.error,
    )


def _moment(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told)


def _row(entry: Entry) -> ShardRow:
    return ShardRow(
        target=entry.table,
        shard=entry.shard,
        rows=entry.rows,
        bytes=entry.size,
        digest=entry.sha256,
        seconds=entry.seconds,
        phases=entry.phases,
        attempts=1,
    )
