"""Somebody else's server: default settings, TCP with a password, and a role that owns one schema and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.programs import copied_programs

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse/battery?staple"
WORLD = ("--customers", "50", "--products", "30", "--days", "5", "--end", "2026-01-01", "--sessions-per-day", "40")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Port of a server as initdb leaves it (wal_level=replica), on loopback, with scram passwords."""
    home = Path(tempfile.mkdtemp(prefix="sg-ext-", dir="/tmp"))
    home.chmod(0o755)
    programs = copied_programs(home / "pg")
    (home / "password").write_text(PASSWORD)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    account = {}
    if os.geteuid() == 0:  # PostgreSQL does not run as root
        shutil.chown(home, 65534, 65534)
        account = {"user": 65534, "group": 65534, "extra_groups": []}

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"]},
            **account,
        )

    data, log = str(home / "data"), str(home / "log")
    try:
        run("initdb", "-D", data, "-U", "admin", "-A", "scram-sha-256", f"--pwfile={home / 'password'}", "-E", "UTF8")
        run("pg_ctl", "-w", "-D", data, "-l", log, "-o", f"-p {number} -h 127.0.0.1 -k {home}", "start")
        yield number
        run("pg_ctl", "-w", "-m", "immediate", "-D", data, "stop")
    finally:
        shutil.rmtree(home)


@pytest.fixture(scope="module")
def environment(port: int) -> dict[str, str]:
    """A database, and in it a role that owns the schema ``raw`` and may do nothing else; as libpq's variables."""
    admin = {"host": "127.0.0.1", "port": port, "user": "admin", "password": PASSWORD}
    with psycopg.connect(**admin, dbname="postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE shop TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute(f"CREATE ROLE loader LOGIN PASSWORD '{PASSWORD}'")
    with psycopg.connect(**admin, dbname="shop", autocommit=True) as connection:
        connection.execute("REVOKE ALL ON DATABASE shop FROM PUBLIC")
        connection.execute("GRANT CONNECT ON DATABASE shop TO loader")
        connection.execute("CREATE SCHEMA raw AUTHORIZATION loader")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SHARDGEN_", "PG", "POSTGRES_"))}
    libpq = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGDATABASE": "shop", "PGUSER": "loader"}
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
