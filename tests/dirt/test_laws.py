"""Laws of dirty rows: whoever breaks one is of the key, and a row that is not is found."""

from __future__ import annotations

import pytest

import shardgen
from tests.dirt.worlds import KEY

OPTIONS = {
    "customers": 300,
    "products": 80,
    "orders_per_day": 20,
    "sessions_per_day": 40,
    "days": 12,
    "end": "2026-01-01",
    "workers": 1,
    "engine": "threads",
    "progress": "none",
}


def laws(dsn: str, **options: object) -> dict[str, object]:
    found = shardgen.verify(dsn, level="laws", workers=1, progress="none", **options)
    return {check.name: check for check in found.checks}


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


def test_every_offender_of_a_hostile_load_is_of_the_key_and_damage_beside_it_is_found(database, key):
    shardgen.load(database.dsn, dirt="hostile", **OPTIONS)
    found = laws(database.dsn)
    assert not [check for check in found.values() if check.status == "failed"]
    assert "in the key" in found["L10"].finding
    known = {line["owner"] for line in shardgen.answers(database.dsn)}
    [(order,)] = database.rows(
        "SELECT order_id FROM bronze.raw_orders WHERE order_id <> ALL (%s) ORDER BY 1 LIMIT 1", [list(known)]
    )
    database.rows("UPDATE bronze.raw_orders SET total_amount = 1 WHERE order_id = %s", [order])
    assert laws(database.dsn, tables="orders")["L10"].status in ("failed", "held")
