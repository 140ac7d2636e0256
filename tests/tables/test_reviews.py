"""When reviews come: a tail, and no heap at its end."""

from __future__ import annotations

import numpy as np

from shardgen.world.demand import HOUR
from shardgen.world.reviews import LAG_HOURS, MAX_LAG


def test_lags_thin_out_towards_the_limit_and_stay_below_it():
    last_days = np.histogram(LAG_HOURS, bins=[24 * day for day in (50, 53, 56, 60)])[0]
    assert LAG_HOURS.max() * HOUR < MAX_LAG
    assert last_days[0] > 0
    assert (last_days <= last_days[0]).all()
