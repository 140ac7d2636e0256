"""A time of a device whose clock is ahead or behind, in the tracker's record alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_TIMES: Final = {
    "sessions": ("raw_data.start_time", "raw_data.end_time"),
    "clickstream": ("raw_data.event_timestamp",),
}
_OFF: Final = tuple(timedelta(hours=hours) for hours in (-8760, -24, -2, -1, 1, 2, 24, 8760))


def _moved(clean: Any, draw: Draw) -> Any:
    """Hours, a day or a year off."""
    instant = datetime.fromisoformat(clean) if isinstance(clean, str) else clean
    return instant + draw.of(_OFF) + timedelta(seconds=draw.below(600))


CLOCK_WRONG = Edits(
    name="clock_wrong",
    family="events",
    imitates="a phone whose clock was set by hand, or lost its battery",
    seen="trackers that send the time of the device",
    sees="times of the record that differ from those of the column, and lie after the ingestion or years before it",
    weights=evenly(_TIMES),
    edit=one_of(_TIMES, _moved),
)
