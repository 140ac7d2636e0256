"""What the JSON columns hold: each key with its meaning, by table and column.

``raw_data`` repeats the other columns of its row (with ``--raw-data full``); here are the keys that only it has. A key
of a list's elements is written ``items[].quantity``, one of an inner object ``weight.value``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Keys = Mapping[str, str]
"""Meaning by key."""

_ADDRESS: Final[Keys] = {
    "street": "Street and house number, written as the country does",
    "city": "City",
    "region": "State, province or county of the city",
    "postal_code": "Of the city, in the country's form",
    "country": "English name of the country",
    "country_code": "ISO 3166-1, two letters",
    "latitude": "Degrees north, near the city's centre",
    "longitude": "Degrees east, near the city's centre",
    "timezone": "IANA name: `Europe/Rome`",
}

_LOCATION: Final[Keys] = {
    "city": "City that the IP address points to",
    "region": "State, province or county of the city",
    "country": "English name of the country",
    "latitude": "Degrees north of the city's centre",
    "longitude": "Degrees east of the city's centre",
}

_ATTRIBUTES: Final[Keys] = {
    "weight.value": "Weight of the piece",
    "weight.unit": "`g`",
    "dimensions.length": "Length of the piece",
    "dimensions.width": "Width of the piece",
    "dimensions.height": "Height of the piece",
    "dimensions.unit": "`mm`",
}
"""Those of every product; the others depend on the subcategory."""

_DEVICE: Final[Keys] = {
    "device_type": "`mobile`, `desktop` or `tablet`, the same through the session",
    "browser": "As in the session",
    "browser_version": "Version of the browser",
    "operating_system": "As in the session",
    "screen_resolution": "Width and height in pixels: `414x896`",
    "language": "Language and country of the browser: `en-IE`",
    "is_mobile": "As in the session",
}

_CUSTOMER: Final[Keys] = {
    "preferred_language": "Language and country: `it-IT`",
    "marketing_opt_in": "Whether newsletters are welcome",
}

_PRODUCT: Final[Keys] = {"launched_at": "When the product came into the shop; nothing mentions it earlier"}

_ORDER: Final[Keys] = {
    "items": "1 to 8 distinct products; the view `order_items` has a row for each",
    "items[].product_id": "The product",
    "items[].quantity": "Pieces ordered",
    "items[].unit_price": "The product's price",
    "items[].discount_amount": "Off the whole line",
    "items[].total_amount": "quantity x unit_price - discount_amount",
    "items[].returned_quantity": "Pieces that have come back by the window's end",
    "items[].return_reason": "Why, in words that suit the product; null where nothing came back",
    "subtotal": "Sum of the items' total_amount",
    "discount_amount": "Off the subtotal, at most all of it",
    "shipping_cost": "Charged for delivery",
    "tax_amount": "Sales tax of the country shipped to, rounded half up once",
    "payment_method": "`credit_card`, `debit_card`, `digital_wallet`, `bank_transfer`, `gift_card` or `cash`",
    "payment_status": "`pending`, `authorized`, `captured`, `voided`, `refunded` or `partially_refunded`",
    "channel": "`web` (30 %), `app`, `marketplace`, `store` or `phone`; only web orders have a tracked session",
    "session_id": "Web orders only: the session that bought",
    "warehouse_id": "Where it ships from",
    "shipped_at": "When all of it left the warehouse; absent until then",
    "delivered_at": "When it arrived; absent until then",
    "cancelled_at": "When it was cancelled; absent unless it was",
    "returned_at": "When what came back came back; absent until then",
}

_MOVEMENT: Final[Keys] = {
    "unit": "`piece`",
    "counterpart_warehouse_id": "TRANSFER only: the warehouse on the other side",
}

_REVIEW: Final[Keys] = {"order_id": "The order in which the product was delivered to the customer"}

_SESSION: Final[Keys] = {
    "visitor_id": "The tracker's cookie, 16 hexadecimal digits: one of a customer's 1 to 3 devices, or a stranger's",
    "landing_page": "URL of the first page",
    "traffic_source": "`direct`, `organic_search`, `paid_search`, `email`, `social`, `paid_social`, `referral`, "
    "`affiliate`, `display` or `push`",
    "medium": "Marketing medium: `cpc`, `organic`; `none` without one",
    "campaign": "Campaign of paid and mailed traffic; null without one",
    "converted": "Whether the session bought",
    "event_count": "Rows of the session in raw_clickstream",
    "user_agent": "As the browser sent it (only with `--raw-data full`)",
}

_EVENT: Final[Keys] = {
    "sequence_number": "1, 2, 3, ... within the session",
    "product_id": "Where the event is about a product",
    "order_id": "Purchases only: the order",
    "search_query": "Searches only: what was typed",
    "quantity": "Where the cart changes: pieces added or removed",
    "cart_value": "Where the cart changes or is shown: what it is worth after the event",
}

DOCUMENTS: Final[dict[str, dict[str, Keys]]] = {
    "customers": {"address": _ADDRESS, "raw_data": _CUSTOMER},
    "products": {"attributes": _ATTRIBUTES, "raw_data": _PRODUCT},
    "orders": {"shipping_address": _ADDRESS, "raw_data": _ORDER},
    "inventory": {"raw_data": _MOVEMENT},
    "reviews": {"raw_data": _REVIEW},
    "sessions": {"location": _LOCATION, "raw_data": _SESSION},
    "clickstream": {"device_info": _DEVICE, "raw_data": _EVENT},
}
"""The keys of every JSON column that has documented ones, by table."""
