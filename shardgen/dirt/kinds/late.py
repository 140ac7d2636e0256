"""A row that comes hours to days after the others of its time."""

from __future__ import annotations

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import DAY, HOUR, Delivers

LATE = Delivers(
    name="late",
    family="delivery",
    imitates="a device that was offline, or a partner who uploads the week's file on Monday",
    seen="mobile trackers, point-of-sale systems and files by SFTP",
    sees="an incremental model whose watermark is the greatest ingestion so far: it misses what happened before it",
    weights=dict.fromkeys(EVERY, 2.0),
    does="late",
    lag=(6 * HOUR, 5 * DAY),
)
