"""An amount a hundred times too large: cents that were taken for units."""

from __future__ import annotations

from decimal import Decimal

from shardgen.dirt.fields import AMOUNTS
from shardgen.dirt.kind import Draw, Edits, evenly, one_of


def _cents(clean: Decimal, draw: Draw) -> Decimal:
    """A hundred times as much."""
    del draw
    return (clean * 100).quantize(Decimal("0.01"))


MAGNITUDE = Edits(
    name="magnitude",
    family="values",
    imitates="a payment provider that counts cents, beside others that count units",
    seen="payment APIs, and their wrappers",
    sees="sums of a day that jump; totals that do not add up to their parts; prices far from those of the product",
    weights=evenly(AMOUNTS),
    edit=one_of(AMOUNTS, _cents),
)
