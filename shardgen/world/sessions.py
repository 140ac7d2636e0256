"""Who visits, from where, with what, for how long: facts of sessions by number.

A buying session is the beginning of a web order and shares its draws, whatever the number of other sessions; a
browsing session is a stream of its own. Which script a session follows is decided here, what happens in it by clicks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shardgen.world import bots, customers, geography, orders, personas, rings, traffic, zones
from shardgen.world.baskets import Baskets
from shardgen.world.demand import DAY, HOUR, midnight
from shardgen.world.lexicon.devices import DEVICES
from shardgen.world.lexicon.traffic import TRAFFIC_SOURCES
from shardgen.world.picking import with_children
from shardgen.world.rng import I64, below, between, choose, lognormal_table, mix, stream_key
from shardgen.world.scripts import (
    BUYING_VARIANTS,
    CATEGORY,
    DEALS,
    HOME,
    MAX_EVENTS,
    PRODUCT,
    VARIANTS,
    browsing_index,
    buying_index,
    crawling_index,
)
from shardgen.world.visitors import DEVICE_WEIGHTS, Visitors, Visits, visitors
from shardgen.world.world import World

Mask = NDArray[np.bool_]

_OF_ORDERS = ("bought", "lines")
"""Facts of sessions that have entries for their orders only."""

SECOND = 1_000_000
ABROAD, TRAVELLING = 0.04, 0.10
"""Shares of a customer's sessions from another country, and from another city of the own one."""

BOUNCE = 0.42
"""Share of browsing sessions with a single event."""
LENGTH_STEPS = 4096
LENGTH_SHAPE = lognormal_table(1_000_000, 0.75, LENGTH_STEPS)
LONGER = MAX_EVENTS + 2
"""Where many visits must be long, what is told of their lengths is told of how much they fall short of this."""
BUYING_LENGTHS = np.minimum(lognormal_table(17, 0.5, 1040)[:1024], MAX_EVENTS - 1)

FIRST_VERSIONS, VERSIONS_SPAN = midnight(date(2024, 1, 1)), 731 * DAY
"""The devices' browser versions came out, one after another, in these two years; earlier and later visits take the
first and the last of them."""

PACE = np.clip(lognormal_table(24, 0.65, 1024), 4, 170)
"""Seconds for each event of a browsing session; 60 events stay below 3 hours."""

LONGEST = 3 * HOUR
"""More than any visit lasts."""

VERSIONS = np.array([len(device.browser_versions) for device in DEVICES], dtype=np.int64)
SCREENS = np.array([len(device.screens) for device in DEVICES], dtype=np.int64)

LANDING_PAGES = {"home": HOME, "category": CATEGORY, "product": PRODUCT, "search": CATEGORY, "deals": DEALS}
LANDINGS = np.array(
    [
        np.repeat([LANDING_PAGES[page] for page, _ in source.landing], [percent for _, percent in source.landing])
        for source in TRAFFIC_SOURCES
    ]
)
"""The page that visits of each traffic source land on, by ticket from 0 to 99."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sessions:
    """n sessions; arrays of shape (n,)."""

    number: I64
    key: I64
    """What the session's own draws are keyed by: it does not change with the number of other sessions."""
    start: I64
    buying: Mask
    seconds: I64
    """Duration, whole seconds, at least 1."""
    active: I64
    """Microseconds over which the events are spread; to the purchase in a buying session."""
    events: I64
    script: I64
    """Index into the world's scripts."""
    customer: I64
    """Whom the visitor belongs to, -1 for nobody we know."""
    persona: I64
    """What kind of person it is."""
    logged_in: Mask
    visitor: NDArray[np.uint64]
    """The tracker's cookie, unique to a visitor's device."""
    cookie: I64
    """The number behind it."""
    machine: I64
    """Number of the device itself: that of the cookie, but where several visitors use one."""
    program: I64
    """Index into bots.PROGRAMS of a program's visits, bots.NONE of a person's."""
    device: I64
    """Index into DEVICES."""
    version: I64
    """Index into the device's browser versions."""
    screen: I64
    """Index into the device's screens."""
    home: I64
    """Place index that the visitor belongs to; decides the language."""
    place: I64
    """Place index that the session comes from."""
    source: I64
    """Index into TRAFFIC_SOURCES."""
    campaign: I64
    """Number in traffic.CAMPAIGNS, or traffic.NONE."""
    landing: I64
    """Index into scripts.PAGES: home, deals, category or product."""
    product: I64
    """What a browsing session looks at first since a later order will be of it, journeys.NONE for most."""
    bought: orders.Orders
    """The orders of the buying sessions, in their order."""
    lines: Baskets
    """The items of those orders."""

    @property
    def finish(self) -> I64:
        """When they are over: bronze hears of them then."""
        return self.start + self.seconds * SECOND


def chosen(world: World, low: int, high: int, numbers: I64) -> Sessions:
    """Some of the sessions [low, high), by their numbers, in order."""
    found = select(world, low, high)
    return found if len(numbers) == high - low else taken(found, numbers - low)


def taken(visits: Sessions, rows: I64 | slice) -> Sessions:
    """The sessions at these rows, in order."""
    order = (np.cumsum(visits.buying) - 1)[rows][visits.buying[rows]]
    lines, _ = with_children(visits.lines, order)
    others = {each.name: getattr(visits, each.name)[rows] for each in fields(visits) if each.name not in _OF_ORDERS}
    return Sessions(**others, bought=visits.bought.take(order), lines=lines)


def select(world: World, start: int, stop: int) -> Sessions:
    """Sessions number start to stop (exclusive)."""
    seed = world.seed
    began, of_web, own = world.sessions.select(start, stop)
    buying = of_web == 1
    bought = orders.of_web(world, own[buying])
    key = own * 2 + of_web
    length = _lengths(seed, key)
    program = _programs(seed, key, length)
    lengths = browsing_lengths(world.config.events_per_session)
    visits = Visits(key=key, own=own, began=began, length=length, of=LENGTH_STEPS, program=program, lengths=lengths)
    who = visitors(world, visits, bought)
    machine = _machines(seed, key, who.cookie, who.ring, program)
    device = np.where(
        program == bots.NONE, choose(seed, "visitors.device", machine, DEVICE_WEIGHTS), bots.DEVICE[program]
    )
    persona, known = who.persona, who.customer >= 0
    home, strangers = _homes(world, who, known, began), np.flatnonzero(~known)
    persona[strangers] = _strangers(seed, who.identity[strangers], home[strangers])
    script, events = _scripts(world, key, length, buying, program, who.baskets.counts)
    seconds, active = _durations(seed, key, began, events, buying, program, bought)
    return Sessions(
        number=np.arange(start, stop, dtype=np.int64),
        key=key,
        start=began,
        buying=buying,
        seconds=seconds,
        active=active,
        events=events,
        script=script,
        customer=who.customer,
        persona=persona,
        logged_in=who.logged_in,
        visitor=mix(who.cookie.astype(np.uint64) ^ np.uint64(stream_key(seed, "visitors.id"))),
        cookie=who.cookie,
        machine=machine,
        program=program,
        device=device,
        version=_versions(seed, machine, device, began),
        screen=below(seed, "visitors.screen", machine, SCREENS[device]),
        home=home,
        place=_places(seed, who.identity, began, home, known),
        source=who.source,
        campaign=who.campaign,
        landing=_landings(seed, key, who.source, who.campaign),
        product=who.product,
        bought=bought,
        lines=who.baskets,
    )


def _machines(seed: int, key: I64, cookie: I64, ring: I64, program: I64) -> I64:
    """The machine of each visit: those that several visitors use have numbers below zero."""
    machine = np.where(ring == rings.NONE, cookie, machine_of_ring(ring))
    rows = np.flatnonzero(program != bots.NONE)
    machine[rows] = machine_of_program(seed, key[rows], program[rows])
    return machine


def machine_of_ring(ring: I64) -> I64:
    """The machine that the members of each ring share."""
    return -2 - 2 * ring


def machine_of_program(seed: int, key: I64, program: I64) -> I64:
    """The machine that each visit of a program comes from."""
    return -1 - 2 * bots.machines(seed, key, program)


def programs(seed: int, key: I64) -> I64:
    """Index into bots.PROGRAMS of each visit, bots.NONE of a person's; whoever buys is one."""
    return _programs(seed, key, _lengths(seed, key))


def _programs(seed: int, key: I64, length: I64) -> I64:
    return np.where(key % 2 == 1, bots.NONE, bots.of_sessions(seed, key, length, LENGTH_STEPS))


def _lengths(seed: int, key: I64) -> I64:
    """Each session's place among all lengths, below LENGTH_STEPS."""
    return below(seed, "sessions.events", key, LENGTH_STEPS)


def _homes(world: World, who: Visitors, known: Mask, began: I64) -> I64:
    """Where each visitor lives; who is anonymous does so where it was a likely hour at the first visit."""
    home, rows, strangers = np.empty_like(began), np.flatnonzero(known), np.flatnonzero(~known)
    zone = personas.ZONE[who.persona[rows]]
    home[rows] = customers.place(world.seed, who.customer[rows], zone, began[rows])
    stranger = who.identity[strangers]
    first_visit = world.sessions.second.times(stranger // 16)
    home[strangers] = geography.draw_awake(world.seed, "visitors.home", stranger, first_visit)
    return home


def _strangers(seed: int, identity: I64, home: I64) -> I64:
    """What kind of person each anonymous visitor is: one of those who live where they do."""
    zone = zones.ZONE_OF[home]
    return personas.BASE[zone] + below(seed, "visitors.persona", identity, personas.SIZE[zone])


def _versions(seed: int, machine: I64, device: I64, began: I64) -> I64:
    """Browser version at the time of the visit: the newest, or the one before it where updates come late."""
    newest = np.clip((began - FIRST_VERSIONS) * VERSIONS[device] // VERSIONS_SPAN, 0, VERSIONS[device] - 1)
    return np.maximum(newest - below(seed, "visitors.late", machine, 2), 0)


def _places(seed: int, identity: I64, began: I64, home: I64, known: Mask) -> I64:
    """Where the session comes from; a visitor stays in one place for a week at a time."""
    key = identity * 2048 + began // (7 * DAY)
    ticket = below(seed, "sessions.travel", key, 1000)
    same = geography.draw_in(seed, "sessions.place", key, geography.COUNTRY_OF[home])
    any_ = geography.draw(seed, "sessions.abroad", key)
    away = np.where(ticket < ABROAD * 1000, any_, same)
    return np.where(known & (ticket < (ABROAD + TRAVELLING) * 1000), away, home)


def _scripts(world: World, key: I64, length: I64, buying: Mask, program: I64, count: I64) -> tuple[I64, I64]:
    """Script and number of events of each session.

    Args:
        length: place among all lengths of a browsing session.
        count: how many items each buying one buys.
    """
    seed = world.seed
    events = browsing_lengths(world.config.events_per_session)[length]
    variant = below(seed, "sessions.script", key, VARIANTS)
    script = np.where(program == bots.NONE, browsing_index(events, variant), crawling_index(events, variant))
    least = 2 * count + 3
    lasts = np.maximum(least, BUYING_LENGTHS[length[buying] * len(BUYING_LENGTHS) // LENGTH_STEPS])
    variant = below(seed, "sessions.script", key[buying], BUYING_VARIANTS)
    events[buying], script[buying] = lasts, buying_index(count, lasts, variant)
    return script, events


def _durations(
    seed: int, key: I64, began: I64, events: I64, buying: Mask, program: I64, bought: orders.Orders
) -> tuple[I64, I64]:
    """Whole seconds to the end, before midnight, and microseconds that the events are spread over."""
    room = (DAY - began % DAY) // SECOND - 1
    seconds = events * PACE[below(seed, "sessions.pace", key, len(PACE))]
    seconds += below(seed, "sessions.pace_rest", key, 30)
    seconds = np.minimum(seconds, np.maximum(room * 7 // 8, room - below(seed, "sessions.late", key, 60)))
    active = seconds * SECOND
    crawls = np.flatnonzero(program != bots.NONE)
    active[crawls] = np.minimum(events[crawls] * bots.paces(seed, key[crawls]), active[crawls])
    seconds[crawls] = np.maximum(-(-active[crawls] // SECOND), 1)
    gap = bought.placed - bought.arrived
    stays = between(seed, "sessions.stay", key[buying], 2, 90)
    seconds[buying] = np.minimum(-(-gap // SECOND) + stays, room[buying])
    active[buying] = gap
    return seconds, active


def _landings(seed: int, key: I64, source: I64, campaign: I64) -> I64:
    """The page that each visit lands on; a reminder of a cart leads to what lies in one."""
    tickets = LANDINGS.shape[1]
    page = LANDINGS.take(source * tickets + below(seed, "sessions.landing", key, tickets))
    page[traffic.CALL[campaign] == traffic.REMINDER] = PRODUCT
    return page


@lru_cache(maxsize=8)
def browsing_lengths(mean: float) -> I64:
    """Quantiles of a browsing session's number of events, 1 to MAX_EVENTS, with the given mean.

    A share of BOUNCE has one event, the rest is log-normal up to MAX_EVENTS, scaled until the mean is met;
    means near 1 and near MAX_EVENTS take more and fewer bounces.
    """
    bounce = min(max(BOUNCE, 2 - mean), (MAX_EVENTS - mean) / (MAX_EVENTS - 1))
    ones = round(bounce * LENGTH_STEPS)
    wanted = round(mean * LENGTH_STEPS) - ones
    count = LENGTH_STEPS - ones
    long = wanted > count * LONGER // 2
    rest = _with_sum(count, count * LONGER - wanted if long else wanted)
    return np.concatenate([np.ones(ones, dtype=np.int64), LONGER - rest[::-1] if long else rest])


def _with_sum(count: int, wanted: int) -> I64:
    """So many lengths of visits that do not bounce, rising, that add up to about what is wanted."""
    low, high = 0, 1 << 24
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _stretched(count, middle).sum() <= wanted else (low, middle)
    return _stretched(count, low)


def _stretched(count: int, factor: int) -> I64:
    """Log-normal lengths; what would pass MAX_EVENTS is spread over the rest, so that nothing piles up there."""
    long = LENGTH_SHAPE * factor // 50_000_000
    inside = max(1, int(np.searchsorted(long, MAX_EVENTS, side="right")))
    return np.clip(long[np.arange(count) * inside // max(1, count)], 2, MAX_EVENTS)
