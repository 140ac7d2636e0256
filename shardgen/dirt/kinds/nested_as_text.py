"""A nested object that stands in the source's record as a text, from a day on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from shardgen.dirt.kind import GONE, Draw, Edits, Row, evenly

NESTED: Final = {
    "customers": "address",
    "products": "attributes",
    "orders": "items",
    "sessions": "location",
    "clickstream": "device_info",
}
"""Keys of raw_data that hold objects or lists."""


def _number(value: Decimal) -> float:
    return float(value)


_TEXT: Final = json.JSONEncoder(default=_number, ensure_ascii=False)


def _as_text(row: Row, draw: Draw) -> Mapping[str, Any]:
    del draw
    key = NESTED[row.table]
    value = row[key]
    if value is None or value is GONE:
        return {}
    return {f"raw_data.{key}": _TEXT.encode(value)}


NESTED_AS_TEXT = Edits(
    name="nested_as_text",
    family="schema",
    imitates="JSON that was made a string once too often",
    seen="log shippers, and queues that carry text",
    sees="operators on raw_data that find null or fail; quotes with backslashes",
    weights=evenly(NESTED),
    edit=_as_text,
    since=(0.1, 0.5),
)
