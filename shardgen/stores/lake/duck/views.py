"""Files of a table as DuckDB reads them, and as a view with the columns that the table has in PostgreSQL.

JSON is text in PostgreSQL's eyes; in a file it may be members of their own types, too. Either way the view has JSON in
which numbers with decimal places are strings: DuckDB would read them as floating point, and lose cents and zeros.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from shardgen.model.table import COMMON, Column, Table

INGESTION: Final = COMMON[1]

_DECIMAL: Final = re.compile(r"DECIMAL\(\d+,\s*\d+\)|DOUBLE|FLOAT")
_QUOTED: Final = (
    "CASE WHEN regexp_matches({0}, '[0-9][.][0-9]+[,}}\\]]') "
    """THEN regexp_replace({0}, '([^\\\\])": (-?[0-9]+[.][0-9]+)([,}}\\]])', '\\1": "\\2"\\3', 'g') ELSE {0} END"""
)


def literal(text: str) -> str:
    """Text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """A name as SQL writes it."""
    return '"' + text.replace('"', '""') + '"'


def scan(table: Table, format_: str, paths: Sequence[str]) -> str:
    """What reads the rows of some files, with the table's columns.

    Args:
        table: that they are of.
        format_: one of formats.NAMES.
        paths: of the files.
    """
    listed = f"[{', '.join(map(literal, paths))}]"
    return _ndjson(table, listed) if format_ == "ndjson.zst" else reading(table, format_, listed)


def reading(table: Table, format_: str, paths: str) -> str:
    """What reads Parquet or CSV; a file has all columns of its table, so that the name of its folder adds none.

    Args:
        table: that the files are of.
        format_: ``"parquet"`` or ``"csv.zst"``.
        paths: of the files, in SQL.
    """
    if format_ == "parquet":
        return f"read_parquet({paths}, hive_partitioning = false)"
    return (  # nothing is found out by trying; a text of no letters is in quotes, and no null
        f"read_csv({paths}, columns = {columns(table)}, header = true, compression = 'zstd', auto_detect = false, "
        "delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
        "hive_partitioning = false)"
    )


def columns(table: Table) -> str:
    """The columns of a table with their types, for a reader of texts."""
    return "{" + ", ".join(f"{literal(each.name)}: {literal(_type(each))}" for each in table.columns) + "}"


def _ndjson(table: Table, paths: str) -> str:
    """Lines as they stand: a reader of members would lose the zeros of numbers before they are in quotes."""
    members = ", ".join(f"{_member(column)} AS {name(column.name)}" for column in table.columns)
    lines = f"read_ndjson_objects({paths}, compression = 'zstd', hive_partitioning = false)"
    return f"(SELECT {members} FROM (SELECT {_QUOTED.format('json')}::JSON AS line FROM {lines}))"  # noqa: S608


def _member(column: Column) -> str:
    if column.json:
        return f"nullif(line -> {literal(column.name)}, 'null')"
    return f"(line ->> {literal(column.name)})::{_type(column)}"


def _type(column: Column) -> str:
    type_ = column.type
    if type_.name == "decimal":
        return f"DECIMAL({type_.length}, {type_.places})"
    return {"serial": "BIGINT", "varchar": "VARCHAR", "text": "VARCHAR", "json": "VARCHAR"}.get(
        type_.name, type_.name.upper()
    )


def open_to(folders: Sequence[str]) -> str:
    """What names the folders of which a session may read files, once it may read no others."""
    return f"SET allowed_directories = [{', '.join(map(literal, folders))}]"


def first(*paths: str) -> str:
    """What says where names are looked for, in this order; an empty one is none."""
    return f"SET search_path = {literal(','.join(filter(None, paths)))}"


def attached(file: str) -> str:
    """What opens a file of DuckDB to be read."""
    return f"ATTACH {literal(file)} (TYPE duckdb, READ_ONLY)"


def of_user(text: str, rows: str, how: str = "VIEW") -> str:
    """What creates the view of a dataset of somebody's own, or a table of its rows.

    Args:
        text: its name.
        rows: what reads it, in SQL.
        how: ``"VIEW"`` or ``"TABLE"``.
    """
    return f"CREATE {how} cleaned.{name(text)} AS FROM {rows}"


def described(source: str) -> str:
    """What tells the columns of a source, and their types."""
    return f"DESCRIBE FROM {source}"


def kept(table: Table, source: str) -> str:
    """What creates a table of a source's rows, by the name of the table."""
    return f"CREATE TABLE {name(table.name)} AS FROM {source}"


def view(table: Table, source: str, types: Mapping[str, str]) -> str:
    """What creates the view of a table.

    Args:
        table: as it is in PostgreSQL.
        source: what its rows are read from.
        types: of the source's columns, as DuckDB calls them.
    """
    return f"CREATE VIEW {name(table.relation)} AS {_selected(table, source, types)}"


def latest(table: Table, source: str, types: Mapping[str, str], *, changing: bool) -> str:
    """What creates the view of a table's records as they stand, of a table that has all their versions.

    The newest are found before their JSON is made, and without a sort of whole rows.

    Args:
        changing: whether a record may have several versions; of one that has not, its row is the newest.

    The others are those of ``view``.
    """
    if not changing:
        return f"CREATE VIEW {name(table.latest)} AS FROM {name(table.relation)}"
    record = ", ".join(map(name, table.key[:-1]))
    newest = f"SELECT {record}, max({INGESTION}) FROM {source} GROUP BY {record}"  # noqa: S608  # as below
    rows = f"(SELECT * FROM {source} WHERE ({record}, {INGESTION}) IN ({newest}))"  # noqa: S608
    kept = "(raw_data ->> 'operation') IS DISTINCT FROM 'delete'"
    return f"CREATE VIEW {name(table.latest)} AS FROM ({_selected(table, rows, types)}) WHERE {kept}"


def _selected(table: Table, source: str, types: Mapping[str, str]) -> str:
    shown = ", ".join(f"{_shown(column, types[column.name])} AS {name(column.name)}" for column in table.columns)
    return f"SELECT {shown} FROM {source}"  # noqa: S608  # names and texts are quoted


def typed(table: Table, types: Mapping[str, str]) -> bool:
    """Whether some JSON of a table lies in its files as members of their own types."""
    return any(column.json and _is_typed(types[column.name]) for column in table.columns)


def _shown(column: Column, type_: str) -> str:
    own = name(column.name)
    if not column.json:
        return own
    if type_ == "JSON":
        return own
    if _is_typed(type_):
        return f"to_json({own}::{_DECIMAL.sub('VARCHAR', type_)})"
    return f"({_QUOTED.format(own)})::JSON"


def _is_typed(type_: str) -> bool:
    return type_.startswith("STRUCT") or type_.endswith("[]")
