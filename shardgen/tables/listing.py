"""Which tables there are, of which dataset, where each comes from, and why one cannot be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shardgen.errors import PluginError
from shardgen.model.choices import HISTORIES
from shardgen.model.config import SHOP
from shardgen.model.table import Table, relation_of
from shardgen.tables import dataset, plugins
from shardgen.tables.spec import TableSpec
from shardgen.tables.wanted import check_dataset, table_names


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One table."""

    table: str
    """As in ``--tables``; empty for a dataset that is broken."""
    relation: str
    """Its name in the database."""
    dataset: str
    """As in ``--dataset``; empty for a table that can be loaded with any."""
    origin: str
    """What brings it, with its version: ``"shardgen-parcels 1.0"``."""
    about: str
    """What a row tells; empty for a broken one."""
    broken: str = ""
    """Why it cannot be used, and what to do; empty for one that can."""


def listed(version: str, story: str = "") -> list[Listed]:
    """Every table: the shop's, those of other datasets that are not the shop's, and those that go with any.

    Args:
        version: of shardgen.
        story: the one dataset that is meant, whose tables are all listed.

    Raises:
        ConfigError: there is no such dataset.
        PluginError: the package that brings it is broken.
    """
    others = [_brought(offer) for found in plugins.offers("table").values() for offer in found]
    if story:
        check_dataset(story)
        return [*(_told(spec, story, _origin(spec, story, version)) for spec in dataset(story).tables), *others]
    own = [_told(spec, SHOP, _origin(spec, SHOP, version)) for spec in dataset().tables]
    stories = [each for found in plugins.offers("dataset").values() for offer in found for each in _of_dataset(offer)]
    return [*own, *stories, *others]


def described(wanted: Sequence[str], story: str, history: str = HISTORIES[0]) -> list[Table]:
    """The tables of these names, or all of a dataset, with what their columns mean.

    Args:
        wanted: as in ``--tables``.
        story: the dataset.
        history: one of choices.HISTORIES.

    Raises:
        ConfigError: there is no such table, or no such dataset.
        PluginError: the package that brings it is broken.
    """
    check_dataset(story)
    chosen = table_names(wanted, story) if wanted else dataset(story).names
    return [dataset(story)[name].table_of(history) for name in chosen]


def _origin(spec: TableSpec, story: str, version: str) -> str:
    """What brings a table of a dataset; some of those of packages are the shop's."""
    own = spec in dataset().tables
    return f"shardgen {version}" if own else ", ".join(map(str, plugins.offers("dataset")[story]))


def _told(spec: TableSpec, story: str, origin: str) -> Listed:
    table = spec.table
    return Listed(table=spec.name, relation=table.relation, dataset=story, origin=origin, about=table.description)


def _of_dataset(offer: plugins.Offer) -> Iterator[Listed]:
    name, shop = offer.plugin.name, dataset().tables
    try:
        yield from (_told(spec, name, str(offer)) for spec in plugins.dataset(name).tables if spec not in shop)
    except PluginError as error:
        yield Listed(table="", relation="", dataset=name, origin=str(offer), about="", broken=str(error))


def _brought(offer: plugins.Offer) -> Listed:
    name, about, broken = offer.plugin.name, "", ""
    try:
        about = plugins.table(name, dataset()).table.description
    except PluginError as error:
        broken = str(error)
    return Listed(table=name, relation=relation_of(name), dataset="", origin=str(offer), about=about, broken=broken)
