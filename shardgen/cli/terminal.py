"""What stands between the commands and the terminal.

Data goes to stdout and everything else to stderr; with ``-q`` only errors are told.
"""

from __future__ import annotations

import contextlib
import enum
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypeVar

from shardgen.errors import ConfigError, LoadError, OutputError, ReconciliationError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shardgen.display import Show
    from shardgen.events import Event
    from shardgen.options.settings import Settings


T = TypeVar("T")

PATIENCE: Final = 2.0
"""Seconds of silence after which a log is told what goes on."""


class Volume(enum.Enum):
    """How much is told on stderr."""

    QUIET = "errors"
    NORMAL = "what matters"
    VERBOSE = "everything"


_VOLUME: Final = ContextVar("volume", default=Volume.NORMAL)
"""Of the command that runs; the program sets it while it parses ``-q`` and ``-v``, before or behind the command."""


def hush(wanted: bool) -> None:  # noqa: FBT001  # typer calls it so
    """What ``-q`` does."""
    _set_volume(wanted, Volume.QUIET)


def open_up(wanted: bool) -> None:  # noqa: FBT001
    """What ``-v`` does."""
    _set_volume(wanted, Volume.VERBOSE)


def volume() -> Volume:
    """How much is told on stderr."""
    return _VOLUME.get()


def _set_volume(wanted: bool, loudness: Volume) -> None:  # noqa: FBT001
    if not wanted:
        return
    if volume() not in (Volume.NORMAL, loudness):
        raise ConfigError("-q and -v contradict each other: leave one of them out")
    _VOLUME.set(loudness)


def place_of(settings: Settings) -> str:
    """Where the tables are, as it may be shown."""
    place = settings.target.shown
    return place if settings.target.lake else f"schema {settings.schema} of {place}"


def settings_of(options: Mapping[str, Any]) -> Settings:
    """The options of a command and of all other sources."""
    from shardgen.options.settings import read
    from shardgen.stores import attention

    attention.listen(say)
    spoken = ("quiet", "verbose")  # they have done what they do when they were parsed
    named = {name: value for name, value in options.items() if name not in spoken}
    found = read(named, config=named.pop("config", None), profile=named.pop("profile", None))
    if found.target.note and "dsn" in options:  # only commands that have a target
        say(found.target.note)
    for each in found.notices:
        say(each)
    return found


def on_stdout(write: Callable[[BinaryIO], T], *, nothing: T) -> T:
    """What comes of writing bytes to whoever reads standard output, for as long as somebody does.

    Args:
        write: to a file.
        nothing: what comes of it where nobody reads on.
    """
    sys.stdout.flush()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as file:
        try:
            return write(file)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())  # where the rest is flushed to
            if not isinstance(error, BrokenPipeError):
                raise OutputError(f"standard output cannot be written: {error.strerror}") from error
            return nothing


@contextlib.contextmanager
def watching(settings: Settings, command: str) -> Iterator[Show]:
    """What takes the events of a command, as the settings, ``-q`` and ``-v`` say: a display, and a log beside it.

    Raises:
        ConfigError: the log cannot be written.
    """
    from shardgen.display import logs

    mode = "none" if volume() is Volume.QUIET else settings.get("progress", "auto")
    with logs.watching(settings, command, mode=mode, complain=complain, everything=volume() is Volume.VERBOSE) as show:
        yield show


@contextlib.contextmanager
def loading(
    settings: Settings, command: str, to_go_on: Callable[[], Iterable[str]], *, as_json: bool
) -> Iterator[Show]:
    """The same for what writes: where it stops, the error tells how to go on, and JSON what does not agree.

    Args:
        to_go_on: lines that say what to type.
        as_json: whether JSON is asked for.
    """
    try:
        with watching(settings, command) as show:
            yield show
    except LoadError as error:
        if as_json and isinstance(error, ReconciliationError):
            print_json(error.report)
        for line in to_go_on() if error.resumable else ():
            error.add_note(line)
        raise


def without_secrets(text: str, dsns: Iterable[str]) -> str:
    """The text without the secrets of connection strings and of the environment."""
    from shardgen.stores.naming import masked

    for dsn in filter(None, dsns):
        text = masked(text, dsn)
    return text.replace(os.environ.get("PGPASSWORD") or "\0", "***")


def home_of(options: Mapping[str, Any]) -> Path:
    """Home of the embedded server."""
    from shardgen.embedded import server

    return server.data_dir(settings_of(options).get("data_dir"))


@contextlib.contextmanager
def busy(text: str) -> Iterator[None]:
    """Tell what takes a while: on a terminal until it is done, elsewhere once, when it has taken PATIENCE."""
    if volume() is Volume.QUIET:
        yield
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True, highlight=False).status(text):
            yield
    else:
        late = threading.Timer(PATIENCE, say, [f"{text} ..."])
        late.daemon = True
        late.start()
        try:
            yield
        finally:
            late.cancel()


def notice(event: Event) -> None:
    """Show the notices, and no other event."""
    from shardgen.events import Notice

    if isinstance(event, Notice):
        say(event.text)


def interactive() -> bool:
    """Whether somebody is there to answer, and sees the question."""
    return volume() is not Volume.QUIET and sys.stdin.isatty() and sys.stderr.isatty()


def say(text: str) -> None:
    """Tell something that is not data."""
    if volume() is not Volume.QUIET:
        complain(text)


def complain(text: str) -> None:
    """Tell what went wrong, however quiet."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def print_text(text: str) -> None:
    """Print data for whoever reads standard output."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show(what: RenderableType, *, stderr: bool = False) -> None:
    """Print a table or a text, as wide as the terminal."""
    if stderr and volume() is Volume.QUIET:
        return
    from rich.console import Console

    Console(stderr=stderr, highlight=False).print(what, crop=False)  # a command longer than the line is for copying


def print_json(value: Any) -> None:
    """Print data for programs; in an encoding of few characters with escapes, which mean the same."""
    plain = not sys.stdout.encoding.lower().startswith("utf")
    print_text(json.dumps(value, indent=2, ensure_ascii=plain))
