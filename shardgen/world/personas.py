"""Kinds of people: what a basket may know of whoever fills it, and a customer of who they are.

Every time zone has a power of two of personas, some 256 in all, each as common as the others of the zone. Orders and
customers take them in turn, so a persona's orders and its customers can be counted and found without a search.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from shardgen.world import zones
from shardgen.world.rng import I64, below

PERSONAS_WANTED, MOST_OF_A_ZONE = 256, 64

_SHARES = zones.WEIGHTS * PERSONAS_WANTED * 4 // (zones.WEIGHTS.sum() * 3)
BITS = np.array([min(max(int(share), 1).bit_length() - 1, MOST_OF_A_ZONE.bit_length() - 1) for share in _SHARES])
"""Of each zone: it has 2**BITS personas."""
SIZE = np.int64(1) << BITS
BASE = np.cumsum(SIZE) - SIZE
"""First persona of each zone."""
PERSONAS = int(SIZE.sum())
ZONE = np.repeat(np.arange(zones.ZONES), SIZE)
BITS_OF = BITS[ZONE]
"""The same by persona."""
COUNTRY = zones.COUNTRY[ZONE]
_RANK = np.arange(PERSONAS) - np.searchsorted(COUNTRY, COUNTRY) + COUNTRY * 5
"""Rank within the country, from somewhere else in each, so that small countries are not all alike."""
FEMALE = (_RANK % 4 == 0) | (_RANK % 4 == 3)
BUDGET = np.array([1, 2, 0, 3, 2, 1, 3, 0, 0, 2, 1])[_RANK * 5 % 11]
"""0 thrifty to 3 rich: fewer or more items, cheaper or dearer ones."""
YOUNG, PARENT, OLDER = range(3)
AGE = np.array([YOUNG, PARENT, OLDER, PARENT, OLDER, YOUNG, OLDER])[_RANK % 7]
BODY = np.arange(PERSONAS) * 179 % 1000
"""Per mille of people who are smaller."""
RETURNER = _RANK % 19 == 7
"""Whether they send most things back."""


def of_orders(seed: int, zone: I64, rank: I64) -> I64:
    """Whose kind the orders number ``rank`` of their zones are: the zone's personas in turn."""
    step, shift = _turns(seed)
    return BASE[zone] + (rank * step[zone] + shift[zone] & SIZE[zone] - 1)


def turn_of(seed: int, persona: I64) -> tuple[I64, I64]:
    """The factor and the shift that give the ranks of a persona's orders: (place + shift) x factor, in each round."""
    step, shift = _turns(seed)
    zone = ZONE[persona]
    inverse = np.array([pow(int(odd), -1, MOST_OF_A_ZONE) for odd in step])
    return inverse[zone], persona - BASE[zone] - shift[zone]


@lru_cache(maxsize=4)
def _turns(seed: int) -> tuple[I64, I64]:
    """Of each zone, the odd step and the shift by which its orders take its personas."""
    zone = np.arange(zones.ZONES)
    step = below(seed, "orders.persona_step", zone, MOST_OF_A_ZONE // 2) * 2 + 1
    return step, below(seed, "orders.persona", zone, MOST_OF_A_ZONE)
