"""The numbers of a report as a small load would give them, without a server."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from shardgen.page.measure import queries
from shardgen.page.numbers import Answer, Numbers, Provenance

DAYS = [(date(2025, 11, 1) + timedelta(days=day)).isoformat() + "T00:00:00" for day in range(61)]
PHASES = {"generate": 0.4, "encode": 0.1, "copy": 0.9, "index": 0.3, "commit": 0.1, "ledger": 0.05}

FACTS = Provenance(
    target="host=db user=me dbname=shop",
    schema="bronze",
    engine="PostgreSQL",
    server="18.4",
    measured="2026-01-02T03:04:05+00:00",
    version="0.1.0",
    step=1,
    runs=(
        {
            "run": 1,
            "started": "2026-01-01T00:00:00+00:00",
            "resumed": None,
            "finished": "2026-01-01T00:01:00+00:00",
            "host": "here",
            "versions": {"data": 1, "faker": "40.0"},
            "days": 61,
            "plan": {"end": "2026-01-01", "world": {"seed": 42, "epoch": "2025-11-01"}, "raw_data": "full"},
        },
    ),
    tables={"orders": 1, "reviews": 1},
    absent={},
    others={},
)

ROWS: dict[str, list[dict[str, Any]]] = {
    "volumes": [
        {"table": "customers", "leaf": "raw_customers", "since": None, "rows": 90, "heap": 8192, "indexes": 16384},
        *(
            {"table": "orders", "leaf": f"raw_orders_2025_{month}", "since": f"2025-{month}-01T00:00:00", "rows": rows}
            | {"heap": 1 << 20, "indexes": 1 << 16}
            for month, rows in ((11, 700), (12, 500))
        ),
    ],
    "orders over time": [
        {"start": start, "orders": 10 + place, "revenue": 100.5 * place, "orders_mean": 12.5, "revenue_mean": 99.5}
        for place, start in enumerate(DAYS)
    ],
    "sessions over time": [{"start": start, "sessions": 100, "sessions_mean": 100.0} for start in DAYS],
    "sales": [
        {"orders": 1200, "buyers": 80, "cancelled": 100, "returned": 110, "delivered": 1000, "revenue": 123456.78}
        | {"median": 88.5}
    ],
    "seasons": [
        *({"weekday": day, "month": None, "days": 9, "orders": 18.0 + day} for day in range(1, 8)),
        *({"weekday": None, "month": month, "days": 30, "orders": 20.0} for month in (11, 12)),
    ],
    "channels": [{"channel": "web", "orders": 400, "revenue": 1e5}, {"channel": "app", "orders": 800, "revenue": 2e5}],
    "hours": [{"weekday": day, "hour": hour, "sessions": hour * day + 1} for day in range(1, 8) for hour in range(24)],
    "local hours": [{"weekday": 1, "hour": hour, "sessions": 5} for hour in (3, 19, 20, 20)],
    "funnel": [
        {
            "sessions": 1000,
            "viewed": 700,
            "filled": 200,
            "checked_out": 90,
            "bought": 50,
            "bounced": 300,
            "events": 14000,
        }
    ],
    "delivered": [{"orders": 50, "delivered": 45}],
    "reviewed": [{"reviewed": 20}],
    "popularity": [{"percent": percent, "share": 100 * (percent / 100) ** 0.5} for percent in range(1, 101)],
    "loyalty": [{"percent": percent, "share": 100 * (percent / 100) ** 0.7} for percent in range(1, 101)],
    "bestsellers": [
        {"product_id": f"PROD{place:08}", "product": f"Kettle {place}", "category": "Kitchen", "units": 90 - place}
        | {"revenue": 900.0, "returned": 3}
        for place in range(1, 13)
    ],
    "categories": [
        {"category": "Kitchen", "units": 90, "revenue": 900.0},
        {"category": "Toys", "units": 9, "revenue": 90},
    ],
    "catalogue": [{"products": 60, "categories": 2, "brands": 9, "currency": "USD", "median": 9.99}],
    "ratings": [{"rating": rating, "reviews": 10 * rating, "votes": rating} for rating in (5, 4, 3, 2, 1)],
    "quality": [
        {"stars": 2.0, "products": 3, "units": 100, "returned": 20},
        {"stars": 4.5, "products": 30, "units": 1000, "returned": 50},
    ],
    "devices": [
        {"device": "mobile", "sessions": 600, "known": 300, "bought": 30},
        {"device": "desktop", "sessions": 400, "known": 250, "bought": 20},
    ],
    "sources": [
        {"source": "paid_search", "sessions": 600, "bought": 60},
        {"source": "direct", "sessions": 400, "bought": 10},
    ],
    "countries": [{"country": name, "sessions": 100} for name in ("Italy", "France", "Spain", "Japan", "Brazil")],
    "places": [{"city": "Roma", "country": "Italy", "latitude": 41.9, "longitude": 12.5, "sessions": 100}],
    "markets": [{"country": "Italy", "orders": 10, "revenue": 100.0}, {"country": "Japan", "orders": 1, "revenue": 9}],
    "stock": [
        {"place": place, "product_id": f"PROD{place:08}", "warehouse_id": "WH001", "start": start, "units": 5 * place}
        for place in (1, 2, 99)
        for start in DAYS
    ],
    "movements": [{"type": "OUT", "movements": 90, "units": -120}, {"type": "IN", "movements": 20, "units": 500}],
    "delivery": [{"days": day / 2, "orders": 9, "median": 3.8, "ninth": 6.4} for day in range(1, 20)],
    "review lags": [{"days": day, "reviews": 9, "median": 7.7, "ninth": 20.2} for day in range(30)],
    "shards": [
        {"run": 1, "table": "orders", "shard": f"orders/{place}", "rows": 600, "bytes": 60000, "seconds": 2.0}
        | {"phases": PHASES, "attempts": 1, "host": "here", "pid": 7 + place % 2, "ended": 1000.0 + place}
        for place in range(4)
    ],
    "steps": [
        {"run": 1, "step": "analyze raw_orders", "seconds": 1.0, "ended": 1010.0},
        {"run": 1, "step": "analyze raw_reviews", "seconds": 1.0, "ended": 1010.5},
    ],
    "effort": [{"table": "orders", "phase": phase, "seconds": seconds} for phase, seconds in PHASES.items()],
    "cohorts": [
        {"cohort": f"2025-{first:02}-01T00:00:00", "later": later, "buyers": 100 if later == 0 else 40 - 4 * later}
        for first in range(3, 13)
        for later in range(13 - first)
    ],
    "buyers by month": [
        {"month": f"2025-{month:02}-01T00:00:00", "new": 100, "back": 50, "orders_of_new": 120, "orders_of_back": 150}
        for month in (11, 12)
    ],
    "retries": [{"failures": 2, "shards": 1}],
    "category seasons": [
        {"category": category, "subcategory": f"{category} {kind}", "month": month, "units": units}
        for category, kind, november, december in (
            ("Kitchen", "pans", 600, 600),
            ("Kitchen", "knives", 300, 300),
            ("Toys", "blocks", 100, 500),
        )
        for month, units in ((11, november), (12, december))
    ],
    "price changes": [
        {"category": "Kitchen", "products": 40, "changed": 20, "discontinued": 4},
        {"category": "Toys", "products": 10, "changed": 5, "discontinued": 1},
    ],
    "price history": [
        {"product_id": "PROD00000001", "product": "Kettle 1", "day": "2025-11-01", "price": 20.0},
        {"product_id": "PROD00000001", "product": "Kettle 1", "day": "2025-12-01", "price": 22.0},
        {"product_id": "PROD00000002", "product": "Kettle 2", "day": "2025-11-03", "price": 10.0},
        {"product_id": "PROD00000002", "product": "Kettle 2", "day": "2025-12-30", "price": 9.0},
    ],
    "reductions": [
        {"start": start, "revenue": 100.0, "reduced": 50.0 if place == 27 else 10.0, "share": 10.0, "share_mean": mean}
        for place, start in enumerate(DAYS)
        for mean in [40.0 if place == 27 else 10.0]
    ],
    "promotions": [
        {"code": "BF25", "begins": "2025-11-24", "ends": "2025-12-01", "lines": 90, "units": 120, "revenue": 8000.0}
        | {"discount": 2000.0, "categories": 2, "brands": 9, "category": "Kitchen"},
        {"code": "TOYS2550", "begins": "2025-12-08", "ends": "2025-12-12", "lines": 40, "units": 50, "revenue": 900.0}
        | {"discount": 100.0, "categories": 1, "brands": 5, "category": "Toys"},
        {"code": "ACME25452", "begins": "2025-11-03", "ends": "2025-11-08", "lines": 4, "units": 5, "revenue": 90.0}
        | {"discount": 10.0, "categories": 1, "brands": 1, "category": "Toys"},
    ],
    "lifts": [
        {
            "code": "TOYS2550",
            "category": "Toys",
            "begins": "2025-12-08",
            "ends": "2025-12-12",
            "units": 51,
            "usual": 30.0,
        }
    ],
    "payments": [
        {"method": "credit_card", "orders": 900, "retried": 45, "charged_back": 3, "lost": 300.0},
        {"method": "gift_card", "orders": 100, "retried": 0, "charged_back": 0, "lost": 0},
    ],
    "failed payments": [
        {"reason": "declined_by_issuer", "attempts": 30},
        {"reason": "expired_card", "attempts": 20},
    ],
    "payment states": [
        {"state": "captured", "orders": 800, "amount": 90000.0},
        {"state": "charged_back", "orders": 3, "amount": 300.0},
    ],
    "stock outs": [
        {"warehouse": "WH001", "days": 1000, "empty": 30},
        {"warehouse": "WH002", "days": 1000, "empty": 10},
    ],
    "split orders": [{"shipped": 1000, "split": 25}],
    "journeys": [
        {"earlier": 0, "sessions": 700, "bought": 10},
        {"earlier": 1, "sessions": 200, "bought": 20},
        {"earlier": 8, "sessions": 100, "bought": 20},
    ],
    "programs": [{"agent": "Mozilla/5.0 (compatible; SearchBot/2.1)", "sessions": 20}],
}


def numbers(**changes: Any) -> Numbers:
    """Those above; by keyword the rows of a query (with underscores), or a text where it was not asked."""
    changed = {name.replace("_", " "): value for name, value in changes.items()}
    answers = {name: _answer(name, changed.get(name, ROWS[name])) for name in ["volumes", *known()]}
    return Numbers(facts=FACTS, answers=answers, seconds=1.5)


def nothing(**but: Any) -> Numbers:
    """Of a target where no query could be asked, but for those named by keyword."""
    asked = {name.replace("_", " "): rows for name, rows in but.items()}
    answers = {name: _answer(name, asked.get(name, "table orders was not loaded")) for name in ["volumes", *known()]}
    return Numbers(facts=FACTS, answers=answers, seconds=0.1)


def known() -> list[str]:
    """Names of the queries."""
    return [query.name for query in queries()]


def _answer(name: str, rows: list[dict[str, Any]] | str) -> Answer:
    missing = rows if isinstance(rows, str) else ""
    return Answer(name=name, about="", rows=() if missing else tuple(rows), missing=missing, seconds=0.1)
