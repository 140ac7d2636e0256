"""raw_clickstream: the web tracker's events, the table that makes or breaks the speed.

Whatever repeats within a batch (pages, products, a session's user and device) is rendered once into a pool and taken
from there by position; only numbers and times are rendered for each row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote_plus

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shardgen import schema
from shardgen.tables import jsonb, records, text, words
from shardgen.tables.jsonb import Quoted
from shardgen.tables.pieces import Drawn
from shardgen.tables.records import Batch, Cut
from shardgen.tables.sessions import KIND_PATHS, SHOP, STATIC, device_infos, product_pages, users
from shardgen.tables.text import I64, Text
from shardgen.world import World, clicks, products, sessions
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.traffic import TRAFFIC_SOURCES
from shardgen.world.rng import below
from shardgen.world.scripts import (
    CATEGORY,
    CONFIRMATION,
    EVENT_TYPES,
    PRODUCT,
    PURCHASE,
    REMOVE,
    RESULTS,
    SEARCH,
)

EVENTS_PER_SESSION_ID = 64
"""event_id = session number x 64 + sequence number, which is at most 60."""

BATCHES = 12
"""Events are that many times more than other rows in a batch: each step has a cost of its own, however few rows it is
for, and few sessions in a hundred buy."""

REFERRERS = words.pools([source.referrers for source in TRAFFIC_SOURCES])
SENDS_REFERRER = np.array([bool(source.referrers) for source in TRAFFIC_SOURCES])
TYPES = text.pool(EVENT_TYPES)
QUOTED_TYPES = text.join('"', TYPES, '"')
SMALL_NUMBERS = text.whole(np.arange(EVENTS_PER_SESSION_ID))


def _queries() -> list[tuple[str, ...]]:
    """What shoppers type, by subcategory: brand and noun (brand x nouns + noun), then nouns, then the kind's name."""
    return [
        (
            *(f"{brand} {noun}".lower() for brand in s.brands for noun in s.nouns),
            *map(str.lower, s.nouns),
            s.name.lower(),
        )
        for s in SUBCATEGORIES
    ]


QUERIES = words.pools(_queries())
QUOTED_QUERIES = jsonb.strings(QUERIES.texts.to_pylist())
QUERY_PATHS = text.pool(f"{SHOP}/search?q={quote_plus(query)}" for query in QUERIES.texts.to_pylist())


def batches(cut: Cut) -> Iterator[Batch]:
    """Events of the cut's sessions, all of which are over by its end."""
    world = cut.world
    for low, high in cut.ranges(max(1, int(BATCHES * cut.rows / world.config.events_per_session))):
        visits = sessions.select(world, low, high)
        yield _batch(cut, visits, clicks.play(world, visits))


def _batch(cut: Cut, visits: sessions.Sessions, played: clicks.Clicks) -> Batch:
    world = cut.world
    session = played.session
    number = visits.number[session] * EVENTS_PER_SESSION_ID + played.sequence
    ids, customer = records.ids("session", visits.number), records.ids("customer", np.maximum(visits.customer, 0))
    shown = _shown(world, played)
    pages = _pages(world, visits, played, shown)
    quoted_pages = pc.fill_null(text.column(text.join('"', pages.texts, '"')), jsonb.NULL)
    infos = device_infos(visits)
    return records.batch(
        schema.CLICKSTREAM,
        cut.mode,
        {
            "event_id": number,
            "session_id": Drawn(ids, session),
            "user_id": Drawn(text.nullable(customer, visits.logged_in), session),
            "event_type": Drawn(TYPES, played.type),
            "page_url": Drawn(pages.texts, pages.page),
            "referrer": Drawn(pages.texts, pages.referrer),
            "device_info": Drawn(infos, session),
            "event_timestamp": played.time,
        },
        source="web_tracker",
        ingestion=records.ingested(world.seed, "clickstream", number, played.time, 1, 20),
        record={
            "event_id": text.whole(number),
            "session_id": Drawn(text.join('"', ids, '"'), session),
            "user_id": Drawn(users(customer, visits), session),
            "event_type": Drawn(QUOTED_TYPES, played.type),
            "page_url": Drawn(quoted_pages, pages.page),
            "referrer": Drawn(quoted_pages, pages.referrer),
            "device_info": Drawn(infos, session),
            "event_timestamp": Quoted(text.iso(played.time)),
        },
        extra=_extra(visits, played, shown),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shown:
    """The products that a batch is about; arrays of shape (products,) but for ``rows``."""

    product: I64
    subcategory: I64
    query: I64
    """Position in QUERIES of what would be typed for it."""
    rows: I64
    """Which of them each entry of ``Clicks.seen_product`` is."""


def _shown(world: World, played: clicks.Clicks) -> _Shown:
    shop = world.catalogue
    row = np.zeros(shop.size, dtype=np.int64)
    row[played.seen_product] = 1
    product = np.flatnonzero(row)
    row[product] = np.arange(len(product))
    kind = shop.subcategory[product].astype(np.int64)
    query = _queries_for(world.seed, product, kind)
    return _Shown(product=product, subcategory=kind, query=query, rows=row[played.seen_product])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pages:
    """Addresses that occur in a batch, and which of them each event has."""

    texts: Text
    page: I64
    referrer: I64


def _pages(world: World, visits: sessions.Sessions, played: clicks.Clicks, shown: _Shown) -> _Pages:
    order = text.join(f"{SHOP}/orders/", records.ids("order", visits.bought.number))
    views, results = product_pages(shown.product, shown.subcategory), text.take(QUERY_PATHS, shown.query)
    parts = [STATIC, order, KIND_PATHS, views, results, REFERRERS.texts, pa.nulls(1, pa.string())]
    _, orders, kinds, view, result, referrers, nothing, _ = np.cumsum([0, *map(len, parts)])
    page = np.where(played.page == PRODUCT, view + shown.rows[played.seen], played.page)
    at = np.flatnonzero(played.page == RESULTS)
    page[at] = result + shown.rows[played.seen[at]]
    at = np.flatnonzero(played.page == CATEGORY)
    page[at] = kinds + played.seen_subcategory[played.seen[at]]
    at = np.flatnonzero(played.page == CONFIRMATION)
    page[at] = orders + _order_rows(visits)[played.session[at]]
    sent = referrers + REFERRERS.starts[visits.source] + _draw(world, visits) % REFERRERS.sizes[visits.source]
    first = np.where(SENDS_REFERRER[visits.source], sent, nothing)
    referrer = np.where(played.sequence == 1, first[played.session], np.roll(page, 1))
    return _Pages(texts=text.concat(*parts), page=page, referrer=referrer)


def _draw(world: World, visits: sessions.Sessions) -> I64:
    return below(world.seed, "sessions.referrer", visits.key, 1 << 31)


def _order_rows(visits: sessions.Sessions) -> I64:
    """Row of each session's order among the batch's orders; meaningless where the session does not buy."""
    return np.cumsum(visits.buying) - 1


def _queries_for(seed: int, product: I64, kind: I64) -> I64:
    """What would be typed for each product: a position in QUERIES.

    The query follows the product, so that whoever searches for it again types the same.
    """
    noun, brand = products.noun(seed, product, kind), products.brand(seed, product, kind)
    nouns = products.NOUNS[kind]
    style = below(seed, "products.query", product, 10)
    bare = products.BRANDS[kind] * nouns
    place = np.select([style < 4, style < 8], [brand * nouns + noun, bare + noun], bare + nouns)
    return QUERIES.starts[kind] + place


def _extra(visits: sessions.Sessions, played: clicks.Clicks, shown: _Shown) -> dict[str, Drawn]:
    """The keys beyond the columns."""
    about_product = (played.page == PRODUCT) | (played.type == REMOVE)
    product = text.join('"', records.ids("product", shown.product), '"')
    order = text.join('"', records.ids("order", visits.bought.number), '"')
    searches, purchases = np.flatnonzero(played.type == SEARCH), np.flatnonzero(played.type == PURCHASE)
    events, moves = len(played.session), played.cart_quantity > 0
    return {
        "sequence_number": Drawn(SMALL_NUMBERS, played.sequence),
        "product_id": Drawn(product, np.where(about_product, shown.rows[played.seen], -1)),
        "order_id": Drawn(order, _at(events, purchases, _order_rows(visits)[played.session[purchases]])),
        "search_query": Drawn(
            text.take(QUOTED_QUERIES, shown.query), _at(events, searches, shown.rows[played.seen[searches]])
        ),
        "quantity": Drawn(SMALL_NUMBERS, _at(events, played.cart_event[moves], played.cart_quantity[moves])),
        "cart_value": Drawn(
            text.fixed(played.cart_value, 2), _at(events, played.cart_event, np.arange(len(played.cart_event)))
        ),
    }


def _at(events: int, rows: I64, positions: I64) -> I64:
    """Positions at some events, -1 at all others."""
    spread = np.full(events, -1, dtype=np.int64)
    spread[rows] = positions
    return spread
