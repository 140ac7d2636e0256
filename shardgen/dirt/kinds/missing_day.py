"""A day of which a table got nothing."""

from __future__ import annotations

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import Delivers

MISSING_DAY = Delivers(
    name="missing_day",
    family="delivery",
    imitates="a nightly export that failed, and whose alert went to somebody on holiday",
    seen="scheduled extracts without a check that each day is there",
    sees="rows by day of ingestion: a hole; references to what should have come on it",
    weights=dict.fromkeys(EVERY, 0.4),
    does="never",
    unit="day",
)
