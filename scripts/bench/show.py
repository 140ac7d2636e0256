"""The tables that a benchmark prints: medians over its rounds, ratios within a round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from scripts.bench import phases
from scripts.bench.bench import Run
from scripts.bench.targets import dirty, middle, of, ratio

SINGLE = {"rows": 1, "pgbench": 1, "lake": 1}
"""Yardsticks that have one connection, whatever the others have."""


def show(result: dict[str, Any], runs: Sequence[Run], volumes: Sequence[Run], workers: int, console: Console) -> None:
    """Print whatever the runs tell."""
    main = [run for run in runs if run.workers == SINGLE.get(run.yardstick, workers)]
    console.print(heading(result, workers))
    for table in (
        yardsticks(main),
        by_table([run for run in main if run.yardstick == "null"]),
        shares([run for run in main if "phases" in run.figures]),
        files([run for run in main if run.yardstick == "lake"]),
        days([run for run in main if run.yardstick == "day"]),
        streams([run for run in runs if run.yardstick == "stream"]),
        dirts([run for run in main if run.yardstick == "dirt"]),
        memory([*runs, *volumes]),
        scaling(runs),
        at_volumes(volumes),
        targets(result["targets"]),
    ):
        if table.row_count:
            console.print(table)


def heading(result: dict[str, Any], workers: int) -> str:
    """Machine and manner."""
    machine, given = result["machine"], result["arguments"]
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}; "
        f"PostgreSQL {machine['postgresql']}, Python {machine['python']}; scale {given['scale'] or 1}, "
        f"{workers} workers, {given['rounds']} rounds; "
        f"load average {machine['load_average']} before, {result['load_average_after']} after"
    )


def days(runs: Sequence[Run]) -> Table:
    """What one more day takes of targets of other ages."""
    table = _table("one more day", "seconds", "rows changed", "rows read")
    for age in runs[0].figures if runs else ():
        of_age = [run.figures[age] for run in runs]
        seconds, changes, read = (median(each[what] for each in of_age) for what in ("seconds", "changes", "read"))
        table.add_row(f"after {int(age):,} days", f"{seconds:.2f}", f"{changes:,.0f}", f"{read:,.0f}")
    return table


def streams(runs: Sequence[Run]) -> Table:
    """What a stream into the database takes."""
    columns = ("changes", "seconds", "changes/s", "rows/s of one COPY", "our CPU us", "the server's")
    table = _table("stream, one session", *columns)
    if runs:
        told = ("rate", "floor", "client", "server")
        rate, floor, ours, server = (median(run.figures.get(name, 0.0) for run in runs) for name in told)
        seconds, rows = median(run.seconds for run in runs), f"{runs[0].total:,}"
        costs = (f"{each:.1f}" for each in (ours, server))
        table.add_row("as fast as both can", rows, f"{seconds:.2f}", f"{rate:,.0f}", f"{floor:,.0f}", *costs)
    return table


def dirts(runs: Sequence[Run]) -> Table:
    """What dirt costs, each dirty load beside the clean one of its round."""
    columns = (f"{what} {state}" for what in ("s", "our CPU s") for state in ("clean", "dirty", "ratio"))
    table = _table("dirt", *columns, "with the server's")
    for place in runs[0].figures if runs else ():
        shown = []
        for what in ("seconds", "cpu"):
            medians = [median(run.figures[place][state][what] for run in runs) for state in ("clean", "dirty")]
            shown += [*map(_shown, medians), _shown(dirty(runs, place, what))]
        table.add_row(place, *shown, _shown(dirty(runs, place, "all")))
    return table


def yardsticks(runs: Sequence[Run]) -> Table:
    """Seconds and rates, and the load beside each."""
    runs = [run for run in runs if run.yardstick not in ("day", "stream", "dirt")]
    columns = ("by", "seconds", "from - to", "rows", "rows/s", "MB/s", "us a row", "CPU s", "of server", "load / it")
    table = _table("yardstick", *columns)
    for name in _names(runs):
        some = [run for run in runs if run.yardstick == name]
        seconds, one = median(run.seconds for run in some), some[0]
        against = ratio(runs, of("load"), of(name))
        table.add_row(
            name,
            str(one.workers),
            f"{seconds:.2f}",
            f"{min(run.seconds for run in some):.2f} - {max(run.seconds for run in some):.2f}",
            f"{one.total:,}",
            f"{one.total / seconds:,.0f}",
            f"{one.size / seconds / 1e6:,.0f}" if one.size else "",
            f"{seconds / one.total * 1e6:.3f}",
            *(_shown(middle(run.figures.get("cpu", {}).get(side) for run in some)) for side in ("client", "server")),
            "" if against is None or name in ("pgbench", "lake") else f"{against:.3f}",
        )
    return table


def by_table(runs: Sequence[Run]) -> Table:
    """What building and encoding costs one core."""
    table = _table("null, CPU of one core", "rows", "us a row", "rows/s", "MB/s")
    for name in runs[0].rows if runs else ():
        rows, size = runs[0].rows[name], runs[0].figures["tables"][name]["bytes"]
        busy = middle(run.figures["tables"][name]["cpu"] for run in runs) or 0.0
        if rows:
            table.add_row(
                name, f"{rows:,}", f"{busy / rows * 1e6:.3f}", f"{rows / busy:,.0f}", f"{size / busy / 1e6:,.0f}"
            )
    return table


def shares(runs: Sequence[Run]) -> Table:
    """Where the wall time of the workers went."""
    names = _names(runs)
    table = _table("share of wall time", *names)
    for phase in phases.ORDER if runs else ():
        found = [median(run.figures["phases"][phase] for run in runs if run.yardstick == name) for name in names]
        table.add_row(phase, *(f"{share:.1%}" for share in found))
    if runs:
        table.add_section()
        firsts = [middle(run.figures["first_row"] for run in runs if run.yardstick == name) for name in names]
        table.add_row("s to the first row", *map(_shown, firsts))
    return table


def files(runs: Sequence[Run]) -> Table:
    """What Parquet files cost one core."""
    table = _table("Parquet, CPU of one core", "rows", "us a row", "rows/s", "bytes a row")
    for name, wrote in runs[0].figures["files"].items() if runs else ():
        busy = median(run.figures["files"][name]["cpu"] for run in runs)
        if rows := wrote["rows"]:
            rates = (f"{busy / rows * 1e6:.3f}", f"{rows / busy:,.0f}", f"{wrote['bytes'] / rows:.1f}")
            table.add_row(name, f"{rows:,}", *rates)
    return table


def memory(runs: Sequence[Run]) -> Table:
    """Peaks of the processes."""
    roles = list(dict.fromkeys(role for run in runs for role in run.figures.get("peaks", {})))
    table = _table("MiB, largest process", "scale", "connections", *roles)
    for name, scale, workers in dict.fromkeys((run.yardstick, run.scale, run.workers) for run in runs):
        some = [
            run.figures.get("peaks", {})
            for run in runs
            if (run.yardstick, run.scale, run.workers) == (name, scale, workers)
        ]
        if any(some):
            peaks = [max(peak.get(role, 0.0) for peak in some) for role in roles]
            table.add_row(name, f"{scale:g}", str(workers), *(f"{peak:.0f}" if peak else "" for peak in peaks))
    return table


def scaling(runs: Sequence[Run]) -> Table:
    """The same with other numbers of workers."""
    counts = sorted({run.workers for run in runs if run.yardstick in ("null", "load")})
    table = _table("seconds", *(f"{count} workers" for count in counts), *(f"1 : {count}" for count in counts[1:]))
    for name in _names(runs):
        if len(counts) > 1 and name in ("null", "floor", "load"):
            medians = [middle(run.seconds for run in runs if of(name, count)(run)) for count in counts]
            gains = [ratio(runs, of(name, counts[0]), of(name, count)) for count in counts[1:]]
            table.add_row(name, *map(_shown, medians), *map(_shown, gains))
    return table


def at_volumes(runs: Sequence[Run]) -> Table:
    """The same at other volumes."""
    table = _table(
        "volume", "scale", "rows", "seconds", "us a row", "beside the least", "worker MiB", "coordinator MiB"
    )
    for name in _names(runs):
        least: float | None = None
        for scale in sorted({run.scale for run in runs if run.yardstick == name}):
            some = [run for run in runs if (run.yardstick, run.scale) == (name, scale)]
            seconds, total = median(run.seconds for run in some), some[0].total
            least = least or seconds / total
            peaks = [max(run.figures["peaks"].get(role, 0.0) for run in some) for role in ("worker", "coordinator")]
            table.add_row(
                name,
                f"{scale:g}",
                f"{total:,}",
                f"{seconds:.2f}",
                f"{seconds / total * 1e6:.3f}",
                f"{seconds / total / least:.3f}",
                *(f"{peak:.0f}" if peak else "" for peak in peaks),
            )
    return table


def targets(found: Sequence[dict[str, Any]]) -> Table:
    """What was aimed at."""
    table = _table("target", "figure", "aim", "")
    for each in found:
        table.add_row(each["name"], f"{each['figure']:.3f}", each["aim"], "met" if each["met"] else "missed")
    return table


def _shown(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.2f}"


def _names(runs: Iterable[Run]) -> list[str]:
    return list(dict.fromkeys(run.yardstick for run in runs))


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
