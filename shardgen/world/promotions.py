"""Promotions: what is reduced, when, by how much and in which channels, from a calendar by ISO week.

Everything is reduced from the Monday before Black Friday to Cyber Monday; most other weeks have a category on offer,
and every week some brands. They begin and end at midnight UTC, as prices do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shardgen.model.config import WorldConfig
from shardgen.world.calendar import first_days, months
from shardgen.world.kinds import KINDS
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.rng import I64, below, bits, chance

NONE = -1
EVERY_CHANNEL, WEB_AND_APP = 0b11111, 0b00011
"""Channels by bit, in the order of orders.CHANNELS."""
CATEGORIES = tuple(dict.fromkeys(each.category for each in SUBCATEGORIES))
BRANDS_A_WEEK, TURN = 7, 23
"""Kinds with a brand on offer each week, and how far on the next one is among all: none is on offer twice at a time."""
TAKEN = 0.9
"""Share of eligible lines that have their promotion's discount."""
CATEGORY_LIFT = 170
"""Percent of the usual that a category sells while it is on offer; brands get theirs when products are drawn."""
COUPON_DAYS, COUPON_TAKEN = 5, 0.35
"""Days of a month on which the newsletter's code counts, and the share of orders that use it then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """One promotion."""

    name: str
    """``"Black Friday 2025"``."""
    code: str
    """``"BF25"``; unique."""
    begins: int
    """First day, since 1970."""
    ends: int
    """The day after the last one."""
    scope: str
    """``"everything"``, ``"category"`` or ``"brand"``."""
    kinds: tuple[int, ...]
    brand: int
    """Index into the brands of the kind, or NONE."""
    percent: int
    channels: int
    """Those that have it, by bit."""


class Promotions:
    """All promotions, by number.

    Args:
        config: what the world is.
        days: from the epoch on.
    """

    def __init__(self, config: WorldConfig, days: int) -> None:
        self.seed = config.seed
        self.first = (config.epoch - date(1970, 1, 1)).days
        self.days = days + 2
        weeks = range((self.first + 3) // 7 - 2, (self.first + self.days + 3) // 7 + 1)
        self.all = tuple(each for week in weeks for each in self._of_week(week))
        self.brand, self.percent, self.channels = (
            np.array([*(getattr(each, field) for each in self.all), 0], dtype=np.int64)
            for field in ("brand", "percent", "channels")
        )

    def _of_week(self, week: int) -> Iterator[Promotion]:
        monday = week * 7 - 3
        word = [
            int(each)
            for each in bits(self.seed, "promotions.week", np.full(64, week), np.arange(1, 65)) >> np.uint64(32)
        ]
        day = date(1970, 1, 1) + timedelta(days=monday)
        if monday == _black_friday(day.year) - 4:
            yield Promotion(
                name=f"Black Friday {day.year}",
                code=f"BF{day.year % 100:02}",
                begins=monday,
                ends=monday + 8,
                scope="everything",
                kinds=tuple(range(KINDS)),
                brand=NONE,
                percent=20,
                channels=EVERY_CHANNEL,
            )
            return
        if word[0] % 100 < 60:
            yield _category(day, monday, word[1:6])
        for turn in range(BRANDS_A_WEEK):
            kind = ((week * BRANDS_A_WEEK + turn) * TURN + self._offset) % KINDS
            yield _brand(day, monday, kind, turn, word[8 + turn * 4 :])

    @cached_property
    def _offset(self) -> int:
        return int(below(self.seed, "promotions.turn", np.zeros(1, dtype=np.int64), KINDS)[0])

    @cached_property
    def broad(self) -> NDArray[np.int16]:
        """Promotion of everything or of a category, by day from the epoch on and kind; NONE for none."""
        return self._table(lambda each: each.scope != "brand")

    @cached_property
    def narrow(self) -> NDArray[np.int16]:
        """Promotion of a brand, by day and kind; NONE for none."""
        return self._table(lambda each: each.scope == "brand")

    @cached_property
    def _brands(self) -> NDArray[np.int16]:
        """Brand on offer, by day and kind, day by day; NONE for none."""
        return np.where(self.narrow == NONE, NONE, self.brand[self.narrow]).astype(np.int16).ravel()

    def _table(self, wanted: Callable[[Promotion], bool]) -> NDArray[np.int16]:
        table = np.full((self.days, KINDS), NONE, dtype=np.int16)
        for number, each in enumerate(self.all):
            if wanted(each):
                table[max(0, each.begins - self.first) : max(0, each.ends - self.first), list(each.kinds)] = number
        return table

    @cached_property
    def lift(self) -> I64:
        """Percent of the usual that each kind sells on each day from the epoch on."""
        category = np.array([*(each.scope == "category" for each in self.all), False])
        return np.where(category[self.broad], CATEGORY_LIFT, 100)

    def branded(self, brand: NDArray[np.integer[Any]], kind: I64, day: I64) -> NDArray[np.bool_]:
        """Whether products of these brands and kinds are on offer on these days."""
        return self._brands.take((day - self.first) * KINDS + kind) == brand

    def of_lines(self, brand: NDArray[np.integer[Any]], kind: I64, day: I64, channel: I64) -> I64:
        """The promotion that each line may have: that of its brand, or a better one of its category; or NONE."""
        broad = self.broad[day - self.first, kind].astype(np.int64)
        narrow = self.narrow[day - self.first, kind].astype(np.int64)
        narrow = np.where(self.brand[narrow] == brand, narrow, NONE)
        better = (narrow != NONE) & (self.percent[narrow] >= self.percent[broad])
        best = np.where(better, narrow, broad)
        return np.where((best != NONE) & (self.channels[best] >> channel & 1 == 1), best, NONE)

    def taken(self, key: I64, promotion: I64) -> I64:
        """The promotion that each line has: nine in ten of those that may."""
        return np.where(chance(self.seed, "items.promoted", key, TAKEN), promotion, NONE)

    def discounts(self, promotion: I64, gross: I64) -> I64:
        """Cents off, rounded half up; it follows from the promotion alone."""
        return np.where(promotion == NONE, 0, (gross * self.percent[promotion] + 50) // 100)

    def coupons(self, number: I64, day: I64) -> tuple[I64, I64]:
        """Percent off whole orders, and the month (since 1970) of the newsletter's code; 0 and NONE without."""
        month = months(day)
        every = np.arange(month.min(initial=0), month.max(initial=0) + 1)
        begins = (first_days()[every] + 2 + below(self.seed, "coupons.begins", every, 22))[month - every[0]]
        used = (day >= begins) & (day < begins + COUPON_DAYS) & chance(self.seed, "coupons.taken", number, COUPON_TAKEN)
        percent = (5 + 5 * below(self.seed, "coupons.percent", every, 2))[month - every[0]]
        return np.where(used, percent, 0), np.where(used, month, NONE)


def _black_friday(year: int) -> int:
    """Day since 1970 of the Friday after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return (first - date(1970, 1, 1)).days + (3 - first.weekday()) % 7 + 22


def _category(day: date, monday: int, word: list[int]) -> Promotion:
    category = CATEGORIES[word[0] % len(CATEGORIES)]
    year, week, _ = day.isocalendar()
    return Promotion(
        name=f"{category} Week {week}/{year}",
        code=f"{_letters(category)}{year % 100:02}{week:02}",
        begins=monday,
        ends=monday + 4 + word[1] % 4,
        scope="category",
        kinds=tuple(number for number, each in enumerate(SUBCATEGORIES) if each.category == category),
        brand=NONE,
        percent=10 + 5 * (word[2] % 3),
        channels=WEB_AND_APP if word[3] % 3 == 2 else EVERY_CHANNEL,
    )


def _brand(day: date, monday: int, kind: int, turn: int, word: list[int]) -> Promotion:
    brands = SUBCATEGORIES[kind].brands
    brand = word[0] % len(brands)
    year, week, _ = day.isocalendar()
    begins = monday + word[1] % 4
    return Promotion(
        name=f"{brands[brand]} {SUBCATEGORIES[kind].name} Days {week}/{year}",
        code=f"{_letters(brands[brand])}{year % 100:02}{week:02}{turn}",
        begins=begins,
        ends=begins + 5 + word[2] % 6,
        scope="brand",
        kinds=(kind,),
        brand=brand,
        percent=10 + 5 * (word[3] % 4),
        channels=EVERY_CHANNEL,
    )


def _letters(name: str) -> str:
    return "".join(letter for letter in name.upper() if letter.isascii() and letter.isalpha())[:5]
