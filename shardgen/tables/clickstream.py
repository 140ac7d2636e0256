"""raw_clickstream: the web tracker's events, the table that makes or breaks the speed.

Whatever repeats within a batch (pages, products, a session's user and device) is rendered once into a pool and taken
from there by position; only numbers and times are rendered for each row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import quote_plus

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import pools, text
from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.nested import Picked
from shardgen.columns.pieces import Drawn
from shardgen.columns.pools import Pools
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Instant, Member, Money, Prose, Whole, Words
from shardgen.model import keys
from shardgen.model.config import WorldConfig
from shardgen.model.keys import KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, Index, Keys, bronze_table, by_all, by_key
from shardgen.model.types import BOOLEAN, INTEGER, JSON, SERIAL, TEXT, TIMESTAMP, decimal, varchar
from shardgen.tables import landings
from shardgen.tables.sessions import SHOP, batches, begun, device_infos, kind_pages, product_pages, static_pages, users
from shardgen.tables.spec import ByLeaves, Piece, Sizes, Slice, TableSpec, arriving
from shardgen.tables.statements import beside
from shardgen.world import World, clicks, estimates, products, sessions
from shardgen.world.calendar import Leaves
from shardgen.world.demand import DAY, MINUTE, midnight
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.subcategory import Subcategory
from shardgen.world.lexicon.traffic import TRAFFIC_SOURCES
from shardgen.world.rng import below
from shardgen.world.scripts import CATEGORY, CONFIRMATION, EVENT_TYPES, PRODUCT, PURCHASE, REMOVE, RESULTS, SEARCH

I32 = NDArray[np.int32]
"""Positions in a batch: there is one for each event, and they need no more."""

EVENTS_PER_SESSION_ID = 64
"""event_id = session number x 64 + sequence number, which is at most 60."""

BATCHES = 8
"""Events are that many times more than other rows in a batch: each step has a cost of its own, however few rows it is
for. With 12 an event costs 7 % less and a worker is 14 MiB larger, with 6 it costs 7 % more."""

SENDS_REFERRER = np.array([bool(source.referrers) for source in TRAFFIC_SOURCES])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Lexicon:
    """The lexicon as columns to take from."""

    types: Text
    referrers: Pools
    """By traffic source."""
    queries: Pools
    """What shoppers type, by subcategory: brand and noun (brand x nouns + noun), then nouns, then the kind's name."""
    result_pages: Text
    small_numbers: Whole


@cache
def _lexicon() -> _Lexicon:
    queries = pools.pools([tuple(_queries(subcategory)) for subcategory in SUBCATEGORIES])
    plain = queries.texts.to_pylist()
    return _Lexicon(
        types=text.pool(EVENT_TYPES),
        referrers=pools.pools([source.referrers for source in TRAFFIC_SOURCES]),
        queries=queries,
        result_pages=text.pool(f"{SHOP}/search?q={quote_plus(query)}" for query in plain),
        small_numbers=Whole(np.arange(EVENTS_PER_SESSION_ID)),
    )


def _queries(subcategory: Subcategory) -> Iterator[str]:
    for brand in subcategory.brands:
        yield from (f"{brand} {noun}".lower() for noun in subcategory.nouns)
    yield from map(str.lower, subcategory.nouns)
    yield subcategory.name.lower()


def rows(wanted: Slice) -> Iterator[Batch]:
    """Events of the slice's sessions, all of which are over by its end."""
    for visits in batches(wanted, max(1, int(BATCHES * wanted.rows / wanted.world.config.events_per_session))):
        yield from _events(wanted, visits)


def _events(wanted: Slice, visits: sessions.Sessions) -> Iterator[Batch]:
    played = clicks.play(wanted.world, visits)
    yield from wanted.once(_batch(wanted, visits, played), played.time)


def _batch(wanted: Slice, visits: sessions.Sessions, played: clicks.Clicks) -> Batch:
    world, session = wanted.world, played.session
    number = visits.number[session] * EVENTS_PER_SESSION_ID + played.sequence
    shown = _shown(world, played)
    pages = _pages(world, visits, played, shown)
    return batch(
        CLICKSTREAM.table,
        wanted.raw_data,
        {
            "event_id": Whole(number),
            "session_id": Words(Drawn(ids(keys.SESSION, visits.number), session)),
            "user_id": Words(Drawn(users(visits), session)),
            "event_type": Words(Drawn(_lexicon().types, played.type)),
            "page_url": Words(Drawn(pages.texts, pages.page)),
            "referrer": Words(Drawn(pages.texts, pages.referrer)),
            "device_info": Picked(device_infos(visits), session),
            "event_timestamp": Instant(played.time),
        },
        numbers=number,
        ingestion=ingested(world.seed, "clickstream", number, played.time, 1, 20),
        extra=_extra(visits, played, shown),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shown:
    """The products that a batch is about; arrays of shape (products,) but for ``rows``."""

    product: I64
    subcategory: I64
    query: I64
    """Position among the queries of what would be typed for it."""
    rows: I32
    """Which of them each entry of ``Clicks.seen_product`` is."""


def _shown(world: World, played: clicks.Clicks) -> _Shown:
    shop = world.catalogue
    row = np.zeros(shop.size, dtype=np.int32)
    row[played.seen_product] = 1
    product = np.flatnonzero(row)
    row[product] = np.arange(len(product), dtype=np.int32)
    kind = shop.subcategory[product].astype(np.int64)
    query = _queries_for(world.seed, product, kind)
    return _Shown(product=product, subcategory=kind, query=query, rows=row[played.seen_product])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pages:
    """Addresses that occur in a batch, and which of them each event has."""

    texts: Text
    page: I32
    referrer: I32
    """-1 where there is none."""


def _pages(world: World, visits: sessions.Sessions, played: clicks.Clicks, shown: _Shown) -> _Pages:
    known = _lexicon()
    stack = text.stack(
        static=static_pages(),
        order=text.join(f"{SHOP}/orders/", ids(keys.ORDER, visits.bought.number)),
        kind=kind_pages(),
        product=product_pages(shown.product, shown.subcategory),
        results=text.take(known.result_pages, shown.query),
        sender=known.referrers.texts,
    )
    page = _page(stack.starts, visits, played, shown)
    opens = np.flatnonzero(played.sequence == 1)
    told, rows = landings.tagged(stack.texts, page[opens], visits, landings.campaigns(visits))
    page[opens[rows]] = len(stack.texts) + np.arange(len(rows), dtype=np.int32)
    first = _sender(stack.starts, world, visits).astype(np.int32)
    referrer = np.where(played.sequence == 1, first[played.session], np.roll(page, 1))
    return _Pages(texts=text.concat(stack.texts, told), page=page, referrer=referrer)


def _page(starts: Mapping[str, int], visits: sessions.Sessions, played: clicks.Clicks, shown: _Shown) -> I32:
    """Row of each event's page among the addresses."""
    page = np.where(played.page == PRODUCT, starts["product"] + shown.rows[played.seen], played.page)
    at = np.flatnonzero(played.page == RESULTS)
    page[at] = starts["results"] + shown.rows[played.seen[at]]
    at = np.flatnonzero(played.page == CATEGORY)
    page[at] = starts["kind"] + played.seen_subcategory[played.seen[at]]
    at = np.flatnonzero(played.page == CONFIRMATION)
    page[at] = starts["order"] + _order_rows(visits)[played.session[at]]
    return page


def _sender(starts: Mapping[str, int], world: World, visits: sessions.Sessions) -> I64:
    """Row among the addresses of what the traffic source of each session sends as referrer, -1 where it sends none."""
    senders, source = _lexicon().referrers, visits.source
    sent = starts["sender"] + senders.starts[source] + _draw(world, visits) % senders.sizes[source]
    return np.where(SENDS_REFERRER[source], sent, -1)


def _draw(world: World, visits: sessions.Sessions) -> I64:
    return below(world.seed, "sessions.referrer", visits.key, 1 << 31)


def _order_rows(visits: sessions.Sessions) -> I64:
    """Row of each session's order among the batch's orders; meaningless where the session does not buy."""
    return np.cumsum(visits.buying) - 1


def _queries_for(seed: int, product: I64, kind: I64) -> I64:
    """What would be typed for each product: a position among the queries.

    The query follows the product, so that whoever searches for it again types the same.
    """
    noun, brand = products.noun(seed, product, kind), products.brand(seed, product, kind)
    nouns = products.NOUNS[kind]
    style = below(seed, "products.query", product, 10)
    bare = products.BRANDS[kind] * nouns
    place = np.select([style < 4, style < 8], [brand * nouns + noun, bare + noun], bare + nouns)
    return _lexicon().queries.starts[kind] + place


def _extra(visits: sessions.Sessions, played: clicks.Clicks, shown: _Shown) -> dict[str, Member]:
    """The keys beyond the columns."""
    known = _lexicon()
    about_product = (played.page == PRODUCT) | (played.type == REMOVE)
    searches, purchases = np.flatnonzero(played.type == SEARCH), np.flatnonzero(played.type == PURCHASE)
    events, moves = len(played.session), played.cart_quantity > 0
    orders = _at(events, purchases, _order_rows(visits)[played.session[purchases]])
    queries = _at(events, searches, shown.rows[played.seen[searches]])
    return {
        "sequence_number": Picked(known.small_numbers, played.sequence),
        "product_id": Picked(
            Words(ids(keys.PRODUCT, shown.product)),
            np.where(about_product, shown.rows[played.seen], np.int32(-1)),
        ),
        "order_id": Picked(Words(ids(keys.ORDER, visits.bought.number)), orders),
        "search_query": Picked(Prose(text.take(known.queries.texts, shown.query)), queries),
        "quantity": Picked(known.small_numbers, _at(events, played.cart_event[moves], played.cart_quantity[moves])),
        "cart_value": Picked(
            Money(played.cart_value), _at(events, played.cart_event, np.arange(len(played.cart_event)))
        ),
    }


def _at(events: int, rows: I64, positions: NDArray[np.integer]) -> I32:
    """Positions at some events, -1 at all others."""
    spread = np.full(events, -1, dtype=np.int32)
    spread[rows] = positions
    return spread


DEVICE: Final[Keys] = {
    "device_type": Key("`mobile`, `desktop` or `tablet`, the same through the session", TEXT),
    "browser": Key("As in the session", TEXT),
    "browser_version": Key("Version of the browser", TEXT),
    "operating_system": Key("As in the session", TEXT),
    "screen_resolution": Key("Width and height in pixels: `414x896`", TEXT),
    "language": Key("Language and country of the browser: `en-IE`", TEXT),
    "is_mobile": Key("As in the session", BOOLEAN),
}

EXTRA: Final[Keys] = {
    "sequence_number": Key("1, 2, 3, ... within the session", INTEGER),
    "product_id": Key("Where the event is about a product", TEXT, missing="absent"),
    "order_id": Key("Purchases only: the order", TEXT, missing="absent"),
    "search_query": Key("Searches only: what was typed", TEXT, missing="absent"),
    "quantity": Key("Where the cart changes: pieces added or removed", INTEGER, missing="absent"),
    "cart_value": Key(
        "Where the cart changes or is shown: what it is worth after the event", decimal(15, 2), missing="absent"
    ),
}


def _number(config: WorldConfig) -> float:
    return config.sessions * config.events_per_session


def _estimate(world: World, cuts: Sequence[Piece], end: int) -> Iterable[float]:
    epoch = midnight(world.config.epoch)
    periods = [piece.period for piece in cuts if piece.period]
    return [estimates.event_rows(world, max(each.start, epoch), min(each.stop, end)) for each in periods]


def _greatest(world: World) -> int:
    return (world.sessions.total + 1) * EVENTS_PER_SESSION_ID


CLICKSTREAM = TableSpec(
    table=bronze_table(
        name="clickstream",
        meaning="An event of a session, as the tracker sent it.",
        source="web_tracker",
        key=("event_id", "event_timestamp"),
        space=KeySpace(children=EVENTS_PER_SESSION_ID),
        partition_by="event_timestamp",
        columns=(
            Column(
                name="event_id",
                type=SERIAL,
                not_null=True,
                meaning="Unique; (session number - 1) x 64 + sequence number, so not dense",
            ),
            Column(
                name="session_id",
                type=varchar(100),
                not_null=True,
                meaning="The session; it exists, unless sessions were not loaded",
            ),
            Column(name="user_id", type=varchar(50), meaning="As in the session"),
            Column(
                name="event_type",
                type=varchar(50),
                not_null=True,
                meaning="`page_view`, `search`, `product_view`, `click`, `add_to_cart`, ...: `purchase` is an order",
            ),
            Column(name="page_url", type=TEXT, meaning="Page that the event happened on"),
            Column(
                name="referrer",
                type=TEXT,
                meaning="The page before; of the first event, what its traffic source sends",
            ),
            Column(name="device_info", type=JSON, meaning="The same for all events of a session", keys=DEVICE),
            Column(
                name="event_timestamp",
                type=TIMESTAMP,
                not_null=True,
                meaning="UTC; strictly rising within the session",
            ),
        ),
        extra=EXTRA,
        indexes=(
            *by_key("session_id", "user_id", "event_timestamp"),
            *by_all("event_type"),
            Index(column="device_info", kind="json", full=True),
        ),
    ),
    cut=ByLeaves(
        leaves=Leaves(_number, short=True),
        ids_at=begun,
        estimate=_estimate,
        weight=estimates.event_rows,
    ),
    rows=rows,
    changed=arriving(begun, DAY),
    closely=arriving(begun, sessions.LONGEST),
    lag=MINUTE,
    laws=beside(__package__, "laws/l08.sql", "laws/l11.sql", "laws/l12.sql"),
    sizes=Sizes(
        copy={"full": 910, "lean": 440, "none": 390},
        heap={"full": 1015, "lean": 474, "none": 407},
        indexes={
            "pkey": 31.5,
            "session_id": 9.4,
            "user_id": 7.1,
            "event_timestamp": 22.4,
            "event_type": 7,
            "source_system": 7,
            "ingestion_timestamp": 22.4,
        },
        inverted={"device_info": (147, 0.84)},
    ),
    greatest=_greatest,
)
