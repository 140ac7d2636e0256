"""A stream played into a schema: its changes and how far it is, in one transaction each.

The stream is a run that is finished at every instant: its plan in the ledger ends where it stands. So nothing is left
over of one that was killed, and whatever follows goes on from there. The run comes to be with the first transaction.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import numpy as np
import psycopg
import pyarrow as pa

from shardgen.errors import OutputError, TargetError
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.plan import Plan, Shard
from shardgen.model.played import instant, micros
from shardgen.model.table import Table
from shardgen.stores.copy import Encoder
from shardgen.stores.failures import PermanentError, SupersededError
from shardgen.stores.findings import refuse
from shardgen.stores.postgres import catalog, claim, ledger, objects, routes
from shardgen.stores.postgres.access import Access
from shardgen.stores.postgres.applying import Applied
from shardgen.stores.postgres.beginning import Beginning
from shardgen.stores.postgres.claim import Attempt, Wanted
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.failures import describe
from shardgen.stores.postgres.ledger import Claim, ShardRow
from shardgen.stores.postgres.postgres import Connection, set_parameters
from shardgen.stores.postgres.swapping import Swapped
from shardgen.stores.resuming import PLAYED
from shardgen.tables import dataset
from shardgen.tables.recipe import Recipe

BATCH: Final = 1_000
"""Changes of a transaction, where there are more than the source would make one by one."""
ONE_BY_ONE: Final = 1_000
"""Changes a second up to which each instant is a transaction of its own."""
LATELY: Final = 0.5
"""Seconds: when more are due at once than come in them, the stream lags, and makes it up in large transactions."""
_BY_INDEX: Final = dict.fromkeys(("enable_hashjoin", "enable_mergejoin", "enable_seqscan"), "off")


class Some(Protocol):
    """Changes in order; what bronze got at one instant is together."""

    @property
    def rows(self) -> pa.RecordBatch:
        """See Applied.apply."""
        ...

    @property
    def tables(self) -> Any:
        """Of each row, as a place among the tables."""
        ...

    @property
    def got(self) -> Any:
        """When bronze got each, microseconds UTC."""
        ...


class Playing:
    """A sink of changes, see flow.playing.Sink; it holds the lock of the schema until it is closed.

    Args:
        dsn: the target.
        schema: of the tables and the ledger.
        plan: of what is there, up to where it is.
        options: of the run that has filled it, as its ledger has them.

    Raises:
        TargetError: somebody else is at work there, or the tables cannot be brought forward; nothing was written.
    """

    every = 0.0

    def __init__(self, dsn: str, schema: str, plan: PlanConfig, options: Mapping[str, Any]) -> None:
        self._access, self._schema, self._options = Access(dsn), schema, options
        self._plan, self._run, self._ready = plan, 0, 0
        self._tables: list[Applied] = []
        self._attempts: list[Attempt] = []
        self._prepared: Connection | None = None
        self._taken = time.monotonic()
        with ExitStack() as opened:
            self._control: Control = opened.enter_context(Beginning(access=self._access, schema=schema).control())
            if self._control.pooled:
                told = f"{self._access.place} is a pooler that gives its sessions to others, and a stream needs its own"
                raise TargetError(told, remedy="connect to the server directly")
            with self._access.refusals():
                self._control.call(self._check)
            self._opened = opened.pop_all()

    def close(self) -> None:
        """Let go of the target."""
        self._opened.close()

    def encoders(self) -> dict[str, Encoder]:
        """By table, what makes its rows, of the columns that it has."""
        return {name: Encoder(self._table(name)) for name in self._plan.tables}

    def take(self, some: Some, until: int) -> None:
        """Commit changes, and the instant that they reach, in one transaction or several.

        Raises:
            OutputError: the server refuses, or others have changed what changes now.
        """
        for low, high, reached in self._transactions(np.asarray(some.got), until):
            tables = some.tables[low:high]
            rows = some.rows.slice(low, high - low)
            self._persist(rows, np.asarray(tables), instant(reached))

    def reach(self, until: int) -> None:
        """Commit that no more comes before an instant."""
        if until > micros(self._plan.closes):
            nothing = np.empty(0, dtype=np.int64)
            empty = pa.record_batch([pa.array([], pa.int64())], names=["operation"])
            self._persist(empty, nothing, instant(until))

    # --- transactions -------------------------------------------------------------------------------------------------

    def _transactions(self, got: np.ndarray, until: int) -> Iterator[tuple[int, int, int]]:
        """First change of each, the first after it, and the instant that it reaches."""
        now = time.monotonic()
        few = ONE_BY_ONE * min(now - self._taken, LATELY) * 1.05 + 1
        self._taken = now
        size = 1 if len(got) <= few else BATCH
        low = 0
        while low < len(got):
            last = got[min(low + size, len(got)) - 1]
            high = int(np.searchsorted(got, last, "right"))
            yield low, high, until if high == len(got) else int(last) + 1
            low = high

    def _persist(self, rows: pa.RecordBatch, tables: np.ndarray, until: datetime) -> None:
        try:
            self._control.call(lambda connection: self._commit(connection, rows, tables, until))
        except (psycopg.Error, PermanentError, SupersededError) as error:
            raise OutputError(f"{self._access.place} takes no more: {self._access.masked(describe(error))}") from error

    def _commit(self, connection: Connection, rows: pa.RecordBatch, tables: np.ndarray, until: datetime) -> None:
        self._prepare(connection)
        plan = self._plan.up_to(until) if self._run else self._plan.window(until)
        if micros(plan.closes) > self._ready:
            self._get_ready(connection, plan)
        with connection.transaction():
            run, to_do = (
                self._begin(connection, plan) if not self._run else (self._run, self._moves_on(connection, plan))
            )
            if to_do:
                self._apply(connection, run, rows, tables)
        self._plan, self._run = plan, run

    def _apply(self, connection: Connection, run: int, rows: pa.RecordBatch, tables: np.ndarray) -> None:
        done = {}
        for place in np.unique(tables).tolist():
            some = rows.take(pa.array(np.flatnonzero(tables == place)))
            done[self._plan.tables[place]] = asdict(self._tables[place].apply(some))
        ledger.play_shards(connection, self._schema, run, _suffix(run), done)

    def _moves_on(self, connection: Connection, plan: PlanConfig) -> bool:
        """Whether the position in the ledger was moved; not where it is there already.

        Raises:
            SupersededError: it is elsewhere.
        """
        then, now, oids = _ends(self._plan), _ends(plan), [each.oid for each in self._claims.values()]
        if ledger.play_on(connection, self._schema, self._run, oids, then=then, now=now):
            return True
        if ledger.played(connection, self._schema, self._run) == now:
            return False
        raise SupersededError(f"run={self._run} is not where this stream left it: others have brought it forward")

    # --- the run ------------------------------------------------------------------------------------------------------

    def _wanted(self, plan: PlanConfig) -> Wanted:
        window = {"since": str(plan.since), "end": plan.end.isoformat(), "days": plan.days, "tables": list(plan.tables)}
        options = {**self._options, **window, PLAYED: True}
        return Wanted(plan=Plan(config=plan, shards=()), terms=Terms(), recipe=Recipe(), workers=1, options=options)

    def _check(self, connection: Connection) -> None:
        """See what stands in the way.

        Raises:
            TargetError: something does.
        """
        plan = self._plan.window(self._plan.closes + timedelta(days=1))
        refuse(claim.examine(connection, self._wanted(plan)).findings.problems)
        found = ledger.claims(connection, self._schema)
        self._claims = {name: found[name] for name in plan.tables}

    def _begin(self, connection: Connection, plan: PlanConfig) -> tuple[int, bool]:
        """Claim the tables for a run that is finished where the first transaction ends; whether that is still to do."""
        before = len(self._attempts)
        run = claim.claim_new(connection, self._wanted(plan), self._attempts).run
        if len(self._attempts) == before:  # an attempt before was done: only the answer was lost
            return run, False
        found = ledger.claims(connection, self._schema)
        self._claims = {name: found[name] for name in plan.tables}
        for name, each in self._claims.items():
            shard = f"{name}{_suffix(run)}"
            ledger.begin_shard(
                connection, self._schema, each, shard, attempt=1, pid=os.getpid(), host=socket.gethostname()
            )
            ledger.complete_shard(connection, self._schema, each, _nothing(name, shard))
        ledger.set_state(connection, self._schema, run, "finished")
        return run, True

    # --- the session --------------------------------------------------------------------------------------------------

    def _prepare(self, connection: Connection) -> None:
        """Have the session as the changes need it, once: its lock says that nobody else is at work."""
        if connection is self._prepared:
            return
        set_parameters(connection, _BY_INDEX, local=False)
        self._tables = [self._applied(connection, name) for name in self._plan.tables]
        self._prepared = connection

    def _applied(self, connection: Connection, name: str) -> Applied:
        spec = dataset(self._plan.dataset)[name]
        changing, how = self._plan.history == "latest" and spec.history is not None, Applied
        if spec.exchanged(self._plan):
            how = Swapped
        return how(connection, self._schema, self._claims[name], self._table(name), changing=changing)

    def _table(self, name: str) -> Table:
        """As it is there, less the columns that it lacks."""
        table = dataset(self._plan.dataset)[name].table_of(self._plan.history)
        return table.without(self._claims[name].left_out)

    def _get_ready(self, connection: Connection, plan: PlanConfig) -> None:
        """Make the partitions of the days up to the end of a plan, and move sequences beyond its keys."""
        tables, recipe, whole = dataset(plan.dataset), Recipe(), Plan(config=plan, shards=())
        end = micros(datetime.combine(plan.end, datetime.min.time()))
        since = self._ready or micros(self._plan.closes - timedelta(days=1))
        for name, each in self._claims.items():
            self._make_leaves(connection, plan, each, since, end)
            if objects.serial_columns(tables[name].table):
                objects.set_sequences(connection, self._schema, tables, {name: recipe.max_id(whole, name)})
        self._ready = end

    def _make_leaves(self, connection: Connection, plan: PlanConfig, of: Claim, since: int, end: int) -> None:
        spec = dataset(plan.dataset)[of.target]
        found = catalog.relation(connection, self._schema, of.relation)
        leaves = spec.leaves(plan, since, end)
        if found is None or not leaves:
            return
        shards = [
            Shard(id=leaf.name, table=of.target, start=0, stop=0, leaf=leaf, rows=0, exact=False, bytes=0)
            for leaf in leaves
        ]
        table, found = spec.table_of(plan.history), replace(found, own_leaves=of.waiting)
        way = routes.route(connection, self._schema, table, found, shards, created=of.created)
        missing = [shard.leaf for shard in way.added if shard.leaf]
        objects.create_leaves(connection, self._schema, table, missing, of.waiting)


def _suffix(run: int) -> str:
    """What a table's shard of a stream is called after its table."""
    return f"/played.{run}"


def _ends(plan: PlanConfig) -> tuple[str, str | None]:
    told = plan.to_json()
    return told["end"], told.get("until")


def _nothing(table: str, shard: str) -> ShardRow:
    return ShardRow(target=table, shard=shard, rows=0, bytes=0, digest="", seconds=0.0, phases={}, attempts=1)
