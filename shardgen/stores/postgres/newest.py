"""The views of the newest versions over tables of somebody else: a load with versions makes them, a reset drops them.

Their comment tells that they are ours. Views that were made with an empty schema, by `shardgen schema`, stay with it.
Over a table of our own they are known by what they read; see belongings.
"""

from __future__ import annotations

from shardgen.errors import Problem, Text, Use
from shardgen.model.table import Table
from shardgen.stores.postgres import belongings, catalog, ddl
from shardgen.stores.postgres.ddl import MARK
from shardgen.stores.postgres.postgres import Connection
from shardgen.tables.spec import TableSpec


def create(connection: Connection, schema: str, spec: TableSpec, table: Table) -> None:
    """Create the view unless it is there: laws, queries and the report read it.

    Args:
        connection: to the target.
        schema: of both.
        spec: of the table.
        table: less the columns that the relation lacks.
    """
    if catalog.kind(connection, schema, table.latest) is None:
        divided = catalog.kind(connection, schema, table.relation) == "p"
        changing = spec.history is not None
        comment = ddl.going_comment(table)
        connection.execute(ddl.create_latest(table, schema, changing=changing, divided=divided, comment=comment))


def found(connection: Connection, schema: str, name: str, begins: str = MARK) -> dict[str, int]:
    """The OID of a view by its name, if its comment begins so: that of one that goes with the rows, if not told
    otherwise; nothing where there is none.
    """
    rows = connection.execute(
        """SELECT c.relname::text, c.oid::bigint FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = %s AND c.relkind = 'v'
            AND starts_with(obj_description(c.oid, 'pg_class'), %s)""",
        [schema, name, begins],
    )
    return dict(rows.fetchall())


def outlived(connection: Connection, schema: str, table: Table) -> dict[str, int]:
    """The same, where it is of no use to a load: of records without versions, or of other columns.

    Args:
        connection: to the target.
        schema: of both.
        table: less the columns that the relation lacks.
    """
    columns = [column.name for column in table.columns]
    if table.versioned and belongings.own_view(connection, schema, table.latest, columns, [table.relation]):
        return {}
    return found(connection, schema, table.latest)


def in_the_way(connection: Connection, schema: str, spec: TableSpec, table: Table, *, created: bool) -> list[Problem]:
    """What others have called as the view is called: laws and queries would read it instead.

    Args:
        connection: to the target.
        schema: of both.
        spec: of the table.
        table: as the load has it.
        created: whether the table is ours.
    """
    if not table.versioned or catalog.kind(connection, schema, table.latest) is None:
        return []
    ours = table.latest in belongings.own_views(connection, schema, spec)
    if not created:
        made_before = ours and found(connection, schema, table.latest, table.latest_meaning)
        ours = bool(made_before or found(connection, schema, table.latest))
    if ours:
        return []
    remedy = Text("rename it, use another ", Use("schema"), ", or ", Use("history", "latest"))
    told = "is not of shardgen, and has the name of the view of the newest versions"
    return [Problem(relation=table.latest, text=told, remedy=remedy)]
