"""Telephone numbers: nobody shares one while the numbers of the place last.

Few numbers of a country are reserved for fiction or free, so they are dealt out in turn: to each customer by the rank
among those who registered where the same numbers are used. Later numbers, and those of who has moved away, are any.
Ranks are counted in BLOCKs of customers and kept.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd

import numpy as np

from shardgen.world import customers, geography, personas
from shardgen.world.lexicon.places import COUNTRIES, PLACES
from shardgen.world.registrations import Registrations
from shardgen.world.rng import I64, below

BLOCK = 1 << 16
MORE = 5, 4
"""A block is given so much more of the numbers than its share, since shares vary."""

_PATTERNS = [
    place.phone_patterns or COUNTRIES[geography.COUNTRY_INDEX[place.country_code]].phone_patterns for place in PLACES
]
GROUPS = tuple(dict.fromkeys(_PATTERNS))
"""Patterns that are used together; all patterns of a group have the same number of free digits."""
GROUP_OF = np.array([GROUPS.index(patterns) for patterns in _PATTERNS], dtype=np.int64)
"""Index into GROUPS of each place."""
SPACE = np.array([len(patterns) * 10 ** patterns[0].count("#") for patterns in GROUPS], dtype=np.int64)
"""How many numbers each group has."""


def _step(space: int) -> int:
    """About 0.618 of so many numbers, without a divisor in common with them: neighbours get numbers far apart."""
    step = max(1, space * 618 // 1000)
    while gcd(step, space) > 1:
        step += 1
    return step


_STEP = np.array([_step(space) for space in SPACE.tolist()], dtype=np.int64)


def numbers(people: Registrations, ids: I64, place: I64, turn: I64) -> I64:
    """Which of the numbers that are used where they live each customer has.

    Args:
        ids: rising, without gaps.
        place: where they live.
        turn: 0 for the number of the registration, else which later one it is.
    """
    if not len(ids):
        return ids
    blocks = range(int(ids[0]) // BLOCK, int(ids[-1]) // BLOCK + 1)
    rank, first = np.concatenate([_ranks(people, block) for block in blocks], axis=1)[:, ids - blocks[0] * BLOCK]
    group = GROUP_OF[place]
    space, shift = SPACE[group], below(people.seed, "customers.phone", group, 1 << 31)
    later = below(people.seed, "customers.phone_later", ids, space, turn)
    return np.where((group == first) & (turn == 0), (rank % space * _STEP[group] + shift) % space, later)


@lru_cache(maxsize=2)
def _ranks(people: Registrations, block: int) -> I64:
    """Of each customer of a block, the rank among those who registered where the same numbers are used, and the group
    of these numbers: shape (2, customers).
    """
    ids = np.arange(block * BLOCK, min((block + 1) * BLOCK, people.total), dtype=np.int64)
    zone = personas.ZONE[people.members(ids).persona]
    group = GROUP_OF[customers.place(people.seed, ids, zone, people.times(ids))]
    order = np.argsort(group, kind="stable")
    counts = np.bincount(group, minlength=len(GROUPS))
    rank = np.empty_like(ids)
    rank[order] = np.arange(len(ids)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.stack([rank + block * _of_a_block()[group], group])


@lru_cache(maxsize=1)
def _of_a_block() -> I64:
    """How many numbers of each group a block may take."""
    weight = np.bincount(GROUP_OF, weights=geography.weights()).astype(np.int64)
    return BLOCK * weight * MORE[0] // (weight.sum() * MORE[1]) + 1
