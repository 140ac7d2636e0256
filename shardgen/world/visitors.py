"""Who comes: customers and strangers, on which of their devices, and what called them.

Most visits are of whoever looks in. Some are of a buyer before an order, and keep to the device that it will come from;
some answer a mail: of whoever left a cart behind, has just registered, or has not been seen for long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import baskets, bots, customers, experiments, journeys, lives, orders, records, rings, traffic
from shardgen.world.demand import DAY, HOUR
from shardgen.world.lexicon.devices import DEVICES
from shardgen.world.picking import with_children
from shardgen.world.rng import I64, below, chance, choose
from shardgen.world.scripts import VARIANTS, browsing_index
from shardgen.world.world import World

Mask = NDArray[np.bool_]

KNOWN = 0.72
"""Share of browsing sessions whose visitor is a customer."""
LOGGED_IN = 0.80
"""Share of those in which the customer is logged in."""
RETURNING = 0.25
"""Share of anonymous sessions by a visitor who has been here before."""
RECENT_VISITORS = 3_000
"""How many sessions back such a visitor first came, at most."""
PROGRAM = 7
"""Number of a program's only device."""
LOOKS_AROUND = 0.44
"""From this place among all lengths on, a visit may lead to an order: it is long enough to look at something."""

ANSWERS = np.array([0.4, 1.0, 0.4])
"""Share of the buyers who might have been called, call by call, that were: nobody looks for what they did before."""
EARLIEST, LATEST = np.array([0, 0, 100 * DAY]), np.array([1 << 62, 14 * DAY, 400 * DAY])
"""How long after the registration they may have been called."""

DEVICE_WEIGHTS = np.cumsum([device.weight for device in DEVICES])
DESKTOP = np.array([device.device_type == "desktop" for device in DEVICES])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visits:
    """n visits whose visitors are looked for; arrays of shape (n,)."""

    key: I64
    own: I64
    """Number within their stream."""
    began: I64
    length: I64
    """Place among all lengths, in parts of ``of``."""
    of: int
    program: I64
    """Index into bots.PROGRAMS, or bots.NONE."""
    lengths: I64
    """Number of events of a browsing session at each place."""

    @property
    def buying(self) -> Mask:
        """Whether they are of the stream of orders."""
        return self.key % 2 == 1

    @property
    def able(self) -> Mask:
        """Whether they may lead to an order."""
        return (self.program == bots.NONE) & ~self.buying & (self.length >= self.of * LOOKS_AROUND)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visitors:
    """Who makes n visits; arrays of shape (n,)."""

    customer: I64
    """-1 for nobody we know."""
    persona: I64
    logged_in: Mask
    identity: I64
    """A multiple of 8 that the number of a device is added to."""
    ring: I64
    """Ring of fraud that they share a machine with, or rings.NONE."""
    cookie: I64
    """Number of the visitor's cookie."""
    source: I64
    """Index into TRAFFIC_SOURCES."""
    campaign: I64
    """Number in traffic.CAMPAIGNS, or traffic.NONE."""
    product: I64
    """What a later order will be of, journeys.NONE for most."""
    baskets: baskets.Baskets
    """Those of the buying ones."""


def visitors(world: World, visits: Visits, bought: orders.Orders) -> Visitors:
    """Who makes each visit.

    Args:
        bought: orders of the buying ones.
    """
    seed, buying = world.seed, visits.buying
    ahead = journeys.ahead(world, visits.key, visits.began, visits.able)
    placed = bought.followed_by(ahead.order)
    filled = baskets.fill(world.shop, placed.buyers(seed))
    own, later = np.split(np.arange(len(placed.number)), [len(bought.number)])
    free = ~buying
    free[ahead.row] = False
    source = traffic.sources(seed, visits.key, buying, visits.program != bots.NONE)
    campaign = traffic.campaigns(seed, visits.key, source, callable_=free | buying)
    call = np.where(free, traffic.CALL[campaign], traffic.NONE)
    who = _anybody(world, visits, _in_whose_place(world, visits, call), call)
    _bring_in(world, who, np.concatenate([np.flatnonzero(buying), ahead.row]), placed)
    registered = _registered(world, who.customer)
    product = np.full(len(visits.key), journeys.NONE)
    product[ahead.row] = journeys.looked_at(world, visits.key[ahead.row], visits.began[ahead.row], filled, later)
    _answer_and_buy(seed, visits, who, traffic.CALL[campaign], registered)
    unmet = (traffic.CALL[campaign] != traffic.NONE) & ~who.answers
    campaign[unmet] = traffic.campaigns(seed, visits.key[unmet], source[unmet], callable_=False)
    _without_mail(world, visits, who.customer, registered, source, campaign)
    known = buying | ((who.customer >= 0) & chance(seed, "sessions.logged_in", visits.key, LOGGED_IN))
    return Visitors(
        customer=who.customer,
        persona=who.persona,
        logged_in=known & (buying | (registered < visits.began)),
        identity=who.identity,
        ring=who.ring,
        cookie=who.cookie,
        source=source,
        campaign=campaign,
        product=product,
        baskets=with_children(filled, own)[0],
    )


@dataclass(slots=True, kw_only=True, eq=False)
class _Found:
    """Visitors while they are looked for; arrays of shape (n,)."""

    customer: I64
    persona: I64
    identity: I64
    ring: I64
    cookie: I64
    answers: Mask
    """Whether the visitor has done what the campaign calls for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """Sessions whose visitor each visit has: itself, or one that left a cart behind."""

    key: I64
    own: I64
    began: I64
    another: Mask


def _in_whose_place(world: World, visits: Visits, call: I64) -> _Place:
    rows = np.flatnonzero(call == traffic.REMINDER)
    key, own, began = visits.key.copy(), visits.own.copy(), visits.began.copy()
    found = journeys.left_behind(
        world, visits.key[rows], visits.began[rows], lambda number: _left_cart(world, visits, number)
    )
    rows, found = rows[found != journeys.NONE], found[found != journeys.NONE]
    key[rows], own[rows], began[rows] = found * 2, found, world.sessions.second.times(found)
    another = np.zeros(len(key), dtype=np.bool_)
    another[rows] = True
    return _Place(key=key, own=own, began=began, another=another)


def _left_cart(world: World, visits: Visits, own: I64) -> Mask:
    """Whether browsing sessions of these numbers leave a cart behind, by a customer who looked in of themselves."""
    seed, key = world.seed, own * 2
    length = below(seed, "sessions.events", key, visits.of)
    script = browsing_index(visits.lengths[length], below(seed, "sessions.script", key, VARIANTS))
    left = world.scripts.leaves_cart[script] & chance(seed, "sessions.known", key, known_share(world))
    rows = np.flatnonzero(left)
    key, length = key[rows], length[rows]
    person = bots.of_sessions(seed, key, length, visits.of) == bots.NONE
    able = person & (length >= visits.of * LOOKS_AROUND)
    leads, _ = journeys.leads(world, key, world.sessions.second.times(own[rows]), able)
    source = traffic.sources(seed, key, leads & False, ~person)
    called = traffic.CALL[traffic.campaigns(seed, key, source, callable_=True)] != traffic.NONE
    left[rows] = person & ~leads & ~called
    return left


def known_share(world: World) -> float:
    """Share of browsing sessions whose visitor is a customer."""
    return KNOWN if world.customers.total else 0.0


def _anybody(world: World, visits: Visits, as_: _Place, call: I64) -> _Found:
    """Customers and strangers who look in, or answer a call; programs are strangers who never come back."""
    seed, person = world.seed, visits.program == bots.NONE
    back = below(seed, "visitors.back", as_.key, RECENT_VISITORS)
    returns = person & chance(seed, "visitors.returning", as_.key, RETURNING)
    stranger = np.where(returns, np.maximum(as_.own - back, 0), as_.own)
    who = _Found(
        customer=np.full(len(as_.key), -1, dtype=np.int64),
        persona=np.zeros(len(as_.key), dtype=np.int64),
        identity=(stranger * 2 + 1) * 8,
        ring=np.full(len(as_.key), rings.NONE, dtype=np.int64),
        cookie=np.empty(len(as_.key), dtype=np.int64),
        answers=as_.another,
    )
    share = known_share(world)
    if share:
        known = ~visits.buying & person & chance(seed, "sessions.known", as_.key, share)
        _customers(world, as_, who, known, call)
    who.cookie[:] = who.identity + np.where(person, _device(world.seed, who, as_.key), PROGRAM)
    return who


_CALLS = {lives.IS_WELCOMED: traffic.WELCOME, lives.IS_MISSED: traffic.WIN_BACK}


def _customers(world: World, as_: _Place, who: _Found, known: Mask, call: I64) -> None:
    """Customers who look in, and those whom a mail calls, wherever there are such: all are found at once."""
    rows_of = {lives.LOOKS_IN: np.flatnonzero(known)}
    rows_of |= {occasion: np.flatnonzero(call == number) for occasion, number in _CALLS.items()}
    rows = np.concatenate([*rows_of.values()])
    occasion = np.repeat(np.array([*rows_of]), [len(each) for each in rows_of.values()])
    found = lives.visitors(world.customers, world.visitors, occasion, as_.key[rows], as_.began[rows])
    looks_in = len(rows_of[lives.LOOKS_IN])
    _put(world, who, rows[:looks_in], found.take(np.arange(looks_in)))
    called = np.arange(looks_in, len(rows))
    called = called[_fits(world, found.take(called), occasion[called], as_.began[rows[called]])]
    _put(world, who, rows[called], found.take(called))
    who.answers[rows[called]] = True


def _fits(world: World, found: lives.Actors, occasion: I64, began: I64) -> Mask:
    """Whether customers are such as the mail calls."""
    table, since = world.visitors, (began - world.customers.times(found.number)) // DAY
    life = occasion * lives.LIVES + lives.life_of(world.seed, found.member)
    return (since >= table.rest[life]) & (since < table.days[life]) & (table.acts[life] > 0)


def _put(world: World, who: _Found, rows: I64, found: lives.Actors) -> None:
    """Customers at these rows."""
    who.customer[rows], who.persona[rows] = found.number, found.persona
    who.identity[rows] = found.number * 16
    ring = world.rings.of(world.customers.families, found.member)
    who.ring[rows] = np.where(world.rings.share(ring, rings.MACHINE), ring, rings.NONE)


def _device(seed: int, who: _Found, key: I64) -> I64:
    """Which of their devices visitors take."""
    alone = (who.customer < 0) | (who.ring != rings.NONE)
    return below(seed, "sessions.device", key, np.where(alone, 1, customers.devices(seed, who.customer)))


def _answer_and_buy(seed: int, visits: Visits, who: _Found, call: I64, registered: I64) -> None:
    """Some of those who buy answer a call: a reminder of a cart that may lie in the app, a welcome, a win-back."""
    rows = np.flatnonzero(visits.buying & (call != traffic.NONE))
    since, which = visits.began[rows] - registered[rows], call[rows]
    fits = (since >= EARLIEST[which]) & (since < LATEST[which])
    who.answers[rows] = fits & chance(seed, "visitors.answers", visits.key[rows], ANSWERS[which])


def _bring_in(world: World, who: _Found, rows: I64, order: orders.Orders) -> None:
    """Those who place orders, on the device that they buy on.

    For some weeks a customer buys on the same device: more often a desktop, and one that sees what works.
    """
    _put(world, who, rows, orders.buyers(world, order))
    seed, customer, identity = world.seed, who.customer[rows], who.identity[rows]
    count = np.where(who.ring[rows] != rings.NONE, 1, customers.devices(seed, customer))
    habit = customer * 1024 + experiments.periods(order.arrived)
    one, other = (identity + below(seed, "buyers.device", habit, count, n) for n in (1, 2))
    first, second = (choose(seed, "visitors.device", cookie, DEVICE_WEIGHTS) for cookie in (one, other))
    prefers = DESKTOP[second] & ~DESKTOP[first]
    one, other = np.where(prefers, other, one), np.where(prefers, one, other)
    who.cookie[rows] = np.where(experiments.moves(seed, habit, one, other, order.arrived), other, one)


def _registered(world: World, customer: I64) -> I64:
    """When visitors registered, who are customers."""
    times = np.zeros(len(customer), dtype=np.int64)
    rows = np.flatnonzero(customer >= 0)
    times[rows] = world.customers.times(customer[rows])
    return times


def _without_mail(world: World, visits: Visits, customer: I64, registered: I64, source: I64, campaign: I64) -> None:
    """Something else leads those to the shop who get no mail: who is no customer, or does not want any."""
    rows = np.flatnonzero(source == traffic.EMAIL)
    wanted = (customer[rows] >= 0) & (registered[rows] < visits.began[rows] - 2 * HOUR)
    wanted &= records.opted_in(world.seed, np.maximum(customer[rows], 0), visits.began[rows])
    rows = rows[~wanted]
    key = visits.key[rows]
    source[rows] = traffic.others(world.seed, key, visits.buying[rows])
    campaign[rows] = traffic.campaigns(world.seed, key, source[rows], callable_=False)
