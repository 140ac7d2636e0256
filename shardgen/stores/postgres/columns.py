"""Columns as the catalog has them, and whether the bytes of ours fit into them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from shardgen.model.table import Table
from shardgen.stores.postgres.postgres import Connection
from shardgen.stores.postgres.types import spelled

_SPELLINGS: Final = {
    "varchar": "character varying",
    "timestamp": "timestamp without time zone",
    "bigserial": "bigint",
    "decimal": "numeric",
}
_TEXTUAL: Final = {"text", "character varying"}  # the same bytes in binary COPY
_PRECISION: Final = re.compile(r"(?:numeric\(\d+,|timestamp\()(-?\d+)\)")
_MICROSECONDS: Final = 6  # places of a timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """One column as it is."""

    name: str
    type: str
    """As format_type spells it, without a length; that of a domain is what it is made of."""
    declared: str
    """With its length or precision."""
    required: bool
    """NOT NULL without a default: a row that does not supply it fails."""
    generated: bool
    """GENERATED ALWAYS AS (...) STORED or VIRTUAL: cannot be supplied."""
    identity: bool
    """GENERATED ... AS IDENTITY: a partition that is filled apart has no such values."""
    not_null: bool
    """NOT NULL, with a default or without."""


def base_type(declared: str) -> str:
    """``"varchar(50)"`` as format_type spells it without a length: ``"character varying"``."""
    bare = declared.partition("(")[0].strip()
    return _SPELLINGS.get(bare, bare)


def in_full(declared: str) -> str:
    """``"varchar(50)"`` as format_type spells it: ``"character varying(50)"``."""
    _, bracket, length = declared.partition("(")
    return base_type(declared) + bracket + length


def compatible(wanted: str, found: ColumnFacts) -> bool:
    """Whether binary COPY of the wanted type fits a column, and every value comes back from it as it was."""
    base = base_type(wanted)
    if base != found.type and not {base, found.type} <= _TEXTUAL:
        return False
    return _places(found.declared) is None or (_places(wanted) or _MICROSECONDS) <= (_places(found.declared) or 0)


def rescaled(connection: Connection, oid: int, table: Table) -> frozenset[str]:
    """Columns that show numbers with more decimal places than those of ours that they were given."""
    wanted = {column.name: _places(spelled(column.type)) for column in table.columns}
    return frozenset(
        found.name
        for found in columns(connection, [oid])[oid]
        if found.type == "numeric" and _places(found.declared) not in (None, wanted.get(found.name))
    )


def _places(declared: str) -> int | None:
    """Decimal places of ``"numeric(10,2)"`` or ``"timestamp(3) without time zone"``; None where nothing limits them."""
    match = _PRECISION.match(declared)
    return int(match[1]) if match else None


def columns(connection: Connection, oids: Collection[int]) -> dict[int, tuple[ColumnFacts, ...]]:
    """The columns of some relations, in their order; of a domain what it stands for."""
    rows = connection.execute(
        """SELECT a.attrelid, a.attname::text, format_type(b.oid, NULL), format_type(b.oid, b.mod),
            (a.attnotnull OR t.typnotnull) AND NOT a.atthasdef AND a.attidentity = '' AND t.typdefault IS NULL,
            a.attgenerated <> '', a.attidentity <> '', a.attnotnull OR t.typnotnull
        FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
        CROSS JOIN LATERAL (
            WITH RECURSIVE base (oid, mod) AS (
                SELECT a.atttypid, a.atttypmod
                UNION ALL
                SELECT d.typbasetype, d.typtypmod FROM base JOIN pg_type AS d USING (oid) WHERE d.typtype = 'd')
            SELECT oid, mod FROM base JOIN pg_type AS e USING (oid) WHERE e.typtype <> 'd') AS b (oid, mod)
        WHERE a.attrelid = ANY (%s) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum""",
        [list(oids)],
    )
    found: dict[int, list[ColumnFacts]] = {oid: [] for oid in oids}
    for row in rows:
        found[row[0]].append(
            ColumnFacts(
                name=row[1],
                type=row[2],
                declared=row[3],
                required=row[4],
                generated=row[5],
                identity=row[6],
                not_null=row[7],
            )
        )
    return {oid: tuple(facts) for oid, facts in found.items()}
