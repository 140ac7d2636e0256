"""Events in Avro say what those in JSON say, under schemas that a registry holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import registry as registries
from tests.conftest import Told
from tests.flow.topics import WORLD, messages

confluent_kafka = pytest.importorskip("confluent_kafka")
serialization = pytest.importorskip("confluent_kafka.serialization")
avro = pytest.importorskip("confluent_kafka.schema_registry.avro")

WINDOW = (
    *(*WORLD[:4], "--scale", "0.1", "--products", "60", "--since", "2026-01-01", "--end", "2026-03-20"),
    *("--rate", "1000000/s", "--tables", "reviews,products", "--schema", "my-shop"),
)


@pytest.fixture
def registry() -> Iterator[registries.Registry]:
    with registries.running() as found:
        yield found


@pytest.fixture
def config(registry: registries.Registry, tmp_path: Path) -> Path:
    file = tmp_path / "kafka.properties"
    file.write_text(f"schema.registry.url={registry.url}\nschema.registry.basic.auth.user.info=me:secret\n")
    return file


def test_events_in_avro_say_what_those_in_json_say(
    command: Callable[..., Told],
    stream: Callable[..., Told],
    brokers: str,
    prefix: str,
    registry: registries.Registry,
    config: Path,
) -> None:
    done = stream(*WINDOW, "--format", "avro", "--envelope", "tombstones", "--kafka-config", str(config), "--json")
    assert done.code == 0, done.err
    assert set(registry.subjects) == {f"{prefix}.{t}-{p}" for t in ("reviews", "products") for p in ("key", "value")}
    assert registry.passwords == {"Basic bWU6c2VjcmV0"}
    client = confluent_kafka.schema_registry.SchemaRegistryClient({"url": registry.url})
    read = avro.AvroDeserializer(client)
    found: list[dict[str, Any]] = []
    for topic in (f"{prefix}.reviews", f"{prefix}.products"):
        of_key, of_value = (serialization.SerializationContext(topic, each) for each in ("key", "value"))
        for message in messages(brokers, topic):
            value = None if message.value() is None else read(message.value(), of_value)
            found.append({"key": read(message.key(), of_key), "value": value})
    json_ = ("--format", "debezium", "--envelope", "key,tombstones", "--target", "-", "-q")
    told = [json.loads(line) for line in command("stream", *WINDOW, *json_).out.splitlines()]
    assert sorted(map(_spelt, found)) == sorted(map(_spelt, told))
    assert any(each["value"] is None for each in found)
    assert stream(*WINDOW, "--format", "avro", "--envelope", "tombstones", "--kafka-config", str(config)).code == 0


def _spelt(event: dict[str, Any]) -> str:
    return json.dumps(event, sort_keys=True)


def test_a_schema_has_names_that_avro_allows(registry: registries.Registry, stream: Callable[..., Told], config: Path):
    assert stream(*WINDOW, "--format", "avro", "--kafka-config", str(config)).code == 0
    [schema] = [json.loads(each) for each in registry.schemas if "raw_reviews.Envelope" in each]
    assert (schema["name"], schema["namespace"]) == ("Envelope", "shop.my_shop.raw_reviews")
    before, after = ({**each} for each in schema["fields"][:2])
    assert before["type"][1]["connect.name"] == "shop.my-shop.raw_reviews.Value"
    assert after == {"name": "after", "type": ["null", "shop.my_shop.raw_reviews.Value"], "default": None}
    types = {each["name"]: each["type"] for each in before["type"][1]["fields"]}
    assert (types["review_id"], types["rating"]) == ("string", ["null", "int"])
    time = {"type": "long", "connect.version": 1, "connect.name": "io.debezium.time.MicroTimestamp"}
    assert ["null", time] in types.values()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("", "does not say where the schema registry is"),
        ("schema.registry.url=http://127.0.0.1:1\nschema.registry.max.retries=0\n", "schema registry does not answer"),
        ("schema.registry.url=nowhere\n", "does not fit the client of the schema registry"),
        ("schema.registry.url=http://me:secret@127.0.0.1:1\nschema.registry.max.retries=0\n", "does not answer"),
    ],
    ids=["none", "away", "no address", "secret"],
)
def test_a_registry_that_cannot_be_asked_is_told_before_anything_is_written(
    stream: Callable[..., Told], brokers: str, prefix: str, tmp_path: Path, lines: str, told: str
) -> None:
    (tmp_path / "kafka.properties").write_text(lines)
    done = stream(*WINDOW, "--format", "avro", "--kafka-config", str(tmp_path / "kafka.properties"))
    assert done.code == 2
    assert told in done.err
    assert "secret" not in done.err
    admin = confluent_kafka.Producer({"bootstrap.servers": brokers, "log_level": 0})
    assert not [name for name in admin.list_topics(timeout=10).topics if name.startswith(prefix)]


def test_a_registry_that_refuses_a_schema_is_told_with_its_reason(
    stream: Callable[..., Told], registry: registries.Registry, prefix: str, config: Path
) -> None:
    registry.closed.add(f"{prefix}.reviews-value")
    done = stream(*WINDOW, "--format", "avro", "--kafka-config", str(config))
    assert done.code == 2
    assert "the schema registry refuses: Schema being registered is incompatible" in done.err


@pytest.mark.parametrize(
    ("words", "told"),
    [(["--target", "-"], "format='avro' is of messages"), (["--envelope", "schema"], "envelope='schema' is of JSON")],
)
def test_what_avro_cannot_be_is_refused(stream: Callable[..., Told], words: list[str], told: str) -> None:
    done = stream(*WINDOW, "--format", "avro", *words)
    assert done.code == 2
    assert told in done.err
