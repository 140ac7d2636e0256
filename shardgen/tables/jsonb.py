"""JSON in the form in which jsonb prints it, so that what is read back from a binary COPY equals what was sent.

Keys by UTF-8 length, then bytes; ", " and ": "; only quotes, backslashes and controls escaped. What is called ``json``
is text that has this form already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from shardgen.tables import pieces, text
from shardgen.tables.pieces import Drawn, Layout, Piece, Texts
from shardgen.tables.text import I64, Text

NULL = "null"
ESCAPED = {*range(32), ord('"'), ord("\\")}
"""Characters that a JSON string of jsonb does not hold as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Quoted:
    """A JSON string out of text in which nothing needs escaping: ids, dates, words of ours."""

    text: Texts | Drawn


Value: TypeAlias = str | Texts | Drawn | Quoted | tuple[Piece, ...]
"""JSON of one key: one for all rows, one for each, or pieces of it."""

Members: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """A column of JSON objects, in pieces."""

    pieces: Sequence[Piece]

    def texts(self) -> Text:
        """The objects."""
        return Layout(self.pieces).texts()


def objects(members: Members) -> Objects:
    """A column of JSON objects.

    Args:
        members: JSON for each key; at least one key is in every row.
    """
    keys = sorted(members, key=_key_order)
    always = next(place for place, key in enumerate(keys) if _always(members[key]))
    found: list[Piece] = [b"{"]
    for place, key in enumerate(keys):  # a key that may be left out takes its comma with it
        comma, label = b", ", f"{string(key)}: ".encode()
        start, end = (label, comma) if place < always else (label if place == always else comma + label, b"")
        found += _member(start, members[key], end)
    return Objects(pieces.pooled([*found, b"}"]))


def quoted(texts: Texts | Drawn) -> Quoted:
    """JSON strings of any texts."""
    if isinstance(texts, Drawn):
        return Quoted(Drawn(_escaped(texts.pool), texts.rows))
    return Quoted(_escaped(texts))


def _escaped(texts: Texts) -> Text:
    column = text.column(texts)
    start, stop = column.offset, column.offset + len(column)
    ends = np.frombuffer(column.buffers()[1], dtype=np.int32)
    data = np.frombuffer(column.buffers()[2] or b"", dtype=np.uint8)[ends[start] : ends[stop]]
    occurs = np.zeros(256, dtype=np.bool_)
    occurs[data] = True
    found = set(np.flatnonzero(occurs).tolist()) & ESCAPED
    if found <= {ord('"'), ord("\\")}:
        for character in map(chr, sorted(found, reverse=True)):  # the backslash first
            column = pc.replace_substring(column, character, f"\\{character}")
        return column
    return text.pool(string(each)[1:-1] for each in column.to_pylist())


@lru_cache(maxsize=4096)
def string(plain: str) -> str:
    """One JSON string: only quotes, backslashes and controls are escaped."""
    return json.dumps(plain, ensure_ascii=False)


def value(plain: object) -> str:
    """One small JSON value of Python's own types; floats are not for it."""
    if isinstance(plain, str):
        return string(plain)
    if isinstance(plain, dict):
        items = sorted(plain.items(), key=lambda item: _key_order(item[0]))
        return "{" + ", ".join(f"{string(key)}: {value(inner)}" for key, inner in items) + "}"
    if isinstance(plain, list | tuple):
        return "[" + ", ".join(map(value, plain)) + "]"
    return json.dumps(plain)


def strings(plain: Iterable[str]) -> Text:
    """A column of JSON strings, made one by one."""
    return text.pool(map(string, plain))


def lists(items: Text, starts: I64) -> Text:
    """JSON arrays out of consecutive runs of elements; every run holds at least one.

    Args:
        starts: first element of each run, rising from 0.
    """
    offsets = pa.array(np.append(starts, len(items)).astype(np.int32))
    return text.join("[", pc.binary_join(pa.ListArray.from_arrays(offsets, items), ", "), "]")


def or_null(values: Texts, present: NDArray[np.bool_]) -> Text:
    """JSON values, the JSON null where absent."""
    return pc.if_else(pa.array(present), text.column(values), pa.scalar(NULL, pa.string()))


def sometimes(present: NDArray[np.bool_], values: Texts) -> Drawn:
    """A JSON value whose key some rows leave out; ``values`` holds those of the others, in their order."""
    return Drawn(values, np.where(present, np.cumsum(present) - 1, -1))


def _always(json_: Value) -> bool:
    return json_.always if isinstance(json_, Drawn) else True


def _member(start: bytes, json_: Value, end: bytes) -> list[Piece]:
    """A key and its value, or neither of them."""
    if isinstance(json_, Drawn) and not json_.always:
        return [Drawn(pieces.join(start, json_.pool, end), json_.rows).filled()]
    if isinstance(json_, Quoted):
        return [start + b'"', json_.text, b'"' + end]
    if isinstance(json_, str):
        return [start + json_.encode() + end]
    return [start, *(json_ if isinstance(json_, tuple) else (json_,)), end]


@lru_cache(maxsize=4096)
def _key_order(key: str) -> tuple[int, bytes]:
    encoded = key.encode()
    return len(encoded), encoded
