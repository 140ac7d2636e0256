"""What the catalog cannot tell is tried, in tables that somebody else made or changed, and rolled back: a few rows of
the first shard, of one in the middle and of the last go into the table as they would in a load.

Two things may stay: a sequence that a default draws from has moved, and what a trigger does outside the transaction is
done. Nothing is locked for longer than the trial, whose time is bounded.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import psycopg
from psycopg import sql

from shardgen.errors import Problem, Text, Use
from shardgen.model.plan import Shard
from shardgen.model.table import Table
from shardgen.stores import RowEncoder
from shardgen.stores.failures import PermanentError, Remedy
from shardgen.stores.postgres import catalog, leaves, objects, staging
from shardgen.stores.postgres.copying import copy_statement
from shardgen.stores.postgres.failures import classify
from shardgen.stores.postgres.postgres import Connection, one, set_parameters, without_secret
from shardgen.stores.postgres.routes import Route
from shardgen.tables.feed import Feeding

SECONDS: Final = 2.0
"""That the server may take, for all tables together."""
ROWS: Final = 256
"""Of a shard."""
_LOCK_TIMEOUT: Final = "500ms"
_TAKEN: Final = (psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation)
_COPIED: Final = sql.Identifier("shardgen_trial")


class _UntriedError(Exception):
    """A table cannot be tried by this role; whether rows fit, the load will tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A table that is tried."""

    table: Table
    """Less the columns that the relation lacks."""
    oid: int
    route: Route
    shards: tuple[Shard, ...]
    """All of the plan."""
    emptied: bool
    """Whether the rows that it holds go before the load begins."""
    waiting: frozenset[str] = frozenset()
    """Names of partitions that a replace has set aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the rows come from."""

    feed: Feeding
    encoder: Callable[[Table], RowEncoder]
    """Makes COPY bytes of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What came of it."""

    problems: tuple[Problem, ...] = ()
    """Rows that the load would not get in, in the server's words, with the remedy."""
    notices: tuple[str, ...] = ()
    """Tables that could not be tried, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Some rows of a shard, as COPY takes them."""

    shard: Shard
    number: int
    stream: tuple[bytes, ...]


def rehearse(
    connection: Connection, schema: str, parts: Sequence[Part], source: Source, *, filled: Collection[int], staged: bool
) -> Rehearsed:
    """Try all tables, each for its share of the time that is left.

    Args:
        connection: to the target; inside a transaction or outside.
        schema: of the tables.
        parts: the tables.
        source: of rows.
        filled: OIDs of all relations that the load fills: rows of theirs may be referred to before they are there.
        staged: whether the load leaves out rows whose keys are there.

    Raises:
        psycopg.Error: the connection is lost.
    """
    problems: list[Problem] = []
    notices: list[str] = []
    left = SECONDS
    for number, part in enumerate(parts):
        rows = list(_chosen(part, source))
        begun = time.monotonic()
        until = begun + left / (len(parts) - number)
        trial = functools.partial(_try_table, connection, schema, part, rows, filled, until=until, staged=staged)
        refused, untried = _tried(connection, trial)
        relation = part.table.relation
        if refused:
            problems.append(Problem(relation=relation, text=Text("would not take rows of this load: ", refused)))
        if untried:
            notices.append(f"relation={relation} could not be tried before the load: {untried}")
        left = max(0.0, left - (time.monotonic() - begun))
    return Rehearsed(problems=tuple(problems), notices=tuple(notices))


def _tried(connection: Connection, trial: Callable[[], None]) -> tuple[Text, Text]:
    """Why rows were refused, or why they could not be tried; both empty where they were taken."""
    try:
        trial()
    except PermanentError as error:
        return Text(str(error)), Text()
    except _UntriedError as error:
        return Text(), Text(str(error))
    except psycopg.Error as error:
        if connection.closed:
            raise
        text = Text(without_secret(_told(error), connection.info.dsn), ": ", _remedy(error))
        return (text, Text()) if classify(error) is Remedy.STOP_TABLE else (Text(), text)
    return Text(), Text()


# --- rows -------------------------------------------------------------------------------------------------------------


def _chosen(part: Part, source: Source) -> Iterator[_Rows]:
    """The first rows of the first shard and of a middle one, and the last ones of the last."""
    shards = [shard for shard in part.shards if shard.rows]
    places = sorted({0, len(shards) // 2, len(shards) - 1}) if shards else []
    for place in places:
        shard = shards[place]
        pieces = [_end(shard), shard] if place == len(shards) - 1 else [shard]
        if found := next(filter(None, (_rows(part.table, piece, source) for piece in pieces)), None):
            yield found


def _end(shard: Shard) -> Shard:
    """The end of a shard, in which some rows are expected."""
    width = max(1, (shard.stop - shard.start) * ROWS // shard.rows)
    return replace(shard, start=max(shard.start, shard.stop - width))


def _rows(table: Table, shard: Shard, source: Source) -> _Rows | None:
    batch = next(source.feed.batches(shard, ROWS), None)
    if batch is None or not batch.num_rows:
        return None
    encoder = source.encoder(table)
    stream = (encoder.header, *map(bytes, encoder.rows(batch)), encoder.trailer)
    return _Rows(shard=shard, number=batch.num_rows, stream=stream)


# --- trials -----------------------------------------------------------------------------------------------------------


def _try_table(
    connection: Connection,
    schema: str,
    part: Part,
    rows: Sequence[_Rows],
    filled: Collection[int],
    *,
    until: float,
    staged: bool,
) -> None:
    for each in rows:
        try:
            with connection.transaction(force_rollback=True):
                _bound(connection, until)
                _try_shard(connection, schema, part, each, staged=staged)
                connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is deferred counts at COMMIT
        except psycopg.errors.ForeignKeyViolation as error:
            if _referred(connection, part.oid, error) not in filled:
                raise
            _apart(connection, schema, part, each, filled, until)  # these rows come before, so only the others matter
        except _TAKEN:
            if not part.emptied:
                raise
            _apart(connection, schema, part, each, filled, until)


def _bound(connection: Connection, until: float) -> None:
    """Let no statement take longer than until then, and no lock be waited for."""
    milliseconds = max(1, round(1000 * (until - time.monotonic())))
    set_parameters(connection, {"statement_timeout": str(milliseconds), "lock_timeout": _LOCK_TIMEOUT}, local=True)


def _try_shard(connection: Connection, schema: str, part: Part, rows: _Rows, *, staged: bool) -> None:
    table, shard, relation = part.table, rows.shard, sql.Identifier(schema, part.table.relation)
    if shard.leaf and shard.id in part.route.attached:
        leaf, like = shard.leaf, table.relation
        if catalog.kind(connection, schema, leaf.name):  # of ours: a replace takes it away before, or keeps its checks
            leaf, like = replace(leaf, name=f"shardgen_trial_{connection.info.backend_pid}"), leaf.name
        leaves.create(connection, schema, like, table.partition_by, leaf)
        _copy(connection, part, sql.Identifier(schema, leaf.name), rows, freeze=True)
        leaves.build_indexes(connection, schema, part.oid, leaf)
        return
    if shard in part.route.homeless and shard.leaf:
        objects.create_leaf(connection, schema, table, shard.leaf, part.waiting)
    if not staged:
        _copy(connection, part, relation, rows)
        return
    _copy(connection, part, staging.create(connection, schema, table), rows)
    staging.insert(connection, schema, table, rows.number)


def _apart(connection: Connection, schema: str, part: Part, rows: _Rows, filled: Collection[int], until: float) -> None:
    """Try a temporary table like the target, which holds no rows, and then whether what rows refer to is there.

    Raises:
        PermanentError: a row of a table that the load does not fill is missing.
        _UntriedError: there can be no temporary table.
    """
    source = sql.Identifier(schema, part.table.relation)
    with connection.transaction(force_rollback=True):
        _bound(connection, until)
        statement = sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {} INCLUDING ALL) ON COMMIT DROP")
        try:
            connection.execute(statement.format(_COPIED, source))
        except psycopg.errors.InsufficientPrivilege as error:
            raise _UntriedError("this role may not make temporary tables in this database") from error
        _copy(connection, part, sql.Identifier("pg_temp", "shardgen_trial"), rows)
        for key in catalog.foreign_keys(connection, part.oid):
            names = {column.name for column in part.table.columns}
            if key.refers_to not in filled and names.issuperset(key.columns) and _orphaned(connection, key):
                raise PermanentError(
                    f"constraint={key.name} refers to rows that {'.'.join(key.relation)} lacks: load them first"
                )


def _orphaned(connection: Connection, key: catalog.ForeignKey) -> bool:
    pairs = [
        sql.SQL("r.{} = t.{}").format(sql.Identifier(theirs), sql.Identifier(mine))
        for mine, theirs in zip(key.columns, key.referred, strict=True)
    ]
    given = sql.SQL(" AND ").join(sql.SQL("t.{} IS NOT NULL").format(sql.Identifier(name)) for name in key.columns)
    statement = sql.SQL(
        "SELECT EXISTS (SELECT FROM pg_temp.{} AS t WHERE {} AND NOT EXISTS (SELECT FROM {} AS r WHERE {}))"
    )
    query = statement.format(_COPIED, given, sql.Identifier(*key.relation), sql.SQL(" AND ").join(pairs))
    return bool(one(connection.execute(query))[0])


def _copy(connection: Connection, part: Part, relation: sql.Identifier, rows: _Rows, *, freeze: bool = False) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(copy_statement(relation, part.table, freeze=freeze)) as copy:
            for some in rows.stream:
                copy.write(some)
        if cursor.rowcount != rows.number:
            names = ", ".join(catalog.dropping_triggers(connection, part.oid)) or "which cannot be told"
            raise PermanentError(
                f"of {rows.number} rows it took {cursor.rowcount}: a trigger drops rows ({names}); "
                "disable it for the load"
            )


# --- words ------------------------------------------------------------------------------------------------------------


def _referred(connection: Connection, oid: int, error: psycopg.Error) -> int:
    """OID of the relation that a violated foreign key points at; 0 where that cannot be told."""
    keys = catalog.foreign_keys(connection, oid)
    return next((key.refers_to for key in keys if key.name == error.diag.constraint_name), 0)


_REMEDIES: Final = (
    ("22", "widen its type"),
    ("23502", "let it be null, or give it a default"),
    ("23503", "load what it refers to first, or in the same load"),
    ("23514", "loosen it, or add the partition"),
    ("235", "drop it for the load"),
    ("23P", "drop it for the load"),
    ("P0", "disable the trigger for the load"),
)
_WITH_DETAIL: Final = ("23503", "23505", "23P01")


def _told(error: psycopg.Error) -> str:
    """What the server says, without the row in which it was."""
    said, state = error.diag, error.sqlstate or ""
    parts = [said.message_primary or str(error)]
    if said.message_detail and (state in _WITH_DETAIL or (state == "23514" and not said.constraint_name)):
        parts.append(said.message_detail)
    if state.startswith("22") and said.context:
        parts.append(said.context.partition("\n")[0])
    return f"{' '.join(': '.join(parts).split())} (sqlstate={state})"


def _remedy(error: psycopg.Error) -> Text:
    """What to do about it."""
    usual = Text("mend that, or use another ", Use("schema"))
    return next((Text(told) for start, told in _REMEDIES if (error.sqlstate or "").startswith(start)), usual)
