"""The functions of ``import shardgen``: what they return and what they refuse."""

from __future__ import annotations

import inspect
import os
import sys
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

import shardgen
from shardgen import api
from shardgen.config import plan_config
from shardgen.schema import TABLES

SMALL = {"customers": 100, "products": 50, "days": 3, "end": "2026-01-01"}


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SHARDGEN_", "POSTGRES_", "PG")):
            monkeypatch.delenv(name)


def test_every_option_of_the_plan_is_a_keyword():
    assert set(api.Options.__annotations__) == set(inspect.signature(plan_config).parameters) - {"today"}


def test_plan_is_the_one_that_a_load_carries_out(monkeypatch):
    seen = []
    straw = SimpleNamespace(load=lambda plan, load, *, options, show: seen.append((plan, load, options)))
    monkeypatch.setitem(sys.modules, "shardgen.coordinator", straw)
    monkeypatch.setattr(shardgen, "coordinator", straw, raising=False)
    shardgen.load("host=nowhere", workers=3, progress="none", if_exists="replace", tables=["orders"], **SMALL)
    [(plan, load, options)] = seen
    assert plan == shardgen.plan(tables="orders", **SMALL).config
    assert (load.dsn, load.workers, load.if_exists) == ("host=nowhere", 3, "replace")
    assert options["tables"] == ["orders"]


def test_dates_may_be_dates():
    assert shardgen.plan(end=date(2026, 1, 1), days=3).config == shardgen.plan(end="2026-01-01", days=3).config


@pytest.mark.parametrize("table", TABLES)
def test_a_sample_has_every_column_as_a_python_object(table):
    rows = shardgen.sample(table, 3, **{**SMALL, "days": 60})
    assert len(rows) == 3
    for row in rows:
        assert list(row) == [column.name for column in TABLES[table].columns]
        assert isinstance(row["ingestion_timestamp"], datetime)
        assert isinstance(row["raw_data"], dict)


def test_amounts_are_decimals():
    assert isinstance(shardgen.sample("products", 1, **SMALL)[0]["price"], Decimal)


def test_a_larger_sample_begins_with_the_smaller_one():
    assert shardgen.sample("clickstream", 40, **SMALL)[:7] == shardgen.sample("raw_clickstream", 7, **SMALL)


def test_a_sample_ends_where_the_table_does():
    assert len(shardgen.sample("customers", 1000, **SMALL)) == 100


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: shardgen.plan(days=-1), "days=-1 is out of range"),
        (lambda: shardgen.plan(ordes_per_day=1), "option 'ordes_per_day' is unknown: did you mean 'orders_per_day'"),
        (lambda: shardgen.load("x y"), "--dsn is no connection string"),
        (lambda: shardgen.load("host=h", progress="loud"), "progress='loud' is unknown"),
        (lambda: shardgen.load("host=h", workers=0), "workers=0 is out of range"),
        (lambda: shardgen.sample("ordrs"), "tables='ordrs' is unknown"),
        (lambda: shardgen.sample("orders", -1), "n=-1 is out of range"),
    ],
)
def test_nonsense_raises_before_anything_is_touched(call, text):
    with pytest.raises(shardgen.ShardgenError, match=text.replace("'", ".")):
        call()


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'shardgen' has no attribute 'lod'"):
        shardgen.lod  # noqa: B018
    assert set(shardgen.__all__) <= set(dir(shardgen))
