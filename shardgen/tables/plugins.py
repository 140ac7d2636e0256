"""Tables and datasets of other packages, by entry points: which there are, and those that are asked for, checked.

Nothing of a package is imported before what it brings is named, so that a broken one is in nobody else's way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, Literal, TypeAlias

from shardgen.errors import PluginError
from shardgen.model.config import SHOP, PlanConfig, Plugin
from shardgen.model.table import ANSWERS
from shardgen.tables import dataset as dataset_of
from shardgen.tables import names
from shardgen.tables.checks import faults, faults_of_dataset
from shardgen.tables.spec import Dataset, TableSpec

Kind: TypeAlias = Literal["table", "dataset"]
GROUPS: Final[dict[Kind, str]] = {"table": "shardgen.tables", "dataset": "shardgen.datasets"}
"""Of entry points: each is named after its table and gives a TableSpec, or after its dataset and gives a Dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A table or a dataset that an installed package brings."""

    plugin: Plugin
    entry: EntryPoint

    def __str__(self) -> str:
        return f"{self.plugin.package} {self.plugin.version}"


@cache
def offers(kind: Kind = "table") -> dict[str, list[Offer]]:
    """By name of the table or dataset, the packages that bring one of that name."""
    found: dict[str, list[Offer]] = {}
    for entry in sorted(entry_points(group=GROUPS[kind]), key=lambda entry: entry.name):
        package, version = (entry.dist.name, entry.dist.version) if entry.dist else (entry.module, "0")
        plugin = Plugin(kind=kind, name=entry.name, package=package, version=version)
        found.setdefault(entry.name, []).append(Offer(plugin=plugin, entry=entry))
    return found


def plugin(kind: Kind, name: str) -> Plugin | None:
    """What brings a table or a dataset; None where nothing does."""
    return next((offer.plugin for offer in offers(kind).get(name, ())), None)


@cache
def table(name: str, story: Dataset) -> TableSpec:
    """A table that a package brings.

    Args:
        name: of the table.
        story: the tables that are there without it.

    Raises:
        PluginError: no package brings one of that name, or it cannot be used, for a reason that is told.
    """
    offer = _only("table", name)
    spec = _loaded(offer)
    for fault in faults(spec, name, story):
        raise _broken(offer, fault)
    return spec


@cache
def dataset(name: str) -> Dataset:
    """A dataset that a package brings.

    Raises:
        PluginError: no package brings one of that name, or it cannot be used, for a reason that is told.
    """
    offer = _only("dataset", name)
    found = _loaded(offer)
    for fault in faults_of_dataset(found, name):
        raise _broken(offer, fault)
    return found


def check(config: PlanConfig) -> None:
    """See that what brought the dataset and the tables of a run is what brings them today.

    Raises:
        PluginError: a package is missing, or there in another version.
    """
    for each in config.plugins:
        if why := _changed(each):
            raise PluginError(f"{each.kind}={each.name} {why}")


def absence(name: str, config: PlanConfig) -> str:
    """Why a table of a run cannot be had today, as what follows its name, with the remedy; empty where it can."""
    for each in config.plugins:
        if (each.kind == "dataset" or each.name == name) and (why := _changed(each)):
            return why
    try:
        if name not in (*names(config.dataset), ANSWERS) and not plugin("table", name):
            return "is unknown to this version of shardgen: use the one that loaded it"
        dataset_of(config.dataset)[name]
    except PluginError as error:
        return f"cannot be used here: {error}"
    return ""


def _changed(wanted: Plugin) -> str:
    here = plugin(wanted.kind, wanted.name)
    if here == wanted:
        return ""
    needed = f"{wanted.package} {wanted.version}"
    instead = f"{here.package} {here.version} is installed" if here else "that is not installed"
    return f"was loaded with {needed}, and {instead}: pip install {wanted.package}=={wanted.version}"


def _only(kind: Kind, name: str) -> Offer:
    """The one package that brings something of a name."""
    if name not in offers(kind):
        raise PluginError(f"{kind}={name} is not of shardgen or a package here", remedy="install what brings it")
    first, *others = offers(kind)[name]
    if name in ((SHOP,) if kind == "dataset" else (*names(), ANSWERS)):
        remedy = f"whoever made {first.plugin.package} must choose another name"
        raise _broken(first, "has a name of shardgen's own", remedy)
    if others:
        raise _broken(first, f"has the name of another one, of {others[0]}", f"uninstall {others[0].plugin.package}")
    return first


def _loaded(offer: Offer) -> Any:
    if not EntryPoint.pattern.match(offer.entry.value):
        raise _broken(offer, f"has the entry point {offer.entry.value!r}, which is no module with a name in it")
    try:
        return offer.entry.load()
    except (Exception, SystemExit) as error:  # some modules end the program where something is missing
        raise _broken(offer, f"cannot be loaded: {type(error).__name__}: {error}") from error


def _broken(offer: Offer, fault: str, remedy: str = "") -> PluginError:
    default = f"leave it out, or ask those who made {offer.plugin.package}"
    return PluginError(f"{offer.plugin.kind}={offer.plugin.name} of {offer} {fault}", remedy=remedy or default)
