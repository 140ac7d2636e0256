"""The files of tables as a listing tells them: which are there, and which nobody has recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from shardgen.stores.lake import layout
from shardgen.stores.lake.objects import Objects


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What lies in the folders of some tables."""

    sizes: Mapping[str, int]
    """Bytes by key."""

    @classmethod
    def listed(cls, objects: Objects, tables: Iterable[str]) -> Self:
        """List the folders of the tables; what readers pass over is left out."""
        found = (each for table in tables for each in objects.list(table))
        return cls(sizes={each.key: each.size for each in found if not layout.hidden(each.key)})

    def strays(self, known: Collection[str]) -> list[str]:
        """Files that are none of those that are known, which a reader of the folder takes for rows."""
        return sorted(self.sizes.keys() - set(known))
