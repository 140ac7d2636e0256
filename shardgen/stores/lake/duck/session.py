"""Sessions with a lake's tables as views; they read, and write nothing.

What DuckDB cannot keep in memory goes to a folder of its own, which is gone afterwards. It downloads nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import duckdb

from shardgen.model.table import Table
from shardgen.stores.failures import StoreError, said
from shardgen.stores.lake.duck import dialect, views
from shardgen.stores.lake.duck.filesystem import PROTOCOL, ObjectFiles
from shardgen.stores.reading import StumbledError, UnreadableError

if TYPE_CHECKING:
    from shardgen.stores.lake.objects import Objects

_PATTERN: Final = frozenset("*?[]{}")
"""What DuckDB sees a pattern in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The files of a table."""

    table: Table
    format: str
    """One of formats.NAMES."""
    keys: Sequence[str]
    """Of the objects; at least one."""
    changing: bool = False
    """Whether a record of them may have several versions."""

    def scan(self, objects: Objects) -> str:
        """What reads them, in SQL."""
        return views.scan(self.table, self.format, [path(objects, key) for key in self.keys])


class DuckSession:
    """See stores.reading.Session.

    Args:
        connection: with the views.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, statement: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """See stores.reading.Session.rows."""
        return self.asked(statement, parameters)[1]

    def asked(self, statement: str, parameters: Mapping[str, object]) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The names of the columns, and the rows."""
        text = dialect.spelled(statement)
        with _told():
            answer = self.connection.execute(text, dialect.used(text, parameters))
            return [column[0] for column in answer.description or ()], answer.fetchall()


@contextmanager
def opened(objects: Objects, files: Sequence[Files], *, threads: int) -> Iterator[DuckSession]:
    """A session with a view for each table.

    Args:
        objects: of the lake.
        files: of each table.
        threads: that DuckDB may have.

    Raises:
        StoreError: a file cannot be read.
    """
    with (
        tempfile.TemporaryDirectory(prefix="shardgen-") as folder,
        duckdb.connect(f"{folder}/lake.duckdb", config={**settings(folder), "threads": threads}) as connection,
    ):
        connection.register_filesystem(ObjectFiles(objects))
        try:
            connection.execute("SET TimeZone = 'UTC'")
            changing = {each.table.name for each in files if each.changing}
            create(connection, [(each.table, _source(connection, objects, each)) for each in files], changing)
        except duckdb.Error as error:
            raise StoreError(line(error)) from error
        yield DuckSession(connection)


def settings(folder: str) -> dict[str, str | bool | int | float | list[str]]:
    """What a DuckDB begins with.

    Args:
        folder: for what it cannot keep in memory.
    """
    return {
        "temp_directory": folder,
        "preserve_insertion_order": False,  # sorts and groups do without as much memory
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _source(connection: duckdb.DuckDBPyConnection, objects: Objects, files: Files) -> str:
    """What a table's rows are read from; lines of text are read once, and kept in a file of DuckDB."""
    scan = files.scan(objects)
    if files.format == "parquet":
        return scan
    connection.execute(views.kept(files.table, scan))
    return views.name(files.table.name)


def create(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[tuple[Table, str]], changing: Collection[str] = ()
) -> None:
    """Create the functions and a view for each table, and of one that has versions another of its newest.

    Args:
        connection: that has none of them.
        sources: what the rows of each table are read from, in SQL.
        changing: names of the tables with versions, a record of which may have several.
    """
    found = [(table, source, _types(connection, source)) for table, source in sources]
    connection.execute(dialect.macros(typed=any(views.typed(table, types) for table, _, types in found)))
    for table, source, types in found:
        connection.execute(views.view(table, source, types))
        if table.versioned:
            connection.execute(views.latest(table, source, types, changing=table.name in changing))


def _types(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    return {column: type_ for column, type_, *_ in connection.execute(views.described(source)).fetchall()}


def path(objects: Objects, key: str, protocol: str = PROTOCOL) -> str:
    """How DuckDB is told of a file: a folder of this machine it reads faster by itself.

    Args:
        objects: of a place.
        key: of the file there.
        protocol: by which DuckDB knows the place.
    """
    own = f"{objects.address.prefix}/{key}"
    return own if objects.address.local and not _PATTERN & set(own) else f"{protocol}://{key}"


@contextmanager
def _told() -> Iterator[None]:
    """Failures of DuckDB as those of a store."""
    try:
        yield
    except (duckdb.DataError, duckdb.InvalidInputException) as error:
        raise StumbledError(line(error)) from error
    except (duckdb.ProgrammingError, duckdb.NotSupportedError) as error:
        raise UnreadableError(line(error)) from error
    except duckdb.Error as error:
        raise StoreError(line(error)) from error


def line(error: Exception) -> str:
    """The first line, without the statement that DuckDB repeats."""
    return said(error).partition(" LINE ")[0]
