"""A plan: shards with stable ids, whatever the workers, the batches or the order.

Shards are independent (any of them can be built alone) and compose (together they are exactly the window).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shardgen.model.config import SHOP, PlanConfig
from shardgen.model.figures import count, size
from shardgen.model.notebook import html_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One partition of a partitioned table; always a full calendar month or day."""

    name: str
    """Relation name: ``"raw_orders_2025_03"``."""
    lower: date
    """First day."""
    upper: date
    """First day after it."""
    shards: int = 1
    """How many shards fill it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One unit of work, of failure and of commit."""

    id: str
    """Stable: ``"orders/2025-03"``, ``"sessions/000300000"``, ``"clickstream/2025-03-07.002"``."""
    table: str
    start: int
    """First id, in the numbers that the table is cut by: customers, products and sessions by their own, orders and
    reviews by the order's, clickstream by the session's, inventory by the microsecond (UTC)."""
    stop: int
    """First id after it."""
    leaf: Leaf | None
    """The partition that the shard fills, or None for a plain table."""
    rows: int
    """Expected rows."""
    exact: bool
    """Whether ``rows`` is a promise (arrivals) or an estimate (their children)."""
    bytes: int
    """Expected COPY bytes."""
    dataset: str = SHOP
    """Of the table."""
    revised: bool = False
    """Of a window: whether its records were there before, of which it has those that change."""

    @property
    def own_leaf(self) -> Leaf | None:
        """The partition that no other shard fills; None where there is none."""
        return self.leaf if self.leaf and self.leaf.shards == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All shards of one load."""

    config: PlanConfig
    shards: tuple[Shard, ...]

    def of(self, table: str) -> tuple[Shard, ...]:
        """The shards of one table."""
        return tuple(shard for shard in self.shards if shard.table == table)

    def leaves(self, table: str) -> tuple[Leaf, ...]:
        """The partitions that the shards of one table fill."""
        return tuple(dict.fromkeys(shard.leaf for shard in self.of(table) if shard.leaf))

    def rows(self, table: str) -> int:
        """Expected rows of one table."""
        return sum(shard.rows for shard in self.of(table))

    def _repr_html_(self) -> str:
        """As a notebook shows it; ``~`` marks an estimate."""
        lines = [_html_line(table, self.of(table)) for table in self.config.tables]
        caption = f"{self.config.world.epoch} to {self.config.end}, seed {self.config.world.seed}"
        return html_table(caption, ("table", "rows", "COPY", "shards"), [*lines, _html_line("all", self.shards)])


def _html_line(name: str, shards: tuple[Shard, ...]) -> tuple[str, str, str, str]:
    mark = "" if all(shard.exact for shard in shards) else "~"
    rows = f"{mark}{count(sum(shard.rows for shard in shards))}"
    return name, rows, size(sum(shard.bytes for shard in shards)), count(len(shards))
