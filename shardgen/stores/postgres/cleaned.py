"""Cleaned tables of a user, read as text in one form whatever their types are, in order of the numbers in their ids.

The sessions cannot write. The server sorts, and the rows come as a stream: nothing is held here.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import psycopg
from psycopg import sql

from shardgen.model.cleaned import Source
from shardgen.stores.failures import StoreError
from shardgen.stores.postgres.failures import describe
from shardgen.stores.postgres.postgres import Connection, probe, without_secret
from shardgen.stores.postgres.readers import consult, reader
from shardgen.stores.reading import RefusedError

_TIMES: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US'
_INSTANT: Final = "CASE WHEN isfinite({0}) THEN to_char({0}, '" + _TIMES + "') ELSE {0}::text END"
_NUMBER: Final = "CASE WHEN {0}::text ~ '[a-zA-Z]' THEN {0}::text ELSE trim_scale({0}::numeric)::text END"
_JSON: Final = """CASE jsonb_typeof({0}::jsonb) WHEN 'string' THEN {0}::jsonb #>> '{{}}' WHEN 'null' THEN NULL
    ELSE {0}::jsonb::text END"""
_FORMS: Final[Mapping[str, str]] = {
    "timestamp": _INSTANT,
    "timestamptz": _INSTANT.replace("to_char({0},", "to_char({0} AT TIME ZONE 'UTC',"),
    "numeric": _NUMBER,
    "float4": _NUMBER,
    "float8": _NUMBER,
    "money": "trim_scale({0}::numeric)::text",
    "json": _JSON,
    "jsonb": _JSON,
}
"""SQL for the text of a value, by type; arrays and rows are JSON, all others as PostgreSQL writes them."""
_WHOLE: Final = frozenset({"int2", "int4", "int8"})
_NESTED: Final = frozenset({"A", "C"})
_ARRAY_FORM: Final = "to_jsonb({0})::text"


class CleanedTables:
    """What a user made of our tables, in one database.

    Args:
        dsn: libpq connection string.
        schema: that statements find first on the search path.

    Raises:
        TargetError: the target cannot be reached.
    """

    def __init__(self, dsn: str, schema: str) -> None:
        self._dsn, self._schema = dsn, schema
        probe(dsn)

    def relations(self, place: str) -> dict[str, Source]:
        """The tables and views in a schema, by their names."""
        statement = """SELECT c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = %s AND c.relkind = ANY ('{r,p,v,m,f}')"""
        with self._told():
            found = consult(
                self._dsn,
                self._schema,
                lambda session: session.execute(statement, [place]).fetchall(),
                purpose="grade",
            )
        return {str(name): Source(schema=place, relation=str(name)) for (name,) in found}

    def columns(self, source: Source) -> tuple[str, ...]:
        """Names of the columns of a table or statement.

        Raises:
            RefusedError: there is no such relation, or the statement is wrong; its text says where it stops.
        """
        with self._told():
            return tuple(consult(self._dsn, self._schema, lambda session: _types(session, source), purpose="grade"))

    def typed(self, source: Source) -> bool:
        """See stores.cleaned.CleanedTables.typed."""
        del source
        return True

    def rows(self, source: Source, columns: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
        """Rows in order of the number in the first column's text, and of that text.

        Args:
            source: what is read.
            columns: of it; the first one is the key.
        """
        with self._told():
            types = consult(self._dsn, self._schema, lambda session: _types(session, source), purpose="grade")
        yield from self._copied(_copy(source, columns, types))

    def merged(self, source: Source, columns: tuple[str, str]) -> Iterator[tuple[str, str]]:
        """Pairs of an id and a person, of persons with several ids, those of one person together."""
        identity, person = (sql.SQL("q.{}::text").format(sql.Identifier(name)) for name in columns)
        statement = sql.SQL(
            "COPY (SELECT id, person FROM (SELECT {} AS id, {} AS person, count(*) OVER (PARTITION BY {}) AS many "
            "FROM {} AS q) AS pairs WHERE many > 1 AND id IS NOT NULL AND person IS NOT NULL ORDER BY person) TO STDOUT"
        ).format(identity, person, person, _from(source))
        for person_id, person_name in self._copied(statement):
            yield str(person_id), str(person_name)

    def _copied(self, statement: sql.Composed) -> Iterator[tuple[str | None, ...]]:
        with (
            self._told(),
            reader(self._dsn, self._schema, purpose="grade") as session,
            session.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            yield from copy.rows()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what server or connection say without a secret in it."""
        try:
            yield
        except psycopg.ProgrammingError as error:
            raise RefusedError(without_secret(describe(error), self._dsn)) from error
        except psycopg.Error as error:
            raise StoreError(without_secret(describe(error), self._dsn)) from error


def _types(session: Connection, source: Source) -> dict[str, tuple[str, str]]:
    """Name and category of each column's type; a domain is what it is of."""
    cursor = session.execute(sql.SQL("SELECT * FROM {} AS q LIMIT 0").format(_from(source)))
    columns = [(each.name, each.type_code) for each in cursor.description or ()]
    statement = "SELECT oid::int8, typname::text, typcategory::text FROM pg_type WHERE oid = ANY (%s)"
    known: dict[int, tuple[str, str]] = {
        oid: (name, category) for oid, name, category in session.execute(statement, [[code for _, code in columns]])
    }
    return {name: known[code] for name, code in columns}


def _from(source: Source) -> sql.Composable:
    if source.statement:
        return sql.SQL("(\n{}\n)").format(sql.SQL(source.statement))
    return sql.Identifier(*filter(None, (source.schema, source.relation)))


def _copy(source: Source, columns: Sequence[str], types: Mapping[str, tuple[str, str]]) -> sql.Composed:
    key = sql.Identifier("q", columns[0])
    number: Any = sql.SQL("abs({})").format(key)
    if types[columns[0]][0] not in _WHOLE:
        number = sql.SQL("coalesce(substring({}::text from '[0-9]+')::numeric, -1)").format(key)
    texts = [_text(name, *types[name]) for name in columns]
    return sql.SQL('COPY (SELECT {} FROM {} AS q ORDER BY {} NULLS FIRST, {}::text COLLATE "C") TO STDOUT').format(
        sql.SQL(", ").join(texts), _from(source), number, key
    )


def _text(name: str, type_: str, category: str) -> sql.Composed:
    form = _FORMS.get(type_, _ARRAY_FORM if category in _NESTED else "{0}::text")
    return sql.SQL(form).format(sql.Identifier("q", name))
