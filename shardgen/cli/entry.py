"""Entry point: runs the command, and makes text and an exit code of every exception."""

from __future__ import annotations

import contextlib
import contextvars
import signal
import sys
import traceback
from itertools import pairwise

import typer

from shardgen.cli import terminal
from shardgen.cli.application import app
from shardgen.errors import ShardgenError
from shardgen.progress import streams
from shardgen.surroundings import refusal


def main(arguments: list[str] | None = None) -> None:
    """Entry point of ``shardgen`` and ``python -m shardgen``: every exception becomes text and an exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    with streams.prepared():
        code = contextvars.copy_context().run(_run, words)
    sys.exit(code)


def _run(words: list[str]) -> int:
    """The exit code of a command."""
    try:
        return app(args=words, prog_name="shardgen", standalone_mode=False) or 0
    except typer.TyperException as error:
        _tell_misuse(error)
        return error.exit_code
    except typer.Abort as abort:
        terminal.complain("aborted")
        return 128 + signal.SIGINT if isinstance(abort.__cause__, KeyboardInterrupt) else 1
    except ShardgenError as error:
        for line in _without_secrets(str(error), words).splitlines():
            terminal.complain(line if line.startswith(" ") else f"error: {line}")
        for note in getattr(error, "__notes__", ()):
            terminal.complain(note)
        return error.exit_code
    except Exception as error:  # noqa: BLE001  # see below
        return _tell_unforeseen(error, words)


def _tell_unforeseen(error: Exception, words: list[str]) -> int:
    """Say what the system refused; else it is a bug, and its traceback is printed whole, but for the secrets."""
    text = refusal(error)
    if text:
        terminal.complain(f"error: {_without_secrets(text, words)}")
    if not text or terminal.volume() is terminal.Volume.VERBOSE:
        terminal.complain(_without_secrets("".join(traceback.format_exception(error)), words).rstrip())
    return 2 if text else 1


def _tell_misuse(error: typer.TyperException) -> None:
    """Say what typer does not understand, with what was probably meant; its help page, if nothing was asked for."""
    near = getattr(error, "possibilities", None)
    text = f"{error.message}. Did you mean {', '.join(near)}?" if near else error.format_message()
    context = getattr(error, "ctx", None)
    if not text:
        return
    terminal.complain(f"error: {text[:1].lower()}{text[1:]}")
    if context is not None:
        terminal.complain(f"try: {context.command_path} --help")


def _without_secrets(text: str, words: list[str]) -> str:
    """The text without the secrets of any connection string that we could have been given."""
    from shardgen.settings import read

    strings = _values_of("--dsn", words)
    with contextlib.suppress(ShardgenError):
        pointers = {name: next(iter(_values_of(f"--{name}", words)), None) for name in ("config", "profile")}
        strings.append(read({}, **pointers).target.dsn or "")
    return terminal.without_secrets(text, strings)


def _values_of(option: str, words: list[str]) -> list[str]:
    """What follows an option on the command line, however it is spelt."""
    after = [value for word, value in pairwise(words) if word == option]
    return after + [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
