"""The tables of the shop: one module for each, and everything of it there.

What only needs the names of tables imports none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from shardgen.model.config import DATA_VERSION, SHOP

if TYPE_CHECKING:
    from shardgen.model.config import PlanConfig
    from shardgen.model.table import Table
    from shardgen.tables.spec import Dataset

_SHOP: Final = ("customers", "products", "orders", "inventory", "reviews", "sessions", "clickstream")
"""The tables in the order in which a reader of the story meets them: each is a module, and in capitals
its table there."""

_BEHAVIOUR: Final = (
    "b1",
    "b1_sparse",
    "b2",
    "b2_fit",
    *(f"b{number}" for number in range(3, 7)),
    "b7",
    "b7_mail",
    *(f"b{number}" for number in range(8, 13)),
)
_SHAPES: Final = (*(f"s{number}" for number in range(1, 12)), *_BEHAVIOUR)


def names(story: str = SHOP) -> tuple[str, ...]:
    """Names of the tables of a dataset, in the order of the story."""
    return _SHOP if story == SHOP else dataset(story).names


def in_order(some: Iterable[str], story: str = SHOP) -> tuple[str, ...]:
    """Names of tables in the order of the story; those that it lacks come last, by name."""
    place = {name: number for number, name in enumerate(names(story))}
    return tuple(sorted(some, key=lambda name: (place.get(name, len(place)), name)))


def table_of(config: PlanConfig, name: str) -> Table:
    """A table as a plan has it: with a row for each record, or for each version of one; asking no more than its rows
    keep.
    """
    return dataset(config.dataset)[name].table_of(config.history, config.dirt)


@cache
def dataset(name: str = SHOP) -> Dataset:
    """Tables that tell one story: the shop's, or those that a package brings.

    Raises:
        PluginError: no package brings a dataset of that name, or it is broken.
    """
    if name != SHOP:
        from shardgen.tables import plugins

        return plugins.dataset(name)
    from shardgen.tables.spec import Dataset
    from shardgen.tables.statements import beside

    found = tuple(getattr(import_module(f"{__name__}.{module}"), module.upper()) for module in _SHOP)
    return Dataset(
        name=SHOP,
        version=DATA_VERSION,
        tables=found,
        common_laws=beside(__name__, *(f"laws/l{number:02d}.sql" for number in (1, 2, 7, 9, 22, 23, 24, 25))),
        shapes=beside(__name__, *(f"shapes/{name}.sql" for name in _SHAPES)),
    )
