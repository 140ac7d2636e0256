"""Somebody else's server: default settings, TCP with a password, and a role that owns one schema and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import shardgen as api
from shardgen.errors import ShardgenError
from tests.servers import PASSWORD, ForeignServer, foreign_server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MIGRATION = Path(__file__).with_name("migration.sql")
OPTIONS = {"customers": 50, "products": 30, "days": 5, "end": "2026-01-01", "sessions_per_day": 40}
WORLD = tuple(f"--{name.replace('_', '-')}={value}" for name, value in OPTIONS.items())


@pytest.fixture(scope="module")
def server() -> Iterator[ForeignServer]:
    with foreign_server() as made:
        yield made


@pytest.fixture(scope="module")
def environment(server: ForeignServer) -> dict[str, str]:
    """A database, and in it a role that owns two schemas and may do nothing else; as libpq's variables."""
    admin = {"host": "127.0.0.1", "port": server.port, "user": "admin", "password": PASSWORD}
    with psycopg.connect(**admin, dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute(f"CREATE ROLE loader LOGIN PASSWORD '{PASSWORD}'")
    with psycopg.connect(**admin, dbname="shop", autocommit=True) as connection:
        connection.execute("REVOKE ALL ON DATABASE shop FROM PUBLIC")
        connection.execute("GRANT CONNECT ON DATABASE shop TO loader")
        connection.execute("CREATE SCHEMA raw AUTHORIZATION loader")
        connection.execute("CREATE SCHEMA vault AUTHORIZATION loader")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SHARDGEN_", "PG", "POSTGRES_"))}
    libpq = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGDATABASE": "shop", "PGUSER": "loader"}
    return {**clean, **libpq, "PGPASSWORD": PASSWORD}


def shardgen(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shardgen", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_role_that_owns_only_its_schema_loads_and_reads_status(environment: dict[str, str]) -> None:
    done = shardgen(environment, "load", "--schema", "raw", *WORLD, "--progress", "plain", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["ok"]
    assert all(table["counted"] == table["ledger"] for table in report["tables"])
    assert not any(table["fast_path"] for table in report["tables"])
    status = shardgen(environment, "status", "--schema", "raw", "--json")
    assert json.loads(status.stdout)[0]["state"] == "finished"
    for output in (done.stdout, done.stderr, status.stdout, status.stderr):
        assert PASSWORD not in output


def test_without_the_right_to_create_a_schema_the_load_is_refused_before_it_writes(environment: dict[str, str]) -> None:
    done = shardgen(environment, "load", *WORLD, "--progress", "plain")
    assert done.returncode == 2
    assert "schema='bronze' does not exist and role='loader' may not create it" in done.stderr


@pytest.mark.parametrize(("name", "value"), [("PGPASSWORD", "wrong"), ("PGUSER", "nobody_here"), ("PGPORT", "1")])
def test_a_target_that_cannot_be_reached_is_told_in_the_servers_words(
    environment: dict[str, str], name: str, value: str
) -> None:
    done = shardgen({**environment, name: value}, "load", "--schema", "raw", *WORLD, "--progress", "plain")
    assert done.returncode == 2
    assert "connection" in done.stderr
    assert "Traceback" not in done.stderr
    assert PASSWORD not in done.stderr


# A schema as somebody else's migrations made it


@pytest.fixture
def architect(server: ForeignServer, environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """A database with the migrated schema; as libpq's variables of its owner."""
    admin = {"host": "127.0.0.1", "port": server.port, "user": "admin", "password": PASSWORD}
    with psycopg.connect(**admin, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE ROLE architect LOGIN PASSWORD '{PASSWORD}'")
        connection.execute("CREATE DATABASE warehouse TEMPLATE template0 ENCODING 'UTF8' OWNER architect")
        owner = {**environment, "PGDATABASE": "warehouse", "PGUSER": "architect"}
        try:
            with psycopg.connect(**{**admin, "user": "architect"}, dbname="warehouse", autocommit=True) as session:
                session.execute(MIGRATION.read_text(encoding="utf-8").encode())
            yield owner
        finally:
            connection.execute("DROP DATABASE warehouse WITH (FORCE)")
            connection.execute("DROP ROLE architect")


def definitions(server: ForeignServer, environment: dict[str, str]) -> list[str]:
    """What pg_dump says of the schema, but for the ledger."""
    words = ["-s", "-n", "bronze", "-T", "bronze.shardgen_*"]
    done = subprocess.run(
        [str(server.programs / "pg_dump"), *words], env=environment, capture_output=True, text=True, check=True
    )
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def test_a_schema_of_somebody_elses_migrations_is_loaded_by_column_name_and_stays_as_it_is(
    server: ForeignServer, environment: dict[str, str], architect: dict[str, str]
) -> None:
    loader = {**environment, "PGDATABASE": "warehouse"}
    before = definitions(server, architect)
    assert sum(line.startswith("CREATE INDEX") for line in before) > 24
    done = shardgen(loader, "load", *WORLD, "--progress", "plain", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    paths = {table["table"]: table["fast_path"] for table in report["tables"]}
    hidden = "its DEFAULT partition may not be read by this role"
    through = ", it is not owned by this role: rows go through the parent"
    assert paths == {
        "customers": "its 8 secondary indexes, triggers (customers_touch) existed and are kept during COPY",
        "products": "its 6 secondary indexes existed and are kept during COPY",
        "orders": f"{hidden}, it has foreign keys, it has triggers (orders_note){through}",
        "inventory": f"{hidden}, it has foreign keys{through}",
        "reviews": "its 5 secondary indexes, foreign keys existed and are kept during COPY",
        "sessions": "its 4 secondary indexes, foreign keys existed and are kept during COPY",
        "clickstream": f"{hidden}, it has foreign keys{through}",
    }
    for text in (
        "relation=raw_customers has no columns=gender: they are left out",
        "relation=raw_clickstream has no columns=referrer: they are left out",
        "relation=raw_orders: no fast path: its DEFAULT partition may not be read",
        "sequence=bronze.raw_clickstream_event_id_seq may not be moved by this role",
    ):
        assert text in done.stderr
    assert definitions(server, architect) == before
    verified = shardgen(loader, "verify", "--json", "--progress", "none")
    checks = json.loads(verified.stdout)["checks"]
    assert [check for check in checks if check["status"] == "failed"] == []
    assert {check["status"] for check in checks if check["level"] in ("counts", "digests")} == {"held"}
    moot = {check["name"]: check["finding"] for check in checks if check["status"] == "not applicable"}
    assert "table clickstream has no column referrer" in moot.values()
    replaced = shardgen(loader, "load", *WORLD, "--progress", "none", "--if-exists", "replace")
    assert replaced.returncode == 2  # to empty a table takes a right that INSERT is not
    assert "TRUNCATE" in replaced.stderr or "permission denied" in replaced.stderr


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("ALTER TABLE bronze.raw_orders DROP source_system", "column=raw_orders.source_system is missing: add it as"),
        (
            "ALTER TABLE bronze.raw_sessions ALTER duration_seconds TYPE bigint",
            "column=raw_sessions.duration_seconds is bigint: it must be integer",
        ),
        (
            "ALTER TABLE bronze.raw_customers ALTER registration_date TYPE timestamp(0)",
            "column=raw_customers.registration_date is timestamp(0) without time zone: it must be timestamp",
        ),
        (
            "ALTER TABLE bronze.raw_orders ALTER total_amount TYPE numeric(12,1)",
            "column=raw_orders.total_amount is numeric(12,1): it must be numeric(15,2)",
        ),
        ("ALTER TABLE bronze.raw_customers ADD vat text NOT NULL", "column=raw_customers.vat is not null without a"),
        (
            "ALTER TABLE bronze.raw_orders_default SET UNLOGGED",
            "partitions=raw_orders_default of raw_orders are UNLOGGED, so a crash would empty them",
        ),
        ("ALTER TABLE bronze.raw_reviews SET UNLOGGED", "relation=raw_reviews is UNLOGGED, so a crash would empty it"),
        (
            "ALTER TABLE bronze.raw_inventory ENABLE ROW LEVEL SECURITY",
            "relation=raw_inventory has row-level security for this role",
        ),
        ("REVOKE INSERT ON bronze.raw_orders FROM loader", "relation=raw_orders lacks INSERT or SELECT for this role"),
        ("REVOKE CREATE ON SCHEMA bronze FROM loader", "role='loader' may not create tables in schema='bronze'"),
    ],
)
def test_what_does_not_fit_is_named_before_anything_is_written(
    server: ForeignServer, architect: dict[str, str], statement: str, text: str
) -> None:
    names = {"host": "127.0.0.1", "port": server.port, "password": PASSWORD, "dbname": "warehouse"}
    with psycopg.connect(**names, user="architect", autocommit=True) as connection:
        connection.execute("DROP VIEW bronze.order_items")
        connection.execute(statement.encode())
        with pytest.raises(ShardgenError) as refused:
            api.load(make_conninfo(**names, user="loader"), progress="none", **OPTIONS)
        assert refused.value.exit_code == 2
        assert text in str(refused.value)
        assert connection.execute("SELECT to_regclass('bronze.shardgen_runs')").fetchone() == (None,)


# Ways to a password, and that it is shown nowhere


def by_password_file(environment: dict[str, str], home: Path) -> tuple[dict[str, str], list[str]]:
    file = home / "pgpass"
    file.write_text(f"127.0.0.1:{environment['PGPORT']}:*:loader:{PASSWORD}\n")
    file.chmod(0o600)
    rest = {name: value for name, value in environment.items() if name != "PGPASSWORD"}
    return {**rest, "PGPASSFILE": str(file)}, []


def by_service(environment: dict[str, str], home: Path) -> tuple[dict[str, str], list[str]]:
    lines = [f"{name}={environment[f'PG{variable}']}" for name, variable in SERVICE.items()]
    (home / "services").write_text("\n".join(["[shop]", *lines, f"password={PASSWORD}"]))
    rest = {name: value for name, value in environment.items() if not name.startswith("PG")}
    return {**rest, "PGSERVICE": "shop", "PGSERVICEFILE": str(home / "services")}, []


def by_uri(environment: dict[str, str], home: Path) -> tuple[dict[str, str], list[str]]:
    rest = {name: value for name, value in environment.items() if not name.startswith("PG")}
    where = f"127.0.0.1:{environment['PGPORT']}/{environment['PGDATABASE']}"
    return rest, ["--dsn", f"postgresql://loader:{quote(PASSWORD, safe='')}@{where}"]


def by_variable(environment: dict[str, str], home: Path) -> tuple[dict[str, str], list[str]]:
    return environment, []


SERVICE = {"host": "HOST", "port": "PORT", "dbname": "DATABASE", "user": "USER"}
SPELLINGS = (PASSWORD, quote(PASSWORD, safe=""), quote(PASSWORD), quote_plus(PASSWORD))


SLOW = [pytest.param(way, marks=pytest.mark.slow) for way in (by_service, by_uri, by_variable)]


@pytest.mark.parametrize("way", [by_password_file, *SLOW])
def test_a_password_is_found_and_shown_nowhere_though_the_server_quotes_it(
    server: ForeignServer, environment: dict[str, str], tmp_path: Path, way
) -> None:
    named, words = way(environment, tmp_path)
    log = tmp_path / "events.jsonl"
    quoted = " and ".join(SPELLINGS)
    table = ("--schema", "vault", "--tables", "sessions", "--if-exists", "replace", "--yes", "--workers", "1", *words)
    outputs = []

    def run(*arguments: str, code: int) -> None:
        done = shardgen(named, *arguments)
        assert done.returncode == code, done.stderr
        outputs.extend([done.stdout, done.stderr])

    with psycopg.connect(
        host="127.0.0.1", port=server.port, user="loader", password=PASSWORD, dbname="shop", autocommit=True
    ) as session:
        run("load", *table, *WORLD, "-v", "--progress", "plain", "--json", "--log-file", str(log), code=0)
        session.execute("CREATE TABLE IF NOT EXISTS vault.template (LIKE vault.raw_sessions INCLUDING ALL)")
        leak = (
            "CREATE OR REPLACE FUNCTION vault.leak() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF current_setting('application_name') ~ '{}' THEN "
            f"RAISE 'no way to {quoted.replace('%', '%%')}' USING HINT = '{quoted}'; END IF; RETURN NEW; END $$"
        )
        session.execute(leak.format("coordinator").encode())
        session.execute("DROP TABLE vault.raw_sessions")
        session.execute("CREATE TABLE vault.raw_sessions (LIKE vault.template)")
        session.execute(
            "CREATE TRIGGER leak BEFORE INSERT ON vault.raw_sessions FOR EACH ROW EXECUTE FUNCTION vault.leak()"
        )
        run("load", *table, *WORLD, "-v", "--progress", "plain", "--json", "--log-file", str(log), code=2)
        session.execute(leak.format("sessions").encode())
        run("load", *table, *WORLD, "-v", "--progress", "plain", "--json", "--log-file", str(log), code=1)
        run("status", "--schema", "vault", "--json", *words, code=0)
        run("status", "--schema", "vault", *words, code=0)
        run("config", *words, code=0)
        for name in ("runs", "targets", "shards", "steps", "failures"):
            outputs += [row[0] for row in session.execute(f"SELECT t::text FROM vault.shardgen_{name} AS t".encode())]
        session.execute("DROP TABLE vault.raw_sessions")
    outputs.append(log.read_text())
    together = "\n".join(outputs)
    assert "no way to ***" in together
    for spelling in SPELLINGS:
        assert spelling not in together


def test_options_of_tls_reach_the_server(environment: dict[str, str]) -> None:
    done = shardgen({**environment, "PGSSLMODE": "require"}, "load", "--schema", "raw", *WORLD, "--progress", "none")
    assert done.returncode == 2
    assert "server does not support SSL, but SSL was required" in done.stderr
