"""What is shown before a load: tables with rows and bytes, the time, and what the target says to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shardgen.display import units
from shardgen.display.grids import grid_of, total

if TYPE_CHECKING:
    from shardgen.forecast.forecast import Duration, Forecast, TableForecast
    from shardgen.stores.findings import Findings

ESTIMATE = "~"
MANY = 100_000_000  # rows from which millions are told, so that a line fits 80 columns; --json has them all


def forecast_table(forecast: Forecast) -> RenderableType:
    """Everything that a forecast tells; ``~`` marks rows that are an estimate."""
    tables = _files(forecast.tables) if forecast.plan.config.format else _tables(forecast.tables)
    parts: list[RenderableType] = [Text(_head(forecast), style="dim"), tables, ""]
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(no_wrap=True, style="dim")
    facts.add_column(overflow="fold")
    for name, text in _facts(forecast):
        facts.add_row(name, text)
    return Group(*parts, facts, *_refusals(forecast))


def _head(forecast: Forecast) -> str:
    config = forecast.plan.config
    days = units.plural(config.days, "day")
    form = f"format {config.format}" if config.format else f"indexes {config.indexes}"
    rows = [f"raw-data {config.raw_data}", *(["history versions"] if config.history == "versions" else []), form]
    return f"{config.world.epoch} to {config.end} ({days}), seed {config.world.seed}, {', '.join(rows)}"


def _tables(tables: tuple[TableForecast, ...]) -> Table:
    grid = grid_of("table", "rows", "COPY", "heap", "indexes", "on disk", "shards", "parts")
    for table in tables:
        grid.add_row(table.table, _rows(table.rows, exact=table.exact), *_figures([table]))
    rows, exact = sum(table.rows for table in tables), all(table.exact for table in tables)
    total(grid, _rows(rows, exact=exact), *_figures(tables))
    return grid


def _files(tables: tuple[TableForecast, ...]) -> Table:
    """What becomes of the tables in a lake, where they have no indexes and are smaller than what COPY would send."""
    grid = grid_of("table", "rows", "as COPY", "files")
    for table in tables:
        grid.add_row(
            table.table, _rows(table.rows, exact=table.exact), units.size(table.bytes), units.count(table.shards)
        )
    rows, exact = sum(table.rows for table in tables), all(table.exact for table in tables)
    files = units.count(sum(table.shards for table in tables))
    total(grid, _rows(rows, exact=exact), units.size(sum(table.bytes for table in tables)), files)
    return grid


def _rows(rows: int, *, exact: bool) -> str:
    told = units.count(rows) if rows < MANY else f"{units.count(rows / 1e6)} M"
    return ("" if exact or not rows else ESTIMATE) + told


def _figures(tables: tuple[TableForecast, ...] | list[TableForecast]) -> list[str]:
    sizes = (
        sum(table.bytes for table in tables),
        sum(table.heap + table.toast for table in tables),
        sum(table.indexes for table in tables),
        sum(table.disk for table in tables),
    )
    partitions = sum(table.partitions for table in tables)
    return [*map(units.size, sizes), str(sum(table.shards for table in tables)), str(partitions or "")]


def _facts(forecast: Forecast) -> list[tuple[str, Text]]:
    """What is known of time and target, a name and a sentence each."""
    facts = [("time", _time(forecast))]
    if forecast.findings is not None:
        facts += [("disk", _disk(forecast.findings)), ("target", _target(forecast, forecast.findings))]
        if not forecast.findings.problems:
            facts += [("tables", Text(line)) for line in _fates(forecast.findings)]
        facts += [("note", Text(notice, style="yellow")) for notice in forecast.findings.notices]
    return facts


def _time(forecast: Forecast) -> Text:
    duration = forecast.duration
    if duration is None:
        return Text(f"not known: {forecast.unasked}", style="yellow")
    return Text.assemble(
        (f"about {_rounded(duration.seconds)}", "bold"),
        f" with {units.plural(duration.workers, 'worker')}: {_spent(duration)} ",
        (f"({duration.how})", "dim"),
    )


def _spent(duration: Duration) -> str:
    whole = duration.building + duration.database
    share = duration.database / whole if whole else 0.0
    cpus = units.plural(duration.cpus, "CPU")
    where = f"on {cpus} that they share with the server" if duration.local else f"on {cpus}, the server on its own"
    return f"{1 - share:.0%} of it building rows, {share:.0%} in the database, {where}"


def _rounded(seconds: float) -> str:
    """To what the estimate is worth: ``"8 s"``, ``"50 s"``, ``"4 min"``, ``"2.5 h"``."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 90:
        return f"{round(seconds / 5) * 5} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _disk(findings: Findings) -> Text:
    facts = findings.facts
    if facts.disk_free is None:
        return Text("how much is free there cannot be known from here")
    return Text(f"{units.size(facts.disk_free)} free in {facts.data_directory}")


def _target(forecast: Forecast, findings: Findings) -> Text:
    facts = findings.facts
    if forecast.plan.config.format:
        return Text(f"files of {forecast.plan.config.format}: {forecast.target}")
    return Text(
        f"PostgreSQL {facts.server_version}, schema {forecast.plan.config.schema}, "
        f"{units.plural(facts.connections_left, 'connection')} left: {forecast.target}"
    )


def _fates(findings: Findings) -> list[str]:
    """What becomes of the relations, by what happens to them."""
    by_fate: dict[str, list[str]] = {}
    for table, fate in findings.fates.items():
        by_fate.setdefault(fate, []).append(table)
    return [f"{fate}: {', '.join(tables)}" for fate, tables in by_fate.items()]


def _refusals(forecast: Forecast) -> list[RenderableType]:
    findings = forecast.findings
    if findings is None:
        return []
    if not findings.problems:
        return ["", Text("nothing stands in the way of this load", style="green")]
    lines = Table.grid(padding=(0, 1, 0, 0))
    lines.add_column(width=3, justify="right")
    lines.add_column(overflow="fold")
    for problem in findings.problems:
        lines.add_row("-", Text(str(problem)))
    return ["", Text("such a load would be refused:", style="bold red"), lines]
