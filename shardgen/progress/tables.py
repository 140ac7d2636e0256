"""What is shown before, after and between loads: plans, reports, runs and rows as rich renderables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardgen.config import TABLES
from shardgen.progress import units

if TYPE_CHECKING:
    from shardgen.database.reset import Survey
    from shardgen.database.status import RunStatus
    from shardgen.database.target import Loss
    from shardgen.planning import Plan
    from shardgen.reconcile import Report, TableReport
    from shardgen.settings import Effective, Settings


def plan_table(plan: Plan) -> RenderableType:
    """Tables, expected rows, estimated bytes and shards of a plan; ``~`` marks an estimate."""
    grid = _grid("table", "rows", "COPY bytes", "shards")
    for line in plan_json(plan)["tables"]:
        mark = "" if line["exact"] or not line["rows"] else "~"
        grid.add_row(line["table"], mark + units.count(line["rows"]), units.size(line["bytes"]), str(line["shards"]))
    _total(
        grid,
        units.count(sum(shard.rows for shard in plan.shards)),
        units.size(sum(shard.bytes for shard in plan.shards)),
        str(len(plan.shards)),
    )
    config = plan.config
    window = (
        f"{config.world.epoch} to {config.end} ({config.days} day{'s' * (config.days > 1)}), seed {config.world.seed}"
    )
    return Group(Text(window, style="dim"), grid)


def plan_json(plan: Plan) -> dict[str, Any]:
    """The same as plain values, with the effective config."""
    tables = []
    for table in plan.config.tables:
        shards = plan.of(table)
        tables.append(
            {
                "table": table,
                "rows": sum(shard.rows for shard in shards),
                "exact": all(shard.exact for shard in shards),
                "bytes": sum(shard.bytes for shard in shards),
                "shards": len(shards),
            }
        )
    return {"plan": plan.config.to_json(), "tables": tables}


def losses_table(losses: Sequence[Loss], *, where: str) -> RenderableType:
    """What a replace would take away, table by table."""
    grid = _grid("table", "rows", "on disk", "loaded by", "created by", "would be")
    for loss in losses:
        rows = "?" if loss.rows is None else f"~{units.count(loss.rows)}"
        maker = "shardgen" if loss.created else "somebody else"
        grid.add_row(loss.relation, rows, units.size(loss.bytes), loss.filled_by, maker, loss.action)
    return Group(Text(f"--if-exists replace would remove from {where}:", style="bold"), grid)


def load_summary(report: Report, *, connect: str) -> RenderableType:
    """What was loaded, where, how fast, and how to connect."""
    grid = _grid("table", "rows", "COPY", "on disk", "shards", "worker time", "rows/s")
    for table in report.tables:
        grid.add_row(*_report_line(table))
    _total(
        grid,
        units.count(sum(table.counted for table in report.tables)),
        units.size(sum(table.bytes for table in report.tables)),
        units.size(sum(table.size for table in report.tables)),
        str(sum(table.shards for table in report.tables)),
        units.duration(sum(table.seconds for table in report.tables)),
        "",
    )
    slow = [f"{table.relation}: {table.fast_path}" for table in report.tables if table.fast_path]
    kept = [_kept(table) for table in report.tables if table.others or table.skipped]
    return Group("", grid, *_lines([*slow, *kept], "yellow"), *_verdict(report), *_lines([f"connect: {connect}"], ""))


def _kept(table: TableReport) -> str:
    skipped = f", {units.count(table.skipped)} skipped because their keys were taken" if table.skipped else ""
    return f"{table.relation}: {units.count(table.others)} rows of before are kept{skipped}"


def _report_line(table: TableReport) -> Iterable[str]:
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
    retries = f", {report.retries} retries" if report.retries else ""
    head = Text(
        f"run {report.run} into schema {report.schema}: {units.duration(report.seconds)}, "
        f"{units.count(report.rows_per_second)} rows/s with {report.workers} workers{retries}"
    )
    if report.ok:
        return [head, Text("plan, ledger and count(*) agree for every table", style="green")]
    return [head, *_lines(["plan, ledger and tables disagree:", *report.differences], "bold red")]


def status_tables(runs: list[RunStatus], *, where: str) -> RenderableType:
    """Every run of a target, and its tables."""
    if not runs:
        return Text(f"no runs in {where}")
    return Group(*(part for run in runs for part in _run(run)))


def _run(run: RunStatus) -> list[RenderableType]:
    grid = _grid("table", "rows", "expected", "shards done", "pending", "failed")
    for table in sorted(run.tables, key=lambda table: TABLES.index(table.table)):
        failed = Text(str(table.failed), style="bold red" if table.failed else "")
        progress = f"{table.done}/{table.planned_shards}"
        grid.add_row(
            table.relation,
            units.count(table.rows),
            units.count(table.planned_rows),
            progress,
            str(table.pending),
            failed,
        )
    _total(
        grid,
        units.count(sum(table.rows for table in run.tables)),
        units.count(sum(table.planned_rows for table in run.tables)),
        f"{sum(table.done for table in run.tables)}/{sum(table.planned_shards for table in run.tables)}",
        str(sum(table.pending for table in run.tables)),
        str(sum(table.failed for table in run.tables)),
    )
    begun = f"{run.started:%Y-%m-%d %H:%M:%S}"
    ended = f", finished {run.finished:%Y-%m-%d %H:%M:%S}" if run.finished else ""
    by = f", at work: {run.coordinator}" if run.coordinator else ""
    head = Text.assemble((f"run {run.run}: {run.state}", "bold"), (f"  started {begun}{ended}{by}", "dim"))
    skipped = [f"{table.relation}: {units.count(table.skipped)} rows skipped" for table in run.tables if table.skipped]
    return [
        head,
        grid,
        *_lines(skipped, "yellow"),
        *_lines([f"last error: {run.last_error}"] if run.last_error else [], "red"),
    ]


def config_table(options: list[Effective], settings: Settings) -> RenderableType:
    """Every option, its value and where it came from; what somebody set stands out."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("option", no_wrap=True)
    grid.add_column("value", overflow="fold")
    grid.add_column("from", overflow="fold")
    for option in options:
        set_by = "dim" if option.origin == "default" else "bold"
        grid.add_row(option.name, Text(_value(option.value), style=set_by), Text(option.origin, style=set_by))
    head = f"profile: {settings.profile or 'none'} (there are {', '.join(settings.profiles)})"
    return Group(Text(f"file: {settings.file or 'none'}"), Text(head), grid)


def _value(value: Any) -> str:
    match value:
        case None:
            return "-"
        case list():
            return ", ".join(map(str, value))
        case float():
            return f"{value:.12g}"
        case _:
            return str(value)


def survey_table(survey: Survey, *, where: str) -> RenderableType:
    """What a reset takes away."""
    grid = _grid("table", "run", "rows", "shards")
    grid.add_column("what happens", overflow="fold")
    for each in survey.removals:
        run, rows, shards = str(each.claim.run), units.count(each.rows), str(each.shards)
        grid.add_row(each.claim.relation, run, rows, shards, each.why)
    runs = f"run{'s' * (len(survey.runs) > 1)} {', '.join(map(str, survey.runs))}"
    last = ["the ledger goes with the last run"] if survey.last else []
    schema = ["the schema goes too if nothing else is in it"] if survey.last and survey.schema else []
    return Group(Text(f"reset of {runs} in {where}", style="bold"), grid, *_lines([*last, *schema], ""))


def _grid(first: str, *others: str) -> Table:
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    grid.add_column(first, no_wrap=True)
    for name in others:
        grid.add_column(name, justify="right", no_wrap=True)
    return grid


def _total(grid: Table, *cells: str) -> None:
    grid.add_section()
    grid.add_row("all", *cells, style="bold")


def _lines(texts: list[str], style: str) -> list[RenderableType]:
    return [Text(text, style=style) for text in texts]
