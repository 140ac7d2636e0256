"""Files of the user's that are named like modules are run by no process of ours, however it was started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = (
    *("__future__", "array", "bisect", "calendar", "concurrent", "copy", "csv", "datetime", "decimal", "heapq", "json"),
    *("logging", "numbers", "pickle", "queue", "random", "secrets", "selectors", "socket", "statistics", "string"),
    *("struct", "tempfile", "threading", "token", "types", "typing", "uuid"),
    *(
        "dotenv",
        "faker",
        "numpy",
        "platformdirs",
        "psycopg",
        "psycopg_pool",
        "pyarrow",
    ),
    *("rich", "tqdm", "typer", "xxhash", "sitecustomize", "usercustomize"),
)
OPTIONS = (
    *("--customers", "20", "--products", "10", "--days", "2", "--end", "2026-01-01"),
    *("--tables", "customers", "--workers", "1", "--progress", "none"),
)
PYTHON_ITSELF = {
    "module": ("types", "typing", "collections"),
    "interactive": tuple(name for name in NAMES if name in sys.stdlib_module_names),
}
"""What Python imports on its own before any line of ours is run."""
WORKER = """
import sys
path, sys.path = sys.path, [entry for entry in sys.path if entry not in ("", {here!r})]
import shardgen.api, shardgen.loading.engines, shardgen.loading.worker, tempfile
sys.path = path
engines = shardgen.loading.engines
engine = engines.default_engine()
executor = engine.start(1, engines.Setup.here())
found = executor.submit(shardgen.api.sample, "orders", 1, profile="demo", end="2026-01-01").result()
print(found[0]["order_id"])
engine.close()
"""
"""What a script does that starts workers; its own imports are its own affair."""
TWICE = "print('begun')\n"
"""A script without a main guard."""


@pytest.fixture
def folder(tmp_path):
    """A folder full of traps, each of which writes its name when it is run."""
    for name in NAMES:
        trap = f"import os\nos.write(os.open({str(tmp_path / 'executed')!r}, 0o2101, 0o644), b'{name} ')\n"
        (tmp_path / f"{name}.py").write_text(trap + f"raise SystemExit('{name}')\n")
    package = tmp_path / "numpy"
    package.mkdir()
    (tmp_path / "numpy.py").rename(package / "__init__.py")
    (tmp_path / ".env").write_text("")
    return tmp_path


def ran(folder: Path, *command: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    around = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    return subprocess.run(
        command,
        cwd=folder,
        env={**around, **environment},
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def spare(folder: Path, way: str) -> None:
    """Take away the traps that Python itself would run into."""
    for name in PYTHON_ITSELF.get(way, ()):
        (folder / f"{name}.py").unlink(missing_ok=True)


def untouched(folder: Path) -> bool:
    executed = folder / "executed"
    return not executed.exists() or executed.read_text() == ""


@pytest.mark.parametrize("way", ["program", "module"])
def test_the_program_runs_none_of_them(database, folder, way):
    spare(folder, way)
    program, module = [str(Path(sys.executable).with_name("shardgen"))], [sys.executable, "-m", "shardgen"]
    start = program if way == "program" else module
    loaded = ran(folder, *start, "load", *OPTIONS, "--dsn", database.dsn)
    verified = ran(folder, *start, "verify", "--level", "digests", "--dsn", database.dsn, "--progress", "none")
    assert (loaded.returncode, verified.returncode) == (0, 0), loaded.stderr + verified.stderr
    assert untouched(folder), (folder / "executed").read_text()


@pytest.mark.parametrize(
    "way",
    [
        "script",
        "stdin",
        *(pytest.param(way, marks=pytest.mark.slow) for way in ("-c", "interactive", "of-another-folder")),
    ],
)
def test_workers_of_a_script_run_none_of_them_nor_the_script(folder, way):
    text = TWICE + WORKER.format(here=str(folder))
    spare(folder, way)
    if way == "script":
        (folder / "mine.py").write_text(text)
        done = ran(folder, sys.executable, "mine.py")
    elif way == "of-another-folder":
        (folder / "mine.py").write_text(text)
        done = ran(Path("/"), sys.executable, str(folder / "mine.py"))
    elif way == "-c":
        done = ran(folder, sys.executable, "-c", text)
    else:
        done = ran(folder, sys.executable, *(["-iq"] if way == "interactive" else ["-"]), text=text)
    assert done.stdout.split() == ["begun", "ORD0000000001"], done.stderr
    assert untouched(folder), (folder / "executed").read_text()


def test_a_fork_server_that_the_caller_has_started_gets_a_safe_path_too(folder):
    before = "import multiprocessing as m; p = m.get_context('forkserver').Process(target=print); p.start(); p.join()\n"
    safe = "import os, sys; sys.path.pop(0); os.chdir('/')\n" + before
    safe += f"os.chdir({str(folder)!r}); sys.path.insert(0, {str(folder)!r})\n"
    done = ran(folder, sys.executable, "-c", safe + WORKER.format(here=str(folder)))
    assert done.stdout.split() == ["ORD0000000001"], done.stderr
    assert untouched(folder), (folder / "executed").read_text()


@pytest.mark.parametrize("variable", [":", "{other}:"])
def test_an_empty_entry_of_pythonpath_is_not_followed_and_a_full_one_is(tmp_path, variable):
    """The traps of a folder that Python itself was told to look into are no affair of ours when Python starts."""
    other, here = tmp_path / "other", tmp_path / "here"
    other.mkdir()
    here.mkdir()
    (other / "plugged.py").write_text("def found(): return 'plugged'\n")
    (here / "faker.py").write_text("raise SystemExit('shadow')\n")
    code = f"""
import sys
sys.path.append({str(other)!r})
import plugged, shardgen.loading.engines
engine = shardgen.loading.engines.default_engine()
executor = engine.start(1, shardgen.loading.engines.Setup.here())
print(executor.submit(plugged.found).result(), executor.submit(eval, "__import__('faker').VERSION > ''").result())
engine.close()
"""
    done = ran(here, sys.executable, "-c", code, PYTHONPATH=variable.format(other=other))
    assert done.stdout.split() == ["plugged", "True"], done.stderr


def test_a_checkout_is_run_from_its_own_root_without_being_installed():
    root = Path(__file__).parents[2]
    done = ran(root, sys.executable, "-c", WORKER.format(here="nowhere"))
    assert done.stdout.split() == ["ORD0000000001"], done.stderr
