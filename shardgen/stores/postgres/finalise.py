"""What comes after the last shard: indexes of plain tables, then large primary keys, and ANALYZE of what is complete.

Each step has a name and is recorded in the transaction of its own DDL, so that it happens once whatever dies.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import sql

from shardgen.errors import Interrupted, LoadError, Text, Use
from shardgen.events import Event, StepDone, StepStarted
from shardgen.model.plan import Plan
from shardgen.model.table import Table
from shardgen.stores.postgres import catalog, ddl, ledger
from shardgen.stores.postgres.crew import Crew
from shardgen.stores.postgres.failures import describe
from shardgen.stores.postgres.postgres import Connection, application_name, connect, set_parameters, without_secret
from shardgen.tables import dataset, table_of

_MAINTENANCE_WORK_MEM: Final = "256MB"
_STATISTICS_TARGET: Final = "30"  # clicks of a year: 2.9 s instead of 8.1 s at 100; it samples leaf by leaf
_ANALYZE_ONLY_SINCE: Final = 180_000  # server_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One named statement."""

    name: str
    """As shardgen_steps has it: ``"index raw_sessions_user_id_idx"``."""
    makes: str
    """The relation that the statement creates: where it exists, only the record is missing. Empty for others."""
    statement: sql.Composed
    analyzes: str = ""
    """The relation that it reads for the planner; empty for others."""


def keyless(plan: Plan, above: int) -> frozenset[str]:
    """Plain tables of so many expected rows that their primary key is built at the end."""
    tables = [table_of(plan.config, name) for name in plan.config.tables]
    plain = [table.name for table in tables if table.keyed and not table.partitioned]
    return frozenset(name for name in plain if plan.rows(name) > above)


def stages(plan: Plan, claims: Mapping[str, ledger.Claim], keyless: frozenset[str]) -> list[list[Step]]:
    """The steps of a load; those of one stage may run at the same time, a stage begins when the one before is done.

    Within a stage the largest table comes first, so that it is not left over at the end. ANALYZE of a large partitioned
    table takes as long as the indexes of all others: tables that lack nothing are analysed beside them.
    """
    schema = plan.config.schema
    by_size = sorted(plan.config.tables, key=lambda name: -sum(shard.bytes for shard in plan.of(name)))
    own = [
        table_of(plan.config, name)
        for name in by_size
        if claims[name].created and not dataset(plan.config.dataset)[name].table.partitioned
    ]
    indexes = [
        Step(
            name=f"index {ddl.index_name(table, index)}",
            makes=ddl.index_name(table, index),
            statement=ddl.create_index(table, index, schema),
        )
        for table in own
        for index in table.indexes_for(plan.config.indexes)
    ]
    keys = [_key(table, schema) for table in own if table.name in keyless]
    unfinished = {table.name for table in own if table.name in keyless or table.indexes_for(plan.config.indexes)}
    analyses = {name: analyze(schema, claims[name].relation) for name in by_size}
    now = [step for name, step in analyses.items() if name not in unfinished]
    later = [step for name, step in analyses.items() if name in unfinished]
    return [stage for stage in (now + indexes, keys, later) if stage]


def _key(table: Table, schema: str) -> Step:
    name = f"{table.relation}_pkey"
    columns = sql.SQL(", ").join(map(sql.Identifier, table.key))
    statement = sql.SQL("ALTER TABLE ONLY {} ADD CONSTRAINT {} PRIMARY KEY ({})").format(
        sql.Identifier(schema, table.relation), sql.Identifier(name), columns
    )
    return Step(name=f"key {name}", makes=name, statement=statement)


def analyze(schema: str, relation: str) -> Step:
    """The step that reads a relation for the planner."""
    statement = sql.SQL("ANALYZE {}").format(sql.Identifier(schema, relation))
    return Step(name=f"analyze {relation}", makes="", statement=statement, analyzes=relation)


class Finaliser:
    """Runs steps, several at a time, each in a transaction of its own.

    Args:
        dsn: the target.
        schema: of the tables and the ledger.
        run: whose steps they are.
        workers: how many at a time.
        attempts: how often a step is tried.
        stopped_by: the signal that asks for an end, or 0.
    """

    def __init__(
        self,
        *,
        dsn: str,
        schema: str,
        run: int,
        workers: int,
        attempts: int,
        show: Callable[[Event], None],
        stopped_by: Callable[[], int],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dsn = dsn
        self._schema = schema
        self._run = run
        self._workers = workers
        self._attempts = attempts
        self._show = show
        self._stopped_by = stopped_by
        self._sleep = sleep

    def carry_out(self, stages: Sequence[Sequence[Step]], done: set[str]) -> None:
        """Do every step that is not done yet, stage after stage.

        Raises:
            LoadError: a step failed for good; the others of its stage were finished.
            Interrupted: a signal came; statements in flight were cancelled.
        """
        for stage in stages:
            failures: list[LoadError] = []
            crew = Crew[Step, float](
                members=self._workers,
                connect=lambda: connect(self._dsn, application_name=application_name(self._run, "step")),
                name="shardgen-step",
                begun=lambda step: self._show(StepStarted(step=step.name)),
                ended=lambda step, seconds, _: self._show(StepDone(step=step.name, seconds=round(seconds, 3))),
                failed=lambda step, error: failures.append(self._told(step, error)),  # noqa: B023  # of this stage
                attempts=self._attempts,
                sleep=self._sleep,
            )
            crew.work([step for step in stage if step.name not in done], self._once, check=self._check)
            if failures:
                raise failures[0]

    def _told(self, step: Step, error: Exception) -> LoadError:
        text = without_secret(describe(error), self._dsn)
        remedy = Text("use ", Use("resume", value=True), " when it is mended")
        return LoadError(f"step={step.name!r} failed: {text}", remedy=remedy)

    def _check(self) -> None:
        if signum := self._stopped_by():
            raise Interrupted(signum)

    def _once(self, connection: Connection, step: Step) -> float:
        """Do one step; its seconds, which are those of the last attempt."""
        start = time.perf_counter()
        with connection.transaction():
            sizes = {
                "maintenance_work_mem": _MAINTENANCE_WORK_MEM,
                "default_statistics_target": _STATISTICS_TARGET,
            }
            set_parameters(connection, sizes, local=True)
            if not ledger.begin_step(connection, self._schema, self._run, step.name):
                return time.perf_counter() - start  # done by somebody else meanwhile
            if not step.makes or catalog.kind(connection, self._schema, step.makes) is None:
                connection.execute(self._alone(connection, step) or step.statement)
            ledger.complete_step(connection, self._schema, self._run, step.name, time.perf_counter() - start)
        return time.perf_counter() - start

    def _alone(self, connection: Connection, step: Step) -> sql.Composed | None:
        """ANALYZE that leaves out the tables that inherit from a plain one; older servers do not go to them."""
        if not step.analyzes or connection.info.server_version < _ANALYZE_ONLY_SINCE:
            return None
        if catalog.kind(connection, self._schema, step.analyzes) == "p":
            return None
        return sql.SQL("ANALYZE ONLY {}").format(sql.Identifier(self._schema, step.analyzes))
