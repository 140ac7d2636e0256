"""A schema of a PostgreSQL database as a place for rows: what can be asked of it, and in which words it refuses."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from shardgen.errors import ShardgenError, TargetError
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.parts import Part
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.stores import RowEncoder, Run, encoder_of, joining
from shardgen.stores.findings import Findings, Loss, Owner, RunStatus
from shardgen.stores.postgres import census, claim, finalise, ledger, objects, pooler, reset, returning, status, survey
from shardgen.stores.postgres.access import Access
from shardgen.stores.postgres.beginning import Beginning
from shardgen.stores.postgres.claim import Attempt, Claimed, Wanted
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.failures import DatabaseError, describe
from shardgen.stores.postgres.postgres import (
    Connection,
)
from shardgen.stores.postgres.reader import PostgresReader
from shardgen.stores.postgres.retry import persist
from shardgen.stores.postgres.run import PostgresRun
from shardgen.stores.postgres.survey import Survey
from shardgen.stores.postgres.trial import PostgresTrials
from shardgen.stores.trials import Trials
from shardgen.tables.recipe import Recipe

T = TypeVar("T")

KEYLESS_ROWS: Final = 20_000_000
"""Expected rows from which a plain table gets its primary key at the end; below, COPY keeps it at 0.35 us a row."""


class PostgresStore:
    """See stores.Store.

    Args:
        dsn: libpq connection string.
        schema: of the tables and the ledger.
        encoder: makes an encoder for a table; tests bring another.
        keyless_rows: see KEYLESS_ROWS.
    """

    def __init__(
        self,
        dsn: str,
        schema: str,
        *,
        encoder: Callable[[Table], RowEncoder] = encoder_of,
        keyless_rows: int = KEYLESS_ROWS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.dsn = dsn
        self.schema = schema
        self._access = Access(dsn)
        self.place = self._access.place
        self.masked = self._access.masked
        self.encoder = encoder
        self.sleep = sleep
        self._keyless_rows = keyless_rows
        self._clock = clock

    def beside(self, place: str) -> PostgresStore:
        """See stores.Store.beside."""
        return PostgresStore(
            self.dsn,
            place,
            encoder=self.encoder,
            keyless_rows=self._keyless_rows,
            clock=self._clock,
            sleep=self.sleep,
        )

    def keyless(self, plan: Plan) -> frozenset[str]:
        """Plain tables so large that their primary key is built at the end."""
        return finalise.keyless(plan, self._keyless_rows)

    def inspect(self, plan: Plan, terms: Terms, recipe: Recipe, *, workers: int, count: bool = False) -> Findings:
        """See stores.Store.inspect."""
        wanted = self._wanted(plan, terms, recipe, workers=workers)

        def examined(connection: Connection) -> Findings:
            found = claim.examine(connection, wanted).findings
            shared = pooler.shares_sessions(connection, self.dsn)
            return replace(found, notices=(pooler.NOTICE, *found.notices)) if shared else found

        found = self._access.asked("inspect", examined)
        return replace(found, losses=self._counted(found.losses)) if count and not found.problems else found

    @contextlib.contextmanager
    def begin(
        self, plan: Plan, terms: Terms, recipe: Recipe, *, options: Mapping[str, Any], workers: int, take_over: bool
    ) -> Iterator[Run]:
        """See stores.Store.begin."""
        wanted = self._wanted(plan, terms, recipe, workers=workers, options=options)
        attempts: list[Attempt] = []
        beginning = self._beginning(take_over=take_over)
        with beginning.control() as control:
            claimed = beginning.claimed(control, lambda it: claim.claim_new(it, wanted, attempts), attempts)
            yield PostgresRun(self, control, claimed, recipe)

    @contextlib.contextmanager
    def join(
        self,
        plan: Plan,
        terms: Terms,
        recipe: Recipe,
        *,
        part: Part | None,
        options: Mapping[str, Any],
        workers: int,
        take_over: bool = False,
    ) -> Iterator[Run]:
        """See stores.Store.join."""
        asked = self._wanted(plan, terms, recipe, workers=workers, options=joining.recorded(options, part))
        wanted = replace(asked, in_parts=True)
        attempts: list[Attempt] = []
        beginning = replace(self._beginning(take_over=take_over), part=str(part or ""))
        with beginning.control() as control:
            claimed = beginning.claimed(control, lambda it: claim.join(it, wanted, part, attempts), attempts)
            yield PostgresRun(self, control, claimed, recipe)

    @contextlib.contextmanager
    def resume(
        self, recipe: Recipe, *, given: Mapping[str, Any], on_conflict: str | None, workers: int, take_over: bool
    ) -> Iterator[Run]:
        """See stores.Store.resume."""

        def take_up(connection: Connection) -> Claimed:
            return claim.take_up(connection, self.schema, recipe, given=given, workers=workers, on_conflict=on_conflict)

        beginning = self._beginning(take_over=take_over)
        with beginning.control() as control:
            yield PostgresRun(self, control, beginning.claimed(control, take_up, ()), recipe)

    def runs(self) -> list[RunStatus]:
        """See stores.Store.runs."""
        return self._access.asked("status", lambda connection: status.read(connection, self.schema))

    def owners(self) -> dict[str, Owner]:
        """See stores.Store.owners."""

        def asked(connection: Connection) -> dict[str, Owner]:
            if not ledger.present(connection, self.schema):
                return {}
            runs = {run.run: run for run in ledger.runs(connection, self.schema, owning=True)}
            return {name: runs[each.run] for name, each in ledger.claims(connection, self.schema).items()}

        return self._access.asked("status", asked)

    @contextlib.contextmanager
    def watched(self) -> Iterator[Callable[[], list[RunStatus]]]:
        """See stores.Store.watched; over one connection, and over another when that breaks."""
        with status.Observer(self.dsn, self.schema) as observer:

            def look() -> list[RunStatus]:
                with self._access.refusals(check=False):
                    return observer.look()

            yield look

    def survey(self, recipe: Recipe, *, run: int | None, every: bool) -> Survey:
        """See stores.Store.survey."""
        return self._access.asked("reset", lambda connection: self._survey(connection, recipe, run, every=every))

    def reset(
        self, recipe: Recipe, expected: Survey, *, run: int | None, every: bool, show: Callable[[str], None]
    ) -> None:
        """Take away what the survey found, under the coordinator's lock.

        Raises:
            TargetError: a load is at work, or the target is not any more what the survey found; nothing was removed.
            ShardgenError: the server refused on the way; another reset does the rest.
        """
        begun = False

        def carry_out(connection: Connection) -> None:
            """Also the rest, where an attempt before was cut short."""
            nonlocal begun
            found = self._survey(connection, recipe, run, every=every)
            if found != expected and not begun:
                raise TargetError("the target has changed since it was looked at: look again")
            begun = True
            reset.carry_out(connection, self.schema, found, survey.plans(recipe), show)

        with self._access.refusals(), Control(self.dsn, self.schema) as control:
            try:
                control.call(carry_out)
            except DatabaseError as error:
                if not begun:
                    raise
                text = self.masked(describe(error))
                raise ShardgenError(
                    f"the reset stopped: {text}: what is removed stays so; reset again for the rest"
                ) from error

    def returned(self, plan: PlanConfig, shard: Shard) -> Iterator[dict[str, Any]]:
        """See stores.Store.returned."""
        return returning.of_shard(self.dsn, replace(plan, schema=self.schema), shard)

    def apply_schema(self, plan: PlanConfig) -> list[str]:
        """Create what is missing of the tables of a plan; the names of what was created."""
        with self._access.refusals():
            return persist(
                lambda: objects.apply_schema(
                    self.dsn, self.schema, plan.tables, plan.indexes, plan.dataset, plan.history, plan.dirt
                )
            )

    def tried(self, measure: Callable[[Trials], T]) -> T:
        """What a measurement gives that has the server take some rows on trial; nothing of them stays.

        Raises:
            TargetError: the server takes none.
        """

        def over(connection: Connection) -> T:
            if not connection.own:
                raise TargetError("a pooler gives its sessions to others, so none is used for it: connect directly")
            return measure(PostgresTrials(connection))

        return self._access.asked("plan", over)

    def reader(self, *, workers: int, purpose: str) -> PostgresReader:
        """See stores.Store.reader."""
        return PostgresReader(self.dsn, self.schema, workers=workers, purpose=purpose)

    def _wanted(
        self, plan: Plan, terms: Terms, recipe: Recipe, *, workers: int, options: Mapping[str, Any] | None = None
    ) -> Wanted:
        return Wanted(
            plan=plan,
            terms=terms,
            recipe=recipe,
            workers=workers,
            options=options or {},
            encoder=self.encoder,
            keyless=self.keyless(plan),
        )

    def _survey(self, connection: Connection, recipe: Recipe, run: int | None, *, every: bool) -> Survey:
        return survey.survey(connection, self.schema, run, every=every, plans=survey.plans(recipe))

    def _beginning(self, *, take_over: bool) -> Beginning:
        return Beginning(
            access=self._access, schema=self.schema, take_over=take_over, clock=self._clock, sleep=self.sleep
        )

    def _counted(self, losses: Sequence[Loss]) -> tuple[Loss, ...]:
        with self._access.refusals(check=False), self._access.session("count") as connection:
            return tuple(
                replace(loss, rows=census.of_relation(connection, self.schema, loss.relation)) for loss in losses
            )
