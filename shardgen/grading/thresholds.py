"""What F1 is asked for: ``0.9`` of all, ``exact_duplicate=0.95`` of a kind, ``values=0.9`` of a family, of a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from shardgen.dirt.kind import FAMILIES
from shardgen.dirt.plugins import every
from shardgen.errors import ConfigError, Given

_OPTION: Final = "min_f1"


def parsed(given: Iterable[str], tables: Collection[str]) -> dict[str, float]:
    """Least F1 by name; ``""`` stands for all.

    Args:
        given: as written, several in one by commas.
        tables: of the run.

    Raises:
        ConfigError: a name or a number is none.
    """
    found: dict[str, float] = {}
    for part in (part.strip() for each in given for part in each.split(",")):
        name, mark, number = part.rpartition("=")
        found[_name(part, name.strip(), tables) if mark else ""] = _share(part, number)
    return found


def _name(part: str, name: str, tables: Collection[str]) -> str:
    if name not in (*every(), *FAMILIES, *tables):
        told = f"choose a kind of dirt, a family ({', '.join(FAMILIES)}) or a table ({', '.join(tables)})"
        raise ConfigError(Given(_OPTION, part), " names nothing that is graded", remedy=told)
    return name


def _share(part: str, number: str) -> float:
    try:
        share = float(number)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise ConfigError(Given(_OPTION, part), " is no F1", remedy="use 0 to 1, as in 0.9 or exact_duplicate=0.95")
    return share
