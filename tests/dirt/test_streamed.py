"""A stream into a dirty database: wherever it stops, that is a dirty load cut by arrival there, and advances follow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

import shardgen
from shardgen.errors import ConfigError, OutputError
from tests.conftest import Database, copy_of, fresh_database
from tests.dirt.worlds import KEY
from tests.stores.test_streamed import plan_of, proved, same, stream
from tests.worlds import HERE

SHOP: dict[str, Any] = {
    **HERE,
    "epoch": date(2025, 12, 1),
    "end": date(2026, 1, 6),
    "horizon": 60,
    "customers": 120,
    "products": 40,
    "orders_per_day": 6,
    "sessions_per_day": 8,
    "events_per_session": 3,
    "review_rate": 1,
    "cut": "arrived",
    "dirt": "hostile",
}


@pytest.fixture(autouse=True)
def key(command, monkeypatch):  # which clears variables
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


@pytest.fixture(scope="module", params=["latest", pytest.param("versions", marks=pytest.mark.time)])
def loaded(request, server_dsn) -> Iterator[Database]:
    with pytest.MonkeyPatch.context() as variables, fresh_database(server_dsn) as made:
        variables.setenv("SHARDGEN_DIRT_KEY", KEY)
        shardgen.load(made.dsn, history=request.param, **SHOP)
        yield made


@pytest.fixture
def target(loaded, server_dsn) -> Iterator[Database]:
    with copy_of(loaded, server_dsn) as made:
        yield made


@pytest.mark.slow
def test_streams_and_advances_of_dirty_rows_follow_each_other(target, server_dsn):
    assert not stream(target, 150, rate="1000/s", end=date(2026, 1, 20)).play()
    assert plan_of(target).until is not None
    same(target, server_dsn)
    proved(target, "laws")
    answered = len(list(shardgen.answers(target.dsn)))
    assert not stream(target, 150, rate="1000/s", end=date(2026, 1, 20)).play()  # begins at an instant
    assert len(list(shardgen.answers(target.dsn))) > answered > 100  # of all that is there
    [report] = shardgen.advance(target.dsn, days=1, **HERE)
    assert report.ok
    assert stream(target, end=date(2026, 1, 20)).play()
    same(target, server_dsn)
    for level in ("counts", "laws", "digests"):
        proved(target, level)


@pytest.mark.slow
def test_a_dirty_stream_goes_on_with_its_secret_alone(target, monkeypatch):
    before = shardgen.status(target.dsn)
    for told, why in (("another", "is another one"), ("", "is missing")):
        monkeypatch.setenv("SHARDGEN_DIRT_KEY", told)
        with pytest.raises(ConfigError, match=why):
            stream(target)
    assert shardgen.status(target.dsn) == before


@pytest.mark.slow
@pytest.mark.parametrize("loaded", ["latest"], indirect=True)
def test_a_dirty_row_that_others_have_changed_ends_the_stream_before_it_is_lost(target):
    target.run("UPDATE bronze.raw_orders SET source_system = 'theirs'")
    with pytest.raises(OutputError, match=r"rows that go now: others have changed or deleted rows.*advance --yes"):
        stream(target).play()
    [report] = shardgen.advance(target.dsn, days=4, yes=True, **HERE)
    assert report.ok
    assert target.value("SELECT count(*) FROM bronze.raw_orders WHERE source_system <> 'theirs'")
