"""What is asked of whoever cleans a row that was spoilt in some way.

The clean value can be told from what is left, or it cannot. Where it cannot, what stands in its place is either false,
and then it has to go, or a part of what was there, or nothing, and then nobody is asked for more.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from shardgen.dirt.cells import RAW
from shardgen.dirt.defects import Defect


class Asked(Enum):
    """What has to become of a value."""

    RIGHT = "the clean value"
    WITHDRAWN = "null, or the clean value"
    NOTHING = "nothing"


FALSE: Final = frozenset(
    {
        "empty_string",
        "out_of_range",
        "orphan",
        "dangling_session",
        "reused_id",
        "test_account",
        "placeholder_birth_date",
        "session_not_closed",
    }
)
"""Kinds whose values are false, and tell nothing of the clean ones."""
LOST: Final = frozenset({"null", "replacement", "truncated_text", "key_dropped", "household"})
"""Kinds that leave a part of the clean value, or nothing, or what nobody can see to be wrong."""
COARSER: Final = frozenset({"date_format"})
"""Kinds that leave a time to the second, or to the minute: nobody is asked for more of it."""
SET_ASIDE: Final = frozenset({"reused_id", "test_account"})
"""Kinds whose whole row may be set aside: what it is about cannot be told, or is nobody."""


def asked(defect: Defect, beside: Sequence[Defect]) -> Asked:
    """What has to become of the value that a line of the key is about.

    Args:
        defect: the line.
        beside: all lines of the same defect.
    """
    if defect.kind in LOST or _gone(defect, beside):
        return Asked.NOTHING
    return Asked.WITHDRAWN if defect.kind in FALSE else Asked.RIGHT


def _gone(defect: Defect, beside: Sequence[Defect]) -> bool:
    """Whether nothing is left of a value."""
    empty = defect.wrong.dirty in (None, "null")
    return empty and not _told_in_the_record(defect, beside) and not _elsewhere(defect, beside)


def _told_in_the_record(defect: Defect, beside: Sequence[Defect]) -> bool:
    """Whether the source's record has in some form what the column cannot hold."""
    copy = f"{RAW}{defect.wrong.place}"
    return any(each.wrong.place == copy and each.wrong.dirty not in (None, "null") for each in beside)


def _elsewhere(defect: Defect, beside: Sequence[Defect]) -> bool:
    """Whether a key of the source's record that is gone is there by another name."""
    return any(each.wrong.clean is None and each.wrong.dirty == defect.wrong.clean for each in beside)
