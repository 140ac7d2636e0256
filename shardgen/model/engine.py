"""Which engine an option names: processes or threads of this machine, or a Dask cluster by its address; pure words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from shardgen.errors import ConfigError, Given

HERE: Final = ("processes", "threads")
"""Engines that need no address."""
DEFAULT: Final = HERE[0]
_LOCAL: Final = "local"
_SCHEMES: Final = {"dask": "", "dask+tcp": "tcp://", "dask+tls": "tls://"}
"""By the scheme that users write, Dask's; without one Dask's own configuration decides (``comm.default-scheme``)."""
_PORT: Final = 8786  # of a scheduler, unless told
_PLACE: Final = re.compile(r"(?P<host>[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?/?")
_CHOICES: Final = f"{', '.join(HERE)}, dask://HOST:{_PORT}, dask+tls://HOST:{_PORT} or dask://{_LOCAL}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineName:
    """What an option says of an engine."""

    kind: str
    """One of HERE, or ``"dask"``."""
    address: str = ""
    """Of a scheduler, as Dask writes it: ``"tls://scheduler:8786"``; empty for workers on this machine."""


def parse(text: str) -> EngineName:
    """The engine that a text names.

    Raises:
        ConfigError: it names none.
    """
    if text in HERE:
        return EngineName(kind=text)
    scheme, _, place = text.partition("://")
    if "@" in place:  # whatever was meant by it, it may be a secret
        told = " names a user, and a scheduler knows none"
        raise ConfigError(Given("engine", f"{scheme}://***"), told, remedy=f"use dask://HOST:{_PORT}")
    if scheme not in _SCHEMES:
        raise ConfigError(Given("engine", text), " is unknown", remedy=f"choose from {_CHOICES}{_meant(text)}")
    if (scheme, place) == ("dask", _LOCAL):
        return EngineName(kind="dask")
    found = _PLACE.fullmatch(place)
    if found is None or not 0 < int(found["port"] or _PORT) < 65_536:
        told = " names no scheduler"
        raise ConfigError(Given("engine", text), told, remedy=f"use {scheme}://HOST:{_PORT}, or dask://{_LOCAL}")
    return EngineName(kind="dask", address=f"{_SCHEMES[scheme]}{found['host']}:{found['port'] or _PORT}")


def _meant(text: str) -> str:
    """What an address in another spelling may have meant."""
    scheme, found, place = text.rpartition("://")
    spelt = {"tcp": "dask", "": "dask", "tls": "dask+tls"}.get(scheme)
    if spelt is None or not (_PLACE.fullmatch(place) and (found or ":" in place or place == "dask")):
        return ""
    return f" (did you mean {f'{spelt}://{place}' if place != 'dask' else f'dask://{_LOCAL}'!r}?)"
