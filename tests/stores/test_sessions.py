"""Settings of a server, database or role: none of them changes what a command of ours does, and none of ours stays."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shardgen.cli import entry
from shardgen.stores.postgres import session
from shardgen.stores.postgres.postgres import connect, open_pool
from shardgen.stores.postgres.readers import reader
from tests.conftest import Database, fresh_database
from tests.pooler import Pooler, pooling

ODD: dict[str, str] = {
    "client_encoding": "LATIN1",
    "datestyle": "German, DMY",
    "intervalstyle": "sql_standard",
    "timezone": "Asia/Kathmandu",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "xmlbinary": "hex",
    "xmloption": "document",
    "array_nulls": "off",
    "quote_all_identifiers": "on",
    "standard_conforming_strings": "off",
    "backslash_quote": "off",
    "escape_string_warning": "off",
    "lc_monetary": "C.utf8",
    "lc_numeric": "C.utf8",
    "lc_time": "C.utf8",
    "lc_messages": "C.utf8",
    "client_min_messages": "debug5",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "transform_null_equals": "on",
    "row_security": "off",
    "gin_fuzzy_search_limit": "1",
    "restrict_nonsystem_relation_kind": "view",
    "exit_on_error": "on",
    "statement_timeout": "59s",
    "idle_in_transaction_session_timeout": "59s",
    "idle_session_timeout": "59s",
    "transaction_timeout": "59s",
    "lock_timeout": "1ms",
    "jit": "on",
    "plan_cache_mode": "force_generic_plan",
    "constraint_exclusion": "off",
    "debug_parallel_query": "on",
    "enable_bitmapscan": "off",
    "enable_hashagg": "off",
    "enable_hashjoin": "off",
    "enable_indexonlyscan": "off",
    "enable_indexscan": "off",
    "enable_material": "off",
    "enable_mergejoin": "off",
    "enable_nestloop": "off",
    "enable_partition_pruning": "off",
    "enable_seqscan": "off",
    "enable_sort": "off",
    "session_replication_role": "replica",
}
"""Each parameter that we fix, as nobody would want it."""
OLD = {"force_parallel_mode"}
"""Parameters of older servers than the one of the tests."""
HIJACK = (
    "CREATE SCHEMA odd",
    "CREATE TABLE odd.pg_class (oid oid, relname name, relnamespace oid)",
    "CREATE FUNCTION odd.starts_with(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT NULL::boolean'",
    "CREATE FUNCTION odd.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS 'SELECT $1'",
)
STATE = "SELECT name, setting, source FROM pg_settings ORDER BY name"
VOLUME = ("--profile", "demo", "--days", "2", "--customers", "20", "--products", "10", "--end", "2026-01-01")
TABLES = ("--tables", "customers,products,inventory,reviews")
LOAD = ("load", *VOLUME, *TABLES, "--workers", "1", "--progress", "none")


def make_odd(database: Database) -> None:
    """Everything at once, for whoever connects."""
    database.run(*HIJACK)
    name = sql.Identifier(database.name)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        for parameter, value in ODD.items():
            change = sql.SQL("ALTER DATABASE {} SET {} = {}")
            connection.execute(change.format(name, sql.Identifier(parameter), sql.Literal(value)))
        connection.execute(sql.SQL("ALTER DATABASE {} SET search_path = odd, pg_catalog, public").format(name))


@pytest.fixture(scope="module")
def odd(server_dsn) -> Iterator[Database]:
    with fresh_database(server_dsn) as made:
        make_odd(made)
        yield made


@pytest.fixture(scope="module")
def pooled(odd) -> Iterator[Pooler]:
    with pooling(odd.dsn, 2) as proxy:
        yield proxy


def run(capsys, *words: str) -> tuple[int, str, str]:
    """A command's exit code, and what it printed."""
    with pytest.raises(SystemExit) as ended:
        entry.main(list(words))
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


# What holds in a session of ours


def test_every_parameter_that_is_fixed_has_an_odd_value_here():
    assert ODD.keys() | OLD == session.FIXED.keys() | session.PRIVILEGED.keys()
    assert not ODD.keys() & set(session.KEPT)


@contextlib.contextmanager
def worker_session(dsn: str) -> Iterator[session.Connection]:
    with open_pool(dsn, application_name="test") as pool, pool.connection() as connection:
        yield connection


@pytest.fixture(scope="module")
def shown(odd, pooled) -> dict[str, dict[str, str]]:
    """By kind of session, what holds in it."""
    sessions = {
        "own": connect(odd.dsn, application_name="test"),
        "shared": connect(pooled.dsn, application_name="test"),
        "worker": worker_session(odd.dsn),
        "reader": reader(odd.dsn, "bronze"),
    }
    found = {}
    for kind, made in sessions.items():
        with made as connection:
            rows = connection.execute("SELECT lower(name), current_setting(name) FROM pg_settings").fetchall()
        found[kind] = dict(rows)
    return found


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("kind", ["own", "shared", "worker", "reader"])
def test_a_parameter_holds_in_every_session_of_ours(shown, name, kind):
    expected = (session.FIXED | session.PRIVILEGED | (session.WHOLE if kind == "reader" else {}))[name]
    assert shown[kind][name].lower() == expected.lower()


def test_a_function_or_table_of_the_roles_search_path_never_takes_the_place_of_the_systems(odd, pooled):
    for dsn in (odd.dsn, pooled.dsn):
        with connect(dsn, application_name="test") as connection:
            path, classes, held = connection.execute(
                "SELECT current_setting('search_path'), (SELECT count(*) > 0 FROM pg_class), starts_with('ab', 'a')"
            ).fetchone()
        assert (path.replace('"', ""), classes, held) == ("odd, public", True, True)


def test_a_transaction_of_a_shared_session_begins_with_our_settings_and_takes_them_along(odd, pooled):
    with connect(pooled.dsn, application_name="test") as connection:
        with connection.transaction():
            assert connection.execute("SHOW datestyle").fetchone() == ("ISO, YMD",)
            with connection.transaction():  # a savepoint
                assert connection.execute("SHOW lock_timeout").fetchone() == ("30s",)
        with connection.cursor() as cursor, cursor.copy("COPY (SELECT date '2026-01-31') TO STDOUT") as copy:
            assert b"".join(map(bytes, copy)) == b"2026-01-31\n"
    for server in pooled.servers:
        assert server.execute("SHOW datestyle").fetchone() == ("German, DMY",)


def test_a_reader_cannot_write_whoever_has_the_session(odd, pooled):
    for dsn in (odd.dsn, pooled.dsn):
        with reader(dsn, "public") as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TABLE anything (a int)")


# What commands do


def test_no_setting_of_the_database_changes_what_a_command_does(database, capsys):
    make_odd(database)
    place = ("--dsn", database.dsn)
    for words in (
        LOAD,
        (*LOAD, "--if-exists", "replace"),
        ("plan", *VOLUME, *TABLES),
        ("schema", "--apply", *TABLES),
        ("status",),
        ("verify", "--progress", "none", "--workers", "1"),
        ("report", "--json", "--progress", "none"),
    ):
        code, _, err = run(capsys, *words, *place)
        assert code == 0, (words, err)
        assert "Traceback" not in err
    database.run("UPDATE bronze.shardgen_runs SET state = 'interrupted' WHERE run = 2")
    assert run(capsys, "load", "--resume", "--progress", "none", *place)[0] == 0
    assert [each["state"] for each in json.loads(run(capsys, "status", "--json", *place)[1])] == ["finished"] * 2
    assert run(capsys, "reset", "--all", "--yes", *place)[0] == 0
    assert database.value("SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = 'bronze'") == 0


def test_nothing_of_ours_stays_in_the_sessions_of_a_transaction_pooler(database, capsys):
    with pooling(database.dsn, 2) as proxy:
        place, before = ("--dsn", proxy.dsn), [server.execute(STATE).fetchall() for server in proxy.servers]
        for words in (
            ("schema", "--apply"),
            LOAD,
            (*LOAD, "--if-exists", "replace"),
            ("plan", *VOLUME, *TABLES),
            ("status",),
            ("verify",),
            ("report", "--json", "--progress", "none"),
            ("reset", "--all", "--yes"),
        ):
            code, _, err = run(capsys, *words, *place)
            assert code == (2 if words == ("verify",) else 0), (words, err)
            after = [server.execute(STATE).fetchall() for server in proxy.servers]
            assert after == before, words
            assert not _locks(proxy), words


def _locks(proxy: Pooler) -> list[Any]:
    held = "SELECT locktype FROM pg_locks WHERE locktype IN ('advisory', 'relation') AND pid = ANY (%s) AND mode <> %s"
    pids = [server.info.backend_pid for server in proxy.servers]
    return proxy.servers[0].execute(held, [pids, "AccessShareLock"]).fetchall()


def test_a_zone_that_python_does_not_know_is_not_complained_about(database, capsys, caplog):
    database.run(f"ALTER DATABASE {database.name} SET timezone = '<+0545>-5:45'")
    assert run(capsys, *LOAD, "--dsn", database.dsn)[0] == 0
    for words in (("status",), ("status", "-q"), ("reset", "--yes", "-q")):
        code, _, err = run(capsys, *words, "--dsn", database.dsn)
        assert (code, "timezone" in err) == (0, False), err
    assert "timezone" not in caplog.text


@pytest.mark.parametrize("words", [("report", "--json", "--progress", "none"), ("reset", "--yes")])
def test_rows_that_may_not_be_seen_are_an_error_and_not_an_absence(database, capsys, words):
    role = f"reader_{database.name}"
    assert run(capsys, *LOAD, "--dsn", database.dsn)[0] == 0
    database.run(
        f"CREATE ROLE {role}",
        f"GRANT ALL ON SCHEMA bronze TO {role}",
        f"GRANT ALL ON ALL TABLES IN SCHEMA bronze TO {role}",
        "ALTER TABLE bronze.raw_customers ENABLE ROW LEVEL SECURITY",
        "UPDATE bronze.shardgen_targets SET created = false",
        "UPDATE bronze.shardgen_runs SET state = 'finished'",
    )
    try:
        _, out, err = run(capsys, *words, "--dsn", make_conninfo(database.dsn, options=f"-c role={role}"))
    finally:
        database.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
    assert "row-level security" in out + err
    assert database.value("SELECT count(*) FROM bronze.raw_customers") == 20
