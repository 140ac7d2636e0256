"""The two families of customers, and how many of each persona there are before any hour.

*Plain* members register on their own; *walk-ins* in the hour before their first order, and every ``stride``-th order of
a zone is such a first order. Both take the zone's personas in turn: so family, persona and a running index name a
member, and counts by the hour are all that is ever looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shardgen.model.config import WorldConfig
from shardgen.world import personas, zones
from shardgen.world.demand import Columns, Counts, arrivals, columns_of
from shardgen.world.eras import Eras
from shardgen.world.rng import I64, below

Mask = NDArray[np.bool_]

LEAD_DAYS = 365
"""How long before the epoch the first customers registered."""
EARLY_PERCENT = 30
PLAIN, WALK_IN = range(2)
FEWEST_ORDERS, MOST_WALK_INS = 3, 720
"""Orders for each walk-in, at least; walk-ins per mille of those who register from the epoch on, at most."""
PLAIN_STEP = 37
"""By which plain members take the personas of their zone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """n customers by what stands behind their numbers; arrays of shape (n,)."""

    family: I64
    """PLAIN or WALK_IN."""
    persona: I64
    index: I64
    """0, 1, ... among those of the family and persona."""

    @property
    def zone(self) -> I64:
        """The time zones that they live in."""
        return personas.ZONE[self.persona]

    def take(self, rows: I64) -> Members:
        """Those at these rows."""
        return Members(family=self.family[rows], persona=self.persona[rows], index=self.index[rows])

    def take_in(self, rows: I64, others: Members) -> None:
        """Put others in at these rows."""
        self.family[rows], self.persona[rows], self.index[rows] = others.family, others.persona, others.index


class Families:
    """All members of a world.

    Args:
        config: what the world is.
        eras: how far it is known.
        orders: all orders, with a column for each zone.
    """

    def __init__(self, config: WorldConfig, eras: Eras, orders: Columns) -> None:
        self.seed, self.eras, self.orders, self.lead = config.seed, eras, orders, LEAD_DAYS * 24
        early = min(config.customers, max(1, config.customers * EARLY_PERCENT // 100))
        self.stride, self.residue = self._stride(config.customers - early)
        walk_ins = int(self.registered_walk_ins(eras.hours[0]).sum())
        plain = arrivals(
            config,
            "customers.plain",
            config.customers - walk_ins,
            days=eras.days,
            activity=zones.activity,
            early=early,
            lead=np.arange(1, LEAD_DAYS + 1, dtype=np.int64),  # ever more of them
        )
        self.plain = columns_of(plain)
        """From ``lead`` hours before the epoch on."""

    def _stride(self, room: int) -> tuple[int, int]:
        """Every how-many-th order of a zone is somebody's first, and which one; an odd number, 0 for none."""
        most = room * MOST_WALK_INS // 1000
        ends = self.orders.before[self.eras.hours[0] + 1]
        stride = max(FEWEST_ORDERS, int(ends.sum()) // max(1, most)) | 1
        residue = int(below(self.seed, "customers.walk_in", np.zeros(1, dtype=np.int64), stride)[0])
        return (stride, residue) if most and _multiples(ends, stride, residue).sum() <= room else (0, 0)

    def walk_ins(self, orders: Counts) -> Counts:
        """First orders among so many orders of a zone."""
        return _multiples(orders, self.stride, self.residue) if self.stride else np.zeros_like(orders)

    def registered_walk_ins(self, hours: int) -> Counts:
        """Walk-ins of each zone who registered by so many hours from the epoch: their orders lie an hour later."""
        return self.walk_ins(self.orders.before[hours + 1])

    def before_hours(self, persona: I64, hours: I64) -> tuple[I64, I64]:
        """Plain members of each persona who registered, and walk-ins whose first order lies, before the hours.

        Args:
            hours: of each persona, or several rows of such.
        """
        zone, rounds = personas.ZONE.take(persona), personas.BITS_OF.take(persona)
        cell = hours * zones.ZONES + zone
        plain = self.plain.before.ravel().take(np.maximum(cell + self.lead * zones.ZONES, zone))
        walk_ins = self._of_walk_ins.take(np.maximum(cell, zone))
        plain, walk_ins = plain + self._plain_late.take(persona), walk_ins + self._walk_in_late.take(persona)
        return plain >> rounds, walk_ins >> rounds

    @cached_property
    def _plain_late(self) -> I64:
        """How many of a round of its zone's plain members come after the one of each persona."""
        return personas.SIZE[personas.ZONE] - 1 - self._plain_turn

    @cached_property
    def _walk_in_late(self) -> I64:
        """The same of walk-ins."""
        return personas.SIZE[personas.ZONE] - 1 - self._walk_in_turn

    @cached_property
    def _of_walk_ins(self) -> Counts:
        return self.walk_ins(self.orders.before).ravel()

    @cached_property
    def _plain_turn(self) -> I64:
        """Which in each round of its zone's plain members is of each persona."""
        zone, place = personas.ZONE, np.arange(personas.PERSONAS) - personas.BASE[personas.ZONE]
        shift = below(self.seed, "customers.persona", zone, personas.MOST_OF_A_ZONE)
        return (place - shift) * pow(PLAIN_STEP, -1, personas.MOST_OF_A_ZONE) & personas.SIZE[zone] - 1

    @cached_property
    def _walk_in_turn(self) -> I64:
        """The same of walk-ins: the order of each has the persona."""
        persona = np.arange(personas.PERSONAS)
        factor, place = personas.turn_of(self.seed, persona)
        rank = place * factor
        step = pow(max(1, self.stride), -1, personas.MOST_OF_A_ZONE)
        return (rank - self.residue) * step & personas.SIZE[personas.ZONE] - 1

    def is_first(self, rank: I64) -> Mask:
        """Whether a zone's orders of these ranks are somebody's first."""
        return rank % self.stride == self.residue if self.stride else np.zeros(len(rank), dtype=np.bool_)

    def first_of(self, zone: I64, rank: I64) -> Members:
        """Whose first orders they are."""
        return Members(
            family=np.full(len(rank), WALK_IN),
            persona=personas.of_orders(self.seed, zone, rank),
            index=rank // max(1, self.stride) >> personas.BITS[zone],
        )

    def place(self, who: Members) -> I64:
        """Where members stand among those of their zone and family."""
        turn = np.where(who.family == WALK_IN, self._walk_in_turn[who.persona], self._plain_turn[who.persona])
        return (who.index << personas.BITS[personas.ZONE[who.persona]]) + turn

    def at(self, family: I64, zone: I64, place: I64) -> Members:
        """The members of these places among those of their zone and family."""
        plain = place * PLAIN_STEP + below(self.seed, "customers.persona", zone, personas.MOST_OF_A_ZONE)
        plain = personas.BASE[zone] + (plain & personas.SIZE[zone] - 1)
        walk_in = personas.of_orders(self.seed, zone, place * self.stride + self.residue)
        persona = np.where(family == WALK_IN, walk_in, plain)
        return Members(family=family, persona=persona, index=place >> personas.BITS[zone])


def _multiples(orders: Counts, stride: int, residue: int) -> Counts:
    return (orders + stride - 1 - residue) // stride
