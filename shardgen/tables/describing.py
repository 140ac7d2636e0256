"""What the catalogue says of a product: name, description, brand, and attributes that go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np

from shardgen.columns import jsonb, text
from shardgen.columns.text import I64, Text
from shardgen.world import corrections, fitting, products
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.measures import (
    AUTHORED,
    BY_NOUN,
    DEAR_IS_HEAVY,
    FOLLOWS,
    HEAVY,
    LEADS,
    LIGHT,
    ONLY,
    PACKING,
    Span,
)
from shardgen.world.lexicon.subcategory import Subcategory
from shardgen.world.rng import below

BY_PRICE = frozenset(
    {"storage", "memory", "battery", "drop_protection", "battery_life", "water_resistance", "resolution", "power"}
    | {"processor", "refresh_rate", "capacity", "transfer_speed", "screen_size", "driver_size", "jar_capacity"}
    | {"brightness", "thread_count", "hardness", "max_load", "pieces", "shelves", "water_column", "modes"}
    | {"net_weight", "volume", "diameter", "blade_length", "warranty", "range", "top_speed"}
)
"""Attributes whose values stand in rising order in the lexicon, and of which more money buys more."""

Only: TypeAlias = "Mapping[str, Mapping[str, tuple[str, ...]]]"

DRAWS = 24
"""Draws that a product's words may take: name, description and attributes."""
ONE = 1 << 31
"""A draw is a whole number below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """What is known of one product before its words are found."""

    subcategory: Subcategory
    noun: str
    brand: str
    rank: float
    """How dear it is within its subcategory, 0 to below 1."""
    sizes: list[int]
    """Draws of its weight and its three lengths."""
    fits: dict[str, str]
    """Attributes that tell whom it fits."""
    wrong: int
    """What is still wrong of it: see corrections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What the attributes of a subcategory may be."""

    attributes: dict[str, tuple[str, ...]]
    order: list[tuple[str, tuple[str, ...], str | None]]
    """Keys and values as they are drawn, and what each key follows: those that follow come last."""
    only: Only
    """Words that leave some values only; empty for most."""


@cache
def _known() -> dict[str, _Kind]:
    """By subcategory, so that it is found once and not for each product."""
    return {each.slug: _kind(each) for each in SUBCATEGORIES}


def _kind(subcategory: Subcategory) -> _Kind:
    follows, attributes = dict(FOLLOWS.get(subcategory.slug, ())), dict(subcategory.attributes)
    order = sorted(attributes, key=lambda each: each in follows)
    return _Kind(
        attributes=attributes,
        order=[(key, attributes[key], follows.get(key)) for key in order],
        only=ONLY.get(subcategory.slug, {}),
    )


def words(shop: products.Catalogue, numbers: I64, kind: I64, wrong: I64) -> tuple[Text, Text, Text, Text]:
    """Name, description, brand and attributes of each product: the one place that loops over rows.

    There are few products, and each has its own templates.

    Args:
        wrong: what is still to be put right of each: see corrections.
    """
    seed, cells = shop.seed, shop.cell[numbers].tolist()
    draws = below(seed, "products.words", numbers[:, None], ONE, np.arange(DRAWS)).tolist()
    nouns, brands = products.noun(seed, numbers, kind).tolist(), products.brand(seed, numbers, kind).tolist()
    sizes = below(seed, "products.size", numbers[:, None], ONE, np.arange(4)).tolist()
    ranks = products.price_ranks(seed, numbers).tolist()
    rows = [
        _described(
            _Piece(
                subcategory=SUBCATEGORIES[kind_],
                noun=SUBCATEGORIES[kind_].nouns[noun],
                brand=SUBCATEGORIES[kind_].brands[brand],
                rank=rank,
                sizes=size,
                fits=fitting.attributes(kind_, cell),
                wrong=mistake,
            ),
            iter(draw),
        )
        for kind_, cell, draw, noun, brand, size, rank, mistake in zip(
            kind.tolist(), cells, draws, nouns, brands, sizes, ranks, wrong.tolist(), strict=True
        )
    ]
    name, description, brand, attributes = (text.pool(column) for column in zip(*rows, strict=True))
    return name, description, brand, attributes


def _described(piece: _Piece, pick: Iterator[int]) -> tuple[str, str, str, str]:
    subcategory = piece.subcategory
    drawn = dict(zip(_known()[subcategory.slug].attributes, pick, strict=False))
    trait = subcategory.traits[next(pick) % len(subcategory.traits)]
    series = subcategory.series[next(pick) % len(subcategory.series)] if subcategory.series else ""
    chosen = _attributes(piece, trait, drawn)
    if subcategory.slug in AUTHORED:
        chosen["author"] = _author(subcategory, trait, series)
    slots = chosen | {"brand": piece.brand, "noun": piece.noun, "trait": trait, "series": series}
    slots |= {"noun_lower": piece.noun.lower(), "trait_lower": trait.lower()}
    name = subcategory.names[next(pick) % len(subcategory.names)].format(**slots)
    other = piece.wrong == corrections.DESCRIPTION  # the next of the sentences in each place
    sentences = (group[(next(pick) + other) % len(group)].format(**slots) for group in subcategory.descriptions)
    attributes = jsonb.value({**chosen, **_measures(piece, trait, chosen)})
    return name, " ".join(sentences), piece.brand, attributes


def _attributes(piece: _Piece, trait: str, drawn: dict[str, int]) -> dict[str, str]:
    """A value for each attribute of the kind, in the kind's order."""
    kind, chosen = _known()[piece.subcategory.slug], dict[str, str]()
    for key, usual, leader in kind.order:
        values = _allowed(kind.only, (piece.noun, trait), key, usual) if kind.only else usual
        if leader:
            share = _share(kind.attributes[leader], chosen[leader])
            chosen[key] = values[_along(drawn[key], len(values), share)]
        elif key in BY_PRICE:
            chosen[key] = values[_along(drawn[key], len(values), piece.rank)]
        else:
            chosen[key] = values[drawn[key] % len(values)]
    return {key: chosen[key] for key in kind.attributes} | piece.fits


def _allowed(only: Only, words_: tuple[str, ...], key: str, values: tuple[str, ...]) -> tuple[str, ...]:
    """The values of an attribute that noun and trait allow."""
    for word in words_:
        values = only.get(word, {}).get(key, values)
    return values


def _along(draw: int, size: int, share: float) -> int:
    """Which of so many rising values: mostly the one at this share of them, from 0 to below 1."""
    return int((0.8 * share + 0.2 * draw / ONE) * size)


def _share(values: tuple[str, ...], value: str) -> float:
    """How far up in rising values one lies: the middle of its part of 0 to 1."""
    return (values.index(value) + 0.5) / len(values)


def _author(subcategory: Subcategory, trait: str, series: str) -> str:
    """Who wrote the book of that title: always the same."""
    authors = dict(subcategory.attributes)["author"]
    return authors[(subcategory.traits.index(trait) * 7 + subcategory.series.index(series) * 11) % len(authors)]


def _measures(piece: _Piece, trait: str, chosen: dict[str, str]) -> dict[str, object]:
    """Weight and dimensions, as the size, the noun and the trait have them."""
    subcategory = piece.subcategory
    usual = (subcategory.weight_grams, *subcategory.dimensions_mm)
    spans = BY_NOUN.get(subcategory.slug, {}).get(piece.noun, usual)
    weight, length, width, height = (
        _within(_half(piece, span, trait), _extent(piece, chosen, draw))
        for span, draw in zip(spans, piece.sizes, strict=True)
    )
    if subcategory.slug in PACKING:
        weight = _net(chosen[LEADS[subcategory.slug]]) + _within(PACKING[subcategory.slug], piece.sizes[0] / ONE)
    if piece.wrong == corrections.MEASURES:  # read off in the wrong order
        length, width, height = (height, width, length) if height != length else (width, length, height)
    return {
        "weight": {"value": weight, "unit": "g"},
        "dimensions": {"length": length, "width": width, "height": height, "unit": "mm"},
    }


def _net(told: str) -> int:
    """Grams of what is in a pack of so many g, kg or ml."""
    number, unit = told.split()
    return int(float(number) * (1000 if unit == "kg" else 1))


def _extent(piece: _Piece, chosen: dict[str, str], draw: int) -> float:
    """How far up in its span a measure lies, 0 to below 1."""
    slug = piece.subcategory.slug
    if slug in DEAR_IS_HEAVY:
        return 0.9 * piece.rank + 0.1 * draw / ONE
    if slug not in LEADS:
        return draw / ONE
    values = _known()[slug].attributes[LEADS[slug]]
    return (values.index(chosen[LEADS[slug]]) + draw / ONE) / len(values)


def _half(piece: _Piece, span: Span, trait: str) -> Span:
    """The half of a span that the trait speaks of, if it does."""
    low, high = span
    if piece.subcategory.slug in DEAR_IS_HEAVY:
        return span
    return (low, (low + high) // 2) if trait in LIGHT else ((low + high) // 2, high) if trait in HEAVY else span


def _within(span: Span, extent: float) -> int:
    return span[0] + int((span[1] - span[0] + 1) * extent)
