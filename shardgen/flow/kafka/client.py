"""Kafka's client, with patience for brokers that are away, and with words for what it refuses."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from shardgen.errors import ConfigError, ShardgenError, Use
from shardgen.flow.kafka.address import Address

ANSWER: Final = 5.0
"""Seconds for which one answer is waited for, before signals are looked for."""
_AWAY: Final = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN)  # noqa: SLF001  # their names
_FENCED: Final = (KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH)  # noqa: SLF001
_LOG: Final = logging.getLogger("shardgen.kafka")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False  # what the client logs has no place on a screen; its last complaint is told where a call fails

T = TypeVar("T")


@dataclass(kw_only=True)
class Client:
    """Connections to the brokers of an address.

    Args:
        address: of them.
        properties: more of the client's, which may be secret.
        stopped: whether to wait no more.
    """

    address: Address
    properties: Mapping[str, str] = field(repr=False)
    stopped: Callable[[], bool]
    _why: str = field(default="", init=False)
    _deadline: float = field(default=0.0, init=False)
    _producer: Producer | None = field(default=None, init=False)

    def settings(self, **ours: Any) -> dict[str, Any]:
        """What a connection is made of."""
        every = {"bootstrap.servers": self.address.brokers, "logger": _LOG, "error_cb": self._complain}
        return {**self.properties, **every, **ours}

    def producer(self) -> Producer:
        """One that sends in transactions; it takes the place of any other that plays into the same topics.

        Raises:
            ConfigError: a property is none.
        """
        named = f"shardgen-{self.address.prefix}"
        ours = {"enable.idempotence": True, "transactional.id": named, "linger.ms": 5}
        try:
            self._producer = Producer(self.settings(**ours))
        except (KafkaException, TypeError, ValueError) as error:
            why = error.args[0].str() if isinstance(error, KafkaException) else ""
            unknown = why if why.startswith("No such configuration property") else "a property has no such value"
            raise ConfigError(Use("kafka_config"), f" does not fit the client: {unknown}") from None
        return self._producer

    def consumer(self) -> Consumer:
        """One that reads what is committed, from where it is told."""
        ours = {"group.id": "shardgen", "enable.auto.commit": False, "enable.partition.eof": True}
        return Consumer(self.settings(**ours, **{"isolation.level": "read_committed"}))

    def patient(self, seconds: float) -> None:
        """Wait for the brokers no longer than so from now on."""
        self._why, self._deadline = "", time.monotonic() + seconds

    @property
    def late(self) -> bool:
        """Whether to wait no more."""
        return time.monotonic() > self._deadline or self.stopped()

    def answered(self, call: Callable[[], T]) -> T:
        """Call until the brokers answer.

        Raises:
            KafkaException: they refuse, or were away for too long.
        """
        while True:
            try:
                return call()
            except KafkaException as error:
                cause: KafkaError = error.args[0]
                if self.late or not (cause.retriable() or cause.code() in _AWAY):
                    raise

    @contextmanager
    def failing(self, kind: type[ShardgenError]) -> Iterator[None]:
        """Raise what the client raises as an error of ours."""
        try:
            yield
        except KafkaException as error:
            cause: KafkaError = error.args[0]
            if self._producer is not None:
                self._producer.poll(0)  # when it tells what it complained of
            if cause.code() in _FENCED:
                raise kind(f"{self.address}: another stream has begun to play into these topics") from error
            why = self._why or cause.str()
            raise kind(f"{self.address} {'does not answer' if cause.code() in _AWAY else 'refuses'}: {why}") from error

    def _complain(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN or not self._why:  # noqa: SLF001  # its name
            self._why = error.str()
