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

from shardgen.world import bots, customers, experiments, geography, lives, orders, personas, rings, zones
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
    crawling_index,
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

PROGRAM = 7
"""Number of a program's only device."""

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
DIRECT = next(number for number, source in enumerate(TRAFFIC_SOURCES) if source.name == "direct")
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
    length, program = _lengths(seed, key), programs(seed, key)
    who = _visitors(world, key, own, began, program, bought)
    customer, persona, identity = who.customer, who.persona, who.identity
    cookie = _cookies(seed, key, who, began, buying, program)
    machine = _machines(seed, key, cookie, who.ring, program)
    device = np.where(
        program == bots.NONE, choose(seed, "visitors.device", machine, DEVICE_WEIGHTS), bots.DEVICE[program]
    )
    known = customer >= 0
    home = _homes(world, identity, customer, persona, known, began)
    persona[~known] = _strangers(seed, identity[~known], home[~known])
    script, events = _scripts(world, key, length, buying, program, lines)
    seconds, active = _durations(seed, key, began, events, buying, program, bought)
    source = _sources(seed, key, buying, program)
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
        logged_in=who.logged_in,
        visitor=mix(cookie.astype(np.uint64) ^ np.uint64(stream_key(seed, "visitors.id"))),
        cookie=cookie,
        machine=machine,
        program=program,
        device=device,
        version=_versions(seed, machine, device, began),
        screen=below(seed, "visitors.screen", machine, SCREENS[device]),
        home=home,
        place=_places(seed, identity, began, home, known),
        source=source,
        landing=_landings(seed, key, source),
        bought=bought,
        lines=lines,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Visitors:
    """Who comes; arrays of shape (n,)."""

    customer: I64
    persona: I64
    logged_in: Mask
    identity: I64
    """A multiple of 8 that the number of a device is added to."""
    ring: I64
    """Ring of fraud that they share a machine with, or rings.NONE."""


def _visitors(world: World, key: I64, own: I64, began: I64, program: I64, bought: orders.Orders) -> _Visitors:
    """Customers and strangers; programs are strangers who never come back."""
    seed, buying, person = world.seed, key % 2 == 1, program == bots.NONE
    known = ~buying & person & chance(seed, "sessions.known", key, KNOWN if world.customers.total else 0)
    customer = np.full(len(key), -1, dtype=np.int64)
    persona, ring = np.zeros_like(customer), np.full(len(key), rings.NONE, dtype=np.int64)
    for rows, who in (
        (known, lives.visitors(world.customers, world.visitors, key[known], began[known])),
        (buying, orders.buyers(world, bought)),
    ):
        customer[rows], persona[rows] = who.number, who.persona
        ring[rows] = world.rings.of(world.customers.families, who.member)
    back = below(seed, "visitors.back", key, RECENT_VISITORS)
    returns = person & chance(seed, "visitors.returning", key, RETURNING)
    anonymous = np.where(returns, np.maximum(own - back, 0), own)
    return _Visitors(
        customer=customer,
        persona=persona,
        logged_in=buying | (known & chance(seed, "sessions.logged_in", key, LOGGED_IN)),
        identity=np.where(customer >= 0, customer * 2, anonymous * 2 + 1) * 8,
        ring=np.where(world.rings.share(ring, rings.MACHINE), ring, rings.NONE),
    )


def _cookies(seed: int, key: I64, who: _Visitors, began: I64, buying: Mask, program: I64) -> I64:
    """The cookie of each visit: of one of a customer's devices, of a stranger's only one, or of a program.

    For some weeks a customer buys on the same device: more often a desktop, and one that sees what works.
    """
    alone = (who.customer < 0) | (who.ring != rings.NONE)
    count = np.where(alone, 1, customers.devices(seed, who.customer))
    which = below(seed, "sessions.device", key, count)
    habit = who.customer[buying] * 1024 + experiments.periods(began[buying])
    one, other = (who.identity[buying] + below(seed, "buyers.device", habit, count[buying], n) for n in (1, 2))
    first, second = (choose(seed, "visitors.device", cookie, DEVICE_WEIGHTS) for cookie in (one, other))
    prefers = DESKTOP[second] & ~DESKTOP[first]
    one, other = np.where(prefers, other, one), np.where(prefers, one, other)
    cookie = who.identity + np.where(program == bots.NONE, which, PROGRAM)
    cookie[buying] = np.where(experiments.moves(seed, habit, one, other, began[buying]), other, one)
    return cookie


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
    program = bots.of_sessions(seed, key, _lengths(seed, key), LENGTH_STEPS)
    return np.where(key % 2 == 1, bots.NONE, program)


def _lengths(seed: int, key: I64) -> I64:
    """Each session's place among all lengths, below LENGTH_STEPS."""
    return below(seed, "sessions.events", key, LENGTH_STEPS)


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


def _scripts(world: World, key: I64, length: I64, buying: Mask, program: I64, lines: orders.Items) -> tuple[I64, I64]:
    """Script and number of events of each session.

    Args:
        length: place among all lengths of a browsing session.
    """
    seed = world.seed
    events = browsing_lengths(world.config.events_per_session)[length]
    variant = below(seed, "sessions.script", key, VARIANTS)
    script = np.where(program == bots.NONE, browsing_index(events, variant), crawling_index(events, variant))
    count = np.diff(np.append(lines.starts, len(lines.order)))
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


def _sources(seed: int, key: I64, buying: Mask, program: I64) -> I64:
    """What leads to each visit; programs come by themselves."""
    source = choose(seed, "sessions.source", key, BROWSING_SOURCES)
    source[buying] = choose(seed, "sessions.source", key[buying], BUYING_SOURCES)
    source[program != bots.NONE] = DIRECT
    return source


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
