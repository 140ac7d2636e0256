"""The brokers of librdkafka's mock cluster: the real client and the real protocol, on loopback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Told


@pytest.fixture(scope="module")
def brokers() -> Iterator[str]:
    confluent_kafka = pytest.importorskip("confluent_kafka")
    owner = confluent_kafka.Producer({"test.mock.num.brokers": 2, "log_level": 0})
    found = owner.list_topics(timeout=10).brokers.values()
    yield ",".join(f"{each.host}:{each.port}" for each in found)
    del owner


@pytest.fixture
def prefix(request: pytest.FixtureRequest) -> str:
    """Topics of a test's own."""
    return re.sub(r"\W", ".", request.node.name)[:80]


@pytest.fixture
def stream(
    command: Callable[..., Told], brokers: str, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Told]:
    """Plays into the mock cluster, which makes topics when something is sent to them."""
    from shardgen.flow.kafka import sink, topics

    monkeypatch.setattr(topics, "MAKING", 0.1)
    monkeypatch.setattr(sink, "FIRST", 2.0)
    home = ("--data-dir", str(tmp_path / "home"))
    return lambda *words: command("stream", "--target", f"kafka://{brokers}/{prefix}", *words, *home)
