"""What is spoilt on the way into bronze, how often, and by which secret; the ledger is told all of it but the secret.

Whoever knows the secret knows every defect. Its name is a slow hash, so that nobody finds a short one by trying.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from shardgen.errors import ConfigError, Text, Use

_SALT, _COST = b"shardgen dirt", 1 << 14  # 16 MiB and some 50 ms for each try


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirt:
    """Which kinds of defects a load has, and where."""

    rates: tuple[tuple[str, str, float], ...]
    """Kind, table, and share of the table's rows, in order; no share is 0."""
    key: str
    """Name of the secret, see :func:`named`."""
    secret: str = field(default="", repr=False, compare=False)
    """Empty where nobody has told it."""

    def to_json(self) -> dict[str, Any]:
        """What the ledger has of it."""
        rates: dict[str, dict[str, float]] = {}
        for kind, table, rate in self.rates:
            rates.setdefault(kind, {})[table] = rate
        return {"rates": rates, "key": self.key}

    @property
    def digest(self) -> str:
        """What tells it from another one, and tells nothing of it."""
        return hashlib.blake2b(json.dumps(self.to_json(), sort_keys=True).encode(), digest_size=16).hexdigest()

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """The inverse of :meth:`to_json`, with the secret if this process holds it."""
        rates = tuple((kind, table, rate) for kind, of in stored["rates"].items() for table, rate in of.items())
        return cls(rates=tuple(sorted(rates)), key=stored["key"], secret=_HELD.get(stored["key"], ""))

    def of(self, table: str) -> dict[str, float]:
        """Share of a table's rows by kind."""
        return {kind: rate for kind, of, rate in self.rates if of == table}

    @property
    def tables(self) -> frozenset[str]:
        """Names of the tables that are spoilt."""
        return frozenset(table for _, table, _ in self.rates)

    def opened(self) -> Self:
        """The same, whose secret is there.

        Raises:
            ConfigError: this process holds none, or another one.
        """
        if self.secret:
            return self
        remedy = Text("set SHARDGEN_DIRT_KEY, or name its file by ", Use("dirt_key_file"))
        told = "is another one than that of the load" if _HELD else "is missing, which the load was given or printed"
        raise ConfigError(f"the key of the dirt {told}", remedy=remedy)


_HELD: dict[str, str] = {}
"""Secrets that this process was told, by their names: plans are read back from ledgers in many places."""


def hold(secret: str) -> str:
    """Keep a secret for the plans that this process reads; its name."""
    name = named(secret)
    _HELD[name] = secret
    return name


def let_go() -> None:
    """Forget the secrets."""
    _HELD.clear()


@cache
def named(secret: str) -> str:
    """The name of a secret, which does not tell it."""
    return hashlib.scrypt(secret.encode(), salt=_SALT, n=_COST, r=8, p=1, dklen=16).hex()
