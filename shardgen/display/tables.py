"""What is shown between loads: runs, options, and what a replace or a reset takes away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group, RenderableType
from rich.text import Text

from shardgen.display import units
from shardgen.display.grids import Grid, grid_of, texts, total
from shardgen.errors import Use

if TYPE_CHECKING:
    from shardgen.options.settings import Effective, Settings
    from shardgen.stores.findings import Loss, RunStatus, Survey
    from shardgen.tables.listing import Listed


def losses_table(losses: Sequence[Loss], *, where: str) -> RenderableType:
    """What a replace would take away, table by table."""
    grid = grid_of("table", "rows", "on disk", "loaded by", "created by", "would be")
    for loss in losses:
        rows = "?" if loss.rows is None else units.count(loss.rows)
        maker = "shardgen" if loss.created else "somebody else"
        grid.add_row(loss.relation, rows, units.size(loss.bytes), loss.filled_by, maker, loss.action)
    lost = texts([loss.notice for loss in losses if loss.notice], "yellow")
    return Group(Text(f"{Use('if_exists', 'replace')} would remove from {where}:", style="bold"), grid, *lost)


def listing_table(found: Sequence[Listed]) -> RenderableType:
    """Every table, what brings it, and what a row of it tells; below them why some cannot be used."""
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("table", no_wrap=True)
    grid.add_column("relation", no_wrap=True)
    grid.add_column("dataset", no_wrap=True)
    grid.add_column("from", no_wrap=True)
    grid.add_column("a row is", overflow="fold")
    for each in found:
        about = Text("broken", "red") if each.broken else each.about
        grid.add_row(each.table, each.relation, each.dataset or "any", each.origin, about)
    return Group(grid, *texts([each.broken for each in found if each.broken], "red"))


def status_tables(runs: list[RunStatus], *, where: str) -> RenderableType:
    """Every run of a target, the newest first, and its tables."""
    if not runs:
        return Text(f"no runs in {where}")
    newest_first = sorted(runs, key=lambda run: -run.run)
    return Group(*(part for run in newest_first for part in ([_head(run)] if run.replaced_by else _run(run))))


def _head(run: RunStatus) -> RenderableType:
    begun = f"{run.started:%Y-%m-%d %H:%M:%S}"
    ended = f", finished {run.finished:%Y-%m-%d %H:%M:%S}" if run.finished else ""
    by = f", at work: {run.coordinator}" if run.coordinator else ""
    takers = ", ".join(map(str, run.replaced_by))
    gone = f", replaced by run{'s' * (len(run.replaced_by) > 1)} {takers}" if takers else ""
    return Text.assemble((f"run {run.run}: {run.state}{gone}", "bold"), (f"  started {begun}{ended}{by}", "dim"))


def _run(run: RunStatus) -> list[RenderableType]:
    grid = grid_of("table", "rows", "expected", "shards done", "pending", "failed")
    for table in run.tables:
        failed = Text(str(table.failed), style="bold red" if table.failed else "")
        progress = f"{table.done}/{table.planned_shards}"
        grid.add_row(
            table.relation,
            units.count(table.rows),
            expected(table.planned_rows, exact=table.exact),
            progress,
            str(table.pending),
            failed,
        )
    total(
        grid,
        units.count(sum(table.rows for table in run.tables)),
        expected(sum(table.planned_rows for table in run.tables), exact=all(table.exact for table in run.tables)),
        f"{sum(table.done for table in run.tables)}/{sum(table.planned_shards for table in run.tables)}",
        str(sum(table.pending for table in run.tables)),
        str(sum(table.failed for table in run.tables)),
    )
    gone = [f"{table.relation}: replaced by run {table.replaced_by}" for table in run.tables if table.replaced_by]
    skipped = [
        f"{table.relation}: {units.plural(table.skipped, 'row')} skipped" for table in run.tables if table.skipped
    ]
    return [
        _head(run),
        grid,
        *texts(gone, "yellow"),
        *texts(skipped, "yellow"),
        *texts([f"last error: {run.last_error}"] if run.last_error else [], "red"),
    ]


def expected(rows: int, *, exact: bool) -> str:
    """A number of rows to come, marked where it is an estimate."""
    return units.count(rows) if exact else f"~{units.count(rows)}"


def config_table(options: list[Effective], settings: Settings) -> RenderableType:
    """Every option, its value and where it came from; what somebody set stands out."""
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    grid.add_column("option", no_wrap=True)
    grid.add_column("value", overflow="fold")
    grid.add_column("from", overflow="fold")
    for option in options:
        set_by = "dim" if option.origin == "default" else "bold"
        grid.add_row(option.name, Text(_value(option.value), style=set_by), Text(option.origin, style=set_by))
    head = f"profile: {settings.profile or 'none'} (there are {', '.join(settings.profiles)})"
    note = [Text(settings.target.note, style="yellow")] if settings.target.note else []
    return Group(Text(f"file: {settings.file or 'none'}"), Text(head), *note, grid)


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
    grid = grid_of("table", "run", "rows")
    grid.add_column("what happens", overflow="fold")
    for each in survey.removals:
        grid.add_row(each.relation, str(each.run), units.count(each.rows), each.why)
    if len(survey.removals) > 1:
        total(grid, "", units.count(sum(each.rows for each in survey.removals)), "")
    runs = f"run{'s' * (len(survey.runs) > 1)} {', '.join(map(str, survey.runs))}"
    last = ["the ledger goes with the last run"] if survey.last else []
    schema = ["the schema goes too if nothing else is in it"] if survey.last and survey.schema else []
    carried = [f"with {each.relation} goes {', '.join(each.carried)}" for each in survey.removals if each.carried]
    lines = [*texts(carried, "yellow"), *texts([*last, *schema], "")]
    return Group(Text(f"reset of {runs} in {where}", style="bold"), grid, *lines)
