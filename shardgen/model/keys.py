"""How the keys of tables are numbered and written.

An id is text of a prefix and a number, counted from 1, that is padded to a least width: text of one width is in the
order of its numbers. A key without a prefix is the number itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class IdFormat:
    """How the ids of one kind of thing are written."""

    prefix: str
    width: int
    """The least number of digits."""

    def text(self, number: int) -> str:
        """The id of a number counted from 1: ``CUST00000001``."""
        return f"{self.prefix}{number:0{self.width}d}"

    def ranges(self, low: int, stop: int) -> Iterator[tuple[str, str]]:
        """First and last id of [low, stop), for each width that they have."""
        while low < stop:
            limit = min(stop, 10 ** max(self.width, len(str(low))))
            yield self.text(low), self.text(limit - 1)
            low = limit


CUSTOMER: Final = IdFormat("CUST", 8)
PRODUCT: Final = IdFormat("PROD", 8)
ORDER: Final = IdFormat("ORD", 10)
REVIEW: Final = IdFormat("REV", 10)
SESSION: Final = IdFormat("SESS", 12)
WAREHOUSE: Final = IdFormat("WH", 3)
SUPPLIER: Final = IdFormat("SUPP", 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpace:
    """The keys that a table's rows may have."""

    ids: IdFormat | None = None
    """How they are written; None where the key is a number."""
    dense: bool = False
    """Whether a load gives every number of its range, so that no key of another row fits between them."""
    children: int = 1
    """Numbers for each unit of a shard's range: a review's number is one of several of its order, an event's of its
    session."""
