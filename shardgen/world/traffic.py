"""What leads to visits: traffic sources, and the campaigns that some of them belong to.

Mail is drawn more often than it is sent, and passed over where the visitor is no customer who wants it; so its share
stays what it is.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shardgen.world.lexicon.traffic import CALLS, TRAFFIC_SOURCES
from shardgen.world.rng import I64, below, choose

Mask = NDArray[np.bool_]
NONE = -1

NAMES = tuple(source.name for source in TRAFFIC_SOURCES)
DIRECT, EMAIL = NAMES.index("direct"), NAMES.index("email")

CAMPAIGNS = tuple((source, name) for source in TRAFFIC_SOURCES for name in (*source.campaigns, *source.called))
"""All campaigns by number: those of a source together, those that call somebody after the others."""
_SIZES = np.array([len(source.campaigns) for source in TRAFFIC_SOURCES])
_CALLED = np.array([len(source.called) for source in TRAFFIC_SOURCES])
_FIRST = np.cumsum(_SIZES + _CALLED) - _SIZES - _CALLED
CALL = np.array([CALLS.index(name) if name in CALLS else NONE for _, name in CAMPAIGNS] + [NONE])
"""Which of CALLS each campaign is; NONE for others, and for none."""
REMINDER, WELCOME, WIN_BACK = range(len(CALLS))

WANT_MAIL = (0.42, 0.56)
"""Share of browsing and of buying visits by customers who want mail."""


def _sources(weights: list[int], share: float) -> tuple[I64, I64]:
    """Running weights with so much more mail that what is left of it is its share, and those without any."""
    rest = np.array(weights, dtype=np.int64) * 1000
    drawn = int(rest[EMAIL]) / int(rest.sum()) / share
    rest[EMAIL] = 0
    first = rest.copy()
    first[EMAIL] = round(drawn / (1 - drawn) * int(rest.sum()))
    return np.cumsum(first), np.cumsum(rest)


_BROWSING = _sources([source.browsing_weight for source in TRAFFIC_SOURCES], WANT_MAIL[0])
_BUYING = _sources([source.buying_weight for source in TRAFFIC_SOURCES], WANT_MAIL[1])


def sources(seed: int, key: I64, buying: Mask, program: Mask) -> I64:
    """What may have led to each visit; programs come by themselves."""
    source = choose(seed, "sessions.source", key, _BROWSING[0])
    source[buying] = choose(seed, "sessions.source", key[buying], _BUYING[0])
    source[program] = DIRECT
    return source


def others(seed: int, key: I64, buying: Mask) -> I64:
    """What leads to visits that no mail leads to."""
    source = choose(seed, "sessions.other_source", key, _BROWSING[1])
    source[buying] = choose(seed, "sessions.other_source", key[buying], _BUYING[1])
    return source


def campaigns(seed: int, key: I64, source: I64, *, callable_: Mask | bool) -> I64:
    """The campaign that each visit belongs to, a number in CAMPAIGNS, or NONE.

    Args:
        callable_: whether it may be one that calls somebody.
    """
    size = _SIZES[source] + np.where(callable_, _CALLED[source], 0)
    which = _FIRST[source] + below(seed, "sessions.campaign", key, np.maximum(size, 1))
    return np.where(size > 0, which, NONE)
