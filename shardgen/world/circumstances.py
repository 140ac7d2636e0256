"""What a reviewer knows of the purchase: when and where it was made, how long ago it came, whether it was sent back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import customers, geography, orders
from shardgen.world.calendar import first_days, months
from shardgen.world.demand import DAY
from shardgen.world.fates import Fate
from shardgen.world.lexicon.circumstances import ALWAYS, COLD, WARM
from shardgen.world.lexicon.opinions import HOUR_STARTS
from shardgen.world.lives import Actors
from shardgen.world.rng import I64
from shardgen.world.world import World

Mask = NDArray[np.bool_]

ONLINE, STORE, PHONE = range(3)
CHANNEL = np.array([ONLINE, ONLINE, ONLINE, STORE, PHONE])
"""Of orders.CHANNELS."""
PART_OF_WEEK = np.array([0, 0, 1, 1, 1, 2, 2])
"""Index into opinions.DAYS, from Monday on."""
SEASON = np.array([COLD, COLD, ALWAYS, ALWAYS, WARM, WARM, WARM, WARM, ALWAYS, ALWAYS, COLD, COLD])
"""Of each month in the north; half a year later in the south. In between only what can always be said."""
LATE_DAYS = 8
"""A parcel that took so many days is worth a word."""
LONGEST = 60
DEAR = 4_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Circumstances:
    """Of n reviews; arrays of shape (n,)."""

    channel: I64
    """ONLINE, STORE or PHONE."""
    part_of_day: I64
    """Index into opinions.HOURS, by the buyer's clock."""
    part_of_week: I64
    """Index into opinions.DAYS."""
    discounted: Mask
    several: Mask
    """Whether it was one of three things or more."""
    dear: Mask
    payday: Mask
    """Whether it was bought in the last third of a month."""
    december: Mask
    """Whether it was bought in the weeks before Christmas."""
    season: I64
    """COLD or WARM where the reviewer lives at the time of the review, ALWAYS in between."""
    days: I64
    """Whole days since the delivery, at most LONGEST."""
    waited: I64
    """Days from the order to the delivery."""
    late: Mask
    """Whether that was long."""
    returned: Mask
    """Whether it has been sent back by then."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reviewed:
    """What is reviewed, and when; arrays of shape (n,)."""

    order: I64
    """Row of the order."""
    item: I64
    """Row of its item."""
    date: I64


def of_reviews(
    world: World, placed: orders.Orders, fate: Fate, lines: orders.Items, who: Actors, what: Reviewed
) -> Circumstances:
    """The circumstances of reviews.

    Args:
        who: who placed each order.
    """
    order, item = what.order, what.item
    bought, delivered = placed.placed[order], fate.delivered[order]
    home = customers.place(world.seed, who.number[order], who.zone[order], bought)
    local = geography.local_time(home, bought)
    day, month = _calendar(local // DAY)
    channel, waited = CHANNEL[placed.channel[order]], (delivered - bought) // DAY
    return Circumstances(
        channel=channel,
        part_of_day=np.searchsorted(HOUR_STARTS, local % DAY // (DAY // 24), side="right"),
        part_of_week=PART_OF_WEEK[(local // DAY + 3) % 7],
        discounted=lines.discount[item] > 0,
        several=np.diff(np.append(lines.starts, len(lines.order)))[order] >= 3,
        dear=lines.unit_price[item] >= DEAR,
        payday=day > 20,
        december=(month == 11) & (day < 25),
        season=SEASON[(_calendar(what.date // DAY)[1] + 6 * geography.SOUTHERN[home]) % 12],
        days=np.minimum((what.date - delivered) // DAY, LONGEST),
        waited=waited,
        late=(waited >= LATE_DAYS) & (channel != STORE),
        returned=(lines.returned[item] > 0) & (fate.returned[order] <= what.date),
    )


def _calendar(days: I64) -> tuple[I64, I64]:
    """Day of the month, from 1, and month, from 0."""
    month = months(days)
    return days - first_days()[month] + 1, month % 12
