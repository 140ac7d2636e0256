"""A visit that a program plays again, page by page: a session and its events, of which no visitor knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from shardgen.dirt.kind import GONE, HOUR, Delivers, Draw, Row

_BROWSER: Final = "HeadlessChrome"
_SESSION: Final = {
    "ip_address": "198.18.0.9",
    "raw_data.user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/127.0.0.0 Safari/537.36",
    "raw_data.converted": False,
}
_DEVICE: Final = {"device_type": "desktop", "browser": _BROWSER, "operating_system": "Linux", "is_mobile": False}


def _played(row: Row, draw: Draw) -> Mapping[str, Any]:
    """The same pages at the same pace, without a login; nothing is bought."""
    del draw
    session = row["session_id"]
    new = {"session_id": f"SESS9{session.removeprefix('SESS')}", "user_id": None}
    if row.table == "sessions":
        return {**new, **_DEVICE, **_SESSION}
    event = {**new, "event_id": -row["event_id"], "device_info": {**row["device_info"], **_DEVICE}}
    if row["event_type"] == "purchase":
        event |= {"event_type": "page_view", "raw_data.order_id": GONE, "raw_data.cart_value": GONE}
    return event


BOT_TRAFFIC = Delivers(
    name="bot_traffic",
    family="events",
    imitates="a monitor or a scraper that plays recorded visits, beside the bots that the shop has anyway",
    seen="every shop: checks of availability, price comparison, rivals",
    sees="HeadlessChrome, one address for many visits, and none of them buys; conversion that falls for no reason",
    weights={"sessions": 1.0, "clickstream": 1.0},
    does="again",
    unit="visit",
    lag=(HOUR // 60, HOUR),
    edit=_played,
    own_id=True,
)
