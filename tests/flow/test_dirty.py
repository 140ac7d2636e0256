"""The feed of a dirty shop: rows come when they come, twice, late or never, and say what bronze is told."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from shardgen.flow.feeding import Changes, arriving
from shardgen.flow.forms import Csv
from shardgen.model.config import PlanConfig
from shardgen.world.demand import DAY, midnight
from tests.dirt.worlds import dirty
from tests.flow.test_changes import _check, _plain
from tests.worlds import TABLES, table_rows

VOLUMES: dict[str, Any] = {
    "orders_per_day": 6,
    "sessions_per_day": 8,
    "customers": 120,
    "products": 90,
    "review_rate": 1,
    "days": 60,
}
HOSTILE = dirty("hostile", history="versions", **VOLUMES)
EPOCH, END = midnight(HOSTILE.world.epoch), midnight(HOSTILE.end)


def lines(plan: PlanConfig, **how: Any) -> list[dict[str, Any]]:
    file = io.BytesIO()
    Changes(plan=plan, since=midnight(plan.world.epoch), **how).to(file)
    return [json.loads(line) for line in file.getvalue().splitlines()]


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    return lines(HOSTILE)


def test_it_has_each_row_of_a_dirty_load_as_often_as_that(found: list[dict[str, Any]]) -> None:
    for table in TABLES:
        told = Counter(
            json.dumps(each["after"], sort_keys=True)
            for each in found
            if each["table"] == table and each["operation"] != "delete"
        )
        rows = Counter(
            json.dumps(plain, sort_keys=True)
            for plain in map(_plain, table_rows(HOSTILE, table))
            if not (isinstance(plain["raw_data"], dict) and plain["raw_data"].get("operation") == "delete")
        )
        assert not rows - told, table
        assert max(told.values()) > 1
        late = [json.loads(row) for row in told - rows]  # what has happened and is held back until after the end
        assert all(row["ingestion_timestamp"] >= str(HOSTILE.end) for row in late)


def test_it_is_in_the_order_in_which_bronze_gets_the_rows_and_says_when(found: list[dict[str, Any]]) -> None:
    got = [each["ingestion_timestamp"] for each in found]
    assert got == sorted(got)
    for each in found:
        assert each["after"] is None or each["after"]["ingestion_timestamp"] == each["ingestion_timestamp"]
    waited = [
        datetime.fromisoformat(each["ingestion_timestamp"]) - datetime.fromisoformat(each["changed_at"])
        for each in found
    ]
    assert max(waited).days > 10  # people who register once more


@pytest.fixture(scope="module")
def whole() -> pa.Table:
    return arrived(EPOCH, END)


def arrived(since: int, end: int) -> pa.Table:
    some = [each.rows for each in arriving(HOSTILE, Csv(), since, end)]
    return pa.Table.from_batches(some)


@pytest.mark.parametrize("cut", [EPOCH + 9 * DAY + 12_345_678_901, EPOCH + 58 * DAY])
def test_two_windows_are_the_whole(cut: int, whole: pa.Table) -> None:
    assert pa.concat_tables([arrived(EPOCH, cut), arrived(cut, END)]).equals(whole)


def test_a_record_was_what_bronze_was_told_before() -> None:
    """Also where that is spoilt: else the row before would give the answer away."""
    plan = dirty("null=0.4", **{**VOLUMES, "tables": ("orders",)})
    states: dict[str, Any] = {}
    for each in lines(plan):
        key = json.dumps(each["key"])
        assert each["before"] == states.get(key)
        states[key] = each["after"]
    assert any(state["total_amount"] is None or state["status"] is None for state in states.values())


def test_debeziums_events_keep_their_schema() -> None:
    plan = replace(HOSTILE, history="latest", tables=("inventory", "reviews"))
    for event in lines(plan, form="debezium", parts=frozenset({"schema", "key"})):
        _check(event["key"]["payload"], event["key"]["schema"])
        _check(event["value"]["payload"], event["value"]["schema"])
