"""Words as Arrow columns to take from: names and streets of one seed, places, devices and the catalogue.

Built once per process from the vocabulary and the lexicon; rows only draw positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from shardgen.tables import jsonb, text
from shardgen.tables.pieces import Drawn
from shardgen.tables.text import I64, Text
from shardgen.world import geography, vocabulary
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.places import COUNTRIES, PLACES


@dataclass(frozen=True, slots=True, eq=False)
class Pools:
    """Several pools of texts, end to end."""

    texts: Text
    starts: I64
    sizes: I64

    def draw(self, which: I64, bits: I64) -> Drawn:
        """A text of pool ``which`` for each row, drawn by random bits."""
        return Drawn(self.texts, self.starts[which] + bits % self.sizes[which])


def pools(groups: list[tuple[str, ...]]) -> Pools:
    """Pools out of groups of texts; an empty group counts as one empty text."""
    filled = [group or ("",) for group in groups]
    sizes = np.array([len(group) for group in filled], dtype=np.int64)
    return Pools(text.pool(word for group in filled for word in group), np.cumsum(sizes) - sizes, sizes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Names:
    """Names by country and sex (country x 2, + 1 for male first names), as written and for an e-mail address."""

    first: Pools
    first_plain: Pools
    last: Pools
    last_plain: Pools
    streets: Pools


@lru_cache(maxsize=1)
def names(seed: int) -> Names:
    """The name pools of a seed."""
    words = vocabulary.build(seed)
    by_country = [words.pool(country.locale) for country in COUNTRIES]
    return Names(
        first=pools([sex.written for pool in by_country for sex in (pool.female, pool.male)]),
        first_plain=pools([sex.romanised for pool in by_country for sex in (pool.female, pool.male)]),
        last=pools([pool.last.written for pool in by_country]),
        last_plain=pools([pool.last.romanised for pool in by_country]),
        streets=pools([pool.streets for pool in by_country]),
    )


COUNTRY_CODES = text.pool(jsonb.string(country.code) for country in COUNTRIES)
COUNTRY_NAMES = text.pool(jsonb.string(country.name) for country in COUNTRIES)
LANGUAGES = text.pool(jsonb.string(country.language) for country in COUNTRIES)
CITIES = text.pool(jsonb.string(place.city) for place in PLACES)
REGIONS = text.pool(jsonb.string(place.region) for place in PLACES)
TIME_ZONES = text.pool(jsonb.string(place.timezone) for place in PLACES)
"""JSON strings, by country or by place."""

LOCATIONS = text.pool(
    jsonb.value(
        {
            "city": place.city,
            "region": place.region,
            "country": COUNTRIES[geography.COUNTRY_INDEX[place.country_code]].name,
            "latitude": "\0",
            "longitude": "\1",
        }
    )
    .replace('"\\u0000"', f"{place.latitude:.4f}")
    .replace('"\\u0001"', f"{place.longitude:.4f}")
    for place in PLACES
)
"""What an IP lookup knows of a place, as JSON."""

STREET_FORMATS = [country.street_format for country in COUNTRIES]
NAME_FORMATS = [country.name_format for country in COUNTRIES]
POSTAL_PATTERNS = [place.postal_pattern for place in PLACES]
POSTAL_LETTERS = [COUNTRIES[geography.COUNTRY_INDEX[place.country_code]].postal_letters for place in PLACES]

PHONES = [
    place.phone_patterns or COUNTRIES[geography.COUNTRY_INDEX[place.country_code]].phone_patterns for place in PLACES
]
PHONE_PATTERNS = [pattern for patterns in PHONES for pattern in patterns]
PHONE_SIZES = np.array([len(patterns) for patterns in PHONES], dtype=np.int64)
PHONE_STARTS = np.cumsum(PHONE_SIZES) - PHONE_SIZES

NOUNS = pools([tuple(noun_text.lower() for noun_text in s.nouns) for s in SUBCATEGORIES])


def phones(place: I64, bits: I64) -> Text:
    """Telephone numbers that go with the place."""
    return text.patterned(PHONE_PATTERNS, PHONE_STARTS[place] + bits % PHONE_SIZES[place], bits)


def addresses(seed: int, where: geography.Addresses) -> Text:
    """Addresses as JSON."""
    country = geography.COUNTRY_OF[where.place]
    street = text.render(
        STREET_FORMATS,
        country,
        {"street": names(seed).streets.draw(country, where.street), "number": text.whole(where.number)},
    )
    return jsonb.objects(
        {
            "street": jsonb.quoted(street),
            "city": Drawn(CITIES, where.place),
            "region": Drawn(REGIONS, where.place),
            "postal_code": jsonb.quoted(text.patterned(POSTAL_PATTERNS, where.place, where.code, POSTAL_LETTERS)),
            "country": Drawn(COUNTRY_NAMES, country),
            "country_code": Drawn(COUNTRY_CODES, country),
            "latitude": text.fixed(where.latitude, 4),
            "longitude": text.fixed(where.longitude, 4),
            "timezone": Drawn(TIME_ZONES, where.place),
        }
    ).texts()
