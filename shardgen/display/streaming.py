"""How a stream goes: on a terminal the clock of the world, rate, lag and tables; elsewhere a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Self, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from shardgen.model.played import Played, spelt

REFRESH: Final = 5
"""Times a second."""
EVERY: Final = 10.0
"""Seconds between two lines."""
LATE: Final = 1.0
"""Seconds of lag that are told in colour."""

Show = Callable[[Played], None]


@contextmanager
def watching(stream: TextIO | None, *, live: bool) -> Iterator[Show]:
    """What shows how far a stream is.

    Args:
        stream: where to; None for nowhere.
        live: whether a terminal shows it, and nothing else writes to it.
    """
    if stream is None:
        yield lambda _: None
    elif live:
        with _Screen(stream) as screen:
            yield screen
    else:
        yield _Lines(stream)


class _Screen:
    """The display on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._played: Played | None = None
        console = Console(file=stream, highlight=False)
        self._live = Live(console=console, get_renderable=self.frame, refresh_per_second=REFRESH, redirect_stdout=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def __call__(self, played: Played) -> None:
        self._played = played

    def frame(self) -> RenderableType:
        """What is on the screen now."""
        return Text("making the first changes", style="dim") if self._played is None else frame(self._played)


def frame(played: Played) -> RenderableType:
    """The clock of the world, rate and lag, and a row for each table."""
    lag = Text(f"  lag {played.lag:.1f} s", style="yellow" if played.lag > LATE else "dim")
    head = Text.assemble((_clock(played), "bold cyan"), f"  {played.rate:,.0f} changes/s", lag)
    rows = Table.grid(padding=(0, 2))
    rows.add_column()
    rows.add_column(justify="right")
    for name, count in played.told.items():
        rows.add_row(name, f"{count:,}")
    rows.add_row(Text("all", style="bold"), Text(f"{played.total:,}", style="bold"))
    return Group(head, rows)


class _Lines:
    """A line every EVERY seconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next = 0.0

    def __call__(self, played: Played) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + EVERY
        self._stream.write(f"{line(played)}\n")
        self._stream.flush()


def line(played: Played) -> str:
    """How far a stream is, on one line."""
    return f"{_clock(played)}  {played.total:,} changes  {played.rate:,.0f}/s  lag {played.lag:.1f} s"


def ending(played: Played) -> str:
    """How it went, on one line."""
    rate = played.total / played.seconds if played.seconds else 0.0
    told = f"{played.total:,} changes up to {spelt(played.until)} in {played.seconds:,.1f} s"
    return f"{told} ({rate:,.0f}/s, lag at most {played.most_lag:.1f} s)"


def _clock(played: Played) -> str:
    """The world's clock to the second."""
    return spelt(played.until)[:19].replace("T", " ")
