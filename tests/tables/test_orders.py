"""What orders say of what came back."""

from __future__ import annotations

import json

from tests.worlds import small, table_rows


def test_who_carried_a_thing_home_from_a_store_blames_no_parcel() -> None:
    rows = table_rows(small(days=60, orders_per_day=100), "orders")
    orders = [json.loads(row["raw_data"]) for row in rows]
    reasons = {"sent": set(), "carried": set()}
    for order in orders:
        came = "carried" if order["channel"] == "store" else "sent"
        reasons[came] |= {item["return_reason"] for item in order["items"] if item["return_reason"]}
    of_parcels = {
        came: {reason for reason in told if "transit" in reason or "arriv" in reason} for came, told in reasons.items()
    }
    assert of_parcels["sent"]
    assert of_parcels["carried"] == set()
    assert {"damaged", "leaked"} & reasons["carried"]
