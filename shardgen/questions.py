"""Three questions that show the story to somebody who sees the tables for the first time, as SQL to be pasted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One statement, ready to run."""

    about: str
    """What it shows."""
    text: str
    """With its semicolon; lines short enough for a terminal of 80 columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    about: str
    tables: tuple[str, ...]
    """That it reads: each must hold rows."""
    raw_data: bool
    """Whether it reads what only raw_data has."""
    text: str


_TEMPLATES = (
    _Template(
        about="revenue by month",
        tables=("orders",),
        raw_data=False,
        text="""
SELECT date_trunc('month', order_date)::date AS month, count(*) AS orders,
       sum(total_amount) AS revenue
FROM {schema}.raw_orders WHERE status <> 'cancelled'
GROUP BY month ORDER BY month;
""",
    ),
    _Template(
        about="the funnel: how far sessions get",
        tables=("clickstream",),
        raw_data=False,
        text="""
SELECT count(*) AS sessions, sum(viewed) AS viewed_product, sum(cart) AS cart,
       sum(checkout) AS checkout, sum(bought) AS purchase
FROM (SELECT max((event_type = 'product_view')::int) AS viewed,
             max((event_type = 'add_to_cart')::int) AS cart,
             max((event_type = 'checkout_start')::int) AS checkout,
             max((event_type = 'purchase')::int) AS bought
      FROM {schema}.raw_clickstream GROUP BY session_id) AS s;
""",
    ),
    _Template(
        about="products that come back most (+ 10, because one sale says little)",
        tables=("orders", "products"),
        raw_data=True,
        text="""
SELECT p.product_name, sum((i ->> 'quantity')::int) AS sold,
       sum((i ->> 'returned_quantity')::int) AS returned
FROM {schema}.raw_orders AS o
CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i
JOIN {schema}.raw_products AS p ON p.product_id = i ->> 'product_id'
GROUP BY p.product_id, p.product_name
ORDER BY sum((i ->> 'returned_quantity')::int)
         / (sum((i ->> 'quantity')::int) + 10.0) DESC LIMIT 10;
""",
    ),
)


def queries(schema: str, rows: Mapping[str, int], raw_data: str) -> list[Query]:
    """Those that can run, and have something to tell.

    Args:
        schema: of the tables.
        rows: that each loaded table holds.
        raw_data: the mode that they were loaded in.
    """
    name = schema if schema == "bronze" else '"' + schema.replace('"', '""') + '"'  # no need to know reserved words
    return [
        Query(about=each.about, text=each.text.strip().replace("{schema}", name))
        for each in _TEMPLATES
        if all(rows.get(table) for table in each.tables) and not (each.raw_data and raw_data == "none")
    ]
