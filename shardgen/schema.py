"""The seven bronze tables as data, and the DDL rendered from them.

The one place that knows columns, types, keys, indexes and partitioning; everything else asks here. Identifiers are
quoted by psycopg.sql only.
"""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from shardgen.config import TABLES as TABLE_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a bronze table."""

    name: str
    type: str
    """As PostgreSQL spells it in CREATE TABLE."""
    not_null: bool = False
    check: str = ""
    """Boolean SQL expression, or nothing."""

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
    def partitioned(self) -> bool:
        """Whether the table is loaded leaf by leaf."""
        return bool(self.partition_by)

    def indexes_for(self, mode: str) -> tuple[Index, ...]:
        """Secondary indexes of an ``--indexes`` mode."""
        if mode == "none":
            return ()
        return tuple(index for index in self.indexes if mode == "full" or not index.full)


def _columns(text: str) -> tuple[Column, ...]:
    """Columns out of lines such as ``rating integer check (rating between 1 and 5)``, and the three that all have."""
    common = "source_system varchar(50) not null\ningestion_timestamp timestamp\nraw_data jsonb"
    return tuple(_column(line) for line in [*text.strip().splitlines(), *common.splitlines()])


def _column(line: str) -> Column:
    name, rest = line.strip().split(" ", 1)
    rest, _, check = rest.partition(" check ")
    return Column(name=name, type=rest.removesuffix(" not null"), not_null=rest.endswith(" not null"), check=check)


def _keys(*columns: str) -> tuple[Index, ...]:
    return tuple(Index(suffix=column, expression=column) for column in columns)


def _full(*columns: str) -> tuple[Index, ...]:
    every = (*columns, "source_system", "ingestion_timestamp")
    return tuple(Index(suffix=column, expression=column, full=True) for column in every)


def _gin(suffix: str, expression: str) -> tuple[Index, ...]:
    return (Index(suffix=suffix, expression=expression, method="gin", full=True),)


CUSTOMERS = Table(
    name="customers",
    key=("customer_id",),
    columns=_columns("""
        customer_id varchar(50) not null
        email varchar(255)
        customer_name varchar(255)
        first_name varchar(100)
        last_name varchar(100)
        phone varchar(50)
        address jsonb
        registration_date timestamp
        date_of_birth date
        gender varchar(20)"""),
    indexes=(*_keys("registration_date"), *_full("email"), *_gin("address", "address")),
)

PRODUCTS = Table(
    name="products",
    key=("product_id",),
    columns=_columns("""
        product_id varchar(50) not null
        product_name text
        description text
        category varchar(100)
        subcategory varchar(100)
        price numeric(10,2)
        cost numeric(10,2)
        currency varchar(3)
        attributes jsonb
        supplier_id varchar(50)
        brand varchar(100)
        sku varchar(100)"""),
    indexes=(*_full("category", "supplier_id", "sku"), *_gin("attributes", "attributes")),
)

ORDERS = Table(
    name="orders",
    key=("order_id", "order_date"),
    partition_by="order_date",
    columns=_columns("""
        order_id varchar(50) not null
        customer_id varchar(50)
        order_date timestamp not null
        status varchar(50)
        shipping_address jsonb
        total_amount numeric(15,2)"""),
    indexes=(*_keys("customer_id", "order_date"), *_full("status")),
)

INVENTORY = Table(
    name="inventory",
    key=("inventory_id", "movement_date"),
    partition_by="movement_date",
    columns=_columns("""
        inventory_id bigserial not null
        product_id varchar(50) not null
        warehouse_id varchar(50) not null
        quantity integer not null
        movement_type varchar(50) not null
        movement_date timestamp not null
        reference_number varchar(100)"""),
    indexes=(*_keys("product_id", "warehouse_id", "movement_date"), *_full("movement_type", "reference_number")),
)

REVIEWS = Table(
    name="reviews",
    key=("review_id",),
    columns=_columns("""
        review_id varchar(50) not null
        product_id varchar(50) not null
        customer_id varchar(50)
        rating integer check (rating between 1 and 5)
        review_text text
        review_title varchar(255)
        review_date timestamp
        helpful_count integer
        verified_purchase boolean"""),
    indexes=(
        *_keys("product_id", "customer_id", "review_date"),
        *_full("rating"),
        *_gin("review_text", "to_tsvector('english', review_text)"),
    ),
)

SESSIONS = Table(
    name="sessions",
    key=("session_id",),
    columns=_columns("""
        session_id varchar(100) not null
        user_id varchar(50)
        start_time timestamp not null
        end_time timestamp
        duration_seconds integer
        device_type varchar(50)
        browser varchar(100)
        operating_system varchar(100)
        location jsonb
        ip_address varchar(45)
        is_mobile boolean"""),
    indexes=(*_keys("user_id", "start_time"), *_full("device_type"), *_gin("location", "location")),
)

CLICKSTREAM = Table(
    name="clickstream",
    key=("event_id", "event_timestamp"),
    partition_by="event_timestamp",
    columns=_columns("""
        event_id bigserial not null
        session_id varchar(100) not null
        user_id varchar(50)
        event_type varchar(50) not null
        page_url text
        referrer text
        device_info jsonb
        event_timestamp timestamp not null"""),
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
        statements.append(create_table(table, schema))
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
