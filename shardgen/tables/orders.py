"""raw_orders: what order management knows of each order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache
from typing import Final

import numpy as np

from shardgen.columns import pools, text
from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.nested import Lists, Picked, Struct
from shardgen.columns.pieces import Drawn, lasting
from shardgen.columns.pools import Pools
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Instant, Money, Sometimes, Whole, Words
from shardgen.model.config import WorldConfig
from shardgen.model.keys import CUSTOMER, ORDER, PRODUCT, SESSION, WAREHOUSE, KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, Keys, bronze_table, by_all, by_key
from shardgen.model.types import INTEGER, JSON, TEXT, TIMESTAMP, decimal, varchar
from shardgen.tables import shipments
from shardgen.tables.spec import ByLeaves, History, Sizes, Slice, TableSpec, View, arriving, by_lives
from shardgen.tables.statements import beside
from shardgen.world import World, dossiers, estimates, fates, orders, payments
from shardgen.world.calendar import Leaves
from shardgen.world.demand import DAY, HOUR
from shardgen.world.dossiers import Dossiers
from shardgen.world.fates import Fate
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.orders import Items, Orders
from shardgen.world.promotions import NONE
from shardgen.world.rng import below
from shardgen.world.versions import Versions, within

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

PAYMENT_STATUSES = (
    "pending",
    "authorized",
    "captured",
    "voided",
    "refunded",
    "partially_refunded",
    "charged_back",
)
PAYMENT_PENDING, AUTHORIZED, CAPTURED, VOIDED, REFUNDED, PARTIALLY_REFUNDED, CHARGED_BACK = range(len(PAYMENT_STATUSES))
OUTCOMES = ("succeeded", "pending", "failed")
SUCCEEDED, NOT_YET, FAILED = range(len(OUTCOMES))

_OF_PARCELS = re.compile("^arrived_|_(in_transit|on_arrival|delivered)$")
"""What a reason says of a parcel that nobody says who carried the thing home."""

PAID_LATER = orders.PAYMENT_METHODS.index("bank_transfer")

VERSIONS = 4
"""Of an order in the end, about."""


def rows(wanted: Slice) -> Iterator[Batch]:
    """Orders of the slice, as they stand at its end; or all versions of them."""
    for low, high in wanted.ranges(wanted.rows // (VERSIONS + 1) if wanted.versions else wanted.rows):
        placed = orders.chosen(wanted.world, low, high, wanted.chosen(low, high))
        known = dossiers.of(wanted.world, placed)
        if not wanted.versions:
            yield _batch(wanted, known, np.full(len(placed.number), wanted.end))
            continue
        found = within(known.changes, wanted.since, wanted.end)
        if len(found.row):
            yield _batch(wanted, known.take(found.row), found.until, found)


def _batch(wanted: Slice, known: Dossiers, until: I64, versions: Versions | None = None) -> Batch:
    """Orders as they stand after all that has happened before an instant each."""
    world, placed, cost = wanted.world, known.placed, known.cost
    lines, sides, fate = known.lines, known.sides, known.fate
    back = np.where(fate.returned[lines.order] < until[lines.order], lines.returned, 0)
    status = _status(fate, lines, back, until)
    paid = _payment_status(fate, status, sides.payment_method, until)
    paid[known.reclaimed < until] = CHARGED_BACK
    changed = np.max([np.where(times < until, times, 0) for times in known.changes], axis=0)
    return batch(
        ORDERS.table,
        wanted.raw_data,
        {
            "order_id": Words(ids(ORDER, placed.number)),
            "customer_id": Words(ids(CUSTOMER, sides.customer)),
            "order_date": Instant(placed.placed),
            "status": _word(STATUSES, status),
            "shipping_address": pools.addresses(world.seed, sides.address),
            "total_amount": Money(cost.total),
        },
        numbers=placed.number,
        ingestion=ingested(world.seed, "orders", placed.number, changed, 60, 2 * 3600),
        extra={
            "items": _items(world, placed, lines, back),
            "subtotal": Money(cost.subtotal),
            "discount_amount": Money(cost.discount),
            "promotion_code": _coupons(cost.coupon),
            "shipping_cost": Money(cost.shipping),
            "tax_amount": Money(cost.tax),
            "payment_method": _word(orders.PAYMENT_METHODS, sides.payment_method),
            "payment_status": _word(PAYMENT_STATUSES, paid),
            "payments": _payments(known.tried, cost.total, paid),
            "channel": _word(orders.CHANNELS, placed.channel),
            "session_id": _sessions(world, placed),
            "warehouse_id": Words(ids(WAREHOUSE, fate.first.warehouse - 1)),
            "shipments": shipments.shipments(world.seed, placed, fate, lines, sides.sources.place, until),
            "shipped_at": _instant(fate.shipped, until),
            "delivered_at": _instant(fate.delivered, until),
            "cancelled_at": _instant(fate.cancelled, until),
            "returned_at": _instant(known.returned, until),
            "charged_back_at": _instant(known.reclaimed, until),
        },
        versions=versions,
    )


def _status(fate: Fate, lines: Items, back: I64, until: I64) -> I64:
    """Index into STATUSES of each order."""
    units = np.add.reduceat(lines.quantity, lines.starts)
    gone = np.add.reduceat(back, lines.starts)
    status = np.full(len(lines.starts), PENDING)
    for reached, value in (
        (fate.processing < until, PROCESSING),
        (fate.shipped < until, SHIPPED),
        (fate.delivered < until, DELIVERED),
        (fate.cancelled < until, CANCELLED),
        (gone > 0, PARTIALLY_RETURNED),
        (gone == units, RETURNED),
    ):
        status[reached] = value
    return status


def _payment_status(fate: Fate, status: I64, method: I64, until: I64) -> I64:
    """Money is authorized with the order (a bank transfer when it is taken up) and captured when it ships."""
    paid = np.where((method == PAID_LATER) & ~(fate.processing < until), PAYMENT_PENDING, AUTHORIZED)
    paid = np.where((status == SHIPPED) | (status == DELIVERED), CAPTURED, paid)
    transferred = (method == PAID_LATER) & (fate.processing < until)
    paid = np.where(status == CANCELLED, np.where(transferred, REFUNDED, VOIDED), paid)
    paid = np.where(status == PARTIALLY_RETURNED, PARTIALLY_REFUNDED, paid)
    return np.where(status == RETURNED, REFUNDED, paid)


@cache
def _reasons() -> Pools:
    """Why things come back, by subcategory: those that came in a parcel, then those that were carried home."""
    sent = [subcategory.return_reasons for subcategory in SUBCATEGORIES]
    carried = [tuple(_OF_PARCELS.sub("", reason) for reason in reasons) for reasons in sent]
    found = pools.pools([*sent, *carried])
    return replace(found, texts=lasting(found.texts))


def _items(world: World, placed: Orders, lines: Items, back: I64) -> Lists:
    kind = lines.subcategory + len(SUBCATEGORIES) * (placed.channel == orders.STORE)[lines.order]
    reason = _reasons().draw(kind, below(world.seed, "items.return_reason", lines.key, 1 << 31))
    item = Struct(
        {
            "product_id": Words(ids(PRODUCT, lines.product)),
            "quantity": Whole(lines.quantity),
            "unit_price": Money(lines.unit_price),
            "discount_amount": Money(lines.discount),
            "total_amount": Money(lines.total),
            "returned_quantity": Whole(back),
            "promotion": Words(Drawn(_codes(world), lines.promotion)),
            "return_reason": Words(Drawn(reason.pool, np.where(back > 0, reason.rows, -1))),
        }
    )
    return Lists(item, lines.starts)


def _payments(tried: payments.Attempts, total: I64, paid: I64) -> Lists:
    """All attempts of the orders; a transfer that has not come is one, too."""
    last = np.where(paid == PAYMENT_PENDING, NOT_YET, SUCCEEDED)[tried.order]
    cards, which = np.unique(tried.card[tried.by_card], return_inverse=True)
    card = np.full(len(tried.order), -1)
    card[tried.by_card] = which
    attempt = Struct(
        {
            "attempted_at": Instant(tried.time),
            "method": _word(orders.PAYMENT_METHODS, tried.method),
            "amount": Money(total[tried.order]),
            "outcome": _word(OUTCOMES, np.where(tried.reason != payments.NO_REASON, FAILED, last)),
            "reason": _word(payments.REASONS, tried.reason),
            "card": Words(Drawn(text.hexadecimal(cards), card)),
        }
    )
    return Lists(attempt, tried.starts)


@lru_cache(maxsize=2)
def _codes(world: World) -> Text:
    """The promotions' codes, by number."""
    return text.pool(each.code for each in world.shop.promotions.all)


def _coupons(coupon: I64) -> Picked:
    """The newsletter's codes: ``"NEWS2511"``."""
    months, which = np.unique(coupon, return_inverse=True)
    codes = [f"NEWS{(1970 + month // 12) % 100:02}{month % 12 + 1:02}" for month in months.tolist()]
    return Picked(Words(text.pool(codes)), np.where(coupon == NONE, -1, which))


def _sessions(world: World, placed: Orders) -> Sometimes:
    """The sessions of web orders."""
    of_web = placed.web >= 0
    return Sometimes(of_web, Words(ids(SESSION, world.sessions.numbers_of_first(placed.web[of_web]))))


def _instant(times: I64, until: I64) -> Sometimes:
    happened = times < until
    return Sometimes(happened, Instant(times[happened]))


def _word(choices: tuple[str, ...], which: I64) -> Words:
    return Words(Drawn(text.words(choices), which))


EXTRA: Final[Keys] = {
    "items": "1 to 8 distinct products; the view `order_items` has a row for each",
    "items[].product_id": Key("The product", TEXT),
    "items[].quantity": Key("Pieces ordered", INTEGER),
    "items[].unit_price": Key("The product's price on that day", decimal(10, 2)),
    "items[].discount_amount": Key("Off the whole line; what its promotion gives", decimal(15, 2)),
    "items[].total_amount": Key("quantity x unit_price - discount_amount", decimal(15, 2)),
    "items[].returned_quantity": Key("Pieces that have come back so far", INTEGER),
    "items[].promotion": Key(
        "Code of the promotion that reduces the line: `BF25`; null where none does", TEXT, missing="null"
    ),
    "items[].return_reason": Key(
        "Why, in words that suit the product; null where nothing came back", TEXT, missing="null"
    ),
    "subtotal": Key("Sum of the items' total_amount", decimal(15, 2)),
    "discount_amount": Key("Off the subtotal, at most all of it", decimal(15, 2)),
    "promotion_code": Key("The newsletter's code that reduces the whole order: `NEWS2511`", TEXT, missing="absent"),
    "shipping_cost": Key("Charged for delivery", decimal(15, 2)),
    "tax_amount": Key("Sales tax of the country shipped to, rounded half up once", decimal(15, 2)),
    "payment_method": Key(
        "`credit_card`, `debit_card`, `digital_wallet`, `bank_transfer`, `gift_card` or `cash`", TEXT
    ),
    "payment_status": Key(
        "`pending`, `authorized`, `captured`, `voided`, `refunded`, `partially_refunded` or `charged_back`", TEXT
    ),
    "payments": "Every attempt to pay, in order of time: those that failed, and the one that came with the order",
    "payments[].attempted_at": Key("When; of the last one, the order's date", TIMESTAMP),
    "payments[].method": Key("As `payment_method`, which is that of the last one", TEXT),
    "payments[].amount": Key("The order's total", decimal(15, 2)),
    "payments[].outcome": Key("`failed`, or of the last one `succeeded`, `pending` of a transfer to come", TEXT),
    "payments[].reason": Key(
        "Why it failed: `insufficient_funds`, `declined_by_issuer`, `authentication_failed`, `incorrect_cvc`, "
        "`expired_card`, `suspected_fraud` or `processing_error`; else null",
        TEXT,
        missing="null",
    ),
    "payments[].card": Key("Fingerprint of the card, 16 hexadecimal digits; null without one", TEXT, missing="null"),
    "channel": Key(
        "`web` (30 %), `app`, `marketplace`, `store` or `phone`; only web orders have a tracked session", TEXT
    ),
    "session_id": Key("Web orders only: the session that bought", TEXT, missing="absent"),
    "warehouse_id": Key("Where it ships from; of two warehouses, the one that it is due from", TEXT),
    **shipments.KEYS,
    "shipped_at": Key("When all of it left the warehouse; absent until then", TIMESTAMP, missing="absent"),
    "delivered_at": Key(
        "When it arrived, by day and on no Sunday but from a store; absent until then", TIMESTAMP, missing="absent"
    ),
    "cancelled_at": Key("When it was cancelled; absent unless it was", TIMESTAMP, missing="absent"),
    "returned_at": Key("When what came back came back; absent until then", TIMESTAMP, missing="absent"),
    "charged_back_at": Key(
        "When the card's owner took the money back, 20 to 90 days after the order; absent unless so",
        TIMESTAMP,
        missing="absent",
    ),
}

ORDER_ITEMS = View(
    name="order_items",
    columns=(
        *("order_id", "order_date", "customer_id", "position", "product_id", "quantity", "unit_price"),
        *("discount_amount", "total_amount", "returned_quantity", "return_reason", "promotion"),
    ),
    first=11,
    query="""
SELECT o.order_id, o.order_date, o.customer_id, i.position::integer AS position,
       i.item ->> 'product_id' AS product_id,
       (i.item ->> 'quantity')::integer AS quantity,
       (i.item ->> 'unit_price')::numeric(10,2) AS unit_price,
       (i.item ->> 'discount_amount')::numeric(10,2) AS discount_amount,
       (i.item ->> 'total_amount')::numeric(15,2) AS total_amount,
       (i.item ->> 'returned_quantity')::integer AS returned_quantity,
       i.item ->> 'return_reason' AS return_reason,
       i.item ->> 'promotion' AS promotion
FROM {table} AS o
CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') WITH ORDINALITY AS i (item, position)
""".strip(),
)


def _arrived(world: World, end: int) -> int:
    return int(world.orders.before(end))


def _number(config: WorldConfig) -> float:
    return config.orders


ORDERS = TableSpec(
    table=bronze_table(
        name="orders",
        meaning="An order and what has become of it so far; its items are in `raw_data`.",
        source="order_management",
        key=("order_id", "order_date"),
        space=KeySpace(ids=ORDER, dense=True),
        partition_by="order_date",
        columns=(
            Column(
                name="order_id",
                type=varchar(50),
                not_null=True,
                meaning="`ORD` and 10 digits or more, dense in order of arrival",
            ),
            Column(name="customer_id", type=varchar(50), meaning="Who ordered; exists, and registered before"),
            Column(
                name="order_date",
                type=TIMESTAMP,
                not_null=True,
                meaning="When it was placed, UTC; of a web order, the time of its purchase event",
            ),
            Column(
                name="status",
                type=varchar(50),
                meaning="`pending`, `processing`, `shipped`, `delivered`, `cancelled`, `partially_returned` or "
                "`returned`",
            ),
            Column(
                name="shipping_address",
                type=JSON,
                meaning="Where it goes; in 85 % of orders the customer's own address",
                keys=pools.ADDRESS,
            ),
            Column(name="total_amount", type=decimal(15, 2), meaning="Subtotal - discount + shipping + tax"),
        ),
        extra=EXTRA,
        indexes=(*by_key("customer_id", "order_date"), *by_all("status")),
    ),
    cut=ByLeaves(
        leaves=Leaves(_number),
        ids_at=_arrived,
        weight=lambda world, start, stop: _arrived(world, stop) - _arrived(world, start),
        versions=VERSIONS,
    ),
    rows=rows,
    changed=arriving(_arrived, max(fates.MAX_FATE, payments.MAX_CHARGED_BACK) + DAY),
    history=History(
        estimate=by_lives(estimates.order_lives),
        sizes=Sizes(
            copy={"full": 1725, "lean": 1334, "none": 336},
            heap={"full": 1908, "lean": 1602, "none": 372},
            indexes={
                "pkey": 50,
                "customer_id": 9.8,
                "order_date": 12.5,
                "status": 7.1,
                "source_system": 7.2,
                "ingestion_timestamp": 22.5,
            },
        ),
    ),
    lag=2 * HOUR,
    laws=beside(__package__, "laws/l10.sql", "laws/l17.sql", "laws/l20.sql", "laws/l26.sql"),
    sizes=Sizes(
        copy={"full": 1743, "lean": 1351, "none": 340},
        heap={"full": 1924, "lean": 1620, "none": 374},
        indexes={
            "pkey": 41,
            "customer_id": 21,
            "order_date": 23.3,
            "status": 7.6,
            "source_system": 7.6,
            "ingestion_timestamp": 23.3,
        },
    ),
    view=ORDER_ITEMS,
)
