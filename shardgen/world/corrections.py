"""What the catalogue first had wrong of a product, and when it was put right: its description, or its measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shardgen.world.demand import DAY, HOUR
from shardgen.world.records import NEVER
from shardgen.world.rng import I64, below, choose

NOTHING, DESCRIPTION, MEASURES = range(3)
SHARES = np.cumsum([70, 20, 10])
WITHIN_DAYS = 900
"""Days after the launch by which all has been put right."""
OPENS, WORKS = 8 * HOUR, 10 * HOUR
"""From when on, and how long, the catalogue's keepers are at work, UTC."""
MILLISECOND = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corrections:
    """Of n products; arrays of shape (n,)."""

    what: I64
    """NOTHING, DESCRIPTION or MEASURES."""
    at: I64
    """When, NEVER for most. It is no midnight, at which prices change."""

    def wrong(self, until: I64) -> I64:
        """What is still wrong just before an instant."""
        return np.where((self.at != NEVER) & (self.at >= until), self.what, NOTHING)


def corrections(seed: int, ids: I64, launched: I64, gone: I64) -> Corrections:
    """The corrections of products; what has left the shop is not looked at again.

    Args:
        launched, gone: microseconds UTC.
    """
    what = choose(seed, "products.corrected", ids, SHARES)
    day = launched // DAY + 1 + below(seed, "products.corrected_day", ids, WITHIN_DAYS)
    time = OPENS + below(seed, "products.corrected_at", ids, WORKS // MILLISECOND) * MILLISECOND
    at = day * DAY + time
    what[at >= gone] = NOTHING
    return Corrections(what=what, at=np.where(what == NOTHING, NEVER, at))
