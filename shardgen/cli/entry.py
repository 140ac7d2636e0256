"""Entry point: runs the command, and makes text and an exit code of every exception."""

from __future__ import annotations

import contextlib
import contextvars
import re
import signal
import sys
import traceback
from itertools import pairwise
from typing import Any, Final

import typer

from shardgen.cli import terminal
from shardgen.cli.application import app
from shardgen.display import streams
from shardgen.errors import ShardgenError
from shardgen.machine.installation import program
from shardgen.machine.refusals import refusal
from shardgen.options import meant

_NO_COMMAND: Final = re.compile(r"No such command '(?P<name>[^']*)'")


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
    text = str(refusal(error))
    if text:
        terminal.complain(f"error: {_without_secrets(text, words)}")
    if not text or terminal.volume() is terminal.Volume.VERBOSE:
        terminal.complain(_without_secrets("".join(traceback.format_exception(error)), words).rstrip())
    return 2 if text else 1


def _tell_misuse(error: typer.TyperException) -> None:
    """Say what typer does not understand, with what was probably meant; its help page, if nothing was asked for."""
    context = getattr(error, "ctx", None)
    text = _with_suggestion(error, context)
    if not text:
        return
    terminal.complain(f"error: {text[:1].lower()}{text[1:]}")
    if context is not None:
        _, _, command = context.command_path.partition(" ")
        terminal.complain(f"try: {' '.join(filter(None, (program(), command)))} --help")


def _with_suggestion(error: typer.TyperException, context: Any) -> str:
    """The error, and where something is unknown what there is instead."""
    if context is not None and (option := getattr(error, "option_name", "")) and "No such" in error.message:
        return f"{error.message}{_instead(_options_meant(option, context))}"
    if context is not None and (found := _NO_COMMAND.match(error.message)):
        return f"{found[0]}{_instead(_commands_meant(found['name'], context))}"
    return error.format_message()


def _options_meant(option: str, context: Any) -> list[str]:
    """What an option of the command, or a command, would be called that does what this one sounds like."""
    spellings = {each.name: max(each.opts, key=len) for each in context.command.params if each.opts[0].startswith("-")}
    names = {spelling.lstrip("-").replace("-", "_"): spelling for spelling in spellings.values()} | spellings
    if context.command.name == "load":
        names["plan"] = f"the command {program()} plan"
    word = option.lstrip("-").partition("=")[0].replace("-", "_")
    found = [f"{names[name]} {value}".strip() for name, value in meant.options(word, names)]
    return list(dict.fromkeys(found))


def _commands_meant(name: str, context: Any) -> list[str]:
    near = meant.near(name, context.command.commands)
    other = meant.COMMANDS.get(name, "")
    first, _, second = other.partition(" ")
    there = first in context.command.commands and not near
    return near or ([other] if there else [second] if second in context.command.commands else [])


def _instead(found: list[str]) -> str:
    return f". Did you mean {' or '.join(found)}?" if found else ""


def _without_secrets(text: str, words: list[str]) -> str:
    """The text without the secrets of any connection string that we could have been given."""
    from shardgen.options.settings import read

    named = (value for option in ("--dsn", "--target", "--source") for value in _values_of(option, words))
    strings = [value for value in named if not _is_open(value)]
    with contextlib.suppress(ShardgenError):
        pointers = {name: next(iter(_values_of(f"--{name}", words)), None) for name in ("config", "profile")}
        strings.append(read({}, **pointers).target.dsn or "")
    return terminal.without_secrets(text, strings)


def _is_open(target: str) -> bool:
    """Whether a target has no place for a secret: standard output, brokers."""
    return target == "-" or (target.startswith("kafka://") and "@" not in target)


def _values_of(option: str, words: list[str]) -> list[str]:
    """What follows an option on the command line, however it is spelt."""
    after = [value for word, value in pairwise(words) if word == option]
    return after + [word.partition("=")[2] for word in words if word.startswith(f"{option}=")]
