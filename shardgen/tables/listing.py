"""Which tables there are, where each comes from, and why one cannot be used."""

from __future__ import annotations

from dataclasses import dataclass

from shardgen.errors import PluginError
from shardgen.tables import dataset, plugins


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One table."""

    table: str
    """As in ``--tables``."""
    relation: str
    """Its name in the database."""
    origin: str
    """What brings it, with its version: ``"shardgen-parcels 1.0"``."""
    built_in: bool
    """Whether it comes with shardgen, and so loads where no table is named."""
    about: str
    """What a row tells; empty for a broken one."""
    broken: str
    """Why it cannot be used, and what to do; empty for one that can."""


def listed(version: str) -> list[Listed]:
    """Every table, in the order of the story; those of packages after them, by name.

    Args:
        version: of shardgen.
    """
    own = [
        Listed(
            table=spec.name,
            relation=spec.table.relation,
            origin=f"shardgen {version}",
            built_in=True,
            about=spec.table.description,
            broken="",
        )
        for spec in dataset().tables
    ]
    return own + [_brought(name, offer) for name, found in plugins.offers().items() for offer in found]


def _brought(name: str, offer: plugins.Offer) -> Listed:
    about, broken = "", ""
    try:
        if name in dataset().names:
            broken = f"table={name} is shardgen's own: whoever made {offer.plugin.package} must choose another name"
        else:
            about = dataset()[name].table.description
    except PluginError as error:
        broken = str(error)
    return Listed(table=name, relation=f"raw_{name}", origin=str(offer), built_in=False, about=about, broken=broken)
