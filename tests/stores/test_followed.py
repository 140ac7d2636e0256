"""Transactions of a stream, of which each is sent before the one before is done; what becomes of them in a failure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

import shardgen
from shardgen.errors import OutputError
from shardgen.stores.postgres import transactions
from tests.conftest import Database, copy_of, fresh_database
from tests.stores.test_arrived import SHOP
from tests.stores.test_streamed import plan_of, proved, same, stream
from tests.worlds import TABLES

ONCE = """CREATE FUNCTION hit() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
    IF nextval('public.hits') IN (200, 330) THEN {} END IF;
    RETURN NULL;
END$$"""
AFTER_EACH = "CREATE TRIGGER hit AFTER INSERT OR UPDATE ON bronze.{} FOR EACH ROW EXECUTE FUNCTION public.hit()"


@pytest.fixture(scope="module")
def loaded(server_dsn) -> Iterator[Database]:
    with fresh_database(server_dsn) as made:
        shardgen.load(made.dsn, **SHOP)
        yield made


@pytest.fixture
def target(loaded, server_dsn, monkeypatch) -> Iterator[Database]:
    monkeypatch.setattr(transactions, "BATCH", 20)  # so that some of them are taken at once
    with copy_of(loaded, server_dsn) as made:
        yield made


def hurt(target: Database, how: str) -> None:
    """Something happens at two of the rows that change, whatever becomes of their transactions."""
    tables = ("raw_orders", "raw_sessions", "raw_clickstream")
    target.run("CREATE SEQUENCE hits", ONCE.format(how), *map(AFTER_EACH.format, tables))


@pytest.mark.slow
def test_nothing_that_was_sent_after_a_failure_is_there(target, server_dsn):
    hurt(target, "RAISE EXCEPTION 'that is enough';")
    with pytest.raises(OutputError, match=r"takes no more: that is enough"):
        stream(target).play()
    stopped = plan_of(target).closes
    assert stopped.date() in (date(2026, 1, 6), date(2026, 1, 7))
    same(target, server_dsn)
    with pytest.raises(OutputError, match=r"takes no more: that is enough"):
        stream(target).play()
    assert plan_of(target).closes > stopped
    assert stream(target).play()
    proved(target)


@pytest.mark.parametrize(
    "how",
    [
        "PERFORM pg_terminate_backend(pg_backend_pid());",
        pytest.param("RAISE EXCEPTION 'not now' USING ERRCODE = '40001';", marks=pytest.mark.slow),
    ],
    ids=["the session ends", "a failure"],
)
def test_what_passes_with_transactions_on_their_way_costs_none_and_doubles_none(target, how):
    hurt(target, how)
    assert stream(target).play()
    assert target.value("SELECT last_value FROM hits") > 330
    proved(target)


def test_the_disk_is_waited_for_with_the_last_of_what_is_taken_as_its_owner_says(target):
    target.run(
        f"ALTER DATABASE {target.name} SET synchronous_commit = 'local'",
        "CREATE TABLE seen (tx xid8 DEFAULT pg_current_xact_id(), waits text)",
        "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
        "INSERT INTO public.seen (waits) VALUES (current_setting('synchronous_commit')); RETURN NULL; END$$",
        *(
            f"CREATE TRIGGER see AFTER INSERT OR UPDATE OR DELETE ON bronze.raw_{table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.see()"
            for table in TABLES
        ),
    )
    playing = stream(target)
    takes: list[int] = []
    take = playing.player.sink.take
    playing.player.sink.take = lambda *some: (take(*some), takes.append(each_there()))[0]  # type: ignore[method-assign]

    def each_there() -> int:
        """Transactions that are there."""
        return int(target.value("SELECT count(DISTINCT tx) FROM seen"))

    assert playing.play()
    told = [waits for (waits,) in target.rows("SELECT min(waits) FROM seen GROUP BY tx ORDER BY tx")]
    assert max(takes) == len(told) > 10
    last = {each - 1 for each in takes}
    assert told == ["local" if place == 0 or place in last else "off" for place in range(len(told))]
