"""Where Kafka is: brokers and a prefix, without a secret, and a file of properties, which may have some."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shardgen.errors import ConfigError, Given, Text, UsageError, Use
from shardgen.machine.installation import KAFKA, install, installed

SCHEME: Final = "kafka://"
REGISTRY: Final = "schema.registry."
"""What the properties of a schema registry's client begin with."""
POSITION: Final = "shardgen"
"""What the topic of the position is called behind the prefix, and the key of the position."""
_PREFIX: Final = re.compile(r"[A-Za-z0-9._-]{1,200}")
_OURS: Final = ("bootstrap.servers", "transactional.id", "enable.idempotence")
_REMEDY: Final = "write kafka://broker:9092/prefix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Brokers, and what the names of topics begin with."""

    brokers: str
    prefix: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.brokers}/{self.prefix}"

    def topic(self, table: str) -> str:
        """The topic of a table."""
        return f"{self.prefix}.{table}"


def parsed(address: str) -> Address:
    """The address of ``kafka://broker:9092,broker/prefix``.

    Raises:
        ConfigError: it is none; what may be a password is not shown.
    """
    brokers, _, prefix = address[len(SCHEME) :].partition("/")
    if "@" in address:
        told = " holds a name or a password, which belong into the file of "
        raise ConfigError(Use("target"), told, Use("kafka_config"), remedy=_REMEDY)
    if not all(map(_is_host, brokers.split(","))) or not _PREFIX.fullmatch(prefix):
        raise ConfigError(Given("target", address), " is no address of Kafka", remedy=_REMEDY)
    return Address(brokers=brokers, prefix=prefix)


def _is_host(text: str) -> bool:
    try:
        found = urlsplit(f"//{text}")
        return bool(found.hostname) and found.netloc == text and found.port != 0
    except ValueError:
        return False


def properties(path: Path) -> dict[str, str]:
    """What a file of properties says to the client, ``name=value`` a line.

    Raises:
        ConfigError: it cannot be read, or has what is ours to say; values are not shown.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(Given("kafka_config", str(path)), f" cannot be read: {why}") from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name or name.startswith("#"):
            continue
        if not equals:
            raise ConfigError(Given("kafka_config", str(path)), f" has no name=value in line {number}")
        if name in _OURS:
            raise ConfigError(Given("kafka_config", str(path)), f" sets {name}, which is for shardgen to set")
        found[name] = value
    return found


def registry(properties: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What of the properties is Kafka's client's, and what a schema registry's, by its own names."""
    ours = {name.removeprefix(REGISTRY): value for name, value in properties.items() if name.startswith(REGISTRY)}
    return {name: value for name, value in properties.items() if not name.startswith(REGISTRY)}, ours


def check_extra(*, avro: bool) -> None:
    """Raise if the client is not installed, or lacks what writes Avro.

    Raises:
        UsageError: so it is.
    """
    if not installed(KAFKA) or (avro and find_spec("fastavro") is None):
        raise UsageError(Text("Kafka needs the extra kafka: ", install(KAFKA)))
