"""What the ledger of a place in memory holds: runs, who fills which table, and the shards that are there."""

from __future__ import annotations

import itertools
import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from shardgen.model.config import Terms
from shardgen.model.plan import Plan
from shardgen.model.table import relation_of
from shardgen.stores.findings import RunStatus, TableStatus, replaced_by
from shardgen.stores.joining import standing
from shardgen.stores.resuming import OPEN_STATES, plain, planned
from shardgen.stores.told import Sighting, Written
from shardgen.tables.recipe import Recipe, versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A run, as the ledger of this place has it."""

    run: int
    state: str
    fingerprint: str
    plan_fingerprint: str
    started_in: str
    plan: dict[str, Any]
    options: dict[str, Any]
    versions: dict[str, Any]
    planned: dict[str, dict[str, Any]]
    """By table: shards, rows and whether their number is a promise."""
    on_conflict: str
    started: datetime
    resumed: datetime | None = None
    finished: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A table, by its present claim."""

    run: int
    generation: int
    others: int = 0
    """Rows that were there when the run claimed it, and are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A shard that is there: its ledger row and its rows."""

    run: int
    written: Written
    rows: tuple[bytes, ...]
    """COPY bytes, without header and trailer."""


class MemoryLedger:
    """Everything that is recorded, and the rows with it."""

    def __init__(self) -> None:
        self.runs: dict[int, Record] = {}
        """By number."""
        self.tables: dict[str, Holding] = {}
        """Who fills a table."""
        self.shards: dict[tuple[str, int, str], Kept] = {}
        """By table, generation and id."""
        self.sightings: dict[str, Sighting] = {}
        """Shards at work."""
        self.lock = threading.RLock()
        """Held while something is recorded."""
        self._numbers = itertools.count(1)

    def insert(self, plan: Plan, terms: Terms, recipe: Recipe, options: Mapping[str, Any]) -> int:
        """A new run of state loading that claims the plan's tables; its number."""
        number = next(self._numbers)
        self.runs[number] = Record(
            run=number,
            state="loading",
            fingerprint=recipe.world(plan.config),
            plan_fingerprint=recipe.plan(plan),
            started_in=plan.config.schema,
            plan=plan.config.to_json(),
            options=plain(options),
            versions=versions(),
            planned=planned(plan),
            on_conflict=terms.on_conflict,
            started=now(),
        )
        for name in plan.config.tables:
            self._claim(name, number, terms)
        return number

    def change(self, run: int, **values: Any) -> None:
        """Record something of a run."""
        with self.lock:
            self.runs[run] = replace(self.runs[run], **values)

    def count(self, table: str, run: int | None = None) -> int:
        """Rows of a table, of one run or of all."""
        return sum(
            each.written.rows for key, each in self.shards.items() if key[0] == table and run in (None, each.run)
        )

    def forget(self, runs: tuple[int, ...]) -> None:
        """Take runs away, with their rows."""
        self.shards = {key: each for key, each in self.shards.items() if each.run not in runs}
        self.tables = {name: each for name, each in self.tables.items() if each.run not in runs}
        self.runs = {number: each for number, each in self.runs.items() if number not in runs}

    def status(self, record: Record, coordinator: str) -> RunStatus:
        """How a run stands."""
        tables = tuple(self._table_status(record, name) for name in record.plan["tables"])
        state, at_work = standing(record, at_work=bool(coordinator))
        return RunStatus(
            run=record.run,
            state=state,
            coordinator=coordinator if at_work else None,
            started=record.started,
            resumed=record.resumed,
            finished=record.finished,
            host=socket.gethostname(),
            pid=os.getpid(),
            fingerprint=record.fingerprint,
            versions=record.versions,
            plan=record.plan,
            options=record.options,
            last_error=record.error,
            replaced_by=replaced_by(tables),
            tables=tables,
        )

    def _claim(self, name: str, run: int, terms: Terms) -> None:
        """Give a table to a run, emptied if it starts over; an open run that is left without a table is superseded."""
        before = self.tables.get(name)
        if terms.replace:
            self.shards = {key: each for key, each in self.shards.items() if key[0] != name}
        generation = before.generation + 1 if before else 1
        self.tables[name] = Holding(run=run, generation=generation, others=self.count(name))
        if before is None or before.run in {each.run for each in self.tables.values()}:
            return
        if self.runs[before.run].state in OPEN_STATES:
            self.change(before.run, state="superseded")

    def _table_status(self, record: Record, name: str) -> TableStatus:
        done = [each for key, each in self.shards.items() if key[0] == name and each.run == record.run]
        owner, promised = self.tables.get(name), record.planned[name]
        ours = owner is not None and owner.run == record.run
        return TableStatus(
            run=record.run,
            table=name,
            relation=relation_of(name),
            generation=owner.generation if ours and owner else None,
            replaced_by=None if ours or owner is None or done else owner.run,
            planned_shards=promised["shards"],
            planned_rows=promised["rows"],
            exact=promised["exact"],
            done=len(done),
            pending=promised["shards"] - len(done),
            failed=0,
            rows=sum(each.written.rows for each in done),
            skipped=0,
            last_error=None,
        )


def now() -> datetime:
    """The time, UTC."""
    return datetime.now(UTC)
