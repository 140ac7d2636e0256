"""Reads ``.env``, which is the whole project's: of its lines only those that could be ours must make sense."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Final

from shardgen.errors import ConfigError
from shardgen.machine import texts
from shardgen.options.services import Variables

_OURS: Final = re.compile(r"\s*(export\s+)?['\"]?(SHARDGEN_|POSTGRES_|PG)", re.IGNORECASE)


def read(file: str) -> tuple[Variables, tuple[str, ...]]:
    """The variables of the file, by name in lower case, and what is to be said of lines that are passed over.

    A folder of that name is none of ours: virtual environments are called so. An empty value counts as absent.

    Raises:
        ConfigError: the file cannot be read, or a line that names a variable of ours.
    """
    if not _is_there(file):
        return {}, ()
    from dotenv import dotenv_values  # most places have no such file
    from dotenv.parser import parse_stream

    try:
        text = texts.read(file)
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"file={file!r} cannot be read: {texts.reason(error)}") from None
    lines = list(parse_stream(io.StringIO(text)))
    odd = [line.original for line in lines if line.error]
    for each in odd:
        if _OURS.match(each.string):
            raise ConfigError(f"file={file!r} line={each.line} is not NAME=value: write it so, with quotes in pairs")
    good = "".join(line.original.string for line in lines if not line.error)
    values = {name.lower(): value for name, value in dotenv_values(stream=io.StringIO(good)).items() if value}
    return values, tuple(f"file={file!r} line={each.line} is not NAME=value, and is passed over" for each in odd)


def _is_there(file: str) -> bool:
    """Whether there is such a file, as far as its folder may be looked into."""
    try:
        return Path(file).exists() and not Path(file).is_dir()
    except OSError:
        return False
