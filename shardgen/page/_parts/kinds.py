"""What sells when: the seasons of categories and subcategories, each beside the shop's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from shardgen.page._parts import formats, grids
from shardgen.page._parts.formats import MONTHS
from shardgen.page._parts.grammar import COLORS
from shardgen.page._parts.section import Part, Picture, Piece, ranking, table
from shardgen.page.numbers import Numbers, Row

ENOUGH: Final = 30
"""Units that a month would have without seasons, from which on its index tells more than chance."""
MOST: Final = 20
"""Categories that the picture has room for, and subcategories of which the table tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """How a month of something compares with the shop's."""

    name: str
    beside: str
    """Of what it is a part, if of anything."""
    month: int
    units: int
    usual: float
    """Units that the month would have if the thing sold in it as much of the shop as in the whole window."""

    @property
    def index(self) -> float:
        """1 is as usual."""
        return self.units / self.usual


def seasons(numbers: Numbers) -> Piece:
    """The monthly index of each category, and the subcategories that differ most."""
    rows = numbers.rows("category seasons")
    months = sorted({row["month"] for row in rows})
    if len(months) == 1:
        return Piece(finding="What was sold was sold in one month, which tells no season.")
    categories = _seasons(rows, months, "category")
    peaks = [each for each in _peaks(_seasons(rows, months, "subcategory")) if each.index > 1][:MOST]
    return Piece(
        finding=_peak(_peaks(categories)),
        pictures=(_heat(categories, months), *([_strongest(peaks[:10])] if peaks else [])),
        tables=(
            table(
                "Units by category and month, 1.0 is the category's usual share of the shop",
                {
                    "category": lambda each: each.name,
                    "month": lambda each: MONTHS[each.month - 1],
                    "units": lambda each: formats.count(each.units),
                    "index": lambda each: f"{each.index:.2f}",
                },
                categories,
            ),
            table(
                "Subcategories with the strongest season",
                {
                    "subcategory": lambda each: each.name,
                    "category": lambda each: each.beside,
                    "month": lambda each: MONTHS[each.month - 1],
                    "units": lambda each: formats.count(each.units),
                    "index": lambda each: f"{each.index:.2f}",
                },
                peaks,
            ),
        ),
    )


def _seasons(rows: Sequence[Row], months: Sequence[int], name: str) -> list[Season]:
    """Of each category or subcategory in each month; of those that sold anything."""
    shop = {month: sum(row["units"] for row in rows if row["month"] == month) for month in months}
    total = sum(shop.values())
    sold: dict[tuple[str, str], dict[int, int]] = {}
    for row in rows:
        of = formats.name(row["category"])
        key = (of, "") if name == "category" else (formats.name(row["subcategory"]), of)
        found = sold.setdefault(key, {})
        found[row["month"]] = found.get(row["month"], 0) + row["units"]
    return [
        Season(name=key[0], beside=key[1], month=month, units=found.get(month, 0), usual=all_ * shop[month] / total)
        for key, found in sold.items()
        if (all_ := sum(found.values()))
        for month in months
        if shop[month]
    ]


def _peaks(found: Sequence[Season]) -> list[Season]:
    """The strongest month of each, where there is enough to tell; the strongest first."""
    best: dict[tuple[str, str], Season] = {}
    for each in found:
        key = each.name, each.beside
        if each.usual >= ENOUGH and (key not in best or each.index > best[key].index):
            best[key] = each
    return sorted(best.values(), key=lambda each: -each.index)


def _peak(peaks: Sequence[Season]) -> str:
    if not peaks:
        return ""
    first = peaks[0]
    return f"The strongest season: {first.name} in {MONTHS[first.month - 1]}, {_index(first)}."


def _index(each: Season) -> str:
    return f"{each.index:.1f} times the usual share of what the shop sells"


def _heat(found: Sequence[Season], months: Sequence[int]) -> Picture:
    down = list(dict.fromkeys(each.name for each in found))[:MOST]
    values = [
        {
            "across": MONTHS[each.month - 1],
            "down": each.name,
            "value": 100 * each.index,
            "text": f"{each.index:.1f}",
            "tip": f"{each.name}, {MONTHS[each.month - 1]}: {formats.plural(each.units, 'unit')}, {_index(each)}",
        }
        for each in found
        if each.name in down
    ]
    return Picture(
        title="Monthly index by category: 1.0 is the category's usual share of the units sold",
        about="Heat map: categories down, months across; the fuller a cell, the more the category sells then.",
        draw=partial(grids.heat, values, across=[MONTHS[month - 1] for month in months], down=down),
    )


def _strongest(peaks: Sequence[Season]) -> Picture:
    rows = [{"name": f"{each.name}, {MONTHS[each.month - 1]}", "index": each.index} for each in peaks]
    return ranking(
        "Subcategories with the strongest season",
        "Bars: the monthly index of the best month of each, where 1.0 is its usual share.",
        rows,
        label=lambda row: row["name"],
        value=lambda row: row["index"],
        text=lambda row: f"{row['index']:.1f}",
        color=COLORS[2],
    )


PARTS: Final = (Part(title="seasons by category", needs=("category seasons",), make=seasons),)
