"""All that a table got in an hour is there twice."""

from __future__ import annotations

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import HOUR, Delivers

BATCH_TWICE = Delivers(
    name="batch_twice",
    family="delivery",
    imitates="a batch that was loaded, whose confirmation was lost, and that the scheduler loaded again",
    seen="hourly extracts by a scheduler that retries",
    sees="rows by hour of ingestion: twice as many in some; all ids of these hours are there twice",
    weights=dict.fromkeys(EVERY, 0.5),
    does="again",
    unit="hour",
    lag=(2 * HOUR, 2 * HOUR + 1000),
)
