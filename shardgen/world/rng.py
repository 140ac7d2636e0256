"""Counter-based randomness: each draw is a pure function of (seed, stream, row id, draw number).

A stream is named "table.column"; its key is BLAKE2b of the name and the seed, its bits splitmix64 of key and id
(Steele, Lea, Flood 2014). Transforms are our own, in integers or basic IEEE steps, so that no library version and no
CPU can change a value. Nothing here holds state.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

U64 = NDArray[np.uint64]
I64 = NDArray[np.int64]
F64 = NDArray[np.float64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX1 = np.uint64(0xBF58476D1CE4E5B9)
MIX2 = np.uint64(0x94D049BB133111EB)
S30, S27, S31, S11, S32 = (np.uint64(n) for n in (30, 27, 31, 11, 32))
TO_UNIT = 2.0**-53
_ALL_BITS, _LOWER = 2**64 - 1, 2**33 - 1
FIRST = 0
"""The only draw of most rows: it saves a round of mixing, and equals no other draw of the row."""


GUIDE_BITS = 15
"""Bits of a ticket that a draw by weight looks up: the table stays in the second-level cache."""
MOST_STEPS = 12
"""From here on a search is faster than walking on from what was looked up."""


@lru_cache(maxsize=4096)
def stream_key(seed: int, stream: str) -> int:
    """64-bit key of a named stream in the world of this seed."""
    digest = hashlib.blake2b(f"{seed}\x1f{stream}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def bits(seed: int, stream: str, ids: ArrayLike, draw: ArrayLike = FIRST) -> U64:
    """Uniform 64-bit words.

    Args:
        seed: the world's seed.
        stream: ``"table.column"``; another name is another independent stream.
        ids: row ids, an array of integers of any shape (of a bare number the overflow meant here would warn).
        draw: number of the draw within the row, for rows that need several; broadcast against ids.

    Returns:
        uint64 of the broadcast shape.
    """
    word = turned(ids)
    word += np.uint64(stream_key(seed, stream))
    if isinstance(draw, int | np.integer):
        return mixed(word) if draw == FIRST else mixed(mixed(word) + np.uint64(int(draw) * int(GOLDEN) & _ALL_BITS))
    return mixed(mixed(word) + _words(draw) * GOLDEN)


def turned(ids: ArrayLike) -> U64:
    """What :func:`bits` makes of ids whatever the stream: who draws for several streams makes it once."""
    return _words(ids) * GOLDEN


def lowest(seed: int, stream: str, words: U64, bound: int) -> tuple[I64, U64]:
    """Which ids have bits below a bound, and these bits, in less time than :func:`bits` of all takes.

    Args:
        words: ids, turned.
        bound: below 2**64.

    Returns:
        Places of the ids, rising, and what :func:`bits` gives for them.
    """
    word, _ = _stirred(words + np.uint64(stream_key(seed, stream)))
    place = np.flatnonzero(word <= np.uint64(bound | _LOWER))  # the last step leaves the upper 31 bits as they are
    found = word[place]
    found ^= found >> S31
    below_it = found < np.uint64(bound)
    return place[below_it], found[below_it]


def _words(numbers: ArrayLike) -> U64:
    """Whole numbers as words; not copied where they are as wide."""
    given = np.asarray(numbers)
    return given.view(np.uint64) if given.dtype == np.int64 else given.astype(np.uint64)


def mix(word: U64) -> U64:
    """The splitmix64 finaliser, a bijection of 64-bit words that changes half the bits for each changed one."""
    return mixed(word.copy())


def mixed(word: U64) -> U64:
    """The same done to the words themselves, which must be nobody else's: to allocate costs more than to compute."""
    word, shifted = _stirred(word)
    np.right_shift(word, S31, out=shifted)
    word ^= shifted
    return word


def _stirred(word: U64) -> tuple[U64, U64]:
    """All of it but the last step, and room for that."""
    shifted = word >> S30
    word ^= shifted
    word *= MIX1
    np.right_shift(word, S27, out=shifted)
    word ^= shifted
    word *= MIX2
    return word, shifted


def uniform(seed: int, stream: str, ids: ArrayLike, draw: ArrayLike = FIRST) -> F64:
    """Floats in [0, 1) with 53 bits."""
    word = bits(seed, stream, ids, draw)
    word >>= S11
    units = word.astype(np.float64)
    units *= TO_UNIT
    return units


def below(seed: int, stream: str, ids: ArrayLike, bound: ArrayLike, draw: ArrayLike = FIRST) -> I64:
    """Integers in [0, bound) for bounds from 1 to 2**31 (multiply-high of 32 bits; bias below 2**-32 x bound)."""
    word = bits(seed, stream, ids, draw)
    word >>= S32
    word = np.multiply(word, _words(bound), out=word if np.ndim(bound) == 0 else None)
    word >>= S32
    return word.view(np.int64)


def between(seed: int, stream: str, ids: ArrayLike, low: ArrayLike, high: ArrayLike, draw: ArrayLike = FIRST) -> I64:
    """Integers in [low, high], both ends included."""
    return np.asarray(low) + below(seed, stream, ids, np.asarray(high) - np.asarray(low) + 1, draw)


def chance(
    seed: int, stream: str, ids: ArrayLike, probability: ArrayLike, draw: ArrayLike = FIRST
) -> NDArray[np.bool_]:
    """True with the given probability; nested: what is true at a low probability stays true at a higher one."""
    if np.ndim(probability) > 0:
        return uniform(seed, stream, ids, draw) < np.asarray(probability)
    word = bits(seed, stream, ids, draw)
    word >>= S11
    least = math.ceil(float(np.asarray(probability)) / TO_UNIT)  # the same without a float for each row
    return word < np.uint64(max(0, least))


def choose(seed: int, stream: str, ids: ArrayLike, cumulative: ArrayLike, draw: ArrayLike = FIRST) -> I64:
    """Indices drawn by weight.

    Args:
        cumulative: running sums of integer weights, rising, the last one their total (1 to 2**31).
    """
    sums = np.asarray(cumulative, dtype=np.int64)
    return _guide(sums.tobytes()).find(below(seed, stream, ids, sums[-1], draw))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Guide:
    """Running sums with a table of where to look in them, a third of the cost of a binary search (Chen and Asau, 1974).

    Tickets are cut into cells of 2**shift.
    """

    sums: NDArray[np.signedinteger[Any]]
    shift: int
    first: I64
    """The index that the first ticket of each cell falls to."""
    steps: int
    """How many more indices a cell may reach."""

    def find(self, tickets: I64) -> I64:
        """The index that each ticket, from 0 to below the last sum, falls to: the first sum that is above it."""
        if self.steps > MOST_STEPS:
            return np.searchsorted(self.sums, tickets.astype(self.sums.dtype, copy=False), side="right")
        index = self.first.take(tickets >> self.shift)
        for _ in range(self.steps):
            index += tickets >= self.sums.take(index)
        return index


def outcomes(cumulative: ArrayLike) -> NDArray[np.uint8]:
    """What each ticket falls to by rows of running sums with one total: shape (rows, total).

    It is :func:`choose` where each draw has weights of its own: ``outcomes(sums)[row, below(..., total)]``.
    """
    sums = np.asarray(cumulative, dtype=np.int64)
    tickets = np.arange(sums[0, -1])
    return np.stack([np.searchsorted(row, tickets, side="right") for row in sums]).astype(np.uint8)


def guide(cumulative: ArrayLike, cells: int = GUIDE_BITS) -> Guide:
    """The guide of rising running sums of integer weights, the last one above 0.

    Args:
        cells: bits of a ticket that are looked up; more where many sums lie close together.
    """
    sums = np.asarray(cumulative, dtype=np.int64)
    last = int(sums[-1]) - 1 if len(sums) else -1
    shift = max(0, last.bit_length() - cells)
    first = np.searchsorted(sums, np.arange((last >> shift) + 1) << shift, side="right")
    reached = np.append(first[1:], len(sums) - 1)
    steps = int((reached - first).max()) if shift else 0
    compact = sums.astype(np.int32) if last < 2**31 - 1 else sums  # half the room, for the processor's cache
    return Guide(sums=compact, shift=shift, first=first, steps=steps)


@lru_cache(maxsize=256)
def _guide(cumulative: bytes) -> Guide:
    return guide(np.frombuffer(cumulative, dtype=np.int64))


@lru_cache(maxsize=8)
def normal_quantiles(size: int) -> F64:
    """Standard normal quantiles at the midpoints of ``size`` equal slices of (0, 1).

    Rounded to 1e-6, so that the table is the same whatever the platform's logarithm.
    """
    normal = NormalDist()
    return np.array([round(normal.inv_cdf((i + 0.5) / size), 6) for i in range(size)])


def lognormal_table(median: float, sigma: float, size: int) -> I64:
    """Quantiles of a log-normal, rounded to whole numbers: index it with a draw below ``size``."""
    return np.rint(median * _lognormal_quantiles(sigma, size)).astype(np.int64)


@lru_cache(maxsize=128)
def _lognormal_quantiles(sigma: float, size: int) -> F64:
    """Those of a log-normal with median 1; by the C library's exponential, since numpy has one for each processor."""
    return np.array([math.exp(sigma * z) for z in normal_quantiles(size).tolist()])


def exponential_table(mean: float, size: int) -> I64:
    """Quantiles of an exponential, rounded to whole numbers: index it with a draw below ``size``."""
    return np.array([round(-mean * math.log1p(-(i + 0.5) / size)) for i in range(size)], dtype=np.int64)
