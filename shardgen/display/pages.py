"""Pages of the manual on a terminal: commands can be copied as they stand, and no table is wider than the screen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final

from rich import box, markdown
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

WIDTH: Final = 100
"""Columns at most: longer lines are hard to read."""
ROOM: Final = 30
"""Columns that the sentences of a table need; with less each row becomes a paragraph."""


class _Heading(markdown.Heading):
    """On the left, without a box."""

    def __rich_console__(self, console: Any, options: Any) -> Iterator[RenderableType]:
        yield Text(self.text.plain, style="bold" if self.tag != "h1" else "bold underline")


class _Code(markdown.CodeBlock):
    """As it stands: never broken, so that it can be copied."""

    def __rich_console__(self, console: Any, options: Any) -> Iterator[RenderableType]:
        style = "" if self.lexer_name == "text" else "cyan"
        yield Text(self.text.plain.rstrip(), style=style, no_wrap=True, overflow="ignore")


class _Table(markdown.TableElement):
    """A table where there is room for its last column, which holds the sentences; else a paragraph for each row."""

    def __rich_console__(self, console: Any, options: Any) -> Iterator[RenderableType]:
        names, rows = _cells(self)
        *others, last = [max(row[place].cell_len for row in rows) for place in range(len(names))]
        if last <= ROOM or options.max_width - sum(others) - 2 * len(others) >= ROOM:
            yield _grid(names, rows)
            return
        for row in rows:
            yield from _paragraph(names, row)


def _cells(table: markdown.TableElement) -> tuple[list[str], list[list[Text]]]:
    """Headings and rows, without columns that are empty."""
    assert table.header is not None
    assert table.header.row is not None
    assert table.body is not None
    names = [cell.content.plain for cell in table.header.row.cells]
    rows = [[cell.content for cell in row.cells] for row in table.body.rows]
    kept = [place for place in range(len(names)) if any(row[place].plain.strip() for row in rows)]
    return [names[place] for place in kept], [[row[place] for place in kept] for row in rows]


def _grid(names: list[str], rows: list[list[Text]]) -> Table:
    grid = Table(*names, box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    for row in rows:
        grid.add_row(*row)
    return grid


def _paragraph(names: list[str], row: list[Text]) -> Iterator[RenderableType]:
    """A row: its first cell, the others with their headings beside it, and the last below."""
    head, *others, last = row
    told = [Text.assemble((f"{name}: ", "dim"), cell) for name, cell in zip(names[1:], others, strict=False)]
    yield Text("  ").join([head, *(text for text, cell in zip(told, others, strict=True) if cell.plain.strip())])
    yield Padding(last, (0, 0, 0, 4))


class _Page(markdown.Markdown):
    elements = markdown.Markdown.elements | {
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
        "table_open": _Table,
    }


def rendered(text: str) -> RenderableType:
    """A page for a terminal, given as Markdown."""
    return _Page(text, hyperlinks=False)


def show(text: str) -> None:
    """Print a page; through a pager where it is longer than the screen."""
    console = Console(highlight=False, theme=Theme({"markdown.code": "cyan"}))  # no background: it may be light
    width = min(WIDTH, console.width)
    if len(console.render_lines(rendered(text), console.options.update(width=width))) < console.height:
        console.print(rendered(text), width=width, crop=False)
        return
    os.environ.setdefault("LESS", "FRX")  # as git does: colours, and no pager for what fits
    with console.pager(styles=True):
        console.print(rendered(text), width=width, crop=False)
