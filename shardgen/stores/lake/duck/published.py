"""Rows of tables of Delta and Iceberg that lie in a user's folder: their logs say which of its files have them.

They are read by the libraries of these formats, and only out of the folder, whatever a log names.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from shardgen.errors import Text
from shardgen.machine.installation import DELTA, ICEBERG, install, installed

if TYPE_CHECKING:
    from shardgen.stores.lake.objects import Objects

_LOG: Final = re.compile(r"(?P<table>[^/]+)/(?:_delta_log/|metadata/(?:v?(?P<number>\d+))?[^/]*\.metadata\.json$)")
"""What is in a table of Delta or of Iceberg, which has a file for each of its states, numbered."""
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_SCHEME: Final = re.compile(r"^\w+:/{0,2}(?=/)|^\w+://")


class UnreadError(Exception):
    """A table cannot be read, and why."""


def table_of(key: str) -> str:
    """The name of the table whose log an object is of; empty where it is of none."""
    found = _LOG.match(key)
    return found["table"] if found else ""


def newest(logs: Iterable[str]) -> str:
    """Of the objects of a log the newest state of a table of Iceberg; empty of one of Delta."""
    found = [told for key in logs if "/_delta_log/" not in key and (told := _LOG.match(key))]
    return max(found, key=lambda told: (int(told["number"] or 0), told[0]))[0] if found else ""


def rows(objects: Objects, name: str, metadata: str) -> Any:
    """A reader of the rows of a table, as Arrow has them.

    Args:
        objects: of the folder.
        name: of the table.
        metadata: of Iceberg the key of its newest state; empty of Delta.

    Raises:
        UnreadError: it cannot be read.
        Exception: what the libraries raise, which has no common base.
    """
    library = ICEBERG if metadata else DELTA
    if not installed(library):
        what = "Iceberg" if metadata else "Delta"
        raise UnreadError(str(Text(f"it is a table of {what}, and reading it needs an extra: ", install(library))))
    return _reader(objects, name, metadata)


def told(error: Exception) -> str:
    """What a library says, in a line without colours."""
    return " ".join(_COLOUR.sub("", str(error)).split())


def _reader(objects: Objects, name: str, metadata: str) -> Any:
    if metadata:
        from shardgen.stores.lake import iceberg  # noqa: PLC0415  # its library is an extra

        files, made = iceberg.rows(objects, metadata)
    else:
        from shardgen.stores.lake import delta  # noqa: PLC0415  # likewise

        files, made = delta.rows(objects, name)
    _check(objects, files)
    return made()


def _check(objects: Objects, files: Iterable[str]) -> None:
    """See that a log names files of the folder alone."""
    folder = _plain(objects.address.url)
    for file in files:
        if not _plain(file).startswith(f"{folder}/"):
            raise UnreadError(f"it names {file}, which is not in {objects.address.url}")


def _plain(url: str) -> str:
    """An address without its scheme, which has several spellings, as have the letters behind it."""
    return posixpath.normpath(_SCHEME.sub("", unquote(url)))
