"""The command line with a coordinator of straw: what it parses, prints where, and with which code it ends."""

from __future__ import annotations

import inspect
import json
import os
import re
import resource
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import faker
import pytest
from typer.testing import CliRunner

import shardgen
import shardgen.loading
from shardgen.cli import application, entry
from shardgen.cli.options import epilog
from shardgen.errors import Interrupted, ReconciliationError, ShardError, TargetError
from shardgen.events import LoadFinished, LoadStarted, ShardDone
from shardgen.loading.reconcile import LoadReport, TableReport
from shardgen.model.config import DATA_VERSION, LoadConfig, PlanConfig
from shardgen.options import settings
from shardgen.options.declared import FILES, OF_FILES, OPTIONS, SETTABLE, written
from shardgen.options.profiles import PROFILES
from shardgen.tables.wanted import plan_config
from tests.worlds import TABLES

COMMANDS = {
    command.__name__ if group == "" else f"{group} {command.__name__}": [*group.split(), command.__name__]
    for group, commands in (("", application.COMMANDS), ("db", application.SERVER_COMMANDS))
    for command in commands
}
TODAY = date(2026, 1, 1)
DSN = "postgresql://me:s3cret@127.0.0.1:1/shop"
SMALL = ["--customers", "100", "--products", "50", "--days", "3", "--end", "2026-01-01"]


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path, tmp_path_factory, monkeypatch):
    programs = tmp_path_factory.mktemp("bin")
    (programs / "shardgen").touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(programs / "shardgen")])
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in list(os.environ):
        if name.startswith(("SHARDGEN_", "POSTGRES_", "PG")):
            monkeypatch.delenv(name)


@pytest.fixture
def coordinator(monkeypatch):
    """Takes the place of the machinery; ``calls`` holds what it was asked, ``raises`` what it shall raise."""
    straw = SimpleNamespace(calls=[], raises=None)

    def finish(load: LoadConfig, show, schema: str) -> LoadReport:
        show(
            LoadStarted(
                run=7,
                resumed=False,
                workers=2,
                rows={"orders": 5},
                shards={"orders": 1},
                rows_done={},
                shards_done={},
                bytes={"orders": 90},
                local=True,
            )
        )
        if straw.raises:
            show(LoadFinished(ok=False))
            raise straw.raises
        show(ShardDone(shard="orders/1", table="orders", rows=5, bytes=90, seconds=0.1, by_us=True))
        show(LoadFinished(ok=True))
        return report(schema=schema, workers=load.workers)

    def load(plan: PlanConfig, load: LoadConfig, store, *, options, show, **rest) -> LoadReport:
        straw.calls.append(("load", plan, load, store, options))
        return finish(load, show, plan.schema)

    def resume(load: LoadConfig, store, *, given, show, **rest) -> LoadReport:
        straw.calls.append(("resume", store, load, given))
        return finish(load, show, store.schema)

    straw.load, straw.resume = load, resume
    monkeypatch.setitem(sys.modules, "shardgen.loading.session", straw)
    monkeypatch.setattr(shardgen.loading, "session", straw, raising=False)
    return straw


def report(**changes) -> LoadReport:
    table = TableReport(
        table="orders",
        relation="raw_orders",
        planned=5,
        exact=True,
        ledger=5,
        counted=5,
        shards=1,
        bytes=90,
        seconds=0.1,
        size=8192,
        fast_path="",
    )
    facts = {
        "run": 7,
        "schema": "bronze",
        "target": "host=127.0.0.1 dbname=shop password=***",
        "ok": True,
        "tables": (table,),
        "seconds": 2.0,
        "rows_per_second": 2.5,
        "phases": {"copy": 0.1},
        "retries": 0,
        "differences": (),
        "resumed": False,
        "workers": 2,
        "plan": {},
    }
    return LoadReport(**{**facts, **changes})


def run(*words: str, capsys) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of the program, with its own handling of errors."""
    with pytest.raises(SystemExit) as ended:
        entry.main(list(words))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


# --- help -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_every_command_explains_itself_with_examples(words):
    shown = CliRunner().invoke(application.app, [*words, "--help"])
    assert shown.exit_code == 0
    assert f"shardgen {' '.join(words)}" in shown.output.partition("Examples")[2]


def test_an_example_that_calls_another_command_calls_it_as_this_one_was(monkeypatch):
    monkeypatch.setattr("shardgen.cli.options.program", lambda: ".venv/bin/shardgen")
    shown = epilog('load --dsn "$(shardgen db url)"', "queries revenue | shardgen db psql")
    assert '.venv/bin/shardgen load --dsn "$(.venv/bin/shardgen db url)"' in shown
    assert ".venv/bin/shardgen queries revenue | .venv/bin/shardgen db psql" in shown


def test_no_command_at_all_shows_the_help():
    assert "Commands" in CliRunner().invoke(application.app, []).output


@pytest.mark.parametrize("command", ["load", "plan"])
def test_every_option_of_the_plan_is_on_the_command_line_with_a_text(command):
    shown = CliRunner().invoke(application.app, [command, "--help"], env={"COLUMNS": "200"}).output
    names = set(inspect.signature(plan_config).parameters) - {"today"}
    for name in {*names, "workers", "if_exists", "progress", "dsn", "data_dir", "config"}:
        assert re.search(rf"--{name.replace('_', '-')} .*[a-z]", shown), name


def test_help_shows_the_defaults_that_are_in_force():
    shown = CliRunner().invoke(application.app, ["load", "--help"], env={"COLUMNS": "200"}).output
    defaults = inspect.signature(plan_config).parameters
    for name in ("seed", "customers", "products", "orders_per_day", "review_rate", "warehouses"):
        assert re.search(rf"--{name.replace('_', '-')} .*Default: {defaults[name].default}\.", shown), name


def test_the_versions_that_matter_are_told(capsys):
    code, out, err = run("--version", capsys=capsys)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:2] == [f"shardgen {shardgen.__version__}", f"data version {DATA_VERSION}"]
    names = ("Faker", "numpy", "pyarrow", "psycopg", "libpq", "PostgreSQL", "Python")
    for name, line in zip(names, lines[2:], strict=True):
        assert re.fullmatch(rf"{name} \d+\.\d+\S*", line)
    assert run("version", capsys=capsys) == (0, out, "")
    told = json.loads(run("version", "--json", capsys=capsys)[1])
    assert list(map(str, told.values())) == [line.rpartition(" ")[2] for line in lines]
    assert told["faker"] == faker.VERSION


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["load", "--order-per-day", "3"], "error: no such option: --order-per-day. Did you mean --orders-per-day?\n"),
        (["laod"], "error: no such command 'laod'. Did you mean load?\ntry: shardgen --help\n"),
        (["db", "strat"], "error: no such command 'strat'. Did you mean start?\ntry: shardgen db --help\n"),
        (["load", "--indexes", "ful"], "error: indexes='ful' is unknown: choose from keys, full, none (did you mean "),
        (["verify", "--table", "ordrs"], "error: tables='ordrs' is unknown: choose from customers, "),
        (["load", "more"], "error: got unexpected extra argument(s) (more)\ntry: shardgen load --help\n"),
        (["sample"], "error: nothing is named: give a TABLE, or --story CUSTOMER\n"),
        (["load", "--seed"], "error: option '--seed' requires an argument."),
    ],
)
def test_what_is_misspelt_is_answered_with_what_was_meant(capsys, words, answer):
    code, out, err = run(*words, capsys=capsys)
    assert (code, out) == (2, "")
    assert err.startswith(answer)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        pytest.param("shardgen load --indexes ", ["keys", "full", "none"], marks=pytest.mark.slow),
        ("shardgen load --profile ", ["demo", "dev", "bench", "mine"]),
        ("shardgen load --tables orders,c", ["orders,customers", "orders,clickstream"]),
        pytest.param("shardgen sample cl", ["clickstream"], marks=pytest.mark.slow),
        pytest.param("shardgen db sto", ["stop"], marks=pytest.mark.slow),
    ],
)
def test_completion_offers_what_fits(tmp_path, line, offered):
    (tmp_path / "shardgen.toml").write_text("[profiles.mine]\n")
    words = line.split(" ")
    bash = {"_SHARDGEN_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    assert program(env=bash).stdout.split() == offered
    zsh = {"_SHARDGEN_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": line}
    assert all(f'"{each}"' in program(env=zsh).stdout for each in offered)
    fish = {
        "_SHARDGEN_COMPLETE": "complete_fish",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    assert [each.partition("\t")[0] for each in program(env=fish).stdout.splitlines()] == offered


# --- load -------------------------------------------------------------------------------------------------------------


def test_load_hands_plan_target_and_options_to_the_coordinator(coordinator, capsys):
    code, out, err = run("load", "--dsn", DSN, *SMALL, "--workers", "3", "--if-exists", "replace", capsys=capsys)
    assert (code, out) == (0, "")
    [(call, plan, load, store, options)] = coordinator.calls
    assert call == "load"
    assert (plan.world.customers, plan.days, str(plan.end)) == (100, 3, "2026-01-01")
    assert (store.dsn, load.workers, load.if_exists) == (DSN, 3, "replace")
    assert (options["customers"], options["end"], options["tables"][0]) == (100, "2026-01-01", "customers")
    assert "raw_orders" in err
    assert "plan, ledger and count(*) agree for every table" in err
    assert "psql 'host=127.0.0.1 dbname=shop'" in err
    assert "s3cret" not in err


def test_resume_hands_over_only_what_was_named(coordinator, capsys):
    code, _, _ = run("load", "--resume", "--dsn", DSN, "--seed", "7", "--schema", "raw", capsys=capsys)
    assert code == 0
    [(call, store, _, given)] = coordinator.calls
    assert (call, store.schema, given) == ("resume", "raw", {"seed": 7, "schema": "raw"})


def test_json_is_all_that_is_on_stdout(coordinator, capsys):
    code, out, err = run("load", "--dsn", DSN, "--json", "--progress", "plain", capsys=capsys)
    assert code == 0
    assert json.loads(out)["tables"][0]["counted"] == 5
    assert "run 7 begins" in err


def test_without_progress_a_load_tells_its_summary_and_quiet_alone_is_silent(coordinator, capsys):
    code, out, err = run("load", "--dsn", DSN, "--progress", "none", capsys=capsys)
    assert (code, out) == (0, "")
    assert "plan, ledger and count(*) agree" in err
    assert run("load", "--dsn", DSN, "-q", capsys=capsys) == (0, "", "")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (
            ShardError("orders/2025-03", 5, "disk full"),
            1,
            "error: shard='orders/2025-03' failed at attempt=5: disk full",
        ),
        (
            ReconciliationError("they disagree:\n  - orders: 5 planned", {"ok": False}),
            1,
            "error: they disagree:\n  - orders: 5 planned",
        ),
        (Interrupted(2), 130, "error: interrupted (Ctrl-C)"),
        (Interrupted(15), 143, "error: stopped by SIGTERM"),
    ],
)
def test_a_load_that_stops_says_how_to_go_on(coordinator, capsys, error, code, text):
    error.resumable = True  # a run is claimed
    coordinator.raises = error
    ended, out, err = run("load", "--dsn", DSN, "--schema", "my raw", "--days", "3", capsys=capsys)
    assert (ended, out) == (code, "")
    assert text in err
    assert err.splitlines()[-2:] == [
        "to go on: shardgen load --resume --dsn 'user=me dbname=shop host=127.0.0.1 port=1' --schema 'my raw'",
        "password: in PGPASSWORD or ~/.pgpass, as it is not shown here",
    ]
    assert "s3cret" not in err
    assert "Traceback" not in err


def test_a_failed_reconciliation_is_told_in_json_too(coordinator, capsys):
    coordinator.raises = ReconciliationError("they disagree", {"ok": False, "differences": ["orders"]})
    code, out, _ = run("load", "--dsn", DSN, "--json", "--progress", "none", capsys=capsys)
    assert (code, json.loads(out)) == (1, {"ok": False, "differences": ["orders"]})


def test_a_target_that_refuses_needs_no_resuming(coordinator, capsys):
    coordinator.raises = TargetError("schema='bronze' holds rows of somebody else: use --if-exists replace")
    code, _, err = run("load", "--dsn", DSN, "--progress", "none", capsys=capsys)
    assert (code, err) == (2, "error: schema='bronze' holds rows of somebody else: use --if-exists replace\n")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--days", "-3"], "error: days=-3 is out of range: use 1 to 7300\n"),
        (["--days", "abc"], "error: days='abc' is not a whole number\n"),
        (["--scale", "nan"], "error: scale=nan is out of range: use 0 to 1000000000000\n"),
        (["--workers", "0"], "error: workers=0 is out of range: use 1 to 512\n"),
        (["--attempts", "0"], "error: attempts=0 is out of range: use 1 to 100\n"),
        (["--batch-rows", "0"], "error: batch-rows=0 is out of range: use 1 to 100000\n"),
        (["--tables", "ordrs"], "error: tables='ordrs' is unknown: choose from customers, "),
        (["--tables", "ordrs", "--resume"], "error: tables='ordrs' is unknown: choose from customers, "),
        (["--end", "soon"], "error: end='soon' is not a date such as 2026-01-31\n"),
        (["--progress", "loud"], "error: progress='loud' is unknown: choose from auto"),
        (["--config", "none.toml"], "error: config='none.toml' cannot be read: No such file or directory\n"),
        (["--dsn", "host=h my s3cret"], "error: --dsn is no connection string: libpq says: "),
        (
            ["--days", "x", "--seed", "y"],
            "error: seed='y' is not a whole number\nerror: days='x' is not a whole number\n",
        ),
    ],
)
def test_nonsense_ends_with_2_before_anything_is_touched(coordinator, capsys, monkeypatch, words, text):
    monkeypatch.setitem(sys.modules, "shardgen.embedded.server", None)  # importing it would fail
    code, out, err = run("load", *words, capsys=capsys)
    assert (code, out) == (2, "")
    assert err.startswith(text)
    assert "s3cret" not in err
    assert coordinator.calls == []


def test_a_bug_shows_its_traceback_without_secrets(coordinator, capsys, monkeypatch):
    monkeypatch.setenv("PGPASSWORD", "0ther")
    coordinator.raises = RuntimeError(f"cannot handle {DSN}, s3cret or 0ther")
    for words in (["--dsn", DSN], [f"--dsn={DSN}"]):
        code, _, err = run("load", *words, "--progress", "none", capsys=capsys)
        assert code == 1
        assert "RuntimeError: cannot handle postgresql://me:***@127.0.0.1:1/shop, *** or ***" in err
    monkeypatch.setenv("SHARDGEN_DSN", DSN)
    assert "s3cret" not in run("load", "--progress", "none", capsys=capsys)[2]


def test_differences_are_shown_and_end_with_1(monkeypatch, coordinator, capsys):
    differences = ("orders: 5 rows planned, 4 in the ledger, 4 counted",)
    monkeypatch.setattr(coordinator, "load", lambda *_, **__: report(ok=False, differences=differences))
    code, _, err = run("load", "--dsn", DSN, capsys=capsys)
    assert code == 1
    assert differences[0] in err


# --- how much is told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["-q", "load"], ["load", "--quiet"]])
def test_quiet_leaves_nothing_on_stderr_but_errors(coordinator, capsys, words):
    assert run(*words, "--dsn", DSN, "--progress", "plain", capsys=capsys) == (0, "", "")
    coordinator.raises = TargetError("the target refuses")
    assert run(*words, "--dsn", DSN, capsys=capsys) == (2, "", "error: the target refuses\n")


def test_quiet_does_not_outlive_its_command(coordinator, capsys):
    run("load", "-q", "--dsn", DSN, capsys=capsys)
    assert "run 7 begins" in run("load", "--dsn", DSN, "--progress", "plain", capsys=capsys)[2]


@pytest.mark.parametrize("words", [["-v", "load"], ["load", "--verbose"]])
def test_verbose_tells_every_shard(coordinator, capsys, words):
    assert "orders/1: 5 rows in 0.10 s" in run(*words, "--dsn", DSN, "--progress", "plain", capsys=capsys)[2]
    assert "orders/1: 5 rows" not in run("load", "--dsn", DSN, "--progress", "plain", capsys=capsys)[2]


def test_quiet_and_verbose_contradict_each_other(capsys):
    code, _, err = run("-q", "plan", "-v", capsys=capsys)
    assert (code, err) == (2, "error: -q and -v contradict each other: leave one of them out\n")


def test_the_log_holds_every_event_as_json_and_no_secret(coordinator, capsys, tmp_path, monkeypatch):
    log = tmp_path / "shardgen.jsonl"
    assert run("load", "--dsn", DSN, "--log-file", str(log), "-q", capsys=capsys) == (0, "", "")
    monkeypatch.setenv("PGPASSWORD", "0ther")
    coordinator.raises = TargetError(f"{DSN} refuses s3cret and 0ther")
    run("load", "--dsn", DSN, "--log-file", str(log), "--progress", "plain", capsys=capsys)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    first, second = lines[:5], lines[5:]
    assert [line["event"] for line in first] == ["Began", "LoadStarted", "ShardDone", "LoadFinished", "Ended"]
    assert [line["event"] for line in second] == ["Began", "LoadStarted", "LoadFinished", "Failed"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["at"]) for line in lines)
    assert first[2]["shard"] == "orders/1"
    assert second[-1]["error"] == "TargetError"
    assert not {"s3cret", "0ther"} & set(re.findall(r"\w+", log.read_text()))


def test_a_log_that_cannot_be_written_ends_with_2_before_anything_is_touched(coordinator, capsys, tmp_path):
    code, _, err = run("load", "--dsn", DSN, "--log-file", str(tmp_path / "no" / "log"), capsys=capsys)
    assert code == 2
    assert err.startswith("error: log-file='")
    assert "No such file or directory" in err
    assert coordinator.calls == []


# --- the options themselves -------------------------------------------------------------------------------------------


def test_every_option_that_is_declared_can_be_set_by_a_file_or_says_where_the_file_is():
    assert set(OPTIONS) == SETTABLE.keys() | FILES.keys()


def test_the_file_that_init_writes_changes_nothing(capsys, tmp_path):
    before = run("config", "--json", capsys=capsys)[1]
    code, out, err = run("init", capsys=capsys)
    assert (code, out) == (0, "")
    assert err.startswith("wrote shardgen.toml: ")
    after = json.loads(run("config", "--json", capsys=capsys)[1])
    assert after["file"] == "shardgen.toml"
    assert after["options"] == json.loads(before)["options"]


def test_every_line_of_the_file_that_init_writes_is_good_toml_when_its_mark_is_taken_away(capsys, tmp_path):
    run("init", capsys=capsys)
    file = tmp_path / "shardgen.toml"
    lines = [line for line in file.read_text().splitlines() if line and "---" not in line]
    bare = [line.removeprefix("# ") for line in lines if re.fullmatch(r"# (\[.*\]|[a-z-]+ = .*)", line)]
    odd = ("target", "dirt-key-file", "since", "answers-schema")  # each contradicts another line, or needs its file
    file.write_text("\n".join(line for line in bare if not line.startswith(odd)))
    found = settings.read({})
    left_out = {"dsn", *(name.replace("-", "_") for name in odd)}
    assert set(found.values) | left_out == set(OPTIONS) - set(FILES)
    assert found.target.origin == "dsn in shardgen.toml"
    assert found.profiles == tuple(PROFILES)
    built_in = {name: settings.read({}, profile=name, config=empty(tmp_path)) for name in PROFILES}
    for name, profile in built_in.items():
        assert settings.read({}, profile=name).values.items() >= profile.values.items()
    defaults = {each.name: each.value for each in settings.read({}, config=empty(tmp_path)).effective(TODAY)}
    told = {each.name: each.value for each in found.effective(TODAY)}
    at_run_time = {
        "epoch",
        "end",
        "since",
        "dirt",
        "dirt-skip",
        "tables",
        "dsn",
        "data-dir",
        "workers",
        "log-file",
        *map(written, OF_FILES),
    }
    assert {name for name in told if told[name] != defaults[name]} <= at_run_time


def empty(folder: Path) -> Path:
    (folder / "empty.toml").write_text("")
    return folder / "empty.toml"


def test_init_does_not_write_over_a_file_unless_told(capsys, tmp_path):
    (tmp_path / "shardgen.toml").write_text("seed = 1\n")
    code, _, err = run("init", capsys=capsys)
    assert (code, err) == (2, "error: config='shardgen.toml' is there already: use --force to write over it\n")
    assert (tmp_path / "shardgen.toml").read_text() == "seed = 1\n"
    assert run("init", "--force", capsys=capsys)[0] == 0
    assert "# seed = 42" in (tmp_path / "shardgen.toml").read_text()
    assert "cannot be written: No such file" in run("init", "--config", "no/x.toml", capsys=capsys)[2]


def test_config_tells_where_each_value_came_from_and_no_secret(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    (tmp_path / "shardgen.toml").write_text(f'[profiles.mine]\ndsn = "{DSN}"\n')
    monkeypatch.setenv("SHARDGEN_SEED", "7")
    code, out, _ = run("config", "--profile", "mine", "--days", "3", capsys=capsys)
    assert code == 0
    assert re.search(r"seed +7 +SHARDGEN_SEED", out)
    assert re.search(r"days +3 +command line", out)
    assert re.search(r"dsn +user=me .*password=\*\*\* +dsn of \[profiles.mine\]", out)
    told = json.loads(run("config", "--profile", "mine", "--json", capsys=capsys)[1])
    assert told["profile"] == "mine"
    assert told["options"]["seed"] == {"value": 7, "origin": "SHARDGEN_SEED"}
    assert "s3cret" not in out + json.dumps(told)


def test_the_secret_of_a_profile_is_not_in_a_traceback(coordinator, capsys, tmp_path):
    (tmp_path / "x.toml").write_text(f'[profiles.mine]\ndsn = "{DSN}"\n')
    coordinator.raises = RuntimeError(f"cannot handle {DSN}")
    code, _, err = run("load", "--config=x.toml", "--profile", "mine", "--progress", "none", capsys=capsys)
    assert code == 1
    assert "postgresql://me:***@127.0.0.1:1/shop" in err


# --- the other commands -----------------------------------------------------------------------------------------------


def test_plan_tells_tables_rows_bytes_and_shards(capsys):
    code, out, err = run("plan", "-q", *SMALL, "--tables", "customers,products", capsys=capsys)
    assert (code, err) == (0, "")
    assert re.search(r"customers +100 +[\d.]+ KiB +1", out)
    assert re.search(r"all +150 ", out)


def test_plan_as_json(capsys):
    _, out, _ = run("plan", *SMALL, "--json", capsys=capsys)
    told = json.loads(out)
    assert told["plan"]["world"]["customers"] == 100
    assert [line["table"] for line in told["tables"]] == list(TABLES)
    assert all(line["rows"] > 0 and line["bytes"] > 0 for line in told["tables"])


def test_plan_takes_every_option_of_load(capsys):
    code, _, _ = run("plan", *SMALL, "--workers", "3", "--dsn", DSN, "--if-exists", "replace", capsys=capsys)
    assert code == 0


def test_schema_prints_what_psql_can_run(capsys):
    code, out, err = run("schema", "--schema", "raw", "--tables", "orders", capsys=capsys)
    assert (code, err) == (0, "")
    assert out.startswith('CREATE SCHEMA "raw";\n')
    assert out.count(";\n") == out.count("CREATE ") + out.count("COMMENT ")


def test_a_customers_life_is_printed_a_line_for_each_moment_or_as_json(capsys):
    few = [*SMALL, "--orders-per-day", "20", "--sessions-per-day", "20"]
    code, out, _ = run("sample", "--story", "CUST00000001", "--story", "2", *few, capsys=capsys)
    assert code == 0
    assert "CUST00000001: " in out
    assert "CUST00000002: " in out
    assert "registered" in out
    code, out, _ = run("sample", "--story", "1", "--json", *few, capsys=capsys)
    [life] = json.loads(out)
    assert life["customer"]["customer_id"] == "CUST00000001"
    assert [moment["at"] for moment in life["moments"]] == sorted(moment["at"] for moment in life["moments"])
    assert life["moments"][0]["row"]


@pytest.mark.parametrize("words", [["--story", "CUST00000101"], ["--story", "x"], ["orders", "--story", "1"]])
def test_a_story_that_cannot_be_told_is_an_error(words, capsys):
    code, out, err = run("sample", *words, *SMALL, capsys=capsys)
    assert (code, out) == (2, "")
    assert words[-1] in err or words[0] in err


def test_sample_shows_rows_and_prints_json(capsys):
    code, out, _ = run("sample", "customers", "-n", "2", *SMALL[:4], capsys=capsys)
    assert code == 0
    assert re.search(r"customers, row 2 ─+\ncustomer_id +CUST00000002", out)
    code, out, _ = run("sample", "customers", "-n", "2", *SMALL[:4], "--json", capsys=capsys)
    rows = json.loads(out)
    assert [row["customer_id"] for row in rows] == ["CUST00000001", "CUST00000002"]
    assert rows[0]["address"]["country_code"]


def test_sample_shows_versions(capsys):
    code, out, _ = run("sample", "orders", "-n", "2", "--history", "versions", *SMALL, "--json", capsys=capsys)
    assert code == 0
    assert [row["raw_data"]["version"] for row in json.loads(out)] == [1, 2]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["ordrs"], "error: tables='ordrs' is unknown: choose from "),
        (["orders,customers"], "error: tables='customers,orders' are several: name one table"),
        (["orders", "-n", "0"], "error: n=0 is out of range: use 1 to 100000"),
    ],
)
def test_sample_refuses_nonsense(capsys, words, text):
    code, _, err = run("sample", *words, capsys=capsys)
    assert code == 2
    assert err.startswith(text)


def test_status_of_an_unreachable_target_ends_with_2(capsys):
    code, out, err = run("status", "--dsn", DSN, capsys=capsys)
    assert (code, out) == (2, "")
    assert "Connection refused" in err
    assert "s3cret" not in err


def test_questions_about_a_server_that_is_not_there_start_none(capsys, tmp_path):
    home = str(tmp_path / "home")
    assert run("db", "status", "--data-dir", home, capsys=capsys)[:2] == (0, f"home     {home}\nrunning  no\n")
    assert json.loads(run("db", "status", "--data-dir", home, "--json", capsys=capsys)[1])["running"] is False
    for words in (["status"], ["db", "url"]):
        code, _, err = run(*words, "--data-dir", home, capsys=capsys)
        assert code == 1
        assert "no embedded server runs" in err
    assert run("db", "stop", "--data-dir", home, capsys=capsys)[0] == 0
    assert not Path(home).exists()


def test_psql_gets_every_argument_that_is_not_ours(monkeypatch, tmp_path, capsys):
    from shardgen.embedded import server
    from shardgen.stores.postgres import loaded

    called = {}
    nothing = loaded.Loaded(schema=None, tables=(), others=())
    monkeypatch.setattr(server, "start", lambda home, on_notice: SimpleNamespace(dsn=f"dsn-of-{home.name}"))
    monkeypatch.setattr(server, "binary", lambda name: Path("/bin") / name)
    monkeypatch.setattr(loaded, "look", lambda dsn, named: nothing)
    monkeypatch.setattr(os, "execve", lambda path, words, environment: called.update(path=path, words=words))
    run("db", "psql", "--data-dir", str(tmp_path / "x"), "-At", "-c", "select 1", "--csv", "--", "-h", capsys=capsys)
    assert called == {"path": "/bin/psql", "words": ["/bin/psql", "dsn-of-x", "-At", "-c", "select 1", "--csv", "-h"]}


# --- the program ------------------------------------------------------------------------------------------------------


def program(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "shardgen", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(shardgen.__file__).parents[1]), **(env or {})},
    )


def test_the_module_runs_as_a_program():
    ran = program("schema", "--tables", "reviews")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "raw_reviews" in ran.stdout
    wrong = program("load", "--days", "0")
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (2, "", "error: days=0 is out of range: use 1 to 7300\n")


BARE = """
import typer
app = typer.Typer()
@app.command()
def main(number: int = 1): "Do it."
app(["--help"])
"""


def test_help_takes_little_more_than_that_of_a_program_of_ten_lines():
    def seconds(*command: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run(command, check=True, capture_output=True)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before

    pairs = [
        (seconds(sys.executable, "-m", "shardgen", "load", "--help"), seconds(sys.executable, "-c", BARE))
        for _ in range(3)
    ]
    assert min(ours / bare for ours, bare in pairs) < 2.5, pairs  # 1.6 where nothing else runs


def test_a_services_address_that_is_passed_over_is_told_where_a_target_matters(monkeypatch, capsys):
    monkeypatch.setenv("POSTGRES_PORT", "tcp://10.0.0.1:5432")
    text = "POSTGRES_PORT=tcp://10.0.0.1:5432 is what Kubernetes sets for a Service, and no port: passed over"
    code, out, err = run("config", "--json", capsys=capsys)
    assert (code, json.loads(out)["note"], err) == (0, text, f"{text}\n")
    assert text in " ".join(run("config", capsys=capsys)[1].split())
    assert run("sample", "orders", "-n", "1", "--profile", "demo", capsys=capsys)[2] == ""
