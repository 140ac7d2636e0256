"""A run's files told to a table format: for each table one commit, made once, after the manifest and before _SUCCESS.

The format's own log remembers the run by its id. Whoever is to publish a run looks for it there first, so that a commit
whose answer was lost is not made again. What the commit replaces is what a run of shardgen committed before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from shardgen.errors import Problem, Text, UsageError, Use
from shardgen.machine.installation import DELTA, ICEBERG, install, installed
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.stores.failures import StoreError
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.records import Entry, Record
from shardgen.tables import table_of

if TYPE_CHECKING:
    import pyarrow as pa

RUN = "shardgen.run"
"""The property of a commit that names the run."""
_LIBRARIES = {"delta": DELTA, "iceberg": ICEBERG}


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file with rows in it."""

    entry: Entry
    shard: Shard


@dataclass(frozen=True, kw_only=True)
class Publication:
    """One table of a run, as it is to be read."""

    objects: Objects
    run: str
    """Unlike every other run's."""
    table: Table
    files: tuple[File, ...]

    @property
    def folder(self) -> str:
        """Where its files lie, as an address."""
        return f"{self.objects.address.url}/{self.table.name}"

    @cached_property
    def columns(self) -> pa.Schema:
        """The columns of the files, which are the same in all of them."""
        import pyarrow.parquet as pq

        with self.objects.open(self.files[0].entry.key) as file:
            return pq.read_schema(file).remove_metadata()


class Publisher(Protocol):
    """One table format."""

    def publish(self, table: Publication) -> None:
        """Commit the files of a table in the place of those of runs before, unless that was done.

        Raises:
            StoreError: the table is somebody else's, or the commit failed.
        """
        ...

    def withdraw(self, table: str) -> None:
        """Take back what was published of a table; nothing where that was done.

        Raises:
            StoreError: the table is somebody else's, or the format's place does not answer.
        """
        ...

    def check_ours(self, table: str) -> None:
        """See that nobody else's table is where ours would be.

        Raises:
            StoreError: one is, or the format's place does not answer.
        """
        ...


def problems(plan: PlanConfig, objects: Objects) -> Iterator[Problem]:
    """What stands in the way of publishing a plan's files; asked before the first shard.

    Raises:
        UsageError: the library is not installed.
    """
    if plan.publish == "none":
        return
    if plan.publish == "iceberg" and objects.address.scheme == "az":
        told = Text(Use("publish", "iceberg"), " cannot name files at az://, an address that Iceberg does not know")
        yield Problem(text=told, remedy=Text("use ", Use("publish", "delta")))
        return
    publisher = publisher_of(plan, objects)
    for name in plan.tables:
        try:
            publisher.check_ours(name)
        except StoreError as error:
            yield Problem(text=str(error))
            return


def check_installed(publish: str) -> None:
    """See that what commits to a table format is there.

    Raises:
        UsageError: it is not.
    """
    library = _LIBRARIES[publish]
    if not installed(library):
        raise UsageError(Text(Use("publish", publish), " needs an extra: ", install(library)))


def publish(objects: Objects, record: Record, plan: Plan, entries: Iterable[Entry]) -> None:
    """Commit the files of every table of a plan; tables without rows have nothing to commit."""
    publisher = publisher_of(plan.config, objects)
    shards = {shard.id: shard for shard in plan.shards}
    files = [File(entry=entry, shard=shards[entry.shard]) for entry in entries if entry.rows]
    for name in plan.config.tables:
        found = tuple(file for file in files if file.entry.table == name)
        if found:
            table = table_of(plan.config, name)
            publisher.publish(Publication(objects=objects, run=record.id, table=table, files=found))
        else:
            publisher.withdraw(name)


def withdraw(objects: Objects, plan: PlanConfig, tables: Iterable[str]) -> None:
    """Take back what a run has published of some tables, before their files go."""
    if plan.publish != "none":
        publisher = publisher_of(plan, objects)
        for name in tables:
            publisher.withdraw(name)


def withdraw_earlier(ledger: Ledger, record: Record, plan: Plan) -> None:
    """Take back what runs before have published elsewhere of the tables of a run, which has replaced their files."""
    for run in sorted(ledger.current().runs):
        before = ledger.record(run, ledger.current()).config
        if run < record.run and _where(before) != _where(plan.config):
            withdraw(ledger.objects, before, [name for name in before.tables if name in plan.config.tables])


def _where(plan: PlanConfig) -> tuple[str, ...]:
    return plan.publish, plan.catalog, plan.namespace


def publisher_of(plan: PlanConfig, objects: Objects) -> Publisher:
    """What publishes a plan's files.

    Raises:
        UsageError: its library is not installed.
    """
    check_installed(plan.publish)
    if plan.publish == "delta":
        from shardgen.stores.lake import delta

        return delta.Delta(objects)
    from shardgen.stores.lake import iceberg

    return iceberg.Iceberg(objects, catalog=plan.catalog, namespace=plan.namespace)
