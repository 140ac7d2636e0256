"""Events in Avro, as Kafka Connect's converter to Avro writes them.

Keys and values of a topic have a schema each, ``TOPIC-key`` and ``TOPIC-value`` in a registry; a message begins with
the number that the registry has given to its schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

from shardgen.errors import ConfigError, TargetError, Text, Use
from shardgen.flow.debezium import Envelope
from shardgen.flow.kafka.address import Address

TYPES: Final = {"int32": "int", "int64": "long", "boolean": "boolean", "string": "string"}
"""Avro's for Kafka Connect's."""
TIMEOUT: Final = 10
"""Seconds for which an answer of the registry is waited for."""
WHOLE: Final = ("timeout", "max.retries", "retries.wait.ms", "retries.max.wait.ms")
"""Properties of its client that are whole numbers."""
_BAD: Final = re.compile(r"[^A-Za-z0-9_]")
_HOW: Final = {"auto.register.schemas": True, "normalize.schemas": False}

Serialize: TypeAlias = Callable[[str], bytes]


def converted(schema: Mapping[str, Any]) -> Any:
    """Avro's schema of one of Kafka Connect's."""
    return _or_null(schema, _record(schema) if schema["type"] == "struct" else _plain(schema))


def _or_null(schema: Mapping[str, Any], type_: Any) -> Any:
    if not schema["optional"]:
        return type_
    return [type_, "null"] if "default" in schema else ["null", type_]  # a default is of the first type


def _record(schema: Mapping[str, Any]) -> dict[str, Any]:
    namespace, _, name = schema["name"].rpartition(".")
    version = {"connect.version": schema["version"]} if "version" in schema else {}
    return {
        "type": "record",
        "name": _name(name),
        "namespace": _name(namespace),
        "fields": _fields(schema["fields"]),
        **version,
        "connect.name": schema["name"],
    }


def _fields(fields: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is in a record; one that was described before is named alone, as Avro asks."""
    made: list[dict[str, Any]] = []
    seen: set[str] = set()
    for each in fields:
        is_known = each["type"] == "struct" and each["name"] in seen
        type_ = _or_null(each, _name(each["name"])) if is_known else converted(each)
        seen.add(each.get("name", ""))
        nothing = {"default": each.get("default")} if each["optional"] else {}
        made.append({"name": each["field"], "type": type_, **nothing})
    return made


def _plain(schema: Mapping[str, Any]) -> Any:
    type_ = TYPES[schema["type"]]
    told = {f"connect.{name}": schema[name] for name in ("version", "parameters", "default", "name") if name in schema}
    return {"type": type_, **told} if told else type_


def _name(text: str) -> str:
    """A name and its namespaces, as Debezium makes them fit for Avro."""
    return ".".join(_BAD.sub("_", f"_{each}" if each[:1].isdigit() else each) for each in text.split("."))


@dataclass(kw_only=True)
class Avro:
    """Makes messages of events' JSON.

    Args:
        address: of the topics.
        envelope: has the schemas.
        registry: what its client is told, ``url`` and perhaps secrets.
    """

    address: Address
    envelope: Envelope
    registry: Mapping[str, str] = field(repr=False)
    _serialize: dict[tuple[str, str], Serialize] = field(default_factory=dict, init=False, repr=False)

    def check(self) -> None:
        """Ask the registry something; nothing is written.

        Raises:
            ConfigError: it is not named.
            TargetError: it does not answer.
        """
        if not self.registry.get("url"):
            raise ConfigError(
                Use("kafka_config"),
                " does not say where the schema registry is",
                remedy="write schema.registry.url=http://localhost:8081 into that file",
            )
        try:
            typed = {name: int(value) if name in WHOLE else value for name, value in self.registry.items()}
            self._client = SchemaRegistryClient({"timeout": TIMEOUT, **typed})
        except (TypeError, ValueError):  # which may quote a secret
            told = " does not fit the client of the schema registry"
            raise ConfigError(Use("kafka_config"), told, remedy="see its lines schema.registry.*") from None
        with self._answering():
            self._client.get_subjects()

    def register(self) -> None:
        """Register the schemas of all topics, which the registry must find compatible with those that are there.

        Raises:
            TargetError: it refuses, or does not answer.
        """
        for name, table in self.envelope.tables.items():
            topic = self.address.topic(name)
            of_key, of_value = self.envelope.key_schema_of(table), self.envelope.schema_of(table)
            for part, schema in ((MessageField.KEY, of_key), (MessageField.VALUE, of_value)):
                text = json.dumps(converted(schema))
                with self._answering():
                    self._client.register_schema(f"{topic}-{part}", Schema(text, "AVRO"))
                    self._serialize[name, part] = self._serializer(text, SerializationContext(topic, part))

    def _serializer(self, schema: str, context: SerializationContext) -> Serialize:
        make = AvroSerializer(self._client, schema, conf=_HOW)
        return lambda text: make(json.loads(text), context)

    def key(self, table: str, text: str) -> bytes:
        """The key of a message."""
        return self._serialize[table, MessageField.KEY](text)

    def value(self, table: str, text: str) -> bytes:
        """The value of a message."""
        return self._serialize[table, MessageField.VALUE](text)

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except SchemaRegistryError as error:
            raise TargetError(f"the schema registry refuses: {error.error_message}") from None
        except Exception as error:  # noqa: BLE001  # its HTTP client is another one in each version, and may quote secrets
            told = f"the schema registry does not answer ({type(error).__name__})"
            remedy = Text("see schema.registry.url in the file of ", Use("kafka_config"))
            raise TargetError(told, remedy=remedy) from None
