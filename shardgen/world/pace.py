"""How time passes in a visit: a pause after each event, as long as its page asks, and never the same twice.

Pauses are log-normal about what is usual on the page; those of a visit are then stretched or squeezed together into the
time that it takes. A program pauses about as long everywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shardgen.world.rng import F64, I64, bits, lognormal_table
from shardgen.world.scripts import PAGES

USUAL = dict.fromkeys(PAGES, 60) | {
    "home": 38,
    "deals": 70,
    "help": 130,
    "cart": 62,
    "checkout": 48,
    "checkout_address": 105,
    "checkout_delivery": 45,
    "checkout_payment": 96,
    "category": 52,
    "search": 44,
    "product": 92,
}
"""Relative time that is usual on each page."""
SPREAD = 1.0
"""Sigma of the logarithm of the pauses on one page."""
STEP_BITS = 11
PROGRAM = len(PAGES)
"""Stands for every page of a program's visit."""
_UNEVEN = 8
"""Percent by which a program's pauses differ, at most."""
_PAUSES = np.concatenate(
    [
        *(lognormal_table(USUAL[page] * 100, SPREAD, 1 << STEP_BITS) for page in PAGES),
        np.linspace(6_000 * (100 - _UNEVEN) // 100, 6_000 * (100 + _UNEVEN) // 100, 1 << STEP_BITS).astype(np.int64),
    ]
).astype(np.float64)
"""Whole numbers: pauses by page, those of programs in the end."""


def times(
    seed: int, key: I64, page: NDArray[np.int8], first: I64, start: I64, active: I64, ends: NDArray[np.bool_]
) -> I64:
    """Instants of the events of some visits, rising strictly.

    Args:
        key: of each event.
        page: index into scripts.PAGES of each event, PROGRAM for those of a program's visit.
        first: row of each visit's first event, which is at its start.
        active: microseconds over which the events of each visit are spread.
        ends: whether the last event of the visit is at the end of that time, or its pause comes after it.
    """
    passed, total = _passed(seed, key, page, first)
    counts = np.diff(first, append=len(key))
    last = first + counts - 1
    whole = np.where(ends, passed[last], total)
    rate = active / np.maximum(whole, 1)
    moments = np.repeat(start, counts) + (passed * np.repeat(rate, counts)).astype(np.int64)
    moments[last[ends]] = (start + active)[ends]
    return moments


def _passed(seed: int, key: I64, page: NDArray[np.int8], first: I64) -> tuple[F64, F64]:
    """Relative time from each visit's start to its events, and to the end of the pause after the last one; exact."""
    word = bits(seed, "clicks.pause", key)
    step = (word >> np.uint64(64 - STEP_BITS)).view(np.int64)
    pause = _PAUSES[(page.astype(np.int64) << STEP_BITS) + step]
    pause += (word >> np.uint64(24) & np.uint64(127)).view(np.int64)  # so that no two are alike
    passed = np.cumsum(pause)
    passed -= pause
    counts = np.diff(first, append=len(key))
    passed -= np.repeat(passed[first], counts)
    last = first + counts - 1
    return passed, passed[last] + pause[last]


def give_last_steps(moments: I64, first: I64, step: I64, last: I64, least: int) -> None:
    """See to it, in place, that some visits take their time from one step to the end; what lies before is squeezed.

    Args:
        moments: instants of all events.
        first: rows of these visits' first events.
        step: rows of the steps, after the first ones and before the last ones.
        last: rows of their last events.
        least: microseconds from the step to the end, less than the visits take.
    """
    short = moments[last] - moments[step] < least
    first, step, last = first[short], step[short], last[short]
    opens, at, closes = moments[first], moments[step], moments[last]
    _scale(moments, first, step - 1, opens, (closes - least - opens) / (at - opens))
    _scale(moments, step, last, closes, least / (closes - at))


def _scale(moments: I64, first: I64, last: I64, about: I64, factor: F64) -> None:
    """Bring events, from a first to a last row of each visit, nearer to an instant, or take them away from it."""
    counts = last - first + 1
    visit = np.repeat(np.arange(len(counts)), counts)
    row = (first - np.cumsum(counts) + counts)[visit] + np.arange(len(visit))
    moments[row] = about[visit] + ((moments[row] - about[visit]) * factor[visit]).astype(np.int64)
