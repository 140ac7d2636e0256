"""How the runs of a lake stand: what the ledger says, put together for whoever shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shardgen.stores.findings import Loss, RunStatus, TableStatus, replaced_by
from shardgen.stores.joining import standing
from shardgen.stores.lake.coordinator import Holder
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.records import Current, Entry, Failure, Record


def statuses(ledger: Ledger, holders: Sequence[Holder]) -> list[RunStatus]:
    """Every run, oldest first.

    Args:
        ledger: of the prefix.
        holders: who is at work.
    """
    current = ledger.current()
    return [_status(ledger, current, record, holders) for record in ledger.records(current)]


def _status(ledger: Ledger, current: Current, record: Record, holders: Sequence[Holder]) -> RunStatus:
    entries, failures = ledger.entries(record.run), ledger.failures(record.run)
    stands, (state, at_work) = current.runs[record.run], standing(record, at_work=bool(holders))
    tables = tuple(_table(current, record, name, entries, failures) for name in record.plan["tables"])
    return RunStatus(
        run=record.run,
        state=state,
        coordinator=", ".join(each.shown for each in holders) if at_work else None,
        started=datetime.fromisoformat(stands.started),
        resumed=_time(stands.resumed),
        finished=_time(stands.finished),
        host=stands.host,
        pid=stands.pid,
        fingerprint=record.fingerprint,
        versions={**record.versions, **record.made_by},
        plan=record.plan,
        options=record.options,
        last_error=stands.error or next((each.last_error for each in tables if each.last_error), None),
        replaced_by=replaced_by(tables),
        tables=tables,
    )


def _table(
    current: Current, record: Record, name: str, entries: Sequence[Entry], failures: Sequence[Failure]
) -> TableStatus:
    done = [each for each in entries if each.table == name]
    open_failures = [each for each in failures if each.table == name and each.shard not in {one.shard for one in done}]
    promised, claim, shown = record.planned[name], current.claims.get(name), current.shown.get(name)
    ours = next((each for each in (claim, shown) if each is not None and each.run == record.run), None)
    return TableStatus(
        run=record.run,
        table=name,
        relation=record.relation(name),
        generation=ours.generation if ours else None,
        replaced_by=claim.run if ours is None and claim is not None else None,
        planned_shards=promised["shards"],
        planned_rows=promised["rows"],
        exact=promised["exact"],
        done=len(done),
        pending=promised["shards"] - len(done),
        failed=sum(each.given_up for each in open_failures),
        rows=sum(each.rows for each in done),
        skipped=0,
        last_error=_told(open_failures[-1]) if open_failures else None,
    )


def losses(ledger: Ledger, current: Current, tables: Sequence[str]) -> tuple[Loss, ...]:
    """What a replace of the tables takes away in the end."""
    found = []
    for name in tables:
        claim = current.shown.get(name)
        if claim is None:
            continue
        entries = [each for each in ledger.entries(claim.run) if each.table == name]
        found.append(
            Loss(
                relation=ledger.record(claim.run, current).relation(name),
                action="replaced",
                rows=sum(each.rows for each in entries),
                bytes=sum(each.size for each in entries),
                filled_by=f"run={claim.run}",
                created=True,
            )
        )
    return tuple(found)


def _told(failure: Failure) -> str:
    return f"{failure.shard} attempt {failure.attempt}: {failure.cause}"


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
