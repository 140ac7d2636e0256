-- The first generation of which a table still holds rows. A run that found rows there and kept them may have added to
-- any generation before its own.
ALTER TABLE {targets} ADD COLUMN IF NOT EXISTS since integer;
UPDATE {targets} SET since = CASE WHEN others = 0 THEN generation ELSE 1 END WHERE since IS NULL;
ALTER TABLE {targets} ALTER COLUMN since SET DEFAULT 1, ALTER COLUMN since SET NOT NULL;
