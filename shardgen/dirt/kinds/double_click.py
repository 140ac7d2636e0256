"""An event that was sent twice, a moment apart, because somebody clicked twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardgen.dirt.kind import Delivers, Draw, Row


def _again(row: Row, draw: Draw) -> Mapping[str, Any]:
    """The same event; the tracker counts on, but the id is that of the first."""
    del draw
    number = row["sequence_number"]
    return {"raw_data.sequence_number": number + 1} if isinstance(number, int) else {}


DOUBLE_CLICK = Delivers(
    name="double_click",
    family="events",
    imitates="an impatient visitor, and a button that does not lock",
    seen="every tracker of clicks",
    sees="two events of one kind, page and id within a second; conversion rates that are too high",
    weights={"clickstream": 2.0},
    does="again",
    lag=(100_000, 900_000),
    edit=_again,
)
