"""A time of where the customer lives, without a zone, in the source's record alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from shardgen.dirt.kind import GONE, Draw, Edits, Row, evenly

_TIMES: Final = {
    "customers": ("address", "registration_date"),
    "orders": ("shipping_address", "order_date"),
}
"""By table, where the zone stands, and the time."""


def _local(row: Row, draw: Draw) -> Mapping[str, Any]:
    """The same instant as a clock on the wall tells it there."""
    del draw
    place, column = _TIMES[row.table]
    address, instant = row[place], row[column]
    if not isinstance(address, Mapping) or address.get("timezone", GONE) is GONE or not isinstance(instant, datetime):
        return {}
    told = instant.replace(tzinfo=UTC).astimezone(ZoneInfo(address["timezone"])).replace(tzinfo=None)
    return {f"raw_data.{column}": told}


LOCAL_TIME = Edits(
    name="local_time",
    family="values",
    imitates="a source that stores what the clock on the wall showed",
    seen="tills, older databases whose times have no zone, exports of spreadsheets",
    sees="times of the record some whole hours off from the column, more of them in summer than in winter",
    weights=evenly(_TIMES),
    edit=_local,
)
