"""Rings of fraud: a few customers, each with a name and a home of their own, behind whom are the same people.

A ring is some members of one family and zone who registered soon after each other; what its accounts share is a
machine, a card or an address for parcels, never a cookie. It follows from a member's place, so nobody is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import zones
from shardgen.world.families import Families, Members
from shardgen.world.rng import I64, below

Mask = NDArray[np.bool_]

NONE = -1
CUSTOMERS_A_RING = 900
SIZES = np.array([4, 6, 3, 7, 5], dtype=np.int64)
"""Members of one ring after another: 0.54 % of all customers in the end."""
MOST_BETWEEN = 3
"""Members of the zone from one of a ring to the next, at most."""
SPAN = int(SIZES.max() - 1) * MOST_BETWEEN + 1

MACHINE, CARD, ADDRESS = 1, 2, 4
SHARES = ("device_fingerprint", "card", "address")
"""What these bits stand for."""
SHARED = np.array([MACHINE | CARD, MACHINE | ADDRESS, MACHINE, CARD | ADDRESS, MACHINE | CARD | ADDRESS, CARD])
"""What the accounts of one ring after another share."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rings:
    """All rings of a world; arrays of shape (rings,), with one more at the end that nobody is in."""

    ends: I64
    """How many members of each family and zone there are before the end of each era, shape (eras, families x zones)."""
    group: I64
    """Places before those of each era, family and zone, of the same shape laid out flat."""
    before: I64
    """Rings before those of each era, and of all: shape (eras + 1,)."""
    first: I64
    """Place of the first member among all."""
    step: I64
    """Places from one member to the next."""
    size: I64
    shared: I64
    """Bits of SHARES."""

    @property
    def total(self) -> int:
        """How many rings there are."""
        return len(self.first) - 1

    def of(self, families: Families, who: Members) -> I64:
        """The ring of each member, or NONE."""
        place, ring = self._places(who.family * zones.ZONES + who.zone, families.place(who))
        turn, rest = np.divmod(place - self.first[ring], self.step[ring])
        return np.where((turn >= 0) & (turn < self.size[ring]) & (rest == 0), ring, NONE)

    def members(self, families: Families, ring: I64) -> tuple[I64, Members]:
        """The rings' members, and of which ring each is."""
        size = self.size[ring]
        of = np.repeat(ring, size)
        turn = np.arange(len(of)) - np.repeat(np.cumsum(size) - size, size)
        place = self.first[of] + turn * self.step[of]
        cell = np.searchsorted(self.group, place, side="right") - 1
        era, group = np.divmod(cell, self.ends.shape[1])
        family, zone = np.divmod(group, zones.ZONES)
        earlier = np.where(era > 0, self.ends[era - 1, group], 0)
        return of, families.at(family, zone, earlier + place - self.group[cell])

    def _places(self, group: I64, place: I64) -> tuple[I64, I64]:
        """Places among all of members of these places in their groups, and the ring around each, or ``total``."""
        era = (place >= self.ends[:-1, group]).sum(axis=0)
        earlier = np.where(era > 0, self.ends[era - 1, group], 0)
        groups = self.ends.shape[1]
        found = self.group[era * groups + group] + place - earlier
        ring = self.before[era] + (found - self.group[era * groups]) // CUSTOMERS_A_RING
        return found, np.where(ring < self.before[era + 1], ring, self.total)

    def share(self, ring: I64, what: int) -> Mask:
        """Whether customers of these rings, or of NONE, share one thing."""
        return (ring != NONE) & (self.shared[ring] & what != 0)


def rings(families: Families) -> Rings:
    """The rings among the members of each era, one for each CUSTOMERS_A_RING."""
    seed, ends = families.seed, np.stack([_members(families, hours) for hours in families.eras.hours])
    sizes = np.diff(ends, axis=0, prepend=0)
    last = np.cumsum(sizes).reshape(sizes.shape)
    begins = last[:, -1] - sizes.sum(axis=1)
    before = np.concatenate([[0], np.cumsum(sizes.sum(axis=1) // CUSTOMERS_A_RING)])
    number, era = np.arange(before[-1]), np.repeat(np.arange(len(begins)), np.diff(before))
    size, between = SIZES[number % len(SIZES)], 1 + below(seed, "rings.step", number, MOST_BETWEEN)
    low, room = _widest((last - sizes)[era], last[era], begins[era] + (number - before[era]) * CUSTOMERS_A_RING)
    first = low + below(seed, "rings.first", number, np.maximum(room - SPAN, 1))
    turn = below(seed, "rings.shared", np.zeros(1, dtype=np.int64), len(SHARED))
    return Rings(
        ends=ends,
        group=(last - sizes).ravel(),
        before=before,
        first=np.append(first, np.iinfo(np.int64).max),
        step=np.append(between, 1),
        size=np.append(np.minimum(size, (room + between - 1) // between), 0),
        shared=np.append(SHARED[(number + turn) % len(SHARED)], 0),
    )


def _members(families: Families, hours: int) -> I64:
    """How many members of each family and zone register by so many hours from the epoch."""
    plain = families.plain.before[families.lead + hours]
    return np.concatenate([plain, families.registered_walk_ins(hours)]).astype(np.int64)


def _widest(starts: I64, ends: I64, cell: I64) -> tuple[I64, I64]:
    """Of each cell of CUSTOMERS_A_RING places, the longest stretch of one group: its first place and its length.

    Args:
        starts: of the groups around each cell, and so ``ends``.
    """
    low = np.maximum(starts, cell[:, None])
    length = np.minimum(ends, cell[:, None] + CUSTOMERS_A_RING) - low
    widest = length.argmax(axis=1)
    row = np.arange(len(cell))
    return low[row, widest], length[row, widest]
