"""Each option changes only what it concerns (D2); a longer window repeats the shorter one (D3)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from shardgen.tables.wanted import plan_config
from tests.worlds import SMALL, TODAY, small, table_bytes, table_rows

EXTRA = "raw_data"


def json_of(row: dict[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(row[EXTRA])
    return parsed


def orders_without(config: Any, *keys: str) -> list[dict[str, Any]]:
    return [{k: v for k, v in json_of(row).items() if k not in keys} for row in table_rows(config, "orders")]


def test_sessions_per_day_leaves_orders_but_for_their_session_number() -> None:
    base, more = small(), small(sessions_per_day=400)
    assert orders_without(base, "session_id") == orders_without(more, "session_id")
    for table in ("customers", "products", "inventory", "reviews"):
        assert table_bytes(base, table) == table_bytes(more, table)


def purchases(config: Any) -> list[tuple[Any, ...]]:
    """What a buying session is, apart from its number."""
    events = table_rows(config, "clickstream")
    buying = {row["session_id"] for row in events if row["event_type"] == "purchase"}
    keep = ("user_id", "event_type", "page_url", "device_info", "event_timestamp")
    extra = ("cart_value", "product_id", "quantity", "sequence_number")
    return [
        (*(row[k] for k in keep), *(json_of(row).get(k) for k in extra))
        for row in events
        if row["session_id"] in buying
    ]


@pytest.mark.parametrize("change", [{"sessions_per_day": 400}, {"events_per_session": 5}])
def test_buying_sessions_do_not_depend_on_browsing(change: dict[str, Any]) -> None:
    assert purchases(small()) == purchases(small(**change))


def test_events_per_session_changes_browsing_clicks_only() -> None:
    base, fewer = small(), small(events_per_session=5)
    for table in ("customers", "products", "orders", "inventory", "reviews"):
        assert table_bytes(base, table) == table_bytes(fewer, table)
    starts = [[row["start_time"] for row in table_rows(config, "sessions")] for config in (base, fewer)]
    assert starts[0] == starts[1]


def test_review_rate_only_adds_reviews() -> None:
    config = {"days": 60, "orders_per_day": 30}
    low, high = (small(**config, review_rate=rate) for rate in (0.2, 0.5))
    few, many = ({row["review_id"]: row for row in table_rows(c, "reviews")} for c in (low, high))
    assert len(few) < len(many)
    assert all(many[key] == row for key, row in few.items())
    for table in ("customers", "products", "orders", "inventory", "sessions", "clickstream"):
        assert table_bytes(low, table) == table_bytes(high, table)


def _as_ordered(order: dict[str, Any]) -> dict[str, Any]:
    """An order without what may come of it."""
    fates = ("returned_quantity", "return_reason")
    return order | {"items": [{k: v for k, v in item.items() if k not in fates} for item in order["items"]]}


def test_warehouses_change_where_things_lie_and_when_they_come_only() -> None:
    base, one = small(), small(warehouses=1)
    later = ("status", "payment_status", "shipped_at", "delivered_at", "cancelled_at", "returned_at")
    assert [_as_ordered(row) for row in orders_without(base, "warehouse_id", "shipments", *later)] == [
        _as_ordered(row) for row in orders_without(one, "warehouse_id", "shipments", *later)
    ]
    for table in ("customers", "products", "sessions", "clickstream"):
        assert table_bytes(base, table) == table_bytes(one, table)


def test_products_leave_customers_and_who_orders_when() -> None:
    base, more = small(), small(products=200)
    keys = ("order_id", "customer_id", "order_date")
    assert [[row[k] for k in keys] for row in table_rows(base, "orders")] == [
        [row[k] for k in keys] for row in table_rows(more, "orders")
    ]
    assert table_bytes(base, "customers") == table_bytes(more, "customers")


def test_customers_change_who_orders_and_neither_when_nor_what() -> None:
    base, more = small(), small(customers=500)
    keys = ("order_id", "order_date", "items", "channel", "subtotal")
    assert [[json_of(row)[k] for k in keys] for row in table_rows(base, "orders")] == [
        [json_of(row)[k] for k in keys] for row in table_rows(more, "orders")
    ]


LATER = {
    "products": {"price", "description", "attributes", "ingestion_timestamp", EXTRA},
    "customers": {"email", "phone", "customer_name", "last_name", "address", "ingestion_timestamp", "raw_data"},
    "orders": {"status", "ingestion_timestamp", EXTRA},
    "reviews": {"helpful_count", "review_title", "review_text", "ingestion_timestamp", EXTRA},
}
KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "inventory": "inventory_id",
    "reviews": "review_id",
    "sessions": "session_id",
    "clickstream": "event_id",
}


@pytest.mark.parametrize("table", KEYS)
def test_a_longer_window_repeats_the_shorter_one(table: str) -> None:
    options = {**SMALL, "days": None, "end": None, "epoch": date(2025, 11, 20), "horizon": 60, "orders_per_day": 20}
    short, long = (
        table_rows(plan_config(today=TODAY, **{**options, "end": date(2025, 11, 20) + timedelta(days=days)}), table)
        for days in (25, 60)
    )
    later = {row[KEYS[table]]: row for row in long}
    ignored = LATER.get(table, set())
    kept = [row for row in short if table != "reviews" or row["review_id"] in later]  # few are taken down
    assert short
    assert len(kept) >= 0.96 * len(short)
    for row in kept:
        other = later[row[KEYS[table]]]
        assert {k: v for k, v in row.items() if k not in ignored} == {
            k: v for k, v in other.items() if k not in ignored
        }
