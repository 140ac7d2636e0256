"""raw_products: the catalogue's description of each product."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from shardgen import schema
from shardgen.tables import jsonb, records, text
from shardgen.tables.jsonb import Quoted
from shardgen.tables.pieces import Drawn
from shardgen.tables.records import Batch, Cut
from shardgen.tables.text import I64, Text
from shardgen.world import World, products
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.subcategory import Subcategory
from shardgen.world.rng import below, between

CURRENCY = "USD"
SUPPLIERS = 400
BY_PRICE = frozenset(
    {"storage", "memory", "battery", "drop_protection", "battery_life", "water_resistance", "resolution", "power"}
    | {"processor", "refresh_rate", "capacity", "transfer_speed", "screen_size", "driver_size", "jar_capacity"}
    | {"brightness", "thread_count", "hardness", "max_load", "pieces", "shelves", "water_column", "modes"}
    | {"net_weight", "volume", "diameter", "blade_length", "warranty", "range", "top_speed"}
)
"""Attributes whose values stand in rising order in the lexicon, and of which more money buys more."""

DRAWS = 24
"""Draws that a product's words may take: name, description and attributes."""


def batches(cut: Cut) -> Iterator[Batch]:
    """Products of the cut, all of which exist by its end."""
    for low, high in cut.ranges():
        yield _batch(cut.world, cut.mode, np.arange(low, high, dtype=np.int64))


def _batch(world: World, mode: str, ids: I64) -> Batch:
    shop, seed = world.catalogue, world.seed
    kind, price = shop.subcategory[ids].astype(np.int64), shop.price[ids].astype(np.int64)
    cost, launched = products.costs(seed, ids, kind, price), world.launches.times(ids)
    name, description, brand, attributes = _words(seed, ids, kind)
    category, subcategory = (
        Drawn(text.pool(getattr(s, field) for s in SUBCATEGORIES), kind) for field in ("category", "name")
    )
    product = records.ids("product", ids)
    supplier = records.ids(
        "supplier", below(seed, "products.supplier", kind * 64 + products.brand(seed, ids, kind), SUPPLIERS)
    )
    sku = text.join(text.take(text.pool(_code(s) for s in SUBCATEGORIES), kind), "-", text.digits(ids + 1, 6))
    return records.batch(
        schema.PRODUCTS,
        mode,
        {
            "product_id": product,
            "product_name": name,
            "description": description,
            "category": category,
            "subcategory": subcategory,
            "price": price,
            "cost": cost,
            "currency": CURRENCY,
            "attributes": attributes,
            "supplier_id": supplier,
            "brand": brand,
            "sku": sku,
        },
        source="catalogue",
        ingestion=records.ingested(seed, "products", ids, launched, 600, 6 * 3600),
        record={
            "product_id": Quoted(product),
            "product_name": jsonb.quoted(name),
            "description": jsonb.quoted(description),
            "category": jsonb.quoted(category),
            "subcategory": jsonb.quoted(subcategory),
            "price": text.fixed(price, 2),
            "cost": text.fixed(cost, 2),
            "currency": f'"{CURRENCY}"',
            "attributes": attributes,
            "supplier_id": Quoted(supplier),
            "brand": jsonb.quoted(brand),
            "sku": Quoted(sku),
        },
        extra={"launched_at": text.join('"', text.iso(launched), '"')},
    )


def _code(subcategory: Subcategory) -> str:
    """Three letters of the category and three of the subcategory: ``"ELE-PHO"``."""
    return f"{subcategory.category[:3]}-{subcategory.slug.replace('-', '')[:3]}".upper()


def _words(seed: int, ids: I64, kind: I64) -> tuple[Text, Text, Text, Text]:
    """Name, description, brand and attributes of each product: the one place that loops over rows.

    There are few products, and each has its own templates.
    """
    draws = below(seed, "products.words", ids[:, None], 1 << 31, np.arange(DRAWS)).tolist()
    nouns, brands = products.noun(seed, ids, kind).tolist(), products.brand(seed, ids, kind).tolist()
    sizes, ranks = _sizes(seed, ids, kind).tolist(), products.price_ranks(seed, ids).tolist()
    rows = [
        _product(SUBCATEGORIES[kind_], *rest)
        for kind_, *rest in zip(kind.tolist(), draws, nouns, brands, sizes, ranks, strict=True)
    ]
    name, description, brand, attributes = (text.pool(column) for column in zip(*rows, strict=True))
    return name, description, brand, attributes


def _product(
    subcategory: Subcategory, draw: list[int], noun: int, brand: int, size: list[int], rank: float
) -> tuple[str, str, str, str]:
    pick = iter(draw)
    chosen = {
        key: values[_position(next(pick), len(values), rank if key in BY_PRICE else None)]
        for key, values in subcategory.attributes
    }
    slots = {
        **chosen,
        "brand": subcategory.brands[brand],
        "noun": subcategory.nouns[noun],
        "trait": subcategory.traits[next(pick) % len(subcategory.traits)],
        "series": subcategory.series[next(pick) % len(subcategory.series)] if subcategory.series else "",
    }
    slots |= {"noun_lower": slots["noun"].lower(), "trait_lower": slots["trait"].lower()}
    name = subcategory.names[next(pick) % len(subcategory.names)].format(**slots)
    sentences = (group[next(pick) % len(group)].format(**slots) for group in subcategory.descriptions)
    weight, length, width, height = size
    measured = {
        "weight": {"value": weight, "unit": "g"},
        "dimensions": {"length": length, "width": width, "height": height, "unit": "mm"},
    }
    return name, " ".join(sentences), slots["brand"], jsonb.value({**chosen, **measured})


def _position(draw: int, size: int, rank: float | None) -> int:
    """Which of so many values: any, or mostly what the price's rank within the subcategory (0 to 1) buys."""
    if rank is None:
        return draw % size
    return int((0.8 * rank + 0.2 * draw / (1 << 31)) * size)


def _sizes(seed: int, ids: I64, kind: I64) -> I64:
    """Weight in grams and three lengths in millimetres, shape (n, 4)."""
    spans = np.array([(s.weight_grams, *s.dimensions_mm) for s in SUBCATEGORIES], dtype=np.int64)[kind]
    return between(seed, "products.size", ids[:, None], spans[:, :, 0], spans[:, :, 1], np.arange(4))
