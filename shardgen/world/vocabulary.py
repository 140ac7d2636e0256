"""Word pools per locale: first names, last names and street names; the only module that uses Faker.

A pool is a function of the seed, the locale and the pool's name alone: Faker is seeded afresh for each, so neither the
order of calls nor another locale's words can change it. Nothing here is called per row: rows draw from pools by index.
"""

from __future__ import annotations

import functools
import json
import re
import threading
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal

import numpy as np
from faker import Faker

from shardgen.world.lexicon.names import OWN, RESPELLED, ROMAJI, UNSUITABLE
from shardgen.world.lexicon.places import CULTURES
from shardgen.world.lexicon.streets import STREETS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NamePoolName = Literal["female", "male", "last"]

LOCALES: tuple[str, ...] = tuple(sorted({culture.locale for culture in CULTURES}))
"""Every locale that a customer may have."""

# 300 first by 400 last names are 120,000 people of a country before two share a name
_POOL_SIZES: Mapping[NamePoolName, int] = {"female": 150, "male": 150, "last": 400}
_STREETS = 250

# Faker has no names for these two and would fall back on en_US; British ones are closer to Australia's
_NAMES_FROM: Mapping[str, str] = {"en_AU": "en_GB", "en_CA": "en_US"}

_PERSON = "faker.providers.person"  # the one provider we load: 3 ms a locale instead of 20 for all of them

# What NFKD does not take apart
_LATIN = str.maketrans(
    {"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

# Letters in words joined by a space, a hyphen or an apostrophe: no titles ("Dr."), initials or notes ("Koch II")
_PLAIN_NAME = re.compile(r"[^\W\d_]+(?:[ '-][^\W\d_]+)*")
_OTHER = re.compile("[^a-z]")
_NUMERAL = re.compile(r"\b[IVX]+\b|\b(?:[JS]r|Dr|MD|PhD|DDS|DVM)\b")

_drawing = threading.Lock()
"""Held while words are drawn: the threads of a process share the Faker of a locale, and where it is in its draws."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Distinct names; where Faker knows how common they are, the commoner ones tend to come first."""

    written: tuple[str, ...]
    """As the country writes them: ``"Łukasz"``."""
    romanised: tuple[str, ...]
    """The same names in lower-case ``a-z``, for an e-mail address: ``"lukasz"``; distinct but for Japanese."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPool:
    """The words of one locale."""

    locale: str
    """Faker locale: ``"pl_PL"``."""
    female: Names
    """First names of women."""
    male: Names
    """First names of men."""
    last: Names
    """Family names that suit both."""
    streets: tuple[str, ...]
    """Distinct street names, without house number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All pools of a seed, each built on first use; small to pickle, for it holds only the seed."""

    seed: int
    """The world's seed."""

    def pool(self, locale: str) -> WordPool:
        """The words of one of `LOCALES`: 4-40 ms once a process."""
        return _pool(self.seed, locale)


def build(seed: int) -> Vocabulary:
    """The vocabulary of a seed, any integer."""
    return Vocabulary(seed=seed)


def digest(seed: int) -> str:
    """Hex fingerprint of every pool; two Fakers that disagree about one name have different ones."""
    vocabulary = build(seed)
    text = json.dumps([_content(vocabulary.pool(locale)) for locale in LOCALES], ensure_ascii=True)
    return blake2b(text.encode("ascii"), digest_size=16).hexdigest()


def romanise(name: str, locale: str) -> str:
    """``name`` in lower-case ``a-z`` as its bearer spells it in an e-mail address; empty if it has no Latin letter.

    German writes its umlauts out (Müller: mueller); other locales drop the marks (Öberg: oberg).
    """
    if name.isascii():
        return _OTHER.sub("", name.lower())
    lowered = unicodedata.normalize("NFC", name).lower()
    if locale.startswith("de_"):
        lowered = lowered.translate(_UMLAUTS)
    decomposed = unicodedata.normalize("NFKD", lowered.translate(_LATIN))
    return "".join(letter for letter in decomposed if "a" <= letter <= "z")


def read() -> None:
    """Read what the pools of every seed are drawn from, so that processes forked from this one need not: 70 ms."""
    for locale in LOCALES:
        for name in _POOL_SIZES:
            _candidates(locale, name)


@functools.cache
def _pool(seed: int, locale: str) -> WordPool:
    with _drawing:
        return WordPool(
            locale=locale,
            female=_names(seed, locale, "female"),
            male=_names(seed, locale, "male"),
            last=_names(seed, locale, "last"),
            streets=_streets(seed, locale),
        )


@functools.cache
def _faker(locale: str) -> Faker:
    """Whoever draws seeds it first."""
    return Faker(_NAMES_FROM.get(locale, locale), providers=[_PERSON])


def _content(pool: WordPool) -> list[object]:
    names = [(part.written, part.romanised) for part in (pool.female, pool.male, pool.last)]
    return [pool.locale, names, pool.streets]


def _names(seed: int, locale: str, name: NamePoolName) -> Names:
    candidates, fake = _candidates(locale, name), _faker(locale)
    weights = OrderedDict((written, weight) for written, _, weight in candidates)
    romanised = {written: roman for written, roman, _ in candidates}
    fake.seed_instance(_derived_seed(seed, locale, name))
    drawn = _draw(fake, weights, _POOL_SIZES[name])
    return Names(written=drawn, romanised=tuple(romanised[written] for written in drawn))


def _streets(seed: int, locale: str) -> tuple[str, ...]:
    streets = OrderedDict(
        (first + pattern.joint + second, 1.0)
        for pattern in STREETS[locale]
        for first in pattern.firsts
        for second in pattern.seconds
    )
    fake = _faker(locale)
    fake.seed_instance(_derived_seed(seed, locale, "streets"))
    return _draw(fake, streets, _STREETS)


def _draw(fake: Faker, weights: OrderedDict[str, float], size: int) -> tuple[str, ...]:
    """Up to ``size`` keys of ``weights`` without replacement."""
    length = min(size, len(weights))
    if len(set(weights.values())) == 1:
        return tuple(fake.random_elements(tuple(weights), length=length, unique=True))
    return tuple(_draw_by_weight(fake, weights, length))


def _draw_by_weight(fake: Faker, weights: Mapping[str, float], length: int) -> Iterator[str]:
    """What Faker's random_elements draws with ``unique`` and ``use_weighting``, in a sixth of the time."""
    names, left = list(weights), np.array(list(weights.values()))
    random = fake.factories[0].random
    for _ in range(length):
        sums = np.cumsum(left)
        place = int(np.searchsorted(sums / sums[-1], random.random(), side="right"))
        yield names.pop(place)
        left = np.delete(left, place)


def _derived_seed(seed: int, locale: str, name: str) -> int:
    key = f"vocabulary/{locale}/{name}/{seed}".encode()
    return int.from_bytes(blake2b(key, digest_size=16).digest(), "big")


@functools.cache
def _candidates(locale: str, name: NamePoolName) -> tuple[tuple[str, str, float], ...]:
    """Distinct names that suit the country, each with its romanised form and its weight."""
    return tuple(_distinct(_suitable(locale, name)))


def _suitable(locale: str, name: NamePoolName) -> Iterable[tuple[str, str, float]]:
    source = _NAMES_FROM.get(locale, locale)
    if (source, name) in OWN:
        yield from ((written, romanise(written, locale), 1.0) for written in OWN[source, name])
        return
    unsuitable = frozenset(UNSUITABLE.get((source, name), ()))
    respelled = dict(RESPELLED.get((source, name), ()))
    for written, roman, weight in _offered(_faker(locale), name):
        if written not in unsuitable and _PLAIN_NAME.fullmatch(written) and not _NUMERAL.search(written):
            spelled = respelled.get(written, written)
            yield spelled, romanise(roman or spelled, locale), weight


def _offered(fake: Faker, name: NamePoolName) -> Iterable[tuple[str, str, float]]:
    """What Faker's provider holds: the name, its romaji if it is Japanese, and how common it is (1 if not known)."""
    provider = fake.factories[0].provider(_PERSON)
    stem = "last_name" if name == "last" else f"first_name_{name}"
    pairs = getattr(provider, f"{stem}_pairs", None)
    if pairs is not None:
        for pair in pairs:
            yield pair[0], ROMAJI.get(pair[0], pair[2]), _weight(pairs, pair)
        return
    names = getattr(provider, "last_names" if name == "last" else f"first_names_{name}")
    for written in names:
        yield written, "", _weight(names, written)


def _weight(elements: object, element: object) -> float:
    return float(elements[element]) if isinstance(elements, dict) else 1.0


def _distinct(candidates: Iterable[tuple[str, str, float]]) -> list[tuple[str, str, float]]:
    """One name per Latin spelling, the one with the most marks (José before Jose), in the order of first mention."""
    best: dict[str, tuple[str, str, float]] = {}
    for candidate in candidates:
        written, roman, _ = candidate
        key = (
            roman if written.isascii() or romanise(written, "") else written
        )  # kanji that sound alike are different names
        if key not in best or _marks(written) > _marks(best[key][0]):
            best[key] = candidate
    return list(best.values())


def _marks(written: str) -> int:
    return sum(not letter.isascii() for letter in written)
