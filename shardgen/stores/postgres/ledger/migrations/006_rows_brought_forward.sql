-- Rows that were there before the window of a shard, and that it has changed or taken away.
ALTER TABLE {shards}
    ADD COLUMN IF NOT EXISTS updated bigint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS deleted bigint NOT NULL DEFAULT 0;
