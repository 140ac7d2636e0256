"""How much there is: rows and bytes of each table, and how the partitions grow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from shardgen.page._parts import charts, formats
from shardgen.page._parts.grammar import COLORS
from shardgen.page._parts.section import HALF, THIRD, Part, Picture, Piece, Table, ranking, table, table_colors
from shardgen.page.numbers import Numbers, Row

MOST_BARS: Final = 62
"""Partitions that a picture can show one by one: two months of days; more are taken together by month."""


def totals(leaves: Sequence[Row]) -> list[Row]:
    """Rows, heap and indexes of each table, the largest first."""
    found: dict[str, Row] = {}
    for leaf in leaves:
        total = found.setdefault(
            leaf["table"], {"table": leaf["table"], "rows": 0, "heap": 0, "indexes": 0, "leaves": 0}
        )
        for name in ("rows", "heap", "indexes"):
            total[name] += leaf[name]
        total["leaves"] += 1
    return sorted(found.values(), key=lambda each: -each["rows"])


def sizes(numbers: Numbers) -> Piece:
    """Rows and bytes of each table."""
    tables = totals(numbers.rows("volumes"))
    return Piece(finding=_taken(tables), pictures=(_rows(tables), _bytes(tables)), tables=(_figures(tables),))


def _taken(tables: Sequence[Row]) -> str:
    """What the tables take together, and the share of the largest."""
    rows, heap, indexes = (sum(each[name] for each in tables) for name in ("rows", "heap", "indexes"))
    taken = (
        f"{formats.plural(rows, 'row')} in {formats.plural(len(tables), 'table')} take {formats.size(heap + indexes)} "
        f"on disk, {formats.percent(formats.share(indexes, heap + indexes))} of it for indexes."
    )
    if not rows or len(tables) == 1:
        return taken
    first = tables[0]
    share = formats.percent(formats.share(first["rows"], rows))
    return f"{taken} {first['table'].capitalize()} alone is {share} of the rows."


def _rows(tables: Sequence[Row]) -> Picture:
    return ranking(
        "Rows",
        "Bars: rows of each table.",
        tables,
        label=lambda row: row["table"],
        value=lambda row: row["rows"],
        text=lambda row: formats.count(row["rows"]),
    )


def _bytes(tables: Sequence[Row]) -> Picture:
    stacks = [
        {
            "label": each["table"],
            "part": part,
            "value": each[part],
            "text": formats.size(each["heap"] + each["indexes"]),
            "tip": f"{each['table']}, {part}: {formats.size(each[part])}",
        }
        for each in tables
        for part in ("heap", "indexes")
    ]
    return Picture(
        title="Bytes on disk",
        about="Bars: bytes of each table, heap (with what is stored out of line) and indexes.",
        draw=partial(charts.stacks, stacks, colors={"heap": COLORS[0], "indexes": COLORS[1]}),
        size=HALF,
    )


def _figures(tables: Sequence[Row]) -> Table:
    columns = {
        "table": lambda row: row["table"],
        "rows": lambda row: formats.count(row["rows"]),
        "heap": lambda row: formats.size(row["heap"]),
        "indexes": lambda row: formats.size(row["indexes"]),
        "partitions": lambda row: formats.count(row["leaves"]),
        "bytes a row": lambda row: formats.count(formats.share(row["heap"] + row["indexes"], row["rows"])),
    }
    return table("Tables", columns, tables)


def growth(numbers: Numbers) -> Piece:
    """Rows of each partition, in order of time."""
    leaves = [leaf for leaf in numbers.rows("volumes") if leaf["since"]]
    names = [each["table"] for each in totals(leaves)]
    if not names:
        return Piece()
    largest = max(leaves, key=lambda leaf: leaf["rows"])
    finding = (
        f"The rows of {formats.listed(names)} lie in {formats.plural(len(leaves), 'partition')}; the largest, "
        f"{largest['leaf']}, holds {formats.count(largest['rows'])}."
    )
    colors = table_colors(numbers)
    by_table = {name: [leaf for leaf in leaves if leaf["table"] == name] for name in names}
    return Piece(
        finding=finding,
        pictures=tuple(_growth(name, found, colors[name]) for name, found in by_table.items() if len(found) > 1),
        tables=(
            table(
                "Partitions",
                {
                    "partition": lambda row: row["leaf"],
                    "from": lambda row: formats.day(row["since"]),
                    "rows": lambda row: formats.count(row["rows"]),
                    "bytes": lambda row: formats.size(row["heap"] + row["indexes"]),
                },
                leaves,
            ),
        ),
    )


def _growth(name: str, leaves: Sequence[Row], color: str) -> Picture:
    """Bars by partition, or by month where there are many."""
    length = 10 if len(leaves) <= MOST_BARS else 7
    rows: dict[str, int] = {}
    for leaf in sorted(leaves, key=lambda leaf: str(leaf["since"])):
        since = leaf["since"][:length]
        rows[since] = rows.get(since, 0) + leaf["rows"]
    monthly = all(since[8:] in ("", "01") for since in rows)
    values = [
        {
            "label": f"{formats.MONTHS[int(since[5:7]) - 1]} {since[2:4]}" if monthly else since[5:],
            "value": number,
            "tip": f"{since}: {formats.plural(number, 'row')}",
        }
        for since, number in rows.items()
    ]
    return Picture(
        title=f"Rows of {name} by {'month' if monthly else 'partition'}",
        about=f"Standing bars: rows of {name} in order of time.",
        draw=partial(charts.columns, values, color=color),
        size=THIRD,
    )


PARTS: Final = (
    Part(title="rows and bytes", needs=("volumes",), make=sizes),
    Part(title="growth of the partitions", needs=("volumes",), make=growth),
)
