"""A year of single days: it ends as one load does, and what a day reads does not grow with what is there."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest

import shardgen
from scripts.bench.days import read
from tests.conftest import Database, fresh_database
from tests.loads import content

END = date(2026, 1, 10)
DAYS = 365
QUIET: dict[str, Any] = {"progress": "none", "engine": "threads", "workers": 2}
SHOP: dict[str, Any] = {
    **QUIET,
    "epoch": date(2025, 12, 1),
    "end": END,
    "horizon": 200,
    "customers": 400,
    "products": 120,
    "orders_per_day": 6,
    "sessions_per_day": 8,
    "events_per_session": 4,
    "review_rate": 1,
}
DEFAULT: dict[str, Any] = {"progress": "none", "epoch": date(2025, 1, 1), "end": date(2026, 1, 1), "horizon": 365}
"""The world that a load without options has."""


@pytest.mark.parametrize(
    ("history", "days"),
    [
        pytest.param("latest", DAYS, marks=pytest.mark.slow),
        pytest.param("versions", 10, marks=pytest.mark.slow),
        pytest.param("versions", DAYS, marks=pytest.mark.time),
    ],
)
def test_a_year_of_single_days_is_what_one_load_gives_and_a_day_reads_no_more_at_its_end(
    database, server_dsn, history, days
):
    proved(database, server_dsn, {**SHOP, "history": history}, days, {**QUIET, "workers": 1})


@pytest.mark.time
def test_a_year_of_single_days_of_the_default_world_is_what_one_load_gives(database, server_dsn):
    proved(database, server_dsn, DEFAULT, DAYS, {"progress": "none"})


def proved(database: Database, server_dsn: str, shop: dict[str, Any], days: int, quiet: dict[str, Any]) -> None:
    """Bring a shop forward day by day, and compare it with one load, and with one jump."""
    shardgen.load(database.dsn, **shop)
    costs: Counter[str] = Counter()
    for day in range(1, days + 1):
        measured = "early" if 3 < day <= 6 else "late" if day > days - 3 else ""
        before = read(database.dsn) if measured else 0
        [report] = shardgen.advance(database.dsn, **quiet)
        assert report.ok
        assert report.plan["end"] == str(shop["end"] + timedelta(days=day))
        if measured:
            costs[measured] += read(database.dsn) - before
            costs[f"{measured} changes"] += sum(each.updated + each.deleted + each.ledger for each in report.tables)
    until = shop["end"] + timedelta(days=days)
    with fresh_database(server_dsn) as at_once, fresh_database(server_dsn) as jumped:
        shardgen.load(at_once.dsn, **{**shop, "end": until})
        shardgen.load(jumped.dsn, **shop)
        shardgen.advance(jumped.dsn, to=until, **quiet)
        assert content(database) == content(jumped) == content(at_once)
    for level in ("counts", "laws", "digests"):
        assert shardgen.verify(database.dsn, level=level, progress="none", workers=2).ok, level
    early, late = (costs[which] / max(1, costs[f"{which} changes"]) for which in ("early", "late"))
    assert late <= 1.2 * early + 1  # rows read for each that was changed
