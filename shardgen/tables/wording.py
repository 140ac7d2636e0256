"""What reviews say: title and text out of phrases, each of which is true of the purchase and of the stars.

Phrases stand in pools by what must hold of a purchase; a review draws from the pools that fit it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import pools, text
from shardgen.columns.pieces import Drawn
from shardgen.columns.pools import Pools
from shardgen.columns.text import I64, Text
from shardgen.world.circumstances import LONGEST, STORE, Circumstances
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.circumstances import (
    ALWAYS,
    COLD,
    WARM,
    days_needed,
    needs_keeping,
    needs_parcel,
    season_needed,
)
from shardgen.world.lexicon.opinions import (
    DAYS,
    DURATIONS,
    HOURS,
    LATE,
    NEGATIVE,
    NEUTRAL,
    OCCASIONS,
    POSITIVE,
    Occasion,
    Opinion,
)
from shardgen.world.rng import below, chance

SUPERLATIVES = re.compile(
    "amazing|brilliant|superb|terrific|outstanding|exceptional|fantastic|flawless|marvelous|perfect|thrilled|wow|stars"
    "|delight|love|excellent|exceeded|beyond|could not be|couldn't be|wonderful|best|every penny|hats off|highly"
)

TEXT_FORMATS = (
    "{opener} {aspect} {clause} {closer}",
    "{opener} {aspect} {clause}",
    "{opener} {clause} {closer}",
    "{opener} {aspect} {closer}",
    "{opener} {clause}",
    "{aspect} {clause} {closer}",
    "{aspect} {clause}",
    "{opener} {aspect}",
    "{opener} {late} {aspect} {clause}",
    "{opener} {late} {aspect} {closer}",
    "{late} {opener} {clause}",
    "{late} {aspect} {clause} {closer}",
)
"""The last ones are of those whose parcel took long."""
LATE_FORMATS = 4
TOLD = {
    part: np.array([f"{{{part}}}" in form for form in TEXT_FORMATS])
    for part in ("opener", "aspect", "clause", "closer", "late")
}
"""Which formats hold each sentence."""
TELLS_DELAY = 0.7
"""Share of those whose parcel took long who mention it."""

CHANNELS = ("online", "store", "phone")


def _milder(opinion: Opinion) -> Opinion:
    """The same sentiment without its strongest words."""

    def keep(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(text for text in texts if not SUPERLATIVES.search(text.lower()))

    return replace(
        opinion,
        openers=keep(opinion.openers),
        verdicts=keep(opinion.verdicts),
        closers=keep(opinion.closers),
        titles=keep(opinion.titles),
    )


SENTIMENTS = (NEGATIVE, NEUTRAL, _milder(POSITIVE), POSITIVE)
SENTIMENT_OF_RATING = np.array([0, 0, 0, 1, 2, 3])
"""Index into SENTIMENTS by rating."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """What n reviews are about; arrays of shape (n,)."""

    number: I64
    """Of the review; keys the draws."""
    rating: I64
    kind: I64
    """Index into SUBCATEGORIES."""
    noun: I64
    """Index of the product's noun among its subcategory's."""


def texts(seed: int, about: Subject, known: Circumstances) -> tuple[Text, Text]:
    """Title and text of each review."""
    number, sentiment = about.number, SENTIMENT_OF_RATING[about.rating]
    group = (sentiment * 2 + known.returned) * 2 + (known.channel == STORE)
    slots = text.slots(_slots(seed, about, known, group))
    usual = below(seed, "reviews.format", number, len(TEXT_FORMATS) - LATE_FORMATS)
    late = len(TEXT_FORMATS) - 1 - below(seed, "reviews.late_format", number, LATE_FORMATS)
    tells = known.late & chance(seed, "reviews.tells_delay", number, TELLS_DELAY)
    form = np.where(tells, late, usual)

    def sentence(part: str, rows: I64) -> Text:
        if part == "late":
            return _late(seed, number[rows], known.waited[rows])
        template = _templates()[part].draw(group[rows], _bits(seed, f"{part}_template", number[rows]))
        return text.render(_templates()[part].templates, template, slots.at(rows))

    sentences = {part: _some(told[form], partial(sentence, part)) for part, told in TOLD.items()}
    return sentence("title", np.arange(len(number))), text.render(TEXT_FORMATS, form, sentences)


def _some(told: NDArray[np.bool_], sentence: Callable[[I64], Text]) -> Drawn:
    """Sentences of those that tell them."""
    return Drawn(sentence(np.flatnonzero(told)), np.where(told, np.cumsum(told) - 1, -1))


def _late(seed: int, number: I64, waited: I64) -> Text:
    """What is said of a parcel that took so many days."""
    return text.render(LATE, below(seed, "reviews.late", number, len(LATE)), {"days": text.whole(waited)})


def _bits(seed: int, part: str, number: I64) -> I64:
    return below(seed, f"reviews.{part}", number, 1 << 31)


def _slots(seed: int, about: Subject, known: Circumstances, group: I64) -> dict[str, Drawn]:
    """What the templates' slots hold."""
    number, kind, phrases, nouns = about.number, about.kind, _phrases(), pools.nouns()
    aspect = _bits(seed, "aspect", number)
    sentiment = SENTIMENT_OF_RATING[about.rating]
    clauses = ((kind * len(SENTIMENTS) + sentiment) * 3 + known.season) * 2 + (known.channel == STORE)
    return {
        "noun": Drawn(nouns.texts, nouns.starts[kind] + about.noun),
        "occasion": _occasions().draw(_occasion_class(known), _bits(seed, "occasion", number)),
        "duration": _durations().draw(np.zeros_like(kind), known.days, _bits(seed, "duration", number)),
        "aspect": phrases.aspects.draw(kind, aspect),
        "Aspect": phrases.capital_aspects.draw(kind, aspect),
        "verdict": phrases.verdicts.draw(group, _bits(seed, "verdict", number)),
        "clause": phrases.clauses.draw(clauses, known.days, _bits(seed, "clause", number)),
    }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timed:
    """Pools of texts of which some need that days have passed, those that need least first."""

    texts: Text
    starts: I64
    counts: I64
    """How many of each pool can be said after so many days, shape (pools, LONGEST + 1)."""

    def draw(self, which: I64, days: I64, bits: I64) -> Drawn:
        """A text of pool ``which`` for each row that has had the thing for so many days."""
        return Drawn(self.texts, self.starts[which] + bits % self.counts[which, days])


def _timed(groups: Iterable[Sequence[tuple[str, int]]]) -> Timed:
    """Pools of texts, each text with the days that it needs."""
    risen = [sorted(group, key=lambda each: each[1]) for group in groups]
    days = np.arange(LONGEST + 1)
    sizes = np.array([len(group) for group in risen], dtype=np.int64)
    return Timed(
        texts=text.pool(phrase for group in risen for phrase, _ in group),
        starts=np.cumsum(sizes) - sizes,
        counts=np.array([np.searchsorted([need for _, need in group], days, side="right") for group in risen]),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Phrases:
    """Parts of sentences."""

    aspects: Pools
    """By subcategory."""
    capital_aspects: Pools
    clauses: Timed
    """By subcategory, sentiment, time of the year and whether it was bought in a store."""
    verdicts: Pools
    """By group."""


@cache
def _phrases() -> _Phrases:
    return _Phrases(
        aspects=pools.pools([s.aspects for s in SUBCATEGORIES]),
        capital_aspects=pools.pools([tuple(map(_with_capital, s.aspects)) for s in SUBCATEGORIES]),
        clauses=_timed(
            [
                (clause, days_needed(clause))
                for clause in _sayable(clauses, season)
                if parcel or not needs_parcel(clause)
            ]
            for kind in SUBCATEGORIES
            for clauses in (kind.blame, kind.neutral, kind.praise, kind.praise)
            for season in (ALWAYS, COLD, WARM)
            for parcel in (True, False)
        ),
        verdicts=pools.pools(list(_by_group(lambda opinion: opinion.verdicts))),
    )


def _sayable(clauses: tuple[str, ...], season: int) -> Iterable[str]:
    """Those that can be said at a time of the year."""
    return (clause for clause in clauses if season_needed(clause) in {ALWAYS, season})


def _by_group(phrases: Callable[[Opinion], tuple[str, ...]]) -> Iterable[tuple[str, ...]]:
    """What can be said, by sentiment, whether the thing was sent back, and whether it was bought in a store."""
    for opinion in SENTIMENTS:
        for returned in (False, True):
            for in_store in (False, True):
                yield tuple(
                    phrase
                    for phrase in phrases(opinion)
                    if not (returned and needs_keeping(phrase)) and not (in_store and needs_parcel(phrase))
                )


def _with_capital(aspect: str) -> str:
    return aspect[0].upper() + aspect[1:]


@cache
def _durations() -> Timed:
    return _timed([DURATIONS])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Choices:
    """Positions of the phrases that each class of purchases may take, end to end."""

    texts: Text
    positions: I64
    starts: I64
    sizes: I64

    def draw(self, which: I64, bits: I64) -> Drawn:
        """A phrase for each purchase of class ``which``."""
        return Drawn(self.texts, self.positions[self.starts[which] + bits % self.sizes[which]])


def _occasion_class(known: Circumstances) -> I64:
    """Which purchases are alike for an occasion."""
    number = (known.channel * len(HOURS) + known.part_of_day) * len(DAYS) + known.part_of_week
    for truth in (known.discounted, known.several, known.dear, known.payday, known.december):
        number = number * 2 + truth
    return number


@cache
def _occasions() -> _Choices:
    fits = np.stack([_fits(occasion) for occasion in OCCASIONS], axis=1)
    sizes = fits.sum(axis=1)
    return _Choices(
        texts=text.pool(occasion.text for occasion in OCCASIONS),
        positions=np.nonzero(fits)[1],
        starts=np.cumsum(sizes) - sizes,
        sizes=sizes,
    )


def _fits(occasion: Occasion) -> I64:
    """Whether an occasion can be true, by class of purchases."""
    one_of = ((CHANNELS, occasion.channels), (HOURS, occasion.hours), (DAYS, occasion.days))
    truths = (occasion.discounted, occasion.several, occasion.dear, occasion.payday, occasion.december)
    fits = np.ones(1, dtype=np.int64)
    for every, wanted in (*one_of, *(((False, True), truth) for truth in truths)):
        fits = np.outer(fits, [each in wanted for each in every]).ravel()
    return fits


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Templates:
    """Templates of one part of a review, by group."""

    templates: list[str]
    starts: I64
    sizes: I64

    def draw(self, group: I64, bits: I64) -> I64:
        """A template for each row."""
        return self.starts[group] + bits % self.sizes[group]


@cache
def _templates() -> dict[str, _Templates]:
    parts: dict[str, Callable[[Opinion], tuple[str, ...]]] = {
        "title": lambda opinion: opinion.titles,
        "opener": lambda opinion: opinion.openers,
        "aspect": lambda opinion: opinion.aspect_frames,
        "clause": lambda opinion: opinion.clause_frames,
    }
    found = {part: _laid_out(_by_group(phrases)) for part, phrases in parts.items()}
    kept = list(_by_group(lambda opinion: opinion.closers))
    back = list(_by_group(lambda opinion: opinion.returned))
    sent_back = [group // 2 % 2 == 1 for group in range(len(kept))]
    closers = [also + (more if sent else ()) for also, more, sent in zip(kept, back, sent_back, strict=True)]
    return found | {"closer": _laid_out(closers)}


def _laid_out(groups: Iterable[tuple[str, ...]]) -> _Templates:
    listed = list(groups)
    sizes = np.array([len(group) for group in listed], dtype=np.int64)
    templates = [_capital(template) for group in listed for template in group]
    return _Templates(templates=templates, starts=np.cumsum(sizes) - sizes, sizes=sizes)


def _capital(template: str) -> str:
    return template.replace("{aspect}", "{Aspect}", 1) if template.startswith("{aspect}") else template
