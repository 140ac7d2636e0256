"""The tables of the shop: one module for each, and everything of it there."""

from __future__ import annotations

from collections.abc import Iterator

from shardgen.columns.batch import Batch
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.tables.clickstream import CLICKSTREAM
from shardgen.tables.customers import CUSTOMERS
from shardgen.tables.inventory import INVENTORY
from shardgen.tables.orders import ORDERS
from shardgen.tables.products import PRODUCTS
from shardgen.tables.reviews import REVIEWS
from shardgen.tables.sessions import SESSIONS
from shardgen.tables.spec import Dataset, Slice
from shardgen.world.demand import midnight
from shardgen.world.world import World

SHOP = Dataset(name="shop", tables=(CUSTOMERS, PRODUCTS, ORDERS, INVENTORY, REVIEWS, SESSIONS, CLICKSTREAM))
"""The shop's tables, in the order in which a reader of the story meets them."""


def dataset() -> Dataset:
    """The tables that there are."""
    return SHOP


def batches(world: World, plan: PlanConfig, shard: Shard, batch_rows: int) -> Iterator[Batch]:
    """The rows of a shard in order of their numeric key, a batch at a time.

    Args:
        world: the world of the plan.
        plan: decides where time ends and what raw_data holds.
        shard: any shard of the plan.
        batch_rows: about how many rows a batch should hold; it never changes a row.
    """
    wanted = Slice(
        world=world,
        raw_data=plan.raw_data,
        start=shard.start,
        stop=shard.stop,
        end=midnight(plan.end),
        rows=batch_rows,
    )
    return dataset()[shard.table].rows(wanted)
