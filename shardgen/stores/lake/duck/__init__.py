"""A DuckDB of this process over the files of a lake, which answers what PostgreSQL is asked; needs the extra duckdb."""
