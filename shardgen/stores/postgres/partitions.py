"""The partitions of tables as the catalog has them, with the instants that they are cut at."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from shardgen.stores.postgres.postgres import Connection

_EARLIEST, _LATEST = datetime(1, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001  # a timestamp column has no zone
_BOUNDS: Final = re.compile(r"FOR VALUES FROM \((.+)\) TO \((.+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One direct partition of a parent."""

    name: str
    bounds: str
    """As the server writes them: ``"FOR VALUES WITH (modulus 4, remainder 0)"``, ``"DEFAULT"``."""
    lower: datetime | None
    """First instant; None where the bounds are not one timestamp (several columns, a list, a default)."""
    upper: datetime | None
    """First instant after it."""
    logged: bool = True
    """False where it, or a partition of it, is UNLOGGED."""
    local: bool = True
    """False where it, or a partition of it, is a foreign table."""

    @property
    def default(self) -> bool:
        """Whether it takes what no other partition takes."""
        return self.bounds == "DEFAULT"


def partitions(connection: Connection, parents: Collection[int]) -> dict[int, tuple[Partition, ...]]:
    """The direct partitions of some parents, each parent's by name."""
    if not parents:
        return {}
    rows = connection.execute(
        """SELECT i.inhparent, c.relname::text, pg_get_expr(c.relpartbound, c.oid),
            NOT EXISTS (SELECT FROM pg_partition_tree(c.oid) AS t JOIN pg_class AS k ON k.oid = t.relid
                WHERE t.isleaf AND k.relpersistence <> 'p'),
            NOT EXISTS (SELECT FROM pg_partition_tree(c.oid) AS t JOIN pg_class AS k ON k.oid = t.relid
                WHERE t.isleaf AND k.relkind = 'f')
        FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = ANY (%s) ORDER BY c.relname""",
        [list(parents)],
    )
    found: dict[int, list[Partition]] = {parent: [] for parent in parents}
    for parent, name, bounds, logged, local in rows:
        found[parent].append(replace(_partition(name, bounds or ""), logged=logged, local=local))
    return {parent: tuple(parts) for parent, parts in found.items()}


def _partition(name: str, bounds: str) -> Partition:
    match = _BOUNDS.fullmatch(bounds)
    lower, upper = (_instant(match[1]), _instant(match[2])) if match else (None, None)
    if lower is None or upper is None:
        return Partition(name=name, bounds=bounds, lower=None, upper=None)
    return Partition(name=name, bounds=bounds, lower=lower, upper=upper)


def _instant(literal: str) -> datetime | None:
    text = literal.strip("'")
    if text in ("MINVALUE", "-infinity"):
        return _EARLIEST
    if text in ("MAXVALUE", "infinity"):
        return _LATEST
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None
