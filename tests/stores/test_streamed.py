"""A stream into a database: wherever it stops, that is a load cut by arrival there, and everything can follow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest

import shardgen
from shardgen.errors import ConfigError, OutputError, TargetError
from shardgen.loading import session
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.played import micros, spelt
from shardgen.options.settings import read
from shardgen.stores import open_store
from shardgen.streaming import Asked, Stream, stream_of
from tests.conftest import Database, copy_of, fresh_database
from tests.forward import rows
from tests.stores.test_arrived import SHOP
from tests.worlds import HERE, TABLES


@pytest.fixture(scope="module", params=["latest", pytest.param("versions", marks=pytest.mark.slow)])
def history(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def loaded(server_dsn, history) -> Iterator[Database]:
    with fresh_database(server_dsn) as made:
        shardgen.load(made.dsn, history=history, **SHOP)
        yield made


@pytest.fixture
def target(loaded, server_dsn) -> Iterator[Database]:
    with copy_of(loaded, server_dsn) as made:
        yield made


def stream(target: Database, after: int = 1 << 40, *, end: date = date(2026, 1, 8), **asked: Any) -> Stream:
    """A stream that is opened, and stops after so many changes when it is played."""
    told = [0]
    return stream_of(
        read({"dsn": target.dsn, "end": end}),
        Asked(**{"target": "", "rate": "1000000/s", **asked}),
        lines=BytesIO(),
        stopped=lambda: told[0] >= after,
        show=lambda played: told.__setitem__(0, played.total),
    )


def plan_of(target: Database) -> PlanConfig:
    return PlanConfig.from_json(dict(shardgen.status(target.dsn)[-1].plan))


def proved(target: Database, level: str = "digests") -> None:
    found = shardgen.verify(target.dsn, level=level, progress="none", workers=1)
    assert found.ok, [check for check in found.checks if check.status.value == "failed"]


def same(target: Database, server_dsn: str) -> None:
    """The target is what one load makes that is cut by arrival where the stream stands."""
    with fresh_database(server_dsn) as other:
        how = LoadConfig(workers=1, engine="threads")
        store = open_store(other.dsn, "bronze")
        session.load(plan_of(target).whole, how, store, options={}, show=lambda _: None)
        for table in TABLES:
            assert rows(target, table) == rows(other, table), table


def test_wherever_it_stops_it_has_left_what_a_load_up_to_there_has(target, server_dsn):
    first = stream(target, 90, rate="500/s")
    assert not first.play()
    plan = plan_of(target)
    assert plan.until is not None
    assert plan.until.isoformat() == spelt(first.player.played.until)
    same(target, server_dsn)
    proved(target, "digests")
    proved(target, "laws")
    told = shardgen.status(target.dsn)[-1]
    assert told.state == "finished"
    assert all((each.pending, each.planned_rows) == (0, each.rows) for each in told.tables)
    assert all(each.done == each.planned_shards for each in told.tables)


@pytest.mark.slow
def test_streams_and_advances_follow_each_other(target, server_dsn):
    assert not stream(target, 30, rate="300/s").play()
    [report] = shardgen.advance(target.dsn, days=1, **HERE)
    assert report.ok
    proved(target)
    assert not stream(target, 60, rate="500/s", end=date(2026, 1, 20)).play()
    assert not stream(target, 60, rate="500/s", end=date(2026, 1, 20)).play()
    assert stream(target, end=date(2026, 2, 3)).play()
    assert plan_of(target).closes == datetime.fromisoformat("2026-02-03")
    assert stream(target, end=date(2026, 2, 3)).play()
    same(target, server_dsn)
    [report] = shardgen.advance(target.dsn, days=2, **HERE)
    assert report.ok
    proved(target, "counts")
    proved(target, "digests")
    proved(target, "laws")


def test_each_instant_is_a_transaction_of_its_own_as_long_as_there_are_few(target, history):
    target.run(
        "CREATE TABLE seen (tx xid8 DEFAULT pg_current_xact_id(), what text, number integer DEFAULT 1)",
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN INSERT INTO public.seen (what) VALUES (TG_OP || ' ' || TG_TABLE_NAME); RETURN NULL; END$$",
        *(
            f"CREATE TRIGGER see AFTER INSERT OR UPDATE OR DELETE ON bronze.raw_{table} "
            "FOR EACH ROW EXECUTE FUNCTION public.see()"
            for table in TABLES
        ),
    )
    slow = stream(target, 60, rate="300/s")
    slow.play()
    told, transactions = target.rows("SELECT count(*), count(DISTINCT tx) FROM seen")[0]
    assert told == slow.player.played.total
    assert transactions > told * 0.6
    target.run("TRUNCATE seen")
    fast = stream(target, end=date(2026, 1, 20))
    assert fast.play()
    told, transactions = target.rows("SELECT count(*), count(DISTINCT tx) FROM seen")[0]
    assert told == fast.player.played.total
    assert transactions < told / 2  # all of them at once, but where making them takes longer
    kinds = {what.split()[0] for (what,) in target.rows("SELECT DISTINCT what FROM seen")}
    assert kinds >= ({"INSERT", "UPDATE"} if history == "latest" else {"INSERT"})
    proved(target, "counts")


def test_what_a_stream_does_not_play_into_is_told_before_a_write(target, database):
    def before() -> list[Any]:
        return target.rows("SELECT run, plan::text, state FROM bronze.shardgen_runs ORDER BY run")

    held = before()
    with pytest.raises(TargetError, match="what bronze gets from 2026-01-06T00:00:00 on is not in the target"):
        stream(target, since="2026-01-07")
    with pytest.raises(ConfigError, match="since='2026-01-08' is not before end='2026-01-08'"):
        stream(target, since="2026-01-08")
    with pytest.raises(ConfigError, match=r"end=2026-01-05 is past: .* up to 2026-01-06"):
        stream(target, end=date(2026, 1, 5))
    with pytest.raises(ConfigError, match="format='debezium' is for lines and topics"):
        stream(target, form="debezium")
    with pytest.raises(TargetError, match="holds no finished run in schema='bronze'"):
        stream(database)
    shardgen.load(database.dsn, tables="products", **{**SHOP, "cut": "happened"})
    with pytest.raises(TargetError, match="was loaded with what happened, and a stream plays what arrives"):
        stream(database)
    one = stream(target)
    with pytest.raises(TargetError, match="another load is at work"):
        stream(target)
    with pytest.raises(TargetError, match="another load is at work"):
        shardgen.advance(target.dsn, **HERE)
    one.close()
    assert before() == held
    assert stream(target, since="2026-01-02").since == stream_position(held)


def stream_position(held: list[Any]) -> int:
    return micros(PlanConfig.from_json(json.loads(held[-1][1])).closes)


@pytest.mark.parametrize("history", ["latest"], indirect=True)
def test_rows_that_others_took_away_stop_it(target):
    target.run("DELETE FROM bronze.raw_orders WHERE order_id <> 'ORD0000000001'")
    with pytest.raises(OutputError, match="relation=raw_orders has 0 of"):
        stream(target).play()
    assert plan_of(target).closes.date() == date(2026, 1, 6)
