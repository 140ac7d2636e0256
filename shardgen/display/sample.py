"""Rows as a person reads them, one below the other, a line for each column, as psql's expanded display has them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.highlighter import JSONHighlighter
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

GAP = 2  # columns between names and values
RECORD = "raw_data"

_COLOUR = JSONHighlighter()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRows:
    """Rows that fit themselves to the terminal: what is too wide for a line is laid out over several.

    Of the source's complete record only what the columns do not say is shown.
    """

    table: str
    rows: list[dict[str, Any]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if not self.rows:
            yield Text(f"no rows in {self.table}")
        for number, row in enumerate(self.rows, start=1):
            name = f"{self.table}, row {number}"
            yield Rule(
                Text(name, style="bold"), align="left", style="dim", characters="-" if options.ascii_only else "─"
            )
            yield _record(row, options.max_width)


def as_plain(value: Any) -> Any:
    """A value as JSON has it: times and days as ISO texts, amounts as numbers."""
    match value:
        case dict():
            return {name: as_plain(part) for name, part in value.items()}
        case list():
            return [as_plain(part) for part in value]
        case date():
            return value.isoformat()
        case Decimal():
            return float(value)
        case _:
            return value


def _record(row: dict[str, Any], width: int) -> Table:
    grid = Table(box=None, show_header=False, padding=(0, GAP, 0, 0), pad_edge=False)
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    room = width - max(map(len, row)) - GAP
    for name, value in row.items():
        grid.add_row(name, _source(row, room) if name == RECORD and value is not None else _shown(value, room))
    return grid


def _source(row: dict[str, Any], room: int) -> Text:
    """The part of the source's record that no column has, and that the rest is there."""
    said = {name: as_plain(value) for name, value in row.items() if name != RECORD}
    more = {name: value for name, value in row[RECORD].items() if name not in said or said[name] != value}
    known = len(row[RECORD]) - len(more)
    text = _shown(more, room)
    return text.append(f"\nand {known} more, as in the columns above", style="dim") if known else text


def _shown(value: Any, room: int) -> Text:
    match value:
        case None:
            return Text("null", style="dim")
        case dict() | list():
            return _COLOUR("\n".join(_laid_out(value, room)))
        case bool():
            return Text(str(value).lower())
        case _:
            return Text(str(value))


def _laid_out(value: Any, room: int) -> list[str]:
    """JSON on as few lines as hold it, broken between the parts of the outermost object or list that is too wide."""
    compact = json.dumps(value, ensure_ascii=False)
    if len(compact) <= room or not isinstance(value, dict | list) or not value:
        return [compact]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    parts: list[tuple[str, Any]] = (
        [(f"{json.dumps(name, ensure_ascii=False)}: ", part) for name, part in value.items()]
        if isinstance(value, dict)
        else [("", part) for part in value]
    )
    lines = [opening]
    for number, (head, part) in enumerate(parts):
        end = closing if number == len(parts) - 1 else ","
        _append(lines, head, part, end, room)
    return lines


def _append(lines: list[str], head: str, part: Any, end: str, room: int) -> None:
    """Add a part behind the last line if there is room, else below it."""
    compact = head + json.dumps(part, ensure_ascii=False) + end
    gap = "" if lines[-1] in {"{", "["} else " "
    if len(lines[-1]) + len(gap) + len(compact) <= room:
        lines[-1] += gap + compact
        return
    laid = _laid_out(part, room - len(head) - 1 - len(end))
    first = lines.pop() + head if not gap else " " + head
    indent = " " * (len(head) + 1)
    lines += [first + laid[0], *(indent + line for line in laid[1:])]
    lines[-1] += end
