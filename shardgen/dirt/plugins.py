"""Kinds of other packages, by entry points: each is named after its kind, gives it, and strikes where it is named."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from shardgen.dirt.kind import FAMILIES, AnyKind, Delivers, Edits
from shardgen.dirt.kinds import NAMES, kind, kinds
from shardgen.errors import PluginError

GROUP: Final = "shardgen.dirt"


@cache
def every() -> dict[str, AnyKind]:
    """All kinds by name: those of shardgen, and those of installed packages.

    Raises:
        PluginError: one of a package cannot be used, for a reason that is told.
    """
    found = dict(kinds())
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        kind = _loaded(entry)
        if fault := _fault(entry.name, kind, found):
            raise _broken(entry, fault)
        found[entry.name] = kind
    return found


def named(names: Iterable[str]) -> dict[str, AnyKind]:
    """Some of them; other packages are asked for no kind that comes with shardgen: that costs a worker some 50 ms."""
    wanted = set(names)
    own = {name: kind(name) for name in wanted & set(NAMES)}
    others = every() if wanted - own.keys() else own
    return own | {name: others[name] for name in wanted - own.keys()}


def _loaded(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except (Exception, SystemExit) as error:  # some modules end the program where something is missing
        raise _broken(entry, f"cannot be loaded: {type(error).__name__}: {error}") from error


def _fault(name: str, kind: Any, others: dict[str, AnyKind]) -> str:
    """What is wrong with a kind; empty where nothing is."""
    if not isinstance(kind, Edits | Delivers):
        return "is no Edits or Delivers of shardgen.dirt.kind"
    if kind.name != name:
        return f"has the name {kind.name!r} in its package"
    if name in others:
        return "has the name of another one"
    return "" if kind.family in FAMILIES else f"is of no family: choose from {', '.join(FAMILIES)}"


def _broken(entry: EntryPoint, fault: str) -> PluginError:
    package = entry.dist.name if entry.dist else entry.module
    remedy = f"uninstall {package}, or ask those who made it"
    return PluginError(f"kind of dirt {entry.name!r} of {package} {fault}", remedy=remedy)
