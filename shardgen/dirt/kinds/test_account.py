"""A customer who is a test of somebody in the company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shardgen.dirt.kind import Draw, Edits, Row

_NAMES: Final = (("Test", "User"), ("Max", "Mustermann"), ("QA", "Account"), ("asdf", "asdf"), ("John", "Doe"))


def _tester(row: Row, draw: Draw) -> Mapping[str, Any]:
    """Name and address of nobody; the id and the orders stay."""
    if row["email"] is None:
        return {}
    first, last = _NAMES[draw.below(len(_NAMES))]
    return {
        "first_name": first,
        "last_name": last,
        "customer_name": f"{first} {last}",
        "email": f"test+{row.number}@example.com",
    }


TEST_ACCOUNT = Edits(
    name="test_account",
    family="people",
    imitates="accounts that developers and testers make in production, and forget",
    seen="every shop",
    sees="names such as Test User, addresses that begin with test+; they skew every figure by customer",
    weights={"customers": 1.0},
    edit=_tester,
)
