"""A record that bears the id of the one beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardgen.dirt.fields import NEIGHBOURS
from shardgen.dirt.kind import Draw, Edits, Row, evenly


def _beside(row: Row, draw: Draw) -> Mapping[str, Any]:
    """The id of the record whose number differs in its last bit."""
    del draw
    column = NEIGHBOURS[row.table]
    clean = row[column]
    number = row.number ^ 1
    if isinstance(clean, int):
        return {column: clean ^ 1}
    prefix = clean.rstrip("0123456789")
    return {column: f"{prefix}{number + 1:0{len(clean) - len(prefix)}d}"}


REUSED_ID = Edits(
    name="reused_id",
    family="keys",
    imitates="a sequence that was set back after a restore, so that ids are given twice",
    seen="databases that were restored from a backup, ids that each branch gives by itself",
    sees="an id with two different records; joins that multiply rows",
    weights=evenly(NEIGHBOURS),
    edit=_beside,
    breaks=frozenset({"key"}),
)
