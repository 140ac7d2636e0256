"""shardgen plan beside a server: what it tells, what it leaves (nothing), and what it says of a target that refuses."""

from __future__ import annotations

import io
import os

import pytest
from psycopg.conninfo import make_conninfo
from rich.console import Console

import shardgen
from shardgen import commands
from shardgen.display.plans import forecast_table
from shardgen.forecast.forecast import Forecast
from shardgen.options import settings
from tests.conftest import Database

SMALL = {"customers": 200, "products": 60, "days": 3, "end": "2026-01-01"}

EVERYTHING = """
SELECT (SELECT array_agg(c.oid ORDER BY c.oid) FROM pg_class AS c), (SELECT array_agg(oid) FROM pg_namespace
    WHERE nspname !~ '^pg_(toast_)?temp'), (SELECT array_agg(oid ORDER BY oid) FROM pg_type)
"""


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SHARDGEN_", "POSTGRES_", "PG")):
            monkeypatch.delenv(name)


def forecast(dsn: str | None, **options) -> Forecast:
    return commands.forecast_of(settings.read({"dsn": dsn, **SMALL, **options}))


def shown(found: Forecast, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(forecast_table(found))
    return console.export_text()


def test_a_plan_leaves_no_trace_in_its_target(database):
    before = database.rows(EVERYTHING)
    found = forecast(database.dsn, indexes="full")
    assert database.rows(EVERYTHING) == before
    assert found.duration is not None
    assert found.duration.seconds > 0
    assert found.findings is not None
    assert found.findings.problems == ()
    assert "rolled back" in found.duration.how
    assert database.value("SELECT pg_catalog.count(*) FROM pg_stat_activity WHERE application_name ~ 'plan'") == 0


def test_a_plan_tells_rows_bytes_time_and_that_nothing_stands_in_the_way(database):
    text = shown(forecast(database.dsn))
    assert max(map(len, text.splitlines())) <= 80
    assert "on disk" in text
    assert "time    about " in text
    assert "create: customers" in text
    assert "nothing stands in the way of this load" in text


def test_a_plan_tells_what_would_be_refused(database):
    shardgen.load(database.dsn, progress="none", tables="customers,products", **SMALL)
    found = forecast(database.dsn, tables="customers,products")
    text = " ".join(shown(found).split())
    assert "such a load would be refused:" in text
    assert "--if-exists replace" in text
    assert found.to_json()["preflight"]["problems"] == list(map(str, found.findings.problems))
    allowed = forecast(database.dsn, tables="customers,products", if_exists="replace")
    assert allowed.findings.problems == ()
    assert "empty: customers, products" in shown(allowed)


def test_a_plan_without_a_server_says_so_and_starts_none(tmp_path):
    found = forecast(None, data_dir=str(tmp_path / "home"))
    assert (found.duration, found.findings) == (None, None)
    assert "no embedded server runs in" in found.unasked
    assert "time  not known: no embedded server runs in" in shown(found)
    assert not (tmp_path / "home").exists()
    assert found.to_json()["total"]["rows"] > 0


def test_a_target_takes_versions_on_trial(database):
    found = forecast(database.dsn, history="versions", orders_per_day=80)
    assert found.duration is not None
    assert not found.unasked


def test_a_plan_for_a_server_that_is_not_there_says_why():
    found = forecast("host=127.0.0.1 port=1 password=s3cret")
    assert "cannot connect to" in found.unasked
    assert "s3cret" not in shown(found)
    assert found.tables[0].rows == 200


def test_a_target_that_takes_nothing_on_trial_is_asked_all_the_same(database: Database):
    dsn = make_conninfo(database.dsn, options="-c default_transaction_read_only=on")
    found = forecast(dsn)
    assert found.duration is None
    assert "the target takes no rows on trial" in found.unasked
    assert "read-only transaction" in found.unasked
    assert found.findings is not None
    assert "time    not known: the target takes no rows on trial" in " ".join(shown(found, 300).splitlines())
