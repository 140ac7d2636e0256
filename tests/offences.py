"""Worlds in which every law holds, and for each clause of a law the damage that it is there to notice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

import psycopg
from psycopg import sql

from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.model.table import latest_of
from shardgen.stores.copy import Encoder
from shardgen.stores.postgres.ddl import ddl
from shardgen.tables import dataset
from shardgen.tables.planning import build_plan
from shardgen.tables.statements import Statement, read
from shardgen.tables.wanted import plan_config
from shardgen.verification.statements import resolved
from tests.worlds import TODAY, shard_bytes

STATEMENTS = {file.name.removesuffix(".sql"): read([file])[0] for file in dataset().laws}
OF_VERSIONS = frozenset(law for law, statement in STATEMENTS.items() if statement.versions)
LAWS = {law.name.removesuffix(".sql"): law for law in sorted(dataset().laws, key=lambda law: law.name)}

WEEK: dict[str, Any] = {"days": 7, "customers": 300, "products": 120, "orders_per_day": 60, "sessions_per_day": 200}
MONTH = WEEK | {"days": 33, "orders_per_day": 65, "sessions_per_day": 120}  # shares are looked at from 2,000 rows on
WORLDS: dict[str, dict[str, Any]] = {
    "month": MONTH,
    "one customer, product and day": WEEK | {"customers": 1, "products": 1, "days": 1},
    "one of everything": {"days": 1, "customers": 1, "products": 1, "orders_per_day": 1, "sessions_per_day": 1},
    "zero orders": WEEK | {"orders_per_day": 0},
    "zero sessions": WEEK | {"sessions_per_day": 0},
    "one warehouse": WEEK | {"warehouses": 1},
    "review rate 0": WEEK | {"review_rate": 0},
    "review rate 1": WEEK | {"days": 21, "sessions_per_day": 20, "review_rate": 1},
    "seed 0": WEEK | {"seed": 0},
    "greatest seed": WEEK | {"seed": 2**63 - 1},
    "29 February": WEEK | {"days": 4, "epoch": date(2024, 2, 27)},
    "from 31 December": WEEK | {"epoch": date(2024, 12, 31)},
    "month of versions": MONTH,
    "beyond the horizon": WEEK | {"days": 33, "horizon": 10, "scale": 0.2},
    "part of the horizon": WEEK | {"epoch": date(2025, 6, 1), "horizon": 90},
}


def world_of(name: str, schema: str) -> PlanConfig:
    """The plan of a world by its name."""
    config = plan_config(today=TODAY, schema=schema, **WORLDS[name])
    return replace(config, history="versions") if name == "month of versions" else config


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A world in a schema of its own."""

    dsn: str
    config: PlanConfig

    def connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self.dsn)
        connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(self.config.schema)))
        return connection

    def offenders(self, connection: psycopg.Connection[Any], law: str) -> list[tuple[Any, ...]]:
        parameters = {
            "end": datetime.combine(self.config.end, time()),
            "epoch": datetime.combine(self.config.world.epoch, time()),
            "warehouses": self.config.world.warehouses,
        }
        return connection.execute(asked(law, self.config).encode(), parameters).fetchall()


def asked(law: str, config: PlanConfig) -> str:
    """A law as it is asked of a world's tables."""
    return reading(STATEMENTS[law], config)


def reading(statement: Statement, config: PlanConfig) -> str:
    """A law or shape as it is asked of a world's tables."""
    relations = [spec.table.relation for spec in dataset().tables]
    latest = {relation: latest_of(relation) if config.history == "versions" else relation for relation in relations}
    return resolved(statement, {relation: (latest[relation], relation) for relation in relations}).text


def load(dsn: str, config: PlanConfig) -> None:
    """Every shard of the plan, by the plainest of all loaders: what is tested is the world."""
    with psycopg.connect(dsn) as connection:
        for statement in ddl(config.schema, dataset().tables, history=config.history):
            connection.execute(statement)
        for shard in build_plan(config).shards:
            copy(connection, config, shard)
        for table in [spec.table for spec in dataset().tables]:
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(config.schema, table.relation)))


def copy(connection: psycopg.Connection[Any], config: PlanConfig, shard: Shard) -> None:
    parent = sql.Identifier(config.schema, dataset()[shard.table].table.relation)
    if shard.leaf:
        leaf = sql.Identifier(config.schema, shard.leaf.name)
        bounds = [sql.Literal(bound.isoformat()) for bound in (shard.leaf.lower, shard.leaf.upper)]
        connection.execute(
            sql.SQL("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})").format(leaf, parent, *bounds)
        )
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(parent)) as stream:
        stream.write(Encoder.header + shard_bytes(config, shard) + Encoder.trailer)


KEYS = {
    "customers": "customer_id",
    "products": "product_id",
    "orders": "order_id",
    "inventory": "inventory_id",
    "reviews": "review_id",
    "sessions": "session_id",
    "clickstream": "event_id",
}


def put(table: str, values: str, rows: str = "") -> str:
    """UPDATE of one row: the first by key among ``rows``, a condition; or the last of them with `` DESC`` after it."""
    condition, last, _ = rows.partition(" DESC")
    key, relation = KEYS[table], dataset()[table].table.relation
    chosen = f"SELECT {key} FROM {relation} WHERE {condition or 'true'} ORDER BY {key} {last} LIMIT 1"
    return f"UPDATE {relation} SET {values} WHERE {key} = ({chosen})"


def put_version(table: str, values: str, rows: str = "") -> str:
    """UPDATE of one version of one record: the first by key among ``rows``, a condition."""
    key, relation = f"{KEYS[table]}, ingestion_timestamp", dataset()[table].table.relation
    chosen = f"SELECT {key} FROM {relation} WHERE {rows or 'true'} ORDER BY {key} LIMIT 1"
    return f"UPDATE {relation} SET {values} WHERE ({key}) = ({chosen})"


def tell_of_version(table: str, key: str, value: str, rows: str = "") -> str:
    """UPDATE of one key of the ``raw_data`` of one version."""
    return put_version(table, f"raw_data = raw_data || jsonb_build_object('{key}', {value})", rows)


def lose_version(table: str, rows: str) -> str:
    """DELETE of one version."""
    key, relation = f"{KEYS[table]}, ingestion_timestamp", dataset()[table].table.relation
    return f"DELETE FROM {relation} WHERE ({key}) = (SELECT {key} FROM {relation} WHERE {rows} ORDER BY {key} LIMIT 1)"


def double(table: str, rows: str, *, version: str = "raw_data ->> 'version'") -> str:
    """INSERT of one version once more, some seconds later, and as another one of its record."""
    key, relation = f"{KEYS[table]}, ingestion_timestamp", dataset()[table].table.relation
    changed = (
        "'ingestion_timestamp', r.ingestion_timestamp + interval '9 seconds', 'raw_data', r.raw_data || "
        f"jsonb_build_object('version', ({version})::integer, 'operation', 'update')"
    )
    found = f"SELECT * FROM {relation} WHERE {rows} ORDER BY {key} LIMIT 1"
    return (
        f"INSERT INTO {relation} SELECT (jsonb_populate_record(NULL::{relation}, to_jsonb(r) || "
        f"jsonb_build_object({changed}))).* FROM ({found}) AS r"
    )


def tell(table: str, key: str, value: str, rows: str = "") -> str:
    """UPDATE of one key of one row's ``raw_data``; the value is an SQL expression."""
    return put(table, f"raw_data = raw_data || jsonb_build_object('{key}', {value})", rows)


def forget(table: str, key: str, rows: str = "") -> str:
    """Removal of one key of one row's ``raw_data``."""
    return put(table, f"raw_data = raw_data - '{key}'", rows or f"raw_data ? '{key}'")


def say(sentence: str, order: str = "true") -> str:
    """UPDATE of one review's text: it says one thing more, of an order of which something holds."""
    told = "SELECT order_id, order_date, raw_data ->> 'channel' AS channel, raw_data ->> 'returned_at' AS returned_at"
    orders = f"SELECT order_id FROM ({told} FROM raw_orders) AS o WHERE {order}"
    return put("reviews", f"review_text = review_text || ' {sentence}'", f"raw_data ->> 'order_id' IN ({orders})")


def praise_of_returned() -> str:
    """UPDATE of one review of what had been sent back: it has five stars."""
    returned = """
        SELECT r.review_id FROM raw_reviews AS r
        JOIN raw_orders AS o ON o.order_id = r.raw_data ->> 'order_id'
        CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') AS i (item)
        WHERE i.item ->> 'product_id' = r.product_id AND (i.item ->> 'returned_quantity')::integer > 0
          AND (o.raw_data ->> 'returned_at')::timestamp <= r.review_date"""
    return put("reviews", "rating = 5", f"review_id IN ({returned})")


def item(key: str, value: str, rows: str = "") -> str:
    """UPDATE of the first item of one order."""
    return put("orders", f"raw_data = jsonb_set(raw_data, '{{items, 0, {key}}}', to_jsonb({value}))", rows)


def attempt(key: str, value: str, rows: str = "") -> str:
    """UPDATE of the first attempt to pay one order."""
    told = f"coalesce(to_jsonb({value}), 'null')"
    return put("orders", f"raw_data = jsonb_set(raw_data, '{{payments, 0, {key}}}', {told})", rows)


def lose(table: str, rows: str) -> str:
    """DELETE of one row."""
    key, relation = KEYS[table], dataset()[table].table.relation
    return f"DELETE FROM {relation} WHERE {key} = (SELECT min({key}) FROM {relation} WHERE {rows})"


def place(table: str, column: str, key: str, value: str, rows: str = "") -> str:
    """UPDATE of one part of one address."""
    return put(table, f"{column} = {column} || jsonb_build_object('{key}', {value})", rows)


WEB, STORE = "raw_data ->> 'channel' = 'web'", "raw_data ->> 'channel' = 'store' AND status = 'delivered'"
VIEWED = "product_id = (SELECT raw_data ->> 'product_id' FROM raw_clickstream WHERE raw_data ? 'product_id' LIMIT 1)"
ORDERED = "product_id = (SELECT raw_data #>> '{items, 0, product_id}' FROM raw_orders LIMIT 1)"
REDUCED = "raw_data #>> '{items, 0, promotion}' IS NOT NULL"
DELIVERED, CANCELLED, PARTLY = "status = 'delivered'", "status = 'cancelled'", "status = 'partially_returned'"
BROWSING = "raw_data -> 'converted' = 'false'"
ONCE = "jsonb_array_length(raw_data -> 'payments') = 1"
LAST_OF_MONTH = "date_trunc('month', event_timestamp) + interval '1 month' - interval '1 microsecond'"
CHECKOUT = """event_type = 'checkout_start'
    AND session_id IN (SELECT session_id FROM raw_clickstream WHERE event_type = 'purchase')"""
CARD = "raw_data ->> 'payment_method' LIKE '%card' AND raw_data ->> 'payment_method' <> 'gift_card'"
OTHER_VISITOR = "(SELECT max(raw_data ->> 'visitor_id') FROM raw_sessions)"
OFTEN = """raw_data ->> 'visitor_id' IN
    (SELECT raw_data ->> 'visitor_id' FROM raw_sessions GROUP BY 1 HAVING count(*) > 1)"""
OTHER_VARIANT = """replace(replace(replace((raw_data -> 'experiments')::text, 'control', '?'), 'treatment', 'control'),
    '?', 'treatment')::jsonb"""
ANOTHER_TEST = """raw_data -> 'experiments' || '[{"name": "x", "variant": "control"}]'"""
GONE = "raw_data ? 'discontinued_at'"
THIRD = "raw_data -> 'sequence_number' = '3'"
NEW_YORK = "address ->> 'city' = 'New York'"
OUT = "movement_type = 'OUT'"
IN_PARTS = "status = 'delivered' AND raw_data ? 'shipments'"
BUYER = "customer_id IN (SELECT customer_id FROM raw_orders)"
VISITOR = "customer_id IN (SELECT user_id FROM raw_sessions)"
CANADIAN = "address ->> 'country_code' = 'CA'"
REVIEWER = "customer_id IN (SELECT customer_id FROM raw_reviews)"
REWRITER = "customer_id = (SELECT customer_id FROM raw_reviews WHERE raw_data ? 'edited_at' LIMIT 1)"
BUYS = "session_id IN (SELECT raw_data ->> 'session_id' FROM raw_orders)"
DAMAGE = [
    ("l01", "customer: id is not its number", put("customers", "customer_id = 'CUST1'")),
    ("l01", "customer: e-mail", put("customers", "email = (SELECT upper(max(email)) FROM raw_customers)")),
    ("l01", "customer: numbers are not in order", put("customers", "registration_date = '2020-01-01'", " DESC")),
    ("l01", "product: SKU", put("products", "sku = (SELECT max(sku) FROM raw_products)", "sku < 'S'")),
    ("l01", "product: numbers are not in order", tell("products", "launched_at", "'2020-01-01'", " DESC")),
    ("l01", "order: id is not unique", put("orders", "order_id = (SELECT max(order_id) FROM raw_orders)")),
    ("l01", "session: numbers are not dense", lose("sessions", "session_id LIKE '%2'")),
    ("l01", "session: numbers are not in order", put("sessions", "start_time = end_time + interval '1 day'")),
    ("l01", "review: number", put("reviews", "review_id = 'REV0000000009'", " DESC")),
    (
        "l01",
        "movement: id is not unique",
        put("inventory", "inventory_id = (SELECT max(inventory_id) FROM raw_inventory)"),
    ),
    ("l01", "movement: number does not follow its item", put("inventory", "inventory_id = 7", " DESC")),
    ("l01", "movement: number does not follow its warehouse", put("inventory", "inventory_id = 1 + inventory_id")),
    ("l01", "event: id is not unique", put("clickstream", "event_id = (SELECT max(event_id) FROM raw_clickstream)")),
    ("l01", "event: number", put("clickstream", "event_id = event_id + 1000000")),
    ("l02", "order names an unknown customer", put("orders", "customer_id = 'CUST99999999'")),
    ("l02", "order names an unknown product", item("product_id", "'PROD99999999'::text")),
    ("l02", "order names an unknown session", tell("orders", "session_id", "'SESS999999999999'")),
    ("l02", "order names an unknown warehouse", tell("orders", "warehouse_id", "'WH006'")),
    ("l02", "movement names an unknown product", put("inventory", "product_id = 'PROD00000000'")),
    ("l02", "movement names an unknown warehouse", put("inventory", "warehouse_id = 'WH000'")),
    ("l02", "movement names an unknown order", put("inventory", "reference_number = NULL", OUT)),
    ("l02", "review names an unknown order", forget("reviews", "order_id")),
    ("l02", "session names an unknown customer", put("sessions", "user_id = 'CUST00000000'")),
    ("l02", "session names an unknown product", tell("sessions", "landing_page", "'https://x/PROD00000000'")),
    ("l02", "event names an unknown session", put("clickstream", "session_id = 'SESS000000000000'")),
    ("l02", "event names an unknown customer", put("clickstream", "user_id = 'CUST00000000'")),
    ("l02", "event names an unknown product", tell("clickstream", "product_id", "'PROD00000000'")),
    ("l02", "event names an unknown order", tell("clickstream", "order_id", "'ORD0000000000'")),
    ("l03", "order holds a product twice", item("product_id", "raw_data #> '{items, 1, product_id}'", PARTLY)),
    ("l03", "order without items", tell("orders", "items", "'[]'::jsonb")),
    ("l03", "item and its OUT", lose("inventory", OUT)),
    ("l03", "item and its OUT", put("inventory", "quantity = quantity - 1", OUT)),
    ("l03", "item and its OUT", put("inventory", "movement_date = movement_date + interval '1 us'", OUT)),
    (
        "l03",
        "item and its OUT",
        put("inventory", "warehouse_id = 'WH00' || 6 - right(warehouse_id, 1)::int", OUT),
    ),
    ("l03", "item and its OUT", forget("orders", "shipped_at")),
    ("l03", "item and its RETURN", put("inventory", "quantity = quantity + 1", "movement_type = 'RETURN'")),
    ("l03", "item and its RETURN", forget("orders", "returned_at")),
    (
        "l03",
        "item is shipped with another quantity",
        put("orders", "raw_data = jsonb_set(raw_data, '{shipments, 0, items, 0, quantity}', '99')", IN_PARTS),
    ),
    ("l03", "item and its OUT", forget("orders", "shipments", IN_PARTS)),
    ("l03", "parcels and their order disagree", tell("orders", "shipped_at", "'2020-01-01'", IN_PARTS)),
    (
        "l03",
        "parcels and their order disagree",
        put("orders", "raw_data = jsonb_set(raw_data, '{shipments, 0, delivered_at}', '\"2099-01-01\"')", IN_PARTS),
    ),
    (
        "l03",
        "item has several OUT",
        (
            "INSERT INTO raw_inventory SELECT (jsonb_populate_record(m, '{\"inventory_id\": 1}')).* "
            "FROM raw_inventory AS m WHERE movement_type = 'OUT' LIMIT 1"
        ),
    ),
    ("l03", "transfer is no pair", lose("inventory", "movement_type = 'TRANSFER'")),
    ("l03", "transfer is no pair", put("inventory", "quantity = quantity - 1", "movement_type = 'TRANSFER'")),
    ("l03", "movement of unknown type", put("inventory", "quantity = -quantity", "movement_type = 'IN'")),
    ("l04", "review of no delivered item", put("reviews", "customer_id = 'CUST00000000'")),
    ("l04", "review of no delivered item", put("reviews", "review_date = review_date - interval '60 days'")),
    ("l04", "review of no delivered item", put("reviews", "product_id = 'PROD00000000'")),
    (
        "l04",
        "item reviewed more than once",
        (
            'INSERT INTO raw_reviews SELECT (jsonb_populate_record(r, \'{"review_id": "REV"}\')).* '
            "FROM raw_reviews AS r LIMIT 1"
        ),
    ),
    ("l04", "written anew before", tell("reviews", "edited_at", "review_date")),
    ("l04", "written anew before", tell("reviews", "edited_at", "review_date + interval '49 hours'")),
    ("l04", "changed when its votes", put("reviews", "ingestion_timestamp = review_date + interval '183 days'")),
    ("l04", "unverified purchase", "UPDATE raw_reviews SET verified_purchase = false"),
    ("l19", "a longer time than has passed", say("It broke after a year of daily use.")),
    ("l19", "another place", say("I bought it on the train home.", "channel = 'store'")),
    ("l19", "another time of day", say("I bought it in the middle of the night.", "order_date::time > '12:00'")),
    ("l19", "another season", say("It is splendid in the snow, and in summer, too.")),
    ("l19", "another price", say("It was in a sale, and I paid the full price, at full price.")),
    ("l19", "praise of what was sent back", praise_of_returned()),
    ("l19", "a return that there was not", say("I sent it back.", "returned_at IS NULL")),
    ("l05", "order before registration", put("customers", "registration_date = '2026-01-01'", BUYER)),
    ("l05", "session before registration", put("customers", "registration_date = '2026-01-01'", VISITOR)),
    ("l05", "too young or too old at order", put("customers", "date_of_birth = '2010-01-01'", BUYER)),
    ("l05", "order after the erasure", tell("customers", "erased_at", "'2020-01-01'", BUYER)),
    ("l05", "session after the erasure", tell("customers", "erased_at", "'2020-01-01'", VISITOR)),
    ("l05", "review after the erasure", tell("customers", "erased_at", "'2020-01-01'", REVIEWER)),
    ("l05", "review written anew after the erasure", tell("customers", "erased_at", "'2020-01-01'", REWRITER)),
    ("l05", "personal fields are missing", put("customers", "date_of_birth = NULL", BUYER)),
    ("l05", "personal fields outlive the erasure", tell("customers", "erased_at", "'2026-01-01'", BUYER)),
    ("l05", "too young or too old at registration", put("customers", "date_of_birth = '1910-01-01'")),
    ("l06", "order mentions", tell("products", "launched_at", "'2026-01-01'")),
    ("l06", "movement mentions", tell("products", "launched_at", "'2026-01-01'")),
    ("l06", "event mentions", tell("products", "launched_at", "'2026-01-01'", VIEWED)),
    ("l06", "order of a discontinued product", tell("products", "discontinued_at", "'2020-01-01'", ORDERED)),
    ("l06", "put right before the launch", tell("products", "corrected_at", "raw_data ->> 'launched_at'")),
    ("l06", "put right before the launch", tell("products", "corrected_at", "'9999-01-01'", GONE)),
    ("l06", "another price after the end", tell("products", "price_since", "raw_data ->> 'discontinued_at'", GONE)),
    ("l06", "session mentions", 'UPDATE raw_products SET raw_data = raw_data || \'{"launched_at": "2026-01-01"}\''),
    ("l07", "shipped not within", tell("orders", "shipped_at", "order_date + interval '11 days'", DELIVERED)),
    ("l07", "shipped not within", tell("orders", "shipped_at", "order_date", DELIVERED)),
    ("l07", "delivered not within", tell("orders", "delivered_at", "order_date + interval '31 days'", DELIVERED)),
    ("l07", "delivered not within", forget("orders", "shipped_at")),
    ("l07", "returned not within", tell("orders", "returned_at", "order_date", PARTLY)),
    ("l07", "reviewed not within", put("reviews", "review_date = review_date + interval '60 days'")),
    ("l07", "store order", tell("orders", "delivered_at", "order_date + interval '61 minutes'", STORE)),
    ("l07", "cancelled order shipped", tell("orders", "shipped_at", "order_date + interval '1 day'", CANCELLED)),
    ("l07", "cancelled before", tell("orders", "cancelled_at", "order_date", CANCELLED)),
    ("l07", "registration at or after the end", put("customers", "registration_date = '2026-01-01'")),
    ("l07", "delivery at or after the end", tell("orders", "delivered_at", "timestamp '2026-01-01'", DELIVERED)),
    ("l07", "session end at or after the end", put("sessions", "end_time = '2026-01-01'")),
    ("l07", "session before the epoch", put("sessions", "start_time = start_time - interval '1 day'")),
    ("l07", "stock-in before the epoch", put("inventory", "warehouse_id = 'WH002'")),
    ("l07", "review ingested", put("reviews", "ingestion_timestamp = '2026-01-02'")),
    ("l08", "session does not end after", put("sessions", "end_time = start_time")),
    ("l08", "session lasts", put("sessions", "end_time = start_time + interval '181 minutes'")),
    ("l08", "session crosses midnight", put("sessions", "end_time = end_time + interval '1 day'")),
    ("l08", "duration", put("sessions", "duration_seconds = duration_seconds + 1")),
    ("l08", "session without events", "DELETE FROM raw_clickstream WHERE session_id = 'SESS000000000001'"),
    ("l08", "first event is not", put("sessions", "start_time = start_time - interval '1 us'")),
    ("l08", "event after the end", put("sessions", "end_time = start_time + interval '1 us'", BUYS)),
    ("l08", "sequence numbers", tell("clickstream", "sequence_number", "99", THIRD)),
    (
        "l08",
        "event times",
        put("clickstream", "event_timestamp = event_timestamp - interval '3 h'", THIRD + " DESC"),
    ),
    ("l08", "event_count", lose("clickstream", THIRD)),
    *(
        ("l09", f"{kind} ingested", put(table, f"ingestion_timestamp = {at} - interval '1 us'", rows))
        for kind, table, at, rows in (
            ("customer", "customers", "registration_date", ""),
            ("product", "products", "(raw_data ->> 'launched_at')::timestamp", ""),
            ("product", "products", "(raw_data ->> 'corrected_at')::timestamp", "raw_data ? 'corrected_at'"),
            ("order", "orders", "(raw_data ->> 'delivered_at')::timestamp", DELIVERED),
            ("order", "orders", "(raw_data ->> 'returned_at')::timestamp", PARTLY),
            ("movement", "inventory", "movement_date", ""),
            ("review", "reviews", "review_date", ""),
            ("helpful votes of a review", "reviews", "review_date + interval '7 days'", "helpful_count > 0"),
            ("session", "sessions", "end_time", ""),
            ("event", "clickstream", "event_timestamp", ""),
        )
    ),
    ("l10", "order: tax_amount is no amount", tell("orders", "tax_amount", "1.5")),
    ("l10", "item of order: unit_price is no amount", item("unit_price", "12")),
    ("l10", "event: cart_value is no amount", tell("clickstream", "cart_value", "1.234")),
    ("l10", "item total", item("discount_amount", "0.01")),
    ("l10", "item total", item("quantity", "6")),
    ("l10", "unit price", item("unit_price", "1.23")),
    ("l10", "price has changed before the launch", tell("products", "price_since", "'2010-01-01'")),
    ("l10", "discount without a promotion", item("promotion", "'null'::jsonb", REDUCED)),
    ("l10", "no percentage fits", item("discount_amount", "0.01", REDUCED)),
    ("l10", "subtotal", tell("orders", "subtotal", "1.00")),
    ("l10", "order total", put("orders", "total_amount = total_amount + 0.01")),
    ("l10", "order discount", tell("orders", "discount_amount", "100000.00")),
    ("l10", "no tax rate", tell("orders", "tax_amount", "(raw_data -> 'tax_amount')::numeric + 0.01")),
    ("l10", "cost is not between", put("products", "cost = price")),
    ("l10", "price or cost differ", put("products", "price = price + 1")),
    ("l10", "more than one currency", put("products", "currency = 'EUR'")),
    ("l11", "web order without its session", forget("orders", "session_id")),
    ("l11", "order of another channel", tell("orders", "channel", "'app'", WEB)),
    (
        "l11",
        "session of several orders",
        tell("orders", "session_id", f"(SELECT max(raw_data ->> 'session_id') FROM raw_orders WHERE {WEB})", WEB),
    ),
    ("l11", "session has not exactly one", put("clickstream", "event_type = 'click'", "event_type = 'purchase'")),
    (
        "l11",
        "session has not exactly one",
        put(
            "clickstream",
            "event_type = 'purchase'",
            "raw_data ? 'cart_value' AND event_type = 'checkout_start' AND " + BUYS,
        ),
    ),
    ("l11", "session of another customer", put("sessions", "user_id = NULL", "raw_data -> 'converted' = 'true'")),
    ("l11", "purchase of another", put("clickstream", "user_id = NULL", "event_type = 'purchase'")),
    ("l11", "purchase of another", put("orders", "order_date = order_date + interval '1 us'", WEB)),
    ("l11", "purchase without its web order", put("clickstream", "event_type = 'purchase'")),
    ("l11", "converted", tell("sessions", "converted", "true", BROWSING)),
    (
        "l12",
        "product put into the cart",
        "UPDATE raw_clickstream SET event_type = 'click' WHERE event_type = 'product_view'",
    ),
    ("l12", "cart moves no units", forget("clickstream", "quantity")),
    ("l12", "more is taken out", tell("clickstream", "quantity", "9", "event_type = 'remove_from_cart'")),
    ("l12", "checkout or purchase with an empty", put("clickstream", "event_type = 'checkout_start'")),
    ("l12", "cart_value", tell("clickstream", "cart_value", "0.01", "event_type = 'purchase'")),
    ("l12", "cart_value", forget("clickstream", "cart_value", "event_type = 'purchase'")),
    (
        "l12",
        "cart at purchase",
        tell(
            "clickstream",
            "quantity",
            "9",
            "event_type = 'add_to_cart' AND " + BUYS,
        ),
    ),
    ("l12", "cart at purchase", item("quantity", "9", WEB)),
    (
        "l12",
        "purchase without a checkout",
        "UPDATE raw_clickstream SET event_type = 'click' WHERE event_type = 'checkout_start'",
    ),
    ("l12", "search is not followed", put("clickstream", "event_type = 'search'", "event_type = 'purchase'")),
    ("l12", "search does not fit", tell("clickstream", "search_query", "'lorem'", "event_type = 'search'")),
    ("l13", "user changes", put("clickstream", "user_id = 'CUST00000000'", THIRD)),
    ("l13", "user of the events", put("sessions", "user_id = 'CUST00000000'")),
    ("l13", "device changes", place("clickstream", "device_info", "language", "'xx'", THIRD)),
    ("l13", "device of the events", put("sessions", "browser = 'Netscape'")),
    ("l13", "referrer is not", put("clickstream", "referrer = 'https://search.example/'", THIRD)),
    ("l13", "first referrer", put("clickstream", "referrer = 'https://x.example/'")),
    ("l13", "first page", tell("sessions", "landing_page", "'https://x.example/'")),
    ("l13", "session without visitor", forget("sessions", "visitor_id")),
    ("l13", "visitor belongs to several", 'UPDATE raw_sessions SET raw_data = raw_data || \'{"visitor_id": "0"}\''),
    ("l13", "visitor has several devices", 'UPDATE raw_sessions SET raw_data = raw_data || \'{"visitor_id": "0"}\''),
    ("l13", "customer has more than three", "UPDATE raw_sessions SET user_id = 'CUST00000001'"),
    ("l13", "known visitors are always", "UPDATE raw_sessions SET user_id = 'CUST00000001'"),
    ("l13", "traffic source", tell("sessions", "medium", "'carrier pigeon'")),
    ("l14", "session: no such device", put("sessions", "browser = 'Safari'", "operating_system = 'Android'")),
    ("l14", "session: no such device", put("sessions", "device_type = 'desktop'", "operating_system = 'iOS'")),
    ("l14", "session: is_mobile", put("sessions", "is_mobile = NOT is_mobile")),
    ("l14", "event: no such device", place("clickstream", "device_info", "browser", "'Netscape'")),
    ("l14", "event: no such screen", place("clickstream", "device_info", "screen_resolution", "'640x480'")),
    ("l14", "session: user agent", tell("sessions", "user_agent", "'Mozilla/4.0'")),
    ("l15", "country does not go", place("customers", "address", "country", "'Canada'", NEW_YORK)),
    ("l15", "state does not go", place("customers", "address", "state", "'Ohio'", NEW_YORK)),
    ("l15", "state does not go", place("sessions", "location", "region", "'Ohio'")),
    ("l15", "time zone does not go", place("orders", "shipping_address", "timezone", "'UTC'")),
    ("l15", "postal prefix does not go", place("customers", "address", "postal_code", "'99001'", NEW_YORK)),
    ("l15", "postal shape does not go", place("customers", "address", "postal_code", "'1000'", NEW_YORK)),
    ("l15", "area code does not go", put("customers", "phone = '+1 999-555-0100'", NEW_YORK)),
    ("l15", "calling code does not go", put("customers", "phone = '+44 212-555-0100'", NEW_YORK)),
    ("l15", "more than 0.1 degrees", place("customers", "address", "latitude", "41.0", NEW_YORK)),
    ("l15", "part of an address is missing", put("orders", "shipping_address = shipping_address - 'street'")),
    ("l15", "name is not in the order", put("customers", "customer_name = last_name || ' ' || first_name")),
    ("l15", "name does not suit", put("customers", "first_name = '太郎'", NEW_YORK)),
    ("l15", "language", tell("customers", "preferred_language", "'xx-XX'")),
    ("l15", "language is not the one of the province", tell("customers", "preferred_language", "'es-CA'", CANADIAN)),
    ("l15", "share of sessions", "UPDATE raw_sessions SET location = jsonb_set(location, '{country}', '\"X\"')"),
    ("l16", "stock is negative", put("inventory", "quantity = 1 - quantity", "quantity > 0 AND movement_type = 'IN'")),
    ("l16", "first movement", put("inventory", "movement_type = 'ADJUSTMENT'")),
    ("l17", "status is unknown", put("orders", "status = 'lost'")),
    ("l17", "status and dates", put("orders", "status = 'shipped'", DELIVERED)),
    ("l17", "status and dates", forget("orders", "cancelled_at")),
    ("l17", "status and returned units", item("returned_quantity", "1", DELIVERED)),
    ("l17", "status and returned units", put("orders", "status = 'returned'", PARTLY)),
    ("l17", "status and payment", tell("orders", "payment_status", "'captured'", CANCELLED)),
    ("l17", "still open", put("orders", "status = 'pending', order_date = order_date - interval '1 day'")),
    ("l18", "phrase of another sentiment", put("reviews", "review_text = review_text || ' Awful!'", "rating = 5")),
    ("l18", "phrase of another sentiment", put("reviews", "rating = 1", "rating = 5")),
    ("l18", "title or text", put("reviews", "review_title = 'Title'")),
    ("l18", "text does not speak", put("reviews", "review_text = 'Excellent.'", "rating = 5")),
    ("l20", "order without an attempt", forget("orders", "payments")),
    ("l20", "not one last attempt", attempt("attempted_at", "'2020-01-01T00:00:00'::text")),
    ("l20", "attempt disagrees", attempt("amount", "1")),
    ("l20", "attempt disagrees", attempt("method", "'cash'::text", f"{WEB} AND {ONCE}")),
    ("l20", "reason of what did not fail", attempt("reason", "'expired_card'::text", ONCE)),
    ("l20", "reason of what did not fail", attempt("reason", "NULL::text", f"NOT {ONCE}")),
    ("l20", "card of another method", attempt("card", "NULL::text", CARD)),
    ("l20", "attempt before the session began", attempt("attempted_at", "'2020-01-01'::text", f"{WEB} AND NOT {ONCE}")),
    ("l20", "charged back without a time", tell("orders", "payment_status", "'charged_back'")),
    ("l20", "charged back what is no card", tell("orders", "charged_back_at", "order_date", ONCE)),
    ("l21", "visitor on several machines", tell("sessions", "visitor_id", OTHER_VISITOR)),
    ("l21", "visitor on several machines", forget("sessions", "device_fingerprint")),
    ("l21", "visitor in two variants", tell("sessions", "experiments", OTHER_VARIANT, OFTEN)),
    ("l21", "variant is unknown", tell("sessions", "experiments", """'[{"name": "x", "variant": "B"}]'::jsonb""")),
    ("l21", "visits without a test", tell("sessions", "experiments", ANOTHER_TEST)),
    ("l26", "attempt outside the checkout", attempt("attempted_at", "'2020-01-01'::text", f"{WEB} AND NOT {ONCE}")),
    ("l26", "attempt outside the checkout", put("clickstream", f"event_timestamp = {LAST_OF_MONTH}", CHECKOUT)),
]

FIRST_OF_EACH = list({law: (law, part, damage) for law, part, damage in reversed(DAMAGE)}.values())
"""One for each law: the others take minutes."""

FIRST, SECOND = "raw_data -> 'version' = '1'", "raw_data -> 'version' = '2'"
NEXT = "(raw_data ->> 'version')::integer + 1"
SOLD = "product_id IN (SELECT i ->> 'product_id' FROM raw_orders, jsonb_array_elements(raw_data -> 'items') AS i)"
CARTED = "product_id IN (SELECT raw_data ->> 'product_id' FROM raw_clickstream WHERE event_type = 'add_to_cart')"
FIRST_QUANTITY = "raw_data = jsonb_set(raw_data, '{items, 0, quantity}', '99')"
ENDED = "raw_data ? 'discontinued_at' AND raw_data -> 'version' <> '1'"
LAST_WORD = "status LIKE '%returned'"
ALWAYS_TALKED_OF = f"{FIRST} AND rating = 5 AND review_id IN (SELECT review_id FROM raw_reviews WHERE {SECOND})"
OF_VOTES = f"{SECOND} AND NOT raw_data ? 'edited_at'"
CHANGED = f"{FIRST} AND customer_id IN (SELECT customer_id FROM raw_customers WHERE {SECOND})"
DAMAGE_OF_VERSIONS = [
    ("l22", "order: versions are not 1, 2, 3", lose_version("orders", SECOND)),
    ("l22", "customer: versions are not 1, 2, 3", double("customers", FIRST)),
    ("l22", "product: versions are not 1, 2, 3", tell_of_version("products", "version", "7")),
    (
        "l22",
        "order: version is not known later",
        put_version("orders", "ingestion_timestamp = order_date - interval '1 second'", SECOND),
    ),
    ("l22", "product: operation is not", tell_of_version("products", "operation", "'delete'", SECOND)),
    ("l22", "review: operation is not", tell_of_version("reviews", "operation", "'delete'", ALWAYS_TALKED_OF)),
    ("l22", "customer: operation is not", tell_of_version("customers", "operation", "'update'", FIRST)),
    ("l22", "session: what happens once is no first", tell("sessions", "operation", "'update'")),
    ("l22", "movement: what happens once is no first", tell("inventory", "version", "2")),
    ("l22", "event: what happens once has several", double("clickstream", "true")),
    ("l22", "session: what happens once has several", double("sessions", "true")),
    ("l22", "movement: what happens once has several", double("inventory", "true")),
    (
        "l23",
        "customer: registration_date has changed",
        put_version("customers", "registration_date = '2020-01-01'", SECOND),
    ),
    ("l23", "product: sku has changed", put_version("products", "sku = 'X'", SECOND)),
    ("l23", "order: shipping_address has", put_version("orders", "shipping_address = '{}'", SECOND)),
    (
        "l23",
        "order: items has",
        put_version("orders", FIRST_QUANTITY, SECOND),
    ),
    ("l23", "review: rating has changed", put_version("reviews", "rating = 6 - rating", f"{SECOND} AND rating <> 3")),
    ("l24", "order: status goes back", put_version("orders", "status = 'pending'", DELIVERED)),
    ("l24", "order: status goes back", put_version("orders", "status = 'processing'", LAST_WORD)),
    (
        "l24",
        "order: payment goes back",
        tell_of_version("orders", "payment_status", "'pending'", DELIVERED),
    ),
    ("l24", "order: delivered_at is another", put_version("orders", "raw_data = raw_data - 'delivered_at'", LAST_WORD)),
    ("l24", "order: version has no news", double("orders", LAST_WORD, version=NEXT)),
    ("l24", "product: price is older", tell_of_version("products", "price_since", "'2001-01-01'", SECOND)),
    ("l24", "review: votes are taken back", put_version("reviews", "helpful_count = -1", SECOND)),
    (
        "l24",
        "review: words change",
        put_version("reviews", "review_text = 'I see.'", OF_VOTES),
    ),
    ("l24", "customer: address is older", tell_of_version("customers", "address_since", "'2001-01-01'", SECOND)),
    ("l24", "customer: changed after the erasure", tell_of_version("customers", "erased_at", "'2025-12-01'", CHANGED)),
    ("l25", "unit price is not the price of then", put("products", "price = price + 1", SOLD)),
    ("l25", "cart_value is not the running cart", put("products", "price = price + 1", CARTED)),
    ("l25", "product has two prices", put_version("products", "price = price + 1", ENDED)),
    ("l25", "order goes to a home of another time", tell("customers", "address_since", "'2099-01-01'", BUYER)),
    ("l25", "share of orders to the home of then", "UPDATE raw_orders SET shipping_address = '{}'"),
    # what holds of a record holds of each of its versions
    ("l05", "personal fields are missing", put_version("customers", "gender = NULL", FIRST)),
    ("l09", "order ingested before", put_version("orders", "ingestion_timestamp = order_date - interval '1 s'", FIRST)),
    ("l15", "country does not go", put_version("customers", 'address = address || \'{"country": "Oz"}\'', NEW_YORK)),
    ("l17", "status and dates", put_version("orders", "status = 'delivered'", FIRST)),
    ("l18", "phrase of another", put_version("reviews", "review_text = review_text || ' Awful!'", ALWAYS_TALKED_OF)),
    (
        "l20",
        "attempt disagrees",
        put_version("orders", "raw_data = jsonb_set(raw_data, '{payments, 0, amount}', '1')", FIRST),
    ),
]
FIRST_OF_VERSIONS = list({law: (law, part, damage) for law, part, damage in reversed(DAMAGE_OF_VERSIONS)}.values())


REFUSED = [
    each
    for each in DAMAGE
    if each[:2]
    in {
        ("l04", "changed when its votes"),
        ("l07", "review ingested"),
        ("l09", "product ingested"),
        ("l09", "order ingested"),
        ("l09", "review ingested"),
        ("l09", "helpful votes of a review ingested"),
    }
]
"""Damage that is not done among versions: it takes the ingestion away, or gives several the same, and that is in the
key."""
AMONG_VERSIONS = [*DAMAGE_OF_VERSIONS, *(each for each in DAMAGE if each not in REFUSED)]
