"""What the manual takes from the code: the generated parts of its pages, and the dbt source of the examples.

``make docs`` writes them anew; a test compares them with the code. A part of a page stands between
``<!-- made by make docs: NAME -->`` and ``<!-- /NAME -->``.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import groupby, islice, pairwise
from pathlib import Path
from typing import Any, Final, get_args

import typer

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from scripts.blocks import pages  # noqa: E402
from shardgen.cli.application import COMMANDS, SERVER_COMMANDS, app  # noqa: E402
from shardgen.dirt.defects import ADDED, MISSING, Defect  # noqa: E402
from shardgen.dirt.kind import FAMILIES, AnyKind  # noqa: E402
from shardgen.dirt.kinds import kinds as dirt_kinds  # noqa: E402
from shardgen.display.dictionary import dbt_source  # noqa: E402
from shardgen.display.dictionary import rows as dictionary_rows  # noqa: E402
from shardgen.errors import Interrupted, ShardgenError  # noqa: E402
from shardgen.events import Event  # noqa: E402
from shardgen.model import shape  # noqa: E402
from shardgen.model.table import VERSION_KEYS, Table  # noqa: E402
from shardgen.options.declared import (  # noqa: E402
    OPTIONS,
    Option,
    variable,
)
from shardgen.options.profiles import PROFILES  # noqa: E402
from shardgen.options.secrets import Secret  # noqa: E402
from shardgen.tables import dataset  # noqa: E402
from shardgen.tables.feed import Feed  # noqa: E402
from shardgen.tables.planning import build_plan  # noqa: E402
from shardgen.tables.statements import Statement, read  # noqa: E402
from shardgen.tables.wanted import plan_config  # noqa: E402
from shardgen.world.lexicon import SUBCATEGORIES  # noqa: E402

DBT_SOURCES: Final = ROOT / "scripts" / "examples" / "dbt" / "models" / "sources.yml"
EXCERPT: Final = 48
"""Characters of a value in an example."""
LINES: Final = 4
"""Of the key that are looked at for one that shows something."""
EVERYWHERE: Final = {"--help", "--json", "--quiet", "--verbose"}
"""Options that are told once, above the table."""


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; all columns but the last are as wide as their cells."""
    cells = [header, *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header) - 1)] + [0]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    rule = "| " + " | ".join("-" * max(3, width) for width in widths) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


# --- the command line -------------------------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its first sentence."""
    named = [(f"`shardgen {_name(command)}`", _first(command)) for command in COMMANDS]
    served = [(f"`shardgen db {_name(command)}`", _first(command)) for command in SERVER_COMMANDS]
    return table(("command", "what it does"), [*named, *served])


def details() -> str:
    """What each command says of itself, and its examples."""
    groups = [(COMMANDS, "shardgen"), (SERVER_COMMANDS, "shardgen db")]
    return "\n\n".join(
        _details(command, f"{prefix} {_name(command)}") for members, prefix in groups for command in members
    )


def _details(command: Callable[..., None], called: str) -> str:
    told = (inspect.getdoc(command) or "").replace("\\[", "[")
    lines: tuple[str, ...] = command.examples  # type: ignore[attr-defined]
    return f"### {called}\n\n{told}\n\n" + "\n".join(f"- `shardgen {line}`" for line in lines)


def options() -> str:
    """Every option that can be set by a variable or in a file, by panel."""
    parts = []
    for panel, members in groupby(OPTIONS.items(), key=lambda item: item[1].panel):
        rows = [(_flag(name), _default(option), f"`{variable(name)}`", _meaning(option)) for name, option in members]
        parts.append(f"**{panel}**\n\n{table(('option', 'default', 'variable', 'meaning'), rows)}")
    return "\n\n".join(parts)


def flags() -> str:
    """The options of single commands, which no variable and no file can set."""
    root: Any = typer.main.get_command(app)
    groups = [(root.commands, ""), (root.commands["db"].commands, "db ")]
    rows = [
        (f"`{prefix}{name}`", f"`{_spelling(parameter)}`", _plain(parameter.help))
        for members, prefix in groups
        for name, command in members.items()
        for parameter in command.params
        if parameter.name not in OPTIONS and not EVERYWHERE & set(parameter.opts)
    ]
    return table(("command", "option", "meaning"), rows)


def profiles() -> str:
    """The options of the built-in profiles."""
    return table(
        ("profile", "options"),
        [
            (f"`{name}`", ", ".join(f"`{option.replace('_', '-')} = {value}`" for option, value in values.items()))
            for name, values in PROFILES.items()
        ],
    )


def _name(command: Callable[..., None]) -> str:
    return command.__name__.rstrip("_").replace("_", "-")


def _first(command: Callable[..., None]) -> str:
    return (command.__doc__ or "").splitlines()[0]


def _flag(name: str) -> str:
    return f"`--{name.replace('_', '-')}`"


def _default(option: Option) -> str:
    return option.default or "none"


def _meaning(option: Option) -> str:
    return option.text + (f" One of {', '.join(f'`{choice}`' for choice in option.choices)}." if option.choices else "")


def _spelling(parameter: Any) -> str:
    if not parameter.opts[0].startswith("-"):
        return parameter.metavar
    return " ".join(filter(None, (parameter.opts[0], parameter.metavar)))


def _plain(text: str) -> str:
    """A help text without the marks of its colours."""
    return re.sub(r"\[/?[a-z]*\]", "", text)


# --- laws and shapes --------------------------------------------------------------------------------------------------


def laws() -> str:
    """Every law in a line."""
    return _statements(read(dataset().laws), "law")


def shapes() -> str:
    """Every shape in a line."""
    return _statements(read(dataset().shapes), "shape")


def behaviour(name: str) -> str:
    """The SQL of the shapes of this name, for the window of the page that shows it."""
    found = [shape for shape in read(dataset().shapes) if shape.name == name]
    return "\n\n".join(f"```sql\n{_lasting_a_year(shape)}```" for shape in found)


def needs() -> str:
    """What a load must be for each shape of behaviour to apply."""
    found = [shape for shape in read(dataset().shapes) if shape.name.startswith("B")]
    return table(
        ("shape", "rows at least", "days", "proportions of the default shop"),
        [(each.name, _least(each), str(each.days or ""), ", ".join(each.proportions)) for each in found],
    )


def _least(shape: Statement) -> str:
    return ", ".join(f"{name} {least:,}" for name, least in shape.rows.items())


def _lasting_a_year(shape: Statement) -> str:
    """As somebody types it who loaded the year 2025."""
    return shape.text % {"epoch": "'2025-01-01'", "end": "'2026-01-01'"}


def _statements(statements: list[Statement], kind: str) -> str:
    return table((kind, "what holds"), [(each.name, each.purpose) for each in statements])


# --- the data dictionary ----------------------------------------------------------------------------------------------


def dictionary() -> str:
    """Every table, column and key with its meaning."""
    return "\n\n".join(_table_section(each) for each in [spec.table for spec in dataset().tables])


def _table_section(each: Table) -> str:
    partitioned = f" Partitioned by `{each.partition_by}`, a month or a day to a partition." if each.partitioned else ""
    rows = [
        (f"`{name}` `{key}`" if key else f"`{name}`", kind, meaning)
        for column in each.columns
        for name, key, kind, meaning in dictionary_rows(column)
    ]
    return (
        f"## {each.relation}\n\n{each.meaning} Key: {', '.join(f'`{name}`' for name in each.key)}.{partitioned}\n\n"
        + table(("column", "type", "meaning"), rows)
    )


def versions() -> str:
    """What each table has besides where records have versions."""
    rows = [(f"`raw_data` `{key}`", "never", meaning) for key, meaning in VERSION_KEYS.items()]
    tables = [spec.table.with_versions() for spec in dataset().tables]
    keys = [(f"`{each.relation}`", ", ".join(f"`{name}`" for name in each.key), f"`{each.latest}`") for each in tables]
    told = table(("key", "without a value", "meaning"), rows)
    return told + "\n\n" + table(("table", "primary key", "view of the newest"), keys)


def shop() -> str:
    """Every table with its rows in a year of the default shop."""
    plan = build_plan(plan_config(today=date(2026, 1, 1)))
    rows = [
        (f"`{each.relation}`", f"{plan.rows(each.name):,}", each.meaning)
        for each in [spec.table for spec in dataset().tables]
    ]
    return table(("table", "rows", "what a row is"), rows)


def files() -> str:
    """Every column and key of the files, with its type there."""
    return "\n\n".join(_file_section(each) for each in [spec.table for spec in dataset().tables])


def _file_section(each: Table) -> str:
    lean = replace(each, full_only=())
    fields = [(column, shape.form_of(lean, column, "lean")) for column in each.columns]
    rows = [
        row
        for column, form in fields
        for row in _file_rows(column.name, shape.Field(form, "never" if column.not_null else "null"))
    ]
    return f"### {each.relation}\n\n" + table(("column", "type", "without a value"), rows)


def _file_rows(path: str, field: shape.Field) -> Iterator[tuple[str, str, str]]:
    """A column or key, and what is in it."""
    form, told = field.form, {"never": "never", "null": "null", "absent": "left out"}[field.missing]
    yield f"`{path}`", _file_type(form), told
    item = form.item if isinstance(form, shape.Items) else form
    if isinstance(item, shape.Object):
        step = f"{path}[]" if isinstance(form, shape.Items) else path
        for name, inner in item.fields.items():
            yield from _file_rows(f"{step}.{name}", inner)


def _file_type(form: shape.Form) -> str:
    if isinstance(form, shape.Object | shape.Items):
        return "struct" if isinstance(form, shape.Object) else "list of structs"
    if form.name == "decimal":
        return f"decimal({form.length},{form.places})"
    names = {"integer": "int32", "serial": "int64", "json": "string, JSON", "timestamp": "timestamp(us)"}
    return names.get(form.name, form.name if form.name in ("date", "boolean") else "string")


def attributes() -> str:
    """The keys of ``attributes`` by subcategory."""
    return table(
        ("category", "subcategory", "keys of `attributes`, beside weight and dimensions"),
        [(each.category, each.name, ", ".join(key for key, _ in each.attributes)) for each in SUBCATEGORIES],
    )


# --- what programs meet -----------------------------------------------------------------------------------------------


def errors() -> str:
    """Every exception, below what it is a kind of."""
    return "\n".join(_error_lines(ShardgenError, 0))


def _error_lines(kind: type[ShardgenError], depth: int) -> Iterator[str]:
    code = "128 + signal" if kind is Interrupted else kind.exit_code
    yield f"{'  ' * depth}- `{kind.__name__}` (exit code {code}): {_summary(kind)}"
    for below in kind.__subclasses__():
        yield from _error_lines(below, depth + 1)


def _summary(kind: type) -> str:
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split()).replace("``", "`")


def events() -> str:
    """Every event with its fields."""
    return "\n\n".join(map(_event, get_args(Event)))


def _event(kind: Any) -> str:
    rows = [(f"`{name}`", f"`{shape}`", meaning) for name, shape, meaning in _fields(kind)]
    return f"## {kind.__name__}\n\n{_summary(kind)}\n\n{table(('field', 'type', 'meaning'), rows)}"


def _fields(kind: Any) -> Iterator[tuple[str, str, str]]:
    """Name, type and meaning of each field of a dataclass; the meaning is the string below it."""
    [described] = ast.parse(inspect.getsource(kind)).body
    assert isinstance(described, ast.ClassDef)
    for member, following in pairwise([*described.body, ast.Pass()]):
        if isinstance(member, ast.AnnAssign):
            told = following.value.value if isinstance(following, ast.Expr) else ""
            yield ast.unparse(member.target), ast.unparse(member.annotation), str(told).replace("``", "`")


# --- dirt -------------------------------------------------------------------------------------------------------------


def kinds() -> str:
    """Every kind of dirt by family: what it imitates, who sees it, and a row that has it."""
    found = [kind for family in FAMILIES for kind in dirt_kinds().values() if kind.family == family]
    return "\n\n".join(
        f"### {family}\n\n" + table(("kind", "what it imitates", "who sees it", "for example"), map(_kind, members))
        for family, members in groupby(found, key=lambda kind: kind.family)
    )


def _kind(kind: AnyKind) -> tuple[str, ...]:
    return f"`{kind.name}`", f"{kind.imitates}; {kind.seen}", kind.sees, _example(kind)


def _example(kind: AnyKind) -> str:
    """The first row that has it in a small world, dirty and clean."""
    for name in kind.weights:
        asked = {"dirt": f"{kind.name}.{name}=0.4", "customers": 200, "products": 60, "orders_per_day": 20}
        config = plan_config(today=date(2026, 1, 1), days=9, sessions_per_day=40, tables=name, **asked)
        config = Secret("the manual").given_to(config)
        for shard in build_plan(config).shards:
            if lines := list(islice(Feed(config).defects(shard), LINES)):
                told = [line for line in lines if line.wrong.dirty not in (None, "null")]
                return _shown((told or lines)[0])
    return ""


def _shown(defect: Defect) -> str:
    wrong, row = defect.wrong, f"`{defect.key}`"
    if defect.state == ADDED:
        return f"{row} of `{defect.owner}` once more, ingested {defect.ingestion_timestamp[:16]}"
    if defect.state == MISSING:
        return f"{row}, due {defect.ingestion_timestamp[:16]}, is not there"
    place, dirty, clean = _narrowed(str(wrong.place), wrong.dirty, wrong.clean)
    return f"{row} `{place}`: `{_cut(dirty)}` for `{_cut(clean)}`"


def _narrowed(place: str, dirty: str | None, clean: str | None) -> tuple[str, str | None, str | None]:
    """Of two objects that differ in one key alone, what they say there."""
    there, here = (json.loads(each) if (each or "").startswith("{") else None for each in (dirty, clean))
    if there is None or here is None or there.keys() != here.keys():
        return place, dirty, clean
    apart = [key for key in here if there[key] != here[key]]
    if len(apart) != 1:
        return place, dirty, clean
    return _narrowed(f"{place}.{apart[0]}", *(json.dumps(each[apart[0]], ensure_ascii=False) for each in (there, here)))


def _cut(value: str | None) -> str:
    told = "nothing" if value is None else "".join(each if each.isprintable() else repr(each)[1:-1] for each in value)
    return told if len(told) <= EXCERPT else f"{told[:EXCERPT]}..."


# --- dbt --------------------------------------------------------------------------------------------------------------


def dbt_sources() -> str:
    """The bronze tables as a dbt source, as ``shardgen tables --dbt`` prints it."""
    made = dbt_source([spec.table for spec in dataset().tables], "bronze")
    return f"# Made by `make docs` from shardgen/tables.\n{made}\n"


# --- the files --------------------------------------------------------------------------------------------------------


PARTS: Final[dict[str, Callable[[], str]]] = {
    part.__name__: part
    for part in (
        commands,
        details,
        options,
        flags,
        profiles,
        laws,
        shapes,
        needs,
        shop,
        dictionary,
        versions,
        attributes,
        files,
        errors,
        events,
        kinds,
    )
} | {f"b{number}": partial(behaviour, f"B{number}") for number in range(1, 13)}
"""By name, what goes between the marks in a page."""
_PART: Final = re.compile(r"<!-- made by make docs: (?P<name>\w+) -->\n.*?<!-- /(?P=name) -->", re.DOTALL)


def render(text: str) -> str:
    """The text of a page with every generated part made anew."""
    return _PART.sub(_part, text)


def _part(match: re.Match[str]) -> str:
    name = match["name"]
    return f"<!-- made by make docs: {name} -->\n\n{PARTS[name]()}\n\n<!-- /{name} -->"


def places(text: str) -> list[str]:
    """The names of the generated parts of a page."""
    return [match["name"] for match in _PART.finditer(text)]


def main() -> None:
    """Write the generated parts."""
    rendered = {page: render(page.read_text(encoding="utf-8")) for page in pages()}
    for file, text in {**rendered, DBT_SOURCES: dbt_sources()}.items():
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            print(f"wrote {file.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
