"""Laws of the word pools and of the table of places."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import pytest
from faker import Faker
from hypothesis import given
from hypothesis import strategies as st

from shardgen.world import vocabulary
from shardgen.world.lexicon.clocks import CLOCKS
from shardgen.world.lexicon.names import OWN, RESPELLED, UNSUITABLE
from shardgen.world.lexicon.places import COUNTRIES, PLACES, Country, Place

COUNTRY = {country.code: country for country in COUNTRIES}
WILDCARDS = "#@"


def standard_minutes(place: Place) -> int:
    return CLOCKS[place.timezone][-1].minutes


def places_of(country: Country) -> list[Place]:
    return [place for place in PLACES if place.country_code == country.code]


each_locale = pytest.mark.parametrize("locale", vocabulary.LOCALES)
each_country = pytest.mark.parametrize("country", COUNTRIES, ids=lambda country: country.code)


def digest_in_a_new_process(hash_seed: str, **environment: str) -> str:
    code = "from shardgen.world.vocabulary import digest; print(digest(42))"
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    return subprocess.run(
        [sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True
    ).stdout.strip()


def all_names(locale: str) -> tuple[vocabulary.Names, vocabulary.Names, vocabulary.Names]:
    pool = vocabulary.build(42).pool(locale)
    return pool.female, pool.male, pool.last


# pools


def test_a_fresh_process_with_another_hash_seed_and_language_has_the_same_pools() -> None:
    here = vocabulary.digest(42)
    assert digest_in_a_new_process("1") == here
    assert digest_in_a_new_process("2", LANG="tr_TR.UTF-8", LC_ALL="C", TZ="Asia/Tokyo") == here


def test_another_seed_has_other_pools() -> None:
    assert vocabulary.digest(42) != vocabulary.digest(43)
    assert vocabulary.build(0).pool("de_DE") != vocabulary.build(-1).pool("de_DE")


@each_locale
def test_a_pool_does_not_depend_on_what_was_built_before_it(locale: str) -> None:
    expected = vocabulary.build(42).pool(locale)
    vocabulary._pool.cache_clear()
    assert vocabulary.build(42).pool(locale) == expected


def test_threads_that_build_at_once_have_the_same_pools() -> None:
    alone, usual = vocabulary.digest(42), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            for _ in range(3):
                vocabulary._pool.cache_clear()
                assert set(pool.map(vocabulary.digest, [42] * 4)) == {alone}
    finally:
        sys.setswitchinterval(usual)


def test_a_pickled_vocabulary_has_the_same_pools() -> None:
    original = vocabulary.build(7)
    copy = pickle.loads(pickle.dumps(original))
    assert copy == original
    assert copy.pool("pl_PL") == original.pool("pl_PL")
    assert pickle.loads(pickle.dumps(original.pool("ja_JP"))) == original.pool("ja_JP")


@each_locale
def test_names_are_distinct_and_each_has_a_romanised_form(locale: str) -> None:
    for names in all_names(locale):
        assert len(names.written) == len(names.romanised)
        assert len(set(names.written)) == len(names.written)
        assert [name for name in names.romanised if not re.fullmatch("[a-z]+", name)] == []
        if locale != "ja_JP":
            assert len(set(names.romanised)) == len(names.romanised)


@each_locale
def test_names_hold_neither_titles_nor_initials_nor_notes(locale: str) -> None:
    odd = re.compile(r"[.,()\d]|\s\s|^\s|\s$|\b(?:Jr|Sr|II|III|IV)\b")
    assert [name for names in all_names(locale) for name in names.written if odd.search(name)] == []


@each_locale
def test_pools_are_large_enough_and_not_larger_than_asked(locale: str) -> None:
    female, male, last = all_names(locale)
    least_first, least_last = {"ja_JP": (20, 50), "fr_CA": (75, 90)}.get(locale, (80, 90))
    assert least_first <= len(female.written) <= 150
    assert least_first <= len(male.written) <= 150
    assert least_last <= len(last.written) <= 400


@each_locale
def test_streets_are_distinct_and_clean(locale: str) -> None:
    streets = vocabulary.build(42).pool(locale).streets
    assert 120 <= len(streets) <= 250
    assert len(set(streets)) == len(streets)
    assert [street for street in streets if street != " ".join(street.split()) or len(street) > 60] == []


@pytest.mark.parametrize(
    ("name", "locale", "expected"),
    [
        ("Müller", "de_DE", "mueller"),
        ("Mu\u0308ller", "de_DE", "mueller"),
        ("Groß", "de_AT", "gross"),
        ("Öberg", "sv_SE", "oberg"),
        ("Åsa", "sv_SE", "asa"),
        ("Łukasz", "pl_PL", "lukasz"),
        ("O'Brien", "en_IE", "obrien"),
        ("van der Meer", "nl_NL", "vandermeer"),
        ("Jean-Loïc", "fr_FR", "jeanloic"),
        ("Søren Æbelø Cœur Đorđe I\u015f\u0131k", "", "sorenaebelocoeurdordeisik"),
        ("桃子", "ja_JP", ""),
    ],
)
def test_romanised_as_the_country_does(name: str, locale: str, expected: str) -> None:
    assert vocabulary.romanise(name, locale) == expected


def test_kanji_and_romaji_belong_together() -> None:
    last = vocabulary.build(1).pool("ja_JP").last
    reading = dict(zip(last.written, last.romanised, strict=True))
    assert reading["佐藤"] == "sato"
    assert reading["斎藤"] == reading["斉藤"] == "saito"


def test_common_names_are_there_and_unsuitable_ones_are_not() -> None:
    pools = {locale: all_names(locale) for locale in vocabulary.LOCALES}
    assert "Smith" in pools["en_US"][2].written
    assert "Schmidt" in pools["de_DE"][2].written
    assert "Andersson" in pools["sv_SE"][2].written
    for (locale, name), names in UNSUITABLE.items():
        pool = pools[locale][("female", "male", "last").index(name)]
        assert not set(names) & set(pool.written), (locale, name)


def test_the_tables_of_names_name_known_pools_and_no_name_twice() -> None:
    for table in (OWN, UNSUITABLE, RESPELLED):
        for (locale, name), names in table.items():
            assert locale in vocabulary.LOCALES
            assert name in {"female", "male", "last"}
            assert len(set(names)) == len(names), (locale, name)


# places


def test_country_weights_sum_to_a_thousand() -> None:
    assert sum(country.weight for country in COUNTRIES) == 1000
    assert len(COUNTRY) == len(COUNTRIES) >= 12


@each_country
def test_a_country_has_a_locale_and_well_formed_texts(country: Country) -> None:
    assert country.locale in vocabulary.LOCALES
    assert country.language == country.locale.replace("_", "-")
    assert country.locale[-2:] == country.code
    assert country.weight > 0
    assert 0 <= country.tax_basis_points <= 3000
    assert country.street_format.format(street="S", number=1)
    assert sorted(re.findall(r"{(\w+)}", country.street_format)) == ["number", "street"]
    assert sorted(re.findall(r"{(\w+)}", country.name_format)) == ["first", "last"]
    assert re.fullmatch("[A-Z]*", country.postal_letters)
    assert len(set(country.postal_letters)) == len(country.postal_letters)
    assert country.phone_patterns


@each_country
def test_a_country_has_ten_or_more_places(country: Country) -> None:
    assert len(places_of(country)) >= (24 if country.code == "US" else 10)


def test_the_united_states_span_four_time_zones_or_more() -> None:
    assert len({standard_minutes(place) for place in places_of(COUNTRY["US"])}) >= 4


def test_a_city_is_unique_within_its_country() -> None:
    assert len({(place.country_code, place.city) for place in PLACES}) == len(PLACES)
    assert {place.country_code for place in PLACES} == set(COUNTRY)


@each_country
def test_a_place_is_somewhere_and_weighs_something(country: Country) -> None:
    for place in places_of(country):
        assert place.weight > 0
        assert place.region.strip() == place.region != ""
        assert place.city.strip() == place.city != ""
        assert -90 <= place.latitude <= 90
        assert -180 <= place.longitude <= 180
        assert place.latitude == round(place.latitude, 4)
        assert place.longitude == round(place.longitude, 4)


@each_country
def test_the_longitude_is_near_the_time_zones_meridian(country: Country) -> None:
    for place in places_of(country):
        assert abs(place.longitude - standard_minutes(place) / 4) < 30


@each_country
def test_a_postal_pattern_keeps_to_its_alphabet(country: Country) -> None:
    for place in places_of(country):
        assert re.fullmatch(r"[A-Z0-9#@ -]+", place.postal_pattern)
        assert re.match("[A-Z0-9]", place.postal_pattern)
        assert "@" not in place.postal_pattern or country.postal_letters


@each_country
def test_postal_patterns_of_a_country_have_one_length_and_no_code_in_common(country: Country) -> None:
    patterns = [place.postal_pattern for place in places_of(country)]
    assert country.code == "GB" or len({len(pattern) for pattern in patterns}) == 1
    overlapping = [(a, b) for i, a in enumerate(patterns) for b in patterns[:i] if overlap(a, b)]
    assert overlapping == []


def overlap(a: str, b: str) -> bool:
    return len(a) == len(b) and all(x == y or x in WILDCARDS or y in WILDCARDS for x, y in zip(a, b, strict=True))


@each_country
def test_phone_patterns_are_international_and_of_the_country(country: Country) -> None:
    for place in places_of(country):
        for pattern in place.phone_patterns or country.phone_patterns:
            assert re.fullmatch(r"\+[0-9]{1,3} [0-9#][0-9# -]*[0-9#]", pattern)
            assert pattern.split()[0] == country.phone_patterns[0].split()[0]
            assert 10 <= sum(letter in "0123456789#" for letter in pattern) <= 13  # E.164 allows 15


@pytest.mark.parametrize(
    ("code", "reserved"),
    [
        ("US", r"\+1 \d{3}-555-01##"),
        ("CA", r"\+1 \d{3}-555-01##"),
        ("GB", r"\+44 (7700 900###|1632 960###|20 7946 0###|1\d\d? 49[68] 0###|29 2018 0###|28 9649 6###)"),
        ("DE", r"\+49 (30 23125###|69 90009###|40 66969###|221 4710###|89 99998###|171 39200##|176 040690##)"),
        ("FR", r"\+33 (1 99 00|2 61 91|3 53 01|4 65 71|5 36 49|6 39 98) ## ##"),
        ("SE", r"\+46 (31 390 06 ##|40 628 04 ##|8 465 004 ##|980 319 2##|70 174 06 [1-9]#)"),
        ("AU", r"\+61 ([2378] (5550|7010) ####|491 570 (006|15[6-9]))"),
        ("IE", r"\+353 20 91# ####"),
    ],
)
def test_numbers_are_of_a_range_reserved_for_fiction(code: str, reserved: str) -> None:
    country = COUNTRY[code]
    patterns = {*country.phone_patterns}
    patterns.update(pattern for place in places_of(country) for pattern in place.phone_patterns)
    assert sorted(pattern for pattern in patterns if not re.fullmatch(reserved, pattern)) == []


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=60), st.integers(0, 2**32))
def test_a_draw_by_weight_is_the_one_that_faker_makes(weights: list[float], seed: int) -> None:
    names, fake = OrderedDict((f"n{place}", weight) for place, weight in enumerate(weights)), Faker()
    fake.seed_instance(seed)
    expected = fake.random_elements(names, length=len(names), unique=True, use_weighting=True)
    fake.seed_instance(seed)
    assert list(vocabulary._draw_by_weight(fake, names, len(names))) == list(expected)
