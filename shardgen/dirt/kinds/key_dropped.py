"""A key of the source's record that is gone from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shardgen.dirt.kind import GONE, Draw, Edits, Row, evenly
from shardgen.dirt.kinds.key_renamed import KEYS


def _dropped(row: Row, draw: Draw) -> Mapping[str, Any]:
    del draw
    key = KEYS[row.table]
    return {} if row[key] is GONE else {f"raw_data.{key}": GONE}


KEY_DROPPED = Edits(
    name="key_dropped",
    family="schema",
    imitates="a clean-up on the producer's side, of a field that nobody needs",
    seen="APIs and events without a contract",
    sees="a key that is null for some rows from a day on",
    weights=evenly(KEYS, 0.5),
    edit=_dropped,
    since=(0.5, 0.8),
)
