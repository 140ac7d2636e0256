"""The embedded PostgreSQL server: made, started and stopped; it gives a connection string to the others."""
