"""What an error says to somebody who called a function: arguments by their names, not options of a command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from shardgen.errors import Given, Mention, ShardgenError, Use
from shardgen.machine.installation import NAME
from shardgen.model.config import IF_EXISTS, INDEX_MODES, LEVELS, ON_CONFLICT, PROGRESS, RAW_DATA_MODES

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "if_exists": IF_EXISTS,
    "on_conflict": ON_CONFLICT,
    "indexes": INDEX_MODES,
    "raw_data": RAW_DATA_MODES,
    "level": LEVELS,
    "progress": PROGRESS,
}
_FLAGS: Final = frozenset({"resume", "take_over", "yes", "all", "regenerate"})
_OPTION: Final = re.compile(
    r"--(?P<name>[a-z][a-z-]+)(?: (?P<value>(?!is\b)[a-z]+|\d[\d.]*)(?![\w-]))?(?P<verb> is\b)?"
)
_DASHED: Final = re.compile(r"(?<![\w-])(?P<name>[a-z]+(?:-[a-z]+)+)=")
_COMMAND: Final = re.compile(rf"\S*{NAME} (?:db|load|verify|plan|reset)\b|-m pip\b|\buvx\b|\bpipx\b|\buv pip\b")
"""From where a text is a command for a shell."""


def in_python(text: str) -> str:
    """The text with arguments in place of options: ``--raw-data lean`` becomes ``raw_data='lean'``."""
    command = _COMMAND.search(text)
    prose, rest = (text[: command.start()], text[command.start() :]) if command else (text, "")
    named = _DASHED.sub(lambda match: f"{match['name'].replace('-', '_')}=", prose)
    return _OPTION.sub(_argument, named) + rest


def reword(error: ShardgenError) -> None:
    """Say an error, and its notes, in Python's words."""
    error.spelling = spelling
    if hasattr(error, "__notes__"):
        error.__notes__ = [in_python(note) for note in error.__notes__]


def spelling(part: str | Mention) -> str:
    """A part of an error in Python's words."""
    match part:
        case Given(option, _):
            return f"{option}={part.shown}"
        case Use(option, None):
            return option
        case Use(option, value):
            return f"{option}={value!r}"
        case str():
            return in_python(part)


def _argument(match: re.Match[str]) -> str:
    name, value, verb = match["name"].replace("-", "_"), match["value"] or "", match["verb"] or ""
    behind = f" {value}" if value else ""
    if value in _CHOICES.get(name, ()):
        return f"{name}={value!r}{verb}"
    if value[:1].isdigit():
        return f"{name}={value}{verb}"
    if verb and not value:
        return f"{name}{verb}"
    return f"{name}={'True' if name in _FLAGS else ''}{behind}{verb}"
