"""How bronze records the world: one module per raw table, facts made into Arrow batches."""

from __future__ import annotations

from collections.abc import Iterator

from shardgen.config import PlanConfig
from shardgen.planning import Shard
from shardgen.tables import clickstream, customers, inventory, orders, products, reviews, sessions
from shardgen.tables.records import Batch, Cut
from shardgen.world import World
from shardgen.world.demand import midnight

BUILDERS = {
    "customers": customers.batches,
    "products": products.batches,
    "orders": orders.batches,
    "inventory": inventory.batches,
    "reviews": reviews.batches,
    "sessions": sessions.batches,
    "clickstream": clickstream.batches,
}


def batches(world: World, plan: PlanConfig, shard: Shard, batch_rows: int) -> Iterator[Batch]:
    """The rows of a shard in order of their numeric key, a batch at a time.

    Args:
        world: the world of the plan.
        plan: decides where time ends and what raw_data holds.
        shard: any shard of the plan.
        batch_rows: about how many rows a batch should hold; it never changes a row.
    """
    cut = Cut(
        world=world, mode=plan.raw_data, start=shard.start, stop=shard.stop, end=midnight(plan.end), rows=batch_rows
    )
    return BUILDERS[shard.table](cut)
