"""What topics there are, and which position the newest record of one of them tells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from shardgen.errors import TargetError
from shardgen.flow.kafka.address import POSITION
from shardgen.flow.kafka.client import ANSWER, Client

NEWEST: Final = 64
"""Offsets at the end of the topic among which the position is looked for first; marks of transactions lie between."""

MAKING: Final = 10.0
"""Seconds for which the making of topics is waited for."""
_LEFT: Final = (KafkaError.TOPIC_ALREADY_EXISTS, KafkaError._TIMED_OUT)  # noqa: SLF001  # its name
"""What does not matter: a topic is there, or is made when something is sent to it."""


def make(client: Client, tables: Sequence[str]) -> None:
    """Make the topics that are not there, the position's such that it is compacted.

    Brokers that do not answer to that may make topics unasked.

    Raises:
        TargetError: one cannot be made.
    """
    admin, position = AdminClient(client.settings()), client.address.topic(POSITION)
    listed = client.answered(lambda: admin.list_topics(timeout=ANSWER))
    missing = [name for table in (*tables, POSITION) if (name := client.address.topic(table)) not in listed.topics]
    if not missing:
        return
    plain = [NewTopic(name, -1, -1) for name in missing if name != position]
    ours = [NewTopic(name, 1, -1, config={"cleanup.policy": "compact"}) for name in missing if name == position]
    for name, done in admin.create_topics([*plain, *ours], request_timeout=MAKING).items():
        error = done.exception()
        if isinstance(error, KafkaException) and error.args[0].code() not in _LEFT:
            raise TargetError(f"topic={name!r} cannot be made: {error.args[0].str()}", remedy="make it first")


def position(client: Client, tables: Sequence[str]) -> dict[str, Any] | None:
    """What the newest position says; None where the topics hold nothing.

    Raises:
        TargetError: they hold messages, and there is no position.
    """
    with _reading(client) as consumer:
        found = _newest(client, consumer)
        for topic in map(client.address.topic, tables):
            if found is None and _holds(client, consumer, topic):
                text = f"topic={topic!r} holds messages that no position of shardgen's tells of"
                raise TargetError(text, remedy="name another prefix")
        return found


@contextmanager
def _reading(client: Client) -> Iterator[Consumer]:
    consumer = client.consumer()
    try:
        yield consumer
    finally:
        consumer.close()


def _newest(client: Client, consumer: Consumer) -> dict[str, Any] | None:
    topic = client.address.topic(POSITION)
    if not _holds(client, consumer, topic):
        return None
    low, high = client.answered(lambda: consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=ANSWER))
    for start in sorted({max(low, high - NEWEST), low}, reverse=True):
        consumer.assign([TopicPartition(topic, 0, start)])
        told = list(_values(client, consumer))
        if told:
            return dict(json.loads(told[-1]))
    return None


def _values(client: Client, consumer: Consumer) -> Iterator[bytes]:
    """The messages up to the end."""
    while not client.late:
        message = consumer.poll(ANSWER)
        error = message.error() if message is not None else None
        if error is not None and error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  # its name
            return
        if message is not None and error is None:
            yield message.value() or b"{}"
    raise TargetError(f"{client.address} does not answer: its position cannot be read")


def _holds(client: Client, consumer: Consumer, topic: str) -> bool:
    """Whether a topic has messages."""
    listed = client.answered(lambda: consumer.list_topics(topic, timeout=ANSWER)).topics[topic]
    for number in listed.partitions:
        ask = partial(consumer.get_watermark_offsets, TopicPartition(topic, number), timeout=ANSWER)
        low, high = client.answered(ask)
        if high > low:
            return True
    return False
