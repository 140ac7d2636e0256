"""A text that is empty where there should be one, and is not null."""

from __future__ import annotations

from shardgen.dirt.fields import TEXTS
from shardgen.dirt.kind import Draw, Edits, evenly, one_of


def _empty(clean: str, draw: Draw) -> str:
    """Nothing, in the way of texts."""
    del clean, draw
    return ""


EMPTY_STRING = Edits(
    name="empty_string",
    family="values",
    imitates="a form that sends every field, and an export that knows no null",
    seen="CSV out of databases that take both for the same, web forms",
    sees="no null to count; length 0, and a group of its own in every GROUP BY",
    weights=evenly(TEXTS),
    edit=one_of(TEXTS, _empty),
)
