"""A row that comes a second time, hours later."""

from __future__ import annotations

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import DAY, HOUR, Delivers

REDELIVERED = Delivers(
    name="redelivered",
    family="delivery",
    imitates="a consumer that was restarted and reads its topic again from an older offset",
    seen="message queues, and jobs that are run again for a day that was done",
    sees="two rows of one id whose ingestion differs; a model that keeps the newest must not count both",
    weights=dict.fromkeys(EVERY, 1.5),
    does="again",
    lag=(HOUR, 2 * DAY),
)
