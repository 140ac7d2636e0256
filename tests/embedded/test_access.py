"""How people and tools get at what was loaded: psql in its schema, and a TCP port for those that know no socket."""

from __future__ import annotations

import json
import os
import pty
import select
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from shardgen.cli import entry
from shardgen.embedded import server
from shardgen.embedded.surroundings import with_search_path
from shardgen.stores.postgres import loaded
from tests.loads import clean_environment
from tests.servers import short_directory

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def home():
    with short_directory() as directory:
        yield directory / "h"


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch):
    for name in set(os.environ) - set(clean_environment()):
        monkeypatch.delenv(name)


@pytest.fixture
def run(home, monkeypatch, capfd):
    """Runs the program on the home: exit code, stdout, stderr."""
    monkeypatch.setenv("SHARDGEN_HOME", str(home))

    def once(*words):
        with pytest.raises(SystemExit) as ended:
            entry.main(list(words))
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return once


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def connected(port, password, host="127.0.0.1"):
    with psycopg.connect(
        host=host, port=port, user="shardgen", dbname="shardgen", password=password, connect_timeout=5
    ) as found:
        return found.execute("SELECT current_user").fetchone()


def test_a_port_is_opened_with_a_password_kept_and_closed_again(run, home):
    server.stop(home)
    port = free_port()
    code, out, err = run("db", "start", "--port", str(port), "--new-password", "--json")
    assert code == 0, err
    facts = json.loads(out)
    password = facts["password"]
    assert {name: facts[name] for name in ("host", "port", "user", "database")} == {
        "host": "127.0.0.1",
        "port": port,
        "user": "shardgen",
        "database": "shardgen",
    }
    assert connected(port, password) == ("shardgen",)
    for wrong in ("", "x", password.lower() + "x"):
        with pytest.raises(psycopg.OperationalError, match=r"password"):
            connected(port, wrong)
    listening = subprocess.run(["cat", "/proc/net/tcp", "/proc/net/tcp6"], capture_output=True, text=True, check=False)
    addresses = [line.split()[1] for line in listening.stdout.splitlines() if f":{port:04X} " in line.split(" 0A")[0]]
    assert {address.partition(":")[0] for address in addresses if address.endswith(f":{port:04X}")} <= {"0100007F"}

    code, out, err = run("db", "start", "--port", str(port))  # runs already: the password is not told again
    assert (code, password in out + err, "--new-password" in out) == (0, False, True)
    assert f"port     {port}" in run("db", "status")[1]
    assert json.loads(run("db", "status", "--json")[1])["port"] == port
    for other in (str(free_port()), "0"):
        code, _, err = run("db", "start", "--port", other)
        assert code == 2
        assert f"port={other} cannot be set: the server runs already, with port={port}: stop it first" in err
        assert f" db stop --data-dir {home}" in err

    another = json.loads(run("db", "start", "--new-password", "--json")[1])["password"]
    assert connected(port, another) == ("shardgen",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        connected(port, password)
    written = "".join(path.read_text(errors="replace") for path in home.glob("*") if path.is_file())
    assert not [secret for secret in (password, another) if secret in written]

    run("db", "stop")
    assert server.start(home).port == port  # as a load starts it
    assert connected(port, another) == ("shardgen",)
    run("db", "stop")
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        code, _, err = run("db", "start", "--port", str(port))
        assert (code, f"port={port} cannot be opened: another program has it: choose another one" in err) == (2, True)
        notices = []
        assert server.start(home, on_notice=notices.append).port is None  # a load needs no port
        assert any(f"without its port={port}" in notice for notice in notices)
    run("db", "stop")
    code, out, _ = run("db", "start", "--port", "0", "--json")
    assert (code, json.loads(out).get("port"), json.loads(out)["password"]) == (0, None, None)
    run("db", "stop")
    assert server.start(home).port is None


@pytest.mark.parametrize("port", ["-1", "80", "1023", "65536", "99999"])
def test_a_port_that_cannot_be_is_refused_before_anything_is_written(port, run, tmp_path, monkeypatch):
    monkeypatch.setenv("SHARDGEN_HOME", str(tmp_path / "none"))
    code, _, err = run("db", "start", "--port", port)
    assert (code, f"port={port} is out of range: use 1024 to 65535, or 0 to close the port" in err) == (2, True)
    assert not (tmp_path / "none").exists()


def test_another_password_is_for_a_server_that_listens(run, home):
    server.stop(home)
    server.start(home, port=0)
    code, _, err = run("db", "start", "--new-password")
    assert (code, "--new-password is for a server that listens: give it a --port" in err) == (2, True)


SCHEMAS = ["bronze", "Raw Data", 'a"b', "back\\slash", "żó,ł"]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_tables_are_found_without_their_schemas_name(schema, home):
    dsn = server.start(home).dsn
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(psycopg.sql.Identifier(schema)))
    with psycopg.connect(with_search_path(dsn, schema)) as connection:
        assert connection.execute("SELECT current_schema()").fetchone() == (schema,)


def test_psql_is_led_to_the_newest_load_or_the_schema_that_is_named(database):
    assert loaded.look(database.dsn, None) == loaded.Loaded(schema=None, tables=(), others=())
    for schema, day in (("older", 1), ("newer", 3), ("oldest", 0)):
        database.run(
            f"CREATE SCHEMA {schema}",
            f"CREATE TABLE {schema}.shardgen_runs AS SELECT timestamptz '2026-01-0{day + 1}' AS started",
            f"CREATE TABLE {schema}.raw_orders (id int)",
            f"CREATE TABLE {schema}.raw_clicks (at date) PARTITION BY RANGE (at)",
            f"CREATE TABLE {schema}.raw_clicks_1 PARTITION OF {schema}.raw_clicks DEFAULT",
        )
    tables = ("raw_clicks", "raw_orders")
    assert loaded.look(database.dsn, None) == loaded.Loaded(schema="newer", tables=tables, others=("older", "oldest"))
    assert loaded.look(database.dsn, "older").schema == "older"
    assert loaded.look(database.dsn, "no_such").tables == ()


def conversation(home, *words):
    """What a person sees who opens psql at a terminal and leaves at once."""
    pid, terminal = pty.fork()
    if pid == 0:
        environment = {**clean_environment(), "SHARDGEN_HOME": str(home), "TERM": "dumb", "PSQL_PAGER": "cat"}
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "shardgen", "db", "psql", *words], environment)
    seen, asked, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                seen += os.read(terminal, 4096)
            except OSError:
                break
        if not asked and b"=#" in seen:
            os.write(terminal, b"\\q\n")
            asked = True
    os.waitpid(pid, 0)
    os.close(terminal)
    return seen.decode()


def test_a_person_is_greeted_with_the_tables_in_two_lines_and_a_program_with_nothing(home, run):
    dsn = server.start(home).dsn
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS mine")
        connection.execute("CREATE TABLE mine.raw_orders (id int)")
        connection.execute("CREATE TABLE mine.raw_reviews (id int)")
    greeted = conversation(home, "--schema", "mine", "-X")
    assert greeted.splitlines()[:2] == [
        "schema mine   columns: \\d raw_orders   leave: \\q",
        "tables raw_{orders,reviews}",
    ]
    assert "has no tables yet: " in conversation(home, "--schema", "nowhere", "-X").splitlines()[0]
    for words in (("-c", "show search_path"), ("-XAtc", "show search_path")):
        assert "schema mine" not in conversation(home, "--schema", "mine", *words)
    done = subprocess.run(
        [sys.executable, "-m", "shardgen", "db", "psql", "--schema", "mine", "-XAt"],
        input="select count(*) from raw_orders;",
        cwd=ROOT,
        env={**clean_environment(), "SHARDGEN_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")
