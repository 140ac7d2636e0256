"""What the generator knows is what an analyst finds in the rows who is told nothing: lifts, rings, bots, quality."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice, pairwise
from typing import Any

import duckdb
import pytest

import shardgen
from shardgen.errors import ConfigError, TargetError
from shardgen.model.choices import HISTORIES
from shardgen.model.config import MAX_SEED, PlanConfig
from shardgen.tables import truth
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import plan_config
from tests.cli.test_cli import run
from tests.worlds import HERE, TODAY, small

HALF_A_YEAR = {"scale": 0.4, "products": 800, "days": 182, "end": date(2026, 1, 1)}
CERTAIN = 3.3
"""Standard errors within which an estimate lies: once in a thousand it does not."""

VISITS = """
SELECT user_id, raw_data ->> 'visitor_id' AS visitor, raw_data ->> 'device_fingerprint' AS machine,
       (raw_data ->> 'converted')::boolean AS bought, raw_data ->> '$.experiments[*].name' AS tests,
       raw_data ->> '$.experiments[*].variant' AS variants
FROM rows"""
ORDERS = """
SELECT order_id, customer_id, raw_data ->> '$.payments[#-1].card' AS card,
       (shipping_address ->> 'street') || (shipping_address ->> 'postal_code') AS address
FROM rows"""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A world's rows as an analyst has them, and the truth beside them."""

    config: PlanConfig
    connection: duckdb.DuckDBPyConnection

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def truth(self, name: str) -> list[dict[str, Any]]:
        return list(truth.truth(name).rows(self.config))

    def fill(self, table: str, query: str) -> None:
        plan = build_plan(replace(self.config, tables=(table,)))
        how = f"CREATE TABLE {table} AS"
        for batch in (batch for shard in plan.shards for batch in Feed(plan.config).batches(shard, 16_384)):
            self.connection.register("rows", batch.arrow())
            self.rows(f"{how} {query}")
            how = f"INSERT INTO {table}"


@pytest.fixture(scope="module", params=[42, MAX_SEED])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with duckdb.connect(":memory:") as connection:
        made = Shop(config=plan_config(today=TODAY, seed=request.param, **HALF_A_YEAR), connection=connection)
        made.fill("sessions", VISITS)
        made.fill("orders", ORDERS)
        yield made


CONVERSION = """
WITH exposures AS (
    SELECT visitor, bought, unnest(tests) AS test, unnest(variants) = 'treatment' AS treated FROM sessions
), visitors AS (
    SELECT test, visitor, treated, bool_or(bought) AS bought FROM exposures GROUP BY ALL
)
SELECT test, count(*) FILTER (WHERE treated), count(*) FILTER (WHERE NOT treated),
       count(*) FILTER (WHERE treated AND bought), count(*) FILTER (WHERE NOT treated AND bought)
FROM visitors
GROUP BY test"""


def test_what_a_test_does_is_what_its_visitors_show(shop: Shop) -> None:
    told = {each["name"]: each["lift"] for each in shop.truth("experiments")}
    found = {test: counts for test, *counts in shop.rows(CONVERSION)}
    assert found.keys() == told.keys()
    assert {bool(lift) for lift in told.values()} == {True, False}
    for test, (treated, control, treated_buy, control_buy) in found.items():
        lift = math.log(treated_buy / treated) - math.log(control_buy / control)
        error = math.sqrt(1 / treated_buy - 1 / treated + 1 / control_buy - 1 / control)
        assert abs(lift - math.log1p(told[test])) < CERTAIN * error, test
        assert abs(treated - control) < CERTAIN * math.sqrt(treated + control), test


SUSPECTS = """
WITH links AS (
    SELECT 'device_fingerprint' AS kind, machine AS shared, user_id AS customer FROM sessions WHERE user_id NOT NULL
    UNION SELECT 'card', card, customer_id FROM orders WHERE card NOT NULL
    UNION SELECT 'address', address, customer_id FROM orders
), shared AS (
    SELECT kind, shared, list(customer ORDER BY customer) AS customers FROM links GROUP BY ALL HAVING count(*) > 2
)
SELECT kind, customers FROM shared ORDER BY kind, customers"""


def test_who_shares_a_machine_a_card_or_an_address_with_two_others_is_in_one_ring(shop: Shop) -> None:
    ring = {each["customer_id"]: each["ring"] for each in shop.truth("rings")}
    for kind, customers in shop.rows(SUSPECTS):
        assert len({ring.get(customer) for customer in customers}) == 1, (kind, customers)
        assert ring.get(customers[0]) is not None, (kind, customers)


def test_every_ring_is_found_by_what_it_shares(shop: Shop) -> None:
    members = shop.truth("rings")
    ring = {each["customer_id"]: each["ring"] for each in members}
    found = {(kind, ring[customers[0]]) for kind, customers in shop.rows(SUSPECTS)}
    assert found <= {(kind, each["ring"]) for each in members for kind in each["shares"]}
    by_machine = "device_fingerprint"
    assert {number for kind, number in found if kind == by_machine} == {
        each["ring"] for each in members if by_machine in each["shares"]
    }


def test_what_a_ring_shares_is_what_its_members_have(shop: Shop) -> None:
    used = set(shop.rows("SELECT user_id, machine FROM sessions WHERE user_id NOT NULL"))
    paid = set(shop.rows("SELECT customer_id, card FROM orders WHERE card NOT NULL"))
    seen, told = {customer for customer, _ in used}, shop.truth("rings")
    by_machine = [(each["customer_id"], each["device_fingerprint"]) for each in told if each["device_fingerprint"]]
    assert {each for each in by_machine if each[0] in seen} <= used
    assert {(each["customer_id"], each["card"]) for each in told} & paid


def test_a_ring_never_shares_a_visitor(shop: Shop) -> None:
    shared = "SELECT visitor FROM sessions WHERE user_id NOT NULL GROUP BY visitor HAVING count(DISTINCT user_id) > 1"
    assert shop.rows(shared) == []


def test_programs_keep_a_pace_that_no_person_keeps() -> None:
    config = small(days=20, sessions_per_day=500)
    bots = {each["session_id"] for each in truth.truth("bots").rows(config)}
    times: dict[str, list[float]] = {}
    plan = build_plan(replace(config, tables=("clickstream",)))
    for batch in (batch for shard in plan.shards for batch in Feed(config).batches(shard, 16_384)):
        rows = batch.arrow().select(["session_id", "event_timestamp"]).to_pylist()
        for row in rows:
            times.setdefault(row["session_id"], []).append(row["event_timestamp"].timestamp())
    assert 0.02 < len(bots) / len(times) < 0.06
    uneven = {session: _unevenness(sorted(each)) for session, each in times.items() if len(each) >= 12}
    program = [uneven[session] for session in bots & uneven.keys()]
    person = [uneven[session] for session in uneven.keys() - bots]
    assert program
    assert max(program) < 0.2 < min(person)


def _unevenness(times: list[float]) -> float:
    """Standard deviation of the pauses over their mean."""
    gaps = [after - before for before, after in pairwise(times)]
    mean = sum(gaps) / len(gaps)
    return math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) / mean


def test_better_products_are_rated_better() -> None:
    config = small(days=60, orders_per_day=150, sessions_per_day=1)
    quality = {each["product_id"]: each["quality"] for each in truth.truth("products").rows(config)}
    good, bad = [], []
    plan = build_plan(replace(config, tables=("reviews",)))
    for batch in (batch for shard in plan.shards for batch in Feed(config).batches(shard, 16_384)):
        for row in batch.arrow().select(["product_id", "rating"]).to_pylist():
            (good if quality[row["product_id"]] > 0.5 else bad).append(row["rating"])
    assert sum(good) / len(good) > sum(bad) / len(bad) + 0.3


@pytest.mark.parametrize("each", truth.TRUTHS, ids=truth.NAMES)
def test_a_row_has_the_columns_that_are_told(each: truth.Truth) -> None:
    rows = list(each.rows(small(customers=3_000, days=30)))
    assert rows
    assert all(list(row) == list(each.columns) for row in rows)
    assert json.loads(json.dumps(rows)) == rows


@pytest.mark.parametrize("each", truth.TRUTHS, ids=truth.NAMES)
def test_a_world_without_anybody_has_no_such_truth(each: truth.Truth) -> None:
    config = small(customers=0, products=0, orders_per_day=0, sessions_per_day=0)
    assert not list(each.rows(config)) or each.name in {"experiments", "promotions"}


@pytest.mark.parametrize("name", ["bots", "customers"])
def test_the_first_rows_of_a_large_world_do_not_wait_for_the_last(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(truth, "_ranges", lambda total, ranges=truth._ranges: map(_noted(asked), ranges(total)))
    rows = truth.truth(name).rows(small(customers=10**6, sessions_per_day=10**6, days=365))
    assert len(list(islice(rows, 100))) == 100
    assert len(asked) == 1


def _noted(asked: list[Any]) -> Any:
    return lambda each: asked.append(each) or each


def test_a_longer_window_repeats_what_was_true() -> None:
    options = {"epoch": date(2025, 10, 1), "horizon": 60, "customers": 4_000, "days": None}
    short, long = (small(**options, end=date(2025, 10, days)) for days in (11, 31))
    for each in truth.TRUTHS:
        if each.name != "promotions":
            before, after = ({json.dumps(row) for row in each.rows(config)} for config in (short, long))
            assert before <= after, each.name


def test_the_truth_of_a_target_is_that_of_its_plan(database: Any) -> None:
    options = {"customers": 50, "products": 20, "days": 3, "end": date(2026, 1, 1), "seed": 7}
    shardgen.load(database.dsn, orders_per_day=5, sessions_per_day=100, **HERE, **options)
    expected = list(shardgen.truth("bots", orders_per_day=5, sessions_per_day=100, target=None, **options))
    assert list(shardgen.truth("bots", database.dsn)) == list(shardgen.truth("bots", database.dsn, seed=7)) == expected
    with pytest.raises(TargetError, match="seed=8 but the run has 7"):
        shardgen.truth("bots", database.dsn, seed=8)
    with pytest.raises(TargetError, match="no finished run of number 9"):
        shardgen.truth("bots", database.dsn, run=9)


@pytest.mark.parametrize("history", HISTORIES)
def test_whom_the_truth_names_is_found_in_bronze_by_id(database: Any, history: str) -> None:
    world = {"customers": 2000, "products": 20, "days": 3, "orders_per_day": 5, "sessions_per_day": 100, **HERE}
    tables = ("customers", "products", "sessions")
    shardgen.load(database.dsn, end=date(2026, 1, 1), history=history, tables=tables, **world)
    for name, table, key in (
        ("rings", "customers", "customer_id"),
        ("bots", "sessions", "session_id"),
        ("customers", "customers", "customer_id"),
        ("products", "products", "product_id"),
    ):
        named = {row[key] for row in shardgen.truth(name, database.dsn)}
        there = {found for (found,) in database.rows(f"SELECT {key} FROM bronze.raw_{table}")}
        assert named
        assert named <= there
    machines = dict(database.rows("SELECT session_id, raw_data ->> 'device_fingerprint' FROM bronze.raw_sessions"))
    assert all(machines[bot["session_id"]] == bot["device_fingerprint"] for bot in shardgen.truth("bots", database.dsn))


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'rings'"):
        shardgen.truth("rngs")


def test_the_command_prints_tables_and_lines(capsys: pytest.CaptureFixture[str]) -> None:
    world = ("--customers", "50", "--products", "20", "--days", "3", "--end", "2026-01-01")
    code, out, err = run("truth", "--table", "products", *world, capsys=capsys)
    assert (code, out.splitlines()[0], len(out.splitlines())) == (0, "product_id,quality,demand,returns", 21)
    assert "seed 42" in err
    code, out, _ = run("truth", "--json", "--table", "customers", *world, capsys=capsys)
    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, len(lines), lines[0]["table"]) == (0, 50, "customers")
    code, out, _ = run("truth", capsys=capsys)
    assert all(f"{name}: " in out for name in truth.NAMES)
