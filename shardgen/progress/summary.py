"""What is shown after a load: what was loaded, how it went, how to get at it, and what to look at first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardgen.progress import units
from shardgen.progress.grids import grid_of, texts, total, verbatim
from shardgen.progress.lanes import BUILDING
from shardgen.questions import queries

WORTH_TELLING = 0.01  # of the workers' time

if TYPE_CHECKING:
    from shardgen.reconcile import Report, TableReport


def load_summary(report: Report, *, commands: dict[str, str]) -> RenderableType:
    """Everything that somebody wants to know when a load is done.

    Args:
        report: of the load.
        commands: what to type next, by what it does: ``{"connect": "shardgen db psql"}``.
    """
    slow = [f"{table.relation}: {table.fast_path}" for table in report.tables if table.fast_path]
    kept = [_kept(table) for table in report.tables if table.others or table.skipped]
    lines = [verbatim(f"{what + ':':9}{command}") for what, command in commands.items()]
    return Group("", _tables(report), *texts([*slow, *kept], "yellow"), *_verdict(report), "", *lines, *_first(report))


def _tables(report: Report) -> Table:
    grid = grid_of("table", "rows", "COPY", "on disk", "shards", "worker time", "rows/s")
    for table in report.tables:
        grid.add_row(*_line(table))
    total(
        grid,
        units.count(sum(table.counted for table in report.tables)),
        units.size(sum(table.bytes for table in report.tables)),
        units.size(sum(table.size for table in report.tables)),
        str(sum(table.shards for table in report.tables)),
        units.duration(sum(table.seconds for table in report.tables)),
        "",
    )
    return grid


def _kept(table: TableReport) -> str:
    skipped = f", {units.count(table.skipped)} skipped because their keys were taken" if table.skipped else ""
    return f"{table.relation}: {units.count(table.others)} rows that were there before are kept{skipped}"


def _line(table: TableReport) -> Iterable[str]:
    rate = table.counted / table.seconds if table.seconds > 0 else 0
    return (
        table.relation,
        units.count(table.counted),
        units.size(table.bytes),
        units.size(table.size),
        str(table.shards),
        units.duration(table.seconds),
        units.count(rate) if rate else "",
    )


def _verdict(report: Report) -> list[RenderableType]:
    head = Text(
        f"run {report.run} into schema {report.schema}: {units.duration(report.seconds)}, "
        f"{units.count(report.rows_per_second)} rows/s with {report.workers} workers{_retries(report)}"
    )
    if not report.ok:
        return [head, *texts(["plan, ledger and tables disagree:", *report.differences], "bold red")]
    agree = Text("plan, ledger and count(*) agree for every table", style="green")
    return [head, *texts(_phases(report), "dim"), agree]


def _retries(report: Report) -> str:
    return f", {report.retries} retr{'y' if report.retries == 1 else 'ies'}" if report.retries else ""


def _phases(report: Report) -> list[str]:
    """Where the workers' time went, the largest share first."""
    whole = sum(report.phases.values())
    if not whole:
        return []
    building = sum(report.phases.get(phase, 0.0) for phase in BUILDING)
    others = {name: seconds for name, seconds in report.phases.items() if name not in BUILDING}
    shares = sorted({"building rows": building, **others}.items(), key=lambda part: -part[1])
    return [
        "workers' time: " + ", ".join(f"{name} {part / whole:.0%}" for name, part in shares if part / whole >= 0.01)
    ]


def _first(report: Report) -> list[RenderableType]:
    """Queries that show the story, as far as what was loaded tells it."""
    rows = {table.table: table.counted for table in report.tables}
    found = queries(report.schema, rows, str(report.plan.get("raw_data", "")))
    lines: list[RenderableType] = ["", Text("what to look at first:", style="dim")] if found else []
    for query in found:
        lines += ["", verbatim(f"-- {query.about}", "dim"), *map(verbatim, query.text.splitlines())]
    return lines
