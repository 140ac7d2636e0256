"""The summary after a load: it fits a terminal, and what it says can be pasted and run."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

import shardgen
from shardgen import reconcile
from shardgen.progress.summary import load_summary
from shardgen.questions import queries
from tests.conftest import Database

SMALL = {"customers": 200, "products": 60, "days": 40, "end": "2026-01-01", "sessions_per_day": 100}
COMMANDS = {"connect": "shardgen db psql", "verify": "shardgen verify"}


def shown(report, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(load_summary(report, commands=COMMANDS), crop=False)
    return console.export_text()


def printed_queries(text: str) -> list[str]:
    """The statements below the heading, as somebody would paste them."""
    _, _, pasted = text.partition("what to look at first:")
    return [statement for statement in pasted.split(";") if statement.strip()]


def load(database: Database, **options):
    return shardgen.load(database.dsn, progress="none", **{**SMALL, **options})


@pytest.mark.parametrize("schema", ["bronze", 'My "raw" User'])
def test_every_printed_query_runs_as_printed_and_returns_rows(database, schema):
    text = shown(load(database, schema=schema))
    statements = printed_queries(text)
    assert len(statements) == 3
    for statement in statements:
        rows = database.rows(statement)
        assert rows
        assert all(value is not None for row in rows for value in row)
    if schema == "bronze":
        assert max(len(line.rstrip()) for line in text.splitlines()) <= 80


@pytest.mark.parametrize(
    ("options", "about"),
    [
        ({"tables": "orders"}, ["revenue by month"]),
        ({"tables": "clickstream"}, ["the funnel"]),
        ({"tables": "orders,products"}, ["revenue by month", "products that come back most"]),
        ({"tables": "orders,products", "raw_data": "none"}, ["revenue by month"]),
        ({"tables": "orders,products", "raw_data": "lean"}, ["revenue by month", "products that come back most"]),
        ({"tables": "orders", "orders_per_day": 0}, []),
        ({"tables": "customers"}, []),
    ],
    ids=str,
)
def test_only_queries_that_can_run_are_printed(database, options, about):
    text = shown(load(database, days=5, **{"schema": "bronze", **options}))
    statements = printed_queries(text)
    assert len(statements) == len(about)
    for statement, what in zip(statements, about, strict=True):
        assert f"-- {what}" in statement
        assert database.rows(statement)


def test_the_story_is_in_the_answers(database):
    report = load(database)
    rows = {table.table: table.counted for table in report.tables}
    revenue, funnel, returns = (database.rows(query.text) for query in queries("bronze", rows, "full"))
    assert sum(month[1] for month in revenue) < rows["orders"]  # cancelled ones are left out
    assert list(funnel[0]) == sorted(funnel[0], reverse=True)
    assert funnel[0][0] == rows["sessions"]
    assert any(product[2] > 0 for product in returns)


def test_commands_are_never_broken():
    long = "psql " + "x" * 200
    console = Console(file=io.StringIO(), width=80, record=True)
    report = reconcile.Report(
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
    console.print(load_summary(report, commands={"connect": long}), crop=False)
    text = console.export_text()
    assert f"connect: {long}\n" in text
    assert "workers' time: copy 50%, index 30%, building rows 20%\n" in text
    assert "with 2 workers, 1 retry\n" in text
