"""rich's live display: a bar for each table and for the whole, the workers, and above them what just happened."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

import rich.live
from rich.console import Console, ConsoleRenderable, Group, RenderableType
from rich.control import Control
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from shardgen.display import units
from shardgen.display.frames import frame
from shardgen.display.lines import Retries, checking, failure, refuted
from shardgen.display.progress import Checks
from shardgen.display.tally import Tally
from shardgen.events import CheckDone, Event, LoadStarted, Notice, ShardFailed
from shardgen.machine import processors as machine

REFRESH = 6  # a second: smooth to the eye, and far below 1 % of a CPU
ROOM_FOR_CONTROL = 4  # columns at the end of the last line, which a terminal writes ``^C`` into
REMEMBERED = 8  # messages that are shown again when a resized screen is drawn anew


class Live:
    """The display on a terminal."""

    def __init__(
        self, stream: TextIO, *, console: Console | None = None, tally: Tally | None = None, cpus: int | None = None
    ) -> None:
        self._lock = threading.Lock()
        self._console = console or Console(file=stream, highlight=False)
        self._tally = tally or Tally()
        self._retries = Retries()
        self._cpus = cpus or machine.cpus()
        self._said: deque[Text] = deque(maxlen=REMEMBERED)
        self._closed = False
        self._spinner = Spinner("dots" if self._console.encoding.startswith("utf") else "line")
        self._live = _Screen(self._console, self.frame, self._said)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._live.stop()

    def __call__(self, event: Event) -> None:
        """Account for an event; print what should stay on the screen."""
        with self._lock:  # not while printing: rich's own lock is held around `frame`
            self._tally.take(event)
        for text in self._retries.take(event):
            self._say(text, "yellow")
        match event:
            case LoadStarted() if event.resumed and any(event.shards_done.values()):
                self._say(f"run {event.run} goes on: {_there(event)} are there already", "dim")
            case Notice():
                self._say(event.text, "dim")
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
                ended = self._closed or self._tally.ok is not None
                return Group() if ended else self._spin(Text("preparing"))  # a mere "" would be an empty line
            lines = frame(self._tally, width=self._console.width, height=self._console.height, cpus=self._cpus)
            return Group(*lines.parts, self._spin(lines.status) if self._tally.ok is None else lines.status)

    def _say(self, text: str, style: str) -> None:
        message = Text(text, style=style)
        self._console.print(message)
        self._said.append(message)  # after it, or a screen that is drawn anew would show it twice

    def _verification(self, checks: Checks) -> RenderableType:
        """A bar of checks, and those that are at work."""
        bar = Table.grid(expand=True)
        bar.add_row(ProgressBar(total=1.0, completed=checks.share, complete_style="cyan", finished_style="green"))
        text = Text(f"{checking(checks)}  {units.clock(self._tally.elapsed)}", style="red" if checks.failed else "")
        return Group(bar, self._spin(text) if checks.done < checks.total else text)

    def _spin(self, text: Text) -> Text:
        """The text on one line behind the spinner, cut so that the terminal's ``^C`` does not begin another line."""
        turn = int(self._console.get_time() * 1000 / self._spinner.interval) % len(self._spinner.frames)
        line = Text.assemble((self._spinner.frames[turn], "cyan"), " ", text)
        line.truncate(self._console.width - ROOM_FOR_CONTROL, overflow="ellipsis")
        return line


class _Screen(rich.live.Live):
    """A live display that survives a resized terminal.

    rich goes back by as many lines as it drew. A terminal that became narrower has wrapped them, and one that became
    lower has scrolled, so there is no going back: the screen is cleared and what was said last is said again.
    """

    def __init__(self, console: Console, show: Callable[[], RenderableType], said: deque[Text]) -> None:
        super().__init__(
            console=console,
            get_renderable=show,
            refresh_per_second=REFRESH,
            redirect_stdout=False,  # standard output is for data
        )
        self._said = said
        self._size = console.size

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Clear the screen first if its size has changed."""
        size, self._size = self._size, self.console.size
        if size == self._size or not self.console.is_terminal or self._live_render.last_render_height == 0:
            return super().process_renderables(renderables)
        cleared: list[ConsoleRenderable] = [Control.home(), Control.clear(), *self._said]
        _, *rest = super().process_renderables(renderables)
        return [*cleared, *rest]


def _there(event: LoadStarted) -> str:
    rows, shards = sum(event.rows_done.values()), sum(event.shards_done.values())
    return f"{units.plural(rows, 'row')} in {units.plural(shards, 'shard')}"
