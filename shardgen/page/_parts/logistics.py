"""What lies in the warehouses, and how long it takes: stock, movements, empty shelves, delivery and review lags."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from shardgen.page._parts import charts, formats
from shardgen.page._parts.grammar import COLORS
from shardgen.page._parts.section import THIRD, Part, Picture, Piece, Table, ranking, shares, table
from shardgen.page.numbers import Numbers, Row


def stock(numbers: Numbers) -> Piece:
    """Units of a few products over time."""
    rows = numbers.rows("stock")
    names = {row["product_id"]: formats.name(row["product"]) for row in numbers.rows("bestsellers")}
    parts = {row["product_id"]: _name(row, names) for row in rows}
    colors = dict(zip(parts.values(), COLORS, strict=False))
    values = [{"at": row["start"], "part": parts[row["product_id"]], "value": row["units"]} for row in rows]
    low, high = (pick(row["units"] for row in rows) for pick in (min, max))
    return Piece(
        finding="The stock of what moves most "
        + (f"lies between {formats.count(low)} and " if low != high else "stays at ")
        + formats.plural(high, "unit")
        + (", never below zero." if low >= 0 else ": below zero."),
        pictures=(
            Picture(
                title="Units on hand of the products that move most, where they do",
                about="Step curves: units of each product in one warehouse over time.",
                draw=partial(charts.steps, values, colors=colors, days=numbers.facts.step * len(rows) / len(parts)),
            ),
        ),
        tables=(_stock(rows, parts, clock=numbers.facts.step < 1),),
    )


def movements(numbers: Numbers) -> Piece:
    """What moves it."""
    rows = numbers.rows("movements")
    total = sum(row["movements"] for row in rows)
    return shares(
        rows,
        "Stock movements by type",
        "Bars: number of movements of each type.",
        name="type",
        value="movements",
        columns={
            "movements": lambda row: formats.count(row["movements"]),
            "units": lambda row: f"{row['units']:+,}",
        },
        finding=f"{formats.plural(total, 'movement')} explain every unit in the warehouses.",
        size=THIRD,
    )


def delivery(numbers: Numbers) -> Piece:
    """How long parcels travel."""
    rows = numbers.rows("delivery")
    median, ninth = rows[0]["median"], rows[0]["ninth"]
    return Piece(
        finding=f"Half of the parcels arrive within {median:.1f} days, nine of ten within {ninth:.1f} days.",
        pictures=(_lags("Days from order to delivery", rows, "orders", bin_width=0.5),),
        tables=(_lag_table("Days from order to delivery", rows, "orders"),),
    )


def review_lags(numbers: Numbers) -> Piece:
    """How long customers think."""
    rows = numbers.rows("review lags")
    median, ninth = (rows[0][name] for name in ("median", "ninth"))
    return Piece(
        finding=f"Half of the reviews are written within {median:.1f} days after delivery, nine of ten "
        f"within {ninth:.0f} days.",
        pictures=(_lags("Days from delivery to review", rows, "reviews", bin_width=1),),
        tables=(_lag_table("Days from delivery to review", rows, "reviews"),),
    )


def stock_outs(numbers: Numbers) -> Piece:
    """How often a shelf is empty."""
    rows = numbers.rows("stock outs")
    days, empty = (sum(row[name] for row in rows) for name in ("days", "empty"))
    return Piece(
        finding=f"Shelves are empty on {formats.percent(formats.share(empty, days))} of their days.",
        pictures=(
            ranking(
                "Days on which a shelf is empty, by warehouse",
                "Bars: share of the days of all shelves (a product in a warehouse) at whose end nothing is there.",
                sorted(rows, key=lambda row: -(formats.share(row["empty"], row["days"]) or 0)),
                label=lambda row: formats.name(row["warehouse"]),
                value=lambda row: formats.share(row["empty"], row["days"]) or 0,
                text=lambda row: formats.percent(formats.share(row["empty"], row["days"])),
                color=COLORS[4],
                size=THIRD,
            ),
        ),
        tables=(
            table(
                "Empty shelves",
                {
                    "warehouse": lambda row: formats.name(row["warehouse"]),
                    "days of its shelves": lambda row: formats.count(row["days"]),
                    "empty": lambda row: formats.count(row["empty"]),
                    "share": lambda row: formats.percent(formats.share(row["empty"], row["days"])),
                },
                rows,
            ),
        ),
    )


def split_orders(numbers: Numbers) -> Piece:
    """How many orders ship in parts."""
    told = numbers.first("split orders")
    if not told["shipped"]:
        return Piece()
    return Piece(
        finding=f"{formats.percent(formats.share(told['split'], told['shipped']))} of the orders that have shipped "
        "come in parts from two warehouses."
    )


def _name(row: Row, names: dict[str, str]) -> str:
    """As a legend has room for it."""
    name: str = names.get(row["product_id"]) or row["product_id"]
    return f"{name if len(name) <= 34 else name[:33] + '…'} ({row['warehouse_id']})"


def _stock(rows: Sequence[Row], parts: dict[str, str], *, clock: bool) -> Table:
    by_time: dict[str, dict[str, int]] = {}
    for row in rows:
        by_time.setdefault(row["start"], {})[row["product_id"]] = row["units"]

    def column(product: str) -> Callable[[Any], str]:
        return lambda item: formats.count(item[1].get(product))

    columns: dict[str, Callable[[Any], str]] = {
        "time": lambda item: formats.day(item[0]) + (f", {item[0][11:16]}" if clock else "")
    }
    columns |= {name: column(product) for product, name in parts.items()}
    return table("Units on hand", columns, by_time.items())


def _lags(title: str, rows: Sequence[Row], name: str, *, bin_width: float) -> Picture:
    median = rows[0]["median"]
    values = [
        {
            "start": row["days"],
            "value": row[name],
            "tip": f"{row['days']:g} to {row['days'] + bin_width:g} days: {formats.count(row[name])} {name}",
        }
        for row in rows
    ]
    return Picture(
        title=title,
        about=f"Histogram of {name}; a line at the median of {median:.1f} days.",
        draw=partial(
            charts.histogram, values, bin_width=bin_width, rule=median, text=f"median {median:.1f}", title="days"
        ),
        size=THIRD,
    )


def _lag_table(title: str, rows: Sequence[Row], name: str) -> Table:
    return table(
        title,
        {"days": lambda row: f"{row['days']:g}", name: lambda row: formats.count(row[name])},
        rows,
    )


PARTS: Final = (
    Part(title="stock over time", needs=("stock",), make=stock),
    Part(title="stock movements", needs=("movements",), make=movements),
    Part(title="empty shelves", needs=("stock outs",), make=stock_outs),
    Part(title="orders that ship in parts", needs=("split orders",), make=split_orders),
    Part(title="delivery times", needs=("delivery",), make=delivery),
    Part(title="review lags", needs=("review lags",), make=review_lags),
)
