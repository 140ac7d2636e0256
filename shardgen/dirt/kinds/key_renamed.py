"""A key of the source's record that has another name from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shardgen.dirt.kind import GONE, Draw, Edits, Row, evenly

KEYS: Final = {
    "customers": "preferred_language",
    "products": "launched_at",
    "orders": "payment_method",
    "inventory": "unit",
    "reviews": "order_id",
    "sessions": "traffic_source",
    "clickstream": "sequence_number",
}
"""Of raw_data, which no column repeats."""


def camel(key: str) -> str:
    """``paymentMethod``."""
    first, *rest = key.split("_")
    return "".join([first, *(word.title() for word in rest)]) if rest else f"{first}Name"


def _renamed(row: Row, draw: Draw) -> Mapping[str, Any]:
    del draw
    key = KEYS[row.table]
    value = row[key]
    return {} if value is GONE else {f"raw_data.{key}": GONE, f"raw_data.{camel(key)}": value}


KEY_RENAMED = Edits(
    name="key_renamed",
    family="schema",
    imitates="a new version of the producer, whose team changed to camel case",
    seen="APIs and events without a contract",
    sees="a key that is null from a day on for some rows, and a new one beside it: launchedAt, or of one word unitName",
    weights=evenly(KEYS),
    edit=_renamed,
    since=(0.4, 0.6),
)
