"""What is written into the ledger and read from it, a function for each statement of queries.sql."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeAlias

import psycopg
from psycopg import Cursor, sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from shardgen.stores.postgres.ledger.queries import named, run, text
from shardgen.stores.postgres.ledger.records import Claim, Done, NewRun, Run, ShardRow
from shardgen.stores.postgres.ledger.versions import present
from shardgen.stores.postgres.postgres import Connection, one
from shardgen.stores.resuming import OPEN_STATES

Ends: TypeAlias = tuple[str, str | None]
"""The end of a plan as it stands there: ``end`` and ``until``."""

# --- runs -------------------------------------------------------------------------------------------------------------


def insert_run(connection: Connection, schema: str, new: NewRun) -> int:
    """Insert a run in state loading and return its number.

    That may be given twice: of a sequence that was made in the transaction of its first number a server with
    wal_level=minimal logs no other until a checkpoint, and a crash sets it back.
    """
    values = {name: Jsonb(dict(value)) if isinstance(value, Mapping) else value for name, value in asdict(new).items()}
    try:
        with connection.transaction():
            return int(one(run(connection, schema, "insert_run", **values))[0])
    except psycopg.errors.UniqueViolation:
        run(connection, schema, "number_on", runs=sql.Identifier(schema, "shardgen_runs").as_string(connection))
        return int(one(run(connection, schema, "insert_run", **values))[0])


def started(connection: Connection, schema: str, number: int) -> datetime:
    """When a run was inserted."""
    found: datetime = one(run(connection, schema, "started", run=number))[0]
    return found


def take_up(connection: Connection, schema: str, number: int, *, host: str, pid: int, on_conflict: str) -> None:
    """Note that a run is being resumed, by whom, and what it does about conflicts from now on."""
    run(connection, schema, "take_up", run=number, host=host, pid=pid, on_conflict=on_conflict)


def set_state(connection: Connection, schema: str, number: int, state: str, error: str | None = None) -> None:
    """Say how a run stands; finished gets its time."""
    run(connection, schema, "set_state", run=number, state=state, error=error)


def set_parts(connection: Connection, schema: str, number: int, parts: int) -> None:
    """Note in how many parts a run is loaded that was only claimed."""
    run(connection, schema, "set_parts", run=number, parts=parts)


def runs(connection: Connection, schema: str, *, owning: bool = False) -> list[Run]:
    """Every run, oldest first; a run lives where its ledger lies, whatever the schema was called when it began.

    Args:
        owning: only those that own a table: no more of them after a thousand windows.
    """
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        return cursor.execute(text(named()["runs"], schema), {"schema": schema, "owning": owning}).fetchall()


def forget_runs(connection: Connection, schema: str, numbers: Sequence[int]) -> None:
    """Take runs out of the ledger; they have no tables any more."""
    for name in ("forget_failures_of_runs", "forget_steps_of_runs", "forget_shards_of_runs", "forget_runs"):
        run(connection, schema, name, runs=list(numbers))


# --- claims -----------------------------------------------------------------------------------------------------------


def claim(connection: Connection, schema: str, claims: Iterable[Claim]) -> None:
    """Give tables to a run; an open run that is left without a table is superseded."""
    ours = text("{targets}", schema).as_string(connection)
    for each in claims:
        run(connection, schema, "claim", **asdict(each), ledger=ours)
    run(connection, schema, "supersede", open=list(OPEN_STATES))


def claims(connection: Connection, schema: str) -> dict[str, Claim]:
    """By table, who fills it."""
    with connection.cursor(row_factory=class_row(Claim)) as cursor:
        return {each.target: each for each in cursor.execute(text(named()["claims"], schema))}


def hold(connection: Connection, schema: str, tables: Sequence[str]) -> None:
    """Wait for workers that outlived their coordinator, and keep new shards of some tables out until COMMIT."""
    if present(connection, schema):
        run(connection, schema, "hold", targets=list(tables))


def rebind(connection: Connection, schema: str, claimed: Claim) -> None:
    """Note the OID that a claim's table has here, and that the ledger has."""
    run(connection, schema, "rebind", target=claimed.target, oid=claimed.oid)


def overlaid(connection: Connection, schema: str, numbers: Sequence[int]) -> list[tuple[int, str, int]]:
    """Runs whose rows are in a table of a later run that has added to them: run, relation, the later run."""
    return run(connection, schema, "overlaid", runs=list(numbers)).fetchall()


def forget(connection: Connection, schema: str, claimed: Claim) -> None:
    """Take a table out of the ledger: its shards of every generation and its claim."""
    run(connection, schema, "forget_shards", target=claimed.target)
    run(connection, schema, "forget_claim", target=claimed.target)


# --- shards -----------------------------------------------------------------------------------------------------------


def begin_shard(
    connection: Connection, schema: str, claimed: Claim, shard: str, *, attempt: int, pid: int, host: str
) -> bool:
    """Insert the shard's row, as the first thing of its transaction; False if it must not be done.

    A transaction that holds the key is waited for: that is how a lost answer to COMMIT is settled. The lock on the
    target's row keeps a replace out until this transaction ends, and keeps us out after a replace.
    """
    begun = run(
        connection,
        schema,
        "begin_shard",
        shard=shard,
        attempt=attempt,
        pid=pid,
        host=host,
        target=claimed.target,
        generation=claimed.generation,
        run=claimed.run,
        oid=claimed.oid,
        relation=sql.Identifier(schema, claimed.relation).as_string(connection),
    )
    return begun.fetchone() is not None


def complete_shard(connection: Connection, schema: str, claimed: Claim, row: ShardRow) -> None:
    """Fill in the shard's row, in its transaction."""
    values = asdict(row) | {"generation": claimed.generation, "phases": Jsonb(row.phases)}
    run(connection, schema, "complete_shard", **values)


def find_shard(connection: Connection, schema: str, claimed: Claim, shard: str) -> ShardRow | None:
    """A committed shard, or None."""
    wanted = {"target": claimed.target, "generation": claimed.generation, "shard": shard}
    with connection.cursor(row_factory=class_row(ShardRow)) as cursor:
        return cursor.execute(text(named()["find_shard"], schema), wanted).fetchone()


def shards_of(connection: Connection, schema: str, number: int, *, every: bool = False) -> list[ShardRow]:
    """The committed shards of a run's tables, of their current generations.

    Args:
        every: those of the runs that it has brought forward, too.
    """
    with connection.cursor(row_factory=class_row(ShardRow)) as cursor:
        return cursor.execute(text(named()["shards_of"], schema), {"run": number, "every": every}).fetchall()


def committed(connection: Connection, schema: str, claimed: Claim) -> list[ShardRow]:
    """The committed shards of one table."""
    return [row for row in shards_of(connection, schema, claimed.run) if row.target == claimed.target]


def rows_of(connection: Connection, schema: str, claimed: Claim) -> int:
    """Rows of the claim's committed shards."""
    cursor = run(connection, schema, "rows_of", target=claimed.target, generation=claimed.generation)
    return int(one(cursor)[0])


def filled(connection: Connection, schema: str, claimed: Claim) -> bool:
    """Whether a shard of the claim has left rows in its table."""
    cursor = run(connection, schema, "filled", target=claimed.target, generation=claimed.generation)
    return bool(one(cursor)[0])


def leaves_of(connection: Connection, schema: str, claimed: Claim) -> list[str]:
    """Names of the leaves that shards of the table were ever attached in."""
    found = run(connection, schema, "leaves_of", target=claimed.target, relation=claimed.relation)
    return [name for (name,) in found]


def record_failure(
    connection: Connection, schema: str, claimed: Claim, shard: str, *, attempt: int, given_up: bool, error: str
) -> None:
    """Log a failed attempt."""
    run(
        connection,
        schema,
        "record_failure",
        run=claimed.run,
        target=claimed.target,
        generation=claimed.generation,
        shard=shard,
        attempt=attempt,
        given_up=given_up,
        error=error.replace("\0", ""),
    )


def forget_shard(connection: Connection, schema: str, claimed: Claim, shard: str) -> None:
    """Take a shard out of the ledger, with its rows."""
    wanted = {"target": claimed.target, "generation": claimed.generation, "shard": shard}
    run(connection, schema, "forget_shard", **wanted)


def forget_leaves(connection: Connection, schema: str, claimed: Claim, leaves: Sequence[str]) -> None:
    """Take the shards of some leaves out of the ledger, with the leaves."""
    wanted = {"target": claimed.target, "relation": claimed.relation, "leaves": list(leaves)}
    run(connection, schema, "forget_leaves", **wanted)


# --- streams ----------------------------------------------------------------------------------------------------------


def play_on(
    connection: Connection,
    schema: str,
    number: int,
    oids: Sequence[int],
    *,
    then: Ends,
    now: Ends,
    suffix: str,
    done: Mapping[str, Done],
    followed: bool,
) -> Cursor[Any]:
    """Move a stream from where it stands to where its transaction ends; gives no row if it does not stand there.

    Args:
        oids: of its tables.
        then, now: where it stands, and where it will.
        suffix: of its shards, after the names of their tables.
        done: by table, what the transaction does.
        followed: whether another transaction follows at once, with which this one comes to the disk.
    """
    ends = {name: value for name, value in zip(("end", "until"), now, strict=True) if value is not None}
    wanted = {"run": number, "oids": list(oids), "ends": Jsonb(ends), "end": then[0], "until": then[1]}
    told = ("rows", "updated", "deleted", "bytes")
    counts = {name: [getattr(each, name) for each in done.values()] for name in told}
    return run(connection, schema, "play_on", **wanted, suffix=suffix, targets=list(done), followed=followed, **counts)


def played(connection: Connection, schema: str, number: int) -> Ends | None:
    """Where a stream stands."""
    return run(connection, schema, "played", run=number).fetchone()


# --- steps ------------------------------------------------------------------------------------------------------------


def steps_done(connection: Connection, schema: str, number: int) -> set[str]:
    """The finalising steps that are committed."""
    return {step for (step,) in run(connection, schema, "steps_done", run=number)}


def begin_step(connection: Connection, schema: str, number: int, step: str) -> bool:
    """Insert the step's row, as the first thing of its transaction; False if it is done.

    As with shards, the key waits for a transaction that does the same step, and then tells.
    """
    return run(connection, schema, "begin_step", run=number, step=step).fetchone() is not None


def complete_step(connection: Connection, schema: str, number: int, step: str, seconds: float) -> None:
    """Fill in the step's row, in the transaction of its DDL."""
    run(connection, schema, "complete_step", run=number, step=step, seconds=seconds)
