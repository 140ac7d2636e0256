"""A visit whose first events never came."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shardgen.dirt.kind import Delivers


def _head(place: NDArray[np.int64], word: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """The first one to three."""
    return place <= 1 + (word % np.uint64(3)).astype(np.int64)


VISIT_START_LOST = Delivers(
    name="visit_start_lost",
    family="events",
    imitates="a tracker that waits until the visitor agrees to it",
    seen="shops with a banner for consent, and pages whose script loads late",
    sees="visits that begin with event 2 to 4; landing pages that nobody landed on",
    weights={"clickstream": 0.5},
    does="never",
    unit="visit",
    part=_head,
    share=0.14,
)
