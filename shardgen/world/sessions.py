"""Who visits, from where, with what, for how long: facts of sessions by number.

A buying session is the beginning of a web order and shares its draws, whatever the number of other sessions; a
browsing session is a stream of its own. Which script a session follows is decided here, what happens in it by clicks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from shardgen.world import customers, geography, lives, orders, personas, zones
from shardgen.world.demand import DAY, midnight
from shardgen.world.lexicon.devices import DEVICES
from shardgen.world.lexicon.traffic import TRAFFIC_SOURCES
from shardgen.world.rng import I64, below, between, chance, choose, lognormal_table, mix, stream_key
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
)
from shardgen.world.world import World

Mask = NDArray[np.bool_]

SECOND = 1_000_000
KNOWN = 0.72
"""Share of browsing sessions whose visitor is a customer."""
LOGGED_IN = 0.80
"""Share of those in which the customer is logged in."""
RETURNING = 0.25
"""Share of anonymous sessions by a visitor who has been here before."""
RECENT_VISITORS = 3_000
"""How many sessions back such a visitor first came, at most."""
ABROAD, TRAVELLING = 0.04, 0.10
"""Shares of a customer's sessions from another country, and from another city of the own one."""

BOUNCE = 0.42
"""Share of browsing sessions with a single event."""
LENGTH_STEPS = 4096
LENGTH_SHAPE = lognormal_table(1_000_000, 0.75, LENGTH_STEPS)
BUYING_LENGTHS = np.clip(lognormal_table(17, 0.5, 1024), 1, MAX_EVENTS)

FIRST_VERSIONS, VERSIONS_SPAN = midnight(date(2024, 1, 1)), 731 * DAY
"""The devices' browser versions came out, one after another, in these two years; earlier and later visits take the
first and the last of them."""

PACE = np.clip(lognormal_table(24, 0.65, 1024), 4, 170)
"""Seconds for each event of a browsing session; 60 events stay below 3 hours."""

DEVICE_WEIGHTS = np.cumsum([device.weight for device in DEVICES])
DESKTOP = np.array([device.device_type == "desktop" for device in DEVICES])
VERSIONS = np.array([len(device.browser_versions) for device in DEVICES], dtype=np.int64)
SCREENS = np.array([len(device.screens) for device in DEVICES], dtype=np.int64)

BROWSING_SOURCES = np.cumsum([source.browsing_weight for source in TRAFFIC_SOURCES])
BUYING_SOURCES = np.cumsum([source.buying_weight for source in TRAFFIC_SOURCES])
LANDING_PAGES = {"home": HOME, "category": CATEGORY, "product": PRODUCT, "search": CATEGORY, "deals": DEALS}
LANDINGS = np.array([[LANDING_PAGES[page] for page, _ in source.landing] for source in TRAFFIC_SOURCES])
LANDING_WEIGHTS = np.cumsum([[weight for _, weight in source.landing] for source in TRAFFIC_SOURCES], axis=1)


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
    landing: I64
    """Index into scripts.PAGES: home, deals, category or product."""
    bought: orders.Orders
    """The orders of the buying sessions, in their order."""
    lines: orders.Items
    """The items of those orders."""


def select(world: World, start: int, stop: int) -> Sessions:
    """Sessions number start to stop (exclusive)."""
    seed = world.seed
    began, of_web, own = world.sessions.select(start, stop)
    buying = of_web == 1
    bought = orders.of_web(world, own[buying])
    lines = orders.items(world, bought)
    key = own * 2 + of_web
    customer, persona, logged_in, identity = _visitors(world, key, own, began, buying, bought)
    device = _devices(seed, key, identity, customer, buying)
    known = customer >= 0
    home = _homes(world, identity, customer, persona, known, began)
    persona[~known] = _strangers(seed, identity[~known], home[~known])
    script, events = _scripts(world, key, buying, lines)
    seconds, active = _durations(seed, key, began, events, buying, bought)
    source = np.where(
        buying,
        choose(seed, "sessions.source", key, BUYING_SOURCES),
        choose(seed, "sessions.source", key, BROWSING_SOURCES),
    )
    cookie = identity + device[1]
    return Sessions(
        number=np.arange(start, stop, dtype=np.int64),
        key=key,
        start=began,
        buying=buying,
        seconds=seconds,
        active=active,
        events=events,
        script=script,
        customer=customer,
        persona=persona,
        logged_in=logged_in,
        visitor=mix(cookie.astype(np.uint64) ^ np.uint64(stream_key(seed, "visitors.id"))),
        device=device[0],
        version=_versions(seed, cookie, device[0], began),
        screen=below(seed, "visitors.screen", cookie, SCREENS[device[0]]),
        home=home,
        place=_places(seed, identity, began, home, known),
        source=source,
        landing=_landings(seed, key, source),
        bought=bought,
        lines=lines,
    )


def _visitors(
    world: World, key: I64, own: I64, began: I64, buying: Mask, bought: orders.Orders
) -> tuple[I64, I64, Mask, I64]:
    """Customer, persona, whether logged in, and identity (a multiple of 8 that a device number is added to)."""
    seed = world.seed
    known = ~buying & chance(seed, "sessions.known", key, KNOWN if world.customers.total else 0)
    customer = np.full(len(key), -1, dtype=np.int64)
    persona = np.zeros_like(customer)
    for rows, who in (
        (known, lives.visitors(world.customers, world.visitors, key[known], began[known])),
        (buying, orders.buyers(world, bought)),
    ):
        customer[rows], persona[rows] = who.number, who.persona
    logged_in = buying | (known & chance(seed, "sessions.logged_in", key, LOGGED_IN))
    back = below(seed, "visitors.back", key, RECENT_VISITORS)
    returns = chance(seed, "visitors.returning", key, RETURNING)
    anonymous = np.where(returns, np.maximum(own - back, 0), own)
    return customer, persona, logged_in, np.where(customer >= 0, customer * 2, anonymous * 2 + 1) * 8


def _devices(seed: int, key: I64, identity: I64, customer: I64, buying: Mask) -> tuple[I64, I64]:
    """Device of each session and its number among the visitor's; buyers more often take their desktop."""
    count = np.where(customer >= 0, customers.devices(seed, customer), 1)
    which = below(seed, "sessions.device", key, count)
    other = below(seed, "sessions.device", key, count, 1)
    first = choose(seed, "visitors.device", identity + which, DEVICE_WEIGHTS)
    second = choose(seed, "visitors.device", identity + other, DEVICE_WEIGHTS)
    prefers = buying & DESKTOP[second] & ~DESKTOP[first]
    return np.where(prefers, second, first), np.where(prefers, other, which)


def _homes(world: World, identity: I64, customer: I64, persona: I64, known: Mask, began: I64) -> I64:
    """Where each visitor lives; who is anonymous does so where it was a likely hour at the first visit."""
    home = np.empty(len(identity), dtype=np.int64)
    home[known] = customers.place(world.seed, customer[known], personas.ZONE[persona[known]], began[known])
    stranger = identity[~known]
    first_visit = world.sessions.second.times(stranger // 16)
    home[~known] = geography.draw_awake(world.seed, "visitors.home", stranger, first_visit)
    return home


def _strangers(seed: int, identity: I64, home: I64) -> I64:
    """What kind of person each anonymous visitor is: one of those who live where they do."""
    zone = zones.ZONE_OF[home]
    return personas.BASE[zone] + below(seed, "visitors.persona", identity, personas.SIZE[zone])


def _versions(seed: int, cookie: I64, device: I64, began: I64) -> I64:
    """Browser version at the time of the visit: the newest, or the one before it where updates come late."""
    newest = np.clip((began - FIRST_VERSIONS) * VERSIONS[device] // VERSIONS_SPAN, 0, VERSIONS[device] - 1)
    return np.maximum(newest - below(seed, "visitors.late", cookie, 2), 0)


def _places(seed: int, identity: I64, began: I64, home: I64, known: Mask) -> I64:
    """Where the session comes from; a visitor stays in one place for a week at a time."""
    key = identity * 2048 + began // (7 * DAY)
    ticket = below(seed, "sessions.travel", key, 1000)
    same = geography.draw_in(seed, "sessions.place", key, geography.COUNTRY_OF[home])
    any_ = geography.draw(seed, "sessions.abroad", key)
    away = np.where(ticket < ABROAD * 1000, any_, same)
    return np.where(known & (ticket < (ABROAD + TRAVELLING) * 1000), away, home)


def _scripts(world: World, key: I64, buying: Mask, lines: orders.Items) -> tuple[I64, I64]:
    """Script and number of events of each session."""
    seed = world.seed
    table = browsing_lengths(world.config.events_per_session)
    events = table[below(seed, "sessions.events", key, LENGTH_STEPS)]
    script = browsing_index(events, below(seed, "sessions.script", key, VARIANTS))
    count = np.diff(np.append(lines.starts, len(lines.order)))
    least = 2 * count + 3
    length = np.maximum(least, BUYING_LENGTHS[below(seed, "sessions.events", key[buying], len(BUYING_LENGTHS))])
    variant = below(seed, "sessions.script", key[buying], BUYING_VARIANTS)
    events[buying], script[buying] = length, buying_index(count, length, variant)
    return script, events


def _durations(seed: int, key: I64, began: I64, events: I64, buying: Mask, bought: orders.Orders) -> tuple[I64, I64]:
    """Whole seconds to the end, before midnight, and microseconds that the events are spread over."""
    room = (DAY - began % DAY) // SECOND - 1
    seconds = events * PACE[below(seed, "sessions.pace", key, len(PACE))]
    seconds += below(seed, "sessions.pace_rest", key, 30)
    seconds = np.minimum(seconds, np.maximum(room * 7 // 8, room - below(seed, "sessions.late", key, 60)))
    active = seconds * SECOND
    gap = bought.placed - bought.arrived
    stays = between(seed, "sessions.stay", key[buying], 2, 90)
    seconds[buying] = np.minimum(-(-gap // SECOND) + stays, room[buying])
    active[buying] = gap
    return seconds, active


def _landings(seed: int, key: I64, source: I64) -> I64:
    ticket = below(seed, "sessions.landing", key, 100)
    return LANDINGS[source, (LANDING_WEIGHTS[source] <= ticket[:, None]).sum(axis=1)]


@lru_cache(maxsize=8)
def browsing_lengths(mean: float) -> I64:
    """Quantiles of a browsing session's number of events, 1 to MAX_EVENTS, with the given mean.

    A share of BOUNCE has one event, the rest is log-normal, cut at MAX_EVENTS and scaled until the mean is met;
    means near 1 and near MAX_EVENTS take more and fewer bounces.
    """
    bounce = min(max(BOUNCE, 2 - mean), (MAX_EVENTS - mean) / (MAX_EVENTS - 1))
    ones = round(bounce * LENGTH_STEPS)
    rest = LENGTH_SHAPE[np.arange(LENGTH_STEPS - ones) * LENGTH_STEPS // max(1, LENGTH_STEPS - ones)]
    wanted = round(mean * LENGTH_STEPS) - ones
    low, high = 0, 1 << 24
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _stretched(rest, middle).sum() <= wanted else (low, middle)
    return np.concatenate([np.ones(ones, dtype=np.int64), _stretched(rest, low)])


def _stretched(shape: I64, factor: int) -> I64:
    return np.clip(shape * factor // 50_000_000, 2, MAX_EVENTS)
