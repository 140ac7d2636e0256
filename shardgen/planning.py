"""Pure planning: a config becomes shards with stable ids, whatever the workers, the batches or the order.

Shards are independent (any of them can be built alone) and compose (together they are exactly the window). A shard of
a plain table is a range of ids; a shard of a partitioned table is a whole leaf: a calendar month, or a day where a
month would be too large. That choice depends on the world, never on the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from shardgen.config import PlanConfig
from shardgen.figures import count, size
from shardgen.notebook import html_table
from shardgen.schema import TABLES
from shardgen.world import World, build_world, estimates, stock
from shardgen.world.calendar import Period, periods
from shardgen.world.demand import Arrivals, Merged, midnight

ID_RANGE = {"customers": 100_000, "products": 50_000, "reviews": 100_000, "sessions": 100_000}
"""Ids in a shard of a plain table (reviews: ids of their orders): a few seconds of work each."""

FINISHING = 0.08
"""Time that indexes of plain tables, ANALYZE and counting take beside that of the shards: 0.07 to 0.10 on the embedded
server; for those who tell how long a load will take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One partition of a partitioned table; always a full calendar month or day."""

    name: str
    """Relation name: ``"raw_orders_2025_03"``."""
    lower: date
    """First day."""
    upper: date
    """First day after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One unit of work, of failure and of commit."""

    id: str
    """Stable: ``"orders/2025-03"``, ``"sessions/000300000"``."""
    table: str
    start: int
    """First id: customers, products and sessions by their own number, orders and reviews by the order's, clickstream
    by the session's, inventory by the microsecond (UTC)."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All shards of one load."""

    config: PlanConfig
    shards: tuple[Shard, ...]

    def of(self, table: str) -> tuple[Shard, ...]:
        """The shards of one table."""
        return tuple(shard for shard in self.shards if shard.table == table)

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


def build_plan(config: PlanConfig) -> Plan:
    """The plan of a config: the same shards for the same config, on any machine.

    Args:
        config: a checked plan config.

    Returns:
        shards table by table, in order of their ids.
    """
    world = build_world(config.world)
    return Plan(
        config=config, shards=tuple(shard for table in config.tables for shard in PLANNERS[table](world, config))
    )


def max_id(plan: Plan, table: str) -> int:
    """The greatest value that a bigserial key of the table may take in this world, window or not."""
    world = build_world(plan.config.world)
    if table == "clickstream":
        return (world.sessions.total + 1) * 64
    return stock.max_number(world)


ROW_BYTES = {
    "customers": {"full": 960, "lean": 440, "none": 390},
    "products": {"full": 1390, "lean": 670, "none": 620},
    "orders": {"full": 1510, "lean": 1110, "none": 340},
    "inventory": {"full": 340, "lean": 130, "none": 110},
    "reviews": {"full": 780, "lean": 350, "none": 320},
    "sessions": {"full": 1030, "lean": 470, "none": 270},
    "clickstream": {"full": 910, "lean": 440, "none": 390},
}
"""COPY bytes of a mean row by table and --raw-data, measured at default volumes."""


def _shard(config: PlanConfig, table: str, label: str, start: int, stop: int, rows: float, **rest: Any) -> Shard:
    exact, leaf = rest.get("exact", False), rest.get("leaf")
    expected = round(rows)
    return Shard(
        id=f"{table}/{label}",
        table=table,
        start=start,
        stop=stop,
        leaf=leaf,
        rows=expected,
        exact=exact,
        bytes=expected * ROW_BYTES[table][config.raw_data],
    )


def _id_ranges(table: str, total: int) -> Iterator[tuple[str, int, int]]:
    step = ID_RANGE[table]
    for start in range(0, total, step):
        yield f"{start:012d}", start, min(start + step, total)


def _plan_arrivals(config: PlanConfig, table: str, stream: Arrivals | Merged) -> Iterator[Shard]:
    for label, start, stop in _id_ranges(table, int(stream.before(midnight(config.end)))):
        yield _shard(config, table, label, start, stop, stop - start, exact=True)


def _plan_customers(world: World, config: PlanConfig) -> Iterator[Shard]:
    return _plan_arrivals(config, "customers", world.customers)


def _plan_products(world: World, config: PlanConfig) -> Iterator[Shard]:
    return _plan_arrivals(config, "products", world.launches)


def _plan_sessions(world: World, config: PlanConfig) -> Iterator[Shard]:
    return _plan_arrivals(config, "sessions", world.sessions)


def _plan_reviews(world: World, config: PlanConfig) -> Iterator[Shard]:
    end = midnight(config.end)
    taken = estimates.sample(world, end)
    for label, start, stop in _id_ranges("reviews", int(world.orders.before(end))):
        yield _shard(config, "reviews", label, start, stop, estimates.review_rows(taken, start, stop, end))


def _leaf(table: str, period: Period) -> Leaf:
    name = f"{TABLES[table].relation}_{period.label.replace('-', '_')}"
    return Leaf(name=name, lower=period.first, upper=period.last)


def _window(config: PlanConfig, table: str) -> list[tuple[Period, int, int]]:
    """Leaves of the window, each with the instants between which it is filled."""
    start, end = midnight(config.world.epoch), midnight(config.end)
    found = periods(config.world, table, start, end)
    return [(period, max(period.start, start), min(period.stop, end)) for period in found]


def _plan_orders(world: World, config: PlanConfig) -> Iterator[Shard]:
    for period, start, stop in _window(config, "orders"):
        first, last = int(world.orders.before(start)), int(world.orders.before(stop))
        leaf = _leaf("orders", period)
        yield _shard(config, "orders", period.label, first, last, last - first, exact=True, leaf=leaf)


def _plan_clickstream(world: World, config: PlanConfig) -> Iterator[Shard]:
    for period, start, stop in _window(config, "clickstream"):
        first, last = int(world.sessions.before(start)), int(world.sessions.before(stop))
        rows = estimates.event_rows(world, start, stop)
        yield _shard(config, "clickstream", period.label, first, last, rows, leaf=_leaf("clickstream", period))


def _plan_inventory(world: World, config: PlanConfig) -> Iterator[Shard]:
    end = midnight(config.end)
    leaves = stock.periods_of(world, end)
    rows = estimates.movement_rows(world, estimates.sample(world, end), leaves, end)
    for period, expected in zip(leaves, rows, strict=True):
        leaf = _leaf("inventory", period)
        yield _shard(config, "inventory", period.label, period.start, period.stop, expected, leaf=leaf)


PLANNERS = {
    "customers": _plan_customers,
    "products": _plan_products,
    "orders": _plan_orders,
    "inventory": _plan_inventory,
    "reviews": _plan_reviews,
    "sessions": _plan_sessions,
    "clickstream": _plan_clickstream,
}
