-- The statements of the ledger, each below its name. {runs}, {targets}, {shards}, {steps} and {failures} stand for its
-- tables. A statement that calls the targets t may say {since}: the first generation of which the table still holds
-- rows. One on the shards may say {leaf}: what the name of a shard's leaf has behind that of its table.
--
-- Statements that only read find columns of later versions by to_jsonb: they also work on a ledger that nobody has
-- upgraded.

-- name: insert_run
-- Begin a run; its number.
INSERT INTO {runs} (state, fingerprint, plan_fingerprint, plan, options, planned, versions, host, pid, on_conflict)
VALUES ('loading', %(fingerprint)s, %(plan_fingerprint)s, %(plan)s, %(options)s, %(planned)s, %(versions)s,
    %(host)s, %(pid)s, %(on_conflict)s)
RETURNING run

-- name: number_on
-- Have runs be numbered on from those that are there.
SELECT setval(pg_get_serial_sequence(%(runs)s, 'run'), max(run)) FROM {runs}

-- name: started
-- When a run was inserted.
SELECT started FROM {runs} WHERE run = %(run)s

-- name: claim
-- Give a table to a run.
INSERT INTO {targets} AS t
    (target, relation, oid, generation, run, created, others, others_within, missing, since, ledger, set_aside)
VALUES (%(target)s, %(relation)s, %(oid)s, %(generation)s, %(run)s, %(created)s, %(others)s, %(others_within)s,
    %(missing)s, %(since)s, %(ledger)s::regclass, %(set_aside)s)
ON CONFLICT (target) DO UPDATE SET relation = excluded.relation, oid = excluded.oid, generation = excluded.generation,
    run = excluded.run, created = excluded.created, others = excluded.others, others_within = excluded.others_within,
    missing = excluded.missing, since = excluded.since, ledger = excluded.ledger, set_aside = excluded.set_aside

-- name: supersede
-- Open runs that are left without a table are over.
UPDATE {runs} AS r SET state = 'superseded'
WHERE state = ANY (%(open)s) AND NOT EXISTS (SELECT FROM {targets} AS t WHERE t.run = r.run)

-- name: hold
-- Lock the claims of some tables: shards in flight end first, and new ones wait.
SELECT FROM {targets} WHERE target = ANY (%(targets)s) ORDER BY target FOR UPDATE

-- name: rebind
-- Note the OIDs of a table and of the ledger where they were restored.
UPDATE {targets} SET oid = %(oid)s, ledger = tableoid WHERE target = %(target)s

-- name: take_up
-- A run goes on.
UPDATE {runs} SET state = 'loading', host = %(host)s, pid = %(pid)s, on_conflict = %(on_conflict)s,
    resumed = clock_timestamp(), error = NULL
WHERE run = %(run)s

-- name: set_state
-- How a run stands; finished gets its time.
UPDATE {runs} SET state = %(state)s, error = %(error)s,
    finished = CASE WHEN %(state)s = 'finished' THEN clock_timestamp() END
WHERE run = %(run)s

-- name: set_parts
-- In how many parts a run is loaded, as the first of them says.
UPDATE {runs} SET options = options || jsonb_build_object('parts', %(parts)s::integer) WHERE run = %(run)s

-- name: runs
-- Every run, oldest first. It lives where its ledger lies, whatever the schema was called when it began.
SELECT run, state, fingerprint, plan_fingerprint, coalesce(plan ->> 'schema', h.name) AS started_in,
    plan || jsonb_build_object('schema', h.name) AS plan,
    options || jsonb_build_object('schema', h.name) AS options, planned, versions,
    coalesce(to_jsonb(r) ->> 'on_conflict', 'error') AS on_conflict,
    host, pid, started, resumed, finished, error
FROM {runs} AS r CROSS JOIN (SELECT %(schema)s::text AS name) AS h
WHERE NOT %(owning)s OR run IN (SELECT run FROM {targets}) ORDER BY run

-- name: claims
-- Who fills which table.
SELECT target, relation, oid, generation, run, created,
    coalesce((to_jsonb(t) ->> 'others')::bigint, 0) AS others,
    coalesce((to_jsonb(t) ->> 'others_within')::bigint, 0) AS others_within,
    coalesce(to_jsonb(t) ->> 'missing', '') AS missing,
    {since} AS since,
    coalesce((to_jsonb(t) ->> 'ledger')::oid, 0) NOT IN (0, t.tableoid) AS restored,
    coalesce(to_jsonb(t) ->> 'set_aside', '') AS set_aside,
    coalesce((SELECT r.plan ->> 'dataset' FROM {runs} AS r WHERE r.run = t.run), 'shop') AS dataset
FROM {targets} AS t

-- name: shards_of
-- The committed shards of a run's tables, of their current generations: its own, or also those of the runs that it has
-- brought forward.
SELECT s.target, s.shard, s.rows, coalesce((to_jsonb(s) ->> 'skipped')::bigint, 0) AS skipped,
    coalesce((to_jsonb(s) ->> 'updated')::bigint, 0) AS updated,
    coalesce((to_jsonb(s) ->> 'deleted')::bigint, 0) AS deleted, s.bytes, s.digest, s.seconds, s.phases, s.attempts
FROM {shards} AS s JOIN {targets} AS t USING (target, generation)
WHERE t.run = %(run)s AND (s.run = t.run OR %(every)s) ORDER BY s.target, s.shard

-- name: rows_of
-- Rows that a table has because of its committed shards.
SELECT coalesce(sum(rows - coalesce((to_jsonb(s) ->> 'deleted')::bigint, 0)), 0)::bigint FROM {shards} AS s
WHERE target = %(target)s AND generation = %(generation)s

-- name: filled
-- Whether a shard has left rows in a table.
SELECT EXISTS (SELECT FROM {shards} WHERE target = %(target)s AND generation = %(generation)s AND rows > 0)

-- name: leaves_of
-- Names of the leaves that shards of a table were attached in, of whatever generation.
SELECT DISTINCT %(relation)s || '_' || {leaf} FROM {shards} WHERE target = %(target)s AND phases ? 'attach'

-- name: overlaid
-- Tables that still hold rows of some runs, and belong to a later one that has added to them.
SELECT DISTINCT s.run, t.relation, t.run FROM {shards} AS s JOIN {targets} AS t USING (target)
WHERE s.run = ANY (%(runs)s) AND t.run <> ALL (%(runs)s) AND s.generation >= {since}
ORDER BY 1, 2

-- name: begin_shard
-- The shard's row, as the first thing of its transaction; none if the shard is done, if the table is not ours any more,
-- or if the run does not load any more: a worker elsewhere may not have heard that its coordinator has ended. Of a run
-- in parts each part has one, and how one of them ended says nothing of the others.
-- A transaction that holds the key is waited for: that is how a lost answer to COMMIT is settled. The lock on the
-- claim keeps a replace out until this transaction ends, and keeps us out after a replace.
INSERT INTO {shards} (target, generation, shard, run, attempts, pid, host)
SELECT target, generation, %(shard)s, run, %(attempt)s, %(pid)s, %(host)s FROM {targets}
WHERE target = %(target)s AND generation = %(generation)s AND run = %(run)s AND oid = %(oid)s
    AND oid = to_regclass(%(relation)s)
    AND EXISTS (SELECT FROM {runs} AS r WHERE r.run = %(run)s AND (r.state = 'loading' OR r.options ? 'parts'))
FOR SHARE
ON CONFLICT DO NOTHING RETURNING shard

-- name: complete_shard
-- What became of the shard, in its transaction.
UPDATE {shards} SET rows = %(rows)s, skipped = %(skipped)s, updated = %(updated)s, deleted = %(deleted)s,
    bytes = %(bytes)s, digest = %(digest)s, seconds = %(seconds)s, phases = %(phases)s, committed = clock_timestamp()
WHERE target = %(target)s AND generation = %(generation)s AND shard = %(shard)s

-- name: find_shard
-- One committed shard.
SELECT target, shard, rows, skipped, updated, deleted, bytes, digest, seconds, phases, attempts FROM {shards}
WHERE target = %(target)s AND generation = %(generation)s AND shard = %(shard)s

-- name: record_failure
-- A failed attempt.
INSERT INTO {failures} (run, target, generation, shard, attempt, given_up, error)
VALUES (%(run)s, %(target)s, %(generation)s, %(shard)s, %(attempt)s, %(given_up)s, %(error)s)

-- name: steps_done
-- The finalising steps that are committed.
SELECT step FROM {steps} WHERE run = %(run)s

-- name: begin_step
-- The step's row, as the first thing of its transaction; none if it is done. The key waits as that of a shard does.
INSERT INTO {steps} (run, step, seconds) VALUES (%(run)s, %(step)s, 0) ON CONFLICT DO NOTHING RETURNING run

-- name: complete_step
-- How long the step took, in the transaction of its DDL.
UPDATE {steps} SET seconds = %(seconds)s, committed = clock_timestamp() WHERE run = %(run)s AND step = %(step)s

-- name: forget_shard
-- A shard whose rows are gone.
DELETE FROM {shards} WHERE target = %(target)s AND generation = %(generation)s AND shard = %(shard)s

-- name: forget_leaves
-- Shards whose leaves are gone, of whatever generation.
DELETE FROM {shards} WHERE target = %(target)s AND %(relation)s || '_' || {leaf} = ANY (%(leaves)s)

-- name: forget_shards
-- All shards of a table, before its claim goes.
DELETE FROM {shards} WHERE target = %(target)s

-- name: forget_claim
-- A table that is nobody's any more.
DELETE FROM {targets} WHERE target = %(target)s

-- name: forget_failures_of_runs
DELETE FROM {failures} WHERE run = ANY (%(runs)s)

-- name: forget_steps_of_runs
DELETE FROM {steps} WHERE run = ANY (%(runs)s)

-- name: forget_shards_of_runs
DELETE FROM {shards} WHERE run = ANY (%(runs)s)

-- name: forget_runs
DELETE FROM {runs} WHERE run = ANY (%(runs)s)

-- name: play_on
-- A stream goes on: how far it is, in the transaction of its changes, and what it has done to its tables so far; none
-- unless it stands where it is thought to, and its tables are its own. Where another transaction follows at once, the
-- disk is waited for with that one.
WITH ours AS (SELECT FROM {targets} WHERE run = %(run)s AND oid = ANY (%(oids)s) FOR SHARE),
moved AS (
    UPDATE {runs} SET plan = plan - 'until' || %(ends)s::jsonb, finished = clock_timestamp()
    WHERE run = %(run)s AND state = 'finished' AND plan ->> 'end' = %(end)s
        AND plan ->> 'until' IS NOT DISTINCT FROM %(until)s
        AND (SELECT count(*) FROM ours) = cardinality(%(oids)s)
    RETURNING run
),
done AS (
    UPDATE {shards} AS s SET rows = s.rows + v.rows, updated = s.updated + v.updated, deleted = s.deleted + v.deleted,
        bytes = s.bytes + v.bytes, committed = clock_timestamp()
    FROM moved, unnest(%(targets)s::text[], %(rows)s::bigint[], %(updated)s::bigint[], %(deleted)s::bigint[],
        %(bytes)s::bigint[]) AS v (target, rows, updated, deleted, bytes)
    WHERE s.run = moved.run AND s.target = v.target AND s.shard = v.target || %(suffix)s
)
SELECT CASE WHEN %(followed)s THEN set_config('synchronous_commit', 'off', true) END FROM moved

-- name: played
-- How far a stream is; a transaction of ours whose answer was lost is waited for.
SELECT plan ->> 'end', plan ->> 'until' FROM {runs} WHERE run = %(run)s FOR SHARE
