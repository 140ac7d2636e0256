"""A/B tests of the web shop: which run when, who sees which variant, and what they do to purchases.

A visitor's variant is a hash of the cookie. What a test does is drawn the other way round: orders are there first, and
whoever has several devices buys more often on one that has the better variant. So no order knows of any test.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from shardgen.world import customers
from shardgen.world.demand import DAY
from shardgen.world.rng import I64, below, chance

Mask = NDArray[np.bool_]

VARIANTS = ("control", "treatment")
CONTROL, TREATMENT = range(len(VARIANTS))

PERIOD_DAYS, MONDAY = 91, 3
"""Two tests begin with each thirteen weeks, on a Monday: days since 1970 plus 3 are a multiple of 7."""
EFFECTIVE, IDLE = range(2)
ENDS_AFTER = (PERIOD_DAYS, 63)
"""Days that the effective and the idle test of a period run."""
IDEAS = (
    ("one_page_checkout", "delivery_date", "sticky_cart", "saved_payment", "free_returns", "reviews_on_top"),
    ("button_colour", "rounded_corners", "new_footer", "larger_logo", "dark_header", "font_size"),
)
"""What is tried: what works, and what does nothing."""
LIFTS = (18, 22, 26, 30)
"""Percent more buyers among those who see the treatment of an effective test."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One A/B test."""

    name: str
    """``"sticky_cart_2025w40"``; unique."""
    begins: int
    """First day, since 1970."""
    ends: int
    """The day after the last one."""
    lift: int
    """Percent more of those who see the treatment buy."""


def of_period(seed: int, period: int) -> tuple[Experiment, Experiment]:
    """The effective and the idle test of thirteen weeks."""
    begins = period * PERIOD_DAYS - MONDAY
    year, week, _ = (date(1970, 1, 1) + timedelta(days=begins)).isocalendar()
    effective, idle = (
        Experiment(
            name=f"{ideas[(period + _turn(seed, kind)) % len(ideas)]}_{year}w{week:02}",
            begins=begins,
            ends=begins + days,
            lift=int(_lift(seed, np.array([period]))[0]) if kind == EFFECTIVE else 0,
        )
        for kind, (ideas, days) in enumerate(zip(IDEAS, ENDS_AFTER, strict=True))
    )
    return effective, idle


def _turn(seed: int, kind: int) -> int:
    return int(below(seed, "experiments.idea", np.array([kind]), len(IDEAS[kind]))[0])


def _lift(seed: int, period: I64) -> I64:
    return np.array(LIFTS)[below(seed, "experiments.lift", period, len(LIFTS))]


def periods(times: I64) -> I64:
    """Thirteen weeks, counted from 1970, that instants lie in."""
    return (times // DAY + MONDAY) // PERIOD_DAYS


def runs(kind: int, times: I64) -> Mask:
    """Whether a test of the kind is on at each instant."""
    return (times // DAY + MONDAY) % PERIOD_DAYS < ENDS_AFTER[kind]


def variants(seed: int, kind: int, cookie: I64, period: I64) -> I64:
    """Which variant each visitor sees."""
    return below(seed, f"experiments.variant_{kind}", cookie, 2, period + 1)


def moves(seed: int, key: I64, cookie: I64, other: I64, times: I64) -> Mask:
    """Whether whoever would buy with one cookie does it with another one, which sees what works.

    Args:
        key: draws by it.
        cookie: of the device that would be taken.
        other: of any device of the same customer.
        times: when they buy.
    """
    period = periods(times)
    better = variants(seed, EFFECTIVE, other, period) > variants(seed, EFFECTIVE, cookie, period)
    return better & chance(seed, "experiments.moves", key, _moving(_lift(seed, period)))


def _moving(lift: I64) -> NDArray[np.float64]:
    """How many of those who could have to take the device with the treatment, for so many percent more buyers.

    Of all pairs of a device and any other, so many are of two, half of those see both variants, and half of those
    would take the control.
    """
    treated = (100 + lift) / (200 + lift)
    return (treated - 0.5) / (customers.OF_TWO_DEVICES / 4)
