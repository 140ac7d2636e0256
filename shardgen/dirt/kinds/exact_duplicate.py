"""A row that is there twice, byte for byte."""

from __future__ import annotations

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import Delivers

EXACT_DUPLICATE = Delivers(
    name="exact_duplicate",
    family="delivery",
    imitates="a producer that sends a message, loses the acknowledgement and sends it again within the same batch",
    seen="queues that deliver at least once, and retries without an idempotence key",
    sees="a count by id; a sum of amounts that is too high; a primary key, were there one",
    weights=dict.fromkeys(EVERY, 2.0),
    does="again",
)
