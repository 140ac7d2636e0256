"""JSON in the form in which jsonb prints it, so that what is read back from a binary COPY equals what was sent.

Keys by UTF-8 length, then bytes; ", " and ": "; only quotes, backslashes and controls escaped. What is called ``json``
is text that has this form already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring  # what json.dumps asks for texts that may be more than ASCII
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import pieces, text
from shardgen.columns.abreast import Texts
from shardgen.columns.arrow import pc
from shardgen.columns.pieces import Drawn, Layout, Piece
from shardgen.columns.text import I64, Text

NULL = "null"
_CONSTANTS = {None: NULL, True: "true", False: "false"}
BACKSLASH, QUOTE, LEAST = "\\", '"', 32
"""What a JSON string of jsonb does not hold as it is: these two, and whatever lies below LEAST."""


@dataclass(frozen=True, slots=True, eq=False)
class Quoted:
    """A JSON string out of text in which nothing needs escaping: ids, dates, words of ours."""

    text: Texts | Drawn


Value: TypeAlias = "str | Texts | Drawn | Quoted | tuple[Piece, ...]"
"""JSON of one key: one for all rows, one for each, or pieces of it."""

Members: TypeAlias = Mapping[str, Value]


class Place(NamedTuple):
    """Where a key with its value lies in the parts of objects: the first part, and the first one after it."""

    first: int
    last: int
    start: str
    """What lies before the value, where there is one."""
    end: str
    """What lies after it."""
    inner: tuple[int, int] | None
    """The parts of the value alone, or of what lies between its quotes; None where a part is more than that."""
    quoted: bool
    """Whether the quotes of the value lie outside of these."""
    optional: bool
    """Whether an object may be without the key."""


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """A column of JSON objects, in pieces."""

    pieces: Sequence[Piece]
    parts: Sequence[Piece] = ()
    """The same before neighbours were made one."""
    keys: Mapping[str, Place] = field(default_factory=dict)
    """Where each key lies among the parts."""

    def texts(self, start: int = 0, stop: int | None = None) -> Text:
        """The objects from start to stop (exclusive); all of them by default."""
        return Layout(self.pieces).texts(start, stop)


@dataclass(frozen=True, slots=True, eq=False)
class SplicedObjects:
    """JSON objects of two columns, in an order of their own; not made before they are asked for."""

    first: Objects
    second: Text
    order: I64
    """Positions in both, end to end."""

    def texts(self, start: int = 0, stop: int | None = None) -> Text:
        """See Objects.texts."""
        return Layout(self.first.pieces).spliced(self.second, self.order).texts(start, stop)


def objects(members: Members) -> Objects:
    """A column of JSON objects.

    Args:
        members: JSON for each key; at least one key is in every row.
    """
    keys = sorted(members, key=order_of)
    always = next(place for place, key in enumerate(keys) if in_every(members[key]))
    found, places = list[Piece]([b"{"]), dict[str, Place]()
    for place, key in enumerate(keys):  # a key that may be left out takes its comma with it
        label, comma, value = f"{string(key)}: ", ", ", members[key]
        start, end = (label, comma) if place < always else (label if place == always else comma + label, "")
        mine, inner = _member(start.encode(), value, end.encode())
        first, last = len(found), len(found) + len(mine)
        alone = (first + inner.start, first + inner.stop) if inner else None
        places[key] = Place(first, last, start, end, alone, isinstance(value, Quoted), not in_every(value))
        found += mine
    found.append(b"}")
    return Objects(pieces.pooled(found), found, places)


def pieces_of(json_: Value) -> list[Piece]:
    """What the JSON of each row consists of; null where there is none."""
    if isinstance(json_, str):
        return [json_.encode()]
    if isinstance(json_, tuple):
        return list(json_)
    if isinstance(json_, Quoted):
        return [b'"', json_.text, b'"']
    return [json_.filled(NULL.encode()) if isinstance(json_, Drawn) else json_]


def quoted(texts_: Texts | Drawn) -> Value:
    """JSON strings of any texts; null where there is none."""
    if isinstance(texts_, Drawn):
        return plain(replace(texts_, pool=pieces.once(_escaped, texts_.pool)))
    return plain(_escaped(texts_))


def plain(texts_: Texts | Drawn) -> Value:
    """JSON strings of texts in which nothing needs escaping; null where there is none."""
    if isinstance(texts_, Drawn):
        if _nulls(texts_.pool) or (_cheap(texts_) and not texts_.always):
            return Drawn(pieces.once(_or_null, texts_.pool), texts_.rows).filled(NULL.encode())
        return Quoted(texts_) if texts_.always else _in_pieces(texts_)
    return _or_null(texts_) if _nulls(texts_) else Quoted(texts_)


def texts(value_: Value) -> Texts:
    """JSON of each row's own as one column."""
    if isinstance(value_, Quoted):
        assert not isinstance(value_.text, Drawn)
        return text.join('"', value_.text, '"')
    if isinstance(value_, tuple):
        return Layout(value_).texts()
    assert not isinstance(value_, str)
    return text.drawn_or_own(value_)


def some(value_: Value, rows: I64) -> Value:
    """JSON of some rows, in any order, perhaps several times."""
    if isinstance(value_, str):
        return value_
    if isinstance(value_, Quoted):
        return Quoted(_some(value_.text, rows))
    if isinstance(value_, tuple):
        return tuple(pieces.some(piece, rows) for piece in value_)
    return _some(value_, rows)


def _some(texts_: Texts | Drawn, rows: I64) -> Texts | Drawn:
    found = pieces.some(texts_, rows)
    assert not isinstance(found, bytes)
    return found


def booleans() -> Text:
    """``false`` and ``true``."""
    return text.words(("false", "true"))


def _cheap(texts_: Drawn) -> bool:
    """Whether work on the pool costs less than another piece in each row."""
    return texts_.few or isinstance(texts_.pool, np.ndarray)


def _nulls(texts_: Texts) -> bool:
    return not isinstance(texts_, np.ndarray) and texts_.null_count > 0


def _or_null(texts_: Texts) -> Text:
    return pc.fill_null(text.column(text.join('"', texts_, '"')), NULL)


EDGES = ('"', NULL), ('"', "")
"""What lies before and after a string, and before and after what is null."""


def _in_pieces(texts_: Drawn) -> tuple[Piece, ...]:
    """Strings, null where there is none: what lies about them is drawn, so that no text is copied for it."""
    before, after = (Drawn(text.words(edge), texts_.missing) for edge in EDGES)
    return before, texts_, after


def _escaped(texts: Texts) -> Text:
    column = text.column(texts)
    start, stop = column.offset, column.offset + len(column)
    ends = np.frombuffer(column.buffers()[1], dtype=np.int32)
    data = np.frombuffer(column.buffers()[2] or b"", dtype=np.uint8)[ends[start] : ends[stop]]
    if data.min(initial=LEAST) < LEAST:
        return text.pool(None if each is None else string(each)[1:-1] for each in column.to_pylist())
    for character in (BACKSLASH, QUOTE):
        if (data == ord(character)).any():
            column = pc.replace_substring(column, character, BACKSLASH + character)
    return column


def string(given: str) -> str:
    """One JSON string: only quotes, backslashes and controls are escaped."""
    return encode_basestring(given)


def value(given: object) -> str:
    """One small JSON value of Python's own types; of numbers that are not whole, decimals."""
    if isinstance(given, str):
        return encode_basestring(given)
    if type(given) is int:
        return str(given)
    if given is None or given is True or given is False:
        return _CONSTANTS[given]
    if isinstance(given, dict):
        members = [
            label + (encode_basestring(each) if type(each := given[key]) is str else value(each))
            for key, label in labels(given)
        ]
        return "{" + ", ".join(members) + "}"
    if isinstance(given, list | tuple):
        return "[" + ", ".join(map(value, given)) + "]"
    return f"{given:f}" if isinstance(given, Decimal) else json.dumps(given)


def labels(keys: Iterable[str]) -> list[tuple[str, str]]:
    """Keys of an object in jsonb's order, and what each is written as."""
    return _in_order(tuple(keys))


def strings(given: Iterable[str]) -> Text:
    """A column of JSON strings, made one by one."""
    return text.pool(map(string, given))


def lists(items: Objects, starts: I64) -> Text:
    """JSON arrays out of consecutive runs of objects; every run holds at least one.

    Brackets and commas are laid out with the objects, so that runs of those are the arrays, without a copy.

    Args:
        starts: first object of each run, rising from 0.
    """
    rows = pieces.count(items.pieces)
    begins, ends = np.zeros(rows, dtype=np.int32), np.zeros(rows, dtype=np.int32)
    begins[starts] = 1
    ends[np.append(starts[1:], rows)[: len(starts)] - 1] = 1
    before = Drawn(text.words((", ", "[")), begins)
    after = Drawn(text.words(("", "]")), ends)
    return pieces.runs(Layout([before, *items.pieces, after]).texts(), starts)


def sometimes(present: NDArray[np.bool_], values: Texts) -> Drawn:
    """A JSON value whose key some rows leave out; ``values`` holds those of the others, in their order."""
    return Drawn(values, np.where(present, np.cumsum(present) - 1, -1))


def in_every(json_: Value) -> bool:
    """Whether a key is in every row."""
    return json_.always if isinstance(json_, Drawn) else True


def _member(start: bytes, json_: Value, end: bytes) -> tuple[list[Piece], range]:
    """A key and its value, or neither of them; and which pieces are the value and no more, but for its quotes."""
    if isinstance(json_, Drawn) and not json_.always:
        return _sometimes(start, json_, end)
    if isinstance(json_, Quoted):
        return [start + b'"', json_.text, b'"' + end], range(1, 2)
    if isinstance(json_, str):
        return [start + json_.encode() + end], range(0)
    value = json_ if isinstance(json_, tuple) else (json_,)
    return [start, *value, end], range(1, 1 + len(value))


def _sometimes(start: bytes, json_: Drawn, end: bytes) -> tuple[list[Piece], range]:
    """The same of a value that some rows leave out."""
    if _cheap(json_):
        return [Drawn(pieces.once(pieces.joined, start, json_.pool, end), json_.rows)], range(0)
    there = -json_.missing
    before, after = (Drawn(text.words((each.decode(),)), there) for each in (start, end))
    return [before, json_, after], range(1, 2)


@lru_cache(maxsize=4096)
def _in_order(keys: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(key, f"{string(key)}: ") for key in sorted(keys, key=order_of)]


@lru_cache(maxsize=4096)
def order_of(key: str) -> tuple[int, bytes]:
    """By what keys of an object are in jsonb's order."""
    encoded = key.encode()
    return len(encoded), encoded
