"""Tables of other packages, by entry points: which there are, and the one that is asked for, checked.

Nothing of a package is imported before one of its tables is named, so that a broken one is in nobody else's way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from shardgen.errors import PluginError
from shardgen.model.config import Plugin
from shardgen.tables import names
from shardgen.tables.checks import faults
from shardgen.tables.spec import Dataset, TableSpec

GROUP: Final = "shardgen.tables"
"""Of entry points: each is named after its table, and gives a TableSpec."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A table that an installed package brings."""

    plugin: Plugin
    entry: EntryPoint

    def __str__(self) -> str:
        return f"{self.plugin.package} {self.plugin.version}"


@cache
def offers() -> dict[str, list[Offer]]:
    """By name of the table, the packages that bring one of that name."""
    found: dict[str, list[Offer]] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        package, version = (entry.dist.name, entry.dist.version) if entry.dist else (entry.module, "0")
        plugin = Plugin(table=entry.name, package=package, version=version)
        found.setdefault(entry.name, []).append(Offer(plugin=plugin, entry=entry))
    return found


def plugin(name: str) -> Plugin | None:
    """What brings a table; None where nothing does."""
    return next((offer.plugin for offer in offers().get(name, ())), None)


@cache
def table(name: str, shop: Dataset) -> TableSpec:
    """A table that a package brings.

    Args:
        name: of the table.
        shop: the tables that are there without it.

    Raises:
        PluginError: no package brings one of that name, or it cannot be used, for a reason that is told.
    """
    if name not in offers():
        raise PluginError(f"table={name} is not of shardgen or a package here", remedy="install what brings it")
    first, *others = offers()[name]
    if others:
        raise _broken(first, f"has the name of another one, of {others[0]}", f"uninstall {others[0].plugin.package}")
    try:
        spec = first.entry.load()
        fault = next(faults(spec, name, shop), "")
    except Exception as error:
        raise _broken(first, f"cannot be loaded: {type(error).__name__}: {error}") from error
    if fault:
        raise _broken(first, fault)
    return spec


def check(wanted: tuple[Plugin, ...]) -> None:
    """See that what brought the tables of a run is what brings them today.

    Raises:
        PluginError: a package is missing, or there in another version.
    """
    for each in wanted:
        if why := absence(each.table, wanted):
            raise PluginError(f"table={each.table} {why}")


def absence(name: str, wanted: Iterable[Plugin]) -> str:
    """Why a table of a run cannot be had today, as what follows its name, with the remedy; empty where it can.

    Args:
        name: of the table.
        wanted: what brought tables of that run.
    """
    here = plugin(name)
    for each in wanted:
        if each.table == name and each != here:
            instead = f"{here.package} {here.version} is installed" if here else "that is not installed"
            needed = f"{each.package} {each.version}"
            return f"was loaded with {needed}, and {instead}: pip install {each.package}=={each.version}"
    known = name in names() or here
    return "" if known else "is unknown to this version of shardgen: use the one that loaded it"


def _broken(offer: Offer, fault: str, remedy: str = "") -> PluginError:
    default = f"leave it out, or ask those who made {offer.plugin.package}"
    return PluginError(f"table={offer.plugin.table} of {offer} {fault}", remedy=remedy or default)
