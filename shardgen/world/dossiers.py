"""All that there is to know of orders, whatever has happened yet, and when what is told of them changes."""

from __future__ import annotations

from dataclasses import dataclass

from shardgen.world import fates, orders, payments
from shardgen.world.fates import Fate
from shardgen.world.orders import Amounts, Items, Orders, Parties
from shardgen.world.payments import Attempts
from shardgen.world.picking import picked, with_children
from shardgen.world.rng import I64
from shardgen.world.world import World


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dossiers:
    """Of n orders; arrays of shape (n,) but for what belongs to items and attempts."""

    placed: Orders
    lines: Items
    sides: Parties
    fate: Fate
    cost: Amounts
    tried: Attempts
    returned: I64
    """When something comes back, or NEVER."""
    reclaimed: I64
    """When the card's owner takes the money back, or NEVER."""

    @property
    def changes(self) -> list[I64]:
        """When what is told of each changes; NEVER where something does not happen."""
        return [*fates.changes(self.placed, self.fate, self.returned), self.reclaimed]

    def take(self, rows: I64) -> Dossiers:
        """Those at these rows."""
        lines, items = with_children(self.lines, rows)
        tried, _ = with_children(self.tried, rows)
        return Dossiers(
            placed=picked(self.placed, rows),
            lines=lines,
            sides=picked(self.sides, rows),
            fate=self.fate.take(rows, items),
            cost=picked(self.cost, rows),
            tried=tried,
            returned=self.returned[rows],
            reclaimed=self.reclaimed[rows],
        )


def of(world: World, placed: Orders) -> Dossiers:
    """The dossiers of orders."""
    lines, sides = orders.items(world, placed), orders.parties(world, placed)
    fate = fates.of(world, placed, lines, sides.sources)
    return Dossiers(
        placed=placed,
        lines=lines,
        sides=sides,
        fate=fate,
        cost=orders.amounts(world, placed, lines, sides.address.place),
        tried=payments.attempts(world, placed, sides),
        returned=fates.returned(fate, lines),
        reclaimed=payments.charged_back(world.seed, placed, sides, fate, lines),
    )
