"""The ledger: four tables and a log in the target schema that say what is done; nothing else is believed.

The key (target, generation, shard) of shardgen_shards is what makes a shard happen once: its row is inserted before
the shard's rows and committed with them. Rows of an older generation are superseded, never deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from psycopg import sql
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from shardgen.stores.postgres.postgres import Connection, one

TABLES: Final = ("shardgen_runs", "shardgen_targets", "shardgen_shards", "shardgen_steps", "shardgen_failures")
OPEN_STATES: Final = ("loading", "failed", "interrupted")
"""States of a run that ``--resume`` can take up."""

_DDL: Final[tuple[LiteralString, ...]] = (
    """CREATE TABLE {runs} (
        run bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        state text NOT NULL CHECK (state IN ('loading', 'failed', 'interrupted', 'finished', 'superseded')),
        fingerprint text NOT NULL,
        plan_fingerprint text NOT NULL,
        plan jsonb NOT NULL,
        options jsonb NOT NULL,
        planned jsonb NOT NULL,
        versions jsonb NOT NULL,
        on_conflict text NOT NULL DEFAULT 'error',
        host text NOT NULL,
        pid integer NOT NULL,
        started timestamptz NOT NULL DEFAULT clock_timestamp(),
        resumed timestamptz,
        finished timestamptz,
        error text)""",
    """CREATE TABLE {targets} (
        target text PRIMARY KEY,
        relation text NOT NULL,
        oid oid NOT NULL,
        generation integer NOT NULL,
        run bigint NOT NULL REFERENCES {runs},
        created boolean NOT NULL,
        others bigint NOT NULL DEFAULT 0,
        others_within bigint NOT NULL DEFAULT 0,
        missing text NOT NULL DEFAULT '',
        ledger oid NOT NULL DEFAULT 0,
        since integer NOT NULL DEFAULT 1,
        set_aside text NOT NULL DEFAULT '')""",
    """CREATE TABLE {shards} (
        target text NOT NULL REFERENCES {targets},
        generation integer NOT NULL,
        shard text NOT NULL,
        run bigint NOT NULL REFERENCES {runs},
        rows bigint,
        skipped bigint NOT NULL DEFAULT 0,
        bytes bigint,
        digest text,
        seconds double precision,
        phases jsonb,
        pid integer NOT NULL,
        host text NOT NULL,
        attempts integer NOT NULL,
        committed timestamptz,
        PRIMARY KEY (target, generation, shard))""",
    """CREATE TABLE {steps} (
        run bigint NOT NULL REFERENCES {runs},
        step text NOT NULL,
        seconds double precision NOT NULL,
        committed timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (run, step))""",
    """CREATE TABLE {failures} (
        run bigint NOT NULL REFERENCES {runs},
        target text NOT NULL,
        generation integer NOT NULL,
        shard text NOT NULL,
        attempt integer NOT NULL,
        given_up boolean NOT NULL,
        error text NOT NULL,
        at timestamptz NOT NULL DEFAULT clock_timestamp())""",
    "CREATE INDEX ON {failures} (run, target, generation, shard)",
)


_ADDED: Final[tuple[LiteralString, ...]] = (
    "ALTER TABLE {runs} ADD COLUMN IF NOT EXISTS on_conflict text NOT NULL DEFAULT 'error'",
    """ALTER TABLE {targets} ADD COLUMN IF NOT EXISTS others bigint NOT NULL DEFAULT 0,
        ADD COLUMN IF NOT EXISTS others_within bigint NOT NULL DEFAULT 0,
        ADD COLUMN IF NOT EXISTS missing text NOT NULL DEFAULT '',
        ADD COLUMN IF NOT EXISTS ledger oid NOT NULL DEFAULT 0,
        ADD COLUMN IF NOT EXISTS since integer NOT NULL DEFAULT 1,
        ADD COLUMN IF NOT EXISTS set_aside text NOT NULL DEFAULT ''""",
    "ALTER TABLE {shards} ADD COLUMN IF NOT EXISTS skipped bigint NOT NULL DEFAULT 0",
    "UPDATE {targets} SET ledger = tableoid, since = CASE WHEN others = 0 THEN generation ELSE 1 END WHERE ledger = 0",
)
"""What the ledgers of older versions lack. A load adds it; until then readers, who may not add it, do without."""
_LAST_ADDED: Final[LiteralString] = """
SELECT FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = 'shardgen_targets' AND a.attname = 'set_aside'
"""


_SINCE: Final[LiteralString] = """coalesce((to_jsonb(t) ->> 'since')::integer,
    CASE WHEN coalesce(to_jsonb(t) ->> 'others', '0') = '0' THEN t.generation ELSE 1 END)"""
"""What Claim.since is, with {targets} as t; also in a ledger of before."""
_LEAF: Final[LiteralString] = "replace(split_part(shard, '/', 2), '-', '_')"
"""What the name of a shard's leaf has behind that of its table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row of shardgen_runs."""

    run: int
    state: str
    fingerprint: str
    """Of the world, see config.fingerprint."""
    plan_fingerprint: str
    """Of the plan and its shard boundaries."""
    started_in: str
    """Name that the schema had then, which is part of the fingerprint of the plan."""
    plan: dict[str, Any]
    """PlanConfig.to_json(), with the schema in which the ledger lies now."""
    options: dict[str, Any]
    """Effective options, as --resume compares them; with that schema, too."""
    planned: dict[str, Any]
    """By table: shards, rows and whether their number is a promise."""
    versions: dict[str, Any]
    """Of the package, the data and Faker."""
    on_conflict: str
    """One of config.ON_CONFLICT."""
    host: str
    """Where the coordinator ran last."""
    pid: int
    """Its process there."""
    started: datetime
    resumed: datetime | None
    """When it was taken up last."""
    finished: datetime | None
    error: str | None
    """Why it stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What a run is claimed with."""

    fingerprint: str
    plan_fingerprint: str
    plan: Mapping[str, Any]
    options: Mapping[str, Any]
    planned: Mapping[str, Any]
    versions: Mapping[str, Any]
    host: str
    pid: int
    on_conflict: str = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One row of shardgen_targets: which run fills a table, in which generation."""

    target: str
    """Table name: ``"orders"``."""
    relation: str
    """Its name in the database: ``"raw_orders"``."""
    oid: int
    """Tells a table that was dropped and made anew."""
    generation: int
    """Raised whenever the table starts over."""
    run: int
    created: bool
    """Whether shardgen created the relation, and so may drop it."""
    others: int = 0
    """Rows that were there when the run claimed the table, and that it keeps."""
    others_within: int = 0
    """Those of them whose keys lie among the keys that the run can give."""
    missing: str = ""
    """Columns of ours that the relation lacks and that are left out: ``"raw_data,status"``."""
    since: int = 1
    """First generation of which the table still holds rows: its own, unless it was added to those of before."""
    restored: bool = False
    """Whether the ledger came out of a dump since, so that ``oid`` means nothing here; see database.restored."""
    set_aside: str = ""
    """Partitions of ours, empty and detached, that keep what others gave them until a shard fills them again."""

    @property
    def waiting(self) -> frozenset[str]:
        """Names of the partitions that are set aside."""
        return frozenset(filter(None, self.set_aside.split(",")))

    @property
    def left_out(self) -> frozenset[str]:
        """The missing columns."""
        return frozenset(filter(None, self.missing.split(",")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRow:
    """One committed shard."""

    target: str
    shard: str
    rows: int
    """That are in the table because of it."""
    bytes: int
    """COPY bytes sent."""
    digest: str
    """XXH3-128 of the COPY rows, without header and trailer."""
    seconds: float
    phases: dict[str, float]
    """Seconds by phase."""
    attempts: int
    skipped: int = 0
    """Rows that were built and not inserted, because rows with their keys were there."""


def in_leaf(claim: Claim, row: ShardRow) -> bool:
    """Whether a partition with the name of a shard's leaf is that leaf, and not one that others made for other rows."""
    return claim.created or "attach" in row.phases


def text(statement: LiteralString, schema: str) -> sql.Composed:
    """A statement with the ledger's tables put in for {runs}, {targets}, {shards}, {steps} and {failures}.

    In one that calls the targets t, {since} is what Claim.since says; in one on the shards, {leaf} is what the name of
    a shard's leaf has behind that of its table.
    """
    names = {name.removeprefix("shardgen_"): sql.Identifier(schema, name) for name in TABLES}
    return sql.SQL(statement).format(**names, since=sql.SQL(_SINCE), leaf=sql.SQL(_LEAF))


def present(connection: Connection, schema: str) -> bool:
    """Whether the schema holds a ledger."""
    cursor = connection.execute(
        """SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relname = ANY (%s) AND c.relkind = 'r'""",
        [schema, list(TABLES)],
    )
    return bool(one(cursor)[0] == len(TABLES))


def create(connection: Connection, schema: str) -> None:
    """Create the ledger in the current transaction, which holds the DDL lock, unless it is there."""
    if not present(connection, schema):
        for statement in _DDL:
            connection.execute(text(statement, schema))


def upgrade(connection: Connection, schema: str) -> None:
    """Add what a ledger of an older version lacks; its rows mean the same afterwards."""
    if present(connection, schema) and connection.execute(_LAST_ADDED, [schema]).fetchone() is None:
        with connection.transaction():
            for statement in _ADDED:
                connection.execute(text(statement, schema))


def insert_run(connection: Connection, schema: str, new: NewRun) -> int:
    """Insert a run in state loading and return its number."""
    cursor = connection.execute(
        text(
            """INSERT INTO {runs}
                (state, fingerprint, plan_fingerprint, plan, options, planned, versions, host, pid, on_conflict)
            VALUES ('loading', %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING run""",
            schema,
        ),
        [
            new.fingerprint,
            new.plan_fingerprint,
            *(Jsonb(dict(each)) for each in (new.plan, new.options, new.planned, new.versions)),
            new.host,
            new.pid,
            new.on_conflict,
        ],
    )
    return int(one(cursor)[0])


def started(connection: Connection, schema: str, run: int) -> datetime:
    """When a run was inserted."""
    found: datetime = one(connection.execute(text("SELECT started FROM {runs} WHERE run = %s", schema), [run]))[0]
    return found


def claim(connection: Connection, schema: str, claims: Iterable[Claim]) -> None:
    """Give tables to a run; an open run that is left without a table is superseded."""
    statement = text(
        """INSERT INTO {targets} AS t
            (target, relation, oid, generation, run, created, others, others_within, missing, since, ledger, set_aside)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::regclass, %s)
        ON CONFLICT (target) DO UPDATE SET relation = excluded.relation, oid = excluded.oid,
            generation = excluded.generation, run = excluded.run, created = excluded.created,
            others = excluded.others, others_within = excluded.others_within, missing = excluded.missing,
            since = excluded.since, ledger = excluded.ledger,
            set_aside = excluded.set_aside""",
        schema,
    )
    ours = text("{targets}", schema).as_string(connection)
    for each in claims:
        parameters = [each.target, each.relation, each.oid, each.generation, each.run, each.created]
        more = [each.others, each.others_within, each.missing, each.since, ours, each.set_aside]
        connection.execute(statement, [*parameters, *more])
    connection.execute(
        text(
            """UPDATE {runs} AS r SET state = 'superseded'
            WHERE state = ANY (%s) AND NOT EXISTS (SELECT FROM {targets} AS t WHERE t.run = r.run)""",
            schema,
        ),
        [list(OPEN_STATES)],
    )


def hold(connection: Connection, schema: str, tables: Sequence[str]) -> None:
    """Wait for workers that outlived their coordinator, and keep new shards of some tables out until COMMIT."""
    if present(connection, schema):
        connection.execute(
            text("SELECT FROM {targets} WHERE target = ANY (%s) ORDER BY target FOR UPDATE", schema), [list(tables)]
        )


def take_up(connection: Connection, schema: str, run: int, *, host: str, pid: int, on_conflict: str) -> None:
    """Note that a run is being resumed, by whom, and what it does about conflicts from now on."""
    connection.execute(
        text(
            """UPDATE {runs} SET state = 'loading', host = %s, pid = %s, on_conflict = %s,
                resumed = clock_timestamp(), error = NULL
            WHERE run = %s""",
            schema,
        ),
        [host, pid, on_conflict, run],
    )


def set_state(connection: Connection, schema: str, run: int, state: str, error: str | None = None) -> None:
    """Say how a run stands; finished gets its time."""
    connection.execute(
        text(
            """UPDATE {runs} SET state = %(state)s, error = %(error)s,
                finished = CASE WHEN %(state)s = 'finished' THEN clock_timestamp() END
            WHERE run = %(run)s""",
            schema,
        ),
        {"state": state, "error": error, "run": run},
    )


def runs(connection: Connection, schema: str) -> list[Run]:
    """Every run, oldest first; a run lives where its ledger lies, whatever the schema was called when it began."""
    with connection.cursor(row_factory=class_row(Run)) as cursor:
        cursor.execute(
            text(
                """SELECT run, state, fingerprint, plan_fingerprint, coalesce(plan ->> 'schema', h.name) AS started_in,
                    plan || jsonb_build_object('schema', h.name) AS plan,
                    options || jsonb_build_object('schema', h.name) AS options, planned, versions,
                    coalesce(to_jsonb(r) ->> 'on_conflict', 'error') AS on_conflict,
                    host, pid, started, resumed, finished, error
                FROM {runs} AS r CROSS JOIN (SELECT %s::text AS name) AS h ORDER BY run""",
                schema,
            ),
            [schema],
        )
        return cursor.fetchall()


def claims(connection: Connection, schema: str) -> dict[str, Claim]:
    """By table, who fills it."""
    with connection.cursor(row_factory=class_row(Claim)) as cursor:
        cursor.execute(
            text(
                """SELECT target, relation, oid, generation, run, created,
                    coalesce((to_jsonb(t) ->> 'others')::bigint, 0) AS others,
                    coalesce((to_jsonb(t) ->> 'others_within')::bigint, 0) AS others_within,
                    coalesce(to_jsonb(t) ->> 'missing', '') AS missing,
                    {since} AS since,
                    coalesce((to_jsonb(t) ->> 'ledger')::oid, 0) NOT IN (0, t.tableoid) AS restored,
                    coalesce(to_jsonb(t) ->> 'set_aside', '') AS set_aside
                FROM {targets} AS t""",
                schema,
            )
        )
        return {each.target: each for each in cursor}


def shards_of(connection: Connection, schema: str, run: int) -> list[ShardRow]:
    """The committed shards of a run's tables, of their current generations."""
    with connection.cursor(row_factory=class_row(ShardRow)) as cursor:
        cursor.execute(
            text(
                """SELECT s.target, s.shard, s.rows, coalesce((to_jsonb(s) ->> 'skipped')::bigint, 0) AS skipped,
                    s.bytes, s.digest, s.seconds, s.phases, s.attempts
                FROM {shards} AS s JOIN {targets} AS t USING (target, generation)
                WHERE t.run = %s ORDER BY s.target, s.shard""",
                schema,
            ),
            [run],
        )
        return cursor.fetchall()


def begin_shard(
    connection: Connection, schema: str, claimed: Claim, shard: str, *, attempt: int, pid: int, host: str
) -> bool:
    """Insert the shard's row, as the first thing of its transaction; False if it must not be done.

    A transaction that holds the key is waited for: that is how a lost answer to COMMIT is settled. The lock on the
    target's row keeps a replace out until this transaction ends, and keeps us out after a replace.
    """
    row = connection.execute(
        text(
            """INSERT INTO {shards} (target, generation, shard, run, attempts, pid, host)
            SELECT target, generation, %(shard)s, run, %(attempt)s, %(pid)s, %(host)s FROM {targets}
            WHERE target = %(target)s AND generation = %(generation)s AND run = %(run)s AND oid = %(oid)s
                AND oid = to_regclass(%(relation)s)
            FOR SHARE
            ON CONFLICT DO NOTHING RETURNING shard""",
            schema,
        ),
        {
            "shard": shard,
            "attempt": attempt,
            "pid": pid,
            "host": host,
            "target": claimed.target,
            "generation": claimed.generation,
            "run": claimed.run,
            "oid": claimed.oid,
            "relation": sql.Identifier(schema, claimed.relation).as_string(connection),
        },
    ).fetchone()
    return row is not None


def complete_shard(connection: Connection, schema: str, claimed: Claim, row: ShardRow) -> None:
    """Fill in the shard's row, in its transaction."""
    connection.execute(
        text(
            """UPDATE {shards} SET rows = %s, skipped = %s, bytes = %s, digest = %s, seconds = %s, phases = %s,
                committed = clock_timestamp()
            WHERE target = %s AND generation = %s AND shard = %s""",
            schema,
        ),
        [
            *(row.rows, row.skipped, row.bytes, row.digest, row.seconds, Jsonb(row.phases)),
            *(claimed.target, claimed.generation, row.shard),
        ],
    )


def find_shard(connection: Connection, schema: str, claimed: Claim, shard: str) -> ShardRow | None:
    """A committed shard, or None."""
    with connection.cursor(row_factory=class_row(ShardRow)) as cursor:
        cursor.execute(
            text(
                """SELECT target, shard, rows, skipped, bytes, digest, seconds, phases, attempts FROM {shards}
                WHERE target = %s AND generation = %s AND shard = %s""",
                schema,
            ),
            [claimed.target, claimed.generation, shard],
        )
        return cursor.fetchone()


def record_failure(
    connection: Connection, schema: str, claimed: Claim, shard: str, *, attempt: int, given_up: bool, error: str
) -> None:
    """Log a failed attempt."""
    connection.execute(
        text(
            """INSERT INTO {failures} (run, target, generation, shard, attempt, given_up, error)
            VALUES (%s, %s, %s, %s, %s, %s, %s)""",
            schema,
        ),
        [claimed.run, claimed.target, claimed.generation, shard, attempt, given_up, error.replace("\0", "")],
    )


def steps_done(connection: Connection, schema: str, run: int) -> set[str]:
    """The finalising steps that are committed."""
    return {row[0] for row in connection.execute(text("SELECT step FROM {steps} WHERE run = %s", schema), [run])}


def begin_step(connection: Connection, schema: str, run: int, step: str) -> bool:
    """Insert the step's row, as the first thing of its transaction; False if it is done.

    As with shards, the key waits for a transaction that does the same step, and then tells.
    """
    row = connection.execute(
        text(
            "INSERT INTO {steps} (run, step, seconds) VALUES (%s, %s, 0) ON CONFLICT DO NOTHING RETURNING run", schema
        ),
        [run, step],
    ).fetchone()
    return row is not None


def complete_step(connection: Connection, schema: str, run: int, step: str, seconds: float) -> None:
    """Fill in the step's row, in the transaction of its DDL."""
    connection.execute(
        text("UPDATE {steps} SET seconds = %s, committed = clock_timestamp() WHERE run = %s AND step = %s", schema),
        [seconds, run, step],
    )
