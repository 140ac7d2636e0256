"""What is graded of whom: a mapping file, tables by their names, or statements; checked before anything is read.

A mapping file has a table for each of ours: ``relation`` or ``sql`` (or ``sql_file``), and ``columns``, their name by
ours; a column that bronze has in raw_data alone is ``"raw_data.KEY"``. ``[people]`` names a table of who is whom.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from shardgen.dirt.cells import RAW
from shardgen.errors import ConfigError, Given, TargetError, Text, Use
from shardgen.machine import texts
from shardgen.model.cleaned import Cleaned, People, Source, Wanted
from shardgen.model.table import COMMON, Table, relation_of
from shardgen.stores.cleaned import CleanedTables
from shardgen.stores.reading import RefusedError

NAMES: Final = ("{raw}", "{name}", "stg_{name}")
"""What one of our tables may be called in a schema of cleaned ones; the first that is there is taken."""
_KEYS: Final = frozenset({"relation", "sql", "sql_file", "columns"})
_PEOPLE: Final = frozenset({"relation", "sql", "sql_file", "id", "person"})


def by_name(there: CleanedTables, place: str, tables: Sequence[str]) -> Wanted:
    """The tables of a schema, a folder or a file that are called as ours.

    Raises:
        TargetError: there is none.
    """
    relations = there.relations(place)
    found: list[Cleaned] = []
    left_out: dict[str, str] = {}
    for table in tables:
        names = [name.format(raw=relation_of(table), name=table) for name in NAMES]
        if name := next((name for name in names if name in relations), None):
            found.append(Cleaned(table=table, source=relations[name]))
        else:
            left_out[table] = f"{place} has none of {', '.join(names)}"
    if not found:
        told = Text(Given("cleaned", place), " has no table that is called as one of ours")
        like = " or ".join(name.format(raw=relation_of(tables[0]), name=tables[0]) for name in NAMES)
        raise TargetError(told, remedy=f"call them {like}, or say by a mapping which they are")
    return Wanted(tables=tuple(found), left_out=left_out)


def by_statements(given: Sequence[str], tables: Sequence[str]) -> Wanted:
    """Statements, as ``TABLE=FILE``.

    Raises:
        ConfigError: one is no such pair, or its file cannot be read.
    """
    found: dict[str, Cleaned] = {}
    for each in given:
        table, mark, file = (part.strip() for part in each.partition("="))
        if not mark or not file:
            raise ConfigError(Given("sql", each), " names no file", remedy="write TABLE=FILE")
        _check_table("sql", table, tables)
        found[table] = Cleaned(table=table, source=Source(statement=_statement("sql", Path(file)), file=file))
    return Wanted(tables=tuple(found.values()), left_out=_others(found, tables))


def by_file(file: Path, tables: Sequence[str]) -> Wanted:
    """What a mapping file says.

    Raises:
        ConfigError: it cannot be read, or says what makes no sense.
    """
    told = _read(file)
    people = told.pop("people", None)
    found: dict[str, Cleaned] = {}
    for table, section in told.items():
        _check_table("mapping", table, tables)
        _check_section(file, table, section, _KEYS)
        columns = section.get("columns")
        if columns is not None and not _of_texts(columns):
            raise _wrong(file, f"[{table}] columns", "are no names of columns by ours")
        found[table] = Cleaned(table=table, source=_source(file, table, section), columns=columns)
    if not found:
        raise ConfigError(Given("mapping", str(file)), " names no table", remedy=f"begin with [{tables[0]}]")
    return Wanted(tables=tuple(found.values()), people=_people(file, people), left_out=_others(found, tables))


def places_of(table: Table, keys: Sequence[str], cleaned: Cleaned, there: CleanedTables) -> dict[str, str]:
    """Which of their columns is which of our places; those that tell rows apart come first.

    Args:
        table: ours.
        keys: the places that do.
        cleaned: what a user has of it.
        there: where that is.

    Raises:
        TargetError: there is no such table, or it has not the columns that are said of it.
        ConfigError: a column is said to be what we do not have.
    """
    try:
        theirs = there.columns(cleaned.source)
    except RefusedError as error:
        told = f"{cleaned.source.shown}, which is to be {table.name}, cannot be read: {error}"
        raise TargetError(told, remedy="name a table, a view or a statement that is there") from error
    ours = _ours(table)
    found = _by_our_names(ours, theirs) if cleaned.columns is None else dict(cleaned.columns)
    for place, column in found.items():
        _check_place(table, cleaned, ours, place)
        if column not in theirs:
            told = f"{cleaned.source.shown} has no column {column!r}, which is to be {place} of {table.name}"
            raise TargetError(told, remedy=f"choose from {', '.join(theirs)}")
    if lacking := [key for key in keys if key not in found]:
        what = f"the key of {table.name}" if lacking[0] == keys[0] else f"which tells versions of {table.name} apart"
        told = f"{cleaned.source.shown} has no column for {lacking[0]}, {what}"
        raise TargetError(told, remedy=f"select it, or say by a mapping which of {', '.join(theirs)} it is")
    return {**{key: found[key] for key in keys}, **found}


def check_people(people: People, there: CleanedTables) -> None:
    """Raise where the table of who is whom cannot be read.

    Raises:
        TargetError: it is not there, or has not its columns.
    """
    try:
        theirs = there.columns(people.source)
    except RefusedError as error:
        raise TargetError(f"{people.source.shown}, which is to tell people, cannot be read: {error}") from error
    for column in (people.id, people.person):
        if column not in theirs:
            raise TargetError(
                f"{people.source.shown} has no column {column!r}", remedy=f"choose from {', '.join(theirs)}"
            )


def _ours(table: Table) -> dict[str, str]:
    """Places that can be graded, by the names that a user would give them."""
    columns = {column.name: column.name for column in table.columns if column.name not in COMMON}
    record = next(column for column in table.columns if column.name == COMMON[2])
    keys = {key: f"{RAW}{key}" for key in record.keys if key.isidentifier() and key not in columns}
    return {**keys, **columns}


def _by_our_names(ours: Mapping[str, str], theirs: Iterable[str]) -> dict[str, str]:
    return {ours[name]: name for name in theirs if name in ours}


def _check_place(table: Table, cleaned: Cleaned, ours: Mapping[str, str], place: str) -> None:
    known = set(ours.values())
    if place not in known:
        told = f"{cleaned.source.shown} is to have {place!r}, which {table.name} has not, or which is not graded"
        raise ConfigError(told, remedy=f"choose from {', '.join(sorted(known))}")


def _check_table(option: str, table: str, tables: Sequence[str]) -> None:
    if table not in tables:
        raise ConfigError(Given(option, table), " is no table of the run", remedy=f"choose from {', '.join(tables)}")


def _others(found: Iterable[str], tables: Iterable[str]) -> dict[str, str]:
    named = set(found)
    return {table: "nobody says where it is" for table in tables if table not in named}


def _source(file: Path, table: str, section: Mapping[str, Any]) -> Source:
    given = [name for name in ("relation", "sql", "sql_file") if name in section]
    if len(given) != 1:
        raise _wrong(file, f"[{table}]", "has to say one of relation, sql and sql_file")
    told = section[given[0]]
    if not isinstance(told, str) or not told.strip():
        raise _wrong(file, f"[{table}] {given[0]}", "is no text")
    if given[0] == "relation":
        schema, _, relation = told.rpartition(".")
        return Source(schema=schema, relation=relation)
    if given[0] == "sql":
        return Source(statement=_bare(told), file=f"sql of [{table}]")
    return Source(statement=_statement("mapping", file.parent / told), file=told)


def _people(file: Path, section: Any) -> People | None:
    if section is None:
        return None
    _check_section(file, "people", section, _PEOPLE)
    for name in ("id", "person"):
        if not isinstance(section.get(name), str):
            raise _wrong(file, "[people]", f"has to say {name}, a column")
    return People(source=_source(file, "people", section), id=section["id"], person=section["person"])


def _check_section(file: Path, name: str, section: Any, known: frozenset[str]) -> None:
    if not isinstance(section, dict):
        raise _wrong(file, name, f"is no table: write [{name}] and what is in it below")
    if odd := section.keys() - known:
        raise _wrong(
            file, f"[{name}] {min(odd)}", f"is nothing that it can say: choose from {', '.join(sorted(known))}"
        )


def _of_texts(columns: Any) -> bool:
    return isinstance(columns, dict) and all(isinstance(each, str) for each in columns.values())


def _wrong(file: Path, what: str, told: str) -> ConfigError:
    return ConfigError(Given("mapping", str(file)), f": {what} {told}")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(texts.read(file))
    except (OSError, UnicodeError) as error:
        raise ConfigError(Given("mapping", str(file)), f" cannot be read: {texts.reason(error)}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(Given("mapping", str(file)), f" is no TOML: {error}") from error


def _statement(option: str, file: Path) -> str:
    try:
        told = _bare(texts.read(file))
    except (OSError, UnicodeError) as error:
        raise ConfigError(Given(option, str(file)), f" cannot be read: {texts.reason(error)}") from error
    if not told:
        raise ConfigError(Given(option, str(file)), " holds no statement", remedy="write one SELECT into it")
    return told


def _bare(statement: str) -> str:
    return statement.strip().rstrip(";").strip()


def choice(*, cleaned: str, mapping: str, statements: Sequence[str], files: bool) -> None:
    """Raise unless one way is chosen.

    Args:
        cleaned: a schema, or a folder or file.
        mapping: a file.
        statements: of tables.
        files: whether the tables are files, of which a mapping or statements tell, too.

    Raises:
        ConfigError: none is, or several are.
    """
    given = [name for name, told in (("cleaned", cleaned), ("mapping", mapping), ("sql", statements)) if told]
    if files and given and given[0] == "cleaned":
        given = given[1:] or given
    if len(given) == 1:
        return
    if given:
        raise ConfigError(Use(given[0]), " and ", Use(given[1]), " contradict each other", remedy="leave one out")
    ways = Text(
        "use ",
        Use("cleaned", "PLACE" if files else "SCHEMA"),
        ", ",
        Use("mapping", "FILE"),
        " or ",
        Use("sql", "TABLE=FILE"),
    )
    raise ConfigError("nothing says where the cleaned tables are", remedy=ways)
