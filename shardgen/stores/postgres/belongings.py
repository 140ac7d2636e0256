"""What others have put on a relation of ours, and what hangs on it: asked before anything of it goes.

An object of ours is worth what its users made of it: privileges, comments, indexes, policies, publications. All of that
goes silently with a DROP; views, foreign keys, inheriting tables and the like refuse it, or would go by a CASCADE.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from shardgen.errors import Problem
from shardgen.model.table import Table
from shardgen.model.types import SERIAL
from shardgen.stores.postgres.columns import in_full
from shardgen.stores.postgres.ddl import MARK, going_comment, index_name
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.stores.postgres.types import spelled
from shardgen.tables.spec import TableSpec, View

_CARRIED: Final = """
WITH given AS (
    SELECT c.*, p.inhparent AS parent FROM pg_class AS c LEFT JOIN pg_inherits AS p ON p.inhrelid = c.oid
    WHERE c.oid = ANY (%(oids)s)
), me (oid) AS (SELECT oid FROM pg_roles WHERE rolname = current_user
), granted (oid, acl) AS (
    SELECT oid, coalesce(relacl, acldefault('r', relowner)) FROM given
), fresh (oid, grantor, grantee, privilege, grantable) AS (  -- what a relation that we make now would be given
    SELECT g.oid, CASE a.grantor WHEN me.oid THEN g.relowner ELSE a.grantor END,
        CASE a.grantee WHEN me.oid THEN g.relowner ELSE a.grantee END, a.privilege_type, a.is_grantable
    FROM given AS g CROSS JOIN me CROSS JOIN LATERAL aclexplode(coalesce(
        (SELECT defaclacl FROM pg_default_acl
            WHERE defaclrole = me.oid AND defaclnamespace = 0 AND defaclobjtype = 'r'), acldefault('r', me.oid))) AS a
    UNION
    SELECT g.oid, CASE a.grantor WHEN me.oid THEN g.relowner ELSE a.grantor END,
        CASE a.grantee WHEN me.oid THEN g.relowner ELSE a.grantee END, a.privilege_type, a.is_grantable
    FROM given AS g CROSS JOIN me JOIN pg_default_acl AS d
        ON d.defaclrole = me.oid AND d.defaclnamespace = g.relnamespace AND d.defaclobjtype = 'r'
    CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
), actual (oid, grantor, grantee, privilege, grantable) AS (
    SELECT g.oid, a.* FROM granted AS g CROSS JOIN LATERAL aclexplode(g.acl) AS a
), differing AS (
    (SELECT * FROM actual EXCEPT SELECT * FROM fresh) UNION ALL (SELECT * FROM fresh EXCEPT SELECT * FROM actual)
), tablespace (oid) AS (
    SELECT coalesce((SELECT nullif(t.oid, d.dattablespace) FROM pg_tablespace AS t, pg_database AS d
        WHERE d.datname = current_database() AND t.spcname = nullif(current_setting('default_tablespace'), '')), 0)
), columns AS (
    SELECT a.attrelid AS oid, a.attname::text AS name, a.attacl, a.attoptions, g.relkind, g.parent,
        coalesce(a.attstattarget, -1) AS target,
        a.attstorage <> coalesce(b.attstorage, t.typstorage)
            OR a.attcompression <> coalesce(b.attcompression, '') AS stored,
        pg_get_expr(d.adbin, d.adrelid) IS DISTINCT FROM pg_get_expr(e.adbin, e.adrelid) AS defaulted
    FROM given AS g JOIN pg_attribute AS a ON a.attrelid = g.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attribute AS b ON b.attrelid = g.parent AND b.attname = a.attname
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN pg_attrdef AS e ON e.adrelid = b.attrelid AND e.adnum = b.attnum
)
SELECT oid::bigint, array_agg(DISTINCT what ORDER BY what) FROM (
    SELECT oid, 'privileges of ' || CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END FROM differing
    UNION ALL SELECT oid, 'column privileges of '
            || CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
        FROM columns CROSS JOIN LATERAL aclexplode(attacl) AS a
    UNION ALL SELECT g.oid, 'the owner ' || relowner::regrole::text
        FROM given AS g CROSS JOIN me WHERE relowner <> me.oid
            AND NOT EXISTS (SELECT FROM pg_class AS p WHERE p.oid = g.parent AND p.relowner = g.relowner)
    UNION ALL SELECT g.oid, CASE d.objsubid WHEN 0 THEN 'a comment' ELSE 'comments on columns' END
        FROM given AS g JOIN pg_description AS d ON d.classoid = 'pg_class'::regclass AND d.objoid = g.oid
        WHERE d.description <> ALL (%(said)s)
    UNION ALL SELECT g.oid, 'a security label'
        FROM given AS g JOIN pg_seclabel AS s ON s.classoid = 'pg_class'::regclass AND s.objoid = g.oid
    UNION ALL SELECT g.oid, 'index ' || x.relname
        FROM given AS g JOIN pg_index AS i ON i.indrelid = g.oid JOIN pg_class AS x ON x.oid = i.indexrelid
        WHERE (NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = x.oid) AND x.relname <> ALL (%(made)s))
            OR i.indisclustered OR i.indisreplident OR x.reloptions IS NOT NULL
            OR EXISTS (SELECT FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid = x.oid)
    UNION ALL SELECT g.oid, 'constraint ' || k.conname
        FROM given AS g JOIN pg_constraint AS k ON k.conrelid = g.oid
        WHERE k.contype IN ('c', 'f', 'x', 'u') AND k.conparentid = 0 AND k.coninhcount = 0
            AND k.conname <> ALL (%(made)s)
    UNION ALL SELECT g.oid, 'statistics ' || s.stxname
        FROM given AS g JOIN pg_statistic_ext AS s ON s.stxrelid = g.oid
    UNION ALL SELECT g.oid, 'trigger ' || t.tgname
        FROM given AS g JOIN pg_trigger AS t ON t.tgrelid = g.oid WHERE NOT t.tgisinternal AND t.tgparentid = 0
    UNION ALL SELECT g.oid, 'rule ' || r.rulename
        FROM given AS g JOIN pg_rewrite AS r ON r.ev_class = g.oid WHERE g.relkind <> 'v'
    UNION ALL SELECT g.oid, 'policy ' || p.polname FROM given AS g JOIN pg_policy AS p ON p.polrelid = g.oid
    UNION ALL SELECT oid, 'row-level security' FROM given WHERE relrowsecurity OR relforcerowsecurity
    UNION ALL SELECT g.oid, 'publication ' || p.pubname
        FROM given AS g JOIN pg_publication_rel AS r ON r.prrelid = g.oid JOIN pg_publication AS p ON p.oid = r.prpubid
    UNION ALL SELECT oid, 'settings (' || array_to_string(reloptions, ', ') || ')'
        FROM given WHERE reloptions IS NOT NULL
    UNION ALL SELECT g.oid, 'its tablespace' FROM given AS g CROSS JOIN tablespace AS t WHERE reltablespace <> t.oid
    UNION ALL SELECT oid, 'a replica identity' FROM given WHERE relreplident <> 'd' AND relkind IN ('r', 'p')
    UNION ALL SELECT g.oid, 'its place under ' || g.parent::regclass::text FROM given AS g
        WHERE g.parent IS NOT NULL AND g.parent <> ALL (%(known)s)
    UNION ALL SELECT oid, 'settings of column ' || name
        FROM columns WHERE target <> -1 OR attoptions IS NOT NULL OR stored
    UNION ALL SELECT oid, 'the default of column ' || name FROM columns WHERE defaulted AND name <> ALL (%(serial)s)
    UNION ALL SELECT oid, 'column ' || name FROM columns WHERE relkind <> 'v' AND name <> ALL (%(columns)s)
        AND (parent IS NULL OR parent <> ALL (%(known)s))
) AS found (oid, what) GROUP BY oid
"""

_DEPENDANTS: Final = """
WITH RECURSIVE going (classid, objid, root) AS (
    SELECT 'pg_class'::regclass::oid, oid, oid FROM unnest(%(roots)s::oid[]) AS given (oid)
    UNION
    SELECT d.classid, d.objid, g.root FROM going AS g
    JOIN pg_depend AS d ON d.refclassid = g.classid AND d.refobjid = g.objid AND d.deptype IN ('a', 'i', 'P', 'S')
), strange (oid, root) AS (  -- partitions that others attached: they would go without a word
    SELECT c.oid, g.root FROM going AS g JOIN pg_class AS c ON g.classid = 'pg_class'::regclass AND c.oid = g.objid
    WHERE c.relkind IN ('r', 'p', 'f') AND c.oid <> ALL (%(roots)s)
), hanging (classid, objid, root) AS (
    SELECT d.classid, d.objid, g.root FROM going AS g
    JOIN pg_depend AS d ON d.refclassid = g.classid AND d.refobjid = g.objid AND d.deptype = 'n'
    WHERE NOT EXISTS (SELECT FROM going AS o WHERE o.classid = d.classid AND o.objid = d.objid)
        AND NOT EXISTS (SELECT FROM pg_constraint AS k  -- a foreign key is told once, not for each partition
            WHERE d.classid = 'pg_constraint'::regclass AND k.oid = d.objid AND k.conparentid <> 0)
)
SELECT DISTINCT pg_describe_object(
        CASE WHEN w.oid IS NULL THEN h.classid ELSE 'pg_class'::regclass END, coalesce(w.ev_class, h.objid), 0),
    pg_describe_object('pg_class'::regclass, h.root, 0), false, h.root::bigint
FROM hanging AS h LEFT JOIN pg_rewrite AS w ON h.classid = 'pg_rewrite'::regclass AND w.oid = h.objid
UNION
SELECT pg_describe_object('pg_class'::regclass, oid, 0), pg_describe_object('pg_class'::regclass, root, 0), true,
    root::bigint
FROM strange ORDER BY 1, 2
"""

_DEMANDS: Final = """
WITH members (oid) AS (SELECT %(oid)s::oid UNION SELECT relid FROM pg_partition_tree(%(oid)s::oid::regclass))
SELECT EXISTS (SELECT FROM pg_constraint AS k JOIN members AS m ON m.oid = k.conrelid
        WHERE k.contype IN ('c', 'f', 'u', 'x') AND k.conparentid = 0 AND k.coninhcount = 0
            AND k.conname <> ALL (%(made)s))
    OR EXISTS (SELECT FROM pg_index AS i JOIN members AS m ON m.oid = i.indrelid
        WHERE i.indisunique AND NOT i.indisprimary)
    OR EXISTS (SELECT FROM pg_trigger AS t JOIN members AS m ON m.oid = t.tgrelid
        WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND t.tgtype & 4 <> 0)  -- INSERT
    OR EXISTS (SELECT FROM pg_attribute AS a JOIN ROWS FROM (
            unnest(%(columns)s::text[]), unnest(%(types)s::text[]), unnest(%(required)s::boolean[])
        ) AS ours (name, type, required) ON ours.name = a.attname
        WHERE a.attrelid = %(oid)s
            AND (format_type(a.atttypid, a.atttypmod) <> ours.type OR (a.attnotnull AND NOT ours.required)))
"""


def demanding(connection: Connection, table: Table, oid: int) -> bool:
    """Whether others have made a table of ours, or a partition of it, ask more of rows than we make it ask."""
    facts = {
        "oid": oid,
        "made": _made(table),
        "columns": [column.name for column in table.columns],
        "types": [in_full(spelled(column.type)) for column in table.columns],
        "required": [column.not_null or column.name in table.key for column in table.columns],
    }
    return bool(one(connection.execute(_DEMANDS, facts))[0])


def carried(connection: Connection, table: Table, parent: int, oids: Sequence[int]) -> dict[int, list[str]]:
    """By relation, what others have put on it beside what we make; relations that carry nothing are left out.

    Args:
        connection: to the target.
        table: which of ours it is.
        parent: OID of the table itself.
        oids: of the relations that are asked for: the table, partitions of it, the view over it.
    """
    rows = connection.execute(
        _CARRIED,
        {
            "oids": list(oids),
            "known": [parent, *oids],
            "made": _made(table),
            "said": [
                *(MARK, table.latest_meaning, going_comment(table)),
                *(table.description, table.with_versions().description),
                *_descriptions(table),
                *_descriptions(table.with_versions()),
            ],
            "serial": [column.name for column in table.columns if column.type == SERIAL],
            "columns": [column.name for column in table.columns],
        },
    )
    return {row[0]: row[1] for row in rows}


def dependants(connection: Connection, roots: Iterable[int]) -> list[Problem]:
    """What would refuse a DROP of some relations, or go with them though it is not ours."""
    rows = connection.execute(_DEPENDANTS, {"roots": list(roots)})
    return [
        Problem(text=f"{name} is a partition of {relation}", remedy="detach it first")
        if strange
        else Problem(text=f"{name} depends on {relation}", remedy="drop it first")
        for name, relation, strange, _ in rows
    ]


def hanging(connection: Connection, oids: Iterable[int]) -> dict[int, list[str]]:
    """By relation, the views, functions, foreign keys and the like that depend on it."""
    found: dict[int, list[str]] = {}
    for name, _, _, root in connection.execute(_DEPENDANTS, {"roots": list(oids)}):
        found.setdefault(root, []).append(name)
    return found


def own_views(connection: Connection, schema: str, spec: TableSpec) -> dict[str, int]:
    """OIDs of the views over a table of ours by name, those that read others first: it has them, whatever history was
    loaded, if the views of those names read it and have its columns.
    """
    latest = spec.table.latest, [column.name for column in spec.table.columns], [spec.table.relation]
    found = {latest[0]: own_view(connection, schema, *latest)}
    if spec.view:
        found = {spec.view.name: _unpacking(connection, schema, spec, spec.view), **found}
    return {name: oid for name, oid in found.items() if oid}


def is_outdated(connection: Connection, schema: str, spec: TableSpec) -> bool:
    """Whether the view that unpacks a table is of an earlier version, and lacks columns."""
    if spec.view is None or not spec.view.first:
        return False
    return _unpacking(connection, schema, spec, spec.view) != _unpacking(
        connection, schema, spec, replace(spec.view, first=None)
    )


def _unpacking(connection: Connection, schema: str, spec: TableSpec, view: View) -> int | None:
    """OID of the view that unpacks a table, of this version or an earlier one."""
    reads, columns = [spec.table.relation, spec.table.latest], list(view.columns)
    least = view.first or len(columns)
    for count in range(len(columns), least - 1, -1):
        if oid := own_view(connection, schema, view.name, columns[:count], reads):
            return oid
    return None


def own_view(
    connection: Connection, schema: str, name: str, columns: Sequence[str], reads: Sequence[str]
) -> int | None:
    """OID of a view that has just these columns and reads one of these relations."""
    row = connection.execute(
        """SELECT c.oid::bigint FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %(schema)s AND c.relname = %(view)s AND c.relkind = 'v'
            AND (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = c.oid AND attnum > 0) = %(columns)s
            AND EXISTS (SELECT FROM pg_rewrite AS w JOIN pg_depend AS d ON d.objid = w.oid JOIN pg_class AS o
                ON o.oid = d.refobjid WHERE w.ev_class = c.oid AND d.classid = 'pg_rewrite'::regclass
                AND d.refclassid = 'pg_class'::regclass AND o.relname = ANY (%(reads)s) AND o.relnamespace = n.oid)""",
        {"schema": schema, "view": name, "columns": list(columns), "reads": list(reads)},
    ).fetchone()
    return None if row is None else int(row[0])


def _descriptions(table: Table) -> list[str]:
    return [column.description for column in table.columns]


def _made(table: Table) -> list[str]:
    """Names of the indexes and constraints that a table of ours comes with, be its rows spoilt or not."""
    indexes = table.relaxed({"key"}).indexes
    checked = [f"{table.relation}_{column.name}_check" for column in table.columns if column.between]
    return [f"{table.relation}_pkey", *checked, *(index_name(table, index) for index in indexes)]
