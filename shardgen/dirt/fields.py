"""Which places of the tables kinds spoil: by table, columns, or keys of ``raw_data`` that no column repeats."""

from __future__ import annotations

from typing import Final

EVERY: Final = ("customers", "products", "orders", "inventory", "reviews", "sessions", "clickstream")

WORDS: Final = {
    "customers": ("customer_name", "first_name", "last_name", "email", "gender"),
    "products": ("product_name", "category", "subcategory", "brand"),
    "orders": ("status", "raw_data.payment_method", "raw_data.payment_status", "raw_data.channel"),
    "inventory": ("movement_type",),
    "reviews": ("review_title",),
    "sessions": ("device_type", "browser", "operating_system"),
    "clickstream": ("event_type",),
}
"""Words that somebody groups by or compares."""

OPTIONAL: Final = {
    "customers": ("email", "phone", "first_name", "last_name", "date_of_birth", "gender", "address"),
    "products": ("description", "brand", "category", "price", "cost", "attributes"),
    "orders": ("customer_id", "status", "total_amount", "shipping_address"),
    "inventory": ("warehouse_id", "quantity", "reference_number"),
    "reviews": ("customer_id", "rating", "review_text", "review_title"),
    "sessions": ("user_id", "end_time", "duration_seconds", "device_type", "browser", "location"),
    "clickstream": ("user_id", "page_url", "referrer", "device_info"),
}
"""What should be there, and what a source may lose."""

NUMBERS: Final = {
    "products": ("price", "cost"),
    "orders": ("total_amount", "raw_data.subtotal", "raw_data.shipping_cost", "raw_data.tax_amount"),
    "inventory": ("quantity",),
    "reviews": ("rating", "helpful_count"),
    "sessions": ("duration_seconds",),
}

AMOUNTS: Final = {
    "products": ("price", "cost"),
    "orders": ("total_amount", "raw_data.subtotal", "raw_data.shipping_cost", "raw_data.tax_amount"),
}

REFERENCES: Final = {
    "orders": ("customer_id",),
    "inventory": ("product_id",),
    "reviews": ("product_id", "customer_id"),
    "sessions": ("user_id",),
    "clickstream": ("session_id", "user_id"),
}
"""Ids of rows of other tables."""

TEXTS: Final = {
    "customers": ("phone", "first_name", "last_name", "gender"),
    "products": ("description", "brand", "category"),
    "orders": ("status", "raw_data.payment_method"),
    "inventory": ("reference_number",),
    "reviews": ("review_text", "review_title"),
    "sessions": ("browser", "operating_system", "ip_address"),
    "clickstream": ("page_url", "referrer"),
}

NAMES: Final = {
    "customers": ("customer_name", "first_name", "last_name"),
    "products": ("product_name", "brand", "description"),
    "reviews": ("review_title", "review_text"),
}
"""What people wrote, or are called."""

LONG: Final = {
    "products": ("description", "product_name"),
    "reviews": ("review_text", "review_title"),
    "clickstream": ("page_url",),
}

TIMES: Final = {
    "customers": ("raw_data.registration_date",),
    "products": ("raw_data.launched_at",),
    "orders": ("raw_data.order_date",),
    "inventory": ("raw_data.movement_date",),
    "reviews": ("raw_data.review_date",),
    "sessions": ("raw_data.start_time", "raw_data.end_time"),
    "clickstream": ("raw_data.event_timestamp",),
}

COUNTS: Final = {
    "inventory": ("quantity",),
    "reviews": ("rating", "helpful_count"),
    "sessions": ("duration_seconds",),
}

OWN_IDS: Final = {
    "customers": ("customer_id",),
    "products": ("product_id",),
    "reviews": ("review_id",),
    "sessions": ("session_id",),
}

NEIGHBOURS: Final = {
    "customers": "customer_id",
    "products": "product_id",
    "reviews": "review_id",
    "sessions": "session_id",
}
"""Columns of ids whose shards have an even number of them: the record beside one is in the same shard."""

SESSIONS: Final = {"orders": ("raw_data.session_id",), "clickstream": ("session_id",)}
