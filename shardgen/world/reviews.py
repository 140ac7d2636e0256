"""What buyers say: which delivered items are reviewed, when, with how many stars, and what becomes of a review.

A review hangs on its item and exists where a hashed draw lies below the rate, so that a higher rate only adds. Stars
follow the product's hidden quality, which also drives what is sent back. A few are written anew or taken down; helpful
votes are counted once a week.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import baskets, orders, products
from shardgen.world.demand import DAY, HOUR
from shardgen.world.fates import Fate
from shardgen.world.rng import I64, below, between, chance, lognormal_table, outcomes
from shardgen.world.world import World

MILLISECOND = 1000
MAX_LAG = 59 * DAY
_LAGS = lognormal_table(8 * 24, 0.9, 1024)
LAG_HOURS = _LAGS[(_LAGS >= 12) & (_LAGS < MAX_LAG // HOUR)]
"""Hours from delivery to the review; what lies beyond the limits is left out, so that nothing piles up at them."""

STARS = np.cumsum(
    [
        [62, 14, 9, 9, 6],
        [34, 13, 13, 18, 22],
        [18, 9, 11, 22, 40],
        [11, 6, 8, 21, 54],
        [7, 4, 6, 20, 63],
        [4, 2, 5, 18, 71],
        [2, 1, 3, 14, 80],
    ],
    axis=1,
)
"""Weights of 1 to 5 stars by level of quality: J-shaped in the middle."""
BEST_OF_RETURNED = 3
"""Nobody praises what they have sent back."""
LEVELS = np.array([6, 26, 76, 140, 204, 244])
"""Steps of quality (of 256) at which the next level begins."""
KEPT, FAULTY, UNSUITABLE = range(3)
STARS_SENT_BACK = np.array([[56, 79, 93, 99, 100], [28, 54, 83, 98, 100]])
"""The same of what was sent back: because it was bad, or because it did not suit."""
_STARS = outcomes(np.concatenate([STARS, STARS_SENT_BACK]))
PROMISED, VERY_LATE = 168 * HOUR, 36 * HOUR
"""From the order to the promised delivery, and how far beyond it patience ends."""
LATE_LEVELS = 2
"""Levels that a late delivery costs; one more when it is very late."""
UNVERIFIED = 0.08
"""Share of marketplace and store reviews that are not verified purchases."""
HELPFUL = np.maximum(lognormal_table(1.1, 1.6, 4096) - 1, 0)
"""Helpful votes that a review gets in the end: heavy-tailed."""
WEEK = 7 * DAY
COUNTS = 26
"""How often votes are counted: once a week, the last time half a year after the review."""
HALF_WEEKS = 3
"""How soon votes come: nearly half of them by then."""

EDITED = 0.025
"""Share of reviews that their buyers write anew."""
EDITED_WITHIN = HOUR // 2, 47 * HOUR
"""Soon: before the first count of votes, and while the buyer is a customer for certain."""
TAKEN_DOWN = 0.008
"""Share of reviews that the shop takes down: there is no trace of them afterwards."""
TAKEN_DOWN_WITHIN = 2 * DAY, 42 * DAY


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reviews:
    """n reviews in order of number; arrays of shape (n,)."""

    number: I64
    """order number x 8 + position of the item, from 0."""
    item: I64
    """Row of the reviewed item."""
    date: I64
    rating: I64
    """1 to 5."""
    votes: I64
    """Helpful votes in the end; see :func:`votes_by`."""
    verified: NDArray[np.bool_]
    edited: I64
    """When it was written anew, orders.NEVER for most."""
    taken_down: I64
    """When it was taken down, orders.NEVER for most."""

    def there(self, until: int) -> NDArray[np.bool_]:
        """Which of them are to be read just before an instant."""
        return (self.date < until) & (self.taken_down >= until)

    @property
    def changes(self) -> list[I64]:
        """When what is told of them changes; orders.NEVER where something does not happen."""
        so_far = np.zeros_like(self.votes)
        found = [self.date, self.edited, self.taken_down]
        for week in range(1, COUNTS + 1):
            at, last = self.date + week * WEEK, so_far
            so_far = _counted(self.votes, week)
            found.append(np.where((so_far > last) & (at < self.taken_down), at, orders.NEVER))
        return found


def promising(world: World, placed: orders.Orders) -> I64:
    """Rows of the orders of which an item may be reviewed: by draws alone, before anything is known of the items."""
    _, most = baskets.openers(world.shop, placed.buyers(world.seed))
    position = np.arange(baskets.MAX_ITEMS)
    key = placed.number[:, None] * baskets.MAX_ITEMS + position
    drawn = chance(world.seed, "reviews.exists", key, world.config.review_rate)
    return np.flatnonzero((drawn & (position < most[:, None])).any(axis=1))


def of_items(world: World, placed: orders.Orders, fate: Fate, lines: orders.Items) -> Reviews:
    """All reviews that the items ever get."""
    seed = world.seed
    delivered = fate.delivered[lines.order]
    item = np.flatnonzero(
        (delivered != orders.NEVER) & chance(seed, "reviews.exists", lines.key, world.config.review_rate)
    )
    key = lines.key[item]
    lag = (
        LAG_HOURS[below(seed, "reviews.lag", key, len(LAG_HOURS))] * HOUR
        + below(seed, "reviews.minute", key, HOUR >> 2) * 4
    )
    quality = products.quality(seed, lines.product[item])
    late = delivered[item] - placed.placed[lines.order[item]] - PROMISED
    channel = placed.channel[lines.order[item]]
    date = delivered[item] + lag
    rating = _stars(seed, key, quality, late, _sent_back(seed, key, lines, item))
    sent_back = (lines.returned[item] > 0) & (fate.returned[lines.order[item]] <= date)
    resold = (channel == orders.MARKETPLACE) | (channel == orders.STORE)
    return Reviews(
        number=key,
        item=item,
        date=date,
        rating=np.where(sent_back, np.minimum(rating, BEST_OF_RETURNED), rating),
        votes=HELPFUL[below(seed, "reviews.votes", key, len(HELPFUL))],
        verified=~(resold & chance(seed, "reviews.unverified", key, UNVERIFIED)),
        edited=_once(seed, "reviews.edited", key, EDITED, date, EDITED_WITHIN),
        taken_down=_once(seed, "reviews.taken_down", key, TAKEN_DOWN, date, TAKEN_DOWN_WITHIN),
    )


def _once(seed: int, stream: str, key: I64, share: float, date: I64, within: tuple[int, int]) -> I64:
    """When something happens to this share of the reviews, orders.NEVER for the others.

    It lies a microsecond beside whole milliseconds, so that it never falls together with a count of votes.
    """
    low, high = (bound // MILLISECOND for bound in within)
    lag = between(seed, f"{stream}_at", key, low, high - 1) * MILLISECOND + 1
    return np.where(chance(seed, stream, key, share), date + lag, orders.NEVER)


def _stars(seed: int, key: I64, quality: I64, late: I64, back: I64) -> I64:
    """Stars by quality; less for what came late, and few for what was sent back.

    Args:
        quality: of the products.
        late: microseconds by which the delivery passed the promise, negative before it.
        back: KEPT, FAULTY or UNSUITABLE.
    """
    level = np.searchsorted(LEVELS, quality, side="right")
    level = np.maximum(level - LATE_LEVELS * (late > 0) - (late > VERY_LATE), 0)
    row = np.where(back == KEPT, level, len(STARS) + back - 1)
    return 1 + _STARS[row, below(seed, "reviews.rating", key, 100)].astype(np.int64)


def _sent_back(seed: int, key: I64, lines: orders.Items, item: I64) -> I64:
    """Whether each item is kept, or why it goes back."""
    mild = orders.unsuitable(lines.subcategory[item], orders.return_reasons(seed, key, lines.subcategory[item]))
    return np.where(lines.returned[item] > 0, np.where(mild, UNSUITABLE, FAULTY), KEPT)


def votes_by(votes: I64, age: I64) -> tuple[I64, I64]:
    """Helpful votes as they were last counted, ``age`` microseconds after the review: most come soon.

    Returns:
        votes so far; the age at which they were first that many, 0 where there is none.
    """
    whole, so_far = COUNTS + HALF_WEEKS, _counted(votes, np.minimum(age // WEEK, COUNTS))
    first = -(-so_far * COUNTS * HALF_WEEKS // np.maximum(votes * whole - so_far * COUNTS, 1))
    return so_far, first * WEEK


def _counted(votes: I64, week: I64 | int) -> I64:
    """Helpful votes that the count of a week finds."""
    return votes * week * (COUNTS + HALF_WEEKS) // (COUNTS * (week + HALF_WEEKS))
