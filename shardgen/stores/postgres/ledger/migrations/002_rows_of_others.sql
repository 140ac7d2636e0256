-- Tables that hold rows of others, or lack columns of ours: --if-exists append, --on-conflict skip.
ALTER TABLE {runs} ADD COLUMN IF NOT EXISTS on_conflict text NOT NULL DEFAULT 'error';
ALTER TABLE {targets}
    ADD COLUMN IF NOT EXISTS others bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS others_within bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS missing text NOT NULL DEFAULT '';
ALTER TABLE {shards} ADD COLUMN IF NOT EXISTS skipped bigint NOT NULL DEFAULT 0;
