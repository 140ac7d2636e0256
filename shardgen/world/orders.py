"""What is ordered, when it moves, what it costs and what comes back: facts of orders by number.

Nothing here knows the window: shipping, delivery, cancellation and return are an order's fate, and a reader at t_end
asks which of it has happened. Money is in cents, time in microseconds UTC, NEVER for what never happens.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from shardgen.world import customers, geography, products
from shardgen.world.demand import DAY, HOUR
from shardgen.world.rng import I64, below, between, chance, choose, exponential_table, lognormal_table
from shardgen.world.world import World

Mask = NDArray[np.bool_]

SECOND = 1_000_000
MINUTE = 60 * SECOND
NEVER = np.iinfo(np.int64).max

CHANNELS = ("web", "app", "marketplace", "store", "phone")
WEB, APP, MARKETPLACE, STORE, PHONE = range(5)
OTHER_CHANNELS = np.cumsum([36, 15, 15, 4])
"""Weights of app, marketplace, store and phone."""

ITEMS = np.cumsum([28, 24, 17, 12, 8, 5, 4, 2])
"""Weights of 1 to 8 distinct items; the mean is 2.9."""
MAX_ITEMS = 8
QUANTITIES = np.cumsum([78, 14, 5, 2, 1])
"""Weights of 1 to 5 units of an item."""
COMPANION_PERCENT, SAME_KIND_PERCENT = 45, 15
"""Where a further item is drawn from: what goes with the first one, more of its kind, else anything."""
TRIES = 4
"""Draws of an item before it is left out because the order has it already."""

GAP = lognormal_table(6 * 60, 0.7, 1024)
"""Seconds from a buying session's start to its purchase."""
MAX_GAP = 55 * 60
CANCELLED = 0.04
PROCESSING = lognormal_table(25 * 60, 0.9, 1024)
"""Seconds until an order is taken up."""
SHIPPING = np.clip(lognormal_table(24 * 3600, 0.65, 1024), 2 * 3600, 9 * 86400)
"""Seconds until a parcel leaves."""
TRANSIT = np.clip(lognormal_table(62 * 3600, 0.5, 1024), 8 * 3600, 19 * 86400)
"""Seconds on the way."""
CANCELLING = np.clip(exponential_table(5 * 3600, 1024), 120, 2 * 86400)
"""Seconds until an order is cancelled."""
MAX_FATE = 61 * DAY
"""Nothing happens to an order later than this after it was placed: 10 days to ship, 20 on the way, 30 to return."""

RETURN_FACTOR = lognormal_table(1000, 0.45, products.QUALITY_STEPS)[::-1].copy()
"""Per mille of the usual returns, by step of quality: bad products come back."""

DISCOUNTED_ITEM, DISCOUNTED_ORDER = 0.12, 0.15
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
OTHER_ADDRESS = 0.15
"""Share of orders sent to somebody else's address (L15)."""
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

    def take(self, rows: Mask | I64) -> Orders:
        """The orders at these rows."""
        return Orders(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fate:
    """When things happen to n orders; instants or NEVER, of shape (n,)."""

    processing: I64
    shipped: I64
    delivered: I64
    cancelled: I64
    returned: I64
    """When what comes back comes back, if anything does."""


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
    warehouse: I64
    """1 to the number of warehouses."""
    payment_method: I64
    """Index into PAYMENT_METHODS."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Amounts:
    """Money of n orders: arrays of shape (n,)."""

    subtotal: I64
    discount: I64
    shipping: I64
    tax: I64
    total: I64


def select(world: World, start: int, stop: int) -> Orders:
    """Orders number start to stop (exclusive)."""
    arrived, of_web, own = world.orders.select(start, stop)
    number = np.arange(start, stop, dtype=np.int64)
    other = 1 + choose(world.seed, "orders.channel", number, OTHER_CHANNELS)
    is_web = of_web == 1
    return Orders(
        number=number,
        arrived=arrived,
        placed=np.where(is_web, placed(world.seed, own, arrived), arrived),
        channel=np.where(is_web, WEB, other),
        web=np.where(is_web, own, -1),
    )


def of_web(world: World, web: I64) -> Orders:
    """The orders of a rising, gapless run of the stream of web orders."""
    arrived = world.web_orders.times(web)
    return Orders(
        number=world.orders.numbers_of_first(web),
        arrived=arrived,
        placed=placed(world.seed, web, arrived),
        channel=np.full(len(web), WEB, dtype=np.int64),
        web=web,
    )


def placed(seed: int, web: I64, arrived: I64) -> I64:
    """When a web order is placed: a hashed while after its session began, before midnight UTC."""
    gap = 60 + GAP[below(seed, "orders.gap", web, len(GAP))]
    gap = np.minimum(gap, MAX_GAP) * SECOND + below(seed, "orders.gap_fraction", web, SECOND)
    room = DAY - arrived % DAY - 10 * SECOND
    late = room * 7 // 8 + below(seed, "orders.gap_late", web, 1 << 20) * (room // 8) // (1 << 20)
    return arrived + np.where(gap < room, gap, late)


def fate(seed: int, orders: Orders) -> Fate:
    """What happens to the orders after they are placed."""

    def lag(stream: str, table: I64) -> I64:
        seconds = table[below(seed, stream, orders.number, len(table))]
        return seconds * SECOND + below(seed, f"{stream}_fraction", orders.number, SECOND)

    def minutes(stream: str, low: int, high: int) -> I64:
        return between(seed, stream, orders.number, low * MINUTE, high * MINUTE)

    store = orders.channel == STORE
    to_ship = np.where(store, minutes("orders.handover", 2, 14), lag("orders.shipping", SHIPPING))
    to_deliver = np.where(store, minutes("orders.pickup", 1, 12), lag("orders.transit", TRANSIT))
    to_process = np.minimum(lag("orders.processing", PROCESSING), to_ship // 2)
    cancelled = ~store & chance(seed, "orders.cancelled", orders.number, CANCELLED)
    shipped = orders.placed + to_ship
    delivered = shipped + to_deliver
    hours = between(seed, "orders.returned", orders.number, 26, 28 * 24)
    cancelled_at = orders.placed + lag("orders.cancelling", CANCELLING)
    processing = orders.placed + to_process
    return Fate(
        processing=np.where(cancelled & (processing >= cancelled_at), NEVER, processing),
        shipped=np.where(cancelled, NEVER, shipped),
        delivered=np.where(cancelled, NEVER, delivered),
        cancelled=np.where(cancelled, cancelled_at, NEVER),
        returned=np.where(cancelled, NEVER, delivered + hours * HOUR + minutes("orders.returned_minute", 0, 60)),
    )


def items(world: World, orders: Orders) -> Items:
    """What is in the orders: distinct products that exist, the price of each, and what will be sent back."""
    chosen = _products(world, orders)
    order, slot = np.nonzero(chosen >= 0)
    product = chosen[order, slot]
    starts = np.searchsorted(order, np.arange(len(orders.number)))
    position = np.arange(len(order)) - starts[order]
    key = orders.number[order] * MAX_ITEMS + position
    quantity = 1 + choose(world.seed, "items.quantity", key, QUANTITIES)
    price = world.catalogue.price[product].astype(np.int64)
    percent = between(world.seed, "items.discount_percent", key, 1, 6) * 5
    reduced = chance(world.seed, "items.discounted", key, DISCOUNTED_ITEM)
    discount = np.where(reduced, quantity * price * percent // 100, 0)
    return Items(
        starts=starts,
        order=order,
        position=position,
        key=key,
        product=product,
        subcategory=world.catalogue.subcategory[product].astype(np.int64),
        quantity=quantity,
        unit_price=price,
        discount=discount,
        total=quantity * price - discount,
        returned=_returned(world, key, product, quantity),
    )


def _products(world: World, orders: Orders) -> I64:
    """Products of each order in up to MAX_ITEMS slots, -1 in those that stay empty."""
    seed, shop = world.seed, world.catalogue
    wanted = 1 + choose(seed, "orders.items", orders.number, ITEMS)
    chosen = np.full((len(wanted), MAX_ITEMS), -1, dtype=np.int64)
    if not len(wanted):
        return chosen  # a shop that sells nothing may have no product
    chosen[:, 0] = products.draw(seed, "items.first", shop, orders.number, orders.arrived)
    order, slot = np.nonzero(np.arange(1, MAX_ITEMS) < wanted[:, None])
    drawn = np.zeros_like(chosen)
    drawn[order, slot + 1] = _further(world, orders, order, chosen[order, 0], slot + 1, 0)
    for place in range(1, MAX_ITEMS):
        rows = np.flatnonzero(wanted > place)
        candidate = drawn[rows, place]
        for attempt in range(1, TRIES + 1):
            new = (chosen[rows, :place] != candidate[:, None]).all(axis=1)
            chosen[rows[new], place] = candidate[new]
            rows = rows[~new]
            if attempt == TRIES or not len(rows):
                break
            candidate = _further(world, orders, rows, chosen[rows, 0], place, attempt)
    return chosen


def _further(world: World, orders: Orders, rows: I64, first: I64, slot: I64 | int, attempt: int) -> I64:
    """Candidates for one more slot of the orders at these rows."""
    seed, shop = world.seed, world.catalogue
    key, times = orders.number[rows] * MAX_ITEMS + slot, orders.arrived[rows]
    ticket = below(seed, "items.affinity", key, 100)
    of_kind, of_any = _parted(ticket < COMPANION_PERCENT + SAME_KIND_PERCENT)
    kind = shop.subcategory[first[of_kind]].astype(np.int64)
    goes_with = np.flatnonzero(ticket[of_kind] < COMPANION_PERCENT)
    kind[goes_with] = products.companions(seed, "items.companion", kind[goes_with], key[of_kind][goes_with])
    found = np.empty(len(rows), dtype=np.int64)
    found[of_kind] = products.draw_in(seed, "items.kind", shop, key[of_kind], times[of_kind], kind, attempt)
    found[of_any] = products.draw(seed, "items.any", shop, key[of_any], times[of_any], attempt)
    return found


def _parted(chosen: Mask) -> tuple[I64, I64]:
    """Positions of what is chosen, and of the rest."""
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


def _returned(world: World, key: I64, product: I64, quantity: I64) -> I64:
    quality = products.quality(world.seed, product)
    percent = products.RETURN_PERCENT[world.catalogue.subcategory[product]]
    probability = percent * RETURN_FACTOR[quality] / 100_000
    back = chance(world.seed, "items.returned", key, np.minimum(probability, 0.6))
    some = between(world.seed, "items.returned_units", key, 1, quantity)
    whole = chance(world.seed, "items.returned_whole", key, 0.8)
    return np.where(back, np.where(whole, quantity, some), 0)


def customer(world: World, orders: Orders) -> I64:
    """Who orders."""
    by_day = (orders.channel == STORE) | (orders.channel == PHONE)
    return customers.active(world.seed, "orders.customer", world.customers, orders.number, orders.arrived, by_day)


def parties(world: World, orders: Orders) -> Parties:
    """Who orders, where it goes, where it comes from and how it is paid."""
    seed, who = world.seed, customer(world, orders)
    home, other, place = _destination(seed, orders, who)
    own = geography.addresses(seed, "customers.address", who, home)
    gift = geography.addresses(seed, "orders.address", orders.number, place)
    address = geography.Addresses(
        **{f.name: np.where(other, getattr(gift, f.name), getattr(own, f.name)) for f in fields(own)}
    )
    return Parties(
        customer=who,
        address=address,
        warehouse=_warehouse(world, orders, place),
        payment_method=_payment_method(seed, orders),
    )


def warehouse(world: World, orders: Orders) -> I64:
    """The warehouse that ships each order, 1 to the number of warehouses."""
    return _warehouse(world, orders, _destination(world.seed, orders, customer(world, orders))[2])


def _destination(seed: int, orders: Orders, who: I64) -> tuple[I64, Mask, I64]:
    """Home place of the customer, whether the parcel goes to another address, and the place that it goes to."""
    home = customers.home(seed, who)
    other = chance(seed, "orders.other_address", orders.number, OTHER_ADDRESS)
    elsewhere = geography.draw_in(seed, "orders.other_place", orders.number, geography.COUNTRY_OF[home])
    return home, other, np.where(other, elsewhere, home)


def _warehouse(world: World, orders: Orders, place: I64) -> I64:
    """Mostly the warehouse that serves the country, else any."""
    serving = world.serving_warehouse[place]
    other = below(world.seed, "orders.warehouse", orders.number, world.warehouses)
    near = chance(world.seed, "orders.near", orders.number, HOME_WAREHOUSE)
    return 1 + np.where(near, serving, other)


def _payment_method(seed: int, orders: Orders) -> I64:
    ticket = below(seed, "orders.payment_method", orders.number, 100)
    return (PAYMENT_WEIGHTS[orders.channel] <= ticket[:, None]).sum(axis=1).astype(np.int64)


def amounts(world: World, orders: Orders, lines: Items, place: I64) -> Amounts:
    """What the orders cost; tax is rounded half up, once.

    Args:
        place: where each order goes, which decides the tax.
    """
    seed, number = world.seed, orders.number
    subtotal = np.add.reduceat(lines.total, lines.starts) if len(number) else number
    percent = between(seed, "orders.discount_percent", number, 1, 4) * 5
    discount = np.where(chance(seed, "orders.discounted", number, DISCOUNTED_ORDER), subtotal * percent // 100, 0)
    goods = subtotal - discount
    express = chance(seed, "orders.express", number, EXPRESS)
    standard = np.where(goods >= FREE_SHIPPING_FROM, 0, SHIPPING_COST)
    shipping = np.where(orders.channel == STORE, 0, np.where(express, EXPRESS_COST, standard))
    rate = geography.TAX_BASIS_POINTS[geography.COUNTRY_OF[place]]
    tax = ((goods + shipping) * rate + 5_000) // 10_000
    return Amounts(subtotal=subtotal, discount=discount, shipping=shipping, tax=tax, total=goods + shipping + tax)
