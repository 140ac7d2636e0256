"""A number that stands in quotes in the source's record."""

from __future__ import annotations

from shardgen.dirt.fields import NUMBERS
from shardgen.dirt.kind import Edits, evenly, one_of

NUMBER_AS_TEXT = Edits(
    name="number_as_text",
    family="values",
    imitates="a producer that writes numbers as strings; the typed column, which cannot hold one, is null",
    seen="JSON out of spreadsheets, forms and languages without types",
    sees="nulls in a numeric column, and jsonb_typeof(raw_data -> 'total_amount')",
    weights=evenly(NUMBERS),
    edit=one_of(NUMBERS, lambda clean, draw: str(clean)),  # noqa: ARG005
    breaks=frozenset({"not_null"}),
)
