-- The OID of the ledger itself, which tells that it came out of a dump, so that the OIDs of tables mean nothing there.
ALTER TABLE {targets} ADD COLUMN IF NOT EXISTS ledger oid NOT NULL DEFAULT 0;
UPDATE {targets} SET ledger = tableoid WHERE ledger = 0;
