"""Words as Arrow columns to take from: names and streets of one seed, places, devices and the catalogue.

Built once per process from the vocabulary and the lexicon; rows only draw positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np

from shardgen.columns import text
from shardgen.columns.nested import Picked, Struct
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Fixed, Prose, Words
from shardgen.model.shape import Key
from shardgen.model.table import Keys
from shardgen.model.types import DEGREES, TEXT
from shardgen.world import geography
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.places import COUNTRIES, CULTURES, PLACES
from shardgen.world.phones import GROUP_OF, GROUPS


@dataclass(frozen=True, slots=True, eq=False)
class Pools:
    """Several pools of texts, end to end."""

    texts: Text
    starts: I64
    sizes: I64

    def draw(self, which: I64, bits: I64) -> Drawn:
        """A text of pool ``which`` for each row, drawn by random bits."""
        return Drawn(self.texts, self.starts[which] + bits % self.sizes[which])


def pools(groups: Sequence[tuple[str | None, ...]]) -> Pools:
    """Pools out of groups of texts; an empty group counts as one empty text."""
    filled = [group or ("",) for group in groups]
    sizes = np.array([len(group) for group in filled], dtype=np.int64)
    return Pools(text.pool(word for group in filled for word in group), np.cumsum(sizes) - sizes, sizes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Names:
    """Names by culture and sex (culture x 2, + 1 for male first names), as written and for an e-mail address."""

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
    by_culture = [words.pool(culture.locale) for culture in CULTURES]
    return Names(
        first=pools([sex.written for pool in by_culture for sex in (pool.female, pool.male)]),
        first_plain=pools([sex.romanised for pool in by_culture for sex in (pool.female, pool.male)]),
        last=pools([pool.last.written for pool in by_culture]),
        last_plain=pools([pool.last.romanised for pool in by_culture]),
        streets=pools([pool.streets for pool in by_culture]),
    )


@cache
def _country(field: str) -> Text:
    """A field of each country."""
    return text.words(tuple(getattr(country, field) for country in COUNTRIES))


@cache
def _place(field: str) -> Text:
    """A field of each place."""
    return text.words(tuple(getattr(place, field) for place in PLACES))


@cache
def _languages() -> Text:
    return text.words(tuple(culture.language for culture in CULTURES))


def languages(place: I64) -> Words:
    """Language and country: ``it-IT``."""
    return Words(Drawn(_languages(), geography.CULTURE_OF[place]))


@cache
def _locations() -> Struct:
    """What an IP lookup knows of each place."""
    country = np.array([geography.COUNTRY_INDEX[place.country_code] for place in PLACES])
    degrees = np.array([(place.latitude, place.longitude) for place in PLACES])
    latitude, longitude = np.round(degrees * 10_000).astype(np.int64).T
    return Struct(
        {
            "city": Prose(_place("city")),
            "region": Prose(_place("region")),
            "country": Prose(text.take(_country("name"), country)),
            "latitude": Fixed(latitude, 4),
            "longitude": Fixed(longitude, 4),
        }
    )


def locations(place: I64) -> Picked:
    """What an IP lookup knows of places."""
    return Picked(_locations(), place)


STREET_FORMATS = [culture.street_format for culture in CULTURES]
NAME_FORMATS = [culture.name_format for culture in CULTURES]
POSTAL_PATTERNS = [place.postal_pattern for place in PLACES]
POSTAL_LETTERS = [COUNTRIES[geography.COUNTRY_INDEX[place.country_code]].postal_letters for place in PLACES]

PHONE_PATTERNS = [pattern for patterns in GROUPS for pattern in patterns]
PHONE_SIZES = np.array([len(patterns) for patterns in GROUPS], dtype=np.int64)
PHONE_STARTS = np.cumsum(PHONE_SIZES) - PHONE_SIZES


@cache
def nouns() -> Pools:
    """What things of each subcategory are called, in small letters."""
    return pools([tuple(noun.lower() for noun in s.nouns) for s in SUBCATEGORIES])


def phones(place: I64, number: I64) -> Text:
    """Telephone numbers that go with the place.

    Args:
        number: which of those that are used there.
    """
    group = GROUP_OF[place]
    pattern = PHONE_STARTS[group] + number % PHONE_SIZES[group]
    return text.numbered(PHONE_PATTERNS, pattern, number // PHONE_SIZES[group])


ADDRESS: Final[Keys] = {
    "street": Key("Street and house number, written as the country does", TEXT),
    "city": Key("City", TEXT),
    "state": Key("State, province or county of the city", TEXT),
    "postal_code": Key("Of the city, in the country's form", TEXT),
    "country": Key("English name of the country", TEXT),
    "country_code": Key("ISO 3166-1, two letters", TEXT),
    "latitude": Key("Degrees north, near the city's centre", DEGREES),
    "longitude": Key("Degrees east, near the city's centre", DEGREES),
    "timezone": Key("IANA name: `Europe/Rome`", TEXT),
}
"""Keys of an address."""


def addresses(seed: int, where: geography.Addresses) -> Struct:
    """Addresses."""
    country, culture = geography.COUNTRY_OF[where.place], geography.CULTURE_OF[where.place]
    street = text.render(
        STREET_FORMATS,
        culture,
        {"street": names(seed).streets.draw(culture, where.street), "number": text.whole(where.number)},
    )
    return Struct(
        {
            "street": Prose(street),
            "city": Prose(Drawn(_place("city"), where.place)),
            "state": Prose(Drawn(_place("region"), where.place)),
            "postal_code": Prose(text.patterned(POSTAL_PATTERNS, where.place, where.code, POSTAL_LETTERS)),
            "country": Prose(Drawn(_country("name"), country)),
            "country_code": Words(Drawn(_country("code"), country)),
            "latitude": Fixed(where.latitude, 4),
            "longitude": Fixed(where.longitude, 4),
            "timezone": Words(Drawn(_place("timezone"), where.place)),
        }
    )
