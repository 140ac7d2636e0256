"""Campaigns by name, and the addresses that visits of a campaign land on: those of paid and mailed visits tell their
source, medium and campaign.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import text
from shardgen.columns.abreast import Texts
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64, Text
from shardgen.world import traffic
from shardgen.world.calendar import months
from shardgen.world.demand import DAY
from shardgen.world.sessions import Sessions

WEEK, MONTH = range(2)
_RUNS = np.array(
    [WEEK if "{week}" in name else MONTH if "{month}" in name else traffic.NONE for _, name in traffic.CAMPAIGNS]
)
_MONDAY = 3
"""Days since 1970 plus 3 are a multiple of 7 on a Monday."""
_PERIODS = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Campaigns:
    """The campaigns of a batch, and which of them each visit belongs to; the last one is none."""

    names: Text
    queries: Text
    """What the address of a landing page tells of it."""
    which: I64

    def drawn(self) -> Drawn:
        """Their names, visit by visit."""
        return Drawn(self.names, self.which)


def campaigns(visits: Sessions) -> Campaigns:
    """The campaigns that visits belong to."""
    rows = np.flatnonzero(visits.campaign != traffic.NONE)
    day, campaign = visits.start[rows] // DAY, visits.campaign[rows]
    runs = _RUNS[campaign]
    period = np.where(runs == WEEK, (day + _MONDAY) // 7, np.where(runs == MONTH, months(day), 0))
    found, place = np.unique(campaign * _PERIODS + period, return_inverse=True)
    which = np.full(len(visits.campaign), len(found), dtype=np.int64)
    which[rows] = place
    told = [(*traffic.CAMPAIGNS[number], each) for number, each in (divmod(code, _PERIODS) for code in found.tolist())]
    names = [name.format(week=_week(each), month=_month(each)) for _, name, each in told]
    queries = [
        f"?utm_source={source.name}&utm_medium={source.medium}&utm_campaign={name}"
        for (source, _, _), name in zip(told, names, strict=True)
    ]
    return Campaigns(names=text.pool([*names, None]), queries=text.pool([*queries, ""]), which=which)


def _week(number: int) -> str:
    """``"2025w40"``."""
    year, week, _ = (date(1970, 1, 1) + timedelta(days=number * 7 - _MONDAY)).isocalendar()
    return f"{year}w{week:02}"


def _month(number: int) -> str:
    """``"2025_10"``."""
    return f"{1970 + number // 12}_{number % 12 + 1:02}"


def tagged(pages: Texts, page: NDArray[np.integer], visits: Sessions, known: Campaigns) -> tuple[Text, I64]:
    """Rows of visits that belong to a campaign, and the addresses that they land on.

    Args:
        page: row among the pages that each visit lands on.
        known: the campaigns of the visits.
    """
    rows = np.flatnonzero(visits.campaign != traffic.NONE)
    addresses = text.join(text.take(pages, page[rows]), text.take(known.queries, known.which[rows]))
    return text.column(addresses), rows
