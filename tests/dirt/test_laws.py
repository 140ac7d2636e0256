"""Laws of dirty rows: whoever breaks one is of the key, and a row that is not is found."""

from __future__ import annotations

import pytest

import shardgen
from shardgen.dirt.kinds import kinds
from tests.dirt.worlds import FEW, KEY

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


def test_damage_breaks_its_law_and_the_content_whatever_else_is_wrong_with_the_row(database, key):
    """In a row whose own defect has nothing to do with the law, and in one that the key does not name."""
    shardgen.load(database.dsn, dirt="other_case.orders=0.1,exact_duplicate.orders=0.02", **OPTIONS)
    dirty = list(shardgen.answers(database.dsn))
    assert laws(database.dsn)["L10"].status == "held"
    added = {line["owner"] for line in dirty if line["state"] == "added"}
    struck = next(line["key"] for line in dirty if line["place"] == "status" and line["owner"] not in added)
    named = {line["owner"] for line in dirty}
    clean = next(order for (order,) in database.rows("SELECT order_id FROM bronze.raw_orders") if order not in named)
    damage = "UPDATE bronze.raw_orders SET total_amount = 1 WHERE order_id = ANY (%s)"
    database.rows(damage, [[struck, clean]])
    found = laws(database.dsn, tables="orders")["L10"]
    assert found.status == "failed", found.finding
    assert {order for order in (struck, clean) if any(order in sample for sample in found.samples)} == {struck, clean}
    content = shardgen.verify(database.dsn, level="digests", tables="orders", workers=1, progress="none")
    assert not content.ok
    assert any(clean in sample for check in content.checks for sample in check.samples)


SHOP = {**FEW, "epoch": "2025-12-20", "end": "2026-01-04"}


def test_an_offender_that_looks_like_no_id_is_of_the_key_and_so_is_one_that_only_the_row_before_makes_one(
    database, key
):
    """The row before need not be of the key itself: without its session an order comes later than it did."""
    world = {**SHOP, "orders_per_day": 40, "sessions_per_day": 60, "end": "2026-01-01"}
    dirt = "id_format.reviews=0.2,other_case.inventory=0.1,lost_row.sessions=0.3"
    shardgen.load(database.dsn, dirt=dirt, **{**OPTIONS, **world, "days": None})
    found = laws(database.dsn)["L1"]
    assert found.status == "held", (found.finding, found.samples)
    assert "by their session" in found.finding


def test_a_version_that_is_not_the_newest_by_its_spoilt_ingestion_alone_is_of_the_key(database, key):
    tables = {"tables": "products,orders,inventory", "history": "versions"}
    shardgen.load(database.dsn, dirt="out_of_order.orders=0.4", **{**OPTIONS, **SHOP, **tables, "days": None})
    found = laws(database.dsn)["L3"]
    assert (found.status, "in the key" in found.finding or "by their" in found.finding) == ("held", True), found


@pytest.mark.time
@pytest.mark.parametrize("kind", kinds())
def test_every_offender_of_each_kind_alone_is_of_the_key(kind, database, key):
    shardgen.load(database.dsn, dirt=f"{kind}=0.05", **OPTIONS)
    assert not [check for check in laws(database.dsn).values() if check.status == "failed"]
