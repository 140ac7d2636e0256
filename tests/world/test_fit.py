"""What must fit whom is told in words that the products' attributes know."""

from __future__ import annotations

import pytest

from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.fit import BY_BODY, BY_COUNTRY, FOR_WHOM
from shardgen.world.lexicon.places import COUNTRIES

ATTRIBUTES = {subcategory.slug: dict(subcategory.attributes) for subcategory in SUBCATEGORIES}


@pytest.mark.parametrize("slug", BY_COUNTRY)
def test_each_country_has_products_that_fit_it(slug: str) -> None:
    key, fits = BY_COUNTRY[slug]
    assert set(fits) == {country.code for country in COUNTRIES}
    assert set(fits.values()) == set(ATTRIBUTES[slug][key])


@pytest.mark.parametrize(("slug", "key"), BY_BODY.items())
def test_sizes_rise(slug: str, key: str) -> None:
    sizes = ATTRIBUTES[slug][key]
    letters = ("XS", "S", "M", "L", "XL", "XXL")
    ranks = [letters.index(size) if size in letters else int("".join(filter(str.isdigit, size))) for size in sizes]
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(("slug", "key"), FOR_WHOM.items())
def test_what_is_for_somebody_is_for_women_for_men_or_for_both(slug: str, key: str) -> None:
    assert ATTRIBUTES[slug][key] == ("Women", "Men", "Unisex")


def test_nothing_comes_back_for_a_plug_or_a_layout_since_everybody_is_sold_what_fits_the_country() -> None:
    reasons = {reason for subcategory in SUBCATEGORIES for reason in subcategory.return_reasons}
    assert {reason for reason in reasons if "plug" in reason or "layout" in reason} == set()
