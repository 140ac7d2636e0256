"""Spoilt rows brought forward: those of records that change are taken away, and how they stand now is put in.

No key tells them apart: a row may be there twice, say whose it is not, or not be there at all. So a row that goes is
one that says all that was written, and as many copies go as were written. They are found by an index that begins with
the id, as ``revising`` finds its records; where there is none, the leaf is looked through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from psycopg import sql

from shardgen.model.table import COMMON
from shardgen.stores.postgres.postgres import one
from shardgen.stores.postgres.revising import SHOWN, Revised, Revision


@dataclass(frozen=True, slots=True)
class Exchange:
    """The rows of a shard in their target, within its transaction.

    Args:
        revision: with both ends staged: all rows that go, and all that come.
    """

    revision: Revision

    def carry_out(self) -> Revised:
        """Bring the target forward by what was staged.

        Raises:
            PermanentError: somebody else has changed or taken away a row that goes, or a trigger drops rows.
        """
        revision = self.revision
        known, staged = revision.begin()
        if not revision.overwrite:
            revision.check_none_changed(self._lacking())
        deleted = self._done(
            "DELETE FROM {target} AS t USING (SELECT id, place, leaf FROM (SELECT t.{id} AS id, t.ctid AS place, "
            "t.tableoid AS leaf, b.owed, row_number() OVER (PARTITION BY b.id, b.whole ORDER BY t.tableoid, t.ctid) "
            "AS nth FROM ({owed}) AS b JOIN {target} AS t ON {same}) AS f WHERE nth <= owed) AS gone "
            "WHERE t.{id} = gone.id AND t.ctid = gone.place AND t.tableoid = gone.leaf AND {there}"
        )
        if revision.overwrite:
            deleted += self._done(
                "DELETE FROM {target} AS t USING {before} AS b "
                "WHERE t.{id} = b.{id} AND t.{ingestion} = b.{ingestion} AND {there}"
            )
        inserted = self._done(
            "INSERT INTO {relation} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {after}"
        )
        strict = revision.complete and not revision.overwrite
        if inserted != staged or (strict and deleted != known):
            revision.refuse(Revised(inserted=inserted, updated=0, deleted=deleted), staged, 0, known)
        changed = min(self._changed(), deleted)
        return Revised(inserted=inserted - changed, updated=changed, deleted=deleted - changed)

    def _changed(self) -> int:
        """Rows that go and in whose place others of their id come."""
        statement = (
            "SELECT coalesce(sum(least(b.rows, a.rows)), 0) FROM (SELECT {id} AS id, count(*) AS rows FROM {before} "
            "GROUP BY 1) AS b JOIN (SELECT {id} AS id, count(*) AS rows FROM {after} GROUP BY 1) AS a ON a.id = b.id"
        )
        return int(one(self.revision.connection.execute(self._text(statement)))[0])

    def _lacking(self) -> list[str]:
        """Ids of rows that should go and are not there, some of them.

        Of a target that began with a window rows of records that never changed are not there; so there only those
        are meant that somebody has changed.
        """
        statement = (
            "SELECT b.id FROM ({owed}) AS b WHERE owed > (SELECT count(*) FROM {target} AS t WHERE {same}) "
            "AND ({complete} OR EXISTS (SELECT FROM {target} AS t "
            "WHERE t.{id} = b.id AND t.{ingestion} = b.at AND {there} AND ({t_whole}) <> b.whole)) LIMIT {most}"
        )
        return [str(key) for (key,) in self.revision.connection.execute(self._text(statement))]

    def _done(self, statement: LiteralString) -> int:
        """Execute a statement; the rows that it touched."""
        return self.revision.connection.execute(self._text(statement)).rowcount

    def _text(self, statement: LiteralString) -> sql.Composed:
        names = {
            **self.revision.names,
            "id": sql.Identifier(self.revision.table.found_by),
            "ingestion": sql.Identifier(COMMON[1]),
            "complete": sql.Literal(self.revision.complete),
            "most": sql.Literal(SHOWN),
            **{f"{alias}_whole": self._whole(alias) for alias in ("b", "t")},
        }
        names["owed"] = _owed(names)
        names["same"] = sql.SQL("t.{id} = b.id AND {there} AND ({t_whole}) = b.whole").format(**names)
        return sql.SQL(statement).format(**names)

    def _whole(self, alias: str) -> sql.Composed:
        """All that a row says, as one text."""
        columns = (sql.Identifier(alias, column.name) for column in self.revision.table.columns)
        return sql.SQL("ROW({})::text").format(sql.SQL(", ").join(columns))


def _owed(names: Mapping[str, sql.Composable]) -> sql.Composed:
    """Rows that go, and how many copies of each."""
    return sql.SQL(
        "SELECT {id} AS id, {ingestion} AS at, ({b_whole}) AS whole, count(*) AS owed "
        "FROM {before} AS b GROUP BY 1, 2, 3"
    ).format(**names)
