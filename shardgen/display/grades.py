"""What is shown of grades: a line for each kind, family by family and the worst first, tables, and examples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from shardgen.display import units
from shardgen.display.grids import grid_of, texts, total

if TYPE_CHECKING:
    from shardgen.grading.grades import Grades, TableGrade
    from shardgen.grading.score import Example, Score

GOOD, POOR = 0.95, 0.5


def grades_table(grades: Grades) -> RenderableType:
    """All that somebody wants to know, the verdict last."""
    left_out = [f"{table} is not graded: {reason}" for table, reason in grades.left_out.items()]
    return Group(
        *_kinds(grades),
        "",
        _tables(grades),
        "",
        *_examples(grades),
        *_people(grades),
        *texts(left_out, "yellow"),
        *_verdict(grades),
    )


def share(value: float | None) -> str:
    """A precision, a recall, an F1."""
    return "-" if value is None else f"{value:.3f}"


def outcomes(counts: Iterable[tuple[str, int]]) -> str:
    """``"12 removed, 1 kept"``."""
    return ", ".join(f"{units.count(many)} {outcome}" for outcome, many in counts if many)


def _kinds(grades: Grades) -> list[RenderableType]:
    grid = grid_of("kind", "precision", "recall", "F1")
    grid.add_column("what became of it", overflow="fold")
    families = grades.of_families()
    for family, score in families.items():
        lines = [line for line in grades.kinds() if line.family == family]
        grid.add_section()
        grid.add_row(family, *_figures(score), "", style="bold")
        for line in lines:
            grid.add_row(f"  {line.kind}", *_figures(line.score), outcomes(line.counts.most_common()))
    return [grid]


def _tables(grades: Grades) -> RenderableType:
    grid = grid_of("table", "rows", "right", "lost", "invented", "broken", "precision", "recall", "F1")
    for each in grades.tables:
        grid.add_row(*_table(each))
    everything = [_table(each) for each in grades.tables]
    sums = [units.count(sum(int(row[place].replace(",", "")) for row in everything)) for place in range(1, 6)]
    total(grid, *sums, *map(str, _figures(grades.score)))
    return grid


def _table(grade: TableGrade) -> list[str]:
    every = (*grade.tallies.values(), grade.clean)
    counts = [sum(each.counts[name] for each in every) for name in ("lost", "invented", "broken")]
    figures = [share(each) for each in (grade.score.precision, grade.score.recall, grade.score.f1)]
    return [grade.table, units.count(grade.rows), units.count(grade.right), *map(units.count, counts), *figures]


def _figures(score: Score) -> tuple[str, str, Text]:
    f1 = score.f1
    style = "" if f1 is None else "green" if f1 >= GOOD else "red" if f1 < POOR else "yellow"
    return share(score.precision), share(score.recall), Text(share(f1), style=style)


def _examples(grades: Grades) -> list[RenderableType]:
    """One of each failure of each kind and table."""
    found: list[RenderableType] = []
    for table in grades.tables:
        for kind, tally in (*table.tallies.items(), ("no kind", table.clean)):
            for outcome, some in tally.examples.items():
                found.append(Padding(Text(f"{table.table}: {kind}, {outcome}: {_told(some[0])}"), (0, 0, 0, 2)))
    return [Text("for example", style="bold"), *found, ""] if found else []


def _told(example: Example) -> str:
    told = example.to_json()
    values = [f"{label} {told[name]!r}" for name, label in _LABELS.items() if told[name] is not None or example.place]
    return f"{example.key} {example.place + ': ' if example.place else ''}{', '.join(values)}"


_LABELS = {"dirty": "dirty", "clean": "clean", "theirs": "you have"}


def _people(grades: Grades) -> list[RenderableType]:
    if grades.merged is None:
        return []
    grid = grid_of("people", "precision", "recall", "F1")
    grid.add_row("pairs of records", *_figures(grades.merged.pairs))
    grid.add_row("whole persons", *_figures(grades.merged.persons))
    return [grid, ""]


def _verdict(grades: Grades) -> list[RenderableType]:
    head = Text(f"{grades.source}: {units.duration(grades.seconds)}", style="dim")
    score = grades.score
    line = f"precision {share(score.precision)}, recall {share(score.recall)}, F1 {share(score.f1)}"
    return [head, Text(line, style="bold"), *texts(grades.failures(), "bold red")]
