"""The form that our tables of figures have in common."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text


def grid_of(first: str, *others: str) -> Table:
    """An empty table: names on the left, figures on the right."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    grid.add_column(first, no_wrap=True)
    for name in others:
        grid.add_column(name, justify="right", no_wrap=True)
    return grid


def total(grid: Table, *cells: str) -> None:
    """End a table with the sums."""
    grid.add_section()
    grid.add_row("all", *cells, style="bold")


def texts(lines: Iterable[str], style: str) -> list[RenderableType]:
    """Sentences, one below the other."""
    return [Text(line, style=style) for line in lines]


def verbatim(line: str, style: str = "") -> Text:
    """A line to be copied: never broken, whatever the width; the terminal itself may wrap it."""
    return Text(line, style=style, no_wrap=True, overflow="ignore")
