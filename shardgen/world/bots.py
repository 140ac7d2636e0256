"""Visits of programs: crawlers and scrapers that walk the catalogue at a pace of their own and never buy.

Some say in their user agent what they are, others look like a browser; both run on a few machines, under a new cookie
each time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world.lexicon.devices import DEVICES
from shardgen.world.rng import I64, below, chance, choose, lognormal_table

Mask = NDArray[np.bool_]

NONE = -1
SHORT_PERCENT = 42
"""Visits with one of the lowest so many percent of lengths mostly have a single event, and are rarely a program's."""
OF_SHORT, OF_LONG = 0.012, 0.06
"""Share of browsing sessions that are a program's: 4 % of all."""
MACHINES = 6
"""Machines that each program runs on."""

MILLISECONDS = np.clip(lognormal_table(1400, 0.6, 1024), 350, 6000)
"""From one page to the next; one visit keeps its pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A kind of program."""

    name: str
    agent: str | None
    """The user agent that it sends; None for that of the browser that it looks like."""
    device: int
    """Index into DEVICES of what the tracker takes it for."""
    weight: int
    """Share of programs' visits, in percent."""


def _device(system: str, version: str = "") -> int:
    return next(
        number
        for number, each in enumerate(DEVICES)
        if each.operating_system == system and each.browser == "Chrome" and each.os_version.startswith(version)
    )


PROGRAMS = (
    Program(
        name="search engine",
        agent="Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile "
        "Safari/537.36 (compatible; SearchBot/2.1; +https://search.example/bot.html)",
        device=_device("Android"),
        weight=30,
    ),
    Program(
        name="price comparison",
        agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; compatible; PriceSpider/1.4; "
        "+https://compare.example/spider) Chrome/128.0.0.0 Safari/537.36",
        device=_device("Linux"),
        weight=16,
    ),
    Program(
        name="monitoring",
        agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 "
        "Safari/537.36",
        device=_device("Linux"),
        weight=14,
    ),
    Program(name="scraper that looks like a phone", agent=None, device=_device("Android"), weight=26),
    Program(name="scraper that looks like a desktop", agent=None, device=_device("Windows", "10"), weight=14),
)
_WEIGHTS = np.cumsum([each.weight for each in PROGRAMS])
DEVICE = np.array([each.device for each in PROGRAMS])
DECLARED = np.array([each.agent is not None for each in PROGRAMS])


def of_sessions(seed: int, key: I64, length: I64, of: int) -> I64:
    """Which of PROGRAMS each browsing session is of, NONE for a person's.

    Args:
        length: each session's place among all lengths, below ``of``; so the lengths of all stay what they are.
    """
    share = np.where(length < of * SHORT_PERCENT // 100, OF_SHORT, OF_LONG)
    return np.where(chance(seed, "bots.session", key, share), choose(seed, "bots.program", key, _WEIGHTS), NONE)


def machines(seed: int, key: I64, program: I64) -> I64:
    """Number of the machine that each visit comes from."""
    return program * MACHINES + below(seed, "bots.machine", key, MACHINES)


def paces(seed: int, key: I64) -> I64:
    """Microseconds from one page to the next of each visit."""
    return MILLISECONDS[below(seed, "bots.pace", key, len(MILLISECONDS))] * 1_000 + below(seed, "bots.beat", key, 1_000)
