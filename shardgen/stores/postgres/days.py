"""What a stream's day needs: partitions before its first change, and sequences that are beyond its keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from shardgen.model.config import PlanConfig
from shardgen.model.plan import Leaf, Plan, Shard
from shardgen.model.played import micros
from shardgen.model.table import Table
from shardgen.stores.postgres import catalog, objects, routes
from shardgen.stores.postgres.catalog import Relation
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.postgres.sending import Line
from shardgen.tables import dataset
from shardgen.tables.recipe import Recipe


class Days:
    """The days of one stream.

    Args:
        schema: of the tables.
        plan: of what is there.
    """

    def __init__(self, schema: str, plan: PlanConfig) -> None:
        self._schema, self._begun, self._ready = schema, plan, 0
        self._leaves: set[str] = set()
        self._sequences: dict[str, list[str]] = {}

    def prepare(self, connection: Connection) -> None:
        """Find the sequences that the session may move."""
        for name in self._begun.tables:
            found = objects.sequences(connection, self._schema, dataset(self._begun.dataset)[name].table)
            self._sequences[name] = [each for each in found if catalog.settable(connection, each)]

    def forget(self, plan: PlanConfig) -> None:
        """Begin anew from where a plan ends: what was done since may not have stayed."""
        self._begun, self._ready = plan, 0

    def begin(self, line: Line, plan: PlanConfig, claims: Iterable[Claim]) -> bool:
        """Make the partitions up to the end of a plan's last day, outside a transaction; whether that day is new."""
        if micros(plan.closes) <= self._ready:
            return False
        since, end = self._ready or micros(self._begun.closes - timedelta(days=1)), midnight(plan)
        for each in claims:
            spec = dataset(plan.dataset)[each.target]
            leaves = [leaf for leaf in spec.leaves(plan, since, end) if leaf.name not in self._leaves]
            if not leaves:
                continue
            line.heard()
            if found := catalog.relation(line.connection, self._schema, each.relation):
                self._add(line.connection, spec.table_of(plan.history), each, found, leaves)
        self._ready = end
        return True

    def _add(self, connection: Connection, table: Table, of: Claim, found: Relation, leaves: Sequence[Leaf]) -> None:
        shards = [
            Shard(id=leaf.name, table=of.target, start=0, stop=0, leaf=leaf, rows=0, exact=False, bytes=0)
            for leaf in leaves
        ]
        found = replace(found, own_leaves=of.waiting)
        way = routes.route(connection, self._schema, table, found, shards, created=of.created)
        missing = [shard.leaf for shard in way.added if shard.leaf]
        objects.create_leaves(connection, self._schema, table, missing, of.waiting)
        self._leaves.update(leaf.name for leaf in leaves)

    def move_sequences(self, line: Line, plan: PlanConfig) -> None:
        """Move the sequences beyond the keys of a plan, in the day's first transaction.

        A statement of its own would wait for the disk as a transaction does.
        """
        recipe, whole = Recipe(), Plan(config=plan, shards=())
        for name, found in self._sequences.items():
            floor = recipe.max_id(whole, name) if found else 0
            for sequence in found if floor > 0 else ():
                line.send(partial(objects.move_sequence, sequence=sequence, floor=floor))


def midnight(plan: PlanConfig) -> int:
    """The end of a plan's last day."""
    return micros(datetime.combine(plan.end, datetime.min.time()))
