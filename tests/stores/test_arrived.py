"""A target cut by arrival: it has what bronze got, is brought forward, and is proved."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

import shardgen
from shardgen.errors import TargetError
from tests.forward import rows
from tests.worlds import HERE, TABLES

END = date(2026, 1, 6)
SHOP: dict[str, Any] = {
    **HERE,
    "epoch": date(2025, 12, 1),
    "end": END,
    "horizon": 60,
    "customers": 300,
    "products": 60,
    "orders_per_day": 12,
    "sessions_per_day": 15,
    "events_per_session": 4,
    "review_rate": 1,
    "cut": "arrived",
}


@pytest.mark.slow
@pytest.mark.parametrize("history", ["latest", "versions"])
def test_a_target_cut_by_arrival_is_brought_forward_and_proved(database, history):
    shardgen.load(database.dsn, history=history, **SHOP)
    last = database.value("SELECT max(ingestion_timestamp) FROM bronze.raw_clickstream")
    assert last.date() < END
    for table in TABLES:
        assert database.value(f"SELECT max(ingestion_timestamp) FROM bronze.raw_{table}").date() < END
    shardgen.advance(database.dsn, days=1, **HERE)
    [report] = shardgen.advance(database.dsn, days=2, **HERE)
    assert report.ok
    before = {table: rows(database, table) for table in TABLES}
    found = shardgen.verify(database.dsn, progress="none", workers=1)
    assert found.ok, [check for check in found.checks if check.status.value == "failed"]
    shardgen.load(database.dsn, history=history, if_exists="replace", **{**SHOP, "end": END + timedelta(days=3)})
    assert {table: rows(database, table) for table in TABLES} == before


def test_a_schema_holds_tables_of_one_cut(database):
    shardgen.load(database.dsn, tables="customers", **SHOP)
    with pytest.raises(TargetError, match="hold another cut"):
        shardgen.load(database.dsn, tables="products", **{**SHOP, "cut": "happened"})
    with pytest.raises(TargetError, match="loaded with 'arrived'"):
        shardgen.load(database.dsn, since=END, end=END + timedelta(days=1), cut="happened", **HERE)
