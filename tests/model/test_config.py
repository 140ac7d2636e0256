"""Configs: what is refused, in words that name the value and the remedy; what is derived from what."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shardgen.errors import ConfigError
from shardgen.model.config import LoadConfig, PlanConfig, fingerprint
from shardgen.tables.wanted import plan_config, scaled
from tests.worlds import TODAY, small


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"seed": -1}, "seed=-1 is out of range: use 0 to 9223372036854775807"),
        ({"days": 0}, "days=0 is out of range"),
        ({"days": -3}, "days=-3 is out of range"),
        ({"customers": -1}, "customers=-1 is out of range"),
        ({"orders_per_day": float("nan")}, "orders-per-day=nan is out of range"),
        ({"events_per_session": 61}, "events-per-session=61.0 is out of range: use 1.0 to 60.0"),
        ({"review_rate": 1.01}, "review-rate=1.01 is out of range"),
        ({"warehouses": 0}, "warehouses=0 is out of range"),
        ({"scale": 0}, "scale=0 leaves nothing to load: use a positive number"),
        ({"scale": -1}, "scale=-1 is out of range"),
        ({"customers": 0}, "orders need customers: raise --customers above 0 or set --orders-per-day 0"),
        ({"products": 0}, "sessions need products to look at"),
        ({"products": 0, "sessions_per_day": 0}, "orders need products"),
        ({"tables": "orders,sale"}, "tables='sale' is unknown: choose from customers, products"),
        ({"tables": " , "}, "names no table"),
        ({"indexes": "some"}, "indexes='some' is unknown: choose from keys, full, none"),
        ({"raw_data": "fat"}, "raw-data='fat' is unknown"),
        ({"schema": ""}, "schema='' is not a PostgreSQL name"),
        ({"schema": "x" * 64}, "is not a PostgreSQL name: use 1 to 63 bytes"),
        ({"schema": "50%s"}, "holds a '%', which the driver takes for a placeholder"),
        ({"epoch": date(2026, 1, 2)}, "end=2026-01-01 is not after epoch=2026-01-02"),
        ({"epoch": date(2025, 1, 1), "end": TODAY, "days": 3}, "contradict each other: leave one of them out"),
        ({"epoch": date(2025, 6, 1), "end": date(2056, 1, 1), "horizon": 9}, "lies more than 7,300 days after"),
        ({"products": 2_000_000, "warehouses": 10}, "products=2000000 x warehouses=10 is more than"),
    ],
)
def test_bad_options_are_named_with_a_remedy(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_config(today=TODAY, **options)
    assert text in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("name", "value"), [("workers", 0), ("batch_rows", 0), ("attempts", 0), ("if_exists", "drop")])
def test_bad_load_options_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ConfigError):
        LoadConfig(**{name: value})


@pytest.mark.parametrize(
    ("options", "first", "last"),
    [
        ({}, date(2025, 1, 1), TODAY),
        ({"days": 30}, date(2025, 12, 2), TODAY),
        ({"end": date(2024, 3, 1), "days": 2}, date(2024, 2, 28), date(2024, 3, 1)),
        ({"epoch": date(2025, 6, 1)}, date(2025, 6, 1), TODAY),
        ({"epoch": date(2025, 6, 1), "days": 10}, date(2025, 6, 1), date(2025, 6, 11)),
        ({"epoch": date(2025, 6, 1), "end": date(2025, 6, 3)}, date(2025, 6, 1), date(2025, 6, 3)),
    ],
)
def test_two_of_epoch_end_and_days_fix_the_window(options: dict[str, Any], first: date, last: date) -> None:
    config = plan_config(today=TODAY, **options)
    assert (config.world.epoch, config.end) == (first, last)
    assert config.world.horizon == (last - first).days


def test_scale_multiplies_and_never_rounds_a_positive_number_to_nothing() -> None:
    tenth = plan_config(today=TODAY, scale=0.1).world
    assert (tenth.customers, tenth.orders, tenth.sessions) == (1_000, 5_475, 36_500)
    assert plan_config(today=TODAY, scale=1e-9).world.orders == 1
    assert scaled(0, 5) == 0
    assert scaled(0.1, 3) == 1


def test_a_plan_survives_json() -> None:
    config = small(tables="orders,reviews", schema='Raw "Zone"')
    assert PlanConfig.from_json(config.to_json()) == config


def test_the_fingerprint_tells_worlds_and_vocabularies_apart() -> None:
    one = fingerprint(small().world, "words")
    assert one == fingerprint(small().world, "words")
    assert one != fingerprint(small(seed=1).world, "words")
    assert one != fingerprint(small().world, "other words")
