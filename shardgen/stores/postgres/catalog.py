"""Look-ups in the system catalogs: what is there, asked before anything is created; nothing here writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import sql

from shardgen.stores.postgres.columns import ColumnFacts, columns
from shardgen.stores.postgres.partitions import Partition, partitions
from shardgen.stores.postgres.postgres import Connection, one


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A relation in the way of, or waiting for, one of our tables."""

    oid: int
    kind: str
    """pg_class.relkind: r (plain), p (partitioned), v, m, f, ..."""
    owned: bool
    """Whether the role may alter it."""
    writable: bool
    """Whether the role may read it and insert into it."""
    logged: bool
    """False for UNLOGGED."""
    row_security: bool
    """Whether row-level security applies to the role."""
    columns: tuple[ColumnFacts, ...]
    partition_by: tuple[str, ...]
    """Columns of RANGE partitioning; empty for anything else."""
    partition_key: str
    """``"HASH (order_id)"``; empty where it is not partitioned."""
    default_partition: int
    """OID of its DEFAULT partition, or 0."""
    partitions: tuple[Partition, ...]
    references: tuple[int, ...]
    """OIDs of the relations that its foreign keys point at."""
    referenced: bool
    """Whether a foreign key of another relation points here."""
    triggers: tuple[str, ...]
    """Names of user triggers."""
    rules: tuple[str, ...]
    """Names of rules on INSERT."""
    unique: tuple[frozenset[str], ...]
    """Columns of each unique index that refuses a second row at once and everywhere."""
    secondary_indexes: int
    """Indexes besides the primary key."""
    own_leaves: frozenset[str] = frozenset()
    """Names of partitions of ours that a replace takes away or has set aside: they stand in nobody's way."""

    @property
    def is_table(self) -> bool:
        """Whether it is a table, partitioned or not."""
        return self.kind in "rp"


_RELATIONS: Final = """
SELECT c.oid, c.relkind::text, pg_has_role(c.relowner, 'USAGE'),
    has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'SELECT'),
    c.relpersistence = 'p', row_security_active(c.oid),
    coalesce(CASE WHEN p.partstrat = 'r' THEN (
        SELECT array_agg(coalesce(a.attname::text, '(expression)') ORDER BY k.position)
        FROM unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (number, position)
        LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number) END, '{}'),
    coalesce(pg_get_partkeydef(c.oid), ''), coalesce(p.partdefid, 0),
    ARRAY(SELECT DISTINCT confrelid FROM pg_constraint
        WHERE conrelid = c.oid AND contype = 'f' AND confrelid <> c.oid),
    EXISTS (SELECT FROM pg_constraint WHERE confrelid = c.oid AND contype = 'f' AND conrelid <> c.oid),
    ARRAY(SELECT tgname::text FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal ORDER BY tgname),
    (SELECT count(*) FROM pg_index WHERE indrelid = c.oid AND NOT indisprimary),
    ARRAY(SELECT rulename::text FROM pg_rewrite WHERE ev_class = c.oid AND ev_type = '3' ORDER BY rulename),
    ARRAY(SELECT (SELECT jsonb_agg(a.attname) FROM pg_attribute AS a
            WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]))
        FROM pg_index AS i
        WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
            AND i.indpred IS NULL AND i.indexprs IS NULL),
    c.relname::text
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_partitioned_table AS p ON p.partrelid = c.oid
WHERE n.nspname = %s AND c.relname = ANY (%s)
"""


def schema_exists(connection: Connection, schema: str) -> bool:
    """Whether the schema exists."""
    return connection.execute("SELECT FROM pg_namespace WHERE nspname = %s", [schema]).fetchone() is not None


def kind(connection: Connection, schema: str, name: str) -> str | None:
    """The relkind of whatever bears this name in the schema, or None."""
    row = connection.execute(
        """SELECT c.relkind::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = %s""",
        [schema, name],
    ).fetchone()
    return None if row is None else str(row[0])


def relation_oid(connection: Connection, schema: str, name: str) -> int:
    """OID of a relation that must exist."""
    cursor = connection.execute(
        "SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = %s",
        [schema, name],
    )
    return int(one(cursor)[0])


def taken(connection: Connection, schema: str, names: Collection[str]) -> frozenset[str]:
    """Those of some names that a relation of the schema bears."""
    rows = connection.execute(
        """SELECT c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = ANY (%s)""",
        [schema, list(names)],
    )
    return frozenset(row[0] for row in rows)


def relation(connection: Connection, schema: str, name: str) -> Relation | None:
    """What is known of a relation, or None where there is none."""
    return relations(connection, schema, [name]).get(name)


def relations(connection: Connection, schema: str, names: Collection[str]) -> dict[str, Relation]:
    """What is known of those of some relations that are there; asked for together, which takes as long as one."""
    rows = connection.execute(_RELATIONS, [schema, list(names)]).fetchall()
    described = columns(connection, [row[0] for row in rows])
    parts = partitions(connection, [row[0] for row in rows if row[1] == "p"])
    return {
        row[15]: Relation(
            oid=row[0],
            kind=row[1],
            owned=row[2],
            writable=row[3],
            logged=row[4],
            row_security=row[5],
            columns=described[row[0]],
            partition_by=tuple(row[6]),
            partition_key=row[7],
            default_partition=row[8],
            partitions=parts.get(row[0], ()),
            references=tuple(row[9]),
            referenced=row[10],
            triggers=tuple(row[11]),
            secondary_indexes=row[12],
            rules=tuple(row[13]),
            unique=tuple(map(frozenset, row[14])),
        )
        for row in rows
    }


def default_partition(connection: Connection, parent: int) -> int:
    """OID of a parent's DEFAULT partition, or 0."""
    row = connection.execute("SELECT partdefid FROM pg_partitioned_table WHERE partrelid = %s", [parent]).fetchone()
    return int(row[0]) if row else 0


def managed_by_partman(connection: Connection, schema: str, name: str) -> bool:
    """Whether pg_partman makes the partitions of a relation, or may, where the role cannot read what it manages."""
    places = connection.execute(
        """SELECT n.nspname::text, has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relname = 'part_config' AND c.relkind = 'r' AND EXISTS (
            SELECT FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'parent_table')"""
    ).fetchall()
    listed = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE parent_table = %s)")
    return any(
        not readable
        or one(connection.execute(listed.format(sql.Identifier(place, "part_config")), [f"{schema}.{name}"]))[0]
        for place, readable in places
    )


def leaves(connection: Connection, oid: int) -> list[tuple[int, str, str]]:
    """OID, schema and name of every relation that holds rows of a table: its leaves, or itself."""
    return connection.execute(
        """SELECT c.oid, n.nspname::text, c.relname::text
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = %(oid)s AND c.relkind = 'r'
            OR c.oid IN (SELECT relid FROM pg_partition_tree(%(oid)s::oid::regclass) WHERE isleaf)
        ORDER BY c.relname""",
        {"oid": oid},
    ).fetchall()


def references(connection: Connection, oid: int) -> set[int]:
    """OIDs of the relations that a relation's foreign keys point at, itself aside."""
    rows = connection.execute(
        "SELECT confrelid FROM pg_constraint WHERE conrelid = %(oid)s AND contype = 'f' AND confrelid <> %(oid)s",
        {"oid": oid},
    )
    return {row[0] for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """One foreign key of a relation."""

    name: str
    refers_to: int
    """OID of the relation that it points at."""
    relation: tuple[str, str]
    """Schema and name of that."""
    columns: tuple[str, ...]
    referred: tuple[str, ...]
    """Columns there, in the same order."""


def foreign_keys(connection: Connection, oid: int) -> list[ForeignKey]:
    """The foreign keys of a relation, by name."""
    rows = connection.execute(
        """SELECT k.conname::text, k.confrelid, n.nspname::text, c.relname::text,
            ARRAY(SELECT attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                JOIN pg_attribute ON attrelid = k.conrelid AND attnum = u.number ORDER BY u.place),
            ARRAY(SELECT attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (number, place)
                JOIN pg_attribute ON attrelid = k.confrelid AND attnum = u.number ORDER BY u.place)
        FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.confrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE k.conrelid = %s AND k.contype = 'f' ORDER BY 1""",
        [oid],
    )
    return [
        ForeignKey(
            name=name, refers_to=other, relation=(schema, relation), columns=tuple(columns), referred=tuple(referred)
        )
        for name, other, schema, relation, columns, referred in rows
    ]


def readable(connection: Connection, oid: int) -> bool:
    """Whether the role may read a relation itself."""
    return bool(one(connection.execute("SELECT has_table_privilege(%s, 'SELECT')", [oid]))[0])


def name_of(connection: Connection, oid: int) -> tuple[str, str]:
    """Schema and name of a relation."""
    cursor = connection.execute(
        "SELECT n.nspname::text, c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE c.oid = %s",
        [oid],
    )
    schema, name = one(cursor)
    return schema, name


def index_names(connection: Connection, oid: int) -> set[str]:
    """Names of a relation's indexes."""
    rows = connection.execute(
        """SELECT c.relname::text FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
        WHERE i.indrelid = %s""",
        [oid],
    )
    return {row[0] for row in rows}


def primary_key(connection: Connection, schema: str, name: str) -> str | None:
    """Name of a relation's primary key constraint, or None."""
    row = connection.execute(
        """SELECT k.conname::text FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = %s AND k.contype = 'p'""",
        [schema, name],
    ).fetchone()
    return None if row is None else str(row[0])


def leading_index(connection: Connection, oid: int, column: str) -> bool:
    """Whether a valid index of a relation, on all its rows, begins with a column."""
    found = connection.execute(
        """SELECT FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = %s AND a.attname = %s AND i.indisvalid AND i.indpred IS NULL
            AND (SELECT m.amname FROM pg_class AS x JOIN pg_am AS m ON m.oid = x.relam WHERE x.oid = i.indexrelid)
                = 'btree'""",
        [oid, column],
    )
    return found.fetchone() is not None


def dropping_triggers(connection: Connection, oid: int) -> list[str]:
    """Names of the triggers that see each row before it is inserted, and so could drop it; partitions' included."""
    rows = connection.execute(
        """SELECT DISTINCT tgname::text FROM pg_trigger
        WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND tgtype & 7 = 7  -- ROW, BEFORE, INSERT
            AND tgrelid IN (SELECT %(oid)s::oid UNION SELECT relid FROM pg_partition_tree(%(oid)s::oid::regclass))
        ORDER BY 1""",
        {"oid": oid},
    )
    return [row[0] for row in rows]


def sequences(connection: Connection, schema: str, name: str, columns: Sequence[str]) -> list[str]:
    """The sequences behind serial and identity columns, quoted and qualified."""
    qualified = sql.Identifier(schema, name).as_string(connection)
    query = "SELECT pg_get_serial_sequence(%s, %s)"
    names = [one(connection.execute(query, [qualified, each]))[0] for each in columns]
    return [name for name in names if name is not None]


def settable(connection: Connection, sequence: str) -> bool:
    """Whether the role may move a sequence, whose name is quoted."""
    query = "SELECT has_sequence_privilege(%s, 'UPDATE') AND has_sequence_privilege(%s, 'SELECT')"
    return bool(one(connection.execute(query, [sequence] * 2))[0])


def other_owner(connection: Connection, schema: str, name: str) -> str | None:
    """The owner of a relation, where that is another role than the current one."""
    row = connection.execute(
        """SELECT o.rolname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_roles AS o ON o.oid = c.relowner
        WHERE n.nspname = %s AND c.relname = %s AND o.rolname <> current_user""",
        [schema, name],
    ).fetchone()
    return None if row is None else str(row[0])


def holds_rows(connection: Connection, schema: str, name: str) -> bool:
    """Whether a table holds any row; what tables hold that inherit from it is not its own."""
    statement = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(own_rows(connection, schema, name))
    return bool(one(connection.execute(statement))[0])


def own_rows(connection: Connection, schema: str, name: str) -> sql.Composed:
    """A table as FROM and DELETE take it: with its partitions, and without tables that merely inherit from it."""
    only = sql.SQL("") if kind(connection, schema, name) == "p" else sql.SQL("ONLY ")
    return only + sql.Identifier(schema, name)


def is_partition(connection: Connection, schema: str, name: str) -> bool:
    """Whether a relation that must exist is a partition of another."""
    query = "SELECT relispartition FROM pg_class WHERE oid = %s"
    return bool(one(connection.execute(query, [relation_oid(connection, schema, name)]))[0])


def size(connection: Connection, oid: int) -> int:
    """Bytes on disk of a table with its partitions and all their indexes; 0 where it is gone."""
    cursor = connection.execute(
        """SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint
        FROM (SELECT %(oid)s::oid AS relid UNION SELECT relid FROM pg_partition_tree(%(oid)s::oid::regclass)) AS t""",
        {"oid": oid},
    )
    return int(one(cursor)[0])


def row_estimate(connection: Connection, oid: int) -> int | None:
    """Rows of a table as the server estimates them; None where it was never counted."""
    cursor = connection.execute(
        """SELECT sum(reltuples) FILTER (WHERE reltuples >= 0)::bigint FROM pg_class
        WHERE oid = %(oid)s AND relkind = 'r'
            OR oid IN (SELECT relid FROM pg_partition_tree(%(oid)s::oid::regclass) WHERE isleaf)""",
        {"oid": oid},
    )
    return one(cursor)[0]
