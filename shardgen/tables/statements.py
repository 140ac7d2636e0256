"""SQL files of laws and shapes: a comment that names one, a comment that says what it needs, one statement.

``-- needs: orders 2000, products; raw_data; 180 days; orders per session`` reads: the tables orders, of at least 2,000
rows, and products, loaded with raw_data in full or lean form, for a window of 180 days or more, in a world that has
about as many orders per session as the default one. ``versions`` among them: loaded with ``--history versions``.
``along session`` says of a law that it judges rows of a session together, so that one may break it for the others.
``-- needs: the ledger`` asks of no bronze table. The queries of a report are written in the same way, by names instead
of numbers. A law of a table that is not of the dataset has the table before its number: ``parcels.L1``.

``raw_orders`` is read as it stands at the window's end, ``raw_orders_versions`` with all that is there of its history:
both are the table itself where that has one row for each record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from shardgen.model.config import WorldConfig

_PARTS: Final = re.compile(
    r"-- (?P<name>(?:[a-z][a-z0-9_]*\.)?[LSB]\d+|[a-z ]+): (?P<purpose>.+)\.\n"
    r"-- needs: (?P<needs>.+)\n(?P<text>(?s:.+))"
)


def _orders_per_customer(world: WorldConfig) -> float:
    return world.orders / max(1, world.customers) * 365 / world.horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """What the bands of some shapes take for granted of a world."""

    of: Callable[[WorldConfig], float]
    least: float = 1
    """How much of the default world's is enough."""
    most: float = 1
    """How much of the default world's is not too much."""


_SPARSE: Final = 1 / 6

PROPORTIONS: Final[dict[str, Proportion]] = {
    "orders per session": Proportion(of=lambda world: world.orders / max(1, world.sessions)),
    "orders per customer": Proportion(of=_orders_per_customer),
    "orders per customer of a sparse shop": Proportion(of=_orders_per_customer, least=_SPARSE, most=_SPARSE),
    "orders per customer of a dense or sparse shop": Proportion(of=_orders_per_customer, least=_SPARSE),
    "events per session": Proportion(of=lambda world: world.events_per_session),
}


LEDGER: Final = "the ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One law or shape."""

    name: str
    """``"L4"``, ``"parcels.L1"``, or ``"funnel"``."""
    purpose: str
    """What it protects, in a line."""
    rows: dict[str, int]
    """By table that it needs, the least number of rows."""
    raw_data: bool
    """Whether it needs raw_data."""
    versions: bool
    """Whether it needs all versions of records."""
    days: int
    """The least length of the window."""
    proportions: tuple[str, ...]
    """Of PROPORTIONS, those in which the world must be like the default one."""
    text: str
    """The SQL."""
    along: frozenset[str] = frozenset()
    """Of what the rows are that it judges together: ``"session"``, ``"product"``."""


def beside(package: str, *files: str) -> tuple[Traversable, ...]:
    """SQL files that lie in a package: ``beside(__package__, "laws/l05.sql")``."""
    return tuple(resources.files(package).joinpath(*file.split("/")) for file in files)


def read(files: Iterable[Traversable]) -> list[Statement]:
    """The statements of some files: by number, those of tables outside the dataset after the others."""
    return sorted((parse(file.read_text(encoding="utf-8")) for file in files), key=lambda each: place(each.name))


def place(name: str) -> tuple[str, str, int]:
    """Where a law or shape stands among the others, by its name; anything else comes first."""
    table, _, number = name.rpartition(".")
    return (table, number[0].replace("B", "T"), int(number[1:])) if number[1:].isdigit() else (table, "", 0)


def parse(content: str) -> Statement:
    """A statement out of the content of its file.

    Raises:
        ValueError: it does not begin with a name, a purpose and what it needs.
    """
    match = _PARTS.fullmatch(content)
    if not match:
        raise ValueError(f"it begins with {content[:60]!r}, not with '-- NAME: purpose.' and '-- needs: tables'")
    tables, *rest = (part.strip() for part in match["needs"].split(";"))
    named = [] if tables == LEDGER else tables.split(",")
    days = [part.removesuffix(" days") for part in rest if part.endswith(" days")]
    proportions = tuple(part for part in rest if part in PROPORTIONS)
    along = [part.removeprefix("along ") for part in rest if part.startswith("along ")]
    if len(rest) != len(days) + len(proportions) + len(along) + ("raw_data" in rest) + ("versions" in rest):
        raise ValueError(f"{match['name']} needs what is not known: {match['needs']!r}")
    return Statement(
        name=match["name"],
        purpose=match["purpose"],
        rows={name: int(least or 0) for name, _, least in (each.strip().partition(" ") for each in named)},
        raw_data="raw_data" in rest,
        versions="versions" in rest,
        days=int(days[0]) if days else 0,
        proportions=proportions,
        along=frozenset(each.strip() for part in along for each in part.split(",")),
        text=match["text"],
    )
