"""A customer who registers once more, with a typing error and another address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardgen.dirt.kind import DAY, Delivers, Draw, Row


def _typo(name: str, draw: Draw) -> str:
    """Two letters change places, one is lost, or one is twice there."""
    if len(name) < 3:
        return name
    place = 1 + draw.below(len(name) - 2)
    swapped = f"{name[:place]}{name[place + 1]}{name[place]}{name[place + 2 :]}"
    return str(draw.of((swapped, name[:place] + name[place + 1 :], name[: place + 1] + name[place:])))


def _again(row: Row, draw: Draw) -> Mapping[str, Any]:
    """The same person under another number, which no customer has."""
    clean = row["customer_id"]
    new = {"customer_id": f"CUST9{clean.removeprefix('CUST')}"}
    first, last, email = (row[name] for name in ("first_name", "last_name", "email"))
    if first is None or last is None or email is None:
        return new
    spelt = (_typo(first, draw), last) if draw.below(2) else (first, _typo(last, draw))
    whole = row["customer_name"].replace(first, spelt[0]).replace(last, spelt[1])
    user, _, domain = email.partition("@")
    other = f"{user}{draw.below(90) + 10}@{domain}"
    return {**new, "first_name": spelt[0], "last_name": spelt[1], "customer_name": whole, "email": other}


SAME_PERSON = Delivers(
    name="same_person",
    family="people",
    imitates="somebody who forgot that they have an account, or orders as a guest",
    seen="every CRM that knows people by what they type",
    sees="two customers of one phone and address, whose names nearly agree; the owner in the key is the first of them",
    weights={"customers": 2.0},
    does="again",
    lag=(DAY, 60 * DAY),
    edit=_again,
)
