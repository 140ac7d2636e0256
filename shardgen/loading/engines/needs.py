"""What must be the same wherever rows are made: the versions that decide a byte, here and on the hosts of workers."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from importlib import metadata
from typing import Final

from shardgen.model.config import Plugin

PYTHON: Final = "Python"
_PACKAGES: Final = ("shardgen", "pyarrow", "numpy", "faker")


def needed(plugins: Iterable[Plugin] = ()) -> dict[str, str]:
    """By name, the versions here: of Python, of shardgen and what makes its rows, and of packages that bring tables."""
    names = dict.fromkeys([*_PACKAGES, *(each.package for each in plugins)])
    return {PYTHON: python(platform.python_version()), **{name: version(name) for name in names}}


def python(version: str) -> str:
    """``"3.11"`` of ``"3.11.7"``: what is pickled by one is read by another of the same two numbers."""
    return ".".join(version.split(".")[:2])


def version(package: str) -> str:
    """Of an installed package; empty where it is not."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def differences(needs: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, ...]:
    """What a host has in another version, or lacks, in words."""
    return tuple(
        f"{name} {found[name]} instead of {wanted}" if found.get(name) else f"no {name}, {wanted} here"
        for name, wanted in needs.items()
        if found.get(name, "") != wanted
    )


def lacking(needs: Mapping[str, str], version: Callable[[str], str] = version) -> tuple[str, ...]:
    """The same of this host."""
    found = {name: version(name) for name in needs if name != PYTHON}
    return differences(needs, {PYTHON: python(platform.python_version()), **found})
