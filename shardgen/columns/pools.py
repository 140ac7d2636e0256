"""Words as Arrow columns to take from: names and streets of one seed, places, devices and the catalogue.

Built once per process from the vocabulary and the lexicon; rows only draw positions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np

from shardgen.columns import jsonb, text
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64, Text
from shardgen.model.table import Keys
from shardgen.world import geography
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
    from shardgen.world import vocabulary  # noqa: PLC0415  # Faker takes 0.3 s, and who only asks what a table is waits

    words = vocabulary.build(seed)
    by_country = [words.pool(country.locale) for country in COUNTRIES]
    return Names(
        first=pools([sex.written for pool in by_country for sex in (pool.female, pool.male)]),
        first_plain=pools([sex.romanised for pool in by_country for sex in (pool.female, pool.male)]),
        last=pools([pool.last.written for pool in by_country]),
        last_plain=pools([pool.last.romanised for pool in by_country]),
        streets=pools([pool.streets for pool in by_country]),
    )


@cache
def _country(field: str) -> Text:
    """A field of each country as a JSON string."""
    return text.pool(jsonb.string(getattr(country, field)) for country in COUNTRIES)


@cache
def _place(field: str) -> Text:
    """A field of each place as a JSON string."""
    return text.pool(jsonb.string(getattr(place, field)) for place in PLACES)


def languages(country: I64) -> Drawn:
    """Language and country as JSON strings: ``"it-IT"``."""
    return Drawn(_country("language"), country)


@cache
def _locations() -> Text:
    """What an IP lookup knows of each place, as JSON."""
    return text.pool(
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


def locations(place: I64) -> Drawn:
    """What an IP lookup knows of places, as JSON."""
    return Drawn(_locations(), place)


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


@cache
def nouns() -> Pools:
    """What things of each subcategory are called, in small letters."""
    return pools([tuple(noun.lower() for noun in s.nouns) for s in SUBCATEGORIES])


def phones(place: I64, bits: I64) -> Text:
    """Telephone numbers that go with the place."""
    return text.patterned(PHONE_PATTERNS, PHONE_STARTS[place] + bits % PHONE_SIZES[place], bits)


ADDRESS: Final[Keys] = {
    "street": "Street and house number, written as the country does",
    "city": "City",
    "state": "State, province or county of the city",
    "postal_code": "Of the city, in the country's form",
    "country": "English name of the country",
    "country_code": "ISO 3166-1, two letters",
    "latitude": "Degrees north, near the city's centre",
    "longitude": "Degrees east, near the city's centre",
    "timezone": "IANA name: `Europe/Rome`",
}
"""Keys of an address."""


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
            "city": Drawn(_place("city"), where.place),
            "state": Drawn(_place("region"), where.place),
            "postal_code": jsonb.quoted(text.patterned(POSTAL_PATTERNS, where.place, where.code, POSTAL_LETTERS)),
            "country": Drawn(_country("name"), country),
            "country_code": Drawn(_country("code"), country),
            "latitude": text.fixed(where.latitude, 4),
            "longitude": text.fixed(where.longitude, 4),
            "timezone": Drawn(_place("timezone"), where.place),
        }
    ).texts()
