"""A visit whose last events never came."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shardgen.dirt.kind import Delivers


def _tail(place: NDArray[np.int64], word: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """All after one of the third to tenth."""
    return place > 3 + (word % np.uint64(8)).astype(np.int64)


VISIT_END_LOST = Delivers(
    name="visit_end_lost",
    family="events",
    imitates="a tab that is closed, or a phone in a tunnel, before the tracker has sent what it holds",
    seen="trackers that send events by the dozen",
    sees="sessions that last longer than their events; orders without a purchase; event_count, which is greater",
    weights={"clickstream": 0.5},
    does="never",
    unit="visit",
    part=_tail,
    share=0.7,
)
