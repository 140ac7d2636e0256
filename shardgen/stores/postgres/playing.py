"""A stream played into a schema: its changes and how far it is, in one transaction each.

The stream is a run that is finished at every instant: its plan in the ledger ends where it stands. So nothing is left
over of one that was killed, and whatever follows goes on from there. The run comes to be with the first transaction.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
import psycopg
from psycopg import Cursor

from shardgen.errors import OutputError, TargetError
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.plan import Plan
from shardgen.model.played import instant, micros
from shardgen.model.table import Table
from shardgen.stores.copy import Encoder
from shardgen.stores.failures import PermanentError, SupersededError
from shardgen.stores.findings import refuse
from shardgen.stores.postgres import claim, ledger
from shardgen.stores.postgres.access import Access
from shardgen.stores.postgres.applying import PREPARED, SETTINGS, Applied, Made
from shardgen.stores.postgres.beginning import Beginning
from shardgen.stores.postgres.claim import Attempt, Wanted
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.days import Days
from shardgen.stores.postgres.failures import describe
from shardgen.stores.postgres.ledger import ShardRow
from shardgen.stores.postgres.postgres import Connection, set_parameters
from shardgen.stores.postgres.sending import Line, sending
from shardgen.stores.postgres.swapping import Swapped
from shardgen.stores.postgres.transactions import Pace, Some, Transaction, by_table
from shardgen.stores.resuming import PLAYED
from shardgen.tables import dataset
from shardgen.tables.recipe import Recipe

Changes: TypeAlias = Mapping[int, Made]
"""Those of each table, which is told by its place, in the order of the tables."""


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
        self._plan, self._run, self._days = plan, 0, Days(schema, plan)
        self._tables: list[Applied] = []
        self._attempts: list[Attempt] = []
        self._prepared: Connection | None = None
        self._sent, self._in_doubt = plan, True
        self._pace = Pace()
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="shardgen-changes")
        self._ahead.submit(import_module, "pyarrow.compute")  # a quarter of a second, that the first changes would pay
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
        self._ahead.shutdown()
        self._opened.close()

    def encoders(self) -> dict[str, Encoder]:
        """By table, what makes its rows, of the columns that it has."""
        return {name: Encoder(self._table(name)) for name in self._plan.tables}

    def take(self, some: Some, until: int, ago: np.ndarray) -> None:
        """Commit changes, and the instant that they reach, in one transaction or several.

        Raises:
            OutputError: the server refuses, or others have changed what changes now.
        """
        every = self._pace.transactions(np.asarray(some.got), until, ago)
        self._ask(self._prepare)
        self._carry(every, some)

    def reach(self, until: int) -> None:
        """Commit that no more comes before an instant."""
        if until > micros(self._plan.closes):
            self._carry([Transaction(0, 0, until)], None)

    # --- transactions -------------------------------------------------------------------------------------------------

    def _carry(self, every: Sequence[Transaction], some: Some | None) -> None:
        """Commit transactions in their order, the last of them on the disk."""
        until = [instant(each.reached) for each in every]
        plan = self._plan if self._run else self._plan.window(until[0])
        ends = [self._plan, *map(plan.up_to, until)]
        self._ask(partial(self._follow, every=every, ends=ends, some=some))

    def _ask(self, work: Callable[[Connection], None]) -> None:
        try:
            self._control.call(work)
        except (psycopg.Error, PermanentError, SupersededError) as error:
            raise OutputError(f"{self._access.place} takes no more: {self._access.masked(describe(error))}") from error

    def _follow(
        self, connection: Connection, every: Sequence[Transaction], ends: Sequence[PlanConfig], some: Some | None
    ) -> None:
        """Commit what follows where the stream stands; ``ends`` are where it stands before and after each."""
        self._prepare(connection)
        if self._in_doubt:
            self._find(connection, ends)
        self._in_doubt = True
        at = ends.index(self._plan)
        with sending(connection) as line:
            for now, changes in zip(ends[at + 1 :], self._each(some, every[at:]), strict=True):
                self._one(line, now, changes, followed=now is not ends[-1])
        self._in_doubt = False

    def _each(self, some: Some | None, every: Sequence[Transaction]) -> Iterator[Changes]:
        """What is sent in each transaction; a thread makes it while the server is at work on the one before."""
        making = (self._ahead.submit(self._made, some, each) for each in every)
        waiting = next(making, None)
        while waiting:
            changes = waiting.result()
            waiting = next(making, None)
            yield changes

    def _made(self, some: Some | None, transaction: Transaction) -> Changes:
        if some is None:
            return {}
        return {table: self._tables[table].made(rows) for table, rows in by_table(some, transaction)}

    def _one(self, line: Line, now: PlanConfig, changes: Changes, *, followed: bool) -> None:
        """Send a transaction; it is done when its answers are heard, with the next one's."""
        new_day = self._days.begin(line, now, self._claims.values())
        line.begin()
        if self._run:
            self._change(line, self._run, self._sent, now, changes, followed=followed)
            self._end(line, self._run, now, new_day=new_day)
            return
        line.heard()
        run, to_do = self._begin(line.connection, now)
        if to_do:
            self._change(line, run, now, now, changes, followed=False)
        self._end(line, run, now, new_day=new_day)
        line.heard()

    def _change(
        self, line: Line, run: int, then: PlanConfig, now: PlanConfig, changes: Changes, *, followed: bool
    ) -> None:
        """Move the position in the ledger, and send the changes."""
        done = {self._plan.tables[table]: made.done for table, made in changes.items()}
        move = partial(
            ledger.play_on,
            schema=self._schema,
            number=run,
            oids=[each.oid for each in self._claims.values()],
            then=_ends(then),
            now=_ends(now),
            suffix=_suffix(run),
            done=done,
            followed=followed,
        )
        line.send(move, partial(_check_moved, run))
        for table, made in changes.items():
            self._tables[table].apply(made, line)

    def _end(self, line: Line, run: int, now: PlanConfig, *, new_day: bool) -> None:
        """Send the end of a transaction."""
        if new_day:
            self._days.move_sequences(line, now)
        self._sent = now
        line.commit(partial(self._reached, run, now))

    def _reached(self, run: int, plan: PlanConfig) -> None:
        self._run, self._plan = run, plan

    def _find(self, connection: Connection, ends: Sequence[PlanConfig]) -> None:
        """Where the stream stands, over a session that has not said so.

        The last answers were lost, or the server lost what was not on the disk yet.

        Raises:
            SupersededError: it is elsewhere.
        """
        if self._run:
            found = ledger.played(connection, self._schema, self._run)
            standing = [plan for plan in ends if _ends(plan) == found]
            if not standing:
                raise _elsewhere(self._run)
            self._plan = standing[0]
        self._sent = self._plan
        self._days.forget(self._plan)

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
        set_parameters(connection, SETTINGS, local=False)
        connection.prepare_threshold = PREPARED
        self._tables = [self._applied(connection, name) for name in self._plan.tables]
        self._days.prepare(connection)
        self._prepared, self._in_doubt = connection, True

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


def _check_moved(run: int, moved: Cursor[Any]) -> None:
    if moved.fetchone() is None:
        raise _elsewhere(run)


def _elsewhere(run: int) -> SupersededError:
    return SupersededError(f"run={run} is not where this stream left it: others have brought it forward")


def _suffix(run: int) -> str:
    """What a table's shard of a stream is called after its table."""
    return f"/played.{run}"


def _ends(plan: PlanConfig) -> tuple[str, str | None]:
    """As a plan's JSON has them."""
    return str(plan.end), str(plan.until) if plan.until else None


def _nothing(table: str, shard: str) -> ShardRow:
    return ShardRow(target=table, shard=shard, rows=0, bytes=0, digest="", seconds=0.0, phases={}, attempts=1)
