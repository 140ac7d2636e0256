"""tqdm's bars: one in a terminal that cannot move its cursor, one for each table and the whole in a notebook."""

from __future__ import annotations

import threading
import warnings
from types import TracebackType
from typing import Any, Self, TextIO

from tqdm import TqdmExperimentalWarning, TqdmWarning

from shardgen.display.lines import Retries, failure, refuted
from shardgen.display.progress import Checks, Progress
from shardgen.display.tally import Tally
from shardgen.events import CheckDone, Event, LoadStarted, Notice, ShardFailed, StepStarted, VerificationStarted

with warnings.catch_warnings():  # that it is experimental in a notebook, or that ipywidgets are not installed
    warnings.simplefilter("ignore", TqdmExperimentalWarning)
    warnings.simplefilter("ignore", TqdmWarning)
    from tqdm.auto import tqdm

ALL = "all"


class Bars:
    """Bars of rows; tqdm itself takes care of rates and of drawing no more often than is useful."""

    def __init__(self, stream: TextIO, *, each_table: bool) -> None:
        self._stream = stream
        self._lock = threading.RLock()
        self._each_table = each_table
        self._tally = Tally()
        self._retries = Retries()
        self._bars: dict[str, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        for bar in self._bars.values():
            bar.close()

    def __call__(self, event: Event) -> None:
        """Account for an event and move the bars."""
        with self._lock:
            self._tally.take(event)
            self._tell(event)
            if self._tally.checks is None:
                self._draw()
            else:
                self._draw_checks(self._tally.checks)

    def _tell(self, event: Event) -> None:
        for text in self._retries.take(event):
            self._write(text)
        match event:
            case LoadStarted():
                self._open()
            case Notice():
                self._write(event.text)
            case ShardFailed():
                self._write(failure(event))
            case VerificationStarted():
                self._close()
                self._bars[ALL] = tqdm(
                    desc=event.what, total=event.checks, file=self._stream, dynamic_ncols=True, disable=False
                )
            case CheckDone() if event.failures:
                self._write(refuted(event))
            case StepStarted() if self._bars:
                self._bars[ALL].set_postfix_str(event.step)  # steps are few: shown at once
            case _:
                pass

    def _draw(self) -> None:
        for name, bar in self._bars.items():
            _move(bar, self._progress(name))
        if self._bars:
            self._bars[ALL].set_postfix_str(str(self._tally.steps) or _shards(self._tally.all), refresh=False)

    def _draw_checks(self, checks: Checks) -> None:
        bar = self._bars[ALL]
        failed = f"{checks.failed} failed, " if checks.failed else ""
        bar.set_postfix_str(failed + ", ".join(checks.running), refresh=False)
        bar.update(checks.done - bar.n)

    def _open(self) -> None:
        names = [*self._tally.tables, ALL] if self._each_table else [ALL]
        for position, name in enumerate(names):
            progress = self._progress(name)
            self._bars[name] = tqdm(
                desc=name,
                initial=progress.foreign,
                total=progress.total,
                position=position,
                file=self._stream,
                unit=" rows",
                unit_scale=True,
                dynamic_ncols=True,
                disable=False,
            )

    def _progress(self, name: str) -> Progress:
        return self._tally.all if name == ALL else self._tally.tables[name]

    def _write(self, text: str) -> None:
        tqdm.write(text, file=self._stream)


def _move(bar: Any, progress: Progress) -> None:
    """Set a bar to how far its table is; rows that another session loaded are part of its start, not of its rate."""
    bar.initial = progress.foreign
    grown, bar.total = bar.total != progress.total, progress.total
    if (step := progress.rows - bar.n) or grown:
        bar.update(step)
    if progress.finished and step:
        bar.refresh()


def _shards(progress: Progress) -> str:
    retries = f", retries {progress.retries}" if progress.retries else ""
    return f"shards {progress.shards_done}/{progress.shards}{retries}"
