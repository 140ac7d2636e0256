"""How long customers stay and how often they act, and who of them acts at an instant.

Each run of LIVES members of a family and persona holds every life once, in a hashed order. An act draws a life by how
active it is and how many have it on that day, a run among those whose members can live then, and the one member of the
run who has that life; where nobody does, it tries again. So nobody is looked up, and strangers do not compete.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shardgen.world import personas, records, zones
from shardgen.world.families import PLAIN, Members
from shardgen.world.registrations import Registrations
from shardgen.world.rng import I64, U64, below, bits

Mask = NDArray[np.bool_]

LIVES = 16
DEAD, SHORT, LOYAL = 6, 3, 2
"""Lives that never order (again), that last for days to weeks, and for good; those between them fade away."""
TRIES = 8
FOR_GOOD = 400_000
"""Hours of a life that outlasts every world."""
SHARE_BITS = 26

ACTIVITY = np.array([0] * DEAD + [1500, 900, 600] + [520, 760, 1000, 1280, 1640, 2150, 3100], dtype=np.int64)
"""Relative number of orders while it lasts, per mille, by life."""
DAYS = np.array([0] * DEAD + [5, 18, 60] + [210, 140, 400, FOR_GOOD // 24, 180, FOR_GOOD // 24, 290], dtype=np.int64)
"""How long each life lasts from the registration on."""
REST_DAYS = np.array([0] * DEAD + [0, 0, 0] + [8, 0, 2, 14, 0, 5, 0], dtype=np.int64)
"""How long those of a life wait after they registered, or after the first order: some not at all."""
VISITS = np.maximum(ACTIVITY, 250)
"""The same of visits: whoever never buys comes to look, too."""
VISIT_DAYS = np.maximum(DAYS, 40)

LOOKS_IN, IS_WELCOMED, IS_MISSED = range(3)
"""Why customers come to look."""
NEWCOMERS, WELCOME_DAYS = np.full(LIVES, 1, dtype=np.int64), np.full(LIVES, 14, dtype=np.int64)
"""Those whom the shop's first mails welcome, and for how long."""
SLEEPERS = np.array([1] * (DEAD + SHORT) + [0] * (LIVES - DEAD - SHORT), dtype=np.int64)
ASLEEP, FORGOTTEN_DAYS = np.full(LIVES, 160, dtype=np.int64), np.full(LIVES, 360, dtype=np.int64)
"""Those who have not come for long and are asked to come back: from when on, and until when."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """How likely each life is to act on each day: an alias table (Walker, 1977), LIVES cells a day.

    Of several occasions, their lives and their days follow each other.
    """

    acts: I64
    """How active each life is, shape (occasions x LIVES,) as the next two."""
    days: I64
    rest: I64
    """Days from the registration on in which each life acts."""
    limit: NDArray[np.int32]
    """Below which draw each cell has its own life."""
    life: NDArray[np.uint8]
    """Two of each cell: its own life, and the one that it has otherwise."""

    @property
    def span(self) -> int:
        """Days of an occasion."""
        return len(self.limit) // len(self.acts)

    def draw(self, word: I64, day: I64) -> I64:
        """Lives by 30 random bits."""
        cell = day * LIVES + (word & LIVES - 1)
        return self.life.take(cell * 2 + (word >> 4 >= self.limit.take(cell))).astype(np.int64)


def table(people: Registrations, activity: I64, days: I64, rest: I64) -> Table:
    """The lives of a world's customers on each day from the epoch on."""
    day = np.arange(people.families.eras.days)[:, None]
    run = people.hourly[people.lead :: 24]
    late = run[np.clip(day + 1 - rest, 0, len(run) - 1)]
    hours = np.clip((day - days) * 24 + people.lead, 0, len(people.hourly) - 1)
    living = np.maximum(late - people.hourly[hours], 0)
    runs = living // (LIVES * personas.PERSONAS) + 2  # and those that begin and end in between
    limit, life = _alias(activity * runs)
    return Table(acts=activity, days=days, rest=rest, limit=limit.ravel(), life=life.ravel())


def stacked(tables: list[Table]) -> Table:
    """Several occasions in one table: whoever acts on any of them is found at once."""
    names = (each.name for each in fields(Table))
    joined = {name: np.concatenate([getattr(each, name) for each in tables]) for name in names}
    occasion = np.repeat(np.arange(len(tables), dtype=np.uint8), [len(each.life) for each in tables])
    return Table(**{**joined, "life": joined["life"] + LIVES * occasion})


def _alias(weights: I64) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Rows of integer weights -> below which limit each column keeps its draw; it, and which one has it otherwise."""
    rows, size = np.arange(len(weights)), weights.shape[1]
    rest = (weights << SHARE_BITS) // weights.sum(axis=1, keepdims=True) * size
    rest[rows, weights.argmax(axis=1)] += (size << SHARE_BITS) - rest.sum(axis=1)
    limit, other = np.full(weights.shape, np.int64(1) << SHARE_BITS), np.tile(np.arange(size), (len(weights), 1))
    pending = np.ones(weights.shape, dtype=np.bool_)
    for _ in range(size - 1):
        poor = np.where(pending, rest, 1 << 62).argmin(axis=1)
        rich = np.where(pending, rest, -1).argmax(axis=1)
        limit[rows, poor], other[rows, poor], pending[rows, poor] = rest[rows, poor], rich, False
        rest[rows, rich] -= (1 << SHARE_BITS) - rest[rows, poor]
    own = np.broadcast_to(np.arange(size), other.shape)
    return limit.astype(np.int32), np.stack([own, other], axis=2).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Acts:
    """n acts that somebody is looked for; arrays of shape (n,)."""

    ids: I64
    persona: I64
    hour: I64
    """From the epoch on."""
    day: I64
    """Of the table that tells who acts on it."""

    def at(self, rows: I64) -> Acts:
        """The acts at these rows."""
        return Acts(
            ids=self.ids.take(rows),
            persona=self.persona.take(rows),
            hour=self.hour.take(rows),
            day=self.day.take(rows),
        )


def who(people: Registrations, lives: Table, stream: str, acts: Acts) -> Members:
    """Who acts: of the persona wherever such a one lives then or, failing that, has registered and is not asleep."""
    family, index, persona = np.zeros_like(acts.ids), np.zeros_like(acts.ids), acts.persona.copy()
    pending = np.arange(len(acts.ids))
    for attempt in range(TRIES):
        tried = acts.at(pending)
        candidate = _candidates(people, lives, bits(people.seed, stream, tried.ids, attempt), tried)
        some = np.flatnonzero(candidate.lives)
        rows = pending.take(some)
        family[rows], index[rows] = candidate.family.take(some), candidate.index.take(some)
        pending = pending.take(np.flatnonzero(~candidate.lives))
        if not len(pending):
            break
    anybody = _not_asleep(people, stream, acts.at(pending))
    family[pending], persona[pending], index[pending] = anybody.family, anybody.persona, anybody.index
    return Members(family=family, persona=persona, index=index)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Candidates:
    """One for each act; arrays of shape (n,)."""

    family: I64
    index: I64
    lives: Mask
    """Whether there is such a one, who lives then."""


def _candidates(people: Registrations, lives: Table, word: U64, acts: Acts) -> _Candidates:
    """Half of all masks here are true, and at random: to compute both ways is faster than to choose."""
    life = lives.draw((word & np.uint64((1 << 30) - 1)).view(np.int64), acts.day)
    hours = acts.hour - np.stack([lives.days, lives.rest]).take(life, axis=1) * 24  # since and until
    plains, walk_ins = people.families.before_hours(acts.persona, hours)
    plain, walk_in = _runs(*plains), _runs(*walk_ins)
    chosen = ((word >> np.uint64(32)) * (plain + walk_in).view(np.uint64) >> np.uint64(32)).view(np.int64)
    family = (chosen >= plain).astype(np.int64)
    start, stop = plains + (walk_ins - plains) * family
    run = start // LIVES + chosen - plain * family
    index = run * LIVES + _place(people.seed, family, acts.persona, run, life)
    return _Candidates(family=family, index=index, lives=(index >= start) & (index < stop))


def _runs(start: I64, stop: I64) -> I64:
    """How many runs hold some of the members number start to stop (exclusive)."""
    return ((stop - 1) // LIVES - start // LIVES + 1) * (stop > start)


_INVERSE = np.array([pow(odd, -1, LIVES) for odd in range(1, LIVES, 2)])


def _dealing(seed: int, family: I64, persona: I64, run: I64) -> tuple[I64, I64]:
    """How a run deals out its lives: an odd step, halved, and a shift."""
    word = bits(seed, "customers.life", (run * personas.PERSONAS + persona) * 2 + family)
    half, shift = word & np.uint64(LIVES // 2 - 1), word >> np.uint64(8) & np.uint64(LIVES - 1)
    return half.view(np.int64), shift.view(np.int64)


def _place(seed: int, family: I64, persona: I64, run: I64, life: I64) -> I64:
    """Which member of each run has the life."""
    half, shift = _dealing(seed, family, persona, run)
    return (life - shift) * _INVERSE[half] & LIVES - 1


def life_of(seed: int, member: Members) -> I64:
    """The life of each member."""
    half, shift = _dealing(seed, member.family, member.persona, member.index // LIVES)
    return member.index * (2 * half + 1) + shift & LIVES - 1


def _not_asleep(people: Registrations, stream: str, acts: Acts) -> Members:
    """Some member of the persona each, of its zone where those found are asleep, so that silence stays silence.

    Where customers are few, most acts come here: without this, sleepers would order as often as others.
    """
    found = _anybody(people, stream, acts, 0)
    for attempt in range(1, 2 * TRIES):
        asleep = np.flatnonzero(SLEEPERS[life_of(people.seed, found)])
        if not len(asleep):
            break
        look = _anybody if attempt < TRIES else _neighbours
        found.take_in(asleep, look(people, stream, acts.at(asleep), attempt))
    return found


def _anybody(people: Registrations, stream: str, acts: Acts, attempt: int) -> Members:
    """Some member of the persona, of its zone where there is none, of the shop where that has none either."""
    plain, walk_ins = people.families.before_hours(acts.persona, acts.hour)
    chosen = below(people.seed, f"{stream}.anybody", acts.ids, np.maximum(plain + walk_ins, 1), attempt)
    family = (chosen >= plain).astype(np.int64)
    found = Members(family=family, persona=acts.persona.copy(), index=chosen - plain * family)
    lost = np.flatnonzero(plain + walk_ins == 0)
    if len(lost):
        found.take_in(lost, _neighbours(people, stream, acts.at(lost), attempt))
    return found


def _neighbours(people: Registrations, stream: str, acts: Acts, attempt: int) -> Members:
    return people.anybody(f"{stream}.stranger", acts.ids, personas.ZONE[acts.persona], acts.hour, attempt)


# -- the shop's opening: who registered early with a dead life comes once ---------------------------------------------

OPENINGS = ((0, 35), (1, 90), (2, 170))
"""Three of each OPENING_STRIDE-th orders are the only ones of somebody, up to these days: so they fade."""
FEWEST_AN_OPENING = 3


@lru_cache(maxsize=2)
def opening_stride(people: Registrations) -> int:
    """Every how-many-th order of a zone opens, an odd multiple of the walk-ins' stride."""
    base = people.families.stride or 1
    dead = int(people.families.plain.before[people.lead].sum()) * DEAD // LIVES
    last = people.families.eras.hours[0]
    orders = int(sum(people.families.orders.before[min(days * 24, last)].sum() for _, days in OPENINGS))
    times = max(FEWEST_AN_OPENING, orders // max(1, dead * base))
    return base * (times | 1)


def openings(people: Registrations, zone: I64, rank: I64, hour: I64) -> tuple[I64, Members]:
    """Which orders are the only ones of an early customer, and whose."""
    stride, base = opening_stride(people), people.families.stride or 1
    since = rank - people.families.residue - 1
    turn = since // stride
    number = (since - turn * stride) // base
    opens = (since - turn * stride == number * base) & (number < len(OPENINGS)) & (since >= 0)
    rows = np.flatnonzero(opens & ~people.families.is_first(rank))
    rows = rows[hour[rows] < np.array([days * 24 for _, days in OPENINGS])[number[rows]]]
    zone, rank, turn, number = zone[rows], rank[rows], turn[rows], number[rows]
    persona = personas.of_orders(people.seed, zone, rank)
    run, which = np.divmod((turn >> personas.BITS[zone]) * len(OPENINGS) + number, DEAD)
    family = np.full(len(rows), PLAIN)
    found = Members(
        family=family, persona=persona, index=run * LIVES + _place(people.seed, family, persona, run, which)
    )
    there = np.flatnonzero(found.index < people.families.before_hours(persona, np.zeros_like(rows))[PLAIN])
    return rows[there], found.take(there)


# -- who acts, in the end ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Actors:
    """n customers who act; arrays of shape (n,)."""

    number: I64
    member: Members

    @property
    def persona(self) -> I64:
        """What kind of person each is."""
        return self.member.persona

    @property
    def zone(self) -> I64:
        """The time zones that they live in."""
        return self.member.zone

    def take(self, rows: I64) -> Actors:
        """Those at these rows."""
        return Actors(number=self.number[rows], member=self.member.take(rows))


def buyers(people: Registrations, lives: Table, ids: I64, zone: I64, rank: I64, times: I64) -> Actors:
    """Who places orders: a walk-in, an early customer who comes once, or else whoever of the persona lives then.

    Args:
        ids: numbers of the orders, whatever the zone.
        zone: of each order.
        rank: of each order in its zone.
        times: when they arrive.
    """
    hour = people.hours(times)
    persona = personas.of_orders(people.seed, zone, rank)
    found = Members(family=np.zeros_like(persona), persona=persona, index=np.zeros_like(persona))
    unknown = ~people.families.is_first(rank)
    walk_ins = np.flatnonzero(~unknown)
    found.take_in(walk_ins, people.families.first_of(zone[walk_ins], rank[walk_ins]))
    opens, openers = openings(people, zone, rank, hour)
    found.take_in(opens, openers)
    unknown[opens] = False
    others = np.flatnonzero(unknown)
    acts = Acts(ids=ids[others], persona=found.persona[others], hour=hour[others], day=hour[others] // 24)
    found.take_in(others, who(people, lives, "orders.customer", acts))
    return _who_stay(people, found, times)


def visitors(people: Registrations, lives: Table, occasion: I64, ids: I64, times: I64) -> Actors:
    """Customers who come to look, one for each (id, instant): somewhere where the hour is a likely one.

    Args:
        occasion: which of the table's each is.
    """
    zone = zones.draw_awake(people.seed, "sessions.zone", ids, times)
    persona = personas.BASE[zone] + below(people.seed, "sessions.persona", ids, personas.SIZE[zone])
    hour = people.hours(times)
    acts = Acts(ids=ids, persona=persona, hour=hour, day=occasion * lives.span + hour // 24)
    return _who_stay(people, who(people, lives, "sessions.customer", acts), times)


def _who_stay(people: Registrations, found: Members, times: I64) -> Actors:
    """The members, or whoever registered before them, where they act no more because they will be erased."""
    number = people.numbers(found)
    left = np.arange(len(number))
    while len(left):
        left = left[records.gone(people.seed, people.epoch, number[left], times[left], people.times)]
        number[left] -= 1
        found.take_in(left, people.members(number[left]))
    return Actors(number=number, member=found)
