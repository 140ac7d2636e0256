"""A customer whose first name stands in the place of the last one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardgen.dirt.kind import Draw, Edits, Row


def _swapped(row: Row, draw: Draw) -> Mapping[str, Any]:
    """Both names change places, and the whole name with them, as if it were read from a list with a comma."""
    first, last = row["first_name"], row["last_name"]
    if first is None or last is None or first == last:
        return {}
    whole = f"{last}, {first}" if draw.below(2) else f"{last} {first}"
    return {"first_name": last, "last_name": first, "customer_name": whole}


SWAPPED_NAMES = Edits(
    name="swapped_names",
    family="people",
    imitates="a form that asks for the family name first, or an import whose columns were taken for each other",
    seen="lists of partners, call centres, countries in which the family name comes first",
    sees="first names that are last names of others; a comma in a whole name",
    weights={"customers": 0.7},
    edit=_swapped,
)
