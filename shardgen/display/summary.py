"""What is shown after a load: what was loaded, how it went, and last, where the eye rests, what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardgen.display import units
from shardgen.display.grids import grid_of, texts, total, verbatim
from shardgen.display.lanes import BUILDING
from shardgen.model.parts import Part, told

if TYPE_CHECKING:
    from shardgen.loading.parts import PartReport
    from shardgen.loading.reconcile import LoadReport, TableReport


def load_summary(report: LoadReport) -> RenderableType:
    """What somebody wants to know when a load is done, the verdict last."""
    slow = [f"{table.relation}: {table.fast_path}" for table in report.tables if table.fast_path]
    changed = [_changed(table) for table in report.tables if table.updated or table.deleted]
    kept = [_kept(table) for table in report.tables if table.others or table.skipped]
    return Group("", _tables(report), *texts(changed, ""), *texts([*slow, *kept], "yellow"), *_verdict(report))


def part_summary(report: PartReport) -> RenderableType:
    """What a part of a load did, what the run still lacks, and the whole run where this part finished it."""
    shards, rows = units.plural(report.shards, "shard"), units.count(report.rows)
    head = Text(f"part {report.part} of run {report.run} into {report.where}: {shards} with {rows} rows are there")
    pace = Text(
        f"{units.duration(report.seconds)}, {units.count(report.rows_per_second)} rows/s with "
        f"{units.plural(report.workers, 'worker')}{_retries(report)}"
    )
    return Group("", head, pace, load_summary(report.report) if report.report else Text(_rest(report), style="yellow"))


def _rest(report: PartReport) -> str:
    if report.lacking:
        lacking = told({Part.parse(part): count for part, count in report.lacking.items()})
        return f"not finished yet: {lacking}"
    if report.finished:
        return "the run was finished before: nothing was changed"
    return "all shards are there, and another part finishes the run; if it does not, shardgen commit does"


def next_steps(commands: Mapping[str, str]) -> RenderableType:
    """What to type next, never broken.

    Args:
        commands: by what they do: ``{"connect": "shardgen db psql"}``; ``stop`` where a server keeps running.
    """
    lines = [verbatim(f"{what + ':':9} {command}") for what, command in commands.items()]
    runs = texts(["the embedded server keeps running until it is stopped"] if "stop" in commands else [], "dim")
    return Group(*runs, "", *lines)


def sql_lines(title: str, statements: Sequence[str]) -> RenderableType:
    """Statements to be copied as they stand; nothing where there are none."""
    lines = [verbatim(line) for line in ("", title, *statements)]
    return Group(*lines if statements else ())


def _tables(report: LoadReport) -> Table:
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


def _changed(table: TableReport) -> str:
    deleted = f", {units.count(table.deleted)} deleted" if table.deleted else ""
    return f"{table.relation}: {units.plural(table.updated, 'row')} changed{deleted}"


def _kept(table: TableReport) -> str:
    skipped = f", {units.count(table.skipped)} skipped because their keys were taken" if table.skipped else ""
    verb = "was there before and is" if table.others == 1 else "were there before and are"
    return f"{table.relation}: {units.plural(table.others, 'row')} that {verb} kept{skipped}"


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


def _verdict(report: LoadReport) -> list[RenderableType]:
    head = Text(
        f"run {report.run} into {report.where}: {units.duration(report.seconds)}, "
        f"{units.count(report.rows_per_second)} rows/s with {units.plural(report.workers, 'worker')}{_retries(report)}"
    )
    if not report.ok:
        return [head, *texts(["plan, ledger and tables disagree:", *report.differences], "bold red")]
    agree = Text(f"{report.witnesses} agree for every table", style="green")
    return [head, *texts(_phases(report), "dim"), agree]


def _retries(report: LoadReport | PartReport) -> str:
    return f", {units.plural(report.retries, 'retry', 'retries')}" if report.retries else ""


def _phases(report: LoadReport) -> list[str]:
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
