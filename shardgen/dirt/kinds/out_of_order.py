"""A row that comes some minutes after what came later than it."""

from __future__ import annotations

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import HOUR, Delivers

OUT_OF_ORDER = Delivers(
    name="out_of_order",
    family="delivery",
    imitates="messages of one key that go through partitions of different speed",
    seen="queues without an order across partitions, retries with a back-off",
    sees="the order of ingestion, where it is taken for the order of events",
    weights=dict.fromkeys(EVERY, 1.5),
    does="late",
    lag=(2 * HOUR // 60, HOUR),
)
