"""What ``shardgen status`` tells: the runs in a target schema, and per table what is done, pending and failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, LiteralString, Self

from psycopg.rows import class_row

from shardgen.stores.findings import RunStatus, TableStatus, replaced_by
from shardgen.stores.joining import standing
from shardgen.stores.postgres import ledger, locks
from shardgen.stores.postgres.postgres import Connection, application_name, connect, here

_TABLES: Final[LiteralString] = """
WITH planned AS (
    SELECT r.run, p.key AS target, (p.value ->> 'shards')::bigint AS shards, (p.value ->> 'rows')::bigint AS rows,
        coalesce((p.value ->> 'exact')::boolean, false) AS exact,
        array_position(ARRAY(SELECT jsonb_array_elements_text(r.plan -> 'tables')), p.key) AS place
    FROM {runs} AS r CROSS JOIN LATERAL jsonb_each(r.planned) AS p (key, value)
), done AS (
    SELECT run, target, max(generation) AS generation, count(*) AS shards, sum(rows)::bigint AS rows,
        sum((to_jsonb(s) ->> 'skipped')::bigint)::bigint AS skipped
    FROM {shards} AS s GROUP BY run, target
), failed AS (
    SELECT run, target, count(DISTINCT shard) FILTER (WHERE given_up) AS shards,
        (array_agg(shard || ' attempt ' || attempt || ': ' || error ORDER BY at DESC))[1] AS last_error
    FROM {failures} AS f
    WHERE NOT EXISTS (
        SELECT FROM {shards} AS s
        WHERE s.target = f.target AND s.generation = f.generation AND s.shard = f.shard)
    GROUP BY run, target
)
SELECT p.run, p.target AS table, coalesce(t.relation, 'raw_' || p.target) AS relation,
    CASE WHEN t.run = p.run THEN t.generation END AS generation,
    CASE WHEN t.run <> p.run AND coalesce(d.generation, 0) < {since} THEN coalesce((
        SELECT s.run FROM {shards} AS s WHERE s.target = p.target AND s.generation > coalesce(d.generation, 0)
        ORDER BY s.generation LIMIT 1), t.run) END AS replaced_by,
    greatest(p.shards, d.shards) AS planned_shards, -- what was streamed was not planned
    CASE WHEN p.shards = 0 THEN coalesce(d.rows, 0) ELSE p.rows END AS planned_rows, p.exact,
    coalesce(d.shards, 0) AS done,
    greatest(p.shards - coalesce(d.shards, 0) - coalesce(f.shards, 0), 0) AS pending, coalesce(f.shards, 0) AS failed,
    coalesce(d.rows, 0) AS rows, coalesce(d.skipped, 0) AS skipped, f.last_error
FROM planned AS p
LEFT JOIN {targets} AS t ON t.target = p.target
LEFT JOIN done AS d ON d.run = p.run AND d.target = p.target
LEFT JOIN failed AS f ON f.run = p.run AND f.target = p.target
ORDER BY p.run, p.place
"""


def status(dsn: str, schema: str) -> list[RunStatus]:
    """Every run of a target schema, oldest first; none where there is no ledger.

    Raises:
        psycopg.OperationalError: the server cannot be reached.
    """
    with connect(dsn, application_name=application_name("status", here())) as connection:
        return read(connection, schema)


class Observer:
    """Looks at a target again and again over one connection, and over another when that breaks; a context manager.

    Args:
        dsn: the target.
        schema: whose runs are told.
    """

    def __init__(self, dsn: str, schema: str) -> None:
        self._dsn = dsn
        self._schema = schema
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def look(self) -> list[RunStatus]:
        """Every run, oldest first.

        Raises:
            psycopg.Error: the server does not answer now.
        """
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, application_name=application_name("status", here()))
        return read(self._connection, self._schema)


def read(connection: Connection, schema: str) -> list[RunStatus]:
    """The same, over an open connection."""
    if not ledger.present(connection, schema):
        return []
    held = locks.holders(connection, schema)
    with connection.cursor(row_factory=class_row(TableStatus)) as cursor:
        tables = cursor.execute(ledger.text(_TABLES, schema)).fetchall()
    return [
        _run_status(run, held, tuple(each for each in tables if each.run == run.run))
        for run in ledger.runs(connection, schema)
    ]


def _run_status(run: ledger.Run, held: Sequence[locks.Holder], tables: tuple[TableStatus, ...]) -> RunStatus:
    state, at_work = standing(run, at_work=bool(held))
    return RunStatus(
        run=run.run,
        state=state,
        coordinator=", ".join(map(str, held)) if at_work else None,
        started=run.started,
        resumed=run.resumed,
        finished=run.finished,
        host=run.host,
        pid=run.pid,
        fingerprint=run.fingerprint,
        versions=run.versions,
        plan=run.plan,
        options=run.options,
        last_error=run.error or next((each.last_error for each in tables if each.last_error), None),
        replaced_by=replaced_by(tables),
        tables=tables,
    )
