"""One frame of the live display, laid out for the size of the terminal; what does not fit gives way in a fixed order.

Columns: the plan's totals need a wide terminal; the rates go first from a narrow one. Lines: the whole and the status
stay, then come as many workers and tables as there is room for, those at work before those that wait or are done.
"""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shardgen.display import units
from shardgen.display.lanes import Lane, verdict
from shardgen.display.progress import Progress
from shardgen.display.speed import LEAST
from shardgen.display.tally import Tally

WIDE = 110  # columns from which totals and shards fit beside the bars
ROOMY = 74  # columns from which bytes per second fit
NARROW = 60  # columns below which rows per second give way as well, and what a worker does
TIGHT = 52  # columns below which only the percentage of each bar stays
TINY = 42  # columns below which times give way, and the workers' lines: rows alone are never cut
FEW_LANES = 2  # that tables do not push away
ALWAYS = 3  # lines: heading, the whole, status
SPARE = 1  # line left free, so that a message does not scroll the frame out of the screen


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is drawn, from top to bottom; the status comes last, behind whatever tells that we live."""

    parts: tuple[RenderableType, ...]
    status: Text


def frame(tally: Tally, *, width: int, height: int, cpus: int) -> Frame:
    """The frame of a load that has started."""
    judged = _judged(tally, cpus)
    lanes = _lanes(tally)
    room = height - SPARE - ALWAYS - bool(judged)
    tables, shown = _fitting(tally, len(lanes), room)
    parts: list[RenderableType] = [_bars(tally, tables, width)]
    if shown and width >= TINY:
        parts.append(_lane_table(tally, lanes, shown, width))
    if judged:
        parts.append(Text(judged, style="dim", no_wrap=True, overflow="ellipsis"))
    return Frame(parts=tuple(parts), status=_status(tally, width))


def _judged(tally: Tally, cpus: int) -> str:
    """What limits the load, while shards are in flight."""
    if not _loading(tally):
        return ""
    text = verdict(tally.split.database, workers=tally.workers, cpus=cpus, local=tally.local)
    return text and f"  {text}"


def _loading(tally: Tally) -> bool:
    return tally.ok is None and not tally.steps and not tally.all.finished


def _lanes(tally: Tally) -> list[Lane | None]:
    return tally.lanes.lanes if _loading(tally) else []


def _fitting(tally: Tally, lanes: int, room: int) -> tuple[list[str], int]:
    """Which tables and how many lanes there is room for."""
    names = list(tally.tables)
    if len(names) + lanes <= room:
        return names, lanes
    kept = min(lanes, max(FEW_LANES, room - len(names)), max(0, room))
    at_work = sorted(names, key=lambda name: _rank(tally.tables[name]))[: max(0, room - kept)]
    return [name for name in names if name in at_work], kept


def _rank(progress: Progress) -> int:
    """Tables at work come first, then those that wait, then those that are done."""
    return 0 if progress.flying else 2 if progress.finished else 1


# --- tables -----------------------------------------------------------------------------------------------------------


def _bars(tally: Tally, names: list[str], width: int) -> Table:
    """One line a table, one for all."""
    grid = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    digits = max(9, len(units.count(tally.all.total)))
    grid.add_column("table", no_wrap=True, width=max(len("customers"), *map(len, tally.tables)))
    if width >= TIGHT:
        grid.add_column("", ratio=1, min_width=8)
    grid.add_column("", justify="right", width=4)
    grid.add_column("rows", justify="right", no_wrap=True, min_width=digits)
    if width >= WIDE:
        grid.add_column("of", justify="right", no_wrap=True, min_width=digits)
        grid.add_column("shards", justify="right", no_wrap=True, min_width=9)
    if width >= NARROW:
        grid.add_column("rows/s", justify="right", no_wrap=True, min_width=8)
    if width >= ROOMY:
        grid.add_column("MiB/s", justify="right", no_wrap=True, min_width=6)
    if width >= TINY:
        grid.add_column("time", justify="right", no_wrap=True, min_width=12)
    for name in names:
        progress = tally.tables[name]
        grid.add_row(*_line(name, progress, progress.share, progress.row_bytes, _time(progress, progress.eta), width))
    whole = tally.all
    row_bytes = tally.work.rate / whole.speed.rate if whole.speed.rate else 0.0
    if whole.finished and whole.ours:
        row_bytes = tally.work.ours / whole.ours
    grid.add_row(*_line("all", whole, tally.share, row_bytes, _time(whole, tally.work.eta), width), style="bold")
    return grid


def _line(
    name: str, progress: Progress, share: float, row_bytes: float, time: Text, width: int
) -> list[RenderableType]:
    bar = ProgressBar(total=1.0, completed=share, complete_style="cyan", finished_style="green")
    rate = _rate(progress)
    percent, rows = f"{int(share * 100)}%", units.count(progress.rows)
    cells: list[RenderableType] = [name, bar, percent, rows] if width >= TIGHT else [name, percent, rows]
    if width >= WIDE:
        cells += [units.count(progress.total), f"{progress.shards_done}/{progress.shards}"]
    if width >= NARROW:
        cells.append(units.count(rate) if rate else "")
    if width >= ROOMY:
        cells.append(f"{rate * row_bytes / 2**20:,.1f}" if rate else "")
    return [*cells, time] if width >= TINY else cells


def _rate(progress: Progress) -> float:
    """Rows a second: over the last seconds while it runs, over all its time when it is done."""
    if not progress.finished:
        return progress.speed.rate
    seconds = progress.seconds or 0.0
    return progress.ours / seconds if seconds >= LEAST else 0.0


def _time(progress: Progress, eta: float | None) -> Text:
    if not progress.finished:
        return Text(f"{units.clock(eta)} left" if eta is not None else "")
    if not progress.shards:
        return Text()
    return Text("before" if progress.seconds is None else f"in {units.duration(progress.seconds)}", style="green")


# --- workers ----------------------------------------------------------------------------------------------------------


def _lane_table(tally: Tally, lanes: list[Lane | None], shown: int, width: int) -> Table:
    """One line a worker; where there is no room for all, the last line tells how many more are at work."""
    grid = Table.grid(expand=True, padding=(0, 1, 0, 0))
    title = "worker " if width >= ROOMY else ""
    grid.add_column(width=len(f"{title}{len(lanes)}"), justify="right", style="dim", no_wrap=True)
    grid.add_column(no_wrap=True, width=28 if width >= WIDE else 22)
    if width >= TIGHT:
        grid.add_column(ratio=1, min_width=8)
    grid.add_column(width=4, justify="right")
    grid.add_column(no_wrap=True, justify="right", min_width=9)
    if width >= NARROW:
        grid.add_column(no_wrap=True, width=10)
    if width >= WIDE:
        grid.add_column(no_wrap=True, justify="right", width=6)
        grid.add_column(no_wrap=True, justify="right", width=12, style="dim")
    hidden = len(lanes) - shown
    for number, lane in enumerate(lanes[: shown - 1 if hidden else shown], start=1):
        grid.add_row(*_lane(f"{title}{number}", lane, tally.now, width))
    if hidden:
        grid.add_row("", Text(f"and {units.plural(hidden + 1, 'more worker')}", style="dim"))
    return grid


def _lane(number: str, lane: Lane | None, now: float, width: int) -> list[RenderableType]:
    if lane is None:
        return [number, Text("idle", style="dim")]
    name = Text(lane.shard, overflow="ellipsis")
    if lane.attempt > 1:
        name.append(f" #{lane.attempt}", style="yellow")
    bar = ProgressBar(total=1.0, completed=lane.share, complete_style="blue", finished_style="blue")
    style = "yellow" if lane.doing == "waiting for a lock" else "dim"
    doing = Text("locked out" if lane.doing == "waiting for a lock" else lane.doing, style=style)
    cells: list[RenderableType] = [number, name, *([bar] if width >= TIGHT else [])]
    cells += [f"{int(lane.share * 100)}%", units.count(lane.rows), *([doing] if width >= NARROW else [])]
    if width >= WIDE:
        cells += [units.clock(now - lane.began), f"pid {lane.worker}" if lane.worker else ""]
    return cells


# --- the last line ----------------------------------------------------------------------------------------------------


def _status(tally: Tally, width: int) -> Text:
    """How it ended, the step that runs, or the shards and how the time splits."""
    if tally.ok is not None:
        return Text("finished" if tally.ok else "stopped", style="green" if tally.ok else "red")
    if tally.steps:
        return Text(f"finishing  {units.clock(tally.steps.elapsed(tally.now))}  {tally.steps}")
    whole = tally.all
    text = Text(f"shards {whole.shards_done}/{whole.shards}")
    if whole.retries:
        text.append(f"  retries {whole.retries}", style="yellow")
    if whole.failures:
        text.append(f"  failed {whole.failures}", style="bold red")
    text.append(f"  elapsed {units.clock(tally.elapsed)}", style="dim")
    if width >= ROOMY and (share := tally.split.database) is not None and _loading(tally):
        text.append(f"  time: building {1 - share:.0%}, database {share:.0%}", style="dim")
    return text
