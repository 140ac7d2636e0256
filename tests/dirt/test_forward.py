"""Dirty targets that are brought forward: they end up as one dirty load would have made them, whatever the steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

import shardgen
from shardgen.errors import ConfigError
from tests.conftest import Database, copy_of, fresh_database
from tests.dirt.worlds import KEY
from tests.forward import QUIET, advance, overwritten_on_request_alone, rows
from tests.worlds import TABLES

END = date(2026, 1, 20)
SHOP: dict[str, Any] = {
    **QUIET,
    "epoch": date(2025, 12, 1),
    "end": END,
    "horizon": 60,
    "customers": 300,
    "products": 90,
    "orders_per_day": 10,
    "sessions_per_day": 12,
    "events_per_session": 4,
    "review_rate": 1,
    "dirt": "hostile",
}
HISTORIES = ("latest", pytest.param("versions", marks=pytest.mark.time))


@pytest.fixture(autouse=True)
def key(command, monkeypatch):  # which clears variables
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


@pytest.fixture(scope="module", params=HISTORIES)
def history(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def loaded(server_dsn, history) -> Iterator[Database]:
    """A target as a load has left it."""
    with pytest.MonkeyPatch.context() as variables, fresh_database(server_dsn) as made:
        variables.setenv("SHARDGEN_DIRT_KEY", KEY)
        shardgen.load(made.dsn, history=history, **SHOP)
        yield made


@pytest.fixture
def target(loaded, server_dsn) -> Iterator[Database]:
    """A copy of it."""
    with copy_of(loaded, server_dsn) as made:
        yield made


def digests(target: Database, schema: str = "bronze") -> dict[str, str]:
    """Content by table, which is that of one load of the whole."""
    found = shardgen.verify(target.dsn, schema=schema, level="digests", progress="none", workers=2)
    assert found.ok, [check.samples for check in found.checks]
    return {check.name: check.figures["digest"] for check in found.checks}


@pytest.mark.slow
def test_days_and_a_jump_give_what_one_dirty_load_gives(target, loaded, server_dsn, history, command):
    until = END + timedelta(days=20)
    with copy_of(loaded, server_dsn) as jumped, fresh_database(server_dsn) as at_once:
        advance(target)
        advance(target, days=3)
        advance(target, to=until)
        advance(jumped, to=until)
        shardgen.load(at_once.dsn, history=history, **{**SHOP, "end": until})
        for table in TABLES:
            assert rows(target, table) == rows(jumped, table) == rows(at_once, table), table
        assert digests(target) == digests(jumped) == digests(at_once)
        assert list(shardgen.answers(target.dsn)) == list(shardgen.answers(at_once.dsn))
    for level in ("counts", "laws"):
        found = shardgen.verify(target.dsn, level=level, progress="none", workers=1)
        assert found.ok, [check for check in found.checks if check.status == "failed"]
    told = command("answers", "--dsn", target.dsn, "--apply", "--into", "clean", "--workers", "1", "-q")
    assert told.code == 0, told.err
    assert digests(target, "clean")


@pytest.mark.slow
def test_a_window_by_itself_goes_on_as_one_load_of_it(database, server_dsn, history):
    first = {**SHOP, "history": history, "since": END, "end": END + timedelta(days=4)}
    shardgen.load(database.dsn, **first)
    advance(database, days=3)
    with fresh_database(server_dsn) as at_once:
        shardgen.load(at_once.dsn, **{**first, "end": END + timedelta(days=7)})
        assert all(rows(database, table) == rows(at_once, table) for table in TABLES)
        assert list(shardgen.answers(database.dsn)) == list(shardgen.answers(at_once.dsn))


@pytest.mark.parametrize("history", ["latest"], indirect=True)
def test_the_secret_is_asked_for_before_anything_is_written(target, command, monkeypatch):
    for told, why in (("another", "is another one"), ("", "is missing")):
        monkeypatch.setenv("SHARDGEN_DIRT_KEY", told)
        day = ("--since", str(END - timedelta(days=1)))
        for words in (("advance",), ("changes", *day), ("stream", *day, "--target", "-")):
            found = command(*words, "--dsn", target.dsn)
            assert (found.code, found.out, why in found.err) == (2, "", True), found.err
            assert "SHARDGEN_DIRT_KEY" in found.err
        with pytest.raises(ConfigError, match=why):
            shardgen.load(target.dsn, since=END, end=END + timedelta(days=1), **QUIET)
    assert len(shardgen.status(target.dsn)) == 1


THEIRS = ("UPDATE bronze.raw_orders SET status = 'theirs'", "DELETE FROM bronze.raw_orders")


@pytest.mark.parametrize("history", ["latest"], indirect=True)
@pytest.mark.parametrize("theirs", THEIRS, ids=["changed", "deleted"])
def test_rows_that_others_have_changed_are_named_and_only_overwritten_on_request(target, loaded, server_dsn, theirs):
    advances = {line["key"] for line in shardgen.answers(target.dsn) if line["table"] == "orders"}
    [(order,)] = target.rows(
        "SELECT max(order_id) FROM bronze.raw_orders WHERE status IN ('pending', 'processing', 'shipped') "
        "AND NOT order_id = ANY (%s)",
        [list(advances)],
    )
    overwritten_on_request_alone(target, loaded, server_dsn, order=order, by=theirs)


@pytest.mark.parametrize("history", ["latest"], indirect=True)
def test_a_day_is_found_by_the_index_that_stands_for_the_key(target):
    advance(target)
    target.rows("SELECT pg_stat_force_next_flush()")
    names = [f"raw_{name}" for name in ("customers", "products", "reviews")]
    read = target.rows(
        "SELECT relname::text, n_tup_del > 0, seq_tup_read FROM pg_stat_user_tables WHERE relname = ANY (%s)", [names]
    )
    assert {name: found for name, *found in read}
    assert all(seen <= 1 for _, _, seen in read), read  # whether there are rows at all
    assert any(changed for _, changed, _ in read)
