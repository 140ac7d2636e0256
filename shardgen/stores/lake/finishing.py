"""What comes after the last shard, in steps that may each be done again: what is there already is found.

First the manifest says which files there are, all of them. Then the table formats are told, then one swap makes these
files the table, then ``_SUCCESS`` says so to whoever waits for it. Only then goes what was replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from shardgen.model.plan import Plan
from shardgen.stores.failures import StoreError
from shardgen.stores.lake import layout, publishing
from shardgen.stores.lake.files import Files
from shardgen.stores.lake.layout import Generation
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.records import VERSION, Current, Entry, Record, encoded

Step = tuple[str, Callable[[], object]]


def steps(ledger: Ledger, record: Record, plan: Plan, entries: Callable[[], list[Entry]]) -> Iterator[Step]:
    """The steps in their order, each with its name."""
    yield "write manifest", lambda: _write_manifest(ledger.objects, record, plan, entries())
    if plan.config.publish != "none":
        step = f"publish to {plan.config.publish}"
        yield step, lambda: publishing.publish(ledger.objects, record, plan, entries())
    yield "switch", lambda: ledger.change(partial(_switched, run=record.run))
    yield "write _SUCCESS", lambda: _succeed(ledger)
    yield "remove what was replaced", lambda: _remove_replaced(ledger, record, plan)


def manifest(record: Record, plan: Plan, entries: list[Entry]) -> dict[str, Any]:
    """What the manifest says: the files of a run, the window and the format that they are of."""
    return {
        "version": VERSION,
        "generation": record.run,
        "plan": record.plan_fingerprint,
        "window": record.window,
        "format": plan.config.format,
        "rows": {name: sum(each.rows for each in entries if each.table == name) for name in plan.config.tables},
        "files": [
            {what: value for what, value in asdict(each).items() if what not in ("seconds", "phases")}
            for each in entries
        ],
    }


def _write_manifest(objects: Objects, record: Record, plan: Plan, entries: list[Entry]) -> None:
    """Create the manifest, when every shard is done and its file lies there whole.

    Raises:
        StoreError: something is missing.
    """
    files, done = Files.listed(objects, plan.config.tables), {each.shard: each for each in entries}
    for shard in plan.shards:
        entry = done.get(shard.id)
        if entry is None:
            raise StoreError(f"shard={shard.id!r} is planned and not done")
        if files.sizes.get(entry.key) != entry.size:
            raise StoreError(_damaged(entry, files.sizes.get(entry.key)))
    objects.put_new(Generation(record.run).manifest, encoded(manifest(record, plan, entries)))


def _damaged(entry: Entry, size: int | None) -> str:
    is_now = "is gone" if size is None else f"has {size} bytes instead of {entry.size}"
    return (
        f"{entry.key} {is_now}, though shard={entry.shard!r} was done: put the file back, or replace the table by a "
        "new load"
    )


def _switched(current: Current, run: int) -> Current:
    """The tables of a run are its files from now on; a run that is left without a table is superseded."""
    shown = {**current.shown, **current.owned(run)}
    return replace(current, shown=shown)


def _succeed(ledger: Ledger) -> None:
    """Say that the prefix is complete, unless another run has tables to fill yet."""
    current = ledger.current()
    if current.claims == current.shown:
        told = {name: claim.run for name, claim in sorted(current.shown.items())}
        ledger.objects.put(layout.SUCCESS, encoded({"generations": told}))


def _remove_replaced(ledger: Ledger, record: Record, plan: Plan) -> None:
    """Remove the files of runs before in the tables that are this run's; the ledger keeps word of them.

    Of a run that died between a file and its ledger object the file goes as well.
    """
    publishing.withdraw_earlier(ledger, record, plan)
    current = ledger.current()
    for table in plan.config.tables:
        old = current.runs.keys() - {current.claims[table].run}
        there = Files.listed(ledger.objects, [table]).sizes
        ledger.objects.delete([key for key in there if layout.generation(key) in old])
