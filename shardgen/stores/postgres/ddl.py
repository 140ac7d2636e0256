"""The DDL of tables and views, rendered from what they are; identifiers are quoted by psycopg.sql only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from psycopg import sql

from shardgen.model.choices import HISTORIES
from shardgen.model.dirt import Dirt
from shardgen.model.table import Column, Index, Table
from shardgen.stores.postgres.types import spelled
from shardgen.tables.spec import TableSpec, View

MARK: Final = "created by shardgen"
"""The comment of a schema and of partitions that may go with their run; that of such a view begins with it."""

_METHODS: Final = {"order": "btree", "json": "gin", "words": "gin"}

_ALL: Final = sql.SQL("CREATE VIEW {view} AS\nSELECT {columns} FROM {table}")
_NEWEST: Final = sql.SQL("""CREATE VIEW {view} AS
SELECT {columns} FROM {table} AS v
WHERE NOT EXISTS (SELECT 1 FROM {table} AS later WHERE {same} AND later.ingestion_timestamp > v.ingestion_timestamp)
  AND raw_data ->> 'operation' IS DISTINCT FROM 'delete'""")
"""Joins by hashes of keys: DISTINCT ON sorts whole rows, and what asks for max() of each key is taken for one row."""


def create_table(table: Table, schema: str) -> sql.Composed:
    """CREATE TABLE; a partitioned parent comes with its primary key, and so does a plain table, if its rows keep it."""
    lines = [_column_definition(column) for column in table.columns]
    if table.keyed:
        lines.append(sql.SQL("PRIMARY KEY ({})").format(_names(table.key)))
    partition = sql.SQL(" PARTITION BY RANGE ({})").format(sql.Identifier(table.partition_by))
    return sql.SQL("CREATE TABLE {} (\n    {}\n){}").format(
        sql.Identifier(schema, table.relation),
        sql.SQL(",\n    ").join(lines),
        partition if table.partitioned else sql.SQL(""),
    )


def create_index(table: Table, index: Index, schema: str) -> sql.Composed:
    """CREATE INDEX on the table (on a partitioned parent before its first leaf exists, it costs nothing)."""
    return sql.SQL("CREATE INDEX {} ON {} USING {} ({})").format(
        sql.Identifier(index_name(table, index)),
        sql.Identifier(schema, table.relation),
        *index_key(index),
    )


def index_key(index: Index) -> tuple[sql.SQL, sql.Composable]:
    """Method and expression of an index."""
    column: sql.Composable = sql.Identifier(index.column)
    if index.kind == "words":
        column = sql.SQL("to_tsvector('english', {})").format(column)
    return sql.SQL(_METHODS[index.kind]), column


def definition(index: Index) -> str:
    """Method and expression of an index as pg_get_indexdef prints them, but for casts."""
    method, key = index_key(index)
    return f"{method.as_string()} ({key.as_string().replace(chr(34), '')})"


def comments(table: Table, schema: str) -> sql.Composed:
    """COMMENT ON the table and each of its columns, as one string of statements."""
    relation = sql.Identifier(schema, table.relation)
    about = sql.SQL("COMMENT ON TABLE {} IS {}").format(relation, sql.Literal(table.description))
    return sql.SQL(";\n").join([about, *_column_comments(table, schema, table.relation)])


def _column_comments(table: Table, schema: str, relation: str) -> list[sql.Composed]:
    return [
        sql.SQL("COMMENT ON COLUMN {} IS {}").format(
            sql.Identifier(schema, relation, column.name), sql.Literal(column.description)
        )
        for column in table.columns
    ]


def create_latest(
    table: Table, schema: str, *, changing: bool, divided: bool | None = None, comment: str = ""
) -> sql.Composed:
    """CREATE VIEW of a table's records as they stand, of a table with all their versions, and what it means.

    Args:
        table: less the columns that the relation lacks.
        schema: of both.
        changing: whether a record may have several; of one that has not, its row is the newest.
        divided: whether the relation has partitions, where somebody else has made it.
        comment: of the view, where it says more than what it means.
    """
    divided = table.partitioned if divided is None else divided
    names = {
        "view": sql.Identifier(schema, table.latest),
        "columns": sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns),
        # rows of tables that merely inherit from it are no versions of its records
        "table": sql.SQL("{}" if divided else "ONLY {}").format(sql.Identifier(schema, table.relation)),
        "same": sql.SQL(" AND ").join(
            sql.SQL("later.{0} = v.{0}").format(sql.Identifier(column)) for column in table.key[:-1]
        ),
    }
    create = (_NEWEST if changing else _ALL).format(**names)
    about = sql.SQL("COMMENT ON VIEW {} IS {}").format(names["view"], sql.Literal(comment or table.latest_meaning))
    return sql.SQL(";\n").join([create, about, *_column_comments(table, schema, table.latest)])


def going_comment(table: Table) -> str:
    """The comment of the view of a table's records as they stand, where a reset drops it and leaves the table."""
    return f"{MARK}: {table.latest_meaning}"


def create_view(view: View, table: Table, schema: str, *, again: bool = False) -> sql.Composed:
    """CREATE VIEW, which unpacks a table: the newest versions of its records, where it has several.

    Args:
        again: whether the view is there and gets what it lacks.
    """
    relation = table.latest if table.versioned else table.relation
    query = sql.SQL(view.query).format(table=sql.Identifier(schema, relation))
    create = sql.SQL("CREATE OR REPLACE VIEW" if again else "CREATE VIEW")
    return sql.SQL("{} {} AS\n{}").format(create, sql.Identifier(schema, view.name), query)


def index_name(table: Table, index: Index) -> str:
    """Name of a secondary index: ``raw_orders_customer_id_idx``."""
    return f"{table.relation}_{index.column}_idx"


def ddl(
    schema: str,
    specs: Sequence[TableSpec],
    indexes: str = "keys",
    history: str = HISTORIES[0],
    dirt: Dirt | None = None,
) -> list[sql.Composed]:
    """Every statement that creates the bronze schema, in order."""
    statements = [sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema))]
    tables = [spec.table_of(history, dirt) for spec in specs]
    for table in tables:
        statements += [create_table(table, schema), comments(table, schema)]
        statements += [create_index(table, index, schema) for index in table.indexes_for(indexes)]
    for spec, table in zip(specs, tables, strict=True):
        statements += views(spec, table, schema).values()
    return statements


def views(spec: TableSpec, table: Table, schema: str, *, divided: bool | None = None) -> Mapping[str, sql.Composed]:
    """By name, what creates the views of a table, in this order; ``divided`` as for :func:`create_latest`."""
    found = {}
    if table.versioned:
        found[table.latest] = create_latest(table, schema, changing=spec.history is not None, divided=divided)
    return found | ({spec.view.name: create_view(spec.view, table, schema)} if spec.view else {})


def _column_definition(column: Column) -> sql.Composed:
    parts = [sql.Identifier(column.name), sql.SQL(spelled(column.type))]
    if column.not_null:
        parts.append(sql.SQL("NOT NULL"))
    if column.between:
        low, high = map(sql.Literal, column.between)
        name = sql.Identifier(column.name)
        parts.append(sql.SQL("CHECK ({} between {} and {})").format(name, low, high))
    return sql.SQL(" ").join(parts)


def _names(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)
