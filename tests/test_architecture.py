"""Who may import whom. The directions of the design, read from the source, so that a slip is found before it grows."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import shardgen

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "shardgen"
MODULES = sorted(PACKAGE.rglob("*.py"))

DATABASE = {"psycopg", "psycopg_pool"}
SCREEN = {"rich", "tqdm", "typer"}
ELSEWHERE = {
    "cli/versions.py": {"psycopg.pq"},
    "options/place.py": {"psycopg.conninfo.make_conninfo", "psycopg.pq.Conninfo"},
}
"""What a module may use of psycopg outside stores/, embedded/ and verification/, beside the names of its exceptions."""
MEASURING = {"page/numbers.py", "page/volumes.py"}
"""The modules of a report that ask the server."""


def imports(path: Path) -> set[str]:
    """Full names of all that a file imports, wherever in it, except for type checkers only."""
    found: set[str] = set()
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def attributes_of(name: str, path: Path) -> set[str]:
    """What a file takes of a module by ``name.attribute``."""
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }


def _nodes(node: ast.AST):
    """Every node but those under ``if TYPE_CHECKING:``."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        children: list[ast.AST] = list(node.orelse)
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield child
        yield from _nodes(child)


def outside(names: set[str]) -> set[str]:
    """Top-level names of third-party packages."""
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {"shardgen", "__future__"}


def within(names: set[str], *places: str) -> set[str]:
    """Those of our own modules that lie in none of the places."""
    ours = {name for name in names if name.partition(".")[0] == "shardgen"}
    return {name for name in ours if not any(f"{name}.".startswith(f"shardgen.{place}.") for place in places)}


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", sorted((PACKAGE / "world").rglob("*.py")), ids=place)
def test_the_world_depends_on_numpy_and_itself(path):
    names = imports(path)
    allowed = {"numpy", "faker"} if path.name == "vocabulary.py" else {"numpy"}
    assert outside(names) <= allowed
    assert within(names, "world", "model.config", "errors") == set()


@pytest.mark.parametrize(
    "name",
    ["errors.py", "events.py", "machine/installation.py", "model/config.py", "model/figures.py", "options/meant.py"],
)
def test_the_base_depends_on_nothing(name):
    names = imports(PACKAGE / name)
    assert outside(names) == set()
    assert within(names, "errors", "model.figures") == set()


@pytest.mark.parametrize("path", sorted((PACKAGE / "model").rglob("*.py")), ids=place)
def test_the_model_is_plain_data(path):
    names = imports(path)
    assert outside(names) == set()
    assert within(names, "model", "errors") == set()


@pytest.mark.parametrize("path", sorted((PACKAGE / "columns").rglob("*.py")), ids=place)
def test_columns_know_no_table(path):
    names = imports(path)
    assert outside(names) <= {"numpy"}  # pyarrow comes late, see columns.arrow
    assert within(names, "columns", "world", "model") == set()


@pytest.mark.parametrize("path", sorted((PACKAGE / "tables").rglob("*.py")), ids=place)
def test_tables_know_no_database(path):
    names = imports(path)
    assert outside(names) <= {"numpy"}
    assert within(names, "tables", "columns", "world", "model", "errors") == set()


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_libraries_stay_where_they_belong(path):
    where, names = place(path), imports(path)
    found = outside(names)
    if where != "page/pictures.py":
        assert "vl_convert" not in found
    if not where.startswith(("stores/", "embedded/", "verification/")) and where not in MEASURING:
        used = {name for name in names if name.partition(".")[0] in DATABASE}
        assert used <= {"psycopg", *ELSEWHERE.get(where, ())}
        assert attributes_of("psycopg", path) <= {"Error", "ProgrammingError"}
    if not where.startswith(("display/", "cli/")):
        assert not found & SCREEN
    if where != "options/envfile.py":
        assert "dotenv" not in found
    if where != "world/vocabulary.py":
        assert "faker" not in found


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_nothing_below_the_front_knows_the_front(path):
    front = ("cli/", "api.py", "commands.py", "options/", "__init__.py", "__main__.py", "display/")
    if not place(path).startswith(front) or place(path).count("/") > 1:
        names = imports(path)
        assert not {name for name in names for part in ("cli", "api", "commands", "options") if _is(name, part)}
        assert not {name for name in names if _is(name, "display")}


def test_the_rows_of_a_shard_are_made_in_one_place():
    calls = {
        place(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Slice", "spec.Slice")
    }
    assert calls == {"tables/feed.py"}


def test_one_place_chooses_the_engine():
    makers = {place(path) for path in MODULES if "shardgen.loading.engines.processes.Processes" in imports(path)}
    assert makers == {"loading/engines/__init__.py"}


@pytest.mark.parametrize("name", ["loading/session.py", "stores/postgres/claim.py", "loading/dispatch.py"])
def test_the_coordinator_knows_no_table_no_screen_and_no_process_pool(name):
    names = imports(PACKAGE / name)
    assert not {
        found for found in names if _is(found, "columns") or _is(found, "display") or _is(found, "stores.postgres.copy")
    }
    assert not {found for found in names if found.startswith("multiprocessing") or "ProcessPoolExecutor" in found}


@pytest.mark.parametrize("path", sorted((PACKAGE / "page").rglob("*.py")), ids=place)
def test_a_report_is_made_of_numbers_alone(path):
    below = {"model", "errors", "events", "machine.installation", "tables"}
    if place(path) in MEASURING:
        below |= {"stores", "verification", "__version__"}
    names = imports(path)
    assert within(names, "page", *below) == set()
    assert outside(names) <= {"psycopg"} | ({"vl_convert"} if path.name == "pictures.py" else set())


@pytest.mark.parametrize("folder", ["world", "model", "columns", "tables"])
def test_no_value_depends_on_the_clock_or_on_chance(folder):
    forbidden = {"random", "time", "os", "locale", "uuid", "secrets", "socket"}
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        assert not {name.partition(".")[0] for name in imports(path)} & forbidden, path


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_every_module_opens_with_what_it_owns(path):
    if path.stat().st_size:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


def test_what_is_public_is_pinned():
    functions = ["load", "plan", "queries", "report", "reset", "sample", "status", "table", "url", "verify"]
    assert shardgen.__all__ == ["ShardgenError", "__version__", *functions]
    assert shardgen.__all__ == sorted(shardgen.__all__)
    for name in shardgen.__all__:
        assert getattr(shardgen, name) is not None


def test_no_module_takes_the_place_of_a_public_function():
    modules = {path.stem for path in PACKAGE.glob("*.py")} | {path.parent.name for path in PACKAGE.glob("*/*.py")}
    assert not modules & set(shardgen.__all__)


def test_importing_shardgen_loads_no_library():
    _python("import sys, shardgen; assert not {'numpy', 'pyarrow', 'psycopg', 'dotenv', 'rich'} & set(sys.modules)")


LATE = "{'numpy', 'pyarrow', 'psycopg', 'faker', 'rich', 'pydantic', 'dotenv', 'importlib.metadata', 'shardgen.events'}"


def test_the_command_line_loads_no_heavy_library_before_it_runs_a_command():
    _python(f"import sys, shardgen.cli; assert not {LATE} & set(sys.modules)")


def test_help_loads_what_shows_it_and_nothing_else():
    found = "{'numpy', 'pyarrow', 'psycopg', 'faker', 'pydantic', 'dotenv', 'shardgen.options.settings'}"
    _command("--help", f"not {found} & set(sys.modules)")


def test_a_command_line_is_parsed_and_its_options_are_read_without_a_heavy_library():
    """What comes before the first row; typer would convert texts by pydantic."""
    found = "{'numpy', 'pyarrow', 'faker', 'rich', 'pydantic', 'dotenv'}"
    _command("load --days x --tables orders", f"not {found} & set(sys.modules)", code=2)


def test_a_coordinator_loads_nothing_that_builds_rows():
    heavy = "{'pyarrow', 'faker', 'shardgen.stores.postgres.copy'}"
    _python(f"import sys, shardgen.loading.session; assert not {heavy} & set(sys.modules)")


def _command(line: str, holds: str, *, code: int = 0) -> None:
    """Run a command line in a process of its own, and assert what holds there when it ends."""
    run = f"try: main({line.split()!r})\nexcept SystemExit as end: assert end.code == {code}"
    _python(f"import sys\nfrom shardgen.cli import main\n{run}\nassert {holds}")


def _python(code: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def _is(name: str, part: str) -> bool:
    return f"{name}.".startswith(f"shardgen.{part}.")


RENDERED = {
    "stores/postgres/objects.py": {"sequence"},  # quoted by the server
    "stores/postgres/leaves.py": {"index.constraint", "index.definition"},  # rendered by the server
    "stores/postgres/ddl.py": {"_METHODS[index.kind]", "spelled(column.type)", "view.query"},  # our own
    "stores/postgres/trial.py": {"stored(column.type)"},  # our own
    "stores/postgres/ledger/queries.py": {"statement", "_SINCE", "_LEAF"},  # literals, and files of our own
}
"""What becomes SQL without being a literal: by module, the expressions."""


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_names_and_values_get_into_sql_through_psycopg_alone(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        first = node.args[0]
        if node.func.attr in ("execute", "copy", "executemany"):
            assert not isinstance(first, ast.JoinedStr | ast.BinOp), ast.unparse(node)
            assert not (isinstance(first, ast.Call) and isinstance(first.func, ast.Attribute) and _mixes(first)), (
                ast.unparse(node)
            )
        if node.func.attr == "SQL" and ast.unparse(node.func.value) == "sql" and not _is_literal(first):
            assert ast.unparse(first) in RENDERED.get(place(path), ()), ast.unparse(node)


def _is_literal(node: ast.expr) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_literal(node.body) and _is_literal(node.orelse)
    return isinstance(node, ast.Constant)


def _mixes(call: ast.Call) -> bool:
    """Whether a text is put together: ``"...".format(...)``, or the ``.encode()`` of an f-string."""
    assert isinstance(call.func, ast.Attribute)
    inner = call.func.value
    return (call.func.attr == "format" and isinstance(inner, ast.Constant)) or isinstance(inner, ast.JoinedStr)


CONNECTING = {
    "stores/postgres/postgres.py",  # the one door to a target
    "embedded/running.py",  # to the embedded server's own database, by nothing but what it is told
}


@pytest.mark.parametrize("path", MODULES, ids=place)
def test_one_module_opens_the_sessions_of_a_target(path):
    """So that what stores/postgres/session.py promises of each of them holds."""
    openers = {"psycopg.connect", "Connection.connect", "psycopg.Connection.connect", "ConnectionPool"}
    openers |= {"_connection_class(dsn).connect", "Undisturbed.connect"}
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    called = {ast.unparse(node.func).partition("[")[0] for node in nodes if isinstance(node, ast.Call)}
    assert place(path) in CONNECTING or not called & openers
