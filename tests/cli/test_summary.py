"""The summary after a load: it fits a terminal, and what it says can be pasted and run."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

import shardgen
from shardgen.display.summary import load_summary, next_steps
from shardgen.loading import reconcile
from shardgen.tables.questions import NAMES
from tests.conftest import Database, fresh_database
from tests.worlds import HERE

SMALL = {"customers": 200, "products": 60, "days": 40, "end": "2026-01-01", "sessions_per_day": 100}


def load(database: Database, **options):
    return shardgen.load(database.dsn, **HERE, **{**SMALL, **options})


@pytest.fixture(scope="module")
def loaded(server_dsn):
    with fresh_database(server_dsn) as database:
        load(database, schema='My "raw" User')
        yield database


@pytest.mark.parametrize("name", NAMES)
def test_every_query_runs_as_printed_and_returns_rows(loaded, command, name):
    told = command("queries", name, "--dsn", loaded.dsn, "--schema", 'My "raw" User')
    assert (told.code, told.err) == (0, "")
    assert max(map(len, told.out.splitlines())) <= 80
    rows = loaded.rows(told.out)
    assert rows
    assert all(value is not None for row in rows for value in row)


def test_all_queries_are_one_script(loaded, command):
    told = command("queries", "--dsn", loaded.dsn, "--schema", 'My "raw" User')
    assert [line.split(":")[0] for line in told.out.splitlines() if line.startswith("--")] == [
        f"-- {name}" for name in NAMES
    ]
    loaded.run(told.out)
    as_json = json.loads(command("queries", "--json", "--dsn", loaded.dsn, "--schema", 'My "raw" User').out)
    assert [each["name"] for each in as_json] == list(NAMES)
    assert all(each["sql"] in told.out for each in as_json)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"tables": "orders"}, ["revenue", "cohorts"]),
        ({"tables": "clickstream"}, ["funnel"]),
        ({"tables": "orders,products"}, ["revenue", "returns", "cohorts", "prices"]),
        ({"tables": "sessions"}, ["devices", "experiments"]),
        ({"tables": "orders,products", "raw_data": "none"}, ["revenue", "cohorts"]),
        ({"tables": "orders,products", "raw_data": "lean"}, ["revenue", "returns", "cohorts", "prices"]),
        ({"tables": "orders,customers", "orders_per_day": 0}, ["customers"]),
    ],
    ids=str,
)
def test_only_queries_that_can_run_are_told(database, options, names):
    load(database, days=5, **options)
    found = shardgen.queries(database.dsn)
    assert [query.name for query in found] == names
    assert all(database.rows(query.text) for query in found)


def test_what_cannot_be_asked_says_why(database, command):
    nothing = command("queries", "--dsn", database.dsn)
    assert (nothing.code, nothing.out) == (2, "")
    assert "schema='bronze' holds no rows of a finished run: load some first" in nothing.err
    load(database, tables="orders", days=5)
    absent = command("queries", "returns", "--dsn", database.dsn)
    assert (absent.code, absent.out) == (2, "")
    assert "query='returns' reads what is not loaded: rows or raw_data of products" in absent.err
    unknown = command("queries", "revenu", "--dsn", database.dsn)
    assert "query='revenu' is unknown" in unknown.err
    assert "did you mean 'revenue'?" in unknown.err


def test_the_story_is_in_the_answers(loaded):
    answers = {query.name: loaded.rows(query.text) for query in shardgen.queries(loaded.dsn, schema='My "raw" User')}
    orders = loaded.value('SELECT count(*) FROM "My ""raw"" User".raw_orders')
    sessions = loaded.value('SELECT count(*) FROM "My ""raw"" User".raw_sessions')
    assert sum(month[1] for month in answers["revenue"]) < orders  # cancelled ones are left out
    assert list(answers["funnel"][0]) == sorted(answers["funnel"][0], reverse=True)
    assert answers["funnel"][0][0] == sessions
    assert any(product[2] > 0 for product in answers["returns"])


def summary(**changes) -> str:
    report = reconcile.LoadReport(
        run=1,
        schema="bronze",
        target="",
        ok=True,
        tables=(),
        seconds=1.0,
        rows_per_second=0.0,
        phases={"generate": 1.0, "encode": 1.0, "copy": 5.0, "index": 2.98, "attach": 0.02},
        retries=1,
        differences=(),
        resumed=False,
        workers=2,
        plan={},
    )
    return printed(load_summary(replace(report, **changes)))


def printed(what, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(what, crop=False)
    return console.export_text()


def test_the_verdict_comes_last():
    text = summary()
    assert "workers' time: copy 50%, index 30%, building rows 20%\n" in text
    assert "with 2 workers, 1 retry\n" in text
    assert text.splitlines()[-1].strip() == "plan, ledger and count(*) agree for every table"
    assert summary(ok=False, differences=("orders: 5 planned",)).splitlines()[-1].strip() == "orders: 5 planned"
    assert "with 1 worker, 2 retries\n" in summary(workers=1, retries=2)


def test_commands_are_never_broken_and_a_server_that_runs_on_is_told():
    long = "psql " + "x" * 200
    assert f"connect:  {long}\n" in printed(next_steps({"connect": long}))
    assert "keeps running" not in printed(next_steps({"connect": long}))
    assert "keeps running" in printed(next_steps({"stop": "shardgen db stop"}))
