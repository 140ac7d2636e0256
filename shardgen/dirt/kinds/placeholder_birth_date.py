"""A date of birth that stands for unknown."""

from __future__ import annotations

from datetime import date
from typing import Final

from shardgen.dirt.kind import Draw, Edits, evenly, one_of

_BIRTHS: Final = {"customers": ("date_of_birth",)}
_UNKNOWN: Final = (date(1900, 1, 1), date(1970, 1, 1), date(1899, 12, 30), date(2000, 1, 1))


def _unknown(clean: date, draw: Draw) -> date:
    """One of the days that programs begin with."""
    del clean
    return _UNKNOWN[draw.below(len(_UNKNOWN))]


PLACEHOLDER_BIRTH_DATE = Edits(
    name="placeholder_birth_date",
    family="people",
    imitates="a form that insists on a date, and a clerk who has none",
    seen="branches, call centres, programs whose dates begin in 1900 or 1970",
    sees="customers of 126 years; a day on which far too many were born",
    weights=evenly(_BIRTHS, 2.0),
    edit=one_of(_BIRTHS, _unknown),
)
