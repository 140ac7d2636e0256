"""The embedded server's connections take nothing from the environment, whatever is in it for another server."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from shardgen.embedded import server
from shardgen.embedded.surroundings import embedded_dsn, undisturbed
from shardgen.stores.postgres.postgres import connect, open_pool
from tests.loads import clean_environment

ROOT = Path(__file__).parents[2]

LIBPQ = {option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
BESIDE = {"PGTZ", "PGDATESTYLE", "PGGEQO", "PGSERVICEFILE", "PGSYSCONFDIR", "PGREALM", "PGLOCALEDIR"}
VARIABLES = sorted(LIBPQ | BESIDE)
HOSTILE = {
    "PGCHANNELBINDING": "require",
    "PGGSSENCMODE": "require",
    "PGHOST": "db.invalid",
    "PGHOSTADDR": "192.0.2.1",
    "PGOPTIONS": "-c nonsense=1",
    "PGPORT": "1",
    "PGREQUIREAUTH": "scram-sha-256",
    "PGREQUIREPEER": "somebody",
    "PGSSLMODE": "verify-full",
    "PGSSLNEGOTIATION": "direct",
    "PGTARGETSESSIONATTRS": "standby",
}
"""Values that a server elsewhere may need; of the other variables: nonsense, and nothing."""
ELSEWHERE = {"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGSERVICE"}
"""Variables that name another target, and so are obeyed where a target is looked for."""


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch):
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)


@pytest.fixture
def socket_directory(server_dsn):
    if not server_dsn.startswith("postgresql:///shardgen?"):
        pytest.skip("needs the embedded server")
    return Path(str(conninfo_to_dict(server_dsn)["host"]))


@pytest.mark.parametrize("name", VARIABLES)
def test_no_variable_reaches_a_connection_of_ours(name, server_dsn, socket_directory, monkeypatch):
    for value in (HOSTILE.get(name, "nonsense"), ""):
        monkeypatch.setenv(name, value)
        with connect(server_dsn, application_name="here") as connection:
            assert connection.execute("SELECT current_user, current_setting('client_encoding')").fetchone() == (
                "shardgen",
                "UTF8",
            )
        with open_pool(server_dsn, application_name="here") as pool, pool.connection() as connection:
            assert connection.info.dbname == "shardgen"
        assert server.status(socket_directory.parent) is not None
        assert os.environ[name] == value  # it is still there for others


@pytest.mark.parametrize("name", sorted(set(VARIABLES) - {"PGSERVICE"}))
def test_no_variable_that_a_string_can_answer_reaches_a_client_with_the_string(name, socket_directory, monkeypatch):
    monkeypatch.setenv(name, HOSTILE.get(name, "nonsense"))
    if name in ("PGTZ", "PGDATESTYLE", "PGGEQO"):
        monkeypatch.setenv(name, "default")  # what libpq itself sends, whatever the string says
    with psycopg.connect(embedded_dsn(socket_directory, 5432)) as connection:
        assert (connection.info.user, connection.info.dbname) == ("shardgen", "shardgen")


def test_a_string_names_only_options_that_every_client_knows_unless_a_variable_asks_for_more(socket_directory):
    assert set(conninfo_to_dict(embedded_dsn(socket_directory, 5432))) == {"host", "hostaddr", "port", "user", "dbname"}


def test_two_connections_at_once_do_not_give_each_other_the_variables_back(server_dsn, socket_directory, monkeypatch):
    monkeypatch.setenv("PGTZ", "Nowhere/Land")
    failed: list[Exception] = []

    def connect_often() -> None:
        try:
            for _ in range(10):
                connect(server_dsn, application_name="here").close()
        except psycopg.Error as error:
            failed.append(error)

    threads = [threading.Thread(target=connect_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert os.environ["PGTZ"] == "Nowhere/Land"


def test_commands_and_workers_and_psql_on_the_embedded_server_pass_all_variables_by(socket_directory):
    hostile = {name: HOSTILE.get(name, "nonsense") for name in VARIABLES if name not in ELSEWHERE}
    home = str(socket_directory.parent)
    environment = {**clean_environment(), "SHARDGEN_HOME": home, "SHARDGEN_SCHEMA": "past_variables", **hostile}

    def shardgen(*words: str, more: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "shardgen", *words],
            cwd=ROOT,
            env=environment | (more or {}),
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    world = ("--customers", "20", "--products", "10", "--days", "3", "--end", "2026-01-01")
    shardgen("load", "--tables", "customers", "--workers", "1", "--progress", "none", *world)
    shardgen("verify", "--level", "digests", "--progress", "none")
    elsewhere = {name: HOSTILE.get(name, "nonsense") for name in ELSEWHERE}
    count = "select count(*) from past_variables.raw_customers"
    assert int(shardgen("db", "psql", "-XAtc", count, more=elsewhere)) > 0
    shardgen("reset", "--all", "--yes")


def test_a_program_for_the_embedded_server_alone_gets_no_variable_of_libpq():
    assert undisturbed({**dict.fromkeys(VARIABLES, "x"), "PG_COLOR": "always", "HOME": "/h", "PGFUTURE": "x"}) == {
        "PG_COLOR": "always",
        "HOME": "/h",
    }


def test_every_variable_of_this_libpq_is_answered_or_taken_away(socket_directory, monkeypatch):
    for name in VARIABLES:
        monkeypatch.setenv(name, HOSTILE.get(name, "nonsense"))
    seen: set[str] = set()
    real = psycopg.Connection._connect_gen.__func__  # type: ignore[attr-defined]

    def look(cls, conninfo="", **options):
        given = set(conninfo_to_dict(conninfo))
        names = {option.envvar.decode(): option.keyword.decode() for option in Conninfo.get_defaults() if option.envvar}
        seen.update(name for name in names if name in os.environ and names[name] not in given)
        return real(cls, conninfo, **options)

    monkeypatch.setattr(psycopg.Connection, "_connect_gen", classmethod(look))
    assert server.status(socket_directory.parent) is not None
    assert seen == set()
