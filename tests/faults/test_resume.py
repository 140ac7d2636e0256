"""A run is taken up by the plan in its ledger: on another day, by another host, with nothing repeated."""

from __future__ import annotations

import socket
from datetime import date

import pytest

from shardgen import api, commands
from shardgen.errors import ResumeError
from shardgen.events import Event, ShardDone
from shardgen.model import config
from shardgen.options import settings
from shardgen.tables import recipe

SMALL = {"customers": 50, "products": 20, "days": 5, "sessions_per_day": 40, "workers": 2}


class StoppedByTheTestError(Exception):
    pass


def stopped_after_a_shard(event: Event) -> None:
    if isinstance(event, ShardDone):
        raise StoppedByTheTestError


@pytest.fixture
def unfinished(database, monkeypatch):
    """A run that was begun on the first of January, with ``--end`` left to its default."""
    monkeypatch.setattr(settings, "utc_today", lambda: date(2026, 1, 1))
    with pytest.raises(StoppedByTheTestError):
        commands.prepared(settings.read({"dsn": database.dsn, **SMALL}), resume=False)(stopped_after_a_shard)
    return database


def test_the_next_day_and_another_host_finish_the_window_that_was_planned(unfinished, monkeypatch):
    monkeypatch.setattr(settings, "utc_today", lambda: date(2026, 1, 2))
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    report = api.load(unfinished.dsn, resume=True, workers=1, progress="none")
    assert (report.ok, report.plan["end"]) == (True, "2026-01-01")
    assert unfinished.rows("SELECT state, host FROM bronze.shardgen_runs") == [("finished", "elsewhere")]
    assert api.verify(unfinished.dsn, progress="none").ok


def test_options_that_are_repeated_must_be_the_runs(unfinished):
    with pytest.raises(ResumeError, match="customers=51 but the run has 50: leave them out"):
        api.load(unfinished.dsn, resume=True, customers=51, progress="none")
    assert api.load(unfinished.dsn, resume=True, customers=50, days=5, progress="none").ok


@pytest.mark.parametrize("what", ["data version", "words of Faker"])
def test_code_that_would_give_other_rows_is_refused_and_what_differs_is_named(unfinished, monkeypatch, what):
    if what == "data version":
        monkeypatch.setattr(config, "DATA_VERSION", 99)
        monkeypatch.setattr(recipe, "DATA_VERSION", 99)
        named = r"data [0-9]+ is now 99"
    else:
        monkeypatch.setattr(recipe.importlib.metadata, "version", lambda name: "1000.0")
        monkeypatch.setattr(recipe, "fingerprint", lambda world, words, *dataset: "other words")
        named = r"faker [0-9.]+ is now 1000.0"
    with pytest.raises(
        ResumeError, match=rf"another data version or vocabulary \({named}\), so its rows would not match"
    ):
        api.load(unfinished.dsn, resume=True, progress="none")
    monkeypatch.undo()
    assert api.load(unfinished.dsn, resume=True, progress="none").ok
