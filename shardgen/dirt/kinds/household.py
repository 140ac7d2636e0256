"""A customer who gives the address and the telephone of another one, and perhaps that one's name and mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardgen.dirt.kind import Draw, Edits, Row


def _moved_in(row: Row, draw: Draw) -> Mapping[str, Any]:
    """What the two share; first name, birth date and id stay: they are two people."""
    elder = row.before
    if elder is None or row["email"] is None or elder["email"] is None:
        return {}
    shared = {"address": elder["address"], "phone": elder["phone"]}
    first, name = row["first_name"], elder["last_name"]
    if draw.below(3):
        shared |= {"last_name": name, "customer_name": row["customer_name"].replace(row["last_name"], name)}
    if first != elder["first_name"] and not draw.below(3):
        shared |= {"email": elder["email"]}
    return shared


HOUSEHOLD = Edits(
    name="household",
    family="people",
    imitates="families and flat mates, some of whom read their mail in one box",
    seen="every CRM; it is what joins on e-mail, telephone or address take for one person",
    sees="one e-mail or telephone of two customers, who were born on other days: merging them is wrong",
    weights={"customers": 1.0},
    edit=_moved_in,
    before=True,
    breaks=frozenset({"key"}),
)
