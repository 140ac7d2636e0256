"""Topics get each change under its key with the position beside it, and a stream goes on where the position stands.

The brokers are those of librdkafka's mock cluster: the real client and the real protocol, on loopback.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shardgen.flow.kafka import sink, topics
from shardgen.model.played import spelt
from tests.conftest import Told
from tests.flow.topics import WORLD, messages
from tests.servers import wait_until

confluent_kafka = pytest.importorskip("confluent_kafka")

WINDOW = (*WORLD, "--since", "2026-02-01", "--end", "2026-02-03", "--rate", "100000/s")
SOME = ("--tables", "orders,sessions,clickstream")


def told_more_than(times: int, brokers: str, prefix: str) -> bool:
    """Whether so many transactions have told how far the stream is."""
    return len(messages(brokers, f"{prefix}.shardgen")) > times


def feed(command: Callable[..., Told], since: str, end: str, *more: str) -> list[dict[str, Any]]:
    """The same on standard output."""
    done = command("stream", *WORLD, "--since", since, "--end", end, "--rate", "100000/s", "--target", "-", *more)
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_each_table_has_a_topic_and_each_change_its_key_version_and_time(
    stream: Callable[..., Told], command: Callable[..., Told], brokers: str, prefix: str
) -> None:
    done = stream(*WINDOW, "--json")
    assert done.code == 0, done.err
    expected = feed(command, "2026-02-01", "2026-02-03")
    assert json.loads(done.out)["total"] == len(expected)
    for table in {each["table"] for each in expected}:
        found = messages(brokers, f"{prefix}.{table}")
        mine = [each for each in expected if each["table"] == table]
        assert sorted((m.value() for m in found), key=str) == sorted(
            (json.dumps(e).encode() for e in mine), key=str
        ) or [json.loads(m.value()) for m in found]
        told = {json.dumps(json.loads(m.value()), sort_keys=True) for m in found}
        assert told == {json.dumps(each, sort_keys=True) for each in mine}
        assert len(found) == len(mine)
        for message in found:
            change, headers = json.loads(message.value()), dict(message.headers())
            assert json.loads(message.key()) == change["key"]
            assert int(headers["version"]) == change["version"]
            assert len(headers["world"]) >= 16
            assert message.timestamp()[1] // 1000 == _seconds(change["ingestion_timestamp"])


def _seconds(iso: str) -> int:
    return int(datetime.fromisoformat(iso).replace(tzinfo=UTC).timestamp())


def test_the_same_command_goes_on_where_the_position_stands(
    stream: Callable[..., Told], command: Callable[..., Told], brokers: str, prefix: str
) -> None:
    first = [*WORLD, *SOME, "--since", "2026-02-01", "--rate", "100000/s"]
    assert stream(*first, "--end", "2026-02-02").code == 0
    again = stream(*first, "--end", "2026-02-04")
    assert again.code == 0
    assert "goes on from 2026-02-01T" in again.err
    whole = feed(command, "2026-02-01", "2026-02-04", *SOME)
    tables = sorted({each["table"] for each in whole})
    found = [json.loads(m.value()) for table in tables for m in messages(brokers, f"{prefix}.{table}")]
    assert sorted(map(json.dumps, found)) == sorted(map(json.dumps, whole))
    done = stream(*first, "--end", "2026-02-02", "--json")
    assert (done.code, json.loads(done.out)["total"]) == (0, 0)


@pytest.mark.faults
def test_a_stream_that_is_killed_goes_on_and_loses_nothing(
    command: Callable[..., Told], stream: Callable[..., Told], brokers: str, prefix: str
) -> None:
    words = [*WORLD, "--since", "2026-02-01", "--end", "2026-02-20", "--target", f"kafka://{brokers}/{prefix}"]
    program = [sys.executable, "-m", "shardgen", "stream", *words, "--rate", "1000/s", "-q"]
    for seen in (5, 10):
        running = subprocess.Popen(program)
        wait_until(partial(told_more_than, seen, brokers, prefix), seconds=120)
        running.kill()
        running.wait()
    assert stream(*words, "--rate", "100000/s").code == 0
    whole = feed(command, "2026-02-01", "2026-02-20")
    tables = sorted({each["table"] for each in whole})
    found = {m.value() for table in tables for m in messages(brokers, f"{prefix}.{table}")}
    assert {json.dumps(json.loads(value)) for value in found} == set(map(json.dumps, whole))


def test_debeziums_events_have_their_keys_and_tombstones(
    stream: Callable[..., Told], brokers: str, prefix: str
) -> None:
    done = stream(
        *WORLD[:4], "--scale", "0.1", "--products", "60", "--since", "2026-01-01", "--end", "2026-03-20", "--rate",
        "1000000/s", "--tables", "reviews", "--format", "debezium", "--envelope", "tombstones",
    )  # fmt: skip
    assert done.code == 0, done.err
    found = messages(brokers, f"{prefix}.reviews")
    gone = [m.key() for m in found if m.value() is None]
    deleted = [m.key() for m in found if m.value() is not None and json.loads(m.value())["op"] == "d"]
    assert gone == deleted != []


def test_topics_that_hold_something_else_are_refused(stream: Callable[..., Told]) -> None:
    first = (*WORLD, "--since", "2026-02-01T20:00", "--end", "2026-02-02", "--rate", "100000/s", "--tables", "orders")
    assert stream(*first).code == 0
    for words, told in {
        ("--seed", "7"): "holds another world than is asked for: name another prefix",
        ("--tables", "orders,reviews"): "holds another tables than is asked for",
        ("--format", "debezium"): "holds another format than is asked for",
        ("--since", "2026-02-02T12:00"): "what bronze gets from 2026-02-01T",
    }.items():
        done = stream(*first, "--end", "2026-02-03", *words)
        assert done.code == 2
        assert told in done.err


def test_messages_of_somebody_else_are_refused(stream: Callable[..., Told], brokers: str, prefix: str) -> None:
    other = confluent_kafka.Producer({"bootstrap.servers": brokers})
    other.produce(f"{prefix}.orders", value=b"theirs")
    other.flush(10)
    done = stream(*WINDOW)
    assert done.code == 2
    assert f"topic='{prefix}.orders' holds messages that no position of shardgen's tells of" in done.err


def test_brokers_that_are_away_are_told_with_the_reason(
    command: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "FIRST", 1.0)
    done = command("stream", *WINDOW, "--target", "kafka://127.0.0.1:9/shop")
    assert done.code == 2
    assert "kafka://127.0.0.1:9/shop does not answer: 127.0.0.1:9/bootstrap: Connect to" in done.err
    assert "Connection refused" in done.err


MOCK = """
import sys
from confluent_kafka import Producer
owner = Producer({"test.mock.num.brokers": 1, "log_level": 0})
print(*(f"{each.host}:{each.port}" for each in owner.list_topics(timeout=10).brokers.values()), flush=True)
sys.stdin.read()
"""


def test_brokers_that_go_away_end_it_with_the_reason_and_the_command_that_goes_on(
    command: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen([sys.executable, "-c", MOCK], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        address = owner.stdout.readline().decode().strip()
        taken: list[int] = []
        take = sink.Kafka.take

        def last_but_one(self: sink.Kafka, some: Any, until: int, ago: Any) -> None:
            if len(taken) == 2:
                owner.kill()
            take(self, some, until, ago)
            taken.append(until)

        monkeypatch.setattr(sink.Kafka, "take", last_but_one)
        monkeypatch.setattr(sink, "PATIENCE", 1.0)
        monkeypatch.setattr(topics, "MAKING", 0.1)
        done = command("stream", *WINDOW[:-2], "--rate", "500/s", "--target", f"kafka://{address}/shop")
    assert done.code == 1
    assert f"error: kafka://{address}/shop does not answer: " in done.err
    [since] = re.findall(r"to go on: .* stream --since (\S+) --target kafka", done.err)
    assert since == spelt(taken[-1])


def test_a_file_of_properties_reaches_the_client_and_its_values_no_message(
    command: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "FIRST", 1.0)
    file = tmp_path / "kafka.properties"
    file.write_text("# ours\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.password=sesame-1\n")
    done = command("stream", *WINDOW, "--target", "kafka://127.0.0.1:9/shop", "--kafka-config", str(file))
    assert done.code == 2
    assert "sesame" not in done.err
    file.write_text("no.such.property=sesame-2\n")
    done = command("stream", *WINDOW, "--target", "kafka://127.0.0.1:9/shop", "--kafka-config", str(file))
    assert done.code == 2
    assert 'kafka-config does not fit the client: No such configuration property: "no.such.property"' in done.err
    assert "sesame" not in done.err
