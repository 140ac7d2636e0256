"""The configuration file, ``shardgen.toml``, and the profiles: those that are built in and those of the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeAlias

from shardgen.errors import ConfigError, Given, Use
from shardgen.machine import texts
from shardgen.options import meant
from shardgen.options.declared import FILES, SETTABLE, variable

CONFIG_FILE: Final = "shardgen.toml"

Layer: TypeAlias = "dict[str, tuple[Any, str]]"
"""What one source says: value and origin by option."""

PROFILES: Final[Mapping[str, Mapping[str, Any]]] = {
    "demo": {"customers": 1_000, "products": 300, "orders_per_day": 20, "sessions_per_day": 100, "days": 90},
    "dev": {"customers": 5_000, "products": 1_000, "orders_per_day": 50, "sessions_per_day": 300, "days": 180},
    "bench": {
        "customers": 40_000,
        "products": 10_000,
        "orders_per_day": 600,
        "sessions_per_day": 4_000,
        "days": 365,
        "end": date(2026, 1, 1),  # the same bytes on every day and machine
    },
}
"""The profiles that are there without any file: some 150 thousand, 900 thousand and 24 million rows."""


def file(named: Path | str | None) -> Path | None:
    """The configuration file, if there is one; one that was named must be there."""
    if named:
        return Path(named)
    return Path(CONFIG_FILE) if os.path.lexists(CONFIG_FILE) else None


def read(file: Path | None) -> tuple[Layer, dict[str, Layer]]:
    """The options of a file, and all profiles, the file's key by key before the built-in ones.

    Raises:
        ConfigError: the file cannot be read, or says what makes no sense.
    """
    profiles: dict[str, Layer] = {
        name: {option: (value, f"profile {name}") for option, value in options.items()}
        for name, options in PROFILES.items()
    }
    content = _toml(file) if file else {}
    tables = content.pop("profiles", {})
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise ConfigError(f"profiles in {file} are no tables", remedy="write [profiles.NAME] above the options of each")
    for name, table in tables.items():
        profiles[name] = profiles.get(name, {}) | _options(table, f"[profiles.{name}] in {file}", " of ")
    return _options(content, str(file), " in "), profiles


def _toml(file: Path) -> dict[str, Any]:
    import tomllib  # most loads have no file

    try:
        return tomllib.loads(texts.read(file))
    except OSError as error:
        raise ConfigError(Given("config", str(file)), f" cannot be read: {texts.reason(error)}") from error
    except (tomllib.TOMLDecodeError, UnicodeError) as error:
        raise ConfigError(Given("config", str(file)), f" is not TOML: {error}") from error


def _options(table: Mapping[str, Any], place: str, joint: str) -> Layer:
    """Options out of a TOML table; ``orders-per-day`` and ``orders_per_day`` are the same."""
    for key in table:
        if key in FILES:
            told = f"key of {place} {key!r} has no meaning there: use "
            raise ConfigError(told, Use(key), f" or {variable(key)}")
    return {
        meant.known(key.replace("-", "_"), f"key of {place}", SETTABLE): (value, f"{key}{joint}{place}")
        for key, value in table.items()
    }
