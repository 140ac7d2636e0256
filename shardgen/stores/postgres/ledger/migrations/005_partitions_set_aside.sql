-- Partitions of ours that a replace detached and kept, because others had put something on them.
ALTER TABLE {targets} ADD COLUMN IF NOT EXISTS set_aside text NOT NULL DEFAULT '';
