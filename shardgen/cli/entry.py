"""Entry point: runs the command, and makes text and an exit code of every exception."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from itertools import pairwise

from shardgen.cli import terminal
from shardgen.cli.application import app
from shardgen.errors import ShardgenError


def main(arguments: list[str] | None = None) -> None:
    """Entry point of ``shardgen`` and ``python -m shardgen``: every exception becomes text and an exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        app(args=words, prog_name="shardgen")
    except ShardgenError as error:
        for line in _without_secrets(str(error), words).splitlines():
            terminal.say(line if line.startswith(" ") else f"error: {line}")
        for note in getattr(error, "__notes__", ()):
            terminal.say(note)
        sys.exit(error.exit_code)
    except Exception:  # noqa: BLE001  # a bug; the traceback is printed whole, but for the secrets
        terminal.say(_without_secrets(traceback.format_exc(), words).rstrip())
        sys.exit(1)


def _without_secrets(text: str, words: list[str]) -> str:
    """The text without the secrets of any connection string that we could have been given."""
    from shardgen.database.postgres import without_secret
    from shardgen.settings import read

    strings = [after for word, after in pairwise(words) if word == "--dsn"]
    strings += [word.partition("=")[2] for word in words if word.startswith("--dsn=")]
    with contextlib.suppress(ShardgenError):
        strings.append(read({}).target.dsn or "")
    for string in strings:
        text = without_secret(text, string) if string else text
    return text.replace(os.environ.get("PGPASSWORD") or "\0", "***")
