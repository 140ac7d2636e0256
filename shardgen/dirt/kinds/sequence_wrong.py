"""An event whose number in its visit does not agree with its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardgen.dirt.kind import GONE, Draw, Edits, Row


def _miscounted(row: Row, draw: Draw) -> Mapping[str, Any]:
    """The count begins again, or is one or two off."""
    number = row["sequence_number"]
    if number is GONE or number < 2:
        return {}
    return {"raw_data.sequence_number": draw.of((1, number - 1, number + 1, number + 2))}


SEQUENCE_WRONG = Edits(
    name="sequence_wrong",
    family="events",
    imitates="a page that is loaded anew and counts from 1, or two tabs of one visit",
    seen="trackers that count in the browser",
    sees="one number of two events of a visit; an order by number that is not the order by time",
    weights={"clickstream": 1.0},
    edit=_miscounted,
)
