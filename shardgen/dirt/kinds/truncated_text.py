"""A text that ends in its midst."""

from __future__ import annotations

from shardgen.dirt.fields import LONG
from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_WIDTHS = (10, 16, 20, 32)


def _cut(clean: str, draw: Draw) -> str:
    """As much of it as a narrow column holds."""
    return clean[: draw.of(_WIDTHS)]


TRUNCATED_TEXT = Edits(
    name="truncated_text",
    family="values",
    imitates="a column somewhere on the way that is too narrow",
    seen="varchar(20) in a staging table, fields of fixed width",
    sees="many texts of one length; words and markup that break off",
    weights=evenly(LONG),
    edit=one_of(LONG, _cut),
)
