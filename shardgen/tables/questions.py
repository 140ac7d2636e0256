"""Questions that show the story to somebody who sees the tables for the first time, as SQL to be run as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


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


_LIFTS: Final = """\
), tests AS (
    -- half a buyer more, so that a test without buyers has limits, too
    SELECT test, count(*) AS visitors, sum(buys) AS buyers,
           sum(treated::int * buys) + 0.5 AS x1, sum(treated::int) + 1 AS n1,
           sum((NOT treated)::int * buys) + 0.5 AS x0,
           sum((NOT treated)::int) + 1 AS n0
    FROM visitors GROUP BY test
), lifts AS (
    SELECT test, visitors, buyers, ln(x1 / n1 / (x0 / n0)) AS lift,
           1.96 * sqrt(1 / x1 - 1.0 / n1 + 1 / x0 - 1.0 / n0) AS error
    FROM tests
)
SELECT test, visitors, buyers, round((exp(lift) - 1)::numeric(9, 4), 2) AS lift,
       round((exp(lift - error) - 1)::numeric(9, 4), 2) AS low,
       round((exp(lift + error) - 1)::numeric(9, 4), 2) AS high
FROM lifts ORDER BY test;
"""
"""How much more of the treated buy, out of ``visitors`` of tests."""

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
    _Template(
        name="cohorts",
        about="buyers by month of their first order, and who orders again later",
        tables=("orders",),
        text="""
WITH buyers AS (
    SELECT customer_id, date_trunc('month', min(order_date)) AS cohort
    FROM {schema}.raw_orders GROUP BY customer_id
), months AS (
    SELECT cohort, customer_id,
           12 * (extract(year FROM order_date) - extract(year FROM cohort))
              + extract(month FROM order_date) - extract(month FROM cohort)
              AS later
    FROM {schema}.raw_orders JOIN buyers USING (customer_id)
)
SELECT cohort::date AS first_order, count(DISTINCT customer_id) AS buyers,
       count(DISTINCT customer_id) FILTER (WHERE later = 1) AS month_1,
       count(DISTINCT customer_id) FILTER (WHERE later = 3) AS month_3,
       count(DISTINCT customer_id) FILTER (WHERE later = 6) AS month_6
FROM months GROUP BY cohort ORDER BY cohort;
""",
    ),
    _Template(
        name="prices",
        about="what was paid for the products whose price changed most often",
        tables=("orders", "products"),
        raw_data=True,
        text="""
WITH lines AS (
    SELECT i ->> 'product_id' AS product_id, o.order_date,
           (i ->> 'unit_price')::numeric(10, 2) AS price
    FROM {schema}.raw_orders AS o
    CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i
), changing AS (
    SELECT product_id FROM lines GROUP BY product_id
    ORDER BY count(DISTINCT price) DESC, count(*) DESC, product_id LIMIT 3
)
SELECT p.product_name, l.price, min(l.order_date)::date AS first_order,
       max(l.order_date)::date AS last_order, count(*) AS lines
FROM lines AS l
JOIN changing AS c ON c.product_id = l.product_id
JOIN {schema}.raw_products AS p ON p.product_id = l.product_id
GROUP BY l.product_id, p.product_name, l.price
ORDER BY l.product_id, first_order;
""",
        typed="""
WITH lines AS (
    SELECT i.item.product_id AS product_id, o.order_date,
           i.item.unit_price AS price
    FROM {schema}.raw_orders AS o
    CROSS JOIN LATERAL unnest(o.raw_data.items) AS i (item)
), changing AS (
    SELECT product_id FROM lines GROUP BY product_id
    ORDER BY count(DISTINCT price) DESC, count(*) DESC, product_id LIMIT 3
)
SELECT p.product_name, l.price, min(l.order_date)::date AS first_order,
       max(l.order_date)::date AS last_order, count(*) AS lines
FROM lines AS l
JOIN changing AS c ON c.product_id = l.product_id
JOIN {schema}.raw_products AS p ON p.product_id = l.product_id
GROUP BY l.product_id, p.product_name, l.price
ORDER BY l.product_id, first_order;
""",
    ),
    _Template(
        name="mails",
        about="visits by mail: who had ordered nothing for 90 days, and who buys",
        tables=("orders", "sessions"),
        raw_data=True,
        text="""
WITH visits AS (
    SELECT s.session_id, s.raw_data ->> 'campaign' AS campaign, s.user_id,
           (s.raw_data ->> 'converted')::boolean::int AS buys,
           count(o.order_id) AS orders
    FROM {schema}.raw_sessions AS s
    LEFT JOIN {schema}.raw_orders AS o
        ON o.customer_id = s.user_id AND o.order_date < s.start_time
       AND o.order_date >= s.start_time - interval '90 days'
    WHERE (s.raw_data ->> 'traffic_source') = 'email'
    GROUP BY 1, 2, 3, 4
)
SELECT campaign, count(*) AS visits, count(user_id) AS logged_in,
       sum((user_id IS NOT NULL AND orders = 0)::int) AS silent_90_days,
       sum(buys) AS purchases
FROM visits GROUP BY campaign ORDER BY visits DESC, campaign LIMIT 12;
""",
        typed="""
WITH visits AS (
    SELECT s.session_id, s.raw_data.campaign AS campaign, s.user_id,
           s.raw_data.converted::int AS buys, count(o.order_id) AS orders
    FROM {schema}.raw_sessions AS s
    LEFT JOIN {schema}.raw_orders AS o
        ON o.customer_id = s.user_id AND o.order_date < s.start_time
       AND o.order_date >= s.start_time - interval '90 days'
    WHERE s.raw_data.traffic_source = 'email'
    GROUP BY ALL
)
SELECT campaign, count(*) AS visits, count(user_id) AS logged_in,
       sum((user_id IS NOT NULL AND orders = 0)::int) AS silent_90_days,
       sum(buys) AS purchases
FROM visits GROUP BY campaign ORDER BY visits DESC, campaign LIMIT 12;
""",
    ),
    _Template(
        name="experiments",
        about="A/B tests: how many more of the treated buy, with limits",
        tables=("sessions",),
        raw_data=True,
        text="""
WITH visitors AS (
    SELECT t ->> 'name' AS test, (t ->> 'variant') = 'treatment' AS treated,
           s.raw_data ->> 'visitor_id' AS visitor,
           max((s.raw_data ->> 'converted')::boolean::int) AS buys
    FROM {schema}.raw_sessions AS s
    CROSS JOIN LATERAL jsonb_array_elements(s.raw_data -> 'experiments') AS t
    GROUP BY 1, 2, 3
"""  # noqa: S608  # both are ours
        + _LIFTS,
        typed="""
WITH visitors AS (
    SELECT t.told.name AS test, t.told.variant = 'treatment' AS treated,
           s.raw_data.visitor_id AS visitor, max(s.raw_data.converted::int) AS buys
    FROM {schema}.raw_sessions AS s
    CROSS JOIN LATERAL unnest(s.raw_data.experiments) AS t (told)
    GROUP BY ALL
"""  # noqa: S608  # both are ours
        + _LIFTS,
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
