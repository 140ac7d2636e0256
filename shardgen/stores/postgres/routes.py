"""How rows get into a table that exists: into leaves that are filled apart and attached, through the parent, or not at
all; decided from the catalog.

Nothing of a table that shardgen did not create is dropped or altered: it only gets partitions where it has none, and
not where pg_partman sees to that.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from fractions import Fraction
from typing import Final

from shardgen.errors import Problem
from shardgen.model.figures import plural
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.stores.postgres import catalog
from shardgen.stores.postgres.catalog import Relation
from shardgen.stores.postgres.ledger import ShardRow
from shardgen.stores.postgres.partitions import Partition
from shardgen.stores.postgres.postgres import Connection

_MODULUS: Final = re.compile(r"FOR VALUES WITH \(modulus (\d+), remainder \d+\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How the rows of a table get into it."""

    slow: str = ""
    """Why the table's fast path is not taken; empty where it is."""
    routed: frozenset[str] = frozenset()
    """Ids of shards whose rows go through the table as it is, because their partitions exist or may not be attached."""
    added: tuple[Shard, ...] = ()
    """Shards that the table gets partitions for: filled apart and attached, or empty ones where there is a ``slow``, or
    where several shards fill one."""
    shared: frozenset[str] = frozenset()
    """Ids of the shards that fill a partition together with others."""
    beside_default: bool = False
    """Whether there is a DEFAULT partition, which is empty."""

    @property
    def homeless(self) -> tuple[Shard, ...]:
        """Routed shards whose leaf must be created first."""
        return self.added if self.slow else tuple(shard for shard in self.added if shard.id in self.shared)

    @property
    def attached(self) -> frozenset[str]:
        """Ids of the shards whose leaves are filled apart and attached."""
        return frozenset() if self.slow else frozenset(shard.id for shard in self.added) - self.shared

    def told(self, rows: Sequence[ShardRow]) -> str:
        """Why the fast path was not taken, for all shards or for those whose leaves could not be attached after all."""
        refused = sum(row.shard in self.attached and "attach" not in row.phases for row in rows)
        some = f"{refused} of its shards went through the parent: their partitions could not be attached"
        return "; ".join(part for part in (self.report, some if refused else "") if part)

    @property
    def report(self) -> str:
        """The sentence for the report: why not the fast path, and for how many shards."""
        if self.slow:
            return self.slow
        late = len(self.routed - self.shared)
        return f"{late} of its shards go through the parent: partitions existed" if late else ""


def route(
    connection: Connection,
    schema: str,
    table: Table,
    found: Relation,
    shards: Sequence[Shard],
    *,
    created: bool,
    emptied: bool = False,
) -> Route:
    """The way that the rows of some shards take into a table.

    Args:
        connection: to the target.
        schema: of the table.
        table: which of ours it is.
        found: the table as it is.
        shards: that are still to be written.
        created: whether shardgen created it.
        emptied: whether its rows go before.
    """
    every = frozenset(shard.id for shard in shards)
    if not _leafy(table, found):
        slow = _other_shape(table, found) if table.partitioned else "" if created else _kept_during_copy(found)
        return Route(slow=slow, routed=every if slow else frozenset())
    obstacles = _obstacles(connection, schema, table, found, emptied=emptied)
    slow = f"{', '.join(obstacles)}: rows go through the parent" if obstacles else ""
    free = tuple(shard for shard in shards if _free(connection, schema, found, shard))
    if slow and (found.default_partition or _managed(connection, schema, table)):
        free = ()
    shared = frozenset(shard.id for shard in shards if shard.leaf and not shard.own_leaf)
    return Route(
        slow=slow,
        routed=every if slow else (every - {shard.id for shard in free}) | shared,
        added=free,
        shared=shared,
        beside_default=bool(found.default_partition and free),
    )


def problems(connection: Connection, plan: Plan, table: Table, found: Relation) -> list[Problem]:
    """Why rows of the plan would find no partition, or one that may not have them."""
    if found.kind != "p":
        return []
    return _unfit_partitions(plan, table, found) + (
        _gaps(connection, plan, table, found) if _leafy(table, found) else _uncovered(table, found)
    )


def names_in_the_way(
    connection: Connection, schema: str, table: Table, shards: Sequence[Shard], own: Collection[str] = ()
) -> list[Problem]:
    """Relations that have the names of partitions that are to be made, and are not such partitions set aside."""
    wanted = [shard.leaf.name for shard in shards if shard.leaf and shard.leaf.name not in own]
    there = catalog.taken(connection, schema, wanted) if wanted else frozenset()
    text = f"is in the way of a partition of {table.relation}"
    return [Problem(relation=name, text=text, remedy="rename or drop it") for name in wanted if name in there]


def notices(table: Table, way: Route) -> list[str]:
    """What becomes of a table that somebody else made."""
    names = list(dict.fromkeys(shard.leaf.name for shard in way.added if shard.leaf))
    if not names:
        return []
    which = f"partition={names[0]}" if len(names) == 1 else f"{len(names)} partitions, {names[0]} to {names[-1]}"
    beside = ", beside its empty DEFAULT partition" if way.beside_default else ""
    return [f"relation={table.relation}, which shardgen did not create, gets {which}{beside}"]


def _leafy(table: Table, found: Relation) -> bool:
    """Whether leaves of ours fit into a table."""
    return table.partitioned and found.kind == "p" and found.partition_by == (table.partition_by,)


def _other_shape(table: Table, found: Relation) -> str:
    if found.kind == "r":
        return "it is not partitioned: rows are copied into the table itself"
    return f"it is not partitioned by range of {table.partition_by}: rows go through the parent"


def _obstacles(connection: Connection, schema: str, table: Table, found: Relation, *, emptied: bool) -> list[str]:
    """Why no leaf may be filled apart and attached."""
    ours = {column.name for column in table.columns}
    numbered = [column.name for column in found.columns if column.identity and column.name not in ours]
    default = "" if emptied else _default_obstacle(connection, found)
    return [
        obstacle
        for obstacle, present in (
            (default, bool(default)),
            ("pg_partman manages it", _managed(connection, schema, table)),
            ("it has foreign keys", bool(found.references) or found.referenced),
            (f"it has triggers ({', '.join(found.triggers)})", bool(found.triggers)),
            (f"it has identity columns ({', '.join(numbered)})", bool(numbered)),
            ("it is not owned by this role", not found.owned),
        )
        if present
    ]


def _default_obstacle(connection: Connection, found: Relation) -> str:
    if not found.default_partition:
        return ""
    if any(part.default and not part.local for part in found.partitions):
        return "its DEFAULT partition is a foreign table"
    if not catalog.readable(connection, found.default_partition):
        return "its DEFAULT partition may not be read by this role"
    filled = catalog.holds_rows(connection, *catalog.name_of(connection, found.default_partition))
    return "its DEFAULT partition holds rows" if filled else ""


def _managed(connection: Connection, schema: str, table: Table) -> bool:
    return catalog.managed_by_partman(connection, schema, table.relation)


def _kept_during_copy(found: Relation) -> str:
    """What COPY has to keep up, row by row, in a plain table that somebody else made."""
    burdens = [
        burden
        for burden, present in (
            (f"partitions by {found.partition_key}", found.kind == "p"),
            (plural(found.secondary_indexes, "secondary index", "secondary indexes"), bool(found.secondary_indexes)),
            ("foreign keys", bool(found.references)),
            (f"triggers ({', '.join(found.triggers)})", bool(found.triggers)),
        )
        if present
    ]
    return f"its {', '.join(burdens)} existed and are kept during COPY" if burdens else ""


# --- partitions that are there, and that are not ---------------------------------------------------------------------


def _unfit_partitions(plan: Plan, table: Table, found: Relation) -> list[Problem]:
    """Partitions of the window that would lose their rows in a crash, or commit them by themselves."""
    start, stop = (datetime.combine(day, time()) for day in (plan.config.world.epoch, plan.config.end))
    ours = _leafy(table, found)
    reached = [part for part in found.partitions if not ours or _overlaps(part, start, stop)]
    unlogged = [part.name for part in reached if not part.logged]
    foreign = [part.name for part in reached if not part.local]
    return [
        Problem(text=f"partitions={','.join(names)} of {table.relation} {text}", remedy=remedy)
        for names, text, remedy in (
            (unlogged, "are UNLOGGED, so a crash would empty them", "ALTER TABLE ... SET LOGGED"),
            (foreign, "are foreign tables, which do not commit with the ledger", "detach them for the load"),
        )
        if names
    ]


def _overlaps(part: Partition, start: datetime, stop: datetime) -> bool:
    """Whether a partition may take rows between two instants."""
    return part.lower is None or part.upper is None or (part.lower < stop and start < part.upper)


def _uncovered(table: Table, found: Relation) -> list[Problem]:
    """What can be told of a parent that is not partitioned as ours; rows on trial tell the rest."""
    cut = f"is partitioned by {found.partition_key}"
    if not found.partitions:
        text, remedy = f"{cut} and has no partitions", "create those that its rows need"
        return [Problem(relation=table.relation, text=text, remedy=remedy)]
    moduli = [int(match[1]) for part in found.partitions if (match := _MODULUS.fullmatch(part.bounds))]
    if moduli and (missing := 1 - sum(Fraction(1, modulus) for modulus in moduli)):
        text = f"{cut} and its partitions lack remainders, for {missing} of all rows"
        return [Problem(relation=table.relation, text=text, remedy="create the rest")]
    return []


def _gaps(connection: Connection, plan: Plan, table: Table, found: Relation) -> list[Problem]:
    """Shards of a parent that is partitioned as ours, for whose rows there is no partition and will be none."""
    if found.default_partition:
        return []
    shards, schema = plan.of(table.name), plan.config.schema
    problems = [
        Problem(text=f"partitions of {table.relation} cover only part of shard={shard.id}", remedy="add the rest")
        for shard in shards
        if _coverage(found, shard) == _PARTLY
    ]
    free = [shard for shard in shards if _coverage(found, shard) == _FREE]
    if free and _managed(connection, schema, table):
        what, remedy = "pg_partman manages it", "let it create them (partman.create_partition_time)"
    elif free and not found.owned:
        what, remedy = "this role does not own it", "let its owner create them"
    else:
        return problems + names_in_the_way(connection, schema, table, free, found.own_leaves)
    text = f"has no partitions for shard={free[0].id} to shard={free[-1].id}, and {what}"
    return [*problems, Problem(relation=table.relation, text=text, remedy=remedy)]


_FREE, _PARTLY, _WHOLLY = 0, 1, 2


def _free(connection: Connection, schema: str, found: Relation, shard: Shard) -> bool:
    """Whether a leaf of the shard's own can be made; beside a DEFAULT partition a name that is taken is no trouble."""
    if shard.leaf is None or _coverage(found, shard) != _FREE:
        return False
    if not found.default_partition or shard.leaf.name in found.own_leaves:
        return True
    return catalog.kind(connection, schema, shard.leaf.name) is None


def _coverage(found: Relation, shard: Shard) -> int:
    """How much of a shard's range the partitions of its parent cover."""
    if shard.leaf is None or any(part.lower is None and not part.default for part in found.partitions):
        return _WHOLLY  # cannot be told: COPY will
    start, stop = (
        datetime.combine(day, time(), UTC).replace(tzinfo=None) for day in (shard.leaf.lower, shard.leaf.upper)
    )
    overlaps = sorted(
        (part.lower, part.upper)
        for part in found.partitions
        if part.lower and part.upper and part.lower < stop and start < part.upper
    )
    if not overlaps:
        return _FREE
    for lower, upper in overlaps:
        if lower > start:
            return _PARTLY
        start = upper
    return _WHOLLY if start >= stop else _PARTLY
