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
