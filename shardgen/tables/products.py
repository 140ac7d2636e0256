"""raw_products: the catalogue's description of each product."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np

from shardgen.columns import text
from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Constant, Instant, Json, Money, Prose, Sometimes, Words
from shardgen.model.keys import PRODUCT, SUPPLIER, KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, Index, Keys, bronze_table, by_all
from shardgen.model.types import JSON, TEXT, TIMESTAMP, decimal, varchar
from shardgen.tables import describing
from shardgen.tables.spec import ByIds, History, Sizes, Slice, TableSpec, arriving, by_lives
from shardgen.tables.statements import beside
from shardgen.world import World, estimates, listings, products
from shardgen.world.demand import DAY, HOUR
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.subcategory import Subcategory
from shardgen.world.listings import Listings
from shardgen.world.picking import picked
from shardgen.world.rng import below
from shardgen.world.versions import Versions

CURRENCY = "USD"
SUPPLIERS = 400
VERSIONS = 3
"""Of a product, about: batches are of so many fewer products where all are asked for."""


def rows(wanted: Slice) -> Iterator[Batch]:
    """Products of the slice, all of which exist by its end, as they stand then; or all versions of them."""
    shop = wanted.world.catalogue
    for low, high in wanted.ranges(wanted.rows // VERSIONS if wanted.versions else wanted.rows):
        what = listings.listings(shop, wanted.chosen(low, high))
        if not wanted.versions:
            yield _batch(wanted, what, np.full(len(what.ids), wanted.end))
            continue
        found = listings.versions(shop, what, wanted.since, wanted.end)
        if len(found.row):
            yield _batch(wanted, picked(what, found.row), found.until, found)


def _batch(wanted: Slice, what: Listings, until: I64, versions: Versions | None = None) -> Batch:
    """Products as they stand after all changes before an instant each."""
    shop, seed, numbers, launched = wanted.world.catalogue, wanted.world.seed, what.ids, what.launched
    kind, last = shop.subcategory[numbers].astype(np.int64), what.last_day(until)
    price, priced = shop.prices.on(numbers, last), shop.prices.since(numbers, last, launched // DAY) * DAY
    priced = np.maximum(priced, launched)
    ended, corrected = what.gone < until, what.corrected.at < until
    name, description, brand, attributes = describing.words(shop, numbers, kind, what.corrected.wrong(until))
    changed = np.maximum(priced, np.where(ended, what.gone, np.where(corrected, what.corrected.at, 0)))
    supplier = below(seed, "products.supplier", kind * 64 + products.brand(seed, numbers, kind), SUPPLIERS)
    return batch(
        PRODUCTS.table,
        wanted.raw_data,
        {
            "product_id": Words(ids(PRODUCT, numbers)),
            "product_name": Prose(name),
            "description": Prose(description),
            "category": Prose(Drawn(_of_subcategories("category"), kind)),
            "subcategory": Prose(Drawn(_of_subcategories("name"), kind)),
            "price": Money(price),
            "cost": Money(products.costs(shop, numbers, kind)),
            "currency": Constant(CURRENCY),
            "attributes": Json(attributes),
            "supplier_id": Words(ids(SUPPLIER, supplier)),
            "brand": Prose(brand),
            "sku": Words(text.join(text.take(_codes(), kind), "-", text.digits(numbers + 1, 6))),
        },
        numbers=numbers,
        ingestion=ingested(seed, "products", numbers, changed, 600, 6 * 3600),
        extra={
            "launched_at": Instant(launched),
            "price_since": Instant(priced),
            "corrected_at": Sometimes(corrected, Instant(what.corrected.at[corrected])),
            "discontinued_at": Sometimes(ended, Instant(what.gone[ended])),
        },
        versions=versions,
    )


@cache
def _of_subcategories(field: str) -> Text:
    return text.pool(getattr(subcategory, field) for subcategory in SUBCATEGORIES)


@cache
def _codes() -> Text:
    return text.pool(map(_code, SUBCATEGORIES))


def _code(subcategory: Subcategory) -> str:
    """Three letters of the category and three of the subcategory: ``"ELE-PHO"``."""
    return f"{subcategory.category[:3]}-{subcategory.slug.replace('-', '')[:3]}".upper()


def _launched(world: World, end: int) -> int:
    return int(world.launches.before(end))


ATTRIBUTES: Final[Keys] = {
    "weight.value": "Weight of the piece, packed",
    "weight.unit": "`g`",
    "dimensions.length": "Length of the piece, packed",
    "dimensions.width": "Width of the piece, packed",
    "dimensions.height": "Height of the piece, packed",
    "dimensions.unit": "`mm`",
}
"""Those of every product; the others depend on the subcategory."""

PRODUCTS = TableSpec(
    table=bronze_table(
        name="products",
        meaning="A product of the catalogue, its price of then with it; 80 % of the products were launched "
        "before the epoch.",
        source="catalogue",
        key=("product_id",),
        space=KeySpace(ids=PRODUCT, dense=True),
        columns=(
            Column(
                name="product_id",
                type=varchar(50),
                not_null=True,
                meaning="`PROD` and 8 digits or more, dense in order of launch",
            ),
            Column(name="product_name", type=TEXT, meaning="Brand, series and kind"),
            Column(name="description", type=TEXT, meaning="A few sentences, with values of `attributes`"),
            Column(name="category", type=varchar(100), meaning="One of 12: `Electronics`"),
            Column(name="subcategory", type=varchar(100), meaning="One of 61: `Smartphones`"),
            Column(
                name="price",
                type=decimal(10, 2),
                meaning="Price of a piece before discounts and tax, in `currency`; it changes with time",
            ),
            Column(name="cost", type=decimal(10, 2), meaning="What the shop pays; above 0 and below the price"),
            Column(name="currency", type=varchar(3), meaning="One for the whole shop: `USD`"),
            Column(
                name="attributes",
                type=JSON,
                meaning="Facts that suit the subcategory, weight and dimensions",
                keys=ATTRIBUTES,
            ),
            Column(
                name="supplier_id",
                type=varchar(50),
                meaning="`SUPP` and 5 digits; one for each brand of a subcategory",
            ),
            Column(name="brand", type=varchar(100), meaning="Invented; a brand keeps to its subcategories"),
            Column(
                name="sku",
                type=varchar(100),
                unique=True,
                meaning="Unique; category, subcategory and number: `ELE-PHO-000017`",
            ),
        ),
        extra={
            "launched_at": Key("When the product came into the shop; nothing mentions it earlier", TIMESTAMP),
            "price_since": Key("Since when it costs what it does: the launch or the last change", TIMESTAMP),
            "corrected_at": Key(
                "When a mistake in its description or its dimensions was put right; absent until then",
                TIMESTAMP,
                missing="absent",
            ),
            "discontinued_at": Key(
                "From when on it is not sold any more; absent until then", TIMESTAMP, missing="absent"
            ),
        },
        indexes=(
            *by_all("category", "supplier_id", "sku"),
            Index(column="attributes", kind="json", full=True),
        ),
    ),
    cut=ByIds(step=50_000, total=_launched),
    rows=rows,
    changed=arriving(_launched, None),
    history=History(estimate=by_lives(estimates.product_lives)),
    lag=6 * HOUR,
    laws=beside(__package__, "laws/l06.sql"),
    sizes=Sizes(
        copy={"full": 1436, "lean": 719, "none": 620},
        heap={"full": 1678, "lean": 803, "none": 683},
        indexes={
            "pkey": 32.7,
            "category": 8,
            "supplier_id": 10,
            "sku": 32.7,
            "source_system": 8,
            "ingestion_timestamp": 23,
        },
        inverted={"attributes": (5000, 0.56)},
    ),
)
