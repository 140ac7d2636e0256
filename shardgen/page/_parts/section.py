"""What a page consists of: sections of sentences, pictures and tables of the same numbers; not drawn yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from shardgen.page._parts import formats
from shardgen.page._parts.charts import bars
from shardgen.page._parts.grammar import COLORS, Spec
from shardgen.page.numbers import Numbers, Row
from shardgen.tables import in_order, names

FULL, HALF, THIRD = "full", "half", "third"
"""Of the page's width, where it is wide."""


def table_colors(numbers: Numbers) -> dict[str, str]:
    """A colour for each table, the last of the story first; a table has the same colour everywhere on the page."""
    found = {row["table"] for name in ("shards", "volumes") for row in numbers.rows(name)}
    order = [*reversed(names()), *in_order(found - set(names()))]
    return {name: COLORS[place % len(COLORS)] for place, name in enumerate(order) if name in found}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture, not drawn yet."""

    title: str
    about: str
    """What it shows, for those who cannot see it."""
    draw: Callable[[int], Spec]
    """For a width in pixels."""
    size: str = FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Numbers behind a picture."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """As they are shown; the first column names the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What a part contributes to its section."""

    finding: str = ""
    """What one sees, in a sentence or two."""
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that is made of the numbers if they are there."""

    title: str
    """What is missing where it cannot be made: ``"orders over time"``."""
    needs: tuple[str, ...]
    """Names of queries."""
    make: Callable[[Numbers], Piece]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of the page."""

    name: str
    title: str
    findings: tuple[str, ...]
    pictures: tuple[Picture, ...]
    tables: tuple[Table, ...]
    missing: Mapping[str, tuple[str, ...]]
    """By reason, what is not there."""


def section(numbers: Numbers, name: str, title: str, parts: Iterable[Part]) -> Section:
    """A section of those parts that can be made."""
    pieces: list[Piece] = []
    missing: dict[str, tuple[str, ...]] = {}
    for part in parts:
        if reason := _reason(numbers, part.needs):
            missing[reason] = (*missing.get(reason, ()), part.title)
        else:
            pieces.append(part.make(numbers))
    return Section(
        name=name,
        title=title,
        findings=tuple(piece.finding for piece in pieces if piece.finding),
        pictures=tuple(picture for piece in pieces for picture in piece.pictures),
        tables=tuple(table for piece in pieces for table in piece.tables),
        missing=missing,
    )


def table(title: str, columns: Mapping[str, Callable[[Any], str]], rows: Iterable[Any]) -> Table:
    """A table with a function for what stands in each column."""
    cells = tuple(tuple(cell(row) for cell in columns.values()) for row in rows)
    return Table(title=title, columns=tuple(columns), rows=cells)


def ranking(
    title: str,
    about: str,
    rows: Iterable[Row],
    *,
    label: Callable[[Row], str],
    value: Callable[[Row], float],
    text: Callable[[Row], str],
    color: str = COLORS[0],
    size: str = HALF,
) -> Picture:
    """Lying bars, one for each row, with a text beside each."""
    values = [
        {"label": label(row), "value": value(row), "text": text(row), "tip": f"{label(row)}: {text(row)}"}
        for row in rows
    ]
    return Picture(title=title, about=about, draw=partial(bars, values, color=color), size=size)


def shares(
    rows: Sequence[Row],
    title: str,
    about: str,
    *,
    name: str,
    value: str,
    columns: Mapping[str, Callable[[Row], str]],
    heading: str = "",
    finding: str = "",
    color: str = COLORS[0],
    size: str = HALF,
) -> Piece:
    """How a total splits by name: bars with the share of each, and the numbers behind them.

    Args:
        rows: one for each name, the largest first.
        title: of the picture, and of the table where it has no ``heading`` of its own.
        about: what the picture shows.
        name: the column that names a row.
        value: the column that splits.
        columns: of the table, behind the name.
        heading: of the table.
        finding: what one sees.
        color: of the bars.
        size: of the picture.
    """
    total = sum(row[value] for row in rows)

    def named(row: Row) -> str:
        return formats.name(row[name])

    picture = ranking(
        title,
        about,
        rows,
        label=named,
        value=lambda row: row[value],
        text=lambda row: formats.percent(formats.share(row[value], total)),
        color=color,
        size=size,
    )
    return Piece(
        finding=finding, pictures=(picture,), tables=(table(heading or title, {name: named, **columns}, rows),)
    )


def nothing(_: Numbers) -> Piece:
    """Of a part that another one shows; it is listed so that its absence is told."""
    return Piece()


def _reason(numbers: Numbers, needs: Sequence[str]) -> str:
    for name in needs:
        answer = numbers.answers[name]
        if not answer.rows:
            return answer.missing or "there is nothing to show"
    return ""
