"""raw_sessions: the web tracker's summary of each visit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from shardgen import schema
from shardgen.tables import jsonb, records, text, words
from shardgen.tables.jsonb import Quoted
from shardgen.tables.pieces import Drawn
from shardgen.tables.records import Batch, Cut
from shardgen.tables.text import I64, Text
from shardgen.world import World, geography, sessions
from shardgen.world.clicks import landed_on
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.devices import DEVICES
from shardgen.world.lexicon.traffic import TRAFFIC_SOURCES
from shardgen.world.rng import U64, below, bits, chance
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

DEVICE_TYPES, BROWSERS, SYSTEMS = (
    text.pool(getattr(device, field) for device in DEVICES) for field in ("device_type", "browser", "operating_system")
)
QUOTED_DEVICE_TYPES, QUOTED_BROWSERS, QUOTED_SYSTEMS = (
    text.join('"', names, '"') for names in (DEVICE_TYPES, BROWSERS, SYSTEMS)
)
MOBILE = np.array([device.device_type == "mobile" for device in DEVICES])
VERSIONS = words.pools([device.browser_versions for device in DEVICES])
SCREENS = words.pools([device.screens for device in DEVICES])
USER_AGENTS = words.pools(
    [
        tuple(
            jsonb.string(device.user_agent.format(browser_version=version, browser_major=version.split(".")[0]))
            for version in device.browser_versions
        )
        for device in DEVICES
    ]
)
BOOLEANS = text.pool(["false", "true"])
SOURCES = text.pool(f'"{source.name}"' for source in TRAFFIC_SOURCES)
MEDIA = text.pool(f'"{source.medium}"' for source in TRAFFIC_SOURCES)
CAMPAIGNS = words.pools(
    [tuple(jsonb.string(name) for name in source.campaigns) or ("null",) for source in TRAFFIC_SOURCES]
)
STATIC = text.pool(f"{SHOP}{path}" for path in STATIC_PAGES)
KIND_PATHS = text.pool(f"{SHOP}/c/{subcategory.slug}" for subcategory in SUBCATEGORIES)

HEX_GROUPS = text.pool(f"{number + 1:x}" for number in range(4096))
"""Groups of an IPv6 address; none is 0, so that none may be left out."""

BATCHES = 2
"""Sessions are that many times more than other rows in a batch: the few that buy are work of their own."""

BYTES = text.pool(map(str, range(256)))

IPV4_SHARE = 0.7
"""The others come over IPv6."""
IP_FORMATS = ("198.{second}.{third}.{fourth}", "2001:db8:{a}:{b}:{c}::{d}")
"""Both are from ranges that route nowhere: 198.18.0.0/15 (RFC 2544), 2001:db8::/32."""


def batches(cut: Cut) -> Iterator[Batch]:
    """Sessions of the cut, all of which are over by its end."""
    for low, high in cut.ranges(BATCHES * cut.rows):
        yield _batch(cut, sessions.select(cut.world, low, high))


def _batch(cut: Cut, visits: Sessions) -> Batch:
    world = cut.world
    session, customer = records.ids("session", visits.number), records.ids("customer", np.maximum(visits.customer, 0))
    kind, browser, system = (Drawn(names, visits.device) for names in (DEVICE_TYPES, BROWSERS, SYSTEMS))
    mobile, finish = MOBILE[visits.device], visits.start + visits.seconds * sessions.SECOND
    location = Drawn(words.LOCATIONS, visits.place)
    address = _ip_addresses(world.seed, visits)
    return records.batch(
        schema.SESSIONS,
        cut.mode,
        {
            "session_id": session,
            "user_id": text.nullable(customer, visits.logged_in),
            "start_time": visits.start,
            "end_time": finish,
            "duration_seconds": visits.seconds,
            "device_type": kind,
            "browser": browser,
            "operating_system": system,
            "location": location,
            "ip_address": address,
            "is_mobile": mobile,
        },
        source="web_tracker",
        ingestion=records.ingested(world.seed, "sessions", visits.key, finish, 1, 30),
        record={
            "session_id": Quoted(session),
            "user_id": users(customer, visits),
            "start_time": Quoted(text.iso(visits.start)),
            "end_time": Quoted(text.iso(finish)),
            "duration_seconds": text.whole(visits.seconds),
            "device_type": Drawn(QUOTED_DEVICE_TYPES, visits.device),
            "browser": Drawn(QUOTED_BROWSERS, visits.device),
            "operating_system": Drawn(QUOTED_SYSTEMS, visits.device),
            "user_agent": Drawn(USER_AGENTS.texts, USER_AGENTS.starts[visits.device] + visits.version),
            "location": location,
            "ip_address": Quoted(address),
            "is_mobile": Drawn(BOOLEANS, mobile.astype(np.int64)),
        },
        extra={
            "visitor_id": Quoted(_cookies(visits)),
            "landing_page": Quoted(_landing_pages(world, visits)),
            "traffic_source": Drawn(SOURCES, visits.source),
            "medium": Drawn(MEDIA, visits.source),
            "campaign": CAMPAIGNS.draw(visits.source, below(world.seed, "sessions.campaign", visits.key, 1 << 31)),
            "converted": Drawn(BOOLEANS, visits.buying.astype(np.int64)),
            "event_count": text.whole(visits.events),
        },
    )


def users(customer: Text, visits: Sessions) -> Text:
    """The logged-in customer as JSON, null where nobody is."""
    return jsonb.or_null(text.join('"', customer, '"'), visits.logged_in)


def device_infos(visits: Sessions) -> Text:
    """What the tracker's script reads from the browser, as JSON."""
    country = geography.COUNTRY_OF[visits.home]
    return jsonb.objects(
        {
            "device_type": Drawn(QUOTED_DEVICE_TYPES, visits.device),
            "browser": Drawn(QUOTED_BROWSERS, visits.device),
            "browser_version": Quoted(VERSIONS.draw(visits.device, visits.version)),
            "operating_system": Drawn(QUOTED_SYSTEMS, visits.device),
            "screen_resolution": Quoted(SCREENS.draw(visits.device, visits.screen)),
            "language": Drawn(words.LANGUAGES, country),
            "is_mobile": Drawn(BOOLEANS, MOBILE[visits.device].astype(np.int64)),
        }
    ).texts()


def product_pages(product: I64, kind: I64) -> Text:
    """Addresses of product pages."""
    return text.join(text.take(KIND_PATHS, kind), "/", records.ids("product", product))


def _landing_pages(world: World, visits: Sessions) -> Drawn:
    """Address of the first page of each session."""
    shown = landed_on(world, visits)
    kind = world.catalogue.subcategory[shown].astype(np.int64)
    own = np.flatnonzero(visits.landing == PRODUCT)
    page = np.where(visits.landing == CATEGORY, len(STATIC) + kind, visits.landing)
    page[own] = len(STATIC) + len(KIND_PATHS) + np.arange(len(own))
    return Drawn(text.concat(STATIC, KIND_PATHS, product_pages(shown[own], kind[own])), page)


def _cookies(visits: Sessions) -> Text:
    """The tracker's visitor ids: 16 hexadecimal digits."""
    codes = visits.visitor.astype(">u8").tobytes().hex()
    return pa.Array.from_buffers(
        pa.string(),
        len(visits.visitor),
        [None, pa.py_buffer(np.arange(0, len(codes) + 1, 16, dtype=np.int32)), pa.py_buffer(codes.encode())],
    )


def _ip_addresses(seed: int, visits: Sessions) -> Text:
    """An address for each visitor and place."""
    key = visits.visitor.astype(np.int64) ^ visits.place
    host = below(seed, "sessions.ip", key, 2 * 254 * 254)
    groups = bits(seed, "sessions.ipv6", key)
    parts = {
        "second": Drawn(BYTES, 18 + host // (254 * 254)),
        "third": Drawn(BYTES, host // 254 % 254 + 1),
        "fourth": Drawn(BYTES, host % 254 + 1),
        **{name: Drawn(HEX_GROUPS, _twelve_bits(groups, 16 * n)) for n, name in enumerate("abcd")},
    }
    legacy = chance(seed, "sessions.ipv4", key, IPV4_SHARE)
    return text.render(IP_FORMATS, np.where(legacy, 0, 1), parts)


def _twelve_bits(words_: U64, shift: int) -> I64:
    return (words_ >> np.uint64(shift) & np.uint64(0xFFF)).astype(np.int64)
