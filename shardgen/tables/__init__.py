"""The tables of the shop: one module for each, and everything of it there.

What only needs the names of tables imports none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shardgen.columns.batch import Batch
    from shardgen.model.config import PlanConfig
    from shardgen.model.plan import Shard
    from shardgen.tables.spec import Dataset
    from shardgen.world.world import World

SHOP: Final = ("customers", "products", "orders", "inventory", "reviews", "sessions", "clickstream")
"""The tables in the order in which a reader of the story meets them: each is a module, and in capitals
its table there."""


def names() -> tuple[str, ...]:
    """Names of the tables, in the order of the story."""
    return SHOP


def in_order(some: Iterable[str]) -> tuple[str, ...]:
    """Names of tables in the order of the story; those that this version lacks come last, by name."""
    place = {name: number for number, name in enumerate(SHOP)}
    return tuple(sorted(some, key=lambda name: (place.get(name, len(place)), name)))


@cache
def dataset() -> Dataset:
    """The tables that there are."""
    from shardgen.tables.spec import Dataset
    from shardgen.tables.statements import beside

    found = tuple(getattr(import_module(f"{__name__}.{name}"), name.upper()) for name in SHOP)
    return Dataset(
        name="shop",
        tables=found,
        common_laws=beside(__name__, *(f"laws/l{number:02d}.sql" for number in (1, 2, 7, 9))),
        shapes=beside(__name__, *(f"shapes/s{number}.sql" for number in range(1, 10))),
    )


def batches(world: World, plan: PlanConfig, shard: Shard, batch_rows: int) -> Iterator[Batch]:
    """The rows of a shard in order of their numeric key, a batch at a time.

    Args:
        world: the world of the plan.
        plan: decides where time ends and what raw_data holds.
        shard: any shard of the plan.
        batch_rows: about how many rows a batch should hold; it never changes a row.
    """
    from shardgen.tables.spec import Slice
    from shardgen.world.demand import midnight

    wanted = Slice(
        world=world,
        raw_data=plan.raw_data,
        start=shard.start,
        stop=shard.stop,
        end=midnight(plan.end),
        rows=batch_rows,
    )
    return dataset()[shard.table].rows(wanted)
