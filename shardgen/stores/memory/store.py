"""See stores.Store: one coordinator at a time, claims as every store makes them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from shardgen.errors import TargetError, Text, Use
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.parts import Part
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table, relation_of
from shardgen.stores import RowEncoder, Run, encoder_of, joining
from shardgen.stores.findings import Facts, Findings, Owner, RunStatus, owners, refuse
from shardgen.stores.memory import claims
from shardgen.stores.memory.holders import Holders
from shardgen.stores.memory.ledger import MemoryLedger, Record, now
from shardgen.stores.memory.run import MemoryRun
from shardgen.stores.reading import Reader
from shardgen.stores.resuming import check_same, choose, plain, restricted
from shardgen.stores.retry import until
from shardgen.stores.stopwatch import Stopwatch
from shardgen.stores.trials import Trial, Trials
from shardgen.tables.recipe import Recipe

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class MemorySurvey:
    """See stores.findings.Survey."""

    runs: tuple[int, ...]
    removals: tuple[MemoryRemoval, ...]
    last: bool
    schema: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        tables = [{"table": each.table, "run": each.run, "rows": each.rows} for each in self.removals]
        return {"runs": list(self.runs), "tables": tables, "ledger": self.last}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryRemoval:
    """See stores.findings.Removal."""

    table: str
    relation: str
    run: int
    rows: int
    why: str = "dropped"
    carried: tuple[str, ...] = ()


class MemoryStore:
    """See stores.Store.

    Args:
        schema: where the tables lie, in name only.
        encoder: makes the bytes of rows.
    """

    def __init__(self, schema: str = "bronze", *, encoder: Callable[[Table], RowEncoder] = encoder_of) -> None:
        self.place = "memory"
        self.schema = schema
        self.encoder = encoder
        self.ledger = MemoryLedger()
        self._holders = Holders()
        self._beside: dict[str, MemoryStore] = {}

    def rows(self, table: str) -> bytes:
        """All COPY rows of a table, in order of its shards' ids."""
        kept = [each for key, each in sorted(self.ledger.shards.items()) if key[0] == table]
        return b"".join(part for each in kept for part in each.rows)

    def masked(self, text: str) -> str:
        """The text: there are no secrets."""
        return text

    def beside(self, place: str) -> MemoryStore:
        """See stores.Store.beside."""
        return self._beside.setdefault(place, MemoryStore(place, encoder=self.encoder))

    def inspect(self, plan: Plan, terms: Terms, recipe: Recipe, *, workers: int, count: bool = False) -> Findings:
        """See stores.Store.inspect."""
        facts = Facts(
            server_version="",
            connections_left=workers,
            disk_needed=0,
            disk_free=None,
            data_directory=None,
            today=now().date(),
            holder=str(self._holders),
        )
        return Findings(
            problems=tuple(claims.problems(self.ledger, plan, terms)),
            notices=(),
            facts=facts,
            fates={name: claims.fate(self.ledger, name, terms) for name in plan.config.tables},
            losses=tuple(claims.losses(self.ledger, plan, terms)),
        )

    @contextmanager
    def begin(
        self, plan: Plan, terms: Terms, recipe: Recipe, *, options: Mapping[str, Any], workers: int, take_over: bool
    ) -> Iterator[Run]:
        """See stores.Store.begin."""
        with self._at_work(take_over=take_over) as alone:
            number = self._claim(plan, terms, recipe, options)
            yield self._run(number, plan, alone, resumed=False)

    @contextmanager
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
        """See stores.Store.join; foreign keys there are none."""
        with self._at_work(shared=part is not None, take_over=take_over) as alone:
            with self.ledger.lock:
                record = self._joined(plan, terms, recipe, part, options)
                number = record.run if record else self._claim(plan, terms, recipe, joining.recorded(options, part))
            yield self._run(number, plan, alone, resumed=record is not None)

    @contextmanager
    def resume(
        self, recipe: Recipe, *, given: Mapping[str, Any], on_conflict: str | None, workers: int, take_over: bool
    ) -> Iterator[Run]:
        """See stores.Store.resume."""
        with self._at_work(take_over=take_over) as alone:
            with self.ledger.lock:
                record = choose(list(self.ledger.runs.values()), f"schema={self.schema!r}", plain(given))
                whole = recipe.build_plan(PlanConfig.from_json(record.plan))
                check_same(record, whole, recipe)
                owned = {name for name, each in self.ledger.tables.items() if each.run == record.run}
                kept = {"on_conflict": on_conflict or record.on_conflict}
                self.ledger.change(record.run, state="loading", error=None, resumed=now(), **kept)
            yield self._run(record.run, restricted(whole, owned), alone, resumed=True)

    def runs(self) -> list[RunStatus]:
        """See stores.Store.runs."""
        return [self.ledger.status(record, str(self._holders)) for record in self.ledger.runs.values()]

    def owners(self) -> Mapping[str, Owner]:
        """See stores.Store.owners."""
        return owners(self.runs())

    @contextmanager
    def watched(self) -> Iterator[Callable[[], list[RunStatus]]]:
        """See stores.Store.watched."""
        yield self.runs

    def survey(self, recipe: Recipe, *, run: int | None, every: bool) -> MemorySurvey:
        """See stores.Store.survey."""
        if not self.ledger.runs:
            raise TargetError(f"schema={self.schema!r} holds no run")
        if run is not None and run not in self.ledger.runs:
            raise TargetError(f"run={run} is not in schema={self.schema!r}: choose from {_listed(self.ledger.runs)}")
        if run is None and not every and len(self.ledger.runs) > 1:
            remedy = Text("name one by ", Use("run"), ", or take all back by ", Use("all", value=True))
            raise TargetError(f"schema={self.schema!r} holds several runs: {_listed(self.ledger.runs)}", remedy=remedy)
        chosen = tuple(self.ledger.runs) if run is None else (run,)
        return MemorySurvey(
            runs=chosen,
            removals=tuple(
                MemoryRemoval(
                    table=name,
                    relation=relation_of(name),
                    run=each.run,
                    rows=self.ledger.count(name, each.run),
                )
                for name, each in self.ledger.tables.items()
                if each.run in chosen
            ),
            last=len(chosen) == len(self.ledger.runs),
        )

    def reset(
        self, recipe: Recipe, expected: MemorySurvey, *, run: int | None, every: bool, show: Callable[[str], None]
    ) -> None:
        """See stores.Store.reset."""
        with self._at_work(), self.ledger.lock:
            if self.survey(recipe, run=run, every=every) != expected:
                raise TargetError("the target has changed since it was looked at: look again")
            self.ledger.forget(expected.runs)
            for each in expected.removals:
                show(f"{each.relation}: dropped")

    def returned(self, plan: PlanConfig, shard: Shard) -> Iterator[dict[str, Any]]:
        """See stores.Store.returned.

        Raises:
            TargetError: always.
        """
        raise TargetError(f"rows of {self.place} are not read back")

    def apply_schema(self, plan: PlanConfig) -> list[str]:
        """See stores.Store.apply_schema; there is nothing to create."""
        return []

    def tried(self, measure: Callable[[Trials], T]) -> T:
        """See stores.Store.tried."""
        return measure(_MemoryTrials())

    def reader(self, *, workers: int, purpose: str) -> Reader:
        """See stores.Store.reader.

        Raises:
            TargetError: always.
        """
        raise TargetError("a place in memory understands no SQL: load into a database to ask it")

    def _claim(self, plan: Plan, terms: Terms, recipe: Recipe, options: Mapping[str, Any]) -> int:
        with self.ledger.lock:
            refuse(claims.problems(self.ledger, plan, terms))
            return self.ledger.insert(plan, terms, recipe, options)

    def _joined(
        self, plan: Plan, terms: Terms, recipe: Recipe, part: Part | None, options: Mapping[str, Any]
    ) -> Record | None:
        """The run that a part joins, which loads again if it is not finished."""
        owners = {each.run for each in self.ledger.tables.values()}
        runs = list(self.ledger.runs.values())
        found = joining.chosen(runs, owners, plan, recipe, part=part, options=options, terms=terms)
        if found and found.state != "finished":
            parts = joining.recorded(found.options, part) if part else found.options
            self.ledger.change(found.run, state="loading", error=None, resumed=now(), options=parts)
        return found

    def _run(self, number: int, plan: Plan, alone: Callable[[], bool], *, resumed: bool) -> MemoryRun:
        return MemoryRun(self.ledger, self.encoder, number, plan, resumed=resumed, alone=alone)

    @contextmanager
    def _at_work(self, *, shared: bool = False, take_over: bool = False) -> Iterator[Callable[[], bool]]:
        """Keep other coordinators out, but those that share the place; gives what keeps these out too."""
        holder, name = object(), f"thread={threading.get_ident()}"
        if take_over:
            self._holders.send_away()
        if not self._holders.take(holder, name, shared=shared):
            raise TargetError(
                f"another load is at work in schema={self.schema!r} of {self.place}: {self._holders}",
                remedy=Text("wait for it, or end it by ", Use("take_over", value=True)),
            )

        def alone() -> bool:
            self._holders.give_back(holder)
            return until(
                lambda: self._holders.take(holder, name, shared=False) or self._holders.held_alone(holder), looks=100
            ) and self._holders.take(holder, name, shared=False)

        try:
            yield alone
        finally:
            self._holders.give_back(holder)


class _MemoryTrials:
    """See stores.trials."""

    logged = False
    local = True

    def take(self, table: Table, indexes: Any, stream: Any) -> Trial:
        watch = Stopwatch()
        b"".join(stream)
        return Trial(copy=watch.seconds, index=0.0)


def _listed(runs: Mapping[int, Record]) -> str:
    return ", ".join(map(str, runs))
