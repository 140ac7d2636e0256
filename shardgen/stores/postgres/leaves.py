"""A leaf partition from CREATE to ATTACH, inside the transaction of its shard.

The leaf is a table of its own while COPY fills it (FREEZE, no routing, no index), gets the parent's indexes as the
catalog has them, and is attached last: until COMMIT nobody sees it, and ATTACH neither scans a row nor builds an index.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import sql

from shardgen.model.plan import Leaf
from shardgen.stores.failures import LeafRefusedError, PermanentError, Remedy
from shardgen.stores.postgres import catalog, objects
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.stores.retry import Backoff, Patience, persist

_BOUNDS: Final = "shardgen_bounds"  # the CHECK that saves ATTACH its scan, dropped after it
_LOCK_TIMEOUT: Final = "2s"
_TRIES: Final = 45  # a minute and a half against somebody's ANALYZE or VACUUM of the parent
_DEFAULT_LOCK_TIMEOUT: Final = "200ms"  # who waits to lock a DEFAULT partition keeps all readers of the parent waiting
_DEFAULT_TRIES: Final = 5  # against others; a worker of ours that is at it will be done
_AT_ONCE: Final = Backoff(first=0.1, growth=1.0)  # the server has waited already
_BESIDE_A_DEFAULT: Final = Backoff(first=0.3, growth=1.0)
_MAINTENANCE_WORK_MEM: Final = "256MB"  # a month of clicks sorts in memory; raised for the transaction only


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    definition: str
    """What follows the table's name in CREATE INDEX; empty for a constraint."""
    unique: bool
    constraint: str
    """pg_get_constraintdef; empty for a mere index."""


def create(connection: Connection, schema: str, like: str, column: str, leaf: Leaf) -> None:
    """Create the leaf with the columns and checks of its parent, or of a leaf before, and a CHECK on its bounds."""
    connection.execute(
        sql.SQL(
            "CREATE TABLE {leaf} (LIKE {like} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED "
            "INCLUDING STORAGE INCLUDING COMPRESSION, "
            "CONSTRAINT {name} CHECK ({column} >= {lower} AND {column} < {upper}))"
        ).format(
            leaf=sql.Identifier(schema, leaf.name),
            like=sql.Identifier(schema, like),
            name=sql.Identifier(_BOUNDS),
            column=sql.Identifier(column),
            lower=sql.Literal(leaf.lower.isoformat()),
            upper=sql.Literal(leaf.upper.isoformat()),
        )
    )


def take_up(connection: Connection, schema: str, column: str, leaf: Leaf) -> None:
    """Make a leaf that a replace has set aside as good as a new one: FREEZE takes it, and ATTACH will not scan it.

    Raises:
        PermanentError: somebody has filled it meanwhile.
    """
    if catalog.holds_rows(connection, schema, leaf.name):
        raise PermanentError(f"relation={leaf.name} was set aside by a replace, and holds rows now: empty or drop it")
    table = sql.SQL("ONLY {}").format(sql.Identifier(schema, leaf.name))
    connection.execute(sql.SQL("TRUNCATE {}").format(table))
    connection.execute(
        sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} CHECK ({column} >= {} AND {column} < {})").format(
            table,
            sql.Identifier(_BOUNDS),
            sql.Literal(leaf.lower.isoformat()),
            sql.Literal(leaf.upper.isoformat()),
            column=sql.Identifier(column),
        )
    )


def build_indexes(connection: Connection, schema: str, parent_oid: int, leaf: Leaf) -> None:
    """Build primary key, unique constraints and indexes, each equal to the parent's, so that ATTACH adopts them."""
    connection.execute(
        "SELECT set_config('maintenance_work_mem', %s, true) "
        "WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes(%s)",
        [_MAINTENANCE_WORK_MEM] * 2,
    )
    connection.execute("SET LOCAL max_parallel_maintenance_workers = 0")  # the shards are the parallelism
    table = sql.Identifier(schema, leaf.name)
    there = _indexes(connection, catalog.relation_oid(connection, schema, leaf.name))  # of a leaf that was set aside
    for index in _indexes(connection, parent_oid):
        if index in there:
            continue
        if index.constraint:
            rest = sql.SQL(index.constraint)  # rendered by the server
            connection.execute(sql.SQL("ALTER TABLE {} ADD {}").format(table, rest))
        else:
            unique = sql.SQL("UNIQUE ") if index.unique else sql.SQL("")
            rest = sql.SQL(index.definition)  # rendered by the server
            connection.execute(sql.SQL("CREATE {}INDEX ON {} {}").format(unique, table, rest))


def attach(connection: Connection, schema: str, parent: str, parent_oid: int, leaf: Leaf) -> None:
    """Attach the leaf, drop the CHECK and give it to the parent's owner; the parent stays locked from here to COMMIT.

    Raises:
        psycopg.errors.LockNotAvailable: the parent stayed locked for all tries.
        LeafRefusedError: the DEFAULT partition is in use, or holds rows of the leaf's range.
        PermanentError: ATTACH built an index, so ours do not match the parent's.
    """
    relation = catalog.relation_oid(connection, schema, leaf.name)
    before = catalog.index_names(connection, relation)
    statement = sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})").format(
        sql.Identifier(schema, parent),
        sql.Identifier(schema, leaf.name),
        sql.Literal(leaf.lower.isoformat()),
        sql.Literal(leaf.upper.isoformat()),
    )
    if default := catalog.default_partition(connection, parent_oid):
        _attach_beside(connection, sql.Identifier(schema, parent), default, statement)
    else:
        _attach_patiently(connection, statement)
    built = catalog.index_names(connection, relation) - before
    if built:
        raise PermanentError(f"ATTACH of {leaf.name} built {sorted(built)}: an index of the parent was not matched")
    connection.execute(
        sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(sql.Identifier(schema, leaf.name), sql.Identifier(_BOUNDS))
    )
    objects.give_to_owner(connection, schema, parent, leaf)


def _attach_patiently(connection: Connection, statement: sql.Composed) -> None:
    persist(
        lambda: _locking(connection, statement, _LOCK_TIMEOUT),
        Patience(kinds=psycopg.errors.LockNotAvailable, attempts=_TRIES, backoff=_AT_ONCE),
    )


def _attach_beside(connection: Connection, parent: sql.Identifier, default: int, statement: sql.Composed) -> None:
    """Attach beside a DEFAULT partition, which ATTACH locks against everybody, and looks through.

    The parent is locked first, as everybody does who attaches: two that hold a lock on the DEFAULT partition and wait
    for the parent would wait for each other. A reader of the parent is waited for a moment, a worker of ours longer.
    """
    _attach_patiently(connection, sql.SQL("LOCK TABLE ONLY {} IN SHARE UPDATE EXCLUSIVE MODE").format(parent))
    others = itertools.count(1)

    def judged(error: BaseException) -> Remedy:
        if _used_by_others(connection, default) and next(others) == _DEFAULT_TRIES:
            raise LeafRefusedError("the DEFAULT partition of its table is in use") from error
        return Remedy.RETRY

    try:
        persist(
            lambda: _locking(connection, statement, _DEFAULT_LOCK_TIMEOUT),
            Patience(
                kinds=psycopg.errors.LockNotAvailable, classify=judged, attempts=_TRIES, backoff=_BESIDE_A_DEFAULT
            ),
        )
    except psycopg.errors.LockNotAvailable as error:
        raise LeafRefusedError("the DEFAULT partition of its table is filled by other shards") from error
    except (psycopg.errors.CheckViolation, psycopg.errors.InvalidObjectDefinition) as error:
        raise LeafRefusedError(str(error.diag.message_primary)) from error


def _locking(connection: Connection, statement: sql.Composed, timeout: str) -> None:
    with connection.transaction():  # a savepoint: somebody else's lock must not cost us the copied rows
        connection.execute("SELECT set_config('lock_timeout', %s, true)", [timeout])
        connection.execute(statement)


def _used_by_others(connection: Connection, relation: int) -> bool:
    """Whether a session that is no worker of ours holds a lock on a relation, as far as this role can see."""
    cursor = connection.execute(
        """SELECT count(*) = 0 OR bool_or(coalesce(a.application_name, '') NOT LIKE 'shardgen:%%')
        FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a USING (pid)
        WHERE l.locktype = 'relation' AND l.granted AND l.relation = %s AND l.pid <> pg_backend_pid()
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())""",
        [relation],
    )
    return bool(one(cursor)[0])


def _indexes(connection: Connection, relation: int) -> list[_Index]:
    rows = connection.execute(
        """SELECT pg_get_indexdef(i.indexrelid), i.indisunique, coalesce(pg_get_constraintdef(k.oid), ''),
            format('CREATE %%sINDEX %%I ON %%s', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, x.relname,
                CASE c.relkind WHEN 'p' THEN 'ONLY ' ELSE '' END),
            ARRAY[format('%%I.%%I ', n.nspname, c.relname), format('%%I ', c.relname)]
        FROM pg_index AS i
        JOIN pg_class AS x ON x.oid = i.indexrelid
        JOIN pg_class AS c ON c.oid = i.indrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
        WHERE i.indrelid = %s ORDER BY i.indisprimary DESC, x.relname""",
        [relation],
    ).fetchall()
    return [
        _Index(definition=_after(definition, start, tables), unique=unique, constraint=constraint)
        for definition, unique, constraint, start, tables in rows
    ]


def _after(definition: str, start: str, tables: list[str]) -> str:
    """The definition without its name and table, which the search path qualifies or not."""
    for table in tables:
        if definition.startswith(start + table):
            return definition.removeprefix(start + table)
    raise PermanentError(f"index definition is not understood: {definition}")
