"""Which rows of the answer key can break which law, and what else they can break it for.

A value that was changed can break the laws that read its table and name its column or key; a row that is missing, or
one too many, all that read its table. It breaks them for its own row, for rows that refer to it, and where a law judges
the rows of a session or of a product together, as it says itself (``along``, see ``tables.statements``), for those.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from shardgen.dirt.cells import RAW
from shardgen.dirt.defects import CHANGED, Defect
from shardgen.model.keys import CUSTOMER, ORDER, PRODUCT, REVIEW, SESSION, IdFormat
from shardgen.model.table import COMMON
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.tables.statements import Statement
from shardgen.verification.subject import Loaded

VISITOR: Final = 16
"""Hexadecimal digits of a visitor's id."""
TRANSFER: Final = "TR-"
"""Before the number of what moves between two warehouses."""
OF: Final[Mapping[str, tuple[str, IdFormat]]] = {
    "customers": ("customer", CUSTOMER),
    "products": ("product", PRODUCT),
    "orders": ("order", ORDER),
    "reviews": ("review", REVIEW),
    "sessions": ("session", SESSION),
}
"""What a record of a table is called, and its ids."""
IDS: Final = re.compile(
    rf"\b(?:{'|'.join(ids.prefix for _, ids in OF.values())})\d+\b|\b{TRANSFER}\d+\b|\b[0-9a-f]{{16}}\b"
)
WORDS: Final = re.compile(r"[^\W\d_][\w&' -]{0,38}[^\W_]")
_BESIDE: Final = re.compile(r"\b(?:lag|lead)\(", re.IGNORECASE)
NOT_THERE: Final = "what has not arrived"
_ROW: Final = ""
"""Stands for a place, of a row that is missing or one too many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the rows that can break a law."""

    rows: frozenset[str]
    """Ids that they bear, or should."""
    held: frozenset[str]
    """Ids that they hold, of what the law judges together."""
    ids: frozenset[str]
    """All of these, and other ids that stand in what was changed, or is not there; made once for many offenders."""
    words: frozenset[str]
    """Other texts in what was changed, or is not there."""
    beside: bool
    """Whether the law looks at rows beside each other."""
    along: frozenset[str]
    """What the law judges together."""
    what: str
    """All of it, as a person calls it."""


@dataclass(slots=True)
class _Struck:
    """What is known of rows that are struck at one place."""

    rows: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def note(self, row: str, told: str, *ids: str) -> None:
        self.rows.update(ids)
        self.held.update(IDS.findall(row))
        self.told.update(IDS.findall(told))
        self.words.update(WORDS.findall(told))


class Struck:
    """Rows that are struck, by table and place.

    Args:
        what: as a person calls all of them.
        versioned: tables of which a law reads the newest version of each record, which its ingestion decides.
    """

    def __init__(self, what: str, versioned: Iterable[str] = ()) -> None:
        self._versioned = frozenset(versioned)
        self._places: dict[tuple[str, str], _Struck] = defaultdict(_Struck)
        self._what = what

    @classmethod
    def spoilt(cls, tables: Iterable[Loaded]) -> Struck:
        """By the answer key of some tables."""
        feeds = list(map(_feed, tables))
        versioned = [each.plan.tables[0] for each in feeds if each.plan.history == "versions"]
        found = cls("the key", versioned)
        for feed in feeds:
            for shard in build_plan(feed.plan).shards:
                for row, defects in feed.struck(shard):
                    for each in defects:
                        told = f"{each.wrong.dirty} {each.wrong.clean}" if each.state == CHANGED else row
                        found._places[each.table, _place(each)].note(row, told, each.key, each.owner)
        return found

    @classmethod
    def pending(cls, tables: Iterable[Loaded]) -> Struck:
        """What has happened in some tables on their last day, or shortly before it, and has not arrived."""
        found = cls(NOT_THERE)
        for feed in map(_feed, tables):
            for batch in (each for shard in build_plan(feed.plan).shards for each in feed.pending(shard)):
                for row in batch.arrow().to_pylist():
                    told = json.dumps(row, default=str)
                    found._places[batch.table.name, _ROW].note(told, told, str(row[batch.table.key[0]]))
        return found

    def of(self, law: Statement) -> Known:
        """Of the rows that can break a law."""
        some = list(self._breaking(law))
        rows = frozenset[str]().union(*(each.rows for each in some))
        told = frozenset[str]().union(*(each.told for each in some))
        held = frozenset(name for each in some for name in each.held if called(name) in law.along)
        return Known(
            rows=rows,
            held=held,
            ids=rows | told | held,
            words=frozenset[str]().union(*(each.words for each in some)),
            along=law.along,
            beside=bool(_BESIDE.search(law.text)),
            what=self._what,
        )

    def _breaking(self, law: Statement) -> Iterator[_Struck]:
        for (table, place), found in self._places.items():
            reads = place == _ROW or (place == COMMON[1] and table in self._versioned)
            if table in law.rows and (reads or re.search(rf"\b{re.escape(place)}\b", law.text)):
                yield found


def _feed(loaded: Loaded) -> Feed:
    return Feed(replace(loaded.config, tables=(loaded.claim.target,)))


def called(name: str) -> str:
    """What an id is of: ``"order"``."""
    found = (what for what, ids in OF.values() if name.startswith(ids.prefix))
    return next(found, "transfer" if name.startswith(TRANSFER) else "visitor" if len(name) == VISITOR else "")


def _place(defect: Defect) -> str:
    return (defect.wrong.place or _ROW).removeprefix(RAW) if defect.state == CHANGED else _ROW
