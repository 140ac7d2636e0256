"""What happens in a session: its script played with products, a cart and a clock.

Every event is a step of the session's script; slots are filled with the order's items or with products drawn along
the visitor's interest, and the cart is a running sum along the steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import baskets, bots, pace, payments, products
from shardgen.world.demand import DAY
from shardgen.world.kinds import COMPANIONS, KIND_STEPS
from shardgen.world.rng import I64, below
from shardgen.world.scripts import (
    ADD,
    CART,
    CATEGORY,
    CHECKOUT,
    CLICK,
    EXTRA_SLOTS,
    ITEM_SLOTS,
    LANDING,
    MAX_EVENTS,
    NO_SLOT,
    PAGE_VIEW,
    PRODUCT,
    PURCHASE,
    REMOVE,
    VIEW,
)
from shardgen.world.sessions import Sessions
from shardgen.world.world import World

Mask = NDArray[np.bool_]

BESIDE_PERCENT = 72
"""How often a visit that lands on a product and buys does not buy that one."""
SAME_INTEREST_PERCENT, COMPANION_PERCENT = 58, 20
"""Where a further product is looked for: the kind of the first one, what goes with it, else anything."""

CART_SIGN = np.zeros(16, dtype=np.int64)
CART_SIGN[[ADD, REMOVE]] = 1, -1
SHOWS_CART = np.zeros(16, dtype=np.bool_)
SHOWS_CART[[ADD, REMOVE, CHECKOUT, PURCHASE]] = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clicks:
    """The events of n sessions, session by session.

    ``seen_*`` arrays have one entry for each product that a session's script has a slot for, ``cart_*`` arrays one
    for each event that shows the cart; all others have shape (events,).
    """

    seen_product: I64
    seen_subcategory: I64
    session: I64
    """Row of the session."""
    sequence: I64
    """1, 2, ... within the session."""
    time: I64
    type: NDArray[np.int8]
    """Index into scripts.EVENT_TYPES."""
    page: NDArray[np.int8]
    """Index into scripts.PAGES."""
    seen: I64
    """Entry of ``seen_product`` that the step is about, or -1."""
    cart_event: I64
    """Rows of the events that show the cart, rising."""
    cart_quantity: I64
    """Units put into or taken out of it, 0 where it is only looked at."""
    cart_value: I64
    """Its value in cents after the event."""


def play(world: World, visits: Sessions) -> Clicks:
    """All events of the sessions."""
    table = world.scripts
    first = np.cumsum(visits.events) - visits.events
    session = np.repeat(np.arange(len(visits.number)), visits.events)
    events = np.arange(len(session))
    steps = events + (table.starts[visits.script] - first)[session]
    sequence = events - first[session] + 1
    kind, page, slot = table.type[steps], table.page[steps], table.slot[steps]
    _land(world.seed, visits, session, first, kind, page, slot)
    starts, product, quantity = _seen(world, visits)
    seen = np.where(slot == NO_SLOT, -1, _slot_bases(visits, starts).take(session * 2 + (slot >= ITEM_SLOTS)) + slot)
    shows = np.flatnonzero(SHOWS_CART[kind] | (page == CART))
    price = world.catalogue.prices.on(product[seen[shows]], visits.start[session[shows]] // DAY)
    units, value = _carts(session[shows], kind[shows], quantity[seen[shows]], price)
    return Clicks(
        seen_product=product,
        seen_subcategory=world.catalogue.subcategory[product].astype(np.int64),
        session=session,
        sequence=sequence,
        time=_times(world.seed, visits, session, first, sequence, kind, page),
        type=kind,
        page=page,
        seen=seen,
        cart_event=shows,
        cart_quantity=units,
        cart_value=value,
    )


def _times(
    seed: int, visits: Sessions, session: I64, first: I64, sequence: I64, kind: NDArray[np.int8], page: NDArray[np.int8]
) -> I64:
    """When each event is; the last one of a buying session is the purchase, after a checkout with time to pay."""
    key = visits.key[session] * (MAX_EVENTS + 1) + sequence
    where = np.where((visits.program != bots.NONE)[session], np.int8(pace.PROGRAM), page)
    moments = pace.times(seed, key, where, first, visits.start, visits.active, visits.buying)
    checkout = np.flatnonzero(kind == CHECKOUT)
    checkout = checkout[visits.buying[session[checkout]]]
    begins = first[visits.buying]
    ends = begins + visits.events[visits.buying] - 1
    pace.give_last_steps(moments, begins, checkout, ends, payments.CHECKOUT)
    return moments


def _land(
    seed: int,
    visits: Sessions,
    session: I64,
    first: I64,
    kind: NDArray[np.int8],
    page: NDArray[np.int8],
    slot: NDArray[np.int8],
) -> None:
    """Put the landing page in where the script leaves it open; on a product's page the visit begins with its view."""
    open_ = np.flatnonzero(page == LANDING)
    landing = visits.landing[session[open_]]
    page[open_] = landing
    about = np.where(visits.buying[session[open_]] & ~_lands_beside(seed, visits)[session[open_]], 0, ITEM_SLOTS)
    slot[open_] = np.where((landing == PRODUCT) | (landing == CATEGORY), about, NO_SLOT)
    kind[first] = np.where(page[first] == PRODUCT, VIEW, PAGE_VIEW)
    second = first[visits.events > 1] + 1
    again = (kind[second] == VIEW) & (page[second - 1] == PRODUCT) & (slot[second] == slot[second - 1])
    kind[second[again]] = CLICK  # the page is open already: look closer instead of opening it twice


def _slot_bases(visits: Sessions, starts: I64) -> I64:
    """What to add to a slot to get its entry, for items and for extras; shape (sessions, 2).

    A session's items come first among its entries, then its extras.
    """
    items = np.zeros(len(visits.number), dtype=np.int64)
    items[visits.buying] = _item_counts(visits)
    return np.stack([starts, starts + items - ITEM_SLOTS], axis=1)


def _carts(session: I64, kind: NDArray[np.int8], quantity: I64, price: I64) -> tuple[I64, I64]:
    """Units and running value at the events that show a cart; nothing else changes it."""
    units = np.where(CART_SIGN[kind] != 0, quantity, 0)
    change = CART_SIGN[kind] * units * price
    value = np.cumsum(change)
    opening = np.searchsorted(session, session, side="left")
    return units, value - (value - change)[opening]


def _item_counts(visits: Sessions) -> I64:
    return visits.lines.counts


def _lands_beside(seed: int, visits: Sessions) -> Mask:
    """Whether a buying session lands on the page of another product than those that it buys."""
    beside = below(seed, "sessions.lands_beside", visits.key, 100) < BESIDE_PERCENT
    return visits.buying & (visits.landing == PRODUCT) & beside


def landed_on(world: World, visits: Sessions) -> I64:
    """The product whose page or kind each session lands on: an order's first item, or the first thing looked at."""
    shows = (visits.landing == PRODUCT) | (visits.landing == CATEGORY)
    rows = np.flatnonzero(shows & (~visits.buying | _lands_beside(world.seed, visits)))
    focus = _focus(visits)
    first = np.maximum(focus, 0)
    first[rows] = _extras(world, visits, focus, rows, np.zeros(len(rows), dtype=np.int64))
    return first


def _focus(visits: Sessions) -> I64:
    """The product that sets the interest of each session, -1 where the first one does that is looked at."""
    focus = visits.product.copy()
    focus[visits.buying] = visits.lines.product[visits.lines.starts]
    return focus


def _seen(world: World, visits: Sessions) -> tuple[I64, I64, I64]:
    """First entry of each session; product and quantity of each entry."""
    items, extras = np.zeros(len(visits.number), dtype=np.int64), world.scripts.extras[visits.script]
    items[visits.buying] = _item_counts(visits)
    counts = items + extras
    starts = np.cumsum(counts) - counts
    session = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(session)) - starts[session]
    is_item = place < items[session]
    product, quantity = np.empty(len(session), dtype=np.int64), np.ones(len(session), dtype=np.int64)
    product[is_item], quantity[is_item] = visits.lines.product, _quantities(world, visits)
    product[~is_item] = _extras(world, visits, _focus(visits), session[~is_item], (place - items[session])[~is_item])
    return starts, product, quantity


def _quantities(world: World, visits: Sessions) -> I64:
    """How many of each item are bought, line by line."""
    lines, shop = visits.lines, world.catalogue
    key = visits.bought.number[lines.order] * baskets.MAX_ITEMS + lines.position
    price = shop.prices.on(lines.product, visits.bought.arrived[lines.order] // DAY)
    return baskets.pieces(world.seed, key, shop.subcategory[lines.product].astype(np.int64), price)


def _extras(world: World, visits: Sessions, focus: I64, session: I64, extra: I64) -> I64:
    """Products that are looked at besides an order's items.

    The first one sets the interest of a browsing session, and a later order sets that (a buying one has its first
    item for that); the others are of the same kind, go with it, or are anything.

    Args:
        focus: product that sets the interest of each session, -1 where the first extra does.
        session: row of the session of each extra, rising.
        extra: 0, 1, ... within the session.
    """
    product = np.where(extra == 0, visits.product[session], -1)
    rows = np.flatnonzero(product < 0)
    session, extra = session[rows], extra[rows]
    key = visits.key[session] * EXTRA_SLOTS + extra
    persona, day = visits.persona[session], visits.start[session] // DAY
    opens = (extra == 0) & (focus[session] < 0)
    ticket = below(world.seed, "sessions.interest", key, 100)
    is_guided = ~opens & (ticket < SAME_INTEREST_PERCENT + COMPANION_PERCENT)
    guided, free = np.flatnonzero(is_guided), np.flatnonzero(~is_guided)
    product[rows[free]] = _anything(world, key[free], persona[free], day[free])
    focus = focus.copy()
    focus[session[opens]] = product[rows[opens]]
    kind = world.catalogue.subcategory[focus[session[guided]]].astype(np.int64)
    which = below(world.seed, "sessions.companion", key[guided], COMPANIONS.shape[1])
    wanted = np.where(ticket[guided] < SAME_INTEREST_PERCENT, kind, COMPANIONS.take(kind * COMPANIONS.shape[1] + which))
    found = baskets.products_for(world.shop, "sessions.kind", key[guided], wanted, persona[guided], day[guided])
    product[rows[guided]] = found
    lost = guided[found < 0]
    product[rows[lost]] = _anything(world, key[lost], persona[lost], day[lost])
    return product


def _anything(world: World, key: I64, persona: I64, day: I64) -> I64:
    """A product that such a person may buy on that day."""
    kind = baskets.kind_on(world.shop, day, persona, below(world.seed, "sessions.any_kind", key, KIND_STEPS))
    found = baskets.products_for(world.shop, "sessions.product", key, kind, persona, day)
    lost = np.flatnonzero(found < 0)
    if len(lost):
        found[lost] = products.anything(world.catalogue, "sessions.anything", key[lost])
    return found
