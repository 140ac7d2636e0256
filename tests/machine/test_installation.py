"""A command that a message names runs in the shell that started us, however that was done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

from shardgen.cli import hints
from shardgen.machine import installation
from shardgen.options import settings
from shardgen.options.declared import PLACE

ROOT = Path(__file__).parents[2]
PROGRAM = Path(sys.executable).parent / "shardgen"


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SHARDGEN_", "POSTGRES_", "PG", "UV")):
            monkeypatch.delenv(name)


def a_program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return str(path)


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        ("{here}/.venv/bin/shardgen", ".venv/bin/shardgen"),
        (".venv/bin/shardgen", ".venv/bin/shardgen"),
        ("{here}/my tools/shardgen", "'my tools/shardgen'"),
        ("{here}/shardgen", "./shardgen"),
        ("{bin}/shardgen", "shardgen"),
    ],
)
def test_a_program_is_named_as_its_shell_finds_it(monkeypatch, tmp_path, tmp_path_factory, called, shown):
    folder = tmp_path_factory.mktemp("bin")
    path = called.format(here=tmp_path, bin=folder)
    a_program(Path(path))
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(sys, "argv", [path])
    assert installation.program() == shown


@pytest.mark.parametrize("called", ["/x/shardgen/__main__.py", "-m", "-c", "/x/notebook.py", "/not/there/shardgen"])
def test_what_is_no_program_is_named_as_a_module(monkeypatch, called):
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setenv("PATH", "/usr/bin")
    assert installation.program() == f"{sys.executable} -m shardgen"
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert installation.program() == f"{Path(sys.executable).name} -m shardgen"


def test_a_path_that_uv_run_put_there_is_not_trusted(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", f"{tmp_path}/.venv/bin")
    monkeypatch.setenv("UV", "/usr/bin/uv")
    monkeypatch.setattr(sys, "argv", [a_program(tmp_path / ".venv/bin/shardgen")])
    assert installation.program() == ".venv/bin/shardgen"


@pytest.mark.parametrize(
    ("recorded", "source"),
    [
        (None, "shardgen"),
        ({"url": "file://{here}", "dir_info": {}}, "."),
        ({"url": "file://{here}/sub", "dir_info": {}}, "./sub"),
        ({"url": "file:///opt/shard%20gen", "dir_info": {}}, "'/opt/shard gen'"),
        (
            {"url": "https://x.example/y", "vcs_info": {"vcs": "git", "commit_id": "ab"}},
            "'shardgen @ git+https://x.example/y@ab'",
        ),
    ],
)
@pytest.mark.parametrize("drawing", [False, True])
@pytest.mark.parametrize("runner", ["uvx --from", "pipx run --spec"])
def test_a_runner_that_keeps_nothing_is_told_the_same_source(monkeypatch, tmp_path, recorded, source, drawing, runner):
    prefix = tmp_path / ("archive-v0" if "uvx" in runner else ".cache") / "f00"
    a_program(tmp_path / "bin" / "uvx")
    a_program(prefix / "pipx_metadata.json")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "prefix", str(prefix))
    text = json.dumps(recorded).replace("{here}", str(tmp_path)) if recorded else None
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: SimpleNamespace(read_text=lambda file: text))
    monkeypatch.setattr(installation, "installed", lambda requirement: drawing)
    told = installation.program()
    assert told.startswith(f"{runner} ")
    assert told.endswith(" shardgen")
    if not drawing:
        assert told == f"{runner} {source} shardgen"
    else:
        assert "[dask,delta,duckdb,iceberg,kafka,lake,report]" in told
    assert "--with 'vl-convert-python>=1.7'" in installation.install(installation.DRAWING)


@pytest.mark.parametrize(
    ("marker", "verify"),
    [
        ("archive-v0/f00", "uvx --with 'shardgen[duckdb]' --from '.[lake,report]' shardgen verify --target {target}"),
        ("venv/f00", "pip install 'shardgen[duckdb]' && "),
    ],
)
def test_what_is_told_after_a_load_into_a_lake_brings_what_it_needs(monkeypatch, tmp_path, marker, verify):
    prefix, target = tmp_path / marker, f"file://{tmp_path}/shop"
    a_program(tmp_path / "bin" / "uvx")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(sys, "prefix", str(prefix))
    text = json.dumps({"url": f"file://{tmp_path}", "dir_info": {}})
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: SimpleNamespace(read_text=lambda file: text))
    there = [installation.LAKE, installation.DRAWING]
    for module in (installation, hints):
        monkeypatch.setattr(module, "installed", lambda requirement: requirement in there)
    told = hints.after_load(settings.read({"target": target}), {"target": target}, target)
    assert verify.format(target=target) in told["verify"]
    assert told["queries"] == told["verify"].replace(" --with 'shardgen[duckdb]'", "").rpartition(" && ")[2].replace(
        "verify", "queries"
    )
    there.remove(installation.DRAWING)
    report = hints.after_load(settings.read({"target": target}), {"target": target}, target)["report"]
    assert report.count(" && ") == verify.count(" && ")
    assert report.index("vl-convert-python") < report.index("shardgen[duckdb]")


@pytest.mark.parametrize(
    ("marker", "told", "both"),
    [
        ("uv-receipt.toml", "uv tool install --with 'x>=1' ", "uv tool install --with 'x>=1' --with 'y[z]' "),
        ("pipx_metadata.json", "pipx inject shardgen 'x>=1'", "pipx inject shardgen 'x>=1' 'y[z]'"),
    ],
)
def test_libraries_are_brought_to_where_the_program_lives_by_one_command(monkeypatch, tmp_path, marker, told, both):
    prefix = tmp_path / "venvs" / "shardgen"
    a_program(prefix / marker)
    monkeypatch.setattr(sys, "prefix", str(prefix))
    assert installation.install("x>=1").startswith(told)
    assert installation.install("x>=1", "y[z]").startswith(both)


def test_a_virtual_environment_gets_a_library_by_its_own_pip():
    command = installation.install("packaging")
    assert (
        command == f"{installation.spelt(sys.executable)} -m pip install packaging"
        or "uv pip install --python" in command
    )


def test_what_the_extra_brings_is_what_a_hint_installs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["optional-dependencies"]["report"] == [installation.DRAWING]


@pytest.mark.parametrize("name", PLACE)
@pytest.mark.parametrize("source", ["command line", "variable"])
def test_a_hint_says_again_where(monkeypatch, name, source):
    options = dict.fromkeys(PLACE)
    value = {"dsn": "host=db dbname=shop"}.get(name, "my value")
    if source == "variable":
        monkeypatch.setenv(hints_variable(name), value)
    else:
        options[name] = value
    assert f"--{name.replace('_', '-')} '" in hints.again("verify", options)


def hints_variable(name: str) -> str:
    return "SHARDGEN_HOME" if name == "data_dir" else f"SHARDGEN_{name.upper()}"


def test_psql_is_opened_in_the_schema_that_was_loaded(monkeypatch, tmp_path):
    from shardgen.options.settings import read

    options = {**dict.fromkeys(PLACE), "schema": "demo", "data_dir": str(tmp_path)}
    told = hints.after_load(read({}), options, "")
    assert told["connect"].endswith(f" db psql --schema demo --data-dir {tmp_path}")
    assert told["stop"].endswith(f" db stop --data-dir {tmp_path}")
    assert list(told)[-1] == "stop"


@pytest.mark.parametrize(
    ("profile", "section", "repeated"),
    [
        ("demo", "", False),
        ("demo", "[profiles.demo]\nproducts = 7\n", False),
        ("demo", '[profiles.demo]\nschema = "mine"\n', True),
        ("mine", "[profiles.mine]\ncustomers = 7\n", False),
        ("mine", '[profiles.mine]\ndata-dir = "here"\n', True),
    ],
)
def test_a_profile_is_repeated_after_a_load_only_if_it_says_where(tmp_path, monkeypatch, profile, section, repeated):
    from shardgen.options.settings import read

    monkeypatch.chdir(tmp_path)
    (tmp_path / "shardgen.toml").write_text(section)
    options = {**dict.fromkeys(PLACE), "profile": profile}
    told = hints.after_load(read({}, profile=profile), options, "")
    assert {f"--profile {profile}" in told[what] for what in ("connect", "queries", "verify", "report", "stop")} == {
        repeated
    }


def test_a_secret_is_never_said_again(monkeypatch):
    secret = "postgresql://me:s3cret@db/shop"
    told = hints.to_go_on({**dict.fromkeys(PLACE), "dsn": secret, "tables": "orders"})
    assert "s3cret" not in " ".join(told)
    assert "dbname=shop" in told[0]
    assert told[0].endswith("--tables orders")
    assert "PGPASSWORD" in told[1]
    monkeypatch.setenv("SHARDGEN_DSN", secret)
    assert "--dsn" not in hints.again("verify", dict.fromkeys(PLACE))


STARTS = {
    "path": [str(PROGRAM)],
    "name": ["shardgen"],
    "module": [sys.executable, "-m", "shardgen"],
    "spaces": ["{spaces}/shardgen"],
}


@pytest.mark.skipif(not PROGRAM.exists(), reason="shardgen is not installed here")
@pytest.mark.parametrize("start", STARTS)
def test_a_printed_hint_runs_as_printed(tmp_path, start):
    spaces = tmp_path / "my tools"
    spaces.mkdir()
    shutil.copy(PROGRAM, spaces / "shardgen")
    environment = {**os.environ, "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}"}
    if start != "name":
        environment["PATH"] = "/usr/bin:/bin"
    words = [word.format(spaces=spaces) for word in STARTS[start]]
    made = subprocess.run(
        [*words, "init", "--config", "my file.toml"], env=environment, capture_output=True, text=True, check=True
    )
    hint = made.stderr.partition("then see: ")[2].strip()
    ran = subprocess.run(hint, shell=True, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (hint, ran.stderr)
    assert "my file.toml" in ran.stdout
