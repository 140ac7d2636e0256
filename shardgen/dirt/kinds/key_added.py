"""A key of the source's record that nobody has announced, from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shardgen.dirt.fields import EVERY
from shardgen.dirt.kind import Draw, Edits, Row

_TRACE: Final = "trace_id"
_NEW: Final = {"schema_version": 2, _TRACE: "", "tenant": "main", "_debug": {"retry": True}}
_KEYS: Final = tuple(_NEW)


def _added(row: Row, draw: Draw) -> Mapping[str, Any]:
    """One of the keys that come with a new version of a producer."""
    del row
    key = str(draw.of(_KEYS))
    return {f"raw_data.{key}": f"{draw.below(2**31):08x}" if key == _TRACE else _NEW[key]}


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
