"""Events for machines and for the curious: a file of JSON lines, and a display that tells everything.

A log never tears a display, never stops a load (a full disk costs lines, nothing else) and never holds a secret.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shardgen import __version__
from shardgen.display import Show, display, units
from shardgen.errors import ConfigError, Given
from shardgen.events import Event, Logged, Notice, ShardDone, WorkerLogged
from shardgen.machine import outputs
from shardgen.model.config import DATA_VERSION

if TYPE_CHECKING:
    from shardgen.options.settings import Settings


class Log:
    """A file that takes every event as one line of JSON: ``at`` (UTC), ``event``, and the event's own fields.

    It is appended to, a whole line at a time, so that several loads can share one and ``tail -f`` can follow.

    Args:
        file: path of the log.
        clean: takes secrets out of a text.
        now: the clock.

    Raises:
        ConfigError: the file cannot be written.
    """

    def __init__(
        self,
        file: Path,
        *,
        clean: Callable[[str], str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._file = file
        self._clean = clean
        self._now = now
        self._lock = threading.Lock()
        self._torn = False  # a line was written in part
        self.lost = ""
        """Why lines are missing, from the first that is."""
        self.on_loss: Callable[[str], None] = lambda _: None
        """Hears of it, once."""
        try:
            self._number = outputs.opened(file)
        except OSError as error:
            raise ConfigError(Given("log_file", str(file)), f" cannot be written: {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.write("Ended")
        else:
            self.write("Failed", error=type(error).__name__, text=str(error))
        with contextlib.suppress(OSError):
            os.close(self._number)

    def __call__(self, event: Event) -> None:
        """Write an event."""
        self.write(type(event).__name__, **asdict(event))

    def write(self, name: str, **facts: Any) -> None:
        """Write a line; facts are JSON values, None and what is empty included."""
        line = {"at": f"{self._now():%Y-%m-%dT%H:%M:%S.%fZ}", "event": name, "pid": os.getpid()}
        text = json.dumps(line | self._without_secrets(facts), ensure_ascii=False, default=str)
        with self._lock:
            before = self.lost
            self._append((text + "\n").encode(errors="backslashreplace"))
        if self.lost and not before:
            self.on_loss(self.lost)

    def _append(self, line: bytes) -> None:
        rest = b"\n" * self._torn + line
        try:
            while rest:
                rest = rest[os.write(self._number, rest) :]
                self._torn = bool(rest)
        except OSError as error:
            named = Given("log_file", str(self._file))
            told = f"{named} cannot be written, and lacks lines from here on: {error.strerror}"
            self.lost = self.lost or told

    def _without_secrets(self, value: Any) -> Any:
        match value:
            case str():
                return self._clean(value)
            case dict():
                return {name: self._without_secrets(part) for name, part in value.items()}
            case list() | tuple():
                return [self._without_secrets(part) for part in value]
            case _:
                return value


@contextlib.contextmanager
def watching(
    settings: Settings, command: str, *, mode: str, complain: Callable[[str], None], everything: bool = False
) -> Iterator[Show]:
    """What takes the events of a command: a display, and beside it the log that the settings name.

    Args:
        settings: of the command.
        command: its name, for the log.
        mode: of the display, one of ``choices.PROGRESS``.
        complain: hears why the log lacks lines, where no display would tell.
        everything: have the display tell what it would keep to itself.

    Raises:
        ConfigError: the log cannot be written.
    """
    from shardgen.stores import naming

    dsn, file = settings.target.dsn or "", settings.get("log_file")
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(Log(file, clean=lambda text: naming.masked(text, dsn))) if file else None
        if log:
            log.on_loss = complain
            log.write("Began", command=command, target=settings.target.shown, shardgen=__version__, data=DATA_VERSION)
        shown = stack.enter_context(display(mode))
        shown = spelt_out(shown) if everything else shown
        if log and mode != "none":
            log.on_loss = lambda text: shown(Notice(text=text))

        def show(event: Event) -> None:
            if log:
                log(event)
            shown(event)

        if log or everything:
            stack.enter_context(records(show))
        yield show


@contextlib.contextmanager
def records(show: Show) -> Iterator[None]:
    """Make events of what libraries log, from INFO on, instead of having it printed into the display."""
    handler, root = _Records(show), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(min(before, logging.INFO))
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


class _Records(logging.Handler):
    def __init__(self, show: Show) -> None:
        super().__init__(logging.INFO)
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        self._show(Logged(logger=record.name, level=record.levelname, text=record.getMessage()))


def spelt_out(show: Show) -> Show:
    """The display, with a notice for what it would keep to itself: committed shards, tracebacks, logs."""

    def everything(event: Event) -> None:
        show(event)
        if text := detail(event):
            show(Notice(text=text))

    return everything


def detail(event: Event) -> str:
    """What an event says beyond its line in a display."""
    match event:
        case ShardDone() if event.by_us:
            rate = f", {units.count(event.rows / event.seconds)} rows/s" if event.seconds > 0 else ""
            return f"{event.shard}: {units.plural(event.rows, 'row')} in {units.duration(event.seconds)}{rate}"
        case ShardDone():
            return f"{event.shard}: committed already"
        case WorkerLogged():
            return "\n".join(f"{event.shard}: {line}" for line in event.lines)
        case Logged():
            return f"{event.level.lower()} {event.logger}: {event.text}"
        case _:
            return getattr(event, "trace", "").rstrip()
