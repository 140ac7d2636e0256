"""How much there is of each table: rows by count(*), bytes as the server's files have them, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psycopg import sql

from shardgen.stores.postgres import catalog
from shardgen.stores.postgres.ledger import Claim
from shardgen.stores.postgres.partitions import partitions
from shardgen.stores.postgres.postgres import Connection, one


def volumes(connection: Connection, claims: Mapping[str, Claim]) -> Iterator[dict[str, Any]]:
    """A row for each relation that holds rows: table, leaf, since when, rows, bytes of the heap and of the indexes.

    One transaction for each, so that no statement locks a whole table's partitions.
    """
    for table, claim in claims.items():
        since = {part.name: part.lower for part in partitions(connection, [claim.oid])[claim.oid]}
        for oid, schema, name in catalog.leaves(connection, claim.oid):
            statement = sql.SQL(
                "SELECT (SELECT count(*) FROM ONLY {}), pg_table_size(%(oid)s), pg_indexes_size(%(oid)s)"
            ).format(sql.Identifier(schema, name))
            rows, heap, indexes = one(connection.execute(statement, {"oid": oid}))
            yield {
                "table": table,
                "leaf": name,
                "since": since.get(name),
                "rows": rows,
                "heap": heap,
                "indexes": indexes,
            }
