"""A list of one where an object should be, or an object where a list should be, from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardgen.dirt.kind import GONE, Draw, Edits, Row, evenly
from shardgen.dirt.kinds.nested_as_text import NESTED


def _otherwise(row: Row, draw: Draw) -> Mapping[str, Any]:
    del draw
    key = NESTED[row.table]
    value = row[key]
    if value is None or value is GONE:
        return {}
    if isinstance(value, list):
        return {f"raw_data.{key}": value[0]} if len(value) == 1 else {}
    return {f"raw_data.{key}": [value]}


LIST_FOR_OBJECT = Edits(
    name="list_for_object",
    family="schema",
    imitates="XML made JSON by a library that cannot tell one element from a list of one",
    seen="gateways in front of older systems",
    sees="paths into raw_data that find null; functions of lists that fail at an object",
    weights=evenly(NESTED, 0.7),
    edit=_otherwise,
    since=(0.1, 0.6),
)
