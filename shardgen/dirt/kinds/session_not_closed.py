"""A session without an end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardgen.dirt.kind import Draw, Edits, Row


def _left_open(row: Row, draw: Draw) -> Mapping[str, Any]:
    """Neither an end nor how long it took, or one that is at its start."""
    if row["end_time"] is None:
        return {}
    if draw.below(3):
        return {"end_time": None, "duration_seconds": None}
    return {"end_time": row["start_time"], "duration_seconds": 0}


SESSION_NOT_CLOSED = Edits(
    name="session_not_closed",
    family="events",
    imitates="a job that closes sessions after half an hour of silence, and did not run",
    seen="trackers that make sessions in batches",
    sees="no end, or visits of no time at all; the last event says when it was",
    weights={"sessions": 1.5},
    edit=_left_open,
    breaks=frozenset({"not_null"}),
)
