"""Creates, empties and removes the bronze objects; looks each up in the catalog first, under the DDL lock.

A partitioned parent gets its indexes when it is created, before the first leaf exists; a plain table after its last
shard.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import psycopg
from psycopg import sql

from shardgen.errors import TargetError
from shardgen.model.choices import HISTORIES
from shardgen.model.config import SHOP
from shardgen.model.dirt import Dirt
from shardgen.model.plan import Leaf
from shardgen.model.table import Table
from shardgen.model.types import SERIAL
from shardgen.stores.postgres import belongings, catalog, ddl, locks, newest, renewal
from shardgen.stores.postgres.ddl import MARK
from shardgen.stores.postgres.deciding import Action, Decision
from shardgen.stores.postgres.postgres import Connection, application_name, connect, here
from shardgen.tables import dataset
from shardgen.tables.spec import Dataset, TableSpec


def begin_ddl(connection: Connection, schema: str) -> None:
    """Lock of a DDL transaction, which must be open."""
    locks.take_ddl(connection, schema)


def create_schema(connection: Connection, schema: str) -> bool:
    """Create the schema unless it is there; whether it was created."""
    if catalog.schema_exists(connection, schema):
        return False
    connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
    connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(schema), sql.Literal(MARK)))
    return True


def is_ours(connection: Connection, schema: str) -> bool:
    """Whether shardgen created the schema."""
    comment = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", [schema]
    ).fetchone()
    return comment is not None and comment[0] == MARK


def drop_schema(connection: Connection, schema: str) -> bool:
    """Drop the schema if nothing is in it; whether it was dropped."""
    try:
        with connection.transaction():
            connection.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(schema)))
    except psycopg.errors.DependentObjectsStillExist:
        return False
    return True


def carry_out(
    connection: Connection,
    schema: str,
    tables: Dataset,
    decisions: Sequence[Decision],
    indexes: str,
    *,
    keyless: frozenset[str],
) -> None:
    """Bring every table into the state that was decided, in the current DDL transaction.

    ``keyless`` names plain tables so large that their primary key is built at the end.

    Raises:
        TargetError: other objects depend on a table that must go.
    """
    try:
        for each in decisions:
            _clear(connection, schema, tables, each)
        renewal.empty(connection, schema, [each.table.relation for each in decisions if each.action is Action.EMPTY])
    except (psycopg.errors.DependentObjectsStillExist, psycopg.errors.FeatureNotSupported) as error:
        detail = " ".join((error.diag.message_detail or str(error)).split())
        raise TargetError(f"cannot replace: {detail}: drop what depends on it first") from error
    for each in decisions:
        if each.action in (Action.CREATE, Action.RECREATE):
            create_table(connection, schema, each.table, indexes)
        if each.action is Action.EMPTY and each.created:
            renewal.restore(connection, schema, each.table)
            renewal.renew_indexes(connection, schema, each.table, before=each.indexes, wanted=indexes)
        if each.created and each.table.name in keyless and not (each.others or each.kept):
            renewal.drop_key(connection, schema, each.table)
        if each.created:
            create_views(connection, schema, tables[each.table.name], each.table)
        elif each.table.versioned:
            newest.create(connection, schema, tables[each.table.name], each.here)


def _clear(connection: Connection, schema: str, tables: Dataset, decision: Decision) -> None:
    """Take away what the table does not begin with: all of it, or its partitions of our making."""
    if decision.action is Action.RECREATE:
        drop(
            connection,
            schema,
            tables[decision.table.name],
            [leaf.name for leaf in decision.leaves if not leaf.attached],
        )
    elif decision.action is Action.EMPTY:
        renewal.clear_leaves(connection, schema, decision.table.relation, decision.leaves)
    drop_views(connection, schema, decision.outlived)


def create_table(connection: Connection, schema: str, table: Table, indexes: str) -> None:
    """Create a table with its primary key and comments, a partitioned one with all its indexes."""
    _create_bare(connection, schema, table)
    for index in table.indexes_for(indexes) if table.partitioned else ():
        connection.execute(ddl.create_index(table, index, schema))


def create_views(connection: Connection, schema: str, spec: TableSpec, table: Table) -> list[str]:
    """Create the views over a table whose names are not taken; the names of those that were created.

    A view that an earlier version made gets the columns that it lacks.
    """
    divided = catalog.kind(connection, schema, table.relation) == "p"
    missing = [
        (name, statement)
        for name, statement in ddl.views(spec, table, schema, divided=divided).items()
        if not catalog.kind(connection, schema, name)
    ]
    for _, statement in missing:
        connection.execute(statement)
    if spec.view and belongings.is_outdated(connection, schema, spec):
        connection.execute(ddl.create_view(spec.view, table, schema, again=True))
    return [name for name, _ in missing]


def create_leaves(
    connection: Connection, schema: str, table: Table, leaves: Iterable[Leaf], waiting: Collection[str]
) -> None:
    """Create empty partitions for a parent that is loaded by routing, in one DDL transaction each.

    Those that are ``waiting``, set aside by a replace, are attached again.
    """
    for leaf in leaves:
        with connection.transaction():
            begin_ddl(connection, schema)
            create_leaf(connection, schema, table, leaf, waiting)


def create_leaf(connection: Connection, schema: str, table: Table, leaf: Leaf, waiting: Collection[str]) -> None:
    """Create an empty partition and say in its comment that it is ours, or attach the one that waits for that."""
    parts = {
        "leaf": sql.Identifier(schema, leaf.name),
        "parent": sql.Identifier(schema, table.relation),
        "lower": sql.Literal(leaf.lower.isoformat()),
        "upper": sql.Literal(leaf.upper.isoformat()),
        "mark": sql.Literal(MARK),
    }
    if catalog.kind(connection, schema, leaf.name) is None:
        created = sql.SQL("CREATE TABLE {leaf} PARTITION OF {parent} FOR VALUES FROM ({lower}) TO ({upper})")
        connection.execute(created.format(**parts))
        connection.execute(sql.SQL("COMMENT ON TABLE {leaf} IS {mark}").format(**parts))
        give_to_owner(connection, schema, table.relation, leaf)
    elif leaf.name in waiting and not catalog.is_partition(connection, schema, leaf.name):
        attached = sql.SQL("ALTER TABLE {parent} ATTACH PARTITION {leaf} FOR VALUES FROM ({lower}) TO ({upper})")
        connection.execute(attached.format(**parts))


def give_to_owner(connection: Connection, schema: str, parent: str, leaf: Leaf) -> None:
    """Let a partition belong to whom its parent belongs, who could not alter the parent any more otherwise.

    A role that may not give it away keeps it.
    """
    owner = catalog.other_owner(connection, schema, parent)
    if owner:
        statement = sql.SQL("ALTER TABLE {} OWNER TO {}")
        with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(statement.format(sql.Identifier(schema, leaf.name), sql.Identifier(owner)))


def is_our_leaf(connection: Connection, schema: str, leaf: str) -> bool:
    """Whether the partition was created by :func:`create_leaves`."""
    comment = connection.execute(
        """SELECT obj_description(c.oid, 'pg_class') FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = %s""",
        [schema, leaf],
    ).fetchone()
    return comment is not None and comment[0] == MARK


def serial_columns(table: Table) -> list[str]:
    """Columns that a sequence stands behind."""
    return [column.name for column in table.columns if column.type == SERIAL]


def set_sequences(connection: Connection, schema: str, tables: Dataset, floors: Mapping[str, int]) -> list[str]:
    """Move the sequences of serial columns forwards, by table, to at least the highest id that the plan can give.

    Returns:
        Sequences that this role may not move.
    """
    refused = []
    for name, floor in floors.items():
        for sequence in sequences(connection, schema, tables[name].table) if floor > 0 else ():
            if not catalog.settable(connection, sequence):
                refused.append(sequence)
                continue
            move_sequence(connection, sequence, floor)
    return refused


def sequences(connection: Connection, schema: str, table: Table) -> list[str]:
    """The sequences of a table's serial columns, by their names as the server quotes them."""
    serial = serial_columns(table)
    return catalog.sequences(connection, schema, table.relation, serial) if serial else []


def move_sequence(connection: Connection, sequence: str, floor: int) -> None:
    """Move a sequence forwards to at least a number; no transaction takes that back."""
    last = sql.SQL(sequence)  # quoted by the server
    connection.execute(
        sql.SQL("SELECT setval(%s::regclass, greatest(%s, last_value), true) FROM {}").format(last),
        [sequence, floor],
    )


def apply_schema(
    dsn: str,
    schema: str,
    tables: Sequence[str],
    indexes: str,
    story: str = SHOP,
    history: str = HISTORIES[0],
    dirt: Dirt | None = None,
) -> list[str]:
    """Create what is missing of the bronze schema; what exists is left as it is.

    Returns:
        The names of what was created, in order; nothing where all was there.

    Raises:
        psycopg.Error: the server refuses.
    """
    created: list[str] = []
    specs = [dataset(story)[name] for name in tables]

    def note(name: str, make: Callable[[], object]) -> None:
        if make() is not False:
            created.append(name)

    with connect(dsn, application_name=application_name("schema", here())) as connection, connection.transaction():
        begin_ddl(connection, schema)
        note(schema, lambda: create_schema(connection, schema))
        for spec in specs:
            for relation, make in _missing(connection, schema, spec.table_of(history, dirt), indexes):
                note(f"{schema}.{relation}", make)
        for spec in specs:
            table = spec.table_of(history, dirt)
            created += [f"{schema}.{view}" for view in create_views(connection, schema, spec, table)]
    return created


def _missing(
    connection: Connection, schema: str, table: Table, indexes: str
) -> Iterable[tuple[str, Callable[[], object]]]:
    if catalog.kind(connection, schema, table.relation) is None:
        yield table.relation, lambda: _create_bare(connection, schema, table)
    for index in table.indexes_for(indexes):
        name = ddl.index_name(table, index)
        if catalog.kind(connection, schema, name) is None:
            yield name, lambda index=index: connection.execute(ddl.create_index(table, index, schema))  # type: ignore[misc]


def _create_bare(connection: Connection, schema: str, table: Table) -> None:
    connection.execute(ddl.create_table(table, schema))
    connection.execute(ddl.comments(table, schema))


def drop(connection: Connection, schema: str, spec: TableSpec, aside: Iterable[str] = ()) -> None:
    """Drop a table of ours with partitions that were set aside, and the views over it with them."""
    drop_views(connection, schema, belongings.own_views(connection, schema, spec))
    names = sql.SQL(", ").join(sql.Identifier(schema, name) for name in (spec.table.relation, *aside))
    connection.execute(sql.SQL("DROP TABLE {}").format(names))


def drop_views(connection: Connection, schema: str, views: Iterable[str]) -> None:
    """Drop views of ours, in this order."""
    for view in views:
        connection.execute(sql.SQL("DROP VIEW {}").format(sql.Identifier(schema, view)))
