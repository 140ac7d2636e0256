"""raw_sessions: the web tracker's summary of each visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from shardgen.columns import pools, text
from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.nested import Lists, Picked, Struct
from shardgen.columns.pieces import Drawn
from shardgen.columns.pools import Pools
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Flag, Instant, Prose, Whole, Words
from shardgen.model import keys
from shardgen.model.keys import KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, Index, Keys, bronze_table, by_all, by_key
from shardgen.model.types import BOOLEAN, DEGREES, INTEGER, JSON, TEXT, TIMESTAMP, varchar
from shardgen.tables import landings
from shardgen.tables.spec import ByIds, Sizes, Slice, TableSpec, arriving
from shardgen.tables.statements import beside
from shardgen.world import World, bots, experiments, sessions
from shardgen.world.clicks import landed_on
from shardgen.world.demand import DAY, MINUTE
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.devices import DEVICES, Device
from shardgen.world.lexicon.traffic import TRAFFIC_SOURCES
from shardgen.world.rng import U64, below, bits, chance, mix, stream_key
from shardgen.world.scripts import CATEGORY, PRODUCT
from shardgen.world.sessions import Sessions

SHOP = "https://www.shop.example"
STATIC_PAGES = (
    "/",
    "/deals",
    "/account",
    "/help",
    "/cart",
    "/checkout",
    "/checkout/address",
    "/checkout/delivery",
    "/checkout/payment",
)
"""Paths of the pages that are the same for everybody, in the order of scripts.PAGES."""

MOBILE = np.array([device.device_type == "mobile" for device in DEVICES])

BATCHES = 2
"""Sessions are that many times more than other rows in a batch: the few that buy are work of their own."""
TOGETHER, BATCHES_TOGETHER = 60_000, 4
"""Sessions, and batches, that are found together at most: to find few costs as much as to find some thousands, and
facts take little room beside rows."""

IPV4_SHARE = 0.7
"""The others come over IPv6."""
IPV4 = ("198.{}.", "{}.", "{}")
IPV6 = ("2001:db8:{:x}:", "{:x}:", "{:x}::", "{:x}")
"""Parts of addresses; both are from ranges that route nowhere: 198.18.0.0/15 (RFC 2544), 2001:db8::/32."""


def rows(wanted: Slice) -> Iterator[Batch]:
    """Sessions of the slice, all of which are over by its end."""
    for visits in batches(wanted, BATCHES * wanted.rows):
        yield from wanted.once(_batch(wanted, visits), visits.finish)


def batches(wanted: Slice, size: int) -> Iterator[Sessions]:
    """The sessions of the slice, ``size`` of them at a time at most."""
    for low, high in wanted.ranges(size * max(1, min(BATCHES_TOGETHER, TOGETHER // size))):
        found = sessions.chosen(wanted.world, low, high, wanted.chosen(low, high))
        for start in range(0, len(found.number), size):
            yield sessions.taken(found, slice(start, start + size))


def _batch(wanted: Slice, visits: Sessions) -> Batch:
    world, known, campaigns = wanted.world, device_words(), landings.campaigns(visits)
    return batch(
        SESSIONS.table,
        wanted.raw_data,
        {
            "session_id": Words(ids(keys.SESSION, visits.number)),
            "user_id": Words(users(visits)),
            "start_time": Instant(visits.start),
            "end_time": Instant(visits.finish),
            "duration_seconds": Whole(visits.seconds),
            "device_type": Words(Drawn(known.types, visits.device)),
            "browser": Words(Drawn(known.browsers, visits.device)),
            "operating_system": Words(Drawn(known.systems, visits.device)),
            "location": pools.locations(visits.place),
            "ip_address": Words(_ip_addresses(world.seed, visits)),
            "is_mobile": Flag(MOBILE[visits.device]),
        },
        numbers=visits.number,
        ingestion=ingested(world.seed, "sessions", visits.key, visits.finish, 1, 30),
        extra={
            "visitor_id": Words(text.hexadecimal(visits.visitor)),
            "landing_page": Words(_landing_pages(world, visits, campaigns)),
            "traffic_source": Words(Drawn(_sources("name"), visits.source)),
            "medium": Words(Drawn(_sources("medium"), visits.source)),
            "campaign": Prose(campaigns.drawn()),
            "converted": Flag(visits.buying),
            "event_count": Whole(visits.events),
            "experiments": _experiments(world, visits),
            "device_fingerprint": Words(text.hexadecimal(fingerprints(world.seed, visits.machine))),
            "user_agent": Prose(_user_agents(visits)),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeviceWords:
    """What is said of each device of the lexicon."""

    types: Text
    browsers: Text
    systems: Text
    versions: Pools
    """Versions of its browser."""
    agents: Pools
    """User agents, one for each version; in the end those of programs that say what they are."""
    screens: Pools


@cache
def device_words() -> DeviceWords:
    """The lexicon's devices as columns to take from."""
    return DeviceWords(
        types=text.pool(device.device_type for device in DEVICES),
        browsers=text.pool(device.browser for device in DEVICES),
        systems=text.pool(device.operating_system for device in DEVICES),
        versions=pools.pools([device.browser_versions for device in DEVICES]),
        agents=pools.pools([*(tuple(_agents(device)) for device in DEVICES), tuple(_agents_of_programs())]),
        screens=pools.pools([device.screens for device in DEVICES]),
    )


def _agents(device: Device) -> Iterator[str]:
    for version in device.browser_versions:
        yield device.user_agent.format(browser_version=version, browser_major=version.split(".")[0])


def _agents_of_programs() -> Iterator[str]:
    for each in bots.PROGRAMS:
        yield each.agent or DEVICES[each.device].user_agent


def _user_agents(visits: Sessions) -> Drawn:
    """What the browser sends, or the program where it does not pretend to be one."""
    declared = (visits.program != bots.NONE) & bots.DECLARED[visits.program]
    group, which = np.where(declared, len(DEVICES), visits.device), np.where(declared, visits.program, visits.version)
    return device_words().agents.draw(group, which)


def fingerprints(seed: int, machine: I64) -> U64:
    """What canvas, fonts and the rest tell of each machine, whatever the cookie."""
    return mix(machine.astype(np.uint64) ^ np.uint64(stream_key(seed, "visitors.fingerprint")))


def _experiments(world: World, visits: Sessions) -> Picked:
    """The tests that run on that day, and the variant of each that the visitor sees."""
    period, seed = experiments.periods(visits.start), world.seed
    code = period
    for kind in range(len(experiments.IDEAS)):
        shown = experiments.variants(seed, kind, visits.cookie, period)
        code = code * _SEEN + np.where(experiments.runs(kind, visits.start), shown, _SEEN - 1)
    known, which = np.unique(code, return_inverse=True)
    return Picked(_tests(seed, known), which)


_SEEN = len(experiments.VARIANTS) + 1
"""What a visitor may see of a test: one of its variants, or nothing while it does not run."""


def _tests(seed: int, codes: I64) -> Lists:
    """The tests of each code: a period, and what is seen of each of its tests."""
    kinds = len(experiments.IDEAS)
    seen = codes[:, None] // _SEEN ** np.arange(kinds)[::-1] % _SEEN
    names = text.pool(
        each.name for period in (codes // _SEEN**kinds).tolist() for each in experiments.of_period(seed, period)
    )
    running = seen < _SEEN - 1
    counts = running.sum(axis=1)
    test = Struct(
        {
            "name": Words(Drawn(names, np.flatnonzero(running))),
            "variant": Words(Drawn(text.pool(experiments.VARIANTS), seen[running])),
        }
    )
    return Lists(test, np.cumsum(counts) - counts)


@cache
def _sources(field: str) -> Text:
    return text.pool(getattr(source, field) for source in TRAFFIC_SOURCES)


def users(visits: Sessions) -> Text:
    """The logged-in customer, null where nobody is."""
    return text.nullable(ids(keys.CUSTOMER, np.maximum(visits.customer, 0)), visits.logged_in)


def device_infos(visits: Sessions) -> Struct:
    """What the tracker's script reads from the browser."""
    known = device_words()
    return Struct(
        {
            "device_type": Words(Drawn(known.types, visits.device)),
            "browser": Words(Drawn(known.browsers, visits.device)),
            "browser_version": Words(known.versions.draw(visits.device, visits.version)),
            "operating_system": Words(Drawn(known.systems, visits.device)),
            "screen_resolution": Words(known.screens.draw(visits.device, visits.screen)),
            "language": pools.languages(visits.home),
            "is_mobile": Flag(MOBILE[visits.device]),
        }
    )


@cache
def static_pages() -> Text:
    """Addresses of the pages that are the same for everybody."""
    return text.pool(f"{SHOP}{path}" for path in STATIC_PAGES)


@cache
def kind_pages() -> Text:
    """Addresses of the subcategories' pages."""
    return text.pool(f"{SHOP}/c/{subcategory.slug}" for subcategory in SUBCATEGORIES)


def product_pages(product: I64, kind: I64) -> Text:
    """Addresses of product pages."""
    return text.join(text.take(kind_pages(), kind), "/", ids(keys.PRODUCT, product))


def _landing_pages(world: World, visits: Sessions, campaigns: landings.Campaigns) -> Drawn:
    """Address of the first page of each session."""
    shown = landed_on(world, visits)
    kind = world.catalogue.subcategory[shown].astype(np.int64)
    own = np.flatnonzero(visits.landing == PRODUCT)
    stack = text.stack(static=static_pages(), kind=kind_pages(), product=product_pages(shown[own], kind[own]))
    page = np.where(visits.landing == CATEGORY, stack.starts["kind"] + kind, visits.landing)
    page[own] = stack.starts["product"] + np.arange(len(own))
    told, rows = landings.tagged(stack.texts, page, visits, campaigns)
    page[rows] = len(stack.texts) + np.arange(len(rows))
    return Drawn(text.concat(stack.texts, told), page)


@cache
def _bytes(form: str) -> Text:
    return text.pool(form.format(number) for number in range(256))


@cache
def _hex_groups(form: str) -> Text:
    """Groups of an IPv6 address; none is 0, so that none may be left out."""
    return text.pool(form.format(number + 1) for number in range(4096))


def _ip_addresses(seed: int, visits: Sessions) -> Text:
    """An address for each visitor and place."""
    key = visits.visitor.astype(np.int64) ^ visits.place
    host = below(seed, "sessions.ip", key, 2 * 254 * 254)
    groups = bits(seed, "sessions.ipv6", key)
    numbers = (18 + host // (254 * 254), host // 254 % 254 + 1, host % 254 + 1)
    parts = {
        **{f"byte{n}": Drawn(_bytes(form), number) for n, (form, number) in enumerate(zip(IPV4, numbers, strict=True))},
        **{f"group{n}": Drawn(_hex_groups(form), _twelve_bits(groups, 16 * n)) for n, form in enumerate(IPV6)},
    }
    legacy = chance(seed, "sessions.ipv4", key, IPV4_SHARE)
    return text.render(("{byte0}{byte1}{byte2}", "{group0}{group1}{group2}{group3}"), np.where(legacy, 0, 1), parts)


def _twelve_bits(words_: U64, shift: int) -> I64:
    return (words_ >> np.uint64(shift) & np.uint64(0xFFF)).astype(np.int64)


def begun(world: World, end: int) -> int:
    """How many sessions began before the hour of an instant."""
    return int(world.sessions.before(end))


LOCATION: Final[Keys] = {
    "city": Key("City that the IP address points to", TEXT),
    "region": Key("State, province or county of the city", TEXT),
    "country": Key("English name of the country", TEXT),
    "latitude": Key("Degrees north of the city's centre", DEGREES),
    "longitude": Key("Degrees east of the city's centre", DEGREES),
}

EXTRA: Final[Keys] = {
    "visitor_id": Key(
        "The tracker's cookie, 16 hexadecimal digits: one of a customer's 1 to 3 devices, or a stranger's", TEXT
    ),
    "landing_page": Key(
        "URL of the first page; that of a campaign has `utm_source`, `utm_medium` and `utm_campaign`", TEXT
    ),
    "traffic_source": Key(
        "`direct`, `organic_search`, `paid_search`, `email`, `social`, `paid_social`, `referral`, "
        "`affiliate`, `display` or `push`",
        TEXT,
    ),
    "medium": Key("Marketing medium: `cpc`, `organic`; `none` without one", TEXT),
    "campaign": Key(
        "Campaign of paid and mailed traffic, with the month or week that it runs in; null without one",
        TEXT,
        missing="null",
    ),
    "converted": Key("Whether the session bought", BOOLEAN),
    "event_count": Key("Rows of the session in raw_clickstream", INTEGER),
    "experiments": "The A/B tests that run on that day, and what the visitor sees in each",
    "experiments[].name": Key("Name and first week of the test: `sticky_cart_2025w40`", TEXT),
    "experiments[].variant": Key("`control` or `treatment`, the same in all visits of a visitor", TEXT),
    "device_fingerprint": Key(
        "What canvas, fonts and the rest tell of the machine, whatever the cookie: 16 hexadecimal digits", TEXT
    ),
    "user_agent": Key("As the browser sent it (only with `--raw-data full`)", TEXT),
}

SESSIONS = TableSpec(
    table=bronze_table(
        name="sessions",
        meaning="A visit to the web shop, at most 3 hours and within a day; every web order has exactly one.",
        source="web_tracker",
        key=("session_id",),
        space=KeySpace(ids=keys.SESSION, dense=True),
        columns=(
            Column(
                name="session_id",
                type=varchar(100),
                not_null=True,
                meaning="`SESS` and 12 digits or more, dense in order of start",
            ),
            Column(name="user_id", type=varchar(50), meaning="The customer where they were logged in, else null"),
            Column(name="start_time", type=TIMESTAMP, not_null=True, meaning="Of the first event, UTC"),
            Column(name="end_time", type=TIMESTAMP, meaning="Not before the last event, UTC"),
            Column(name="duration_seconds", type=INTEGER, meaning="end_time - start_time"),
            Column(name="device_type", type=varchar(50), meaning="`mobile` (55 %), `desktop` (40 %) or `tablet` (5 %)"),
            Column(name="browser", type=varchar(100), meaning="One that the operating system has"),
            Column(name="operating_system", type=varchar(100), meaning="One that the device has"),
            Column(name="location", type=JSON, meaning="Where the visitor was", keys=LOCATION),
            Column(
                name="ip_address",
                type=varchar(45),
                meaning="IPv4 or IPv6, of ranges that belong to nobody; the same for a visitor and place",
            ),
            Column(name="is_mobile", type=BOOLEAN, meaning="Whether the device is a phone"),
        ),
        extra=EXTRA,
        full_only=("user_agent",),
        indexes=(
            *by_key("user_id", "start_time"),
            *by_all("device_type"),
            Index(column="location", kind="json", full=True),
        ),
    ),
    cut=ByIds(step=100_000, total=begun),
    rows=rows,
    changed=arriving(begun, DAY),
    closely=arriving(begun, sessions.LONGEST),
    lag=MINUTE,
    laws=beside(__package__, "laws/l13.sql", "laws/l14.sql", "laws/l21.sql"),
    sizes=Sizes(
        copy={"full": 1162, "lean": 602, "none": 270},
        heap={"full": 1320, "lean": 662, "none": 286},
        indexes={
            "pkey": 41,
            "user_id": 7.7,
            "start_time": 22.4,
            "device_type": 7,
            "source_system": 7,
            "ingestion_timestamp": 22.4,
        },
        inverted={"location": (161, 0.85)},
    ),
)
