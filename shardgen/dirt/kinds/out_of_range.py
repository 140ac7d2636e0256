"""A number that cannot be."""

from __future__ import annotations

from shardgen.dirt.fields import COUNTS
from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_IMPOSSIBLE = (-1, 0, 99, 999, 9999, 2147483647)


def _impossible(clean: int, draw: Draw) -> int:
    """One of the numbers that stand for unknown."""
    del clean
    return int(draw.of(_IMPOSSIBLE))


OUT_OF_RANGE = Edits(
    name="out_of_range",
    family="values",
    imitates="a default that stands for unknown, or a sensor at its limit",
    seen="legacy systems that have no null, counters that overflow",
    sees="ratings that are no stars, visits of years, 999 pieces",
    weights=evenly(COUNTS),
    edit=one_of(COUNTS, _impossible),
    breaks=frozenset({"check"}),
)
