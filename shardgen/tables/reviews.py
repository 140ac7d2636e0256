"""raw_reviews: what buyers wrote, in words that fit the stars and the kind of product."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from shardgen import schema
from shardgen.tables import jsonb, records, text, words
from shardgen.tables.jsonb import Quoted
from shardgen.tables.pieces import Drawn
from shardgen.tables.records import Batch, Cut
from shardgen.tables.text import I64, Text
from shardgen.world import orders, products, reviews
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

ASPECTS = words.pools([s.aspects for s in SUBCATEGORIES])
CAPITAL_ASPECTS = words.pools([tuple(aspect[0].upper() + aspect[1:] for aspect in s.aspects) for s in SUBCATEGORIES])
CLAUSES = words.pools([clauses for s in SUBCATEGORIES for clauses in (s.blame, s.neutral, s.praise, s.praise)])
"""Clauses by subcategory x 4 + sentiment."""

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


def batches(cut: Cut) -> Iterator[Batch]:
    """Reviews of the items of the cut's orders, as far as they were written before its end."""
    world = cut.world
    for low, high in cut.ranges(int(cut.rows / ITEMS_PER_ORDER / REVIEW_SHARE) + 1):
        placed = orders.select(world, low, high)
        fates, lines = orders.fate(world.seed, placed), orders.items(world, placed)
        written = reviews.of_items(world, placed, fates, lines)
        kept = np.flatnonzero(written.date < cut.end)
        if len(kept):
            yield _batch(cut, placed, lines, written, kept)


def _batch(cut: Cut, placed: orders.Orders, lines: orders.Items, written: reviews.Reviews, kept: I64) -> Batch:
    world = cut.world
    number, rating, date = written.number[kept], written.rating[kept], written.date[kept]
    item = written.item[kept]
    order = lines.order[item]
    who = orders.customer(world, placed)[order]
    votes, last_vote = reviews.votes_by(written.votes[kept], cut.end - date)
    verified = written.verified[kept]
    title, body = _texts(world.seed, number, rating, lines.product[item], lines.subcategory[item])
    review, product = records.ids("review", number), records.ids("product", lines.product[item])
    customer = records.ids("customer", who)
    return records.batch(
        schema.REVIEWS,
        cut.mode,
        {
            "review_id": review,
            "product_id": product,
            "customer_id": customer,
            "rating": rating,
            "review_text": body,
            "review_title": title,
            "review_date": date,
            "helpful_count": votes,
            "verified_purchase": verified,
        },
        source="reviews",
        ingestion=records.ingested(world.seed, "reviews", number, date + last_vote, 60, 3600),
        record={
            "review_id": Quoted(review),
            "product_id": Quoted(product),
            "customer_id": Quoted(customer),
            "rating": text.whole(rating),
            "review_text": jsonb.quoted(body),
            "review_title": jsonb.quoted(title),
            "review_date": Quoted(text.iso(date)),
            "helpful_count": text.whole(votes),
            "verified_purchase": Drawn(text.pool(["false", "true"]), verified.astype(np.int64)),
        },
        extra={"order_id": text.join('"', records.ids("order", placed.number[order]), '"')},
    )


def _texts(seed: int, number: I64, rating: I64, product: I64, kind: I64) -> tuple[Text, Text]:
    """Title and text of each review."""
    sentiment = SENTIMENT_OF_RATING[rating]
    aspect = below(seed, "reviews.aspect", number, 1 << 31)
    slots = {
        "noun": Drawn(words.NOUNS.texts, words.NOUNS.starts[kind] + products.noun(seed, product, kind)),
        "occasion": _drawn(seed, "reviews.occasion", number, OCCASIONS),
        "duration": _drawn(seed, "reviews.duration", number, DURATIONS),
        "aspect": ASPECTS.draw(kind, aspect),
        "Aspect": CAPITAL_ASPECTS.draw(kind, aspect),
        "verdict": VERDICTS.draw(sentiment, below(seed, "reviews.verdict", number, 1 << 31)),
        "clause": CLAUSES.draw(kind * 4 + sentiment, below(seed, "reviews.clause", number, 1 << 31)),
    }
    sentences = {
        part: text.render(templates, starts[sentiment] + _pick(seed, part, number, sizes[sentiment]), slots)
        for part, (templates, starts, sizes) in TEMPLATES.items()
    }
    which = below(seed, "reviews.format", number, len(TEXT_FORMATS))
    return sentences.pop("title"), text.render(TEXT_FORMATS, which, sentences)


def _pick(seed: int, part: str, number: I64, sizes: I64) -> I64:
    return below(seed, f"reviews.{part}_template", number, sizes)


def _drawn(seed: int, stream: str, ids: I64, choices: tuple[str, ...]) -> Drawn:
    return Drawn(text.pool(choices), below(seed, stream, ids, len(choices)))


def _templates(field: str) -> tuple[list[str], I64, I64]:
    """All sentiments' templates of a kind; first position and number of each sentiment's."""
    groups = [getattr(opinion, field) for opinion in SENTIMENTS]
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    return [_capital(template) for group in groups for template in group], np.cumsum(sizes) - sizes, sizes


def _capital(template: str) -> str:
    return template.replace("{aspect}", "{Aspect}", 1) if template.startswith("{aspect}") else template


VERDICTS = words.pools([opinion.verdicts for opinion in SENTIMENTS])
TEMPLATES = {
    "title": _templates("titles"),
    "opener": _templates("openers"),
    "aspect": _templates("aspect_frames"),
    "clause": _templates("clause_frames"),
    "closer": _templates("closers"),
}
