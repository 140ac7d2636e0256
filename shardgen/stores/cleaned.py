"""What a user made of our tables, in a database or in files: all that grading may know of where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from shardgen.model.cleaned import Source


class CleanedTables(Protocol):
    """What a user made of our tables: read as text in one form, over sessions that cannot write."""

    def relations(self, place: str) -> Mapping[str, Source]:
        """The tables and views in a schema, or in a folder or file, by their names."""
        ...

    def columns(self, source: Source) -> tuple[str, ...]:
        """Names of the columns of a table or statement.

        Raises:
            RefusedError: there is no such relation, or the statement is wrong; its text says where it stops.
        """
        ...

    def typed(self, source: Source) -> bool:
        """Whether its values have types of their own; those of CSV have none, and in JSON a time has not."""
        ...

    def rows(self, source: Source, columns: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
        """Rows in order of the number in the first column, the key, and of its text.

        Args:
            source: what is read.
            columns: of it; the first one is the key.

        Numbers are without zeros at their end, times ISO 8601 with microseconds in UTC, JSON is jsonb's text.
        """
        ...

    def merged(self, source: Source, columns: tuple[str, str]) -> Iterator[tuple[str, str]]:
        """Pairs of an id and a person, of persons with several ids, those of one person together."""
        ...


@contextmanager
def open_cleaned(dsn: str, schema: str) -> Iterator[CleanedTables]:
    """Cleaned tables in a database, and the schema that statements find first.

    Raises:
        TargetError: it cannot be reached.
    """
    from shardgen.stores.postgres.cleaned import CleanedTables

    yield CleanedTables(dsn, schema)


def open_cleaned_files(lake: str, place: str, *, bronze: bool) -> AbstractContextManager[CleanedTables]:
    """Cleaned tables in a folder of files, or in a file of DuckDB.

    Args:
        lake: address of the lake whose rows they were made of.
        place: a folder, its address, or a file; empty where statements read the lake alone.
        bronze: whether statements may be asked, which find the lake's tables.

    Raises:
        ConfigError: there is no such place.
        TargetError: the lake or the file cannot be read.
        UsageError: what reads them is not installed.
    """
    from shardgen.stores.lake.reader import check_duckdb
    from shardgen.stores.lake.store import LakeStore

    check_duckdb()
    from shardgen.stores.lake.duck import cleaned

    return cleaned.opened(LakeStore(lake).reader(workers=1, purpose="grade"), place, bronze=bronze)
