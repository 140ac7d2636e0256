"""Plays changes into topics, some and the position after them in one transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
from confluent_kafka import KafkaException

from shardgen.errors import OutputError, TargetError
from shardgen.flow.kafka import topics
from shardgen.flow.kafka.address import POSITION, Address
from shardgen.flow.kafka.client import ANSWER, Client
from shardgen.flow.order import Some, instants
from shardgen.flow.pace import F64

if TYPE_CHECKING:
    from shardgen.flow.kafka.avro import Avro  # it imports a good deal, and few want it

PATIENCE: Final = 120.0
"""Seconds for which the brokers may be away, as servers may."""
FIRST: Final = 20.0
"""The same before anything was sent: it may be the wrong address."""
NAMES: Final = ("key", "value", "version", "gone")


@dataclass(kw_only=True)
class Kafka:
    """Topics that changes go to.

    Args:
        address: of the brokers.
        properties: more of the client's.
        tables: in the order of the feed.
        world: by name what decides the bytes of the topics: they hold nothing else.
        tombstones: whether a deletion is followed by an empty message, so that a compacted topic forgets the record.
        stopped: whether to wait no more.
        avro: makes messages of events, which are JSON without it.
    """

    address: Address
    properties: Mapping[str, str] = field(repr=False)
    tables: tuple[str, ...]
    world: Mapping[str, Any]
    tombstones: bool
    stopped: Callable[[], bool]
    avro: Avro | None = None
    every: float = 0.25
    """Seconds: a transaction has a price of its own."""

    def open(self) -> int | None:
        """Connect, and make the topics.

        Returns:
            the instant up to which they hold this world; None where they hold nothing.

        Raises:
            TargetError: no broker answers, or the topics hold something else; or no schema registry does.
        """
        if self.avro is not None:
            self.avro.check()
        self._client = Client(address=self.address, properties=self.properties, stopped=self.stopped)
        self._client.patient(FIRST)
        with self._client.failing(TargetError):
            self._producer = self._client.producer()
            self._client.answered(lambda: self._producer.init_transactions(ANSWER))
            topics.make(self._client, self.tables)
            found = topics.position(self._client, self.tables)
        until = None if found is None else self._checked(found)
        if self.avro is not None:
            self.avro.register()
        return until

    def _checked(self, found: dict[str, Any]) -> int:
        until = int(found.pop("until"))
        differing = [name for name in self.world if found.get(name) != self.world[name]]
        if differing:
            told = f"{self.address} holds another {' and another '.join(differing)} than is asked for"
            raise TargetError(told, remedy="name another prefix, or what was named before")
        return until

    def take(self, some: Some, until: int, ago: F64) -> None:
        """Send changes and the position after them.

        Raises:
            OutputError: the brokers were away for too long, refuse, or another stream plays into the topics.
        """
        del ago
        self._client.patient(PATIENCE)
        with self._client.failing(OutputError):
            while not self._sent(some, until):
                pass

    def _sent(self, some: Some, until: int) -> bool:
        """Whether a transaction was carried out; if not, it was taken back and can be tried again."""
        producer = self._producer
        try:
            producer.begin_transaction()
            self._produce(some.rows, some.tables.tolist())
            self._send(POSITION, POSITION, json.dumps({**self.world, "until": until}), partition=0)
            self._client.answered(lambda: producer.commit_transaction(ANSWER))
        except KafkaException as error:
            if not error.args[0].txn_requires_abort() or self._client.late:
                raise
            self._client.answered(lambda: producer.abort_transaction(ANSWER))
            return False
        return True

    def _produce(self, rows: pa.RecordBatch, tables: list[int]) -> None:
        times = (instants(rows, "ingestion_timestamp") // 1000).tolist()
        columns = [rows.column(name).to_pylist() for name in NAMES]
        world = str(self.world["world"]).encode()
        for table, at, key, value, version, gone in zip(tables, times, *columns, strict=True):
            beside = {"timestamp": max(at, 0), "headers": [("version", b"%d" % version), ("world", world)]}
            name = self.tables[table]
            of_key, of_value = self._encoded(name, key, value)
            self._send(name, of_key, of_value, **beside)
            if gone and self.tombstones:
                self._send(name, of_key, None, **beside)

    def _encoded(self, table: str, key: str, value: str) -> tuple[str | bytes, str | bytes]:
        return (key, value) if self.avro is None else (self.avro.key(table, key), self.avro.value(table, value))

    def _send(self, table: str, key: str | bytes, value: str | bytes | None, **how: Any) -> None:
        while True:
            try:
                self._producer.produce(self.address.topic(table), key=key, value=value, **how)
            except BufferError:  # until some are delivered
                self._producer.poll(ANSWER)
            else:
                return
