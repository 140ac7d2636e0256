"""A customer's life is told whole: every row that names the customer is in it, in order of time, and no other."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from shardgen.model.keys import CUSTOMER
from shardgen.model.story import Story
from shardgen.tables import story
from tests.worlds import small, table_rows

FIXED = ("order_id", "subtotal", "channel", "payment_method")
"""Of an order, from its first version on."""
CONFIG = small(days=20, customers=5, products=40, orders_per_day=1, sessions_per_day=3)


@pytest.fixture(scope="module")
def lives() -> list[Story]:
    return story.stories(CONFIG, range(story.customers_of(CONFIG)))


def told(lives: list[Story], table: str, key: str) -> list[str]:
    return sorted({moment.row[key] for life in lives for moment in life.moments if moment.table == table})


def test_all_lives_together_tell_every_order_and_review_once(lives: list[Story]) -> None:
    for table, key in (("orders", "order_id"), ("reviews", "review_id")):
        assert told(lives, table, key) == sorted(
            {row[key] for row in table_rows(replace(CONFIG, history="versions"), table)}
        )


def test_a_life_is_of_one_customer_in_order_of_time(lives: list[Story]) -> None:
    for number, life in enumerate(lives):
        name = CUSTOMER.text(number + 1)
        assert life.customer["customer_id"] == name
        assert life.moments[0].what in {"registered", "visit"}
        for moment in life.moments:
            owner = moment.row.get("customer_id") or moment.row.get("user_id")
            assert owner in ({name, None} if moment.table == "sessions" else {name})
        assert all(one.at <= other.at for one, other in pairwise(life.moments))


def test_visits_before_a_login_are_told_too_and_belong_to_the_customers_devices(lives: list[Story]) -> None:
    visits = [moment.row for life in lives for moment in life.moments if moment.table == "sessions"]
    assert any(row["user_id"] is None for row in visits)
    logged_in = {row["session_id"] for row in table_rows(CONFIG, "sessions") if row["user_id"]}
    assert logged_in <= {row["session_id"] for row in visits}
    assert all(row["events"] for row in visits)


def test_rows_are_those_of_the_tables(lives: list[Story]) -> None:
    rows = {row["order_id"]: json.loads(row["raw_data"]) for row in table_rows(CONFIG, "orders")}
    seen = [moment for life in lives for moment in life.moments if moment.what == "ordered"]
    named = {name for life in lives for name in life.products}
    assert seen
    for moment in seen:
        known, row = moment.row["raw_data"], rows[moment.row["order_id"]]
        assert [known[key] for key in FIXED] == [row[key] for key in FIXED]
        assert all(item["product_id"] in named for item in known["items"])


def test_each_moment_of_an_order_has_the_row_as_it_stood_then(lives: list[Story]) -> None:
    statuses: dict[str, set[str]] = {}
    for moment in (moment for life in lives for moment in life.moments if moment.table == "orders"):
        statuses.setdefault(moment.what, set()).add(moment.row["status"])
    assert statuses["ordered"] == {"pending"} or statuses["ordered"] == {"pending", "processing"}
    assert statuses["shipped"] == {"shipped"}
    assert statuses["delivered"] == {"delivered"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("CUST00000007", 6),
        ("cust7", 6),
        (" 7 ", 6),
        ("0", -1),
        ("ORD1", None),
        ("", None),
        ("CUST", None),
        ("-1", None),
    ],
)
def test_customers_are_named_by_id_or_number(text: str, number: int | None) -> None:
    assert story.number_of(text) == number


def test_nothing_that_happens_to_an_order_is_told_twice(lives: list[Story]) -> None:
    for life in lives:
        told = [
            (moment.row["order_id"], moment.at, moment.what.partition(" (")[0], moment.what)
            for moment in life.moments
            if moment.table == "orders"
        ]
        whole = {(order, what) for order, _, what, full in told if what == full}
        parts = {(order, what) for order, _, what, full in told if what != full}
        assert len(told) == len(set(told))
        assert not whole & parts
