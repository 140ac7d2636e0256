"""The tables of the shop: one module for each, and everything of it there.

What only needs the names of tables imports none of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from shardgen.tables.spec import Dataset

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
