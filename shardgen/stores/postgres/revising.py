"""Records that were there before a window, brought to how they stand at its end: changed, taken away, or added.

Both are copied into tables of the transaction's own, how the records stood and how they stand. A row of the target is
only touched where it is as it stood: what others have changed is told, not lost. Rows are found by the key's index,
one after the other, so what is read does not grow with the table; where somebody else's table has no such index, the
leaf is looked through in which they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from psycopg import sql

from shardgen.errors import Text, Use
from shardgen.model.figures import plural
from shardgen.model.plan import Leaf
from shardgen.model.table import Table
from shardgen.stores.failures import PermanentError
from shardgen.stores.postgres import catalog
from shardgen.stores.postgres.postgres import Connection, one, set_parameters

BEFORE: Final = sql.Identifier("pg_temp", "shardgen_before")
"""How the records stood that are there."""
AFTER: Final = sql.Identifier("pg_temp", "shardgen_after")
"""How those that change stand."""
_BY_INDEX: Final = dict.fromkeys(("enable_hashjoin", "enable_mergejoin", "enable_seqscan"), "off")
SHOWN: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """What became of the records of a shard."""

    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The records of a shard in their target, within its transaction."""

    connection: Connection
    schema: str
    table: Table
    """Less the columns that the relation lacks."""
    leaf: Leaf | None
    """In which all of them lie; None for a table that has no leaves."""
    indexed: bool
    """Whether an index of the target begins with the key."""
    complete: bool
    """Whether all records are there; of a target that began with a window those that never changed are not."""
    overwrite: bool
    """Whether rows that others have changed are brought forward, too, and those that they took away come back."""

    def stage(self) -> None:
        """Create the two temporary tables, empty, with the columns of the target but none of its constraints."""
        for name in (BEFORE, AFTER):
            self.connection.execute(
                sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} WITH NO DATA").format(
                    name, self._columns(), self._target
                )
            )

    def carry_out(self) -> Revised:
        """Bring the target forward by what was staged.

        Raises:
            PermanentError: somebody else has changed, taken away or added a row, or a trigger drops rows.
        """
        known, staged = self.begin()
        if not self.overwrite:
            self.check_none_changed(self._changed())
        gone = self._gone()
        deleted = self._done(
            "DELETE FROM {target} AS t USING {before} AS b WHERE {same} AND {there} "
            "AND NOT EXISTS (SELECT FROM {after} AS a WHERE {after_same})"
        )
        updated = self._done("UPDATE {target} AS t SET {values} FROM {after} AS b WHERE {same} AND {there}")
        inserted = self._done(
            "INSERT INTO {relation} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {after} AS a "
            "WHERE NOT EXISTS (SELECT FROM {target} AS t WHERE {key_there} AND {there})"
        )
        found = Revised(inserted=inserted, updated=updated, deleted=deleted)
        strict = self.complete and not self.overwrite
        if updated + inserted != staged or (strict and (updated, deleted) != (known - gone, gone)):
            self.refuse(found, staged, known - gone, gone)
        return found

    def begin(self) -> tuple[int, int]:
        """Have rows found by the index where there is one; how many were staged, before and after."""
        if self.indexed:
            set_parameters(self.connection, _BY_INDEX, local=True)
        return self._count(BEFORE), self._count(AFTER)

    # --- statements ---------------------------------------------------------------------------------------------------

    @property
    def _target(self) -> sql.Composed:
        return catalog.own_rows(self.connection, self.schema, self.table.relation)

    def _done(self, statement: LiteralString) -> int:
        """Execute a statement; the rows that it touched."""
        return self.connection.execute(self._text(statement)).rowcount

    def _text(self, statement: LiteralString) -> sql.Composed:
        return sql.SQL(statement).format(
            **self.names,
            values=sql.SQL(", ").join(
                sql.SQL("{0} = b.{0}").format(sql.Identifier(column.name))
                for column in self.table.columns
                if column.name not in self.table.key
            ),
            same=self._same("t", "b"),
            after_same=self._same("a", "b"),
            key_there=self._same("t", "a"),
        )

    @property
    def names(self) -> dict[str, sql.Composable]:
        """What statements call by name: the target and where in it the rows lie, what was staged, and the columns."""
        return {
            "target": self._target,
            "relation": sql.Identifier(self.schema, self.table.relation),
            "before": BEFORE,
            "after": AFTER,
            "columns": self._columns(),
            "there": self._within("t"),
        }

    def _within(self, alias: str) -> sql.Composed:
        """The bounds of the leaf as literals, so that no other one is looked at."""
        if self.leaf is None:
            return sql.SQL("true").format()
        return sql.SQL("({column} >= {lower} AND {column} < {upper})").format(
            column=sql.Identifier(alias, self.table.partition_by),
            lower=sql.Literal(self.leaf.lower.isoformat()),
            upper=sql.Literal(self.leaf.upper.isoformat()),
        )

    def _same(self, one_: str, other: str) -> sql.Composed:
        return sql.SQL(" AND ").join(
            sql.SQL("{}.{} = {}.{}").format(*map(sql.Identifier, (one_, column, other, column)))
            for column in self.table.key
        )

    def _columns(self) -> sql.Composed:
        return sql.SQL(", ").join(sql.Identifier(column.name) for column in self.table.columns)

    def _count(self, name: sql.Identifier) -> int:
        return int(one(self.connection.execute(sql.SQL("SELECT count(*) FROM {}").format(name)))[0])

    def _gone(self) -> int:
        """How many of the records that were there are not any more."""
        statement = "SELECT count(*) FROM {before} AS b WHERE NOT EXISTS (SELECT FROM {after} AS a WHERE {after_same})"
        return int(one(self.connection.execute(self._text(statement)))[0])

    # --- what others have done ----------------------------------------------------------------------------------------

    def _changed(self) -> list[str]:
        """Keys of records that the target has otherwise than they stood, some of them."""
        odd = self._unequalled()
        whole = sql.SQL(" AND ").join(_equal(column.name, text=column.name in odd) for column in self.table.columns)
        statement = sql.SQL(
            "SELECT b.{key} FROM {before} AS b "
            "WHERE NOT EXISTS (SELECT FROM {target} AS t WHERE {same} AND {there} AND {whole}) "
            "AND ({complete} OR EXISTS (SELECT FROM {target} AS t WHERE {same} AND {there})) LIMIT {most}"
        ).format(
            complete=sql.Literal(self.complete),
            key=sql.Identifier(self.table.key[0]),
            before=BEFORE,
            target=self._target,
            same=self._same("t", "b"),
            there=self._within("t"),
            whole=whole,
            most=sql.Literal(SHOWN),
        )
        return [str(key) for (key,) in self.connection.execute(statement)]

    def check_none_changed(self, found: Sequence[str]) -> None:
        """See that nobody has changed what changes now.

        Raises:
            PermanentError: somebody has changed or taken away some of it.
        """
        if found:
            raise PermanentError(
                f"relation={self.table.relation}: others have changed or deleted rows that change now: "
                f"{', '.join(found)}{', ...' if len(found) >= SHOWN else ''}: "
                f"{Text(Use('resume', value=True), ' ', Use('yes', value=True))} overwrites them"
            )

    def _unequalled(self) -> frozenset[str]:
        """Columns whose types know no equality."""
        oid = catalog.relation_oid(self.connection, self.schema, self.table.relation)
        rows = self.connection.execute(
            "SELECT attname::text FROM pg_attribute "
            "WHERE attrelid = %s AND atttypid IN ('json'::regtype, 'xml'::regtype)",
            [oid],
        )
        return frozenset(name for (name,) in rows)

    def refuse(self, found: Revised, staged: int, known: int, gone: int) -> None:
        """Say why the target did not take what was staged.

        Args:
            found: what it took.
            staged: rows that should be there.
            known: of those the ones that were there already.
            gone: rows that should be taken away.
        """
        oid = catalog.relation_oid(self.connection, self.schema, self.table.relation)
        triggers = ", ".join(catalog.dropping_triggers(self.connection, oid))
        why = f"a trigger drops rows ({triggers}): disable it" if triggers else "others have added rows with their keys"
        raise PermanentError(
            f"relation={self.table.relation} took {plural(found.inserted, 'row')}, {found.updated} changes and "
            f"{found.deleted} deletions of {staged - known}, {known} and {gone}: {why}"
        )


def _equal(column: str, *, text: bool) -> sql.Composed:
    """Whether a column of the target is as it stood."""
    name, cast = sql.Identifier(column), sql.SQL("::text" if text else "")
    return sql.SQL("t.{name}{cast} IS NOT DISTINCT FROM b.{name}{cast}").format(name=name, cast=cast)
