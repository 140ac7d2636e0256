-- The ledger as the first release made it.
CREATE TABLE {runs} (
    run bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('loading', 'failed', 'interrupted', 'finished', 'superseded')),
    fingerprint text NOT NULL,
    plan_fingerprint text NOT NULL,
    plan jsonb NOT NULL,
    options jsonb NOT NULL,
    planned jsonb NOT NULL,
    versions jsonb NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    started timestamptz NOT NULL DEFAULT clock_timestamp(),
    resumed timestamptz,
    finished timestamptz,
    error text
);
CREATE TABLE {targets} (
    target text PRIMARY KEY,
    relation text NOT NULL,
    oid oid NOT NULL,
    generation integer NOT NULL,
    run bigint NOT NULL REFERENCES {runs},
    created boolean NOT NULL
);
CREATE TABLE {shards} (
    target text NOT NULL REFERENCES {targets},
    generation integer NOT NULL,
    shard text NOT NULL,
    run bigint NOT NULL REFERENCES {runs},
    rows bigint,
    bytes bigint,
    digest text,
    seconds double precision,
    phases jsonb,
    pid integer NOT NULL,
    host text NOT NULL,
    attempts integer NOT NULL,
    committed timestamptz,
    PRIMARY KEY (target, generation, shard)
);
CREATE TABLE {steps} (
    run bigint NOT NULL REFERENCES {runs},
    step text NOT NULL,
    seconds double precision NOT NULL,
    committed timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run, step)
);
CREATE TABLE {failures} (
    run bigint NOT NULL REFERENCES {runs},
    target text NOT NULL,
    generation integer NOT NULL,
    shard text NOT NULL,
    attempt integer NOT NULL,
    given_up boolean NOT NULL,
    error text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON {failures} (run, target, generation, shard);
