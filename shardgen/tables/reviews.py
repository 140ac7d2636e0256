"""raw_reviews: what buyers wrote, in words that fit the stars and the kind of product."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from shardgen.columns import pools, text
from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.pieces import Drawn
from shardgen.columns.pools import Pools
from shardgen.columns.text import I64, Text
from shardgen.columns.values import Flag, Instant, Prose, Whole, Words
from shardgen.model.keys import CUSTOMER, ORDER, PRODUCT, REVIEW, KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, Index, bronze_table, by_all, by_key
from shardgen.model.types import BOOLEAN, INTEGER, TEXT, TIMESTAMP, varchar
from shardgen.tables.spec import ByIds, Piece, Sizes, Slice, TableSpec
from shardgen.tables.statements import beside
from shardgen.world import World, estimates, orders, products, reviews
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.opinions import DURATIONS, NEGATIVE, NEUTRAL, OCCASIONS, POSITIVE, Opinion
from shardgen.world.rng import below

SUPERLATIVES = re.compile(
    "amazing|brilliant|superb|terrific|outstanding|exceptional|fantastic|flawless|marvelous|perfect|thrilled|wow|stars"
    "|delight|love|excellent|exceeded|beyond|could not be|couldn't be|wonderful|best|every penny|hats off|highly"
)


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

ITEMS_PER_ORDER, REVIEW_SHARE = 2.9, 0.3
"""Rough figures that turn a number of rows into a number of orders to look at."""

TEXT_FORMATS = (
    "{opener} {aspect} {clause} {closer}",
    "{opener} {aspect} {clause}",
    "{opener} {clause} {closer}",
    "{opener} {aspect} {closer}",
    "{opener} {clause}",
    "{aspect} {clause} {closer}",
    "{aspect} {clause}",
    "{opener} {aspect}",
)


def rows(wanted: Slice) -> Iterator[Batch]:
    """Reviews of the items of the slice's orders, as far as they were written before its end."""
    world = wanted.world
    for low, high in wanted.ranges(int(wanted.rows / ITEMS_PER_ORDER / REVIEW_SHARE) + 1):
        placed = orders.select(world, low, high)
        fates, lines = orders.fate(world.seed, placed), orders.items(world, placed)
        written = reviews.of_items(world, placed, fates, lines)
        kept = np.flatnonzero(written.date < wanted.end)
        if len(kept):
            yield _batch(wanted, placed, lines, written, kept)


def _batch(wanted: Slice, placed: orders.Orders, lines: orders.Items, written: reviews.Reviews, kept: I64) -> Batch:
    world = wanted.world
    number, rating, date = written.number[kept], written.rating[kept], written.date[kept]
    item = written.item[kept]
    order = lines.order[item]
    votes, last_vote = reviews.votes_by(written.votes[kept], wanted.end - date)
    title, body = _texts(world.seed, number, rating, lines.product[item], lines.subcategory[item])
    return batch(
        REVIEWS.table,
        wanted.raw_data,
        {
            "review_id": Words(ids(REVIEW, number)),
            "product_id": Words(ids(PRODUCT, lines.product[item])),
            "customer_id": Words(ids(CUSTOMER, orders.buyers(world, placed).number[order])),
            "rating": Whole(rating),
            "review_text": Prose(body),
            "review_title": Prose(title),
            "review_date": Instant(date),
            "helpful_count": Whole(votes),
            "verified_purchase": Flag(written.verified[kept]),
        },
        numbers=number,
        ingestion=ingested(world.seed, "reviews", number, date + last_vote, 60, 3600),
        extra={"order_id": Words(ids(ORDER, placed.number[order]))},
    )


def _texts(seed: int, number: I64, rating: I64, product: I64, kind: I64) -> tuple[Text, Text]:
    """Title and text of each review."""
    sentiment = SENTIMENT_OF_RATING[rating]
    aspect = below(seed, "reviews.aspect", number, 1 << 31)
    phrases, nouns = _phrases(), pools.nouns()
    slots = {
        "noun": Drawn(nouns.texts, nouns.starts[kind] + products.noun(seed, product, kind)),
        "occasion": _drawn(seed, "reviews.occasion", number, OCCASIONS),
        "duration": _drawn(seed, "reviews.duration", number, DURATIONS),
        "aspect": phrases.aspects.draw(kind, aspect),
        "Aspect": phrases.capital_aspects.draw(kind, aspect),
        "verdict": phrases.verdicts.draw(sentiment, below(seed, "reviews.verdict", number, 1 << 31)),
        "clause": phrases.clauses.draw(kind * 4 + sentiment, below(seed, "reviews.clause", number, 1 << 31)),
    }
    sentences = {
        part: text.render(templates, starts[sentiment] + _pick(seed, part, number, sizes[sentiment]), slots)
        for part, (templates, starts, sizes) in TEMPLATES.items()
    }
    which = below(seed, "reviews.format", number, len(TEXT_FORMATS))
    return sentences.pop("title"), text.render(TEXT_FORMATS, which, sentences)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Phrases:
    """Parts of sentences."""

    aspects: Pools
    """By subcategory."""
    capital_aspects: Pools
    clauses: Pools
    """By subcategory x 4 + sentiment."""
    verdicts: Pools
    """By sentiment."""


@cache
def _phrases() -> _Phrases:
    return _Phrases(
        aspects=pools.pools([s.aspects for s in SUBCATEGORIES]),
        capital_aspects=pools.pools([tuple(map(_with_capital, s.aspects)) for s in SUBCATEGORIES]),
        clauses=pools.pools([clauses for s in SUBCATEGORIES for clauses in (s.blame, s.neutral, s.praise, s.praise)]),
        verdicts=pools.pools([opinion.verdicts for opinion in SENTIMENTS]),
    )


def _with_capital(aspect: str) -> str:
    return aspect[0].upper() + aspect[1:]


def _pick(seed: int, part: str, number: I64, sizes: I64) -> I64:
    return below(seed, f"reviews.{part}_template", number, sizes)


def _drawn(seed: int, stream: str, numbers: I64, choices: tuple[str, ...]) -> Drawn:
    return Drawn(text.pool(choices), below(seed, stream, numbers, len(choices)))


def _templates(field: str) -> tuple[list[str], I64, I64]:
    """All sentiments' templates of a kind; first position and number of each sentiment's."""
    groups = [getattr(opinion, field) for opinion in SENTIMENTS]
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    return [_capital(template) for group in groups for template in group], np.cumsum(sizes) - sizes, sizes


def _capital(template: str) -> str:
    return template.replace("{aspect}", "{Aspect}", 1) if template.startswith("{aspect}") else template


TEMPLATES = {
    "title": _templates("titles"),
    "opener": _templates("openers"),
    "aspect": _templates("aspect_frames"),
    "clause": _templates("clause_frames"),
    "closer": _templates("closers"),
}


def _estimate(world: World, cuts: Sequence[Piece], end: int) -> Iterable[float]:
    taken = estimates.sample(world, end)
    return [estimates.review_rows(taken, piece.start, piece.stop, end) for piece in cuts]


REVIEWS = TableSpec(
    table=bronze_table(
        name="reviews",
        meaning="A review of an item that was delivered; at most one for each item.",
        source="reviews",
        key=("review_id",),
        space=KeySpace(ids=REVIEW, children=orders.MAX_ITEMS),
        columns=(
            Column(
                name="review_id",
                type=varchar(50),
                not_null=True,
                meaning="`REV` and 10 digits or more; a function of the order's number, so not dense",
            ),
            Column(name="product_id", type=varchar(50), not_null=True, meaning="What is reviewed"),
            Column(name="customer_id", type=varchar(50), meaning="Who bought and reviewed it"),
            Column(
                name="rating",
                type=INTEGER,
                between=(1, 5),
                meaning="1 to 5 stars; follows a hidden quality of the product, which also drives returns",
            ),
            Column(
                name="review_text", type=TEXT, meaning="English; says what the rating says, of that kind of product"
            ),
            Column(name="review_title", type=varchar(255), meaning="Headline, of the same mind"),
            Column(name="review_date", type=TIMESTAMP, meaning="Within 60 days of the delivery, UTC"),
            Column(
                name="helpful_count",
                type=INTEGER,
                meaning="Votes up to the window's end; most have none, a few have many",
            ),
            Column(
                name="verified_purchase",
                type=BOOLEAN,
                meaning="False only for some marketplace and store orders (8 % of theirs)",
            ),
        ),
        extra={"order_id": Key("The order in which the product was delivered to the customer", TEXT)},
        indexes=(
            *by_key("product_id", "customer_id", "review_date"),
            *by_all("rating"),
            Index(column="review_text", kind="words", full=True),
        ),
    ),
    cut=ByIds(step=100_000, total=lambda world, end: int(world.orders.before(end)), estimate=_estimate),
    rows=rows,
    laws=beside(__package__, "laws/l04.sql", "laws/l18.sql"),
    sizes=Sizes(
        copy={"full": 780, "lean": 350, "none": 320},
        heap={"full": 847, "lean": 364, "none": 331},
        indexes={
            "pkey": 31.4,
            "product_id": 10,
            "customer_id": 11.8,
            "review_date": 22.6,
            "rating": 7,
            "source_system": 7,
            "ingestion_timestamp": 22.6,
        },
        inverted={"review_text": (617, 0.78)},
    ),
)
