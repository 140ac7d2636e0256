"""Debezium's envelope: ``before``, ``after``, ``op``, ``source`` and times, with or without the schema of each event.

As the documentation of its connector for PostgreSQL has it (Data change events), with these settings of the connector:
``time.precision.mode=adaptive``, ``decimal.handling.mode=string``, and the replica identity full. The source's times
are those of the change, the event's those at which bronze got it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

from shardgen import __version__
from shardgen.columns import jsonb, text
from shardgen.columns.pieces import Drawn, Layout, Piece
from shardgen.columns.values import Absent, Day, Fixed, Instant, Value, Whole, some
from shardgen.model.table import Column, Table

Line: TypeAlias = Callable[[pa.RecordBatch], Iterable[Piece]]
"""What lines of changes consist of."""

CONNECTOR: Final = "shardgen"
PARTS: Final = ("schema", "key", "tombstones")
"""What events may have beside their payload."""
OPERATIONS: Final = {"insert": "c", "update": "u", "delete": "d"}
NUMBERS: Final = {"integer": "int32", "serial": "int64", "boolean": "boolean"}
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
        schema: of the database, for their names.
        parts: some of PARTS.
    """

    tables: Mapping[str, Table]
    schema: str
    parts: frozenset[str] = frozenset()

    def line(self, changes: pa.RecordBatch) -> list[Piece]:
        """The lines of some changes: an event each, and a tombstone after a deletion where those are wanted."""
        value = self._wrapped(self._payload(changes), self._of_tables(changes, self._schemas))
        if "key" not in self.parts:
            return [*value, b"\n"]
        key: list[Piece] = self._wrapped([changes.column("key")], self._of_tables(changes, self._key_schemas))
        line: list[Piece] = [b'{"key": ', *key, b', "value": ', *value, b"}\n"]
        if "tombstones" not in self.parts:
            return line
        keys = Layout(key).texts()
        dead = text.column(text.join('{"key": ', keys, ', "value": null}\n'))
        gone = np.array(changes.column("operation").to_pylist()) == "delete"
        return [*line, Drawn(dead, np.where(gone, np.arange(len(gone)), -1)).filled()]

    def _wrapped(self, payload: list[Piece], schema: Drawn) -> list[Piece]:
        if "schema" not in self.parts:
            return payload
        return [b'{"schema": ', schema, b', "payload": ', *payload, b"}"]

    def _payload(self, changes: pa.RecordBatch) -> list[Piece]:
        operation = changes.column("operation").dictionary_encode()
        letters = text.pool(OPERATIONS[each] for each in operation.dictionary.to_pylist())
        changed, got = (
            changes.column(name).cast(pa.int64()).to_numpy() for name in ("changed_at", "ingestion_timestamp")
        )
        return [
            b'{"before": ',
            or_null(changes.column("before")),
            b', "after": ',
            or_null(changes.column("after")),
            b', "source": {"version": "' + __version__.encode() + b'", "connector": "' + CONNECTOR.encode(),
            b'", "name": "shop", ',
            *_times(changed),
            b', "snapshot": "false", "db": "shop", "sequence": null, ',
            self._of_tables(changes, self._names),
            b', "txId": null, "lsn": null, "xmin": null}, "transaction": null, "op": "',
            Drawn(letters, operation.indices.to_numpy()),
            b'", ',
            *_times(got),
            b"}",
        ]

    @cached_property
    def _names(self) -> pa.StringArray:
        names = (f'"schema": {jsonb.string(self.schema)}, "table": "{each.relation}"' for each in self.tables.values())
        return text.pool(names)

    @cached_property
    def _schemas(self) -> pa.StringArray:
        return text.pool(json.dumps(self._schema(each)) for each in self.tables.values())

    @cached_property
    def _key_schemas(self) -> pa.StringArray:
        return text.pool(json.dumps(self._key_schema(each)) for each in self.tables.values())

    def _of_tables(self, changes: pa.RecordBatch, texts: pa.StringArray) -> Drawn:
        """A text for each change, by its table."""
        table = changes.column("table").dictionary_encode()
        order = {name: place for place, name in enumerate(self.tables)}
        places = np.array([order[each] for each in table.dictionary.to_pylist()], dtype=np.int64)
        return Drawn(texts, places[table.indices.to_numpy()])

    def _full_name(self, table: Table) -> str:
        return f"shop.{self.schema}.{table.relation}"

    def _key_schema(self, table: Table) -> dict[str, Any]:
        fields = [_field(column, optional=False) for column in table.columns if column.name in table.key]
        return {"type": "struct", "fields": fields, "optional": False, "name": f"{self._full_name(table)}.Key"}

    def _schema(self, table: Table) -> dict[str, Any]:
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


def or_null(objects: pa.StringArray) -> Drawn:
    """JSON where there is some, else null."""
    valid = objects.is_valid().to_numpy(zero_copy_only=False)
    return Drawn(objects, np.where(valid, np.arange(len(objects)), -1)).filled(b"null")


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
