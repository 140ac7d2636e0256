"""The form that our tables of figures have: no cell is ever cut, however narrow the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.style import StyleType
from rich.table import Table
from rich.text import Text

ENDLESS = 100_000  # columns


class Grid(Table):
    """A table of which no cell is ever cut: where the terminal is too narrow, each row is told down the page."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self._least(console, options.update(width=ENDLESS)) <= options.max_width:
            yield from super().__rich_console__(console, options)
            return
        names = [str(column.header) for column in self.columns]
        for place, cells in enumerate(zip(*(column.cells for column in self.columns), strict=True)):
            yield from _down_the_page(names, list(cells), style=self.rows[place].style or "")

    def _least(self, console: Console, options: ConsoleOptions) -> int:
        """Columns of the terminal that it needs, if only what may be folded is."""
        whole = self.__rich_measure__(console, options).maximum
        for column in self.columns:
            if not column.no_wrap:
                cells = [Measurement.get(console, options, cell) for cell in [column.header, *column.cells]]
                whole -= max(cell.maximum for cell in cells) - max(cell.minimum for cell in cells)
        return whole


def _down_the_page(names: list[str], cells: list[RenderableType], *, style: StyleType) -> RenderResult:
    """A row as lines of a name and a figure each, below its first cell; only the edge of the terminal breaks them."""
    yield Text(str(cells[0]), style=style)
    widest = max(map(len, names[1:]), default=0)
    for name, cell in zip(names[1:], cells[1:], strict=True):
        if str(cell):
            figure = cell if isinstance(cell, Text) else Text(str(cell))
            yield Text.assemble((f"  {name:{widest}} ", "dim"), figure, style=style, overflow="fold")


def grid_of(first: str, *others: str) -> Grid:
    """An empty table: names on the left, figures on the right."""
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
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
