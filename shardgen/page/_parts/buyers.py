"""Who comes back: cohorts by the month of their first order, and new and returning buyers by month."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from shardgen.page._parts import formats, grids, monthly
from shardgen.page._parts.grammar import COLORS
from shardgen.page._parts.section import Part, Picture, Piece, Table, table
from shardgen.page.numbers import Numbers, Row

Retained = Mapping[str, list[int]]
"""By month of the first order: how many order in that month, the next, and so on up to the last whole one."""
SHOWN: Final = {"new buyers": "new", "returning buyers": "back"}
"""By what they are called, the column."""


def cohorts(numbers: Numbers) -> Piece:
    """How many of those who came first in a month are there again later."""
    found = _retained(numbers.rows("cohorts"))
    return Piece(finding=_again(found), pictures=_heat(found), tables=(_cohorts(found),))


def comings(numbers: Numbers) -> Piece:
    """New and returning buyers by month."""
    rows = numbers.rows("buyers by month")
    values = [
        {"label": monthly.month(row["month"]), "part": part, "value": row[name], "tip": _tip(row, part, row[name])}
        for row in rows
        for part, name in SHOWN.items()
    ]
    picture = Picture(
        title="Buyers by month: new, and returning from a month before",
        about="Standing bars, one a month: customers in the month of their first order in the window, and above them "
        "those who had ordered in a month before.",
        draw=partial(monthly.columns, values, colors=dict(zip(SHOWN, COLORS, strict=False))),
    )
    return Piece(finding=_returning(rows), pictures=(picture,), tables=(_buyers(rows),))


def _retained(rows: Sequence[Row]) -> Retained:
    """The rows as a triangle: a month in which nobody of a cohort orders has no row."""
    last = max(_months(row["cohort"]) + row["later"] for row in rows)
    found = {row["cohort"]: [0] * (last - _months(row["cohort"]) + 1) for row in rows}
    for row in rows:
        found[row["cohort"]][row["later"]] = row["buyers"]
    return found


def _months(iso: str) -> int:
    return 12 * int(iso[:4]) + int(iso[5:7])


def _again(found: Retained) -> str:
    """How many are there again after a month, and after half a year, of the cohorts of which it is known."""
    month, half = (_share(found, later) for later in (1, 6))
    if month is None:
        return "No buyer's first order lies a whole month back, so who orders again is not to be seen yet."
    then = "" if half is None else f", and {formats.percent(half)} in the sixth month after it"
    return f"Of the buyers, {formats.percent(month)} order again in the month after their first order{then}."


def _share(found: Retained, later: int) -> float | None:
    seen = [buyers for buyers in found.values() if len(buyers) > later]
    return formats.share(sum(each[later] for each in seen), sum(each[0] for each in seen))


def _heat(found: Retained) -> tuple[Picture, ...]:
    """The picture, where a cohort has a month to come back in."""
    names = {
        cohort: f"{monthly.month(cohort)} · {formats.short(buyers[0])}"
        for cohort, buyers in found.items()
        if len(buyers) > 1
    }
    values = [_cell(cohort, later, found, names) for cohort in names for later in range(1, len(found[cohort]))]
    across = [str(later) for later in range(1, max(map(len, found.values())))]
    picture = Picture(
        title="Buyers who order again, percent by months since their first order",
        about="Table of cells: a row for each month of the first order, with the number of its buyers; across, the "
        "months since then. A number is the percentage of the row's buyers who order in that month; the higher, the "
        "fuller its cell. A month in which the window ends is left out.",
        draw=partial(
            grids.heat,
            values,
            across=across,
            down=list(names.values()),
            title="months since the first order",
        ),
    )
    return (picture,) if values else ()


def _cell(cohort: str, later: int, found: Retained, names: Mapping[str, str]) -> dict[str, Any]:
    first, share = found[cohort][0], found[cohort][later] / found[cohort][0]
    return {
        "across": str(later),
        "down": names[cohort],
        "value": 100 * share,
        "text": f"{100 * share:.0f}",
        "tip": f"first order in {monthly.month(cohort)}, {formats.plural(later, 'month')} later: "
        f"{formats.percent(share)} of {formats.count(first)}",
    }


def _cohorts(found: Retained) -> Table:
    def cell(later: int) -> Callable[[Any], str]:
        return lambda row: formats.percent(row[1][later] / row[1][0]) if later < len(row[1]) else ""

    return table(
        "Buyers who order again, by month of their first order and months since",
        {
            "first order": lambda row: monthly.month(row[0]),
            "buyers": lambda row: formats.count(row[1][0]),
            **{f"+{later}": cell(later) for later in range(1, max(map(len, found.values())))},
        },
        found.items(),
    )


def _returning(rows: Sequence[Row]) -> str:
    """How many of the buyers of the last month are back."""
    last = rows[-1]
    back = formats.share(last["back"], last["new"] + last["back"])
    if back is None or len(rows) == 1:
        return ""
    return f"{formats.percent(back)} of the buyers of {monthly.month(last['month'])} had ordered in a month before."


def _tip(row: Row, part: str, buyers: int) -> str:
    return f"{monthly.month(row['month'])}: {formats.count(buyers)} {part}"


def _buyers(rows: Sequence[Row]) -> Table:
    return table(
        "New and returning buyers by month",
        {
            "month": lambda row: monthly.month(row["month"]),
            "new buyers": lambda row: formats.count(row["new"]),
            "returning buyers": lambda row: formats.count(row["back"]),
            "orders of new buyers": lambda row: formats.count(row["orders_of_new"]),
            "orders of returning buyers": lambda row: formats.count(row["orders_of_back"]),
        },
        rows,
    )


PARTS: Final = (
    Part(title="who orders again, by month of the first order", needs=("cohorts",), make=cohorts),
    Part(title="new and returning buyers by month", needs=("buyers by month",), make=comings),
)
