"""A target behind a transaction pooler: what does not work there is noticed and said, and what must hold holds."""

from __future__ import annotations

import pytest

from shardgen.errors import TargetError, VerificationError
from shardgen.events import Notice, ShardDone
from shardgen.model.config import Terms
from shardgen.stores.postgres import pooler
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.postgres import connect
from shardgen.verification import verifier
from shardgen.verification.verifier import Request
from tests import fakes
from tests.loading.test_load import FEW, Loader, killed_at
from tests.pooler import pooling

SETTINGS = "SELECT name, setting FROM pg_settings WHERE source = 'session' AND name <> 'client_encoding' ORDER BY 1"


@pytest.mark.parametrize("sessions", [1, 2, 4])
def test_shared_sessions_are_noticed(database, sessions):
    with pooling(database.dsn, sessions) as proxy, connect(proxy.dsn, application_name="test") as connection:
        assert pooler.shares_sessions(connection, proxy.dsn)


def test_shared_sessions_are_noticed_where_they_are_taken_back_late(database):
    """Two clients who ask by turns without a pause are given the same two sessions each time."""
    with pooling(database.dsn, 2, late=0.005) as proxy, connect(proxy.dsn, application_name="test") as connection:
        assert pooler.shares_sessions(connection, proxy.dsn)


def test_a_session_of_our_own_is_not_taken_for_shared(database):
    with connect(database.dsn, application_name="test") as connection:
        assert not pooler.shares_sessions(connection, database.dsn)


def test_a_load_says_what_does_not_work_and_leaves_nothing_in_the_sessions_of_others(database):
    loader = Loader(database)
    with pooling(database.dsn) as proxy:
        assert loader.load(dsn=proxy.dsn).ok
        assert loader.of(Notice)[0].text == pooler.NOTICE
        assert loader.load(dsn=proxy.dsn, if_exists="replace").ok  # no lock of the first load is left behind
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        for server in proxy.servers:
            assert server.execute(held).fetchone() == (0,)
            assert server.execute(SETTINGS).fetchall() == []
    assert loader.load(if_exists="replace").ok
    assert pooler.NOTICE not in [event.text for event in loader.of(Notice)]


def test_the_roles_timeouts_do_not_end_what_the_coordinator_does(database):
    database.run(f"ALTER DATABASE {database.value('SELECT current_database()')} SET statement_timeout = '7s'")
    show = "SHOW statement_timeout"
    with pooling(database.dsn) as proxy, Control(proxy.dsn, "bronze") as control:
        assert control.call(lambda connection: connection.execute(show).fetchone()) == ("0",)
    with Control(database.dsn, "bronze") as control:
        assert control.call(lambda connection: connection.execute(show).fetchone()) == ("0",)


def test_what_is_cut_short_is_resumed_and_nothing_is_done_twice(database):
    loader = Loader(database)
    loader.load(tables=FEW)
    expected = loader.content()
    with pooling(database.dsn) as proxy:
        with pytest.raises(RuntimeError):
            loader.load(tables=FEW, dsn=proxy.dsn, if_exists="replace", show=killed_at(ShardDone))
        assert loader.resume(dsn=proxy.dsn).ok
    assert loader.content() == expected


def test_a_load_that_holds_the_lock_is_respected_from_behind_a_pooler(database):
    with (
        Control(database.dsn, "bronze"),
        pooling(database.dsn) as proxy,
        pytest.raises(TargetError, match="another load is at work"),
    ):
        Loader(database).load(tables=FEW, dsn=proxy.dsn)


def test_a_look_at_the_target_tells_of_the_pooler(database):
    plan = fakes.build_plan(fakes.plan_config(tables=FEW))
    with pooling(database.dsn) as proxy:
        found = fakes.store(proxy.dsn).inspect(plan, Terms(), fakes.recipe(), workers=2)
    assert found.notices == (pooler.NOTICE,)


def test_a_verification_is_refused_because_it_could_not_know_who_answers(database):
    Loader(database).load(tables=FEW)
    with pooling(database.dsn) as proxy:
        with pytest.raises(VerificationError, match=r"behind a pooler .* connect directly"):
            verifier.verify(Request(), fakes.store(proxy.dsn).reader(workers=2, purpose="verify"), lambda event: None)
        for server in proxy.servers:
            assert server.execute(SETTINGS).fetchall() == []
