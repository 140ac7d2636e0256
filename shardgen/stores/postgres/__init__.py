"""PostgreSQL as a place for rows: sessions, catalog, DDL, COPY, the ledger, claims, preflight and removal."""
