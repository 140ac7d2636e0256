"""What a folder of a user's holds: a dataset of Parquet, CSV or lines of JSON for each file, and for each folder in it.
A folder with a log of Delta's or Iceberg's is a table of theirs.

Nothing is found out by trying where trying could be wrong: texts of CSV and values of JSON stay what they are, and are
told apart where they are compared. Of CSV, nothing between two commas is a null, and quotes about nothing are a text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from shardgen.stores.lake import layout
from shardgen.stores.lake.duck import published
from shardgen.stores.lake.duck.views import described, literal
from shardgen.stores.lake.objects import Objects

_FILE: Final = re.compile(r"\.(?P<format>parquet|csv|ndjson|jsonl)(?:\.(?:gz|zst))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """The rows of one file, or of all files of one folder."""

    name: str
    keys: Sequence[str]
    format: str = ""
    """``"parquet"``, ``"csv"`` or ``"ndjson"``; empty of a table of Delta or Iceberg."""
    metadata: str = ""
    """Of Iceberg the key of the table's newest state."""
    fault: str = ""
    """Why it cannot be read; empty where it can."""

    def scan(self, paths: Iterable[str], columns: Callable[[str], Iterable[str]]) -> str:
        """What reads it, in SQL.

        Args:
            paths: of the files.
            columns: tells those of what a statement describes.
        """
        listed = f"[{', '.join(map(literal, paths))}]"
        if self.format == "parquet":
            return f"read_parquet({listed}, union_by_name = true)"
        if self.format == "csv":
            return (
                f"read_csv({listed}, header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', "
                "nullstr = '', allow_quoted_nulls = false, union_by_name = true)"
            )
        lines = f"read_json({listed}, format = 'newline_delimited', "
        every = described(f"{lines} maximum_depth = 1, sample_size = -1, union_by_name = true)")
        members = ", ".join(f"{literal(name)}: 'JSON'" for name in columns(every))
        return f"{lines} columns = {{{members}}})"


def found(objects: Objects) -> Iterator[Dataset]:
    """The datasets of a folder; what begins with an underscore or a point is none."""
    keys: dict[str, list[str]] = {}
    logs: dict[str, list[str]] = {}
    for each in objects.list():
        if name := published.table_of(each.key):
            logs.setdefault(name, []).append(each.key)
        elif _FILE.search(each.key) and not layout.hidden(each.key):
            top, step, _ = each.key.partition("/")
            keys.setdefault(top if step else _FILE.sub("", top), []).append(each.key)
    for name in sorted(keys.keys() | logs.keys()):
        some = keys.get(name, [])
        beside = [key for key in some if not key.startswith(f"{name}/")]
        yield _dataset(name, sorted(some)) if beside or name not in logs else _published(name, some, logs[name])


def _published(name: str, keys: Sequence[str], logs: Sequence[str]) -> Dataset:
    return Dataset(name=name, keys=keys, metadata=published.newest(logs))


def _dataset(name: str, keys: Sequence[str]) -> Dataset:
    formats = {_format(key) for key in keys}
    tops = {key.partition("/")[0] for key in keys}
    if len(formats) > 1 or len(tops) > 1:
        several = ", ".join(sorted(tops if len(tops) > 1 else formats))
        return Dataset(name=name, keys=keys, fault=f"it is there several times, as {several}: leave one")
    return Dataset(name=name, keys=keys, format=formats.pop())


def _format(key: str) -> str:
    told = _FILE.search(key)
    assert told
    name = told["format"].lower()
    return "ndjson" if name == "jsonl" else name
