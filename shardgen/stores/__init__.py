"""Where rows go, and where it is recorded that they are there: all that the rest may know of a place, whatever it is.

A *store* is one place: a schema of a database, a prefix of a bucket. A *run* is a load that has claimed its tables
there. A *writer* writes a shard and records it done in one act: both are there afterwards, or neither is. What a store
holds is the only truth about what is done; whoever asks again is told the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from shardgen.events import Event
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.parts import Part
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.model.types import Type
from shardgen.stores.failures import Remedy
from shardgen.stores.findings import Findings, Owner, RunStatus, Survey
from shardgen.stores.reading import Reader
from shardgen.stores.told import Counted, Sighting, Task, Written
from shardgen.stores.trials import Trials

if TYPE_CHECKING:
    from shardgen.stores.postgres.playing import Playing
    from shardgen.tables.recipe import Recipe

T = TypeVar("T")

Show = Callable[[Event], None]
"""Takes the events of a load."""


class Batch(Protocol):
    """Rows of a table; what they are is between their builder and their encoder."""

    @property
    def num_rows(self) -> int:
        """How many they are."""
        ...


Batches = Callable[[], Iterator[Batch]]
"""Makes the rows of a shard, each time that it is called."""


class RowEncoder(Protocol):
    """Makes COPY bytes of batches; see stores.copy."""

    @property
    def header(self) -> bytes:
        """What opens the stream."""
        ...

    @property
    def trailer(self) -> bytes:
        """What ends it."""
        ...

    def rows(self, batch: Any) -> Iterator[bytes | memoryview]:
        """The rows of a batch, some at a time."""
        ...


def encoder_of(table: Table) -> RowEncoder:
    """The encoder of a table's rows, imported where rows are made: a coordinator does without."""
    from shardgen.stores import copy

    return copy.Encoder(table)


class Writer(Protocol):
    """Writes shards; of one process."""

    def write(self, task: Task, batches: Batches, before: Batches | None = None) -> Written:
        """Write a shard and record it, atomically; a shard that is recorded already is not built.

        Whatever is raised, nothing was written, unless the answer to a commit was lost; then writing again tells.

        Args:
            task: the shard.
            batches: called where the rows are needed, and again where the writer has to start over; what it gives is
                consumed one at a time and not kept.
            before: of records that were there before the shard's window: those that change in it, as they stood. Of no
                account where the place has none of them.
        """
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


class WriterSpec(Protocol):
    """How a worker gets its writer; small, picklable and hashable."""

    def open(self, stopped: Callable[[], bool]) -> Writer:
        """A writer of this process; ``stopped`` is asked before a shard is begun and between its batches."""
        ...

    def failure(self, error: Exception) -> tuple[Remedy, str]:
        """What a failed attempt calls for, and what it was in a line without secrets."""
        ...

    def masked(self, text: str) -> str:
        """The text without secrets."""
        ...


class Run(Protocol):
    """A load that has claimed its tables; whatever its methods raise is a StoreError or an Interrupted."""

    number: int
    plan: Plan
    """Shards of the tables that the run owns."""
    resumed: bool
    notices: tuple[str, ...]
    """What the user should know of the claim."""
    local: bool
    """Whether the place shares this machine's CPUs with the workers, as far as can be told."""

    relations: Mapping[str, str]
    """By table, its name in the place."""

    parts: int | None
    """How many parts it is loaded in; 0 where none has begun, None where it is not loaded in parts."""
    finished: bool
    """Whether it was finished before, so that nothing is left to do."""

    def done(self) -> Mapping[str, Written]:
        """The shards that are there, by id."""
        ...

    def prepare(self) -> tuple[str, ...]:
        """Make ready what the rows that are lacking need; what the user should know of that."""
        ...

    def waves(self) -> list[list[Task]]:
        """The shards that are not there: a wave refers only to those before it, and begins with its largest."""
        ...

    def writer(self, *, overwrite: bool = False) -> WriterSpec:
        """For the workers.

        Args:
            overwrite: whether records that others have changed are brought forward as well.
        """
        ...

    def look(self) -> Mapping[str, Sighting] | None:
        """The workers that are at work, by shard; None where the place does not tell now."""
        ...

    def end(self, seen: Sighting) -> None:
        """End what a worker that is no more has left at work, if it is still what was seen."""
        ...

    def failed(self, shard: Shard, attempt: int, cause: str, *, given_up: bool) -> None:
        """Note a failed attempt; nothing depends on it."""
        ...

    def alone(self) -> bool:
        """Have the run to ourselves from now on, to finish it; False where somebody else finishes it, or has.

        A part shares its run with others until then. They let go when they see that nothing is left for them to do.

        Raises:
            StoreError: it was replaced meanwhile.
        """
        ...

    def finish(self, show: Show, *, workers: int, attempts: int, stopped_by: Callable[[], int]) -> None:
        """Do what comes after the last shard, each step once, whatever dies; several at a time."""
        ...

    def count(self, table: str) -> Counted:
        """Count the rows of a table."""
        ...

    def settle(self, state: str, text: str = "") -> None:
        """Record how the run stands: ``finished``, or as far as can be ``failed`` or ``interrupted`` and why."""
        ...


class Store(Protocol):
    """One place; opening it asks nothing of it."""

    place: str
    """As users may read it: without secrets."""
    schema: str
    """Where in it the tables lie; empty where there are no schemas."""

    def beside(self, place: str) -> Store:
        """Another schema of the same database, or another lake; nothing is asked of it yet."""
        ...

    def inspect(self, plan: Plan, terms: Terms, recipe: Recipe, *, workers: int, count: bool = False) -> Findings:
        """What a load of this plan would meet; writes nothing.

        Args:
            plan: what is to be loaded.
            terms: what may be done to what is there.
            recipe: how rows are made, some of which are tried.
            workers: that the load would have.
            count: whether the rows that a replace would take away are counted, and not estimated.

        Raises:
            TargetError: the place cannot be reached, or is too old to be asked.
        """
        ...

    def begin(
        self, plan: Plan, terms: Terms, recipe: Recipe, *, options: Mapping[str, Any], workers: int, take_over: bool
    ) -> AbstractContextManager[Run]:
        """Claim the plan's tables for a new run, and keep others out meanwhile.

        Raises:
            TargetError: the place refuses; nothing was written.
            LoadError: whether the claim is there is not known.
            Interrupted: a signal came; it is resumable if the claim may be there.
        """
        ...

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
    ) -> AbstractContextManager[Run]:
        """Claim the plan's tables for a run in parts, or join the run that has claimed them for the same plan.

        Parts are at work side by side, and keep all others out. A run that is finished is joined without a write.

        Args:
            plan, recipe, options, workers: as for :meth:`begin`.
            terms: what may be done to what is there, by whoever claims.
            part: who asks; None for one who only claims, and does so alone.
            take_over: whether who only claims ends the load that holds the place, instead of being refused.

        Raises:
            TargetError, LoadError, Interrupted: as :meth:`begin`.
            ResumeError: the run has another plan, or another number of parts.
        """
        ...

    def resume(
        self, recipe: Recipe, *, given: Mapping[str, Any], on_conflict: str | None, workers: int, take_over: bool
    ) -> AbstractContextManager[Run]:
        """Take up the unfinished run, by the plan that is recorded.

        Raises:
            ResumeError: there is none, there are several, or it differs.
            TargetError: the place refuses.
        """
        ...

    def runs(self) -> list[RunStatus]:
        """Every run, oldest first."""
        ...

    def owners(self) -> Mapping[str, Owner]:
        """By table, the run that has filled it or is to fill it."""
        ...

    def watched(self) -> AbstractContextManager[Callable[[], list[RunStatus]]]:
        """What tells the same again and again."""
        ...

    def survey(self, recipe: Recipe, *, run: int | None, every: bool) -> Survey:
        """What a reset would take away; writes nothing."""
        ...

    def reset(
        self, recipe: Recipe, expected: Any, *, run: int | None, every: bool, show: Callable[[str], None]
    ) -> None:
        """Take away what a survey of this store has found (``expected``), if it still finds the same."""
        ...

    def apply_schema(self, plan: PlanConfig) -> list[str]:
        """Create what is missing of the tables of a plan; the names of what was created."""
        ...

    def tried(self, measure: Callable[[Trials], T]) -> T:
        """What a measurement gives that has the place take some rows on trial; nothing of them stays.

        Raises:
            TargetError: it takes none.
        """
        ...

    def returned(self, plan: PlanConfig, shard: Shard) -> Iterator[dict[str, Any]]:
        """The rows of a shard of what is loaded, in order of the number that an id holds, and of ingestion.

        Args:
            plan: by which it was loaded.
            shard: of it.
        """
        ...

    def reader(self, *, workers: int, purpose: str) -> Reader:
        """What reads what is loaded, for laws, shapes and the page.

        Args:
            workers: sessions that ask at the same time.
            purpose: as the place shows it to others.

        Raises:
            TargetError: the place cannot be reached, or understands no SQL.
        """
        ...

    def masked(self, text: str) -> str:
        """The text without secrets."""
        ...


def open_store(dsn: str, schema: str) -> Store:
    """The place that a connection string names; nothing is asked of it yet."""
    from shardgen.stores.postgres.store import PostgresStore

    return PostgresStore(dsn, schema)


def open_stream(store: Store, plan: PlanConfig, options: Mapping[str, Any]) -> Playing:
    """What plays changes into a database; the lock is held from here on, and nothing is written yet.

    Args:
        store: one that :func:`open_store` has given.
        plan: of what is there, up to where it is.
        options: of the run that has filled it, as its ledger has them.

    Raises:
        TargetError: somebody else is at work there, or the tables cannot be brought forward.
    """
    from shardgen.stores.postgres.playing import Playing
    from shardgen.stores.postgres.store import PostgresStore

    assert isinstance(store, PostgresStore)
    return Playing(store.dsn, store.schema, plan, options)


def open_lake(url: str) -> Store:
    """The place of a lake's address; nothing is asked of it yet.

    Raises:
        UsageError: what reads and writes objects is not installed.
    """
    from shardgen.stores.lake.store import LakeStore

    return LakeStore(url)


def load_writers() -> None:
    """Import what writers need, for the process that workers are forked from."""
    import shardgen.stores.copy
    import shardgen.stores.postgres.writer  # noqa: F401


def ddl(plan: PlanConfig) -> list[str]:
    """The statements that create the tables of a plan, for whoever creates them himself."""
    from shardgen.stores.postgres.ddl import ddl
    from shardgen.tables import dataset

    specs = [dataset(plan.dataset)[name] for name in plan.tables]
    return [statement.as_string() for statement in ddl(plan.schema, specs, plan.indexes, plan.history, plan.dirt)]


def spelled(type_: Type) -> str:
    """A column's type as its readers know it: as PostgreSQL spells it."""
    from shardgen.stores.postgres import types

    return types.spelled(type_)
