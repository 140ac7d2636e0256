"""raw_orders: what order management knows of each order at the window's end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shardgen import schema
from shardgen.tables import jsonb, records, text, words
from shardgen.tables.jsonb import Quoted
from shardgen.tables.pieces import Drawn
from shardgen.tables.records import Batch, Cut
from shardgen.tables.text import I64, Text
from shardgen.world import World, orders
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.orders import NEVER, Fate, Items, Orders
from shardgen.world.rng import below

STATUSES = (
    "pending",
    "processing",
    "shipped",
    "delivered",
    "cancelled",
    "partially_returned",
    "returned",
)
PENDING, PROCESSING, SHIPPED, DELIVERED, CANCELLED, PARTIALLY_RETURNED, RETURNED = range(len(STATUSES))

PAYMENT_STATUSES = ("pending", "authorized", "captured", "voided", "refunded", "partially_refunded")
PAYMENT_PENDING, AUTHORIZED, CAPTURED, VOIDED, REFUNDED, PARTIALLY_REFUNDED = range(len(PAYMENT_STATUSES))

PAID_LATER = orders.PAYMENT_METHODS.index("bank_transfer")
REASONS = words.pools([s.return_reasons for s in SUBCATEGORIES])
QUOTED_REASONS = text.join('"', REASONS.texts, '"')


def batches(cut: Cut) -> Iterator[Batch]:
    """Orders of the cut, as they stand at its end."""
    for low, high in cut.ranges():
        yield _batch(cut, orders.select(cut.world, low, high))


def _batch(cut: Cut, placed: Orders) -> Batch:
    world, end = cut.world, cut.end
    fates, lines, sides = orders.fate(world.seed, placed), orders.items(world, placed), orders.parties(world, placed)
    cost = orders.amounts(world, placed, lines, sides.address.place)
    back = _returned_by(fates, lines, end)
    status = _status(fates, lines, back, end)
    order, customer = records.ids("order", placed.number), records.ids("customer", sides.customer)
    address = words.addresses(world.seed, sides.address)
    statuses = Drawn(text.pool(STATUSES), status)
    extra = {
        "items": _items(world, lines, back),
        "subtotal": text.fixed(cost.subtotal, 2),
        "discount_amount": text.fixed(cost.discount, 2),
        "shipping_cost": text.fixed(cost.shipping, 2),
        "tax_amount": text.fixed(cost.tax, 2),
        "payment_method": _word(orders.PAYMENT_METHODS, sides.payment_method),
        "payment_status": _word(PAYMENT_STATUSES, _payment_status(fates, status, sides.payment_method, end)),
        "channel": _word(orders.CHANNELS, placed.channel),
        "session_id": _sessions(world, placed),
        "warehouse_id": Quoted(records.ids("warehouse", sides.warehouse - 1)),
        "shipped_at": _instant(fates.shipped, end),
        "delivered_at": _instant(fates.delivered, end),
        "cancelled_at": _instant(fates.cancelled, end),
        "returned_at": _instant(np.where(status >= PARTIALLY_RETURNED, fates.returned, NEVER), end),
    }
    return records.batch(
        schema.ORDERS,
        cut.mode,
        {
            "order_id": order,
            "customer_id": customer,
            "order_date": placed.placed,
            "status": statuses,
            "shipping_address": address,
            "total_amount": cost.total,
        },
        source="order_management",
        ingestion=_ingestion(world, placed, fates, status, end),
        record={
            "order_id": Quoted(order),
            "customer_id": Quoted(customer),
            "order_date": Quoted(text.iso(placed.placed)),
            "status": Quoted(statuses),
            "shipping_address": address,
            "total_amount": text.fixed(cost.total, 2),
        },
        extra=extra,
    )


def _returned_by(fates: Fate, lines: Items, end: int) -> I64:
    """Units of each item that are back at ``end``."""
    return np.where(fates.returned[lines.order] < end, lines.returned, 0)


def _status(fates: Fate, lines: Items, back: I64, end: int) -> I64:
    """Index into STATUSES of each order at ``end``."""
    units = np.add.reduceat(lines.quantity, lines.starts)
    gone = np.add.reduceat(back, lines.starts)
    status = np.full(len(lines.starts), PENDING)
    for reached, value in (
        (fates.processing < end, PROCESSING),
        (fates.shipped < end, SHIPPED),
        (fates.delivered < end, DELIVERED),
        (fates.cancelled < end, CANCELLED),
        (gone > 0, PARTIALLY_RETURNED),
        (gone == units, RETURNED),
    ):
        status[reached] = value
    return status


def _payment_status(fates: Fate, status: I64, method: I64, end: int) -> I64:
    """Money is authorized with the order (a bank transfer when it is taken up) and captured when it ships."""
    paid = np.where((method == PAID_LATER) & ~(fates.processing < end), PAYMENT_PENDING, AUTHORIZED)
    paid = np.where((status == SHIPPED) | (status == DELIVERED), CAPTURED, paid)
    transferred = (method == PAID_LATER) & (fates.processing < end)
    paid = np.where(status == CANCELLED, np.where(transferred, REFUNDED, VOIDED), paid)
    paid = np.where(status == PARTIALLY_RETURNED, PARTIALLY_REFUNDED, paid)
    return np.where(status == RETURNED, REFUNDED, paid)


def _ingestion(world: World, placed: Orders, fates: Fate, status: I64, end: int) -> I64:
    latest = placed.placed
    for times in (fates.processing, fates.shipped, fates.delivered, fates.cancelled):
        latest = np.maximum(latest, np.where(times < end, times, 0))
    latest = np.maximum(latest, np.where(status >= PARTIALLY_RETURNED, fates.returned, 0))
    return records.ingested(world.seed, "orders", placed.number, latest, 60, 2 * 3600)


def _items(world: World, lines: Items, back: I64) -> Text:
    returned = back > 0
    reason = REASONS.draw(lines.subcategory, below(world.seed, "items.return_reason", lines.key, 1 << 31))
    item = jsonb.objects(
        {
            "product_id": Quoted(records.ids("product", lines.product)),
            "quantity": text.whole(lines.quantity),
            "unit_price": text.fixed(lines.unit_price, 2),
            "discount_amount": text.fixed(lines.discount, 2),
            "total_amount": text.fixed(lines.total, 2),
            "returned_quantity": text.whole(back),
            "return_reason": Drawn(QUOTED_REASONS, np.where(returned, reason.rows, -1)).filled(jsonb.NULL.encode()),
        }
    ).texts()
    return jsonb.lists(item, lines.starts)


def _sessions(world: World, placed: Orders) -> Drawn:
    """The sessions of web orders."""
    of_web = placed.web >= 0
    number = world.sessions.numbers_of_first(placed.web[of_web])
    return jsonb.sometimes(of_web, text.join('"', records.ids("session", number), '"'))


def _instant(times: I64, end: int) -> Drawn:
    happened = times < end
    return jsonb.sometimes(happened, text.join('"', text.iso(times[happened]), '"'))


def _word(words_: tuple[str, ...], which: I64) -> Drawn:
    return Drawn(text.pool(f'"{word}"' for word in words_), which)
