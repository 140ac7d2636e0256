"""The seven bronze tables as data, and the DDL rendered from them.

The one place that knows columns, types, keys, indexes and partitioning, and what each column means; everything else
asks here, the database's comments and the manual too. Identifiers are quoted by psycopg.sql only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from psycopg import sql

from shardgen.config import TABLES as TABLE_NAMES
from shardgen.documents import DOCUMENTS, Keys

ID_FORMATS = {
    "customer": ("CUST", 8),
    "product": ("PROD", 8),
    "order": ("ORD", 10),
    "review": ("REV", 10),
    "session": ("SESS", 12),
    "warehouse": ("WH", 3),
    "supplier": ("SUPP", 5),
}
"""Prefix and least number of digits of each kind of id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a bronze table."""

    name: str
    type: str
    """As PostgreSQL spells it in CREATE TABLE."""
    not_null: bool = False
    check: str = ""
    """Boolean SQL expression, or nothing."""
    meaning: str
    """What a value tells, in a line."""
    keys: Keys = field(default_factory=dict)
    """Of a JSON column: the documented keys with their meaning; of raw_data those that no column repeats."""

    @property
    def description(self) -> str:
        """The meaning and the names of the keys as plain text: the database's comment."""
        meaning = self.meaning.replace("`", "")
        return f"{meaning}; keys: {', '.join(self.keys)}" if self.keys else meaning

    @property
    def jsonb(self) -> bool:
        """Whether the column holds jsonb."""
        return self.type == "jsonb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One secondary index."""

    suffix: str
    """Its name is the table's and this."""
    expression: str
    """What stands between the parentheses."""
    method: str = "btree"
    full: bool = False
    """Built with ``--indexes full`` only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One bronze table."""

    name: str
    """As in ``--tables``: ``"orders"``."""
    meaning: str
    """What a row tells, in a sentence."""
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    """Columns of the primary key."""
    partition_by: str = ""
    """Timestamp column of RANGE partitioning; empty for a plain table."""
    indexes: tuple[Index, ...] = ()

    @property
    def relation(self) -> str:
        """Name in the database: ``"raw_orders"``."""
        return f"raw_{self.name}"

    @property
    def description(self) -> str:
        """The meaning as plain text: the database's comment."""
        return self.meaning.replace("`", "")

    @property
    def partitioned(self) -> bool:
        """Whether the table is loaded leaf by leaf."""
        return bool(self.partition_by)

    def without(self, names: Collection[str]) -> Table:
        """The same table less some of its columns."""
        if not names:
            return self
        return replace(self, columns=tuple(column for column in self.columns if column.name not in names))

    def indexes_for(self, mode: str) -> tuple[Index, ...]:
        """Secondary indexes of an ``--indexes`` mode."""
        if mode == "none":
            return ()
        return tuple(index for index in self.indexes if mode == "full" or not index.full)


_COMMON = """
source_system varchar(50) not null -- System of record: `{source}`
ingestion_timestamp timestamp -- When bronze got it: latest change that the record tells, plus the feed's lag
raw_data jsonb -- The source's complete record: the columns above, and what they do not tell"""
"""The columns that every table has."""


def _columns(table: str, source: str, text: str) -> tuple[Column, ...]:
    """Columns out of lines such as ``rating integer check (rating between 1 and 5)
            -- 1 to 5 stars``.

    Args:
        table: the table's name.
        source: name of the system of record.
        text: the lines; a meaning may stand below its column. The three columns that all tables have are added.
    """
    lines = re.sub(r"\s+-- ", " -- ", text.strip() + _COMMON.format(source=source)).splitlines()
    return tuple(_column(line, DOCUMENTS.get(table, {})) for line in lines)


def _column(line: str, documents: Mapping[str, Keys]) -> Column:
    definition, _, meaning = line.strip().partition(" -- ")
    name, rest = definition.split(" ", 1)
    rest, _, check = rest.partition(" check ")
    return Column(
        name=name,
        type=rest.removesuffix(" not null"),
        not_null=rest.endswith(" not null"),
        check=check,
        meaning=meaning,
        keys=documents.get(name, {}),
    )


def _keys(*columns: str) -> tuple[Index, ...]:
    return tuple(Index(suffix=column, expression=column) for column in columns)


def _full(*columns: str) -> tuple[Index, ...]:
    every = (*columns, "source_system", "ingestion_timestamp")
    return tuple(Index(suffix=column, expression=column, full=True) for column in every)


def _gin(suffix: str, expression: str) -> tuple[Index, ...]:
    return (Index(suffix=suffix, expression=expression, method="gin", full=True),)


CUSTOMERS = Table(
    name="customers",
    meaning="A customer as the CRM knows them; 30 % of the customers registered before the epoch.",
    key=("customer_id",),
    columns=_columns(
        "customers",
        "crm",
        """
        customer_id varchar(50) not null -- `CUST` and 8 digits or more, dense in order of registration
        email varchar(255) -- Unique whatever the case; no such mailbox exists
        customer_name varchar(255) -- Full name, in the country's order
        first_name varchar(100) -- Given name, of the country
        last_name varchar(100) -- Family name, of the country
        phone varchar(50) -- International form, with the prefix of country and place
        address jsonb -- Home; city, postal code, time zone and coordinates go together
        registration_date timestamp -- When the account was made, UTC; before any order or logged-in session
        date_of_birth date -- 18 to 95 years before the registration
        gender varchar(20) -- `female`, `male`, `other` or `undisclosed`""",
    ),
    indexes=(*_keys("registration_date"), *_full("email"), *_gin("address", "address")),
)

PRODUCTS = Table(
    name="products",
    meaning="A product of the catalogue; 80 % of the products were launched before the epoch.",
    key=("product_id",),
    columns=_columns(
        "products",
        "catalogue",
        """
        product_id varchar(50) not null -- `PROD` and 8 digits or more, dense in order of launch
        product_name text -- Brand, series and kind
        description text -- A few sentences, with values of `attributes`
        category varchar(100) -- One of 12: `Electronics`
        subcategory varchar(100) -- One of 61: `Smartphones`
        price numeric(10,2) -- Price of a piece before discounts and tax, in `currency`
        cost numeric(10,2) -- What the shop pays; above 0 and below the price
        currency varchar(3) -- One for the whole shop: `USD`
        attributes jsonb -- Facts that suit the subcategory, weight and dimensions
        supplier_id varchar(50) -- `SUPP` and 5 digits; one for each brand of a subcategory
        brand varchar(100) -- Invented; a brand keeps to its subcategories
        sku varchar(100) -- Unique; category, subcategory and number: `ELE-PHO-000017`""",
    ),
    indexes=(*_full("category", "supplier_id", "sku"), *_gin("attributes", "attributes")),
)

ORDERS = Table(
    name="orders",
    meaning="An order as it stood at the window's end; its items are in `raw_data`.",
    key=("order_id", "order_date"),
    partition_by="order_date",
    columns=_columns(
        "orders",
        "order_management",
        """
        order_id varchar(50) not null -- `ORD` and 10 digits or more, dense in order of arrival
        customer_id varchar(50) -- Who ordered; exists, and registered before
        order_date timestamp not null -- When it was placed, UTC; of a web order, the time of its purchase event
        status varchar(50)
            -- `pending`, `processing`, `shipped`, `delivered`, `cancelled`, `partially_returned` or `returned`
        shipping_address jsonb -- Where it goes; in 85 % of orders the customer's own address
        total_amount numeric(15,2) -- Subtotal - discount + shipping + tax""",
    ),
    indexes=(*_keys("customer_id", "order_date"), *_full("status")),
)

INVENTORY = Table(
    name="inventory",
    meaning="A movement in the book of a warehouse; stock is the running sum of `quantity`, never negative.",
    key=("inventory_id", "movement_date"),
    partition_by="movement_date",
    columns=_columns(
        "inventory",
        "warehouse",
        """
        inventory_id bigserial not null -- Unique; a function of what moved, so not dense
        product_id varchar(50) not null -- What moved
        warehouse_id varchar(50) not null -- `WH` and 3 digits: `WH001` to the number of warehouses
        quantity integer not null -- Pieces, signed: what leaves is negative
        movement_type varchar(50) not null
            -- `IN` (bought), `OUT` (shipped), `RETURN`, `TRANSFER` (in pairs), `ADJUSTMENT` (counted)
        movement_date timestamp not null
            -- When it moved, UTC: of OUT the time of shipping, of RETURN that of the return
        reference_number varchar(100)
            -- OUT and RETURN: the order's id; else a document number, shared by both sides of a TRANSFER""",
    ),
    indexes=(*_keys("product_id", "warehouse_id", "movement_date"), *_full("movement_type", "reference_number")),
)

REVIEWS = Table(
    name="reviews",
    meaning="A review of an item that was delivered; at most one for each item.",
    key=("review_id",),
    columns=_columns(
        "reviews",
        "reviews",
        """
        review_id varchar(50) not null -- `REV` and 10 digits or more; a function of the order's number, so not dense
        product_id varchar(50) not null -- What is reviewed
        customer_id varchar(50) -- Who bought and reviewed it
        rating integer check (rating between 1 and 5)
            -- 1 to 5 stars; follows a hidden quality of the product, which also drives returns
        review_text text -- English; says what the rating says, of that kind of product
        review_title varchar(255) -- Headline, of the same mind
        review_date timestamp -- Within 60 days of the delivery, UTC
        helpful_count integer -- Votes up to the window's end; most have none, a few have many
        verified_purchase boolean -- False only for some marketplace and store orders (8 % of theirs)""",
    ),
    indexes=(
        *_keys("product_id", "customer_id", "review_date"),
        *_full("rating"),
        *_gin("review_text", "to_tsvector('english', review_text)"),
    ),
)

SESSIONS = Table(
    name="sessions",
    meaning="A visit to the web shop, at most 3 hours and within a day; every web order has exactly one.",
    key=("session_id",),
    columns=_columns(
        "sessions",
        "web_tracker",
        """
        session_id varchar(100) not null -- `SESS` and 12 digits or more, dense in order of start
        user_id varchar(50) -- The customer where they were logged in, else null
        start_time timestamp not null -- Of the first event, UTC
        end_time timestamp -- Not before the last event, UTC
        duration_seconds integer -- end_time - start_time
        device_type varchar(50) -- `mobile` (55 %), `desktop` (40 %) or `tablet` (5 %)
        browser varchar(100) -- One that the operating system has
        operating_system varchar(100) -- One that the device has
        location jsonb -- Where the visitor was
        ip_address varchar(45) -- IPv4 or IPv6, of ranges that belong to nobody; the same for a visitor and place
        is_mobile boolean -- Whether the device is a phone""",
    ),
    indexes=(*_keys("user_id", "start_time"), *_full("device_type"), *_gin("location", "location")),
)

CLICKSTREAM = Table(
    name="clickstream",
    meaning="An event of a session, as the tracker sent it.",
    key=("event_id", "event_timestamp"),
    partition_by="event_timestamp",
    columns=_columns(
        "clickstream",
        "web_tracker",
        """
        event_id bigserial not null -- Unique; session number x 64 + sequence number, so not dense
        session_id varchar(100) not null -- The session; it exists, unless sessions were not loaded
        user_id varchar(50) -- As in the session
        event_type varchar(50) not null
            -- `page_view`, `search`, `product_view`, `click`, `add_to_cart`, ...: `purchase` is an order
        page_url text -- Page that the event happened on
        referrer text -- The page before; of the first event, what its traffic source sends
        device_info jsonb -- The same for all events of a session
        event_timestamp timestamp not null -- UTC; strictly rising within the session""",
    ),
    indexes=(
        *_keys("session_id", "user_id", "event_timestamp"),
        *_full("event_type"),
        *_gin("device_info", "device_info"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table for table in (CUSTOMERS, PRODUCTS, ORDERS, INVENTORY, REVIEWS, SESSIONS, CLICKSTREAM)
}
assert tuple(TABLES) == TABLE_NAMES

ORDER_ITEMS = """
SELECT o.order_id, o.order_date, o.customer_id, i.position::integer AS position,
       i.item ->> 'product_id' AS product_id,
       (i.item ->> 'quantity')::integer AS quantity,
       (i.item ->> 'unit_price')::numeric(10,2) AS unit_price,
       (i.item ->> 'discount_amount')::numeric(10,2) AS discount_amount,
       (i.item ->> 'total_amount')::numeric(15,2) AS total_amount,
       (i.item ->> 'returned_quantity')::integer AS returned_quantity,
       i.item ->> 'return_reason' AS return_reason
FROM {orders} AS o
CROSS JOIN LATERAL jsonb_array_elements(o.raw_data -> 'items') WITH ORDINALITY AS i (item, position)
"""
ORDER_ITEM_COLUMNS = (
    *("order_id", "order_date", "customer_id", "position", "product_id", "quantity", "unit_price", "discount_amount"),
    *("total_amount", "returned_quantity", "return_reason"),
)
"""What tells this view from another of its name."""


def create_table(table: Table, schema: str) -> sql.Composed:
    """CREATE TABLE; a partitioned parent comes with its primary key, and so does a plain table."""
    lines = [_column_definition(column) for column in table.columns]
    lines.append(sql.SQL("PRIMARY KEY ({})").format(_names(table.key)))
    partition = sql.SQL(" PARTITION BY RANGE ({})").format(sql.Identifier(table.partition_by))
    return sql.SQL("CREATE TABLE {} (\n    {}\n){}").format(
        sql.Identifier(schema, table.relation),
        sql.SQL(",\n    ").join(lines),
        partition if table.partitioned else sql.SQL(""),
    )


def create_index(table: Table, index: Index, schema: str) -> sql.Composed:
    """CREATE INDEX on the table (on a partitioned parent before its first leaf exists, it costs nothing)."""
    return sql.SQL("CREATE INDEX {} ON {} USING {} ({})").format(
        sql.Identifier(index_name(table, index)),
        sql.Identifier(schema, table.relation),
        sql.SQL(index.method),
        sql.SQL(index.expression),
    )


def comments(table: Table, schema: str) -> sql.Composed:
    """COMMENT ON the table and each of its columns, as one string of statements."""
    relation = sql.Identifier(schema, table.relation)
    lines = [sql.SQL("COMMENT ON TABLE {} IS {}").format(relation, sql.Literal(table.description))]
    lines += [
        sql.SQL("COMMENT ON COLUMN {} IS {}").format(
            sql.Identifier(schema, table.relation, column.name), sql.Literal(column.description)
        )
        for column in table.columns
    ]
    return sql.SQL(";\n").join(lines)


def create_order_items(schema: str) -> sql.Composed:
    """CREATE VIEW order_items, which unpacks the items of raw_orders."""
    query = sql.SQL(ORDER_ITEMS.strip()).format(orders=sql.Identifier(schema, ORDERS.relation))
    return sql.SQL("CREATE VIEW {} AS\n{}").format(sql.Identifier(schema, "order_items"), query)


def index_name(table: Table, index: Index) -> str:
    """Name of a secondary index: ``raw_orders_customer_id_idx``."""
    return f"{table.relation}_{index.suffix}_idx"


def ddl(schema: str, tables: tuple[str, ...] = TABLE_NAMES, indexes: str = "keys") -> list[sql.Composed]:
    """Every statement that creates the bronze schema, in order."""
    statements = [sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema))]
    for name in tables:
        table = TABLES[name]
        statements += [create_table(table, schema), comments(table, schema)]
        statements += [create_index(table, index, schema) for index in table.indexes_for(indexes)]
    if "orders" in tables:
        statements.append(create_order_items(schema))
    return statements


def _column_definition(column: Column) -> sql.Composed:
    constraint = (" NOT NULL" if column.not_null else "") + (f" CHECK {column.check}" if column.check else "")
    return sql.SQL("{} {}{}").format(
        sql.Identifier(column.name),
        sql.SQL(column.type),
        sql.SQL(constraint),
    )


def _names(columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)
