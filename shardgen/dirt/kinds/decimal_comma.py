"""An amount with a comma, as a text in the source's record; the column is null."""

from __future__ import annotations

from decimal import Decimal

from shardgen.dirt.fields import AMOUNTS
from shardgen.dirt.kind import Draw, Edits, evenly, one_of


def _comma(clean: Decimal, draw: Draw) -> str:
    """With a comma, and perhaps with points between the thousands."""
    whole, _, cents = f"{clean:,.2f}".partition(".")
    return f"{whole.replace(',', draw.of(('.', '', chr(160))))},{cents}"


DECIMAL_COMMA = Edits(
    name="decimal_comma",
    family="values",
    imitates="an export from a machine with another locale",
    seen="spreadsheets and ERPs in most of Europe",
    sees="nulls in a numeric column; a cast of raw_data that fails",
    weights=evenly(AMOUNTS),
    edit=one_of(AMOUNTS, _comma),
    breaks=frozenset({"not_null"}),
)
