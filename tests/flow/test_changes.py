"""Changes are those of the feed, in the order in which bronze got them, with each record as it was and as it is."""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pyarrow.csv
import pyarrow.parquet
import pytest

from shardgen.columns.pieces import Layout
from shardgen.flow import debezium, order
from shardgen.flow.feeding import Changes, envelope_of
from shardgen.flow.records import Source
from shardgen.model.config import PlanConfig
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.world.demand import midnight
from tests.worlds import TABLES, small, table_rows

YEAR = small(days=150, orders_per_day=6, sessions_per_day=8, customers=120, products=90)
SINCE = date(2025, 11, 10)


def lines(plan: PlanConfig, since: date = SINCE, **how: Any) -> list[dict[str, Any]]:
    file = io.BytesIO()
    told = Changes(plan=plan, since=midnight(since), **how).to(file)
    found = [json.loads(line) for line in file.getvalue().splitlines()]
    assert len(found) == sum(told.values()) or how.get("parts")
    return found


@pytest.fixture(scope="module")
def found() -> list[dict[str, Any]]:
    return lines(YEAR)


def test_they_are_in_the_order_in_which_bronze_got_them(found: list[dict[str, Any]]) -> None:
    got = [each["ingestion_timestamp"] for each in found]
    assert got == sorted(got)
    assert {each["table"] for each in found} == set(TABLES)


def test_they_happened_in_the_window(found: list[dict[str, Any]]) -> None:
    assert all(str(SINCE) <= each["changed_at"] < str(YEAR.end) for each in found)


@pytest.mark.parametrize("stretch", [500, 20_000])
def test_the_length_of_a_stretch_changes_nothing(
    stretch: int, found: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "ROWS", stretch)
    assert lines(YEAR) == found


def test_each_record_was_what_the_change_before_left_it_as(found: list[dict[str, Any]]) -> None:
    states: dict[tuple[str, str], Any] = {}
    kinds = defaultdict[str, set[str]](set)
    for each in found:
        record = (each["table"], json.dumps(each["key"]))
        kinds[each["table"]].add(each["operation"])
        assert (each["before"] is None) == (each["operation"] == "insert")
        assert (each["after"] is None) == (each["operation"] == "delete")
        assert states.get(record, each["before"]) == each["before"]
        states[record] = each["after"]
    assert kinds["orders"] == {"insert", "update"}
    assert kinds["reviews"] == {"insert", "update", "delete"}


def test_all_changes_from_the_epoch_on_leave_what_a_load_of_the_window_has() -> None:
    plan = small(days=60, orders_per_day=6, sessions_per_day=8, customers=120, products=90)
    states: dict[tuple[str, str], Any] = {}
    for each in lines(plan, plan.world.epoch):
        record = (each["table"], json.dumps(each["key"]))
        states[record] = each["after"]
    for table in TABLES:
        left = [after for (name, _), after in states.items() if name == table and after is not None]
        loaded = [_plain(row) for row in table_rows(plan, table)]
        key = dataset()[table].table.key[0]
        assert sorted(left, key=lambda row: row[key]) == sorted(loaded, key=lambda row: row[key])


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row of Arrow as JSON has it."""
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if name in {"raw_data", "address", "attributes", "shipping_address", "location", "device_info"} and value:
        return json.loads(value)
    return float(value) if type(value).__name__ == "Decimal" else value


def test_with_versions_records_tell_which_one_they_are() -> None:
    for each in lines(replace(YEAR, history="versions", tables=("orders",))):
        assert each["after"]["raw_data"]["version"] == each["version"]
        assert each["before"] is None or each["before"]["raw_data"]["version"] == each["version"] - 1


def test_a_review_never_precedes_its_order(found: list[dict[str, Any]]) -> None:
    placed = {each["key"]["order_id"] for each in lines(YEAR, YEAR.world.epoch) if each["table"] == "orders"}
    seen = placed - {each["key"]["order_id"] for each in found if each["table"] == "orders" and each["version"] == 1}
    for each in found:
        if each["table"] == "orders":
            seen.add(each["key"]["order_id"])
        if each["table"] == "reviews" and each["after"]:
            assert each["after"]["raw_data"]["order_id"] in seen


def test_sheets_have_the_same_changes(found: list[dict[str, Any]]) -> None:
    for form, read in (("csv", pyarrow.csv.read_csv), ("parquet", pyarrow.parquet.read_table)):
        file = io.BytesIO()
        Changes(plan=YEAR, since=midnight(SINCE), form=form).to(file)
        rows = read(io.BytesIO(file.getvalue())).to_pylist()
        assert [(row["table"], row["version"]) for row in rows] == [(row["table"], row["version"]) for row in found]
        assert [json.loads(row["after"]) if row["after"] else None for row in rows] == [row["after"] for row in found]


@pytest.fixture(scope="module")
def events() -> Iterator[list[dict[str, Any]]]:
    return lines(YEAR, form="debezium", parts=frozenset({"schema", "key", "tombstones"}))


def test_debeziums_events_say_the_same(found: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
    values = [each for each in events if each["value"]]
    letters = {"insert": "c", "update": "u", "delete": "d"}
    for change, event in zip(found, values, strict=True):
        payload = event["value"]["payload"]
        assert payload["op"] == letters[change["operation"]]
        assert payload["source"]["table"] == f"raw_{change['table']}"
        assert datetime.fromisoformat(change["changed_at"] + "+00:00").timestamp() * 1e6 == payload["source"]["ts_us"]
        assert payload["ts_ms"] == payload["ts_us"] // 1000
        for side in ("before", "after"):
            assert (payload[side] is None) == (change[side] is None)
            assert payload[side] is None or json.loads(payload[side]["raw_data"]) == change[side]["raw_data"]


def test_a_deletion_is_followed_by_a_tombstone(events: list[dict[str, Any]]) -> None:
    gone = [place for place, each in enumerate(events) if each["value"] and each["value"]["payload"]["op"] == "d"]
    assert gone
    for place in gone:
        assert events[place + 1] == {"key": events[place]["key"], "value": None}
    assert sum(each["value"] is None for each in events) == len(gone)


PYTHON = {"int32": int, "int64": int, "string": str, "boolean": bool}


def test_events_are_what_their_schema_says(events: list[dict[str, Any]]) -> None:
    for event in events:
        _check(event["key"]["payload"], event["key"]["schema"])
        if event["value"]:
            _check(event["value"]["payload"], event["value"]["schema"])


def test_events_are_of_the_dataset_by_its_name() -> None:
    envelope = replace(envelope_of(YEAR, frozenset({"schema", "key"})), dataset="library")
    source = Source(feed=Feed(YEAR), spelling=debezium.spelled)
    some = next(source.changes("products", midnight(SINCE), midnight(YEAR.end), 100))
    event = json.loads(Layout(envelope.line(some)).texts()[0].as_py())
    told = event["value"]["payload"]["source"]
    assert (told["name"], told["db"]) == ("library", "library")
    assert {each["schema"]["name"].split(".")[0] for each in event.values()} == {"library"}


def _check(value: Any, schema: dict[str, Any]) -> None:
    if value is None:
        assert schema["optional"], schema
    elif schema["type"] == "struct":
        fields = {field["field"]: field for field in schema["fields"]}
        assert set(value) == set(fields)
        for name, field in fields.items():
            _check(value[name], field)
    else:
        assert type(value) is PYTHON[schema["type"]], (value, schema)
