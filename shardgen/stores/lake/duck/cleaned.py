"""Cleaned tables of a user in files, or in a file of DuckDB: read as text in one form, whatever their types are.

The session reads what is named, and the lake. It opens no other file, writes none, and a file of DuckDB is attached so
that it cannot be written. DuckDB sorts, in a folder of its own where memory is short, and the rows come as a stream.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb

from shardgen.errors import ConfigError, Given, TargetError, Text
from shardgen.model.cleaned import Source
from shardgen.stores.failures import StoreError
from shardgen.stores.lake import address
from shardgen.stores.lake.duck import datasets, lines, published, session, texts, views
from shardgen.stores.lake.duck.filesystem import PROTOCOL, ObjectFiles
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.reader import LakeReader
from shardgen.stores.reading import RefusedError

_OWN: Final = "shardgen_session"
_MANY: Final = 4096
_FORBIDDEN: Final = re.compile(r'Cannot access (?:file|directory) "([^"]*)"')
_MARK: Final = "#"
"""Between a file of DuckDB and a schema in it."""


class CleanedFiles(ObjectFiles):
    """The files of a user's folder, beside those of the lake."""

    protocol = "cleaned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is in the place that a user names."""

    path: str = ""
    """What a session finds first, in SQL."""
    relations: Mapping[str, Source] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    """By relation, why it cannot be read."""
    texts: frozenset[str] = frozenset()
    """Relations whose values are texts without a type."""
    open_to: tuple[str, ...] = ()
    """Folders that may be read."""


@contextlib.contextmanager
def opened(reader: LakeReader, place: str, *, bronze: bool) -> Iterator[CleanedTables]:
    """A session that reads a place.

    Args:
        reader: of the lake.
        place: a folder, its address, or a file of DuckDB, perhaps with ``#SCHEMA``; empty for none.
        bronze: whether statements find the lake's tables, ``raw_orders`` and so on.

    Raises:
        ConfigError: there is no such place.
        TargetError: it cannot be opened.
    """
    with (
        tempfile.TemporaryDirectory(prefix="shardgen-") as folder,
        duckdb.connect(f"{folder}/{_OWN}.duckdb", config=session.settings(folder)) as connection,
    ):
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET TimeZone = 'UTC'")
        connection.register_filesystem(ObjectFiles(reader.objects))
        allowed = _bronze(connection, reader) if bronze else ()
        found = _opened(connection, place)
        _close(connection, (*allowed, *found.open_to))
        connection.execute(views.first(found.path, _OWN))
        yield CleanedTables(connection, found)


def _bronze(connection: duckdb.DuckDBPyConnection, reader: LakeReader) -> tuple[str, ...]:
    """The lake's tables as a load says that DuckDB is to read them."""
    with _told():
        for files in reader.files():
            name = files.table.name
            for line in lines.shown(reader.shown[name].config, name, files.scan(reader.objects)):
                connection.execute(line)
    return _folders(reader.objects, PROTOCOL)


def _close(connection: duckdb.DuckDBPyConnection, folders: Sequence[str]) -> None:
    """Have the session open nothing else from now on; this cannot be taken back."""
    connection.execute(views.open_to(folders))
    connection.execute("SET enable_external_access = false")


def _folders(objects: Objects, protocol: str) -> tuple[str, ...]:
    named = f"{protocol}://"
    return (named, f"{objects.address.prefix}/") if objects.address.local else (named,)


def _opened(connection: duckdb.DuckDBPyConnection, place: str) -> Found:
    if not place:
        return Found()
    if "://" in place:
        if fault := address.fault(place):
            raise ConfigError(Given("cleaned", place), " ", fault)
        return _folder(connection, place, Objects(address.parsed(place), patient=False))
    if Path(place).is_dir():
        whole = address.Address(scheme="file", bucket="", prefix=str(Path(place).resolve()))
        return _folder(connection, place, Objects(whole, patient=False))
    file, _, schema = (place, "", "") if Path(place).is_file() else place.rpartition(_MARK)
    if not Path(file).is_file():
        remedy = "name a folder of files, its address, or a file of DuckDB"
        raise ConfigError(Given("cleaned", place), " is not there", remedy=remedy)
    return _file(connection, place, file, schema or "main")


def _folder(connection: duckdb.DuckDBPyConnection, place: str, objects: Objects) -> Found:
    """A view for each dataset of a folder."""
    connection.register_filesystem(CleanedFiles(objects))
    connection.execute("CREATE SCHEMA cleaned")
    every = {each.name: each for each in datasets.found(objects)}
    faults = {name: each.fault or _viewed(connection, each, objects) for name, each in every.items()}
    return Found(
        path=f"{_OWN}.cleaned",
        relations={name: Source(relation=name, file=f"{place.rstrip('/')}/{name}") for name in every},
        faults={name: fault for name, fault in faults.items() if fault},
        texts=frozenset(name for name, each in every.items() if each.format in ("csv", "ndjson")),
        open_to=_folders(objects, CleanedFiles.protocol),
    )


def _viewed(connection: duckdb.DuckDBPyConnection, dataset: datasets.Dataset, objects: Objects) -> str:
    """Make a view of a dataset; why it cannot be read, where it cannot."""

    def columns(statement: str) -> list[str]:
        return [str(row[0]) for row in connection.execute(statement).fetchall()]

    if not dataset.format:
        return _kept(connection, dataset, objects)
    paths = [session.path(objects, key, CleanedFiles.protocol) for key in dataset.keys]
    try:
        connection.execute(views.of_user(dataset.name, dataset.scan(paths, columns)))
    except duckdb.Error as error:
        return _line(error)
    return ""


def _kept(connection: duckdb.DuckDBPyConnection, dataset: datasets.Dataset, objects: Objects) -> str:
    """Have the rows of a table of Delta or Iceberg in the session's own file; why they cannot be read, or nothing."""
    try:
        connection.register("made", published.rows(objects, dataset.name, dataset.metadata))
        connection.execute(views.of_user(dataset.name, "made", "TABLE"))
        connection.unregister("made")
    except Exception as error:  # noqa: BLE001  # whatever a file does to the library that reads it
        return published.told(error)
    return ""


def _file(connection: duckdb.DuckDBPyConnection, place: str, file: str, schema: str) -> Found:
    """The tables and views of a schema in a file of DuckDB."""
    try:
        connection.execute(views.attached(file))
    except duckdb.Error as error:
        raise TargetError(Text(Given("cleaned", place), f" cannot be opened: {_line(error)}")) from error
    attached = "SELECT database_name FROM duckdb_databases() WHERE readonly AND NOT internal"
    [(name,)] = connection.execute(attached).fetchall()
    listed = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = ? ORDER BY 1, 2"
    found = connection.execute(listed, [name]).fetchall()
    relations = {str(table): Source(schema=schema, relation=str(table)) for of, table in found if of == schema}
    if not relations:
        others = ", ".join(f"{file}{_MARK}{of}" for of in dict.fromkeys(str(of) for of, _ in found))
        told = Text(Given("cleaned", place), f" has no table in its schema {schema}")
        raise TargetError(told, remedy=f"name one that has: {others}" if others else "")
    return Found(path=f"{views.name(str(name))}.{views.name(schema)}", relations=relations)


class CleanedTables:
    """See stores.cleaned.CleanedTables.

    Args:
        connection: that finds them.
        found: what they are.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, found: Found) -> None:
        self._connection, self._found = connection, found

    def relations(self, place: str) -> Mapping[str, Source]:
        """See stores.cleaned.CleanedTables.relations; those of the place that is opened."""
        del place
        return self._found.relations

    def columns(self, source: Source) -> tuple[str, ...]:
        """See stores.cleaned.CleanedTables.columns."""
        if not source.schema and (fault := self._found.faults.get(source.relation)):
            raise RefusedError(fault)
        try:
            if source.statement:
                self._check(source.statement)
            return tuple(self._types(source))
        except duckdb.Error as error:
            raise RefusedError(_line(error)) from error

    def typed(self, source: Source) -> bool:
        """See stores.cleaned.CleanedTables.typed."""
        return source.statement != "" or source.relation not in self._found.texts

    def rows(self, source: Source, columns: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
        """See stores.cleaned.CleanedTables.rows."""
        with _told():
            types = self._types(source)
            values = ", ".join(
                f"{texts.text(f'q.{views.name(name)}', types[name])} AS v{place}" for place, name in enumerate(columns)
            )
            names = ", ".join(f"v{place}" for place in range(len(columns)))
            rows = f"(SELECT {values} FROM {_from(source)} AS q)"  # noqa: S608  # names are quoted
            yield from self._asked(f"SELECT {names} FROM {rows} ORDER BY {texts.in_order('v0')}")  # noqa: S608

    def merged(self, source: Source, columns: tuple[str, str]) -> Iterator[tuple[str, str]]:
        """See stores.cleaned.CleanedTables.merged."""
        id_, person = (f"q.{views.name(name)}::VARCHAR" for name in columns)
        pairs = (
            f"(SELECT {id_} AS id, {person} AS person, count(*) OVER (PARTITION BY {person}) AS many "  # noqa: S608
            f"FROM {_from(source)} AS q)"
        )
        wanted = "many > 1 AND id IS NOT NULL AND person IS NOT NULL"
        with _told():
            for one, other in self._asked(f"SELECT id, person FROM {pairs} WHERE {wanted} ORDER BY person"):  # noqa: S608
                yield str(one), str(other)

    def _asked(self, statement: str) -> Iterator[tuple[str | None, ...]]:
        answer = self._connection.execute(statement)
        while some := answer.fetchmany(_MANY):
            yield from some

    def _types(self, source: Source) -> dict[str, str]:
        """Of each column, as DuckDB calls it."""
        described = f"DESCRIBE SELECT * FROM {_from(source)} AS q"  # noqa: S608  # the user's own
        return {str(row[0]): str(row[1]) for row in self._connection.execute(described).fetchall()}

    def _check(self, statement: str) -> None:
        """Raise unless it is one that reads: what else there is could write a file.

        Raises:
            RefusedError: it is not.
        """
        found = self._connection.extract_statements(statement)
        if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
            raise RefusedError("it is not one SELECT")


def _from(source: Source) -> str:
    if source.statement:
        return f"(\n{source.statement}\n)"
    return ".".join(map(views.name, filter(None, (source.schema, source.relation))))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise StoreError(_line(error)) from error


def _line(error: Exception) -> str:
    """What DuckDB says, in a line; a file that may not be read is named as such."""
    if told := _FORBIDDEN.search(str(error)):
        return f"it reads {told[1]}, which is neither of the lake nor of the cleaned tables"
    return session.line(error)
