"""What is bought, by whom, and what is said of it: concentration, bestsellers, categories, ratings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from shardgen.page._parts import charts, formats
from shardgen.page._parts.grammar import COLORS
from shardgen.page._parts.sales import currency
from shardgen.page._parts.section import HALF, Part, Picture, Piece, Table, ranking, table
from shardgen.page.numbers import Numbers, Row

STAR: Final = "★"


def popularity(numbers: Numbers) -> Piece:
    """How much of what is sold the best-selling products are."""
    rows = numbers.rows("popularity")
    return Piece(
        finding=_of_a_fifth(rows, "The best-selling fifth of the products has {} of the units sold."),
        pictures=(_concentration("Units sold, by products from the best-selling on", rows, COLORS[0], "products"),),
        tables=(_shares("Share of the units sold", "products", rows),),
    )


def loyalty(numbers: Numbers) -> Piece:
    """How many of the orders the keenest buyers place."""
    rows = numbers.rows("loyalty")
    return Piece(
        finding=_of_a_fifth(rows, "The keenest fifth of the buyers places {} of the orders."),
        pictures=(_concentration("Orders, by buyers from the keenest on", rows, COLORS[1], "buyers"),),
        tables=(_shares("Share of the orders", "buyers", rows),),
    )


def bestsellers(numbers: Numbers) -> Piece:
    """The products that sold most."""
    rows, unit = numbers.rows("bestsellers")[:10], currency(numbers)
    return Piece(
        finding=f"Most sold: {rows[0]['product']}, {formats.plural(rows[0]['units'], 'unit')}.",
        pictures=(
            ranking(
                "Units of the best-selling products",
                "Bars: units sold of each.",
                rows,
                label=lambda row: formats.name(row["product"]),
                value=lambda row: row["units"],
                text=lambda row: formats.count(row["units"]),
            ),
        ),
        tables=(
            table(
                "The best-selling products",
                {
                    "product": lambda row: formats.name(row["product"]),
                    "id": lambda row: row["product_id"],
                    "category": lambda row: formats.name(row["category"]),
                    "units": lambda row: formats.count(row["units"]),
                    "revenue": lambda row: formats.money(row["revenue"], unit),
                    "returned": lambda row: formats.percent(formats.share(row["returned"], row["units"])),
                },
                rows,
            ),
        ),
    )


def categories(numbers: Numbers) -> Piece:
    """What each category brings."""
    rows, unit = numbers.rows("categories"), currency(numbers)
    total = sum(row["revenue"] for row in rows)
    first = formats.percent(formats.share(rows[0]["revenue"], total))
    return Piece(
        finding=f"{rows[0]['category']} brings {first} of what the items earn.",
        pictures=(
            ranking(
                "Revenue by category" + (f", {unit}" if unit else ""),
                "Bars: revenue of the items of each category, without cancelled orders.",
                rows,
                label=lambda row: formats.name(row["category"]),
                value=lambda row: row["revenue"],
                text=lambda row: formats.money(row["revenue"], ""),
                color=COLORS[1],
            ),
        ),
        tables=(
            table(
                "Revenue by category",
                {
                    "category": lambda row: formats.name(row["category"]),
                    "units": lambda row: formats.count(row["units"]),
                    "revenue": lambda row: formats.money(row["revenue"], unit),
                    "share": lambda row: formats.percent(formats.share(row["revenue"], total)),
                },
                rows,
            ),
        ),
    )


def ratings(numbers: Numbers) -> Piece:
    """How many stars products get."""
    rows = numbers.rows("ratings")
    reviews = sum(row["reviews"] for row in rows)
    mean = formats.share(sum(row["rating"] * row["reviews"] for row in rows), reviews)
    five = sum(row["reviews"] for row in rows if row["rating"] == 5)
    return Piece(
        finding=f"{formats.plural(reviews, 'review')} give {mean or 0:.2f} stars on average; "
        f"{formats.percent(formats.share(five, reviews))} give five.",
        pictures=(
            ranking(
                "Reviews by stars",
                "Bars: reviews with five stars to one.",
                rows,
                label=lambda row: f"{row['rating']} {STAR}",
                value=lambda row: row["reviews"],
                text=lambda row: (
                    f"{formats.count(row['reviews'])} · {formats.percent(formats.share(row['reviews'], reviews))}"
                ),
            ),
        ),
        tables=(
            table(
                "Reviews by stars",
                {
                    "stars": lambda row: str(row["rating"]),
                    "reviews": lambda row: formats.count(row["reviews"]),
                    "helpful votes": lambda row: formats.count(row["votes"]),
                },
                rows,
            ),
        ),
    )


def quality(numbers: Numbers) -> Piece:
    """What is rated badly comes back."""
    rows = [{**row, "rate": formats.share(row["returned"], row["units"])} for row in numbers.rows("quality")]
    return Piece(
        finding=_quality(rows),
        pictures=(
            ranking(
                "Units that come back, by their products' mean stars",
                "Bars: share of the delivered units that was returned, by mean stars of the product.",
                rows,
                label=lambda row: f"{row['stars']:.1f} to {row['stars'] + 0.5:.1f} {STAR}",
                value=lambda row: row["rate"] or 0,
                text=lambda row: formats.percent(row["rate"]),
                color=COLORS[1],
            ),
        ),
        tables=(
            table(
                "Units that come back",
                {
                    "mean stars": lambda row: f"{row['stars']:.1f} to {row['stars'] + 0.5:.1f}",
                    "products": lambda row: formats.count(row["products"]),
                    "units": lambda row: formats.count(row["units"]),
                    "returned": lambda row: formats.count(row["returned"]),
                    "share": lambda row: formats.percent(row["rate"]),
                },
                rows,
            ),
        ),
    )


def _quality(rows: Sequence[Row]) -> str:
    """Badly rated against well rated, where there is enough of both."""
    bad, good = ([row for row in rows if (row["stars"] < 3) == below] for below in (True, False))
    rates = [
        formats.share(sum(row["returned"] for row in part), sum(row["units"] for row in part)) for part in (bad, good)
    ]
    if rates[0] is None or not rates[1]:
        return ""
    return (
        f"Products below three stars come back {formats.times(rates[0] / rates[1])} as often as the others "
        f"({formats.percent(rates[0])} of their units against {formats.percent(rates[1])})."
    )


def _of_a_fifth(rows: Sequence[Row], sentence: str) -> str:
    """The sentence with the share of the first fifth, where there is a fifth."""
    reached = [row["share"] for row in rows if row["percent"] <= 20 and row["share"] is not None]
    return sentence.format(formats.percent(reached[-1] / 100)) if reached else ""


def _concentration(title: str, rows: Sequence[Row], color: str, what: str) -> Picture:
    values = [{"percent": 0, "share": 0, "part": what}, *({**row, "part": what} for row in rows)]
    return Picture(
        title=title,
        about=f"Curve over the {what} in descending order: the share of the whole that the first percents have; the "
        "dashed diagonal would be equality, the dashed upright is the first fifth.",
        draw=partial(charts.concentration, values, colors={what: color}, title=f"share of the {what}"),
        size=HALF,
    )


def _shares(title: str, what: str, rows: Sequence[Row]) -> Table:
    """Every tenth percent is enough to read."""
    return table(
        title,
        {
            f"first {what}": lambda row: f"{row['percent']} %",
            "share": lambda row: formats.percent(row["share"] / 100 if row["share"] is not None else None),
        },
        [row for row in rows if row["percent"] % 10 == 0 or row["percent"] in (1, 5)],
    )


SELLING: Final = (
    Part(title="concentration on products", needs=("popularity",), make=popularity),
    Part(title="concentration on buyers", needs=("loyalty",), make=loyalty),
    Part(title="bestsellers", needs=("bestsellers",), make=bestsellers),
    Part(title="revenue by category", needs=("categories",), make=categories),
)
RATING: Final = (
    Part(title="reviews by stars", needs=("ratings",), make=ratings),
    Part(title="returns by stars", needs=("quality",), make=quality),
)
