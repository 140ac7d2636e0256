"""rich's live display: a bar for each table and for the whole, what is in flight, and what just happened above it."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self, TextIO

import rich.live
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from shardgen.events import CheckDone, Event, Notice, ShardFailed, ShardRetried
from shardgen.progress import units
from shardgen.progress.lines import checking, failure, refuted, retry
from shardgen.progress.tally import LEAST, Account, Checks, Tally

REFRESH = 6  # a second: smooth to the eye, and far below 1 % of a CPU
WIDE = 110  # columns from which totals and shards fit beside the bars


class Live:
    """The display on a terminal."""

    def __init__(self, stream: TextIO, *, console: Console | None = None, tally: Tally | None = None) -> None:
        self._lock = threading.Lock()
        self._console = console or Console(file=stream, highlight=False)
        self._tally = tally or Tally()
        self._spinner = Spinner("dots" if self._console.encoding.startswith("utf") else "line", style="cyan")
        self._live = rich.live.Live(
            console=self._console,
            get_renderable=self.frame,
            refresh_per_second=REFRESH,
            redirect_stdout=False,  # standard output is for data
        )

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Account for an event; print what should stay on the screen."""
        with self._lock:  # not while printing: rich's own lock is held around `frame`
            self._tally.take(event)
        match event:
            case Notice():
                self._say(event.text, "dim")
            case ShardRetried():
                self._say(retry(event), "yellow")
            case ShardFailed():
                self._say(failure(event), "bold red")
            case CheckDone() if event.failures:
                self._say(refuted(event), "bold red")
            case _:
                pass

    def frame(self) -> RenderableType:
        """What is on the screen now."""
        with self._lock:
            self._tally.look()
            if self._tally.checks is not None:
                return self._verification(self._tally.checks)
            if not self._tally.tables:
                return "" if self._tally.ok is not None else self._spin(Text("preparing"))
            return Group(bars(self._tally, wide=self._console.width >= WIDE), self._status())

    def _say(self, text: str, style: str) -> None:
        self._console.print(Text(text, style=style))

    def _status(self) -> RenderableType:
        """The last line: how it ended, the step that runs, or the shards."""
        tally = self._tally
        if tally.ok is not None:
            return Text("finished" if tally.ok else "stopped", style="green" if tally.ok else "red")
        if tally.step:
            return self._spin(Text(f"{tally.step}  {units.clock(tally.step_elapsed)}"))
        text = Text(f"shards {tally.all.shards_done}/{tally.all.shards}")
        if tally.all.retries:
            text.append(f"  retries {tally.all.retries}", style="yellow")
        if tally.all.failures:
            text.append(f"  failed {tally.all.failures}", style="bold red")
        if tally.all.flying:
            text.append(f"  in flight {len(tally.all.flying)}: {', '.join(tally.all.flying)}", style="dim")
        return self._spin(text)

    def _verification(self, checks: Checks) -> RenderableType:
        """A bar of checks, and those that are at work."""
        bar = Table.grid(expand=True)
        bar.add_row(ProgressBar(total=1.0, completed=checks.share, complete_style="cyan", finished_style="green"))
        text = Text(f"{checking(checks)}  {units.clock(self._tally.elapsed)}", style="red" if checks.failed else "")
        return Group(bar, self._spin(text) if checks.done < checks.total else text)

    def _spin(self, text: Text) -> RenderableType:
        """The text on one line behind the spinner, cut so that the terminal's ``^C`` does not begin another line."""
        line = Table.grid(padding=(0, 1, 0, 0), expand=True)
        line.add_column(width=1)
        line.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
        line.add_row(self._spinner, text)
        return Padding(line, (0, 3, 0, 0))


def bars(tally: Tally, *, wide: bool) -> Table:
    """One line a table, one for all."""
    grid = Table(box=None, expand=True, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    grid.add_column("table", no_wrap=True, width=max(len("customers"), *map(len, tally.tables)))
    grid.add_column("", ratio=1, min_width=8)
    grid.add_column("", justify="right", width=4)
    grid.add_column("rows", justify="right", no_wrap=True, min_width=11)
    if wide:
        grid.add_column("of", justify="right", no_wrap=True, min_width=11)
        grid.add_column("shards", justify="right", no_wrap=True, min_width=9)
    grid.add_column("rows/s", justify="right", no_wrap=True, min_width=8)
    grid.add_column("time", justify="right", no_wrap=True, min_width=12)
    for name, account in tally.tables.items():
        grid.add_row(*_line(name, account, wide=wide))
    grid.add_row(*_line("all", tally.all, wide=wide), style="bold")
    return grid


def _line(name: str, account: Account, *, wide: bool) -> list[RenderableType]:
    bar = ProgressBar(total=1.0, completed=account.share, complete_style="cyan", finished_style="green")
    cells: list[RenderableType] = [name, bar, f"{int(account.share * 100)}%", units.count(account.rows)]
    if wide:
        cells += [units.count(account.total), f"{account.shards_done}/{account.shards}"]
    return [*cells, _rate(account), _time(account)]


def _rate(account: Account) -> str:
    """Rows a second: over the last seconds while it runs, over all its time when it is done."""
    if not account.finished:
        return units.count(account.speed.rate) if account.speed.rate else ""
    seconds = account.seconds or 0.0
    return units.count(account.ours / seconds) if seconds >= LEAST else ""


def _time(account: Account) -> Text:
    if not account.finished:
        return Text(f"{units.clock(account.eta)} left" if account.eta is not None else "")
    return Text("before" if account.seconds is None else f"in {units.duration(account.seconds)}", style="green")
