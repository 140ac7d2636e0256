"""What tables and their columns mean, of shardgen and of packages alike: for people, for programs, as a dbt source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from shardgen.model.table import Column, Table
from shardgen.stores import spelled


def rows(column: Column) -> Iterator[tuple[str, str, str, str]]:
    """A column, and each of its JSON keys: the column's name, the key's, the type and the meaning."""
    yield column.name, "", spelled(column.type) + " not null" * column.not_null, column.meaning
    for key, meaning in column.keys.items():
        yield column.name, key, "", meaning


def dictionary(tables: Sequence[Table]) -> RenderableType:
    """For a terminal."""
    return Group(*(part for each in tables for part in _described(each)))


def _described(table: Table) -> Iterator[RenderableType]:
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("column", no_wrap=True)
    grid.add_column("type", overflow="fold")
    grid.add_column("meaning", overflow="fold")
    for column in table.columns:
        for name, key, kind, meaning in rows(column):
            grid.add_row(f"  {key}" if key else name, kind, meaning.replace("`", ""))
    partitioned = f"; partitioned by {table.partition_by}" if table.partitioned else ""
    yield Text(table.relation, style="bold")
    newest = f" The newest alone: {table.latest}." if table.versioned else ""
    yield Text(f"{table.description} Key: {', '.join(table.key)}{partitioned}.{newest}")
    yield grid
    yield Text()


def records(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """For programs."""
    return [
        {
            "table": each.name,
            "relation": each.relation,
            "meaning": each.description,
            "key": list(each.key),
            "latest": each.latest if each.versioned else None,
            "partition_by": each.partition_by if each.partitioned else None,
            "columns": [
                {
                    "name": column.name,
                    "type": spelled(column.type),
                    "not_null": column.not_null,
                    "meaning": column.meaning.replace("`", ""),
                    "keys": {key: meaning.replace("`", "") for key, meaning in column.keys.items()},
                }
                for column in each.columns
            ],
        }
        for each in tables
    ]


def dbt_source(tables: Sequence[Table], schema: str) -> str:
    """A dbt source with every description, and tests of keys and required columns, and the views of the newest versions
    with those of their own; YAML.
    """
    return "\n".join(_dbt_lines(tables, schema))


def _dbt_lines(tables: Sequence[Table], schema: str) -> Iterator[str]:
    yield from ("version: 2", "", "sources:", "  - name: bronze", f"    schema: {_quoted(schema)}", "    tables:")
    for each in tables:
        yield from _dbt_table(each, each.relation, each.description, unique=not each.versioned)
        if each.versioned:
            yield from _dbt_table(each, each.latest, each.latest_meaning, unique=True)


def _dbt_table(table: Table, relation: str, meaning: str, *, unique: bool) -> Iterator[str]:
    """A table or a view over it; ``unique``: whether a record has one row there."""
    yield f"      - name: {relation}"
    yield f"        description: {_quoted(meaning, always=True)}"
    yield "        columns:"
    for column in table.columns:
        yield f"          - name: {column.name}"
        yield f"            data_type: {_quoted(spelled(column.type), always=True)}"
        yield f"            description: {_quoted(column.description, always=True)}"
        if tests := [*["not_null"] * column.not_null, *["unique"] * (unique and column.name == table.key[0])]:
            yield f"            data_tests: [{', '.join(tests)}]"


def _quoted(text: str, *, always: bool = False) -> str:
    """A string as YAML reads it again: JSON's is one of its own."""
    return text if text.isidentifier() and not always else json.dumps(text, ensure_ascii=False)
