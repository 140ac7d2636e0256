"""What topics hold, and the world that is played into them."""

from __future__ import annotations

from typing import Any

import confluent_kafka

WORLD = ("--epoch", "2026-01-01", "--horizon", "60", "--scale", "0.02", "--products", "60")


def messages(brokers: str, topic: str) -> list[Any]:
    """All that a topic holds."""
    ours = {"group.id": "test", "enable.partition.eof": True, "isolation.level": "read_committed"}
    consumer = confluent_kafka.Consumer({"bootstrap.servers": brokers, **ours})
    parts = consumer.list_topics(topic, timeout=10).topics[topic].partitions
    consumer.assign([confluent_kafka.TopicPartition(topic, each, 0) for each in parts])
    found, open_ = [], len(parts)
    while open_:
        message = consumer.poll(10)
        assert message is not None
        if message.error():
            assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF
            open_ -= 1
        else:
            found.append(message)
    consumer.close()
    return found
