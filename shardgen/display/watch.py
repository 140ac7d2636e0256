"""The runs of a target, looked at again and again: a table that redraws itself, or a line for each change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

import rich.live
from rich.console import Console, Group, RenderableType
from rich.text import Text

from shardgen.display import choose, units
from shardgen.display.speed import Speed
from shardgen.display.streams import abandoned
from shardgen.display.tables import expected, status_tables
from shardgen.errors import ShardgenError

if TYPE_CHECKING:
    from shardgen.stores.findings import RunStatus

PERIOD = 1.0  # seconds between looks: the ledger moves with every committed shard, no faster
SILENCE = "no answer"
ENDED = ("finished", "superseded")
LOST = 30.0  # seconds without a commit from which a run that nobody is seen to work on has ended

Look = Callable[[], "list[RunStatus]"]
Draw = Callable[["list[RunStatus]", str, bool], None]
"""Shows runs, a note, and whether more is to come."""


def watch(
    look: Look,
    *,
    where: str,
    stream: TextIO,
    environ: Mapping[str, str],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Show how the runs stand, about once a second, until none is at work or Ctrl-C; without runs, wait for the first.

    Args:
        look: tells the runs.
        where: the target, as it may be shown.
        stream: where to show them.
        environ: what decides whether the stream can move its cursor.
        sleep: waits between two looks.
        clock: seconds.

    Raises:
        ShardgenError: the first look failed; later ones are tried again.
    """
    runs, speed, note, stillness = look(), Speed(), "", Stillness()
    live = choose(stream, environ) == "rich"
    with suppress(KeyboardInterrupt), _table(stream, where) if live else _lines(stream, where) as draw:
        while not abandoned(stream):
            ended = over(runs, stillness.seconds(runs, clock()))
            draw(runs, note, not ended)
            if ended:
                return
            sleep(PERIOD)
            try:
                runs = look()
                note = _pace(runs, speed, clock())
            except ShardgenError as error:
                note = f"{SILENCE}: {error}"


class Stillness:
    """For how long nothing was committed."""

    def __init__(self) -> None:
        self._rows = -1
        self._since = 0.0

    def seconds(self, runs: list[RunStatus], now: float) -> float:
        """Since the last change, given what is seen now."""
        rows = sum(table.rows for run in runs for table in run.tables)
        if rows != self._rows:
            self._rows, self._since = rows, now
        return now - self._since


def over(runs: list[RunStatus], still: float) -> bool:
    """Whether no run is at work any more; one without a coordinator may be about to get its connection back, and one in
    parts waits for the others.
    """
    states = {run.state for run in runs}
    return bool(runs) and not states & {"loading", "waiting"} and ("lost" not in states or still > LOST)


def of_interest(runs: list[RunStatus]) -> list[RunStatus]:
    """The runs that can still move, or else the last one."""
    return [run for run in runs if run.state not in ENDED] or runs[-1:]


def state(run: RunStatus) -> str:
    """How a run stands, in one line."""
    done, planned = sum(each.done for each in run.tables), sum(each.planned_shards for each in run.tables)
    rows, to_come = sum(each.rows for each in run.tables), sum(each.planned_rows for each in run.tables)
    failed = sum(each.failed for each in run.tables)
    parts = [
        f"run {run.run} {run.state}: shards {done}/{planned}",
        f"{units.count(rows)} of {expected(to_come, exact=all(each.exact for each in run.tables))} rows",
    ]
    return ", ".join([*parts, *([f"failed {failed}"] if failed else [])])


def _pace(runs: list[RunStatus], speed: Speed, now: float) -> str:
    """Committed rows a second, and the time that the rest takes; nothing where no run is at work."""
    at_work = [run for run in runs if run.coordinator]
    if not at_work:
        return ""
    tables = [each for run in at_work for each in run.tables]
    rows = sum(each.rows for each in tables)
    speed.note(now, rows)
    if not speed.rate:
        return ""
    rest = sum(max(0, each.planned_rows - each.rows) for each in tables if each.pending)
    return f"{units.count(speed.rate)} rows/s, {units.clock(rest / speed.rate)} left"


@contextmanager
def _table(stream: TextIO, where: str) -> Iterator[Draw]:
    """A table that redraws itself."""
    console = Console(file=stream, highlight=False)
    with rich.live.Live(console=console, auto_refresh=False, redirect_stderr=False, redirect_stdout=False) as live:

        def draw(runs: list[RunStatus], note: str, more: bool) -> None:  # noqa: FBT001  # called in one place
            foot = "  ".join(filter(None, [_now(), note, "Ctrl-C ends" if more else ""]))
            parts: list[RenderableType] = [status_tables(of_interest(runs), where=where), Text(foot, style="dim")]
            live.update(Group(*parts), refresh=True)

        yield draw


@contextmanager
def _lines(stream: TextIO, where: str) -> Iterator[Draw]:
    """A line for each change."""
    last: list[str] = []

    def draw(runs: list[RunStatus], note: str, _more: bool) -> None:  # noqa: FBT001  # as above
        lines = [state(run) for run in of_interest(runs)] or [f"no runs in {where}"]
        if note.startswith(SILENCE):
            lines = [note]
        for line in lines:
            if line not in last:
                print(f"{_now()} {line}" + (f", {note}" if note and line != note else ""), file=stream, flush=True)
        last[:] = lines

    yield draw


def _now() -> str:
    return f"{datetime.now(UTC):%H:%M:%S}"
