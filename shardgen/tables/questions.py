"""Questions that show the story to somebody who sees the tables for the first time, as SQL to be run as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One statement, ready to run."""

    name: str
    """``"revenue"``."""
    about: str
    """What it shows."""
    text: str
    """With its semicolon; lines short enough for a terminal of 80 columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    name: str
    about: str
    tables: tuple[str, ...]
    """That it reads: each must hold rows."""
    raw_data: bool = False
    """Whether it reads what only raw_data has."""
    text: str
    typed: str = ""
    """For DuckDB, where JSON lies in files as members of their own types; empty where that makes no difference."""


_TEMPLATES = (
    _Template(
        name="revenue",
        about="revenue by month",
        tables=("orders",),
        text="""
SELECT date_trunc('month', order_date)::date AS month, count(*) AS orders,
       sum(total_amount) AS revenue
FROM {schema}.raw_orders WHERE status <> 'cancelled'
GROUP BY month ORDER BY month;
""",
    ),
    _Template(
        name="funnel",
        about="the funnel: how far sessions get",
        tables=("clickstream",),
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
        name="returns",
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
        typed="""
SELECT p.product_name, sum(i.item.quantity) AS sold,
       sum(i.item.returned_quantity) AS returned
FROM {schema}.raw_orders AS o
CROSS JOIN LATERAL unnest(o.raw_data.items) AS i (item)
JOIN {schema}.raw_products AS p ON p.product_id = i.item.product_id
GROUP BY p.product_id, p.product_name
ORDER BY sum(i.item.returned_quantity)
         / (sum(i.item.quantity) + 10.0) DESC LIMIT 10;
""",
    ),
    _Template(
        name="customers",
        about="customers by country",
        tables=("customers",),
        text="""
SELECT address ->> 'country' AS country, count(*) AS customers,
       min(registration_date)::date AS first_registered
FROM {schema}.raw_customers
GROUP BY country ORDER BY customers DESC, country LIMIT 10;
""",
        typed="""
SELECT address.country AS country, count(*) AS customers,
       min(registration_date)::date AS first_registered
FROM {schema}.raw_customers
GROUP BY ALL ORDER BY customers DESC, country LIMIT 10;
""",
    ),
    _Template(
        name="stock",
        about="units in each warehouse, and what moved them",
        tables=("inventory",),
        text="""
SELECT warehouse_id, sum(quantity) AS on_hand,
       sum(quantity * (movement_type = 'IN')::int) AS stocked,
       -sum(quantity * (movement_type = 'OUT')::int) AS shipped,
       sum(quantity * (movement_type = 'RETURN')::int) AS returned
FROM {schema}.raw_inventory
GROUP BY warehouse_id ORDER BY warehouse_id;
""",
    ),
    _Template(
        name="ratings",
        about="reviews by stars, and how helpful they were found",
        tables=("reviews",),
        text="""
SELECT rating, count(*) AS reviews, avg(helpful_count)::numeric(6, 2) AS helpful
FROM {schema}.raw_reviews
GROUP BY rating ORDER BY rating DESC;
""",
    ),
    _Template(
        name="devices",
        about="sessions by kind of device",
        tables=("sessions",),
        text="""
SELECT device_type, count(*) AS sessions, count(DISTINCT user_id) AS users,
       avg(duration_seconds)::int AS mean_seconds
FROM {schema}.raw_sessions
GROUP BY device_type ORDER BY sessions DESC;
""",
    ),
)

NAMES = tuple(each.name for each in _TEMPLATES)


def queries(schema: str, loaded: Mapping[str, str]) -> list[Query]:
    """Those that can run, and have something to tell.

    Args:
        schema: of the tables.
        loaded: each table that holds rows, with the mode of its raw_data.
    """
    name = schema if schema == "bronze" else '"' + schema.replace('"', '""') + '"'  # no need to know reserved words
    return [
        Query(name=each.name, about=each.about, text=each.text.strip().replace("{schema}", name))
        for each in _TEMPLATES
        if not missing(each.name, loaded)
    ]


def over_files(loaded: Mapping[str, str], *, typed: bool) -> list[tuple[Query, tuple[str, ...]]]:
    """The same for DuckDB, over views by the names of the tables; with each the tables that it reads.

    Args:
        loaded: as above.
        typed: whether JSON lies in the files as members of their own types.
    """
    return [
        (Query(name=each.name, about=each.about, text=_over_files(each, typed=typed)), each.tables)
        for each in _TEMPLATES
        if not missing(each.name, loaded)
    ]


def _over_files(template: _Template, *, typed: bool) -> str:
    text = template.typed if typed and template.typed else template.text
    return text.strip().replace("{schema}.", "")


def missing(name: str, loaded: Mapping[str, str]) -> list[str]:
    """The tables that a query would need, and of which there are no rows, or no raw_data that it reads."""
    [template] = (each for each in _TEMPLATES if each.name == name)
    return [
        table for table in template.tables if table not in loaded or (template.raw_data and loaded[table] == "none")
    ]
