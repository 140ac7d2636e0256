"""Debezium's envelope: ``before``, ``after``, ``op``, ``source`` and times, with or without the schema of each event.

As the documentation of its connector for PostgreSQL has it (Data change events), with these settings of the connector:
``time.precision.mode=adaptive``, ``decimal.handling.mode=string``, and the replica identity full. The source's times
are those of the change, the event's those at which bronze got it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from shardgen import __version__
from shardgen.columns import jsonb, text
from shardgen.columns.pieces import Drawn, Layout, Piece
from shardgen.columns.values import Absent, Day, Fixed, Instant, Value, Whole, some
from shardgen.flow.records import Changed
from shardgen.model.table import Column, Table

CONNECTOR: Final = "shardgen"
PARTS: Final = ("schema", "key", "tombstones")
"""What events may have beside their payload."""
LETTERS: Final = ("c", "u", "d")
"""Of versions.OPERATIONS."""
NUMBERS: Final = {"integer": "int32", "bigint": "int64", "serial": "int64", "boolean": "boolean"}
NAMED: Final = {
    "timestamp": ("int64", "io.debezium.time.MicroTimestamp"),
    "date": ("int32", "io.debezium.time.Date"),
    "json": ("string", "io.debezium.data.Json"),
}


def spelled(column: Column, value: Value) -> jsonb.Value:
    """A value as Kafka Connect has it: times as microseconds, dates as days, amounts and JSON as strings."""
    if isinstance(value, Absent):
        return jsonb.NULL
    if isinstance(value, Instant):
        return Whole(value.values).json()
    if isinstance(value, Day):
        days = text.whole(value.values)
        return days if value.known is None else some(days, (~value.known).astype(np.int32))
    if isinstance(value, Fixed):
        return (b'"', *text.fixed(value.values, value.places), b'"')
    if column.json:
        return jsonb.quoted(_texts(value.json()))
    return value.json()


def _texts(json_: jsonb.Value) -> Any:
    """JSON as texts, null where there is none."""
    return json_ if isinstance(json_, Drawn) else jsonb.texts(json_)


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """How events are wrapped.

    Args:
        tables: all that there are events of.
        dataset: the story that they are of, for their names.
        schema: of the database, for their names, too.
        parts: some of PARTS.
    """

    tables: Mapping[str, Table]
    dataset: str
    schema: str
    parts: frozenset[str] = frozenset()

    def line(self, changed: Changed) -> list[Piece]:
        """The lines of some changes: an event each, and a tombstone after a deletion where those are wanted."""
        value = self.value(changed)
        if "key" not in self.parts:
            return [*value, b"\n"]
        key = self.key(changed)
        line: list[Piece] = [b'{"key": ', *key, b', "value": ', *value, b"}\n"]
        gone = changed.gone
        if "tombstones" not in self.parts or not gone.any():
            return line
        dead = Layout([b'{"key": ', *key, b', "value": null}\n']).texts()
        return [*line, Drawn(dead, np.where(gone, np.arange(len(gone)), -1)).filled()]

    def key(self, changed: Changed) -> list[Piece]:
        """The key of each record."""
        return self._wrapped(changed.key, self._key_schemas[changed.table])

    def value(self, changed: Changed) -> list[Piece]:
        """An event for each change."""
        return self._wrapped(self._payload(changed), self._schemas[changed.table])

    def _wrapped(self, payload: list[Piece], schema: bytes) -> list[Piece]:
        if "schema" not in self.parts:
            return payload
        return [b'{"schema": ' + schema + b', "payload": ', *payload, b"}"]

    def _payload(self, changed: Changed) -> list[Piece]:
        names = {"schema": self.schema, "table": self.tables[changed.table].relation}
        database = json.dumps(self.dataset)
        source = {"version": __version__, "connector": CONNECTOR, "name": self.dataset}
        return [
            b'{"before": ',
            *changed.before,
            b', "after": ',
            *changed.after,
            f', "source": {{{_members(source)}, '.encode(),
            *_times(changed.versions.at),
            f', "snapshot": "false", "db": {database}, "sequence": null, {_members(names)}, '.encode(),
            b'"txId": null, "lsn": null, "xmin": null}, "transaction": null, "op": "',
            Drawn(text.words(LETTERS), changed.versions.operation),
            b'", ',
            *_times(changed.ingestion),
            b"}",
        ]

    @cached_property
    def _schemas(self) -> dict[str, bytes]:
        return {name: json.dumps(self.schema_of(each)).encode() for name, each in self.tables.items()}

    @cached_property
    def _key_schemas(self) -> dict[str, bytes]:
        return {name: json.dumps(self.key_schema_of(each)).encode() for name, each in self.tables.items()}

    def _full_name(self, table: Table) -> str:
        return f"{self.dataset}.{self.schema}.{table.relation}"

    def key_schema_of(self, table: Table) -> dict[str, Any]:
        """Kafka Connect's schema of a table's keys."""
        fields = [_field(column, optional=False) for column in table.columns if column.name in table.key]
        return {"type": "struct", "fields": fields, "optional": False, "name": f"{self._full_name(table)}.Key"}

    def schema_of(self, table: Table) -> dict[str, Any]:
        """Kafka Connect's schema of a table's events."""
        name = self._full_name(table)
        row = {"type": "struct", "fields": [_field(each) for each in table.columns], "optional": True}
        row["name"] = f"{name}.Value"
        return {
            "type": "struct",
            "fields": [
                {**row, "field": "before"},
                {**row, "field": "after"},
                {**_SOURCE, "field": "source"},
                {**_TRANSACTION, "field": "transaction"},
                _plain("string", "op", optional=False),
                *(_plain("int64", each, optional=True) for each in ("ts_ms", "ts_us", "ts_ns")),
            ],
            "optional": False,
            "name": f"{name}.Envelope",
            "version": 2,
        }


def _members(values: dict[str, str]) -> str:
    """What is in an object."""
    return json.dumps(values)[1:-1]


def _times(instants: Any) -> list[Piece]:
    """An instant in milli-, micro- and nanoseconds."""
    whole = [text.whole(each) for each in (instants // 1000, instants)]
    return [b'"ts_ms": ', whole[0], b', "ts_us": ', whole[1], b', "ts_ns": ', whole[1], b"000"]


def _plain(type_: str, field: str, *, optional: bool) -> dict[str, Any]:
    return {"type": type_, "optional": optional, "field": field}


def _field(column: Column, *, optional: bool | None = None) -> dict[str, Any]:
    """A column as a field of Kafka Connect's schema."""
    can_lack = not column.not_null if optional is None else optional
    if column.type.name in NAMED:
        type_, name = NAMED[column.type.name]
        return {"type": type_, "optional": can_lack, "name": name, "version": 1, "field": column.name}
    return _plain(NUMBERS.get(column.type.name, "string"), column.name, optional=can_lack)


_SOURCE: Final[dict[str, Any]] = {
    "type": "struct",
    "fields": [
        *(_plain("string", each, optional=False) for each in ("version", "connector", "name")),
        *(_plain("int64", each, optional=each != "ts_ms") for each in ("ts_ms", "ts_us", "ts_ns")),
        {
            "type": "string",
            "optional": True,
            "name": "io.debezium.data.Enum",
            "version": 1,
            "parameters": {
                "allowed": "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"
            },
            "default": "false",
            "field": "snapshot",
        },
        _plain("string", "db", optional=False),
        _plain("string", "sequence", optional=True),
        *(_plain("string", each, optional=False) for each in ("schema", "table")),
        *(_plain("int64", each, optional=True) for each in ("txId", "lsn", "xmin")),
    ],
    "optional": False,
    "name": "io.debezium.connector.postgresql.Source",
}
_TRANSACTION: Final[dict[str, Any]] = {
    "type": "struct",
    "fields": [
        _plain("string", "id", optional=False),
        _plain("int64", "total_order", optional=False),
        _plain("int64", "data_collection_order", optional=False),
    ],
    "optional": True,
    "name": "event.block",
    "version": 1,
}
