"""What things cost: prices that change, promotions, how much of the revenue they reduce, and what they lift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Final

from shardgen.page._parts import charts, formats, grids
from shardgen.page._parts.grammar import COLORS, QUIET
from shardgen.page._parts.sales import currency, curve
from shardgen.page._parts.section import Part, Picture, Piece, ranking, table
from shardgen.page.numbers import Numbers, Row

SCOPES: Final = {"everything": COLORS[1], "a category": COLORS[0], "a brand": QUIET}
"""What a promotion reduces, with its colour in the calendar."""


def changes(numbers: Numbers) -> Piece:
    """How many products had a change of price."""
    rows = numbers.rows("price changes")
    products, changed, gone = (sum(row[name] for row in rows) for name in ("products", "changed", "discontinued"))
    return Piece(
        finding=f"{formats.percent(formats.share(changed, products))} of {formats.plural(products, 'product')} had a "
        f"new price in the window, {formats.percent(formats.share(gone, products))} were discontinued.",
        pictures=(
            ranking(
                "Products whose price changed in the window, by category",
                "Bars: share of the products of each category that have had another price since the window began.",
                sorted(rows, key=lambda row: -row["changed"] / row["products"]),
                label=lambda row: formats.name(row["category"]),
                value=lambda row: row["changed"] / row["products"],
                text=lambda row: formats.percent(formats.share(row["changed"], row["products"])),
                color=COLORS[3],
            ),
        ),
        tables=(
            table(
                "Prices that changed, and products that went",
                {
                    "category": lambda row: formats.name(row["category"]),
                    "products": lambda row: formats.count(row["products"]),
                    "another price": lambda row: formats.count(row["changed"]),
                    "discontinued": lambda row: formats.count(row["discontinued"]),
                },
                rows,
            ),
        ),
    )


def history(numbers: Numbers) -> Piece:
    """What a few products cost over time, beside what they cost at first."""
    rows, unit = numbers.rows("price history"), currency(numbers)
    names = {row["product_id"]: _shortened(formats.name(row["product"])) for row in rows}
    parts = {key: name if [*names.values()].count(name) == 1 else f"{name} ({key})" for key, name in names.items()}
    firsts: dict[str, float] = {}
    for row in rows:
        firsts.setdefault(row["product_id"], row["price"])
    values = [
        {"at": row["day"], "part": parts[row["product_id"]], "value": 100 * row["price"] / firsts[row["product_id"]]}
        for row in rows
        if firsts[row["product_id"]]
    ]
    days = _days(min(row["day"] for row in rows), max(row["day"] for row in rows))
    return Piece(
        pictures=(
            Picture(
                title="Prices of the products that changed most, in percent of the first one paid",
                about="Step curves: what was paid for a piece of each product, as orders show it, before discounts.",
                draw=partial(charts.steps, values, colors=_colors(tuple(parts.values())), days=days, zero=False),
            ),
        )
        if values
        else (),
        tables=(
            table(
                "Prices that were paid",
                {
                    "product": lambda row: parts[row["product_id"]],
                    "seen from": lambda row: formats.day(row["day"]),
                    "price": lambda row: formats.money(row["price"], unit),
                },
                rows,
            ),
        ),
    )


def reductions(numbers: Numbers) -> Piece:
    """How much of the revenue is reduced, over time."""
    rows = numbers.rows("reductions")
    revenue, reduced = (sum(row[name] for row in rows) for name in ("revenue", "reduced"))
    best = max(rows, key=lambda row: row["share_mean"])
    return Piece(
        finding=f"{formats.percent(formats.share(reduced, revenue))} of what items bring is reduced by a promotion; "
        f"around {formats.day(best['start'])} it is {formats.percent(best['share_mean'] / 100)}.",
        pictures=(curve(numbers, rows, "share", COLORS[3], "Reduced revenue, in percent of all"),),
        tables=(
            table(
                "Reduced revenue",
                {
                    "from": lambda row: formats.day(row["start"]),
                    "revenue": lambda row: f"{row['revenue']:,.2f}",
                    "reduced": lambda row: f"{row['reduced']:,.2f}",
                    "share": lambda row: formats.percent(row["share"] / 100),
                },
                rows,
            ),
        ),
    )


def calendar(numbers: Numbers) -> Piece:
    """Which promotions there were, when."""
    rows, unit = [{**row, "scope": _scope(row)} for row in numbers.rows("promotions")], currency(numbers)
    lanes = [formats.name(row["category"]) if row["categories"] == 1 else "everything" for row in rows]
    values = [
        {
            "label": lane,
            "part": row["scope"],
            "at": row["begins"],
            "end": (date.fromisoformat(row["ends"]) + timedelta(days=1)).isoformat(),
            "tip": f"{row['code']}, {formats.day(row['begins'])} to {formats.day(row['ends'])}: "
            f"{formats.plural(row['lines'], 'line')}, {_percent(row)} off",
        }
        for lane, row in zip(lanes, rows, strict=True)
    ]
    down = sorted(set(lanes), key=lambda lane: (lane != "everything", lane))
    used = {row["scope"] for row in rows}
    colors = {scope: color for scope, color in SCOPES.items() if scope in used}
    days = _days(min(row["begins"] for row in rows), max(row["ends"] for row in rows))
    first = rows[0]
    return Piece(
        finding=f"The largest promotion is {first['code']}, {_percent(first)} off {first['scope']}: "
        f"{formats.plural(first['lines'], 'line')} for {formats.money(first['revenue'], unit)}.",
        pictures=(
            Picture(
                title="The promotions that reduced most, by what they reduce",
                about="Calendar: categories down, time across; a bar from the first to the last order of a promotion.",
                draw=partial(grids.spans, values, colors=colors, down=down, days=days),
            ),
        ),
        tables=(
            table(
                "Promotions",
                {
                    "code": lambda row: formats.name(row["code"]),
                    "reduces": lambda row: row["scope"],
                    "category": lambda row: formats.name(row["category"]) if row["categories"] == 1 else "all",
                    "from": lambda row: formats.day(row["begins"]),
                    "to": lambda row: formats.day(row["ends"]),
                    "off": _percent,
                    "lines": lambda row: formats.count(row["lines"]),
                    "units": lambda row: formats.count(row["units"]),
                    "revenue": lambda row: formats.money(row["revenue"], unit),
                },
                rows,
            ),
        ),
    )


def lifts(numbers: Numbers) -> Piece:
    """How much more of a category is sold while it is on offer."""
    rows = numbers.rows("lifts")
    lift = formats.share(sum(row["units"] for row in rows), sum(row["usual"] for row in rows))
    return Piece(
        finding=f"A category on offer sells {formats.times(lift)} the units that it would sell.",
        pictures=(
            ranking(
                "Units of categories on offer, over the units that they would sell",
                "Bars: for each promotion of a category, its units over those that the weeks around let expect.",
                sorted(rows[:10], key=lambda row: -row["units"] / row["usual"]),
                label=lambda row: formats.name(row["code"]),
                value=lambda row: row["units"] / row["usual"],
                text=lambda row: f"{formats.times(row['units'] / row['usual'])} · {formats.name(row['category'])}",
                color=COLORS[0],
            ),
        ),
        tables=(
            table(
                "Units of categories on offer",
                {
                    "code": lambda row: formats.name(row["code"]),
                    "category": lambda row: formats.name(row["category"]),
                    "from": lambda row: formats.day(row["begins"]),
                    "to": lambda row: formats.day(row["ends"]),
                    "units": lambda row: formats.count(row["units"]),
                    "as expected": lambda row: formats.count(row["usual"]),
                    "lift": lambda row: formats.times(row["units"] / row["usual"]),
                },
                rows,
            ),
        ),
    )


def _scope(row: Row) -> str:
    """As the lines tell: one category or several, one brand or several."""
    several = [name for name in ("categories", "brands") if row[name] > 1]
    return {0: "a brand", 1: "a category"}.get(len(several), "everything")


def _percent(row: Row) -> str:
    """What was taken off, of what the lines would have cost."""
    return f"{100 * (formats.share(row['discount'], row['discount'] + row['revenue']) or 0):.0f}{formats.GAP}%"


def _shortened(name: str) -> str:
    return name if len(name) <= 34 else name[:33] + "…"


def _colors(parts: Sequence[str]) -> dict[str, str]:
    return dict(zip(parts, COLORS, strict=False))


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last[:10]) - date.fromisoformat(first[:10])).days + 1


PARTS: Final = (
    Part(title="products whose price changed", needs=("price changes",), make=changes),
    Part(title="what promotions lift", needs=("lifts",), make=lifts),
    Part(title="prices over time", needs=("price history",), make=history),
    Part(title="the share of reduced revenue", needs=("reductions",), make=reductions),
    Part(title="the calendar of promotions", needs=("promotions",), make=calendar),
)
