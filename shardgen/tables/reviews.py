"""raw_reviews: what buyers wrote, in words that fit the stars and the kind of product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.columns.batch import Batch, batch, ids, ingested
from shardgen.columns.pieces import Drawn
from shardgen.columns.text import I64
from shardgen.columns.values import Flag, Instant, Prose, Sometimes, Whole, Words
from shardgen.model.keys import CUSTOMER, ORDER, PRODUCT, REVIEW, KeySpace
from shardgen.model.shape import Key
from shardgen.model.table import Column, Index, bronze_table, by_all, by_key
from shardgen.model.types import BOOLEAN, INTEGER, TEXT, TIMESTAMP, varchar
from shardgen.tables import wording
from shardgen.tables.spec import ByIds, History, Piece, Sizes, Slice, TableSpec, arriving, by_lives
from shardgen.tables.statements import beside
from shardgen.tables.wording import Subject
from shardgen.world import World, circumstances, estimates, fates, orders, products, reviews
from shardgen.world.baskets import MAX_ITEMS
from shardgen.world.circumstances import Reviewed
from shardgen.world.demand import DAY, HOUR
from shardgen.world.fates import Fate
from shardgen.world.lives import Actors
from shardgen.world.orders import Items, Orders
from shardgen.world.picking import picked
from shardgen.world.reviews import Reviews
from shardgen.world.versions import Versions, within

ITEMS_PER_ORDER, REVIEW_SHARE = 2.9, 0.3
"""Rough figures that turn a number of rows into a number of orders to look at."""
VERSIONS = 3
"""Of a review, about: batches are of so many fewer orders where all are asked for."""
ANEW = 1 << 60
"""Beyond all numbers of reviews: number + ANEW keys the words of one that was written anew."""


def rows(wanted: Slice) -> Iterator[Batch]:
    """Reviews of the items of the slice's orders, as far as they are there at its end; or all versions of them."""
    world, each = wanted.world, ITEMS_PER_ORDER * REVIEW_SHARE * (VERSIONS if wanted.versions else 1)
    for low, high in wanted.ranges(int(wanted.rows / each) + 1):
        placed = orders.chosen(world, low, high, wanted.chosen(low, high))
        placed = placed.take(reviews.promising(world, placed))
        lines, who = orders.items(world, placed), orders.buyers(world, placed)
        fate = fates.of(world, placed, lines, orders.sources(world, placed, who))
        known = _Known(placed=placed, fate=fate, lines=lines, who=who)
        written = reviews.of_items(world, placed, fate, lines)
        if wanted.versions:
            written = picked(written, np.flatnonzero(written.date < wanted.end))
            found = within(written.changes, wanted.since, wanted.end, deleted=written.taken_down)
            if len(found.row):
                yield _batch(wanted, known, picked(written, found.row), found.until, found)
        elif written.there(wanted.end).any():
            written = picked(written, np.flatnonzero(written.there(wanted.end)))
            yield _batch(wanted, known, written, np.full(len(written.number), wanted.end))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Known:
    """What there is to know of the orders that reviews are of."""

    placed: Orders
    fate: Fate
    lines: Items
    who: Actors


def _batch(wanted: Slice, known: _Known, written: Reviews, until: I64, versions: Versions | None = None) -> Batch:
    """Reviews as they stand after all that has happened before an instant each."""
    seed, number, date = wanted.world.seed, written.number, written.date
    order = known.lines.order[written.item]
    votes, last_vote = reviews.votes_by(written.votes, np.minimum(until - 1, written.taken_down) - date)
    anew, gone = written.edited < until, written.taken_down < until
    title, body = _texts(wanted.world, known, written, anew)
    changed = np.max(
        [date + last_vote, np.where(anew, written.edited, 0), np.where(gone, written.taken_down, 0)], axis=0
    )
    return batch(
        REVIEWS.table,
        wanted.raw_data,
        {
            "review_id": Words(ids(REVIEW, number)),
            "product_id": Words(ids(PRODUCT, known.lines.product[written.item])),
            "customer_id": Words(ids(CUSTOMER, known.who.number[order])),
            "rating": Whole(written.rating),
            "review_text": Prose(body),
            "review_title": Prose(title),
            "review_date": Instant(date),
            "helpful_count": Whole(votes),
            "verified_purchase": Flag(written.verified),
        },
        numbers=number,
        ingestion=ingested(seed, "reviews", number, changed, 60, 3600),
        extra={
            "order_id": Words(ids(ORDER, known.placed.number[order])),
            "edited_at": Sometimes(anew, Instant(written.edited[anew])),
        },
        versions=versions,
    )


def _texts(world: World, known: _Known, written: Reviews, anew: NDArray[np.bool_]) -> tuple[Drawn, Drawn]:
    """Title and text of each review, which are made once for all versions that have the same."""
    words, first, which = np.unique(written.number + np.where(anew, ANEW, 0), return_index=True, return_inverse=True)
    item, rating = written.item[first], written.rating[first]
    product, kind = known.lines.product[item], known.lines.subcategory[item]
    what = Reviewed(order=known.lines.order[item], item=item, date=written.date[first])
    about = circumstances.of_reviews(world, known.placed, known.fate, known.lines, known.who, what)
    noun = products.noun(world.seed, product, kind)
    title, body = wording.texts(world.seed, Subject(number=words, rating=rating, kind=kind, noun=noun), about)
    return Drawn(title, which), Drawn(body, which)


def _ordered(world: World, end: int) -> int:
    return int(world.orders.before(end))


def _estimate(world: World, cuts: Sequence[Piece], end: int) -> Iterable[float]:
    taken = estimates.sample(world, end)
    return [estimates.review_rows(taken, piece.start, piece.stop, end) for piece in cuts]


REVIEWS = TableSpec(
    table=bronze_table(
        name="reviews",
        meaning="A review of an item that was delivered, at most one for each item; a few are written anew within two "
        "days, and one in 125 is taken down within six weeks.",
        source="reviews",
        key=("review_id",),
        space=KeySpace(ids=REVIEW, children=MAX_ITEMS),
        columns=(
            Column(
                name="review_id",
                type=varchar(50),
                not_null=True,
                meaning="`REV` and 10 digits or more; (order's number - 1) x 8 + the item's place in it, so not dense",
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
                meaning="Votes, counted once a week for half a year; most have none, a few have many",
            ),
            Column(
                name="verified_purchase",
                type=BOOLEAN,
                meaning="False only for some marketplace and store orders (8 % of theirs)",
            ),
        ),
        extra={
            "order_id": Key("The order in which the product was delivered to the customer", TEXT),
            "edited_at": Key("When title and text were written anew; absent for most", TIMESTAMP, missing="absent"),
        },
        indexes=(
            *by_key("product_id", "customer_id", "review_date"),
            *by_all("rating"),
            Index(column="review_text", kind="words", full=True),
        ),
    ),
    cut=ByIds(step=100_000, total=_ordered, estimate=_estimate),
    rows=rows,
    changed=arriving(_ordered, fates.MAX_FATE + reviews.MAX_LAG + reviews.COUNTS * reviews.WEEK + DAY),
    history=History(estimate=by_lives(estimates.review_lives)),
    lag=HOUR,
    laws=beside(__package__, "laws/l04.sql", "laws/l18.sql", "laws/l19.sql"),
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
