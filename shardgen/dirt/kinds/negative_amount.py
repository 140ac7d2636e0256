"""An amount below zero that should not be."""

from __future__ import annotations

from decimal import Decimal

from shardgen.dirt.fields import AMOUNTS
from shardgen.dirt.kind import Draw, Edits, evenly, one_of


def _below_zero(clean: Decimal, draw: Draw) -> Decimal:
    """The same with the other sign."""
    del draw
    return -clean


NEGATIVE_AMOUNT = Edits(
    name="negative_amount",
    family="values",
    imitates="a credit that was booked with the sign of the ledger",
    seen="accounting systems, refunds beside sales in one feed",
    sees="amounts below zero; totals that do not add up",
    weights=evenly(AMOUNTS),
    edit=one_of(AMOUNTS, _below_zero),
)
