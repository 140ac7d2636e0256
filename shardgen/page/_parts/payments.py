"""How orders are paid: by what, how often an attempt fails, and what card owners take back."""

from __future__ import annotations

from typing import Final

from shardgen.page._parts import formats
from shardgen.page._parts.grammar import COLORS
from shardgen.page._parts.sales import currency
from shardgen.page._parts.section import Part, Piece, ranking, shares, table
from shardgen.page.numbers import Numbers, Row


def methods(numbers: Numbers) -> Piece:
    """By what orders are paid, and how often it takes a second attempt."""
    rows, unit = numbers.rows("payments"), currency(numbers)
    orders, retried, back = (sum(row[name] for row in rows) for name in ("orders", "retried", "charged_back"))
    lost = formats.money(sum(row["lost"] for row in rows), unit)
    return Piece(
        finding=f"{formats.percent(formats.share(retried, orders))} of the orders were paid after an attempt that "
        "failed; " + _charged_back(back, orders, lost),
        pictures=(
            ranking(
                "Orders by what they are paid with, and those after a failed attempt",
                "Bars: share of the orders that each method has; beside each, how many came after a failed attempt.",
                rows,
                label=lambda row: _name(row["method"]),
                value=lambda row: row["orders"],
                text=lambda row: (
                    f"{formats.percent(formats.share(row['orders'], orders))} · "
                    f"{formats.percent(formats.share(row['retried'], row['orders']))} retried"
                ),
            ),
        ),
        tables=(
            table(
                "Orders by what they are paid with",
                {
                    "method": lambda row: _name(row["method"]),
                    "orders": lambda row: formats.count(row["orders"]),
                    "after a failed attempt": lambda row: formats.count(row["retried"]),
                    "charged back": lambda row: formats.count(row["charged_back"]),
                    "amount charged back": lambda row: formats.money(row["lost"], unit),
                },
                rows,
            ),
        ),
    )


def _charged_back(back: int, orders: int, lost: str) -> str:
    if not back:
        return "none was charged back."
    share, were = formats.percent(formats.share(back, orders)), "was" if back == 1 else "were"
    return f"{formats.plural(back, 'order')} {were} charged back, {share} of all and worth {lost}."


def failures(numbers: Numbers) -> Piece:
    """Why attempts fail."""
    rows = _named(numbers, "failed payments", "reason")
    return shares(
        rows,
        "Failed attempts to pay, by reason",
        "Bars: share of the failed attempts that each reason has.",
        name="reason",
        value="attempts",
        columns={"attempts": lambda row: formats.count(row["attempts"])},
        color=COLORS[1],
    )


def states(numbers: Numbers) -> Piece:
    """What has become of the money."""
    unit = currency(numbers)
    return shares(
        _named(numbers, "payment states", "state"),
        "Orders by the state of their payment",
        "Bars: share of the orders in each state.",
        name="state",
        value="orders",
        columns={
            "orders": lambda row: formats.count(row["orders"]),
            "amount": lambda row: formats.money(row["amount"], unit),
        },
        color=COLORS[2],
    )


def _named(numbers: Numbers, query: str, name: str) -> list[Row]:
    return [{**row, name: _name(row[name])} for row in numbers.rows(query)]


def _name(value: object) -> str:
    return formats.name(value).replace("_", " ")


PARTS: Final = (
    Part(title="methods of payment", needs=("payments",), make=methods),
    Part(title="failed attempts to pay", needs=("failed payments",), make=failures),
    Part(title="states of payments", needs=("payment states",), make=states),
)
