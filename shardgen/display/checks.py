"""What is shown of a verification: a line for each check, and samples of what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from shardgen.display import units
from shardgen.display.grids import Grid

if TYPE_CHECKING:
    from shardgen.verification.outcome import Check, Verification

TIME = 7
"""Columns of a duration, short or long, so that the texts beside it always break at the same words."""
_MARKS = {"held": ("held", "green"), "failed": ("FAILED", "bold red"), "not applicable": ("n/a", "yellow")}


def verification_table(found: Verification) -> RenderableType:
    """Every check, level by level, and what it comes to."""
    parts: list[RenderableType] = []
    for level in found.levels:
        checks = [check for check in found.checks if check.level == level]
        parts += [Text(level, style="bold"), _grid(checks), *_samples(checks), ""]
    return Group(*parts, *_verdict(found))


def _grid(checks: list[Check]) -> Grid:
    grid = Grid(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    grid.add_column(no_wrap=True, justify="right", min_width=TIME)
    for check in checks:
        word, style = _MARKS[check.status]
        seconds = units.duration(check.seconds) if check.seconds else ""
        grid.add_row(Text(word, style=style), check.name, check.about, check.finding, Text(seconds, style="dim"))
    return grid


def _samples(checks: list[Check]) -> list[RenderableType]:
    """What failed, below the grid, where there is room for sentences."""
    lines = [Text(f"{check.name}: {sample}", style="red") for check in checks for sample in check.samples]
    return [Padding(line, (0, 0, 0, 2)) for line in lines]


def _verdict(found: Verification) -> list[RenderableType]:
    """How many held, failed and did not apply."""
    counts = {word: sum(check.status == word for check in found.checks) for word in _MARKS}
    runs = f"run{'s' * (len(found.runs) > 1)} {', '.join(map(str, found.runs))}"
    head = Text(f"{runs} in {found.where}: {units.duration(found.seconds)}", style="dim")
    tail = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    return [head, Text(tail or "nothing checked", style="bold green" if found.ok else "bold red")]
