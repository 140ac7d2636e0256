"""Who may import whom. The directions of the design, read from the source, so that a slip is found before it grows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path

import pytest

import shardgen
from shardgen.options.declared import SETTABLE, written

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "shardgen"
MODULES = sorted(PACKAGE.rglob("*.py"))

ROOMS = sorted({path.relative_to(PACKAGE).with_suffix("").parts[0] for path in MODULES})

LAYERS = (
    {"__init__", "__main__", "api", "cli"},
    {"answering", "asking", "commands", "display", "forward", "keyed", "parts", "streaming"},
    {"flow", "forecast", "grading", "loading", "page", "repair", "verification"},
    {"options"},
    {"stores"},
    {"embedded"},
    {"tables"},
    {"dirt"},
    {"columns"},
    {"world"},
    {"events"},
    {"machine", "model"},
    {"errors"},
)
"""Rooms from the front to the base: each may import those below it, and none above."""

BESIDE = {
    ("cli", "api"),
    ("__main__", "cli"),
    ("repair", "loading"),  # is a load whose rows come from another place
    ("answering", "asking"),  # finds the run that is meant
    ("streaming", "asking"),  # of which world a feed is
    ("streaming", "forward"),  # how far a database is that a stream brings forward
    ("page", "verification"),  # asks its queries as laws are asked
    ("asking", "keyed"),  # tells keys with the tables beside which they lie
    ("commands", "keyed"),  # verifies them, and takes them back
    ("keyed", "display"),  # whose type takes events
    ("commands", "forward"),  # a load of a window is one of the commands
    ("verification", "loading"),  # counts as a load does, and hashes in the same processes
}
"""Who may import whom of its own layer."""

ONLY = {
    "display": {"errors", "events", "forecast", "machine", "model", "stores"},
    "embedded": {"errors", "machine"},
    "events": {"model"},
    "machine": {"errors"},
    "options": {"embedded", "errors", "events", "machine", "model", "stores", "tables"},
    "page": {"errors", "events", "machine", "model", "stores", "tables", "verification"},
    "stores": {"columns", "dirt", "embedded", "errors", "events", "machine", "model", "tables"},
    "dirt": {"columns", "errors", "model", "world"},
    "tables": {"columns", "dirt", "errors", "model", "world"},
    "world": {"errors", "model"},
}
"""Rooms that do without some of those below them."""

KNOWING = {"stores", "verification"}
"""Rooms that may know one kind of place by name: all others know what ``stores`` says of any."""

DEBTS: dict[str, str] = {
    "cli.embedded": "psql begins in the schema that was loaded last",
}
"""Modules that reach further than the rules say, and why; the list only shrinks."""

DATABASE = {"psycopg", "psycopg_pool"}
SCREEN = {"rich", "tqdm", "typer"}
ELSEWHERE = {
    "cli/versions.py": {"psycopg.pq"},
    "options/place.py": {"psycopg.conninfo.make_conninfo", "psycopg.pq.Conninfo"},
}
"""What a module may use of psycopg outside stores/, embedded/ and verification/, beside the names of its exceptions."""


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    """Full names of all that a file imports, wherever in it, except for type checkers only."""
    found: set[str] = set()
    for node in _nodes(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def attributes_of(name: str, path: Path) -> set[str]:
    """What a file takes of a module by ``name.attribute``."""
    return {
        node.attr
        for node in ast.walk(tree(path))
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


def outside(names: AbstractSet[str]) -> set[str]:
    """Top-level names of third-party packages."""
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {"shardgen", "__future__"}


def within(names: AbstractSet[str], *places: str) -> set[str]:
    """Those of our own modules that lie in none of the places."""
    ours = {name for name in names if name.partition(".")[0] == "shardgen"}
    return {name for name in ours if not any(f"{name}.".startswith(f"shardgen.{place}.") for place in places)}


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room(name: str) -> str:
    """Which room of the house a module, or a name in it, lies in."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__version__" else "__init__"


def module(path: Path) -> str:
    """``"shardgen.page.numbers"``; of a folder's ``__init__.py`` the folder."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def modules_of(own: str) -> list[Path]:
    return [path for path in MODULES if room(module(path)) == own]


def depth(of: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if of in layer)


def steps_out_of_line(path: Path) -> set[str]:
    """What a module imports against the rules."""
    own = room(module(path))
    found = set()
    for name in within(imports(path)) - {"shardgen", "shardgen.__version__"}:
        other = room(name)
        allowed = other == own or depth(own) < depth(other) or (own, other) in BESIDE
        if not allowed or (other != own and other not in ONLY.get(own, {other})):
            found.add(name)
        if own not in KNOWING and _is(name, "stores.postgres"):
            found.add(name)
    return found


def test_imports_go_one_way():
    found = {module(path).removeprefix("shardgen."): steps_out_of_line(path) for path in MODULES}
    assert {name: steps for name, steps in found.items() if steps and name not in DEBTS} == {}


@pytest.mark.parametrize("name", DEBTS)
def test_a_debt_that_is_paid_is_off_the_list(name):
    paths = [path for path in MODULES if module(path) == f"shardgen.{name}"]
    assert [steps_out_of_line(path) != set() for path in paths] == [True]


def test_every_room_has_its_layer():
    assert {room(module(path)) for path in MODULES} == set(ROOMS)
    assert set(ROOMS) == {each for layer in LAYERS for each in layer}


def test_what_begins_with_an_underscore_stays_in_its_folder():
    paths = [*MODULES, *(ROOT / "scripts").rglob("*.py")]
    assert [(path, name) for path in paths for name in within(imports(path)) if not may_use(path, name)] == []


def may_use(path: Path, name: str) -> bool:
    parts = name.split(".")
    private = [place for place, part in enumerate(parts) if part.startswith("_") and not part.startswith("__")]
    if not private:
        return True
    folder = ROOT.joinpath(*parts[: private[0]])
    return path.is_relative_to(folder if folder.is_dir() else folder.parent)


@pytest.mark.parametrize(
    "name", ["errors.py", "events.py", "machine/installation.py", "model/figures.py", "options/meant.py"]
)
def test_the_base_depends_on_nothing(name):
    names = imports(PACKAGE / name)
    assert outside(names) == set()
    assert within(names, "errors", "model.figures") == set()


LIBRARIES = {
    "model": set(),
    "machine": set(),
    "world": {"numpy", "faker"},
    "columns": {"numpy"},  # pyarrow comes late, see columns.arrow
    "tables": {"numpy"},
    "page": {"vl_convert"},
}
"""What the plain rooms use beside Python."""


def test_plain_rooms_use_few_libraries():
    for path in MODULES:
        if (own := room(module(path))) in LIBRARIES:
            assert outside(imports(path)) <= LIBRARIES[own], path


@pytest.mark.parametrize("own", ROOMS)
def test_libraries_stay_where_they_belong(own):
    for path in modules_of(own):
        stay_where_they_belong(place(path), imports(path), path)


def stay_where_they_belong(where: str, names: AbstractSet[str], path: Path) -> None:
    found = outside(names)
    if where != "page/pictures.py":
        assert "vl_convert" not in found
    if not where.startswith(("stores/", "embedded/", "verification/")):
        used = {name for name in names if name.partition(".")[0] in DATABASE}
        assert used <= {"psycopg", *ELSEWHERE.get(where, ())}
        assert attributes_of("psycopg", path) <= {"Error", "ProgrammingError"}
    if not where.startswith(("display/", "cli/")):
        assert not found & SCREEN
    if where != "options/envfile.py":
        assert "dotenv" not in found
    if where != "world/vocabulary.py":
        assert "faker" not in found


def test_the_rows_of_a_shard_are_made_in_one_place():
    calls = {
        place(path)
        for path in MODULES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("Slice", "spec.Slice")
    }
    assert calls == {"tables/feed.py"}


def test_one_place_chooses_the_engine():
    makers = {place(path) for path in MODULES if "shardgen.loading.engines.processes.Processes" in imports(path)}
    assert makers == {"loading/engines/__init__.py"}


@pytest.mark.parametrize("name", ["loading/session.py", "stores/postgres/claim.py", "loading/dispatch.py"])
def test_the_coordinator_knows_no_table_no_screen_and_no_process_pool(name):
    names = imports(PACKAGE / name)
    assert not {found for found in names if _is(found, "columns") or _is(found, "display") or _is(found, "stores.copy")}
    assert not {found for found in names if found.startswith("multiprocessing") or "ProcessPoolExecutor" in found}


@pytest.mark.parametrize("folder", ["world", "model", "columns", "tables"])
def test_no_value_depends_on_the_clock_or_on_chance(folder):
    forbidden = {"random", "time", "os", "locale", "uuid", "secrets", "socket"}
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        assert not {name.partition(".")[0] for name in imports(path)} & forbidden, path


def test_every_module_opens_with_what_it_owns():
    assert [place(path) for path in MODULES if path.stat().st_size and not ast.get_docstring(tree(path))] == []


ARCHITECTURE = (PACKAGE / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_every_room_is_in_the_plan_of_the_house():
    table = ARCHITECTURE.partition("| room |")[2].partition("\n\n")[0]
    told = set(re.findall(r"^\| .*?\|", table, re.MULTILINE))
    rooms = {f"{path.name}/" for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    rooms |= {path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    assert {name for cell in told for name in re.findall(r"`([\w./]+)`", cell)} == rooms


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w./-]+(?:/|\.(?:py|md|sql)))`", ARCHITECTURE))))
def test_whatever_the_plan_of_the_house_names_is_there(name):
    assert any((folder / name).exists() for folder in (PACKAGE, ROOT)), name


def test_what_is_public_is_pinned():
    asking = ["plan", "queries", "report", "reset", "sample", "status", "story", "table", "truth", "url", "verify"]
    functions = ["advance", "answers", "changes", "claim", "commit", "grade", "load", "load_part", *asking]
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
    heavy = "{'pyarrow', 'faker', 'shardgen.stores.copy'}"
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
    "stores/postgres/revising.py": {"statement"},  # literals of the module, as their type says
    "stores/postgres/exchanging.py": {"statement"},  # likewise
    "stores/postgres/cleaned.py": {"source.statement", "form"},  # the user's own to be read, and literals
    "stores/postgres/ddl.py": {"_METHODS[index.kind]", "spelled(column.type)", "view.query"},  # our own
    "stores/postgres/trial.py": {"stored(column.type)"},  # our own
    "stores/postgres/ledger/queries.py": {"statement", "_SINCE", "_LEAF"},  # literals, and files of our own
}
"""What becomes SQL without being a literal: by module, the expressions."""


@pytest.mark.parametrize("own", ROOMS)
def test_names_and_values_get_into_sql_through_psycopg_alone(own):
    for path, node in ((each, node) for each in modules_of(own) for node in ast.walk(tree(each))):
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
    "embedded/_home/running.py",  # to the embedded server's own database, by nothing but what it is told
}


def test_one_module_opens_the_sessions_of_a_target():
    """So that what stores/postgres/session.py promises of each of them holds."""
    openers = {"psycopg.connect", "Connection.connect", "psycopg.Connection.connect", "ConnectionPool"}
    openers |= {"_connection_class(dsn).connect", "Undisturbed.connect"}
    assert {place(path) for path in MODULES if calls(path) & openers} == CONNECTING


def calls(path: Path) -> set[str]:
    """What a file calls, as it is written there, without the types in brackets."""
    return {ast.unparse(node.func).partition("[")[0] for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}


SPOKEN = {
    "errors.py",  # the command line's spelling
    "__main__.py",  # looks for it on the command line
    "machine/installation.py",  # commands, ours and of installers
    "options/declared.py",  # what --help says of options
    "embedded/_home/cluster.py",  # initdb's
}
"""Where options may be spelt as the command line has them, beside cli/."""
DASHED = "|".join(written(name) for name in SETTABLE if "_" in name)
OTHERS = {"--version", "--system", "--help", "--no-create-home", "--tmpfs", "--shm-size"}
"""Options of other programs."""


def test_an_error_names_an_option_by_a_value_and_never_in_a_sentence():
    """Each front spells it its own way, and nobody looks for it in a text."""
    for path in MODULES:
        if place(path).startswith("cli/") or place(path) in SPOKEN:
            continue
        for text in texts(tree(path)):
            assert not set(re.findall(r"(?<![\w(`-])--[a-z][a-z-]+", text)) - OTHERS, (path, text)
            assert not re.search(rf"(?<![\w-])({DASHED})=", text), (path, text)


def texts(module: ast.Module) -> list[str]:
    """The literals that are no docstrings."""
    nodes = list(ast.walk(module))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    literals = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return [node.value for node in literals if isinstance(node.value, str)]
