"""Whom a statement of ours would reach beside the tables of the load, found out before it is sent.

TRUNCATE stops at foreign keys, fires triggers, and on a partitioned table goes to partitions wherever they lie; DELETE
follows foreign keys, rules and triggers. What could change a relation that is not the load's is refused by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg import sql

from shardgen.errors import Problem
from shardgen.stores.postgres.postgres import Connection, one

_MEMBERS: Final = sql.SQL("""
WITH members (root, oid) AS (
    SELECT given.oid, coalesce(tree.relid::oid, given.oid) FROM unnest(%(oids)s::oid[]) AS given (oid)
    LEFT JOIN LATERAL pg_partition_tree(given.oid::regclass) AS tree ON true
)
""")
_FOREIGN_KEYS: Final = _MEMBERS + sql.SQL("""
SELECT DISTINCT ON (1, 2) c.relname::text, coalesce(pg_partition_root(k.conrelid), k.conrelid)::regclass::text,
    k.conname::text, pg_describe_object('pg_class'::regclass, m.oid, 0),
    pg_describe_object('pg_constraint'::regclass, k.oid, 0)
FROM pg_constraint AS k JOIN members AS m ON m.oid = k.confrelid JOIN pg_class AS c ON c.oid = m.root
WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT oid FROM members) ORDER BY 1, 2, k.conparentid, 3
""")
_TRIGGERS: Final = _MEMBERS + sql.SQL("""
SELECT DISTINCT m.oid::regclass::text, t.tgname::text FROM members AS m JOIN pg_trigger AS t ON t.tgrelid = m.oid
WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled IN ('O', 'A') AND t.tgtype & %(event)s <> 0 ORDER BY 1, 2
""")
_RULES: Final = """
SELECT ev_class::regclass::text, rulename::text FROM pg_rewrite
WHERE ev_class = ANY (%(oids)s) AND ev_type = %(event)s AND ev_enabled IN ('O', 'A') ORDER BY 1, 2
"""
_PARTITIONS: Final = _MEMBERS + sql.SQL("""
SELECT m.root::regclass::text, n.nspname::text, c.relname::text, c.relkind::text
FROM members AS m JOIN pg_class AS c ON c.oid = m.oid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'f' OR (c.relkind = 'r' AND n.nspname <> %(schema)s) ORDER BY 1, 2, 3
""")
_DELETE, _TRUNCATE = 8, 32  # bits of pg_trigger.tgtype
_DELETE_RULE = "4"  # pg_rewrite.ev_type


def emptying(connection: Connection, schema: str, oids: Sequence[int]) -> list[Problem]:
    """Why some tables, emptied in one statement, would reach others or fail; ``oids`` are theirs."""
    return [
        *(
            Problem(
                relation=relation,
                text=f"is referenced by the foreign key {name} of {other}",
                remedy="replace both tables, or drop that foreign key for the load",
            )
            for relation, other, name, _, _ in connection.execute(_FOREIGN_KEYS, {"oids": list(oids)})
        ),
        *_triggers(connection, oids, _TRUNCATE, "TRUNCATE"),
        *_partitions(connection, schema, oids),
    ]


def deleting(connection: Connection, oids: Sequence[int], *, going: Sequence[int]) -> list[Problem]:
    """Why rows cannot be deleted from some tables without reaching others; ``going`` are dropped at the same time."""
    return [
        *(
            Problem(text=f"{constraint} depends on {relation}", remedy="drop it first")
            for _, _, _, relation, constraint in connection.execute(_FOREIGN_KEYS, {"oids": [*oids, *going]})
        ),
        *_triggers(connection, oids, _DELETE, "DELETE"),
        *(
            Problem(
                text=f"rule {name} of {relation} would do something else when rows are deleted",
                remedy=f"ALTER TABLE {relation} DISABLE RULE {name} first",
            )
            for relation, name in connection.execute(_RULES, {"oids": list(oids), "event": _DELETE_RULE})
        ),
    ]


def _triggers(connection: Connection, oids: Sequence[int], event: int, told: str) -> list[Problem]:
    return [
        Problem(
            text=f"trigger {name} of {relation} would fire on {told} and may change other tables",
            remedy=f"ALTER TABLE {relation} DISABLE TRIGGER {name} first",
        )
        for relation, name in connection.execute(_TRIGGERS, {"oids": list(oids), "event": event})
    ]


def _partitions(connection: Connection, schema: str, oids: Sequence[int]) -> list[Problem]:
    """Partitions that a replace leaves alone because of where they lie, and that hold rows of the table."""
    problems = []
    for parent, place, name, kind in connection.execute(_PARTITIONS, {"oids": list(oids), "schema": schema}).fetchall():
        if kind == "f":
            why = "is a foreign table"
        elif _holds_rows(connection, place, name):
            why = f"lies outside of schema={schema!r} and holds rows"
        else:
            continue
        text = f"partition={place}.{name} of {parent} {why}, so it is not emptied"
        problems.append(Problem(text=text, remedy="detach it for the load"))
    return problems


def _holds_rows(connection: Connection, schema: str, name: str) -> bool:
    statement = sql.SQL("SELECT EXISTS (SELECT FROM ONLY {})").format(sql.Identifier(schema, name))
    return bool(one(connection.execute(statement))[0])
