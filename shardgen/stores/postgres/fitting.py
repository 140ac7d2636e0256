"""Whether a relation can take the rows of a table of ours: its kind, its rights, its columns, its keys."""

from __future__ import annotations

from typing import Final

from shardgen.errors import Problem, Text, Use
from shardgen.model.table import COMMON, Column, Table
from shardgen.model.types import JSON, TEXT, TIMESTAMP
from shardgen.stores.postgres.catalog import Relation
from shardgen.stores.postgres.columns import ColumnFacts, compatible
from shardgen.stores.postgres.types import spelled

LOG_IT: Final = "ALTER TABLE ... SET LOGGED"
_, INGESTION, RECORD = COMMON
_KINDS: Final = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence", "i": "an index"}


def relation_problems(table: Table, found: Relation) -> list[Problem]:
    """Why a relation cannot be loaded at all."""
    if not found.is_table:
        kind = _KINDS.get(found.kind, "not a table")
        remedy = Text("rename it or use another ", Use("schema"))
        return [Problem(relation=table.relation, text=f"is {kind}", remedy=remedy)]
    obstacles = (
        (not found.writable, "lacks INSERT or SELECT for this role", "grant both"),
        (found.row_security, "has row-level security for this role", "use a role with BYPASSRLS or disable it"),
        (not found.logged, "is UNLOGGED, so a crash would empty it", LOG_IT),
    )
    return column_problems(table, found) + [
        Problem(relation=table.relation, text=text, remedy=remedy) for there, text, remedy in obstacles if there
    ]


def missing_columns(table: Table, found: Relation) -> tuple[str, ...]:
    """Columns of ours that a relation lacks and can do without: those that may be null."""
    have = {column.name for column in found.columns}
    return tuple(column.name for column in table.columns if not column.not_null and column.name not in have)


def column_problems(table: Table, found: Relation) -> list[Problem]:
    """Columns of ours that a relation lacks or has in another type, and columns of its own that need a value."""
    have = {column.name: column for column in found.columns}
    wanted = table.without(frozenset(missing_columns(table, found))).columns
    unfit = [(column.name, _unfit(column, have.get(column.name))) for column in wanted]
    unfit += [
        (name, ("is not null without a default, and shardgen has no value for it", ""))
        for name in _demanded(table, found)
    ]
    return [
        Problem(text=f"column={table.relation}.{name} {text}", remedy=remedy) for name, (text, remedy) in unfit if text
    ]


def _unfit(column: Column, there: ColumnFacts | None) -> tuple[str, str]:
    """Why a column of ours cannot be filled, and the remedy; empty where it can."""
    if there is None:
        return "is missing", f"add it as {spelled(column.type)}"
    if there.generated:
        return "is generated", "it cannot be loaded"
    if not compatible(spelled(column.type), there):
        return f"is {there.declared}", f"it must be {spelled(column.type)}"
    return "", ""


def _demanded(table: Table, found: Relation) -> list[str]:
    """Columns that are not ours and want a value."""
    ours = {column.name for column in table.columns}
    return [
        column.name for column in found.columns if column.required and not column.generated and column.name not in ours
    ]


def repeat_problems(table: Table, found: Relation) -> list[Problem]:
    """Columns whose values may not repeat there, and do."""
    return [
        Problem(text=f"column={table.relation}.{column.name} must be unique, and its values repeat", remedy="drop that")
        for column in table.columns
        if _repeats(table, column) and frozenset({column.name}) in found.unique
    ]


def _repeats(table: Table, column: Column) -> bool:
    """Whether a column has the same value in several rows, at any volume worth loading."""
    alone = (column.unique or column.name == table.key[0]) and not table.versioned
    return not alone and column.type not in (TEXT, TIMESTAMP, JSON)


def room_problems(table: Table, found: Relation) -> list[Problem]:
    """Why a record has no room for its versions: a unique key leaves none, or nothing tells which is which."""
    ours = {column.name for column in table.columns}
    have = {column.name for column in found.columns}
    narrow = [columns for columns in found.unique if table.versioned and INGESTION not in columns and columns <= ours]
    told = [", ".join(sorted(columns, key=[column.name for column in table.columns].index)) for columns in narrow]
    remedy = Text(f"add {INGESTION} to it, or use ", Use("history", "latest"))
    text = "has a unique key of {}, which leaves a record no room for versions"
    problems = [Problem(relation=table.relation, text=text.format(columns), remedy=remedy) for columns in told]
    if table.versioned and RECORD not in have:
        remedy = Text(f"add it as {spelled(JSON)}, or use ", Use("history", "latest"))
        text = f"has no column {RECORD}, which tells version and operation"
        problems.append(Problem(relation=table.relation, text=text, remedy=remedy))
    return problems


def otherwise_keyed(table: Table, found: Relation) -> bool:
    """Whether a table of ours has the key of another history."""
    plain = frozenset(table.key) - {INGESTION}
    return (plain if table.versioned else plain | {INGESTION}) in found.unique


def skip_problems(table: Table, found: Relation) -> list[Problem]:
    """Why rows whose keys are there cannot be left out."""
    problems = []
    leave_out = Text("or leave ", Use("on_conflict"), " out")
    if not unique(table, found):
        text = "has no unique key, so conflicts cannot be seen"
        remedy = Text("ALTER TABLE ... ADD PRIMARY KEY, ", leave_out)
        problems.append(Problem(relation=table.relation, text=text, remedy=remedy))
    if found.rules:
        text = f"has rules on INSERT ({', '.join(found.rules)}), which may turn rows away"
        remedy = Text("drop them, ", leave_out, ": COPY passes them by")
        problems.append(Problem(relation=table.relation, text=text, remedy=remedy))
    return problems


def unique(table: Table, found: Relation) -> bool:
    """Whether a second row of the same key would be refused."""
    return any(columns <= set(table.key) for columns in found.unique)
