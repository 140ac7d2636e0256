"""Between the commands and the terminal: data goes to stdout, everything else to stderr."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shardgen.events import Event
    from shardgen.settings import Settings


def program() -> str:
    """How this program was called, so that a hint can be pasted: ``"shardgen"``, ``".venv/bin/shardgen"``."""
    called = sys.argv[0]
    if Path(called).name in {"__main__.py", "-m", "-c"}:
        return f"{shlex.quote(_near(sys.executable))} -m shardgen"
    found = shutil.which(Path(called).name)
    return Path(called).name if found and Path(found) == Path(called) else shlex.quote(_near(called))


def place_of(settings: Settings) -> str:
    """The target, as it may be shown."""
    from shardgen.database.postgres import mask

    dsn = settings.target.dsn
    return settings.target.origin if not dsn else mask(dsn)


def settings_of(options: Mapping[str, Any]) -> Settings:
    """The options of a command and of all other sources."""
    from shardgen.settings import read

    named = dict(options)
    return read(named, config=named.pop("config", None))


def home_of(options: Mapping[str, Any]) -> Path:
    """Home of the embedded server."""
    from shardgen.database import server

    return server.data_dir(settings_of(options).get("data_dir"))


def _near(path: str) -> str:
    """The path relative to the working directory where it lies below it."""
    try:
        return str(Path(path).absolute().relative_to(Path.cwd()))
    except ValueError:
        return path


def notice(event: Event) -> None:
    """Show the notices, and no other event."""
    from shardgen.events import Notice

    if isinstance(event, Notice):
        say(event.text)


def say(text: str) -> None:
    """Tell something that is not data."""
    typer.echo(text, err=True)


def show(what: RenderableType, *, stderr: bool = False) -> None:
    """Print a table or a text, as wide as the terminal."""
    from rich.console import Console

    Console(stderr=stderr, highlight=False).print(what)


def print_json(value: Any) -> None:
    """Print data for programs."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
