"""What may happen in a session: tables of scripts that obey the story's laws by construction.

A script is a sequence of steps: an event type, the kind of page it happens on and a slot that a product will fill.
Views come before adds, searches before the product they find, a checkout needs a cart, a purchase follows its
checkout with exactly the order's items in the cart. All scripts are written at once, step by step, by one vectorised
state machine; a session picks one by hashing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shardgen.world.rng import I64, below, chance, uniform

Mask = NDArray[np.bool_]

EVENT_TYPES = (
    "page_view",
    "search",
    "product_view",
    "click",
    "add_to_cart",
    "remove_from_cart",
    "checkout_start",
    "purchase",
    "add_to_wishlist",
)
PAGE_VIEW, SEARCH, VIEW, CLICK, ADD, REMOVE, CHECKOUT, PURCHASE, WISH = range(len(EVENT_TYPES))

PAGES = (
    "home",
    "deals",
    "account",
    "help",
    "cart",
    "checkout",
    "checkout_address",
    "checkout_delivery",
    "checkout_payment",
    "confirmation",
    "category",
    "search",
    "product",
    "",
)
HOME, DEALS, ACCOUNT, HELP, CART, CHECKOUT_PAGE, _ADDRESS, _DELIVERY, PAYMENT_PAGE = range(9)
CONFIRMATION, CATEGORY, RESULTS, PRODUCT, LANDING = range(9, len(PAGES))
"""LANDING stands for whatever page the session's traffic source leads to."""

MAX_EVENTS = 60
ITEM_SLOTS = 8
"""Slots 0 to 7 are the items of the order, in its order; slots from 8 on are products that are only looked at."""
EXTRA_SLOTS = 8
NO_SLOT = -1
VARIANTS = 96
"""Browsing scripts of each length."""
BUYING_VARIANTS = 12
"""Buying scripts of each number of items and length."""
CRAWLING_VARIANTS = 8
"""Scripts of programs of each length."""

CRAWLED_LISTS = 0.2
"""Share of a program's pages that list products."""

CART_INTENT = (0.0, 0.0, 0.0, 0.10, 0.16, 0.22)
"""Share of browsing scripts of 0, 1, ... events that put things into the cart; the last one holds from there on."""
CHECKOUT_INTENT = 0.34
"""Share of those that begin a checkout."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Scripts:
    """Scripts of all lengths, end to end; step arrays of shape (steps,), script arrays of shape (scripts,)."""

    starts: I64
    """First step of each script."""
    lengths: I64
    extras: I64
    """How many extra slots the script uses, at least 1."""
    type: NDArray[np.int8]
    """Index into EVENT_TYPES."""
    page: NDArray[np.int8]
    """Index into PAGES."""
    slot: NDArray[np.int8]
    """Slot of the product, or NO_SLOT."""

    @cached_property
    def leaves_cart(self) -> Mask:
        """Which scripts end with something in the cart that was not bought."""
        change = (self.type == ADD).astype(np.int64) - (self.type == REMOVE) - MAX_EVENTS * (self.type == PURCHASE)
        return np.add.reduceat(change, self.starts) > 0


def scripts(seed: int) -> Scripts:
    """VARIANTS browsing scripts of each length from 1 to MAX_EVENTS, see :func:`browsing_index`; then
    BUYING_VARIANTS buying scripts for each number of items (1-8) and each length, see :func:`buying_index`; then
    CRAWLING_VARIANTS of programs of each length, see :func:`crawling_index`.
    """
    lengths = np.repeat(np.arange(1, MAX_EVENTS + 1), VARIANTS)
    browsing = _write(seed, "scripts.browsing", lengths, np.zeros_like(lengths))
    items = np.repeat(np.arange(1, ITEM_SLOTS + 1), MAX_EVENTS * BUYING_VARIANTS)
    lengths = np.tile(np.repeat(np.arange(1, MAX_EVENTS + 1), BUYING_VARIANTS), ITEM_SLOTS)
    buying = _write(seed, "scripts.buying", np.maximum(lengths, 2 * items + 3), items)
    crawling = _crawl(seed, np.repeat(np.arange(1, MAX_EVENTS + 1), CRAWLING_VARIANTS))
    written = (browsing, buying, crawling)
    joined = {name: np.concatenate([getattr(each, name) for each in written]) for name in _ARRAYS}
    return Scripts(starts=np.cumsum(joined["lengths"]) - joined["lengths"], **joined)


_ARRAYS = ("lengths", "extras", "type", "page", "slot")


def browsing_index(length: I64, variant: I64) -> I64:
    """Number of the browsing script of so many events and variant."""
    return (length - 1) * VARIANTS + variant


def buying_index(items: I64, length: I64, variant: I64) -> I64:
    """Number of the buying script for so many items, events (at least 2 x items + 3) and variant."""
    return MAX_EVENTS * VARIANTS + ((items - 1) * MAX_EVENTS + length - 1) * BUYING_VARIANTS + variant


def crawling_index(length: I64, variant: I64) -> I64:
    """Number of a program's script of so many events, by any number."""
    buying = ITEM_SLOTS * MAX_EVENTS * BUYING_VARIANTS
    return MAX_EVENTS * VARIANTS + buying + (length - 1) * CRAWLING_VARIANTS + variant % CRAWLING_VARIANTS


def _crawl(seed: int, lengths: I64) -> Scripts:
    """Scripts of programs: one product after another, now and then the list that they stand in."""
    step, row = np.arange(MAX_EVENTS), np.arange(len(lengths))
    lists = chance(seed, "scripts.crawling", row[:, None], CRAWLED_LISTS, step + 1)
    lists[:, 1:] &= ~lists[:, :-1]
    page = np.where(lists, CATEGORY, PRODUCT)
    page[:, 0] = LANDING
    slot = np.where(lists, ITEM_SLOTS, ITEM_SLOTS + np.cumsum(page == PRODUCT, axis=1) % EXTRA_SLOTS)
    slot[:, 0] = NO_SLOT
    inside = step < lengths[:, None]
    return Scripts(
        starts=np.cumsum(lengths) - lengths,
        lengths=lengths,
        extras=np.minimum(lengths, EXTRA_SLOTS).astype(np.int64),
        type=np.where(page == PRODUCT, VIEW, PAGE_VIEW).astype(np.int8)[inside],
        page=page.astype(np.int8)[inside],
        slot=slot.astype(np.int8)[inside],
    )


@dataclass(slots=True, eq=False)
class _State:
    """Where each script stands while it is written; arrays of shape (scripts,)."""

    items: I64
    cart_intent: Mask
    checkout_intent: Mask
    viewed: I64 = field(init=False)
    added: I64 = field(init=False)
    extras: I64 = field(init=False)
    held: I64 = field(init=False)
    """Extra slot that lies in the cart, or NO_SLOT."""
    sought: I64 = field(init=False)
    """Slot that the last search was for, or NO_SLOT."""
    page: I64 = field(init=False)
    slot: I64 = field(init=False)
    paying: Mask = field(init=False)

    def __post_init__(self) -> None:
        zero = np.zeros(len(self.items), dtype=np.int64)
        self.viewed, self.added, self.extras = zero.copy(), zero.copy(), zero.copy()
        self.held, self.sought, self.slot = zero + NO_SLOT, zero + NO_SLOT, zero + NO_SLOT
        self.page, self.paying = zero + LANDING, zero > 0

    def keep(self, scripts: Mask) -> None:
        """Forget all other scripts."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name)[scripts])

    def owed(self) -> I64:
        """Events that a script cannot end without."""
        found = (self.sought != NO_SLOT).astype(np.int64)
        story = 2 * self.items - self.viewed - self.added + (self.held != NO_SLOT) + ~self.paying + 1
        seeks_extra = (self.sought >= ITEM_SLOTS).astype(np.int64)
        return np.where(self.items > 0, story + seeks_extra, found)


ACTIONS = 11
NEXT_ITEM, ADD_ITEM, PUT_BACK, PAY, BUY, SEEK, LOOK, VISIT, TOUCH, TRY_EXTRA, NOTE = range(ACTIONS)


def _write(seed: int, stream: str, lengths: I64, items: I64) -> Scripts:
    """All scripts of the given lengths and numbers of items, one step of all of them at a time."""
    ids = np.arange(len(lengths))
    intent = np.array(CART_INTENT)[np.minimum(lengths, len(CART_INTENT) - 1)]
    state = _State(
        items=items,
        cart_intent=chance(seed, f"{stream}.cart", ids, intent),
        checkout_intent=chance(seed, f"{stream}.checkout", ids, CHECKOUT_INTENT),
    )
    shape = (len(lengths), MAX_EVENTS)
    types, pages, slots = (np.full(shape, fill, dtype=np.int8) for fill in (PAGE_VIEW, LANDING, NO_SLOT))
    for step in range(1, MAX_EVENTS):
        going = lengths[ids] > step
        ids = ids[going]
        state.keep(going)
        action = _choose(state, lengths[ids] - step, uniform(seed, f"{stream}.action", ids, step))
        ticket = below(seed, f"{stream}.detail", ids, 1 << 20, step)
        types[ids, step] = _act(state, action, ticket)
        pages[ids, step], slots[ids, step] = state.page, state.slot
    inside = np.arange(MAX_EVENTS) < lengths[:, None]
    extra = np.where(inside, slots, 0).max(axis=1) - ITEM_SLOTS + 1
    return Scripts(
        starts=np.cumsum(lengths) - lengths,
        lengths=lengths,
        extras=np.maximum(extra, 1).astype(np.int64),
        type=types[inside],
        page=pages[inside],
        slot=slots[inside],
    )


def _choose(state: _State, left: I64, ticket: NDArray[np.float64]) -> I64:
    """One action for each script: weights where the rules and the events left allow it."""
    buying, on_product = state.items > 0, state.page == PRODUCT
    slack = left - state.owed()
    shopping = ~state.paying & (state.sought == NO_SLOT)
    on_item = on_product & (state.slot < ITEM_SLOTS) & buying
    pending = on_item & (state.slot == state.added) & (state.added < state.viewed)
    free, roams = shopping & ~pending, slack >= 1
    holds = state.held != NO_SLOT
    on_extra = on_product & (state.slot >= ITEM_SLOTS)
    all_in = state.added == state.items
    weight = np.zeros((ACTIONS, len(left)))
    weight[NEXT_ITEM] = 40 * (free & buying & (state.viewed < state.items))
    weight[ADD_ITEM] = 55 * (shopping & pending)
    weight[PUT_BACK] = np.where(buying, 25, 6) * (free & holds & (buying | roams))
    done = all_in & ~holds & buying
    ready = slack <= PAYMENT_PAGE - CHECKOUT_PAGE  # what is left are the pages of the checkout, each once
    weight[PAY] = 12 * (free & done & ready) + 12 * (free & ~buying & state.checkout_intent & holds & roams)
    weight[BUY] = 1 * (buying & state.paying & (left == 1))
    weight[SEEK] = 14 * (free & np.where(buying & all_in, slack >= 2, slack >= 1) & (buying | (left >= 2)))
    weight[LOOK] = np.where(buying, 10, np.where(on_product, 24, 44)) * (free & roams)
    weight[VISIT] = np.where(on_product, 14, 20) * (free & roams) + 10 * (state.paying & roams)
    weight[TOUCH] = np.where(on_product, 22, 8) * (shopping & roams)
    weight[TRY_EXTRA] = np.where(buying, 8, 40 * state.cart_intent) * (
        free & on_extra & ~holds & np.where(buying, slack >= 2, roams)
    )
    weight[NOTE] = 3 * (shopping & on_product & roams)
    sums = np.cumsum(weight, axis=0)
    action = (sums <= ticket * sums[-1]).sum(axis=0)
    return np.where(state.sought != NO_SLOT, LOOK, np.minimum(action, ACTIONS - 1))


def _act(state: _State, action: I64, ticket: I64) -> NDArray[np.int8]:
    """Carry the actions out.

    Returns:
        the event type of each; the page and slot are left in the state.
    """
    new_extra = ITEM_SLOTS + np.where(state.extras < EXTRA_SLOTS, state.extras, ticket % EXTRA_SLOTS)
    looks = action == LOOK
    finds_item = looks & (state.sought != NO_SLOT) & (state.sought < ITEM_SLOTS)
    target = np.where(looks & (state.sought != NO_SLOT), state.sought, new_extra)
    seeks_item = (action == SEEK) & (state.viewed < state.items)
    sought = np.where(seeks_item, state.viewed, new_extra)
    types = TYPE_OF[action]
    slots: dict[int, I64 | int] = {
        NEXT_ITEM: state.viewed,
        LOOK: target,
        SEEK: sought,
        PUT_BACK: state.held,
        PAY: NO_SLOT,
        BUY: NO_SLOT,
    }
    for each, slot in slots.items():
        state.slot = np.where(action == each, slot, state.slot)
    page = PAGE_OF[action]
    state.page = np.where(page == STAYS, state.page, page)
    _visit(state, action == VISIT, ticket)
    used = np.where((looks | (action == SEEK)) & (state.slot >= ITEM_SLOTS), state.slot - ITEM_SLOTS + 1, 0)
    state.extras = np.maximum(state.extras, used)
    state.viewed += (action == NEXT_ITEM) | finds_item
    state.added += action == ADD_ITEM
    state.held = np.where(action == TRY_EXTRA, state.slot, np.where(action == PUT_BACK, NO_SLOT, state.held))
    state.sought = np.where(action == SEEK, sought, np.where(looks, NO_SLOT, state.sought))
    state.paying = (action == PAY) | (state.paying & (state.items > 0))
    return types


def _visit(state: _State, visits: Mask, ticket: I64) -> None:
    """Go to a page that is no product: in a checkout its next step, else one of the shop's."""
    choice = VISITED[ticket % len(VISITED)]
    empty = (state.held == NO_SLOT) & (state.added == 0)
    choice = np.where(empty & (choice == CART) & (ticket % EMPTY_CARTS > 0), CATEGORY, choice)
    choice = np.where(choice == state.page, np.where(choice == CATEGORY, HOME, CATEGORY), choice)  # somewhere else
    page = np.where(state.paying, np.minimum(state.page + 1, PAYMENT_PAGE), choice)
    kind = np.where(state.items > 0, 0, ITEM_SLOTS)
    state.page = np.where(visits, page, state.page)
    state.slot = np.where(visits, np.where(page == CATEGORY, kind, NO_SLOT), state.slot)


TYPE_OF = np.array([VIEW, ADD, REMOVE, CHECKOUT, PURCHASE, SEARCH, VIEW, PAGE_VIEW, CLICK, ADD, WISH], dtype=np.int8)
STAYS = -1
PAGE_OF = np.full(ACTIONS, STAYS)
PAGE_OF[[NEXT_ITEM, LOOK, SEEK, PUT_BACK, PAY, BUY]] = PRODUCT, PRODUCT, RESULTS, CART, CHECKOUT_PAGE, CONFIRMATION
"""The page that an action leads to, if it is always the same."""
EMPTY_CARTS = 7
"""One in so many looks at a cart with nothing in it is had: few have a reason to."""
VISITED = np.repeat(np.array([HOME, CATEGORY, DEALS, ACCOUNT, HELP, CART]), [16, 52, 10, 5, 3, 14])
