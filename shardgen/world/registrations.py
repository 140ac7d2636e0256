"""Who registers when: customers' numbers, dense and in order of registration, and the members behind them.

Numbers follow from exact counts by hour, zone and family; within an hour they are dealt out by a bijection, so that
either can be told from the other without a search through the hour.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from shardgen.model.config import WorldConfig
from shardgen.world import zones
from shardgen.world.demand import HOUR, HOUR_BITS, Columns, Counts, midnight
from shardgen.world.eras import Eras
from shardgen.world.families import WALK_IN, Families, Members
from shardgen.world.rng import I64, Guide, below, guide

SCATTER = 2_147_483_647
"""A prime above all counts of an hour: multiples of it deal the hour's numbers out."""


class Registrations:
    """All registrations of a world.

    Args:
        config: what the world is.
        eras: how far it is known.
        orders: all orders, with a column for each zone.
    """

    def __init__(self, config: WorldConfig, eras: Eras, orders: Columns) -> None:
        self.config, self.seed = config, config.seed
        self.epoch = midnight(config.epoch)
        self.families = Families(config, eras, orders)
        self.lead = self.families.lead
        """Hours before the epoch."""

    @cached_property
    def sums(self) -> Counts:
        """Registrations before each hour, zone and family, hour by hour: walk-ins after the others."""
        families = self.families
        sums = np.zeros(families.plain.hours * 2 * zones.ZONES + 1, dtype=families.plain.before.dtype)
        both = sums[1:].reshape(-1, 2 * zones.ZONES)
        both[:, : zones.ZONES] = np.diff(families.plain.before, axis=0)
        last = families.eras.hours[-1] + 1
        walk_ins = np.diff(families.walk_ins(families.orders.before[: last + 1]), axis=0)
        both[self.lead - 1 : self.lead - 1 + len(walk_ins), zones.ZONES :] = walk_ins
        return np.cumsum(sums, out=sums)

    @cached_property
    def hourly(self) -> I64:
        """Registrations before each hour."""
        return self.sums[:: 2 * zones.ZONES].astype(np.int64)

    @cached_property
    def by_hour(self) -> Guide:
        """To find the hour of a customer."""
        return guide(self.hourly[1:], cells=HOUR_BITS)

    @property
    def total(self) -> int:
        """Customers over all hours."""
        return int(self.hourly[-1])

    def hours(self, instants: I64) -> I64:
        """Hours from the epoch to those of the instants."""
        return (instants - self.epoch) // HOUR

    def before(self, instants: I64 | int) -> I64:
        """How many registered before the hour of each instant began."""
        hours = (np.asarray(instants) - self.epoch) // HOUR + self.lead
        return self.hourly[np.minimum(np.maximum(hours, 0), len(self.hourly) - 1)]

    def numbers(self, who: Members) -> I64:
        """Customer numbers of members."""
        families, zone, place = self.families, who.zone, self.families.place(who)
        hour, first = np.empty(len(zone), dtype=np.int64), np.empty(len(zone), dtype=np.int64)
        rows = np.flatnonzero(who.family != WALK_IN)
        hour[rows] = families.plain.hour(zone[rows], place[rows])
        first[rows] = families.plain.count(hour[rows], zone[rows])
        rows = np.flatnonzero(who.family == WALK_IN)
        hour[rows] = families.orders.hour(zone[rows], place[rows] * families.stride + families.residue)
        first[rows] = families.walk_ins(families.orders.count(hour[rows], zone[rows]))
        hour[rows] += self.lead - 1  # they register in the hour before
        start, stop = self.hourly[hour], self.hourly[hour + 1]
        cell = (hour * 2 + who.family) * zones.ZONES + zone
        return start + _dealt(self.sums[cell] - start + place - first, stop - start)

    def members(self, numbers: I64) -> Members:
        """Who stands behind customer numbers."""
        hour = self.by_hour.find(numbers)
        start, stop = self.hourly[hour], self.hourly[hour + 1]
        dealt = start + _gathered(numbers - start, stop - start)
        cell = np.searchsorted(self.sums, dealt.astype(self.sums.dtype), side="right") - 1  # or all sums are widened
        zone, family = cell % zones.ZONES, cell // zones.ZONES % 2
        walk_ins = self.families.walk_ins(self.families.orders.count(hour - self.lead + 1, zone))
        first = np.where(family == WALK_IN, walk_ins, self.families.plain.count(hour, zone))
        return self.families.at(family, zone, dealt - self.sums[cell] + first)

    def anybody(self, stream: str, ids: I64, zone: I64, hour: I64, attempt: int) -> Members:
        """Somebody of each zone who registered before the hour; of any zone, where there is nobody.

        Args:
            attempt: each finds somebody else.
        """
        plain, walk_ins = (
            self.families.plain.count(hour + self.lead, zone),
            self.families.walk_ins(self.families.orders.count(hour, zone)),
        )
        place = below(self.seed, stream, ids, np.maximum(plain + walk_ins, 1), attempt)
        family = (place >= plain).astype(np.int64)
        found = self.families.at(family, zone, place - plain * family)
        lost = np.flatnonzero(plain + walk_ins == 0)
        there = self.hourly[hour[lost] + self.lead]
        found.take_in(lost, self.members(below(self.seed, stream, ids[lost], there, attempt)))
        return found

    def times(self, numbers: I64) -> I64:
        """When customers registered; never falling as the number rises."""
        hour = self.by_hour.find(numbers)
        start = self.hourly[hour]
        n = self.hourly[hour + 1] - start
        jitter = below(self.seed, "customers.registered", numbers, 1 << 31) * HOUR >> 31
        return self.epoch + (hour - self.lead) * HOUR + ((numbers - start) * HOUR + jitter) // n


def _dealt(place: I64, of: I64) -> I64:
    """Place of each arrival of an hour after the hour's are dealt out: a bijection of 0 to ``of``."""
    return place * SCATTER % np.maximum(of, 1)


def _gathered(place: I64, of: I64) -> I64:
    """The inverse."""
    sizes, which = np.unique(of, return_inverse=True)
    factors = np.array([pow(SCATTER, -1, size) if size > 1 else 0 for size in sizes.tolist()], dtype=np.int64)
    return place * factors[which] % np.maximum(of, 1)
