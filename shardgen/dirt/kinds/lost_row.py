"""A row that never comes."""

from __future__ import annotations

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import Delivers

LOST_ROW = Delivers(
    name="lost_row",
    family="delivery",
    imitates="a message that was dropped on the way, and nobody noticed",
    seen="trackers behind ad blockers, queues with a retention that is too short, rejected lines of a file",
    sees="references to it that lead nowhere; gaps in dense ids",
    weights=dict.fromkeys(EVERY, 1.0),
    does="never",
)
