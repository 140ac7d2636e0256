"""A key of the source's record whose values have another type from a day on; the column is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shardgen.dirt.kind import GONE, Draw, Edits, Row, evenly

KEYS: Final = {
    "customers": "marketing_opt_in",
    "products": "price",
    "orders": "discount_amount",
    "inventory": "quantity",
    "reviews": "verified_purchase",
    "sessions": "event_count",
    "clickstream": "sequence_number",
}
_WORDS: Final = {True: "Y", False: "N"}


def _retyped(row: Row, draw: Draw) -> Mapping[str, Any]:
    """Truth as a letter, numbers as text."""
    del draw
    key = KEYS[row.table]
    value = row[key]
    if value is None or value is GONE:
        return {}
    return {f"raw_data.{key}": _WORDS[value] if isinstance(value, bool) else str(value)}


KEY_RETYPED = Edits(
    name="key_retyped",
    family="schema",
    imitates="a new version of the producer, in a language that leaves types to others",
    seen="APIs and events without a contract",
    sees="jsonb_typeof(raw_data -> 'quantity') by day: two types from one day on; casts that fail",
    weights=evenly(KEYS),
    edit=_retyped,
    since=(0.3, 0.7),
)
