"""What the catalogue says of a product goes together."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.measures import AUTHORED, BY_NOUN, FOLLOWS, HEAVY, LEADS, LIGHT, ONLY, PACKING
from tests.worlds import small, table_rows

KINDS = {subcategory.slug: subcategory for subcategory in SUBCATEGORIES}


@cache
def catalogue(name: str) -> list[dict[str, Any]]:
    """Products of a subcategory, with their attributes parsed."""
    rows = [row for row in _rows() if row["subcategory"] == name]
    return [row | {"attributes": json.loads(row["attributes"])} for row in rows]


@cache
def _rows() -> list[dict[str, Any]]:
    return table_rows(small(products=6_000), "products")


def grams(row: dict[str, Any]) -> int:
    weight: int = row["attributes"]["weight"]["value"]
    return weight


def test_one_title_has_one_author() -> None:
    authors: dict[str, set[str]] = {}
    for slug in AUTHORED:
        for row in catalogue(KINDS[slug].name):
            author = row["attributes"]["author"]
            title = row["product_name"].split(":")[0].split(" (")[0].removesuffix(f" by {author}").removeprefix("The ")
            authors.setdefault(f"{slug}: {title.removeprefix('A ')}", set()).add(author)
    assert len(authors) > 300
    assert {title: names for title, names in authors.items() if len(names) > 1} == {}


def test_a_hand_trowel_is_light_and_a_spade_is_not() -> None:
    tools = catalogue("Garden Tools")
    trowels = [grams(row) for row in tools if "Trowel" in row["product_name"]]
    spades = [grams(row) for row in tools if "Spade" in row["product_name"]]
    assert max(trowels) < 500 < min(spades)


def test_a_laptop_for_travel_weighs_two_kilograms_at_most_and_larger_ones_weigh_more() -> None:
    laptops = catalogue("Laptops")
    assert max(grams(row) for row in laptops if "Travel-Ready" in row["product_name"]) < 2_000
    means = [
        np.mean([grams(row) for row in laptops if row["attributes"]["screen_size"] == size])
        for size in dict(KINDS["laptops"].attributes)["screen_size"]
    ]
    assert means == sorted(means)


def test_dumbbells_cost_by_their_weight() -> None:
    dumbbells = catalogue("Dumbbells")
    prices, weights = [float(row["price"]) for row in dumbbells], [grams(row) for row in dumbbells]
    assert np.corrcoef(np.log(prices), weights)[0, 1] > 0.7


@pytest.mark.parametrize("slug", PACKING)
def test_a_pack_weighs_more_than_what_is_in_it(slug: str) -> None:
    for row in catalogue(KINDS[slug].name):
        number, unit = row["attributes"][LEADS[slug]].split()
        net = float(number) * {"g": 1, "kg": 1000, "ml": 1}[unit]
        assert net < grams(row) <= net + PACKING[slug][1]


def test_more_pieces_are_for_older_children() -> None:
    sets = catalogue("Building Sets")
    pieces, ages = dict(KINDS["building-sets"].attributes)["pieces"], dict(KINDS["building-sets"].attributes)["age"]
    ranks = [(pieces.index(r["attributes"]["pieces"]), ages.index(r["attributes"]["age"])) for r in sets]
    assert np.corrcoef(*zip(*ranks, strict=True))[0, 1] > 0.8
    assert max(age for piece, age in ranks if piece == 0) <= 1


@pytest.mark.parametrize(
    ("slug", "key", "leader"), [(slug, *pair) for slug, pairs in FOLLOWS.items() for pair in pairs]
)
def test_what_goes_with_the_size_rises_with_it(slug: str, key: str, leader: str) -> None:
    values, told = dict(KINDS[slug].attributes), [row["attributes"] for row in catalogue(KINDS[slug].name)]
    ranks = [(values[key].index(each[key]), values[leader].index(each[leader])) for each in told]
    assert np.corrcoef(*zip(*ranks, strict=True))[0, 1] > 0.7


def test_measures_speak_of_words_that_the_lexicon_has() -> None:
    for slug, key in LEADS.items():
        assert key in dict(KINDS[slug].attributes), slug
    for slug, pairs in FOLLOWS.items():
        assert {key for pair in pairs for key in pair} <= dict(KINDS[slug].attributes).keys(), slug
    for slug, nouns in BY_NOUN.items():
        assert nouns.keys() <= set(KINDS[slug].nouns), slug
    for slug, words in ONLY.items():
        assert words.keys() <= {*KINDS[slug].nouns, *KINDS[slug].traits}, slug
        for key, values in ((key, values) for only in words.values() for key, values in only.items()):
            assert set(values) <= set(dict(KINDS[slug].attributes)[key]), slug
    traits = {trait for kind in SUBCATEGORIES for trait in kind.traits}
    assert traits >= LIGHT | HEAVY
