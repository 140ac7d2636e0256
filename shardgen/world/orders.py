"""What is ordered, by whom, what it costs and what comes back: facts of orders by number.

Nothing here knows the window. Money is in cents, time in microseconds UTC, NEVER for what never happens.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from shardgen.world import baskets, customers, geography, lives, personas, products, rings, zones
from shardgen.world.baskets import MAX_ITEMS
from shardgen.world.demand import DAY
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.order_stream import Run
from shardgen.world.rng import I64, below, between, chance, lognormal_table, outcomes
from shardgen.world.world import World

Mask = NDArray[np.bool_]

SECOND = 1_000_000
MINUTE = 60 * SECOND
NEVER = np.iinfo(np.int64).max

CHANNELS = ("web", "app", "marketplace", "store", "phone")
WEB, APP, MARKETPLACE, STORE, PHONE = range(5)
OTHER_CHANNELS = np.cumsum([[706, 294, 0, 0], [441, 183, 297, 79]], axis=1)
"""Weights of app, marketplace, store and phone while shops are closed and open, where the order comes from: 36, 15, 15
and 4 of 70 in all."""
_OTHER_CHANNEL = outcomes(OTHER_CHANNELS)
OPENS, CLOSES = 8, 21
"""Local hours in which stores and the telephone take orders."""

REASONS = np.array([len(each.return_reasons) for each in SUBCATEGORIES], dtype=np.int64)
MILD = (
    *("changed_mind", "duplicate_gift", "unwanted_gift", "trip_cancelled", "found_better_price"),
    *("too_small", "too_large", "too_short", "too_long", "too_narrow", "wrong_size", "does_not_fit"),
)
"""How reasons begin that are no fault of the product."""
_MILD = np.zeros((len(SUBCATEGORIES), int(REASONS.max())), dtype=np.bool_)
for _kind, _each in enumerate(SUBCATEGORIES):
    _MILD[_kind, : REASONS[_kind]] = [reason.startswith(MILD) for reason in _each.return_reasons]

GAP = lognormal_table(6 * 60, 0.7, 1024)
"""Seconds from a buying session's start to its purchase."""
MAX_GAP = 55 * 60
RETURNERS, MOST_RETURNS = (800, 61), 600
"""Percent of the usual returns of personas who send most things back and of all others; per mille of all, at most."""
RETURN_FACTOR = lognormal_table(1000, 0.45, products.QUALITY_STEPS)[::-1].copy()
"""Per mille of the usual returns, by step of quality: bad products come back."""

FREE_SHIPPING_FROM = 6_000
SHIPPING_COST, EXPRESS_COST = 590, 1_290
EXPRESS = 0.08

PAYMENT_METHODS = ("credit_card", "debit_card", "digital_wallet", "bank_transfer", "gift_card", "cash")
PAYMENT_WEIGHTS = np.cumsum(
    [
        [46, 18, 28, 6, 2, 0],  # web
        [38, 14, 44, 2, 2, 0],  # app
        [40, 20, 34, 6, 0, 0],  # marketplace
        [34, 36, 10, 0, 3, 17],  # store
        [62, 24, 0, 14, 0, 0],  # phone
    ],
    axis=1,
)
_PAYMENT_METHOD = outcomes(PAYMENT_WEIGHTS)
OTHER_ADDRESS = 0.15
"""Share of orders sent to somebody else's address (L15)."""
DROPPED = 0.8
"""Share of a ring's orders sent to the address that it shares."""
HOME_WAREHOUSE = 0.78
"""Share of orders shipped by the warehouse that serves the country."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Orders:
    """n orders; arrays of shape (n,)."""

    number: I64
    arrived: I64
    """Start of the buying session, or the instant of the order itself."""
    placed: I64
    """The order's date."""
    channel: I64
    """Index into CHANNELS."""
    web: I64
    """Number within the stream of web orders, -1 for other channels."""
    zone: I64
    """Time zone that it comes from."""
    rank: I64
    """Number among the orders of the zone."""

    def personas(self, seed: int) -> I64:
        """Whose kind each order is."""
        return personas.of_orders(seed, self.zone, self.rank)

    def buyers(self, seed: int) -> baskets.Buyers:
        """What a basket knows of each."""
        return baskets.Buyers(number=self.number, persona=self.personas(seed), day=self.arrived // DAY)

    def followed_by(self, others: Orders) -> Orders:
        """These, and others after them."""
        names = (field.name for field in fields(self))
        return Orders(**{name: np.concatenate([getattr(self, name), getattr(others, name)]) for name in names})

    def take(self, rows: Mask | I64) -> Orders:
        """The orders at these rows."""
        return Orders(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Items:
    """The items of n orders, order by order; arrays of shape (items,) but for ``starts``."""

    starts: I64
    """First item of each order, shape (n,); every order has items."""
    order: I64
    """Row of the order that the item belongs to."""
    position: I64
    """0, 1, ... within the order."""
    key: I64
    """order number x 8 + position."""
    product: I64
    subcategory: I64
    quantity: I64
    unit_price: I64
    promotion: I64
    """Number of the promotion that reduces the line, or promotions.NONE."""
    discount: I64
    total: I64
    """quantity x unit_price - discount."""
    returned: I64
    """Units that come back once the order is delivered."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parties:
    """Who and where: arrays of shape (n,)."""

    customer: I64
    address: geography.Addresses
    """Where it goes."""
    sources: Sources
    payment_method: I64
    """Index into PAYMENT_METHODS."""
    ring: I64
    """Ring of fraud that the customer is in, or rings.NONE."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sources:
    """From where to where: arrays of shape (n,)."""

    place: I64
    warehouse: I64
    """1 to the number of warehouses; what is out of stock there may come from another one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Amounts:
    """Money of n orders: arrays of shape (n,)."""

    subtotal: I64
    discount: I64
    coupon: I64
    """Month (since 1970) of the newsletter's code that reduces the order, or promotions.NONE."""
    shipping: I64
    tax: I64
    total: I64


def chosen(world: World, low: int, high: int, numbers: I64) -> Orders:
    """Some of the orders [low, high), by their numbers, in order."""
    found = select(world, low, high)
    return found if len(numbers) == high - low else found.take(numbers - low)


def select(world: World, start: int, stop: int) -> Orders:
    """Orders number start to stop (exclusive)."""
    run, web = world.orders.select(start, stop)
    own = np.where(run.web, web + np.cumsum(run.web) - 1, -1)
    return _orders(world, run, np.arange(start, stop, dtype=np.int64), own)


def of_web(world: World, web: I64) -> Orders:
    """The orders of a rising, gapless run of the stream of web orders."""
    run, number = world.web_orders.select(web)
    return _orders(world, run, number, web)


def of_hours(world: World, hours: I64, which: I64, place: I64) -> Orders:
    """Some orders of the web, see `WebOrders.pick`."""
    return _orders(world, *world.web_orders.pick(hours, which, place))


def _orders(world: World, run: Run, number: I64, web: I64) -> Orders:
    of_web, others = np.flatnonzero(run.web), np.flatnonzero(~run.web)
    at, channel = run.times.copy(), np.full(len(number), WEB)
    at[of_web] = placed(world.seed, web[of_web], at[of_web])
    channel[others] = _other_channel(world.seed, number[others], run.zone[others], run.times[others])
    return Orders(
        number=number,
        arrived=run.times,
        placed=at,
        channel=channel,
        web=web,
        zone=run.zone,
        rank=run.rank,
    )


def _other_channel(seed: int, number: I64, zone: I64, times: I64) -> I64:
    hour = zones.local_hours(zone, times)
    open_ = ((hour >= OPENS) & (hour < CLOSES)).astype(np.int64)
    return 1 + _OTHER_CHANNEL[open_, below(seed, "orders.channel", number, 1000)].astype(np.int64)


def placed(seed: int, web: I64, arrived: I64) -> I64:
    """When a web order is placed: a hashed while after its session began, before midnight UTC."""
    gap = 60 + GAP[below(seed, "orders.gap", web, len(GAP))]
    gap = np.minimum(gap, MAX_GAP) * SECOND + below(seed, "orders.gap_fraction", web, SECOND)
    room = DAY - arrived % DAY - 10 * SECOND
    late = room * 7 // 8 + below(seed, "orders.gap_late", web, 1 << 20) * (room // 8) // (1 << 20)
    return arrived + np.where(gap < room, gap, late)


def items(world: World, orders: Orders) -> Items:
    """What is in the orders: distinct products on sale, the price and discount of each, and what will be sent back."""
    shop, seed, by = world.shop, world.seed, orders.buyers(world.seed)
    persona, day, filled = by.persona, by.day, baskets.fill(shop, by)
    order, product, position = filled.order, filled.product, filled.position
    key = orders.number[order] * MAX_ITEMS + position
    kind, price = shop.catalogue.subcategory[product].astype(np.int64), shop.catalogue.prices.on(product, day[order])
    quantity = baskets.pieces(seed, key, kind, price)
    on_offer = shop.promotions.of_lines(shop.catalogue.brand[product], kind, day[order], orders.channel[order])
    promotion = shop.promotions.taken(key, on_offer)
    discount = shop.promotions.discounts(promotion, quantity * price)
    return Items(
        starts=filled.starts,
        order=order,
        position=position,
        key=key,
        product=product,
        subcategory=kind,
        quantity=quantity,
        unit_price=price,
        promotion=promotion,
        discount=discount,
        total=quantity * price - discount,
        returned=_returned(world, key, product, quantity, persona[order]),
    )


def _returned(world: World, key: I64, product: I64, quantity: I64, persona: I64) -> I64:
    """Units that come back: of bad products more, and nearly everything from those who try on at home."""
    quality = products.quality(world.seed, product)
    usual = products.RETURN_PERCENT[world.catalogue.subcategory[product]] * RETURN_FACTOR[quality]
    per_mille = usual * np.where(personas.RETURNER[persona], *RETURNERS) // 10_000
    back = below(world.seed, "items.returned", key, 1000) < np.minimum(per_mille, MOST_RETURNS)
    some = between(world.seed, "items.returned_units", key, 1, quantity)
    whole = chance(world.seed, "items.returned_whole", key, 0.8)
    return np.where(back, np.where(whole, quantity, some), 0)


def return_reasons(seed: int, key: I64, kind: I64) -> I64:
    """Why each item would come back: an index into the reasons of its kind."""
    return below(seed, "items.return_reason", key, 1 << 31) % REASONS[kind]


def unsuitable(kind: I64, reason: I64) -> Mask:
    """Whether the reason is no fault of the product: it does not fit, or is not wanted after all."""
    return _MILD[kind, reason]


def buyers(world: World, orders: Orders) -> lives.Actors:
    """Who orders."""
    return lives.buyers(world.customers, world.buyers, orders.number, orders.zone, orders.rank, orders.arrived)


def parties(world: World, orders: Orders) -> Parties:
    """Who orders, where it goes, where it comes from and how it is paid."""
    seed, who = world.seed, buyers(world, orders)
    own = customers.address(seed, who.number, who.zone, orders.placed)
    goes = _destinations(world, orders, who, own.place)
    gift = geography.addresses(seed, "orders.address", goes.key, goes.place)
    address = geography.Addresses(
        **{f.name: np.where(goes.other, getattr(gift, f.name), getattr(own, f.name)) for f in fields(own)}
    )
    return Parties(
        customer=who.number,
        address=address,
        sources=Sources(place=goes.place, warehouse=_warehouse(world, orders, goes.place)),
        payment_method=_payment_method(seed, orders),
        ring=goes.ring,
    )


def sources(world: World, orders: Orders, who: lives.Actors | None = None) -> Sources:
    """Where the orders go, and the warehouse that each is due from.

    Args:
        who: who placed them, where that is known.
    """
    who = who or buyers(world, orders)
    home = customers.place(world.seed, who.number, who.zone, orders.placed)
    place = _destinations(world, orders, who, home).place
    return Sources(place=place, warehouse=_warehouse(world, orders, place))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Destinations:
    """Where n parcels go; arrays of shape (n,)."""

    ring: I64
    """Of the customers, or rings.NONE."""
    other: Mask
    """Whether it is another address than the customer's."""
    place: I64
    key: I64
    """What such an address is drawn by."""


def _destinations(world: World, orders: Orders, who: lives.Actors, home: I64) -> _Destinations:
    """Mostly home, else to somebody in the same country; rings that share an address have most parcels sent there."""
    seed, ring = world.seed, world.rings.of(world.customers.families, who.member)
    other = chance(seed, "orders.other_address", orders.number, OTHER_ADDRESS)
    place, key = np.where(other, _elsewhere(seed, orders, home), home), orders.number
    drops = world.rings.share(ring, rings.ADDRESS) & chance(seed, "orders.drop", orders.number, DROPPED)
    if drops.any():
        key = np.where(drops, -1 - ring, key)
        place[drops] = geography.draw_near(seed, "rings.place", ring[drops], who.zone[drops])
    return _Destinations(ring=ring, other=other | drops, place=place, key=key)


def _elsewhere(seed: int, orders: Orders, home: I64) -> I64:
    return geography.draw_in(seed, "orders.other_place", orders.number, geography.COUNTRY_OF[home])


def _warehouse(world: World, orders: Orders, place: I64) -> I64:
    """Mostly the warehouse that serves the country, else any."""
    serving = world.serving_warehouse[place]
    other = below(world.seed, "orders.warehouse", orders.number, world.warehouses)
    near = chance(world.seed, "orders.near", orders.number, HOME_WAREHOUSE)
    return 1 + np.where(near, serving, other)


def _payment_method(seed: int, orders: Orders) -> I64:
    ticket = below(seed, "orders.payment_method", orders.number, 100)
    return _PAYMENT_METHOD[orders.channel, ticket].astype(np.int64)


def amounts(world: World, orders: Orders, lines: Items, place: I64) -> Amounts:
    """What the orders cost; tax is rounded half up, once.

    Args:
        place: where each order goes, which decides the tax.
    """
    seed, number = world.seed, orders.number
    subtotal = np.add.reduceat(lines.total, lines.starts) if len(number) else number
    percent, coupon = world.shop.promotions.coupons(number, orders.arrived // DAY)
    discount = subtotal * percent // 100
    goods = subtotal - discount
    express = chance(seed, "orders.express", number, EXPRESS)
    standard = np.where(goods >= FREE_SHIPPING_FROM, 0, SHIPPING_COST)
    shipping = np.where(orders.channel == STORE, 0, np.where(express, EXPRESS_COST, standard))
    rate = geography.TAX_BASIS_POINTS[geography.COUNTRY_OF[place]]
    tax = ((goods + shipping) * rate + 5_000) // 10_000
    return Amounts(
        subtotal=subtotal,
        discount=discount,
        coupon=coupon,
        shipping=shipping,
        tax=tax,
        total=goods + shipping + tax,
    )
