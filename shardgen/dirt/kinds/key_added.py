"""A key of the source's record that nobody has announced, from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import Draw, Edits, Row

_NEW: Final = ("schema_version", "trace_id", "tenant", "_debug")


def _added(row: Row, draw: Draw) -> Mapping[str, Any]:
    """One of the keys that come with a new version of a producer."""
    del row
    key = str(draw.of(_NEW))
    values = {"schema_version": 2, "trace_id": f"{draw.below(2**31):08x}", "tenant": "main", "_debug": {"retry": True}}
    return {f"raw_data.{key}": values[key]}


KEY_ADDED = Edits(
    name="key_added",
    family="schema",
    imitates="a producer that adds what it needs for itself",
    seen="every event bus",
    sees="whoever reads raw_data into fixed columns, and fails at what is unknown",
    weights=dict.fromkeys(EVERY, 1.0),
    edit=_added,
    since=(0.2, 0.5),
)
