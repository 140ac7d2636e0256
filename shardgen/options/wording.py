"""How an error speaks to somebody who called a function: of arguments by their names, not of options."""

from __future__ import annotations

from shardgen.errors import Given, Mention, ShardgenError, Use


def in_python(part: str | Mention) -> str:
    """A part of an error: ``if_exists='replace'``, ``raw_data='x'``, words as they are."""
    match part:
        case Given(option):
            return f"{option}={part.shown}"
        case Use(option, None):
            return option
        case Use(option, value):
            return f"{option}={value!r}"
    return part


def reword(error: BaseException | None) -> None:
    """Have an error speak so, and those that it came from."""
    while error is not None:
        if isinstance(error, ShardgenError):
            error.spelling = in_python
        error = error.__cause__
