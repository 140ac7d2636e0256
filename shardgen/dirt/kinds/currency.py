"""An amount with its currency, as a text in the source's record; the column is null."""

from __future__ import annotations

from decimal import Decimal

from shardgen.dirt.fields import AMOUNTS
from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_SHOWN = ("${}", "{} USD", "USD {}", "{} $")


def _shown(clean: Decimal, draw: Draw) -> str:
    """As a page shows it."""
    return str(draw.of(_SHOWN)).format(f"{clean:.2f}")


CURRENCY = Edits(
    name="currency",
    family="values",
    imitates="a shop front that sends what it shows",
    seen="scraped pages, receipts, partners' feeds",
    sees="nulls in a numeric column; signs of currencies in raw_data",
    weights=evenly(AMOUNTS),
    edit=one_of(AMOUNTS, _shown),
    breaks=frozenset({"not_null"}),
)
