"""The ways in: make, the container, and what a command answers that was meant for another tool."""

from __future__ import annotations

import functools
import io
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

import shardgen
from shardgen.cli import application, entry
from shardgen.display.grids import grid_of, total
from shardgen.display.plans import forecast_table
from shardgen.forecast.forecast import Forecast, tables_of
from shardgen.model.figures import plural
from shardgen.options import meant

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "scripts" / "examples"
COMMANDS = [[command.__name__] for command in application.COMMANDS] + [
    ["db", command.__name__] for command in application.SERVER_COMMANDS
]


def refused(*words: str, capsys) -> str:
    with pytest.raises(SystemExit) as ended:
        entry.main(list(words))
    assert ended.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["db"], *COMMANDS], ids=" ".join)
def test_every_command_tells_itself_by_a_short_option_too(words, capsys):
    told = []
    for option in ("-h", "--help"):
        with pytest.raises(SystemExit) as ended:
            entry.main([*words, option])
        assert ended.value.code == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1] != ""


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["load", "--force"], "--if-exists replace or --yes?"),
        (["load", "--overwrite"], "--if-exists replace or --yes?"),
        (["reset", "--force"], "--yes?"),
        (["init", "--overwrite"], "--force?"),
        (["load", "--append"], "--if-exists append?"),
        (["load", "--skip-existing"], "--on-conflict skip?"),
        *((["load", f"--{name}", "x"], "--dsn?") for name in ("host", "port", "user", "password", "database", "url")),
        (["load", "--rows", "5"], "--scale or --customers or --orders-per-day?"),
        (["sample", "orders", "--rows", "5"], "-n or --scale or --customers or --orders-per-day?"),
        (["load", "--jobs", "4"], "--workers?"),
        (["load", "--dry-run"], "the command "),
        (["load", "--dns", "x"], "--dsn?"),
        (["verify", "--only", "orders"], "--tables?"),
        (["report", "--file", "x"], "--output?"),
        (["status", "--follow"], "--watch?"),
        (["generate"], "load?"),
        (["start"], "db start?"),
        (["psql"], "db psql?"),
        (["delete"], "reset?"),
        (["db", "connect"], "psql?"),
    ],
    ids=" ".join,
)
def test_what_another_tool_calls_it_is_answered_with_what_does_it_here(words, answer, capsys):
    [error, tried] = refused(*words, capsys=capsys).splitlines()
    assert f". Did you mean {answer}" in error
    assert tried.endswith(" --help")


@pytest.mark.parametrize(
    "words", [["load", "--zebra"], ["load", "--colour", "x"], ["zebra"], ["db", "zebra"]], ids=" ".join
)
def test_nothing_unrelated_is_suggested(words, capsys):
    assert "Did you mean" not in refused(*words, capsys=capsys)


def test_no_word_of_another_tool_is_taken_for_a_misspelt_option():
    known = {"force", "workers", "scale", "days", "end", "dsn", "tables", "yes", "resume", "seed", "schema", "verify"}
    assert meant.options("force", known - {"force"}) == [("yes", "")]
    assert meant.options("zebra", known) == []


@pytest.mark.parametrize("spelling", ["--table", "--tables", "--table=ordrs"])
def test_tables_have_one_name_and_the_old_one_is_understood(spelling, capsys):
    words = [spelling] if "=" in spelling else [spelling, "ordrs"]
    assert "tables='ordrs' is unknown" in refused("verify", "--dsn", "host=127.0.0.1 port=1", *words, capsys=capsys)


@pytest.mark.parametrize("width", [20, 30, 40, 50, 64, 65, 80, 120])
def test_no_figure_of_a_table_is_cut_at_any_width(width):
    plan = shardgen.plan(end="2026-01-01")
    forecast = Forecast(plan=plan, tables=tables_of(plan), duration=None, findings=None, target="", unasked="no")
    text = printed(forecast_table(forecast), width)
    assert "…" not in text
    assert "54,750" in text
    assert max(map(len, text.splitlines())) <= width


def test_a_table_that_fits_stays_a_table():
    grid = grid_of("table", "rows")
    grid.add_row("orders", "1,234,567")
    total(grid, "1,234,567")
    assert re.search(r"orders +1,234,567", printed(grid, 17))
    assert printed(grid, 14).splitlines()[:2] == ["orders", "  rows 1,234,567"[:16]] or "…" not in printed(grid, 14)


def printed(what, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(what)
    return "\n".join(line.rstrip() for line in console.export_text().splitlines())


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 shards"), (1, "1 shard"), (1.0, "1 shard"), (2, "2 shards"), (1234, "1,234 shards")]
)
def test_one_is_no_plural(number, told):
    assert plural(number, "shard") == told


def test_sizes_are_of_one_family_of_units():
    for path in (ROOT / "shardgen").rglob("*.py"):
        found = re.findall(r"\}\s?[kMGT]B\b", path.read_text(encoding="utf-8"))
        assert not found or path.name == "conf.py", path  # PostgreSQL's own settings


# --- make -------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not shutil.which("make"), reason="needs make")
def test_make_clean_refuses_while_a_server_runs_from_there(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".venv").mkdir()
    clean = ["make", "-C", str(tmp_path), "clean"]
    own = {
        name: value for name, value in os.environ.items() if name != "VENV" and not name.startswith(("MAKE", "MFLAGS"))
    }
    run = functools.partial(subprocess.run, clean, capture_output=True, text=True, env=own)  # not make's that runs us
    title = f"{tmp_path}/.venv/lib/pgsql/bin/postgres -D /a home/postgres -c config_file=/a"
    server = subprocess.Popen(["bash", "-c", f"exec -a {shlex.quote(title)} sleep 60"])
    try:
        while (
            title
            not in subprocess.run(["ps", "-axww", "-o", "args="], capture_output=True, text=True, check=True).stdout
        ):
            assert server.poll() is None
        refused = run(check=False)
        assert refused.returncode == 2
        assert ".venv/bin/shardgen db stop --data-dir '/a home'" in refused.stderr
        assert (tmp_path / ".venv").exists()
    finally:
        server.kill()
        server.wait()
    run(check=True)
    assert not (tmp_path / ".venv").exists()


def test_make_installs_what_the_printed_next_step_needs():
    assert "PIP_INSTALL,'.[report]'" in (ROOT / "Makefile").read_text(encoding="utf-8")


# --- the container ----------------------------------------------------------------------------------------------------


def test_the_container_runs_as_any_uid_and_writes_where_volumes_are():
    steps = [
        line.split(None, 1) for line in (EXAMPLES / "Containerfile").read_text().splitlines() if line[:1].isupper()
    ]
    last = dict(steps)
    assert re.fullmatch(r"\d+:0", last["USER"])  # a number: Kubernetes can tell that it is not root
    assert last["WORKDIR"] == last["VOLUME"] == "/data"
    assert "HOME=/data SHARDGEN_HOME=/data/" in last["ENV"]
    assert any(name == "RUN" and "chgrp 0 /data && chmod g=u /data" in value for name, value in steps)
    copied = [value.split()[-2] for name, value in steps if name == "COPY" and value.startswith("--chmod=755 ")]
    assert copied == ["scripts/examples/entrypoint.sh"]
    assert (ROOT / copied[0]).stat().st_mode & 0o111


@pytest.mark.parametrize("known", [True, False])
def test_the_container_gives_a_uid_without_a_name_one(tmp_path, known):
    (tmp_path / "getent").write_text(f"#!/bin/sh\nexit {0 if known else 2}\n")
    (tmp_path / "shardgen").write_text('#!/bin/sh\nenv\necho "$@"\n')
    for stub in ("getent", "shardgen"):
        (tmp_path / stub).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TMPDIR": str(tmp_path)}
    ran = subprocess.run(
        ["sh", EXAMPLES / "entrypoint.sh", "load", "a b"], env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "load a b"
    assert ("NSS_WRAPPER_PASSWD=" in ran.stdout) is not known
    if not known:
        names = (tmp_path / "passwd").read_text()
        assert f"shardgen:x:{os.getuid()}:" in names
        assert names.startswith(Path("/etc/passwd").read_text())
