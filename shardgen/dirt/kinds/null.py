"""A value that is not there, though the source has it."""

from __future__ import annotations

from shardgen.dirt.fields import OPTIONAL
from shardgen.dirt.kind import Edits, evenly, one_of

NULL = Edits(
    name="null",
    family="values",
    imitates="a field that was lost on the way: a join that found nothing, an export that cannot show it",
    seen="every source; most of all optional fields of forms and of APIs",
    sees="a count of nulls by column and day; NOT NULL, were it there",
    weights=evenly(OPTIONAL, 2.0),
    edit=one_of(OPTIONAL, lambda clean, draw: None),  # noqa: ARG005
    breaks=frozenset({"not_null"}),
)
