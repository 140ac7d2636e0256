"""A measure in another unit than the one that it is said to have."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from shardgen.dirt.kind import Draw, Edits, Row


def _kilograms(row: Row, draw: Draw) -> Mapping[str, Any]:
    """Kilograms or pounds that are called grams; milliseconds that are called seconds."""
    if row.table == "sessions":
        return {} if not row["duration_seconds"] else {"duration_seconds": row["duration_seconds"] * 1000}
    attributes = row["attributes"]
    weight = attributes.get("weight") if isinstance(attributes, Mapping) else None
    if weight is None:
        return {}
    grams = Decimal(draw.of((1000, 453)))
    value = (Decimal(weight["value"]) / grams).quantize(Decimal("0.001"))
    return {"attributes": {**attributes, "weight": {**weight, "value": value}}}


OTHER_UNIT = Edits(
    name="other_unit",
    family="values",
    imitates="two producers, of whom one thinks in kilograms and the other in grams",
    seen="suppliers' catalogues, trackers that count milliseconds, anything that crossed an ocean",
    sees="wardrobes of 40 grams and visits of days: a factor of 1,000 or 453 from what others of the kind have",
    weights={"products": 1.0, "sessions": 0.5},
    edit=_kilograms,
)
