"""Text columns and canonical JSON, built as Arrow arrays without a loop over rows.

JSON comes out in the form in which jsonb prints it (keys by UTF-8 length, then bytes; ", " and ": "), so that what
is read back from a binary COPY equals what was sent. A text array that is already valid JSON is called ``json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from shardgen.world.rng import mix

I64 = NDArray[np.int64]
Text: TypeAlias = pa.StringArray
Piece: TypeAlias = Text | str
"""A column of text, or one text for all rows."""

NULL_JSON = "null"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A JSON value that each row takes from a pool, or leaves out together with its key.

    Args:
        pool: the values, as JSON.
        rows: position in the pool for each row, -1 where the key is left out.
    """

    pool: Text
    rows: NDArray[np.integer]

    @property
    def always(self) -> bool:
        """Whether no row leaves the key out."""
        return len(self.rows) > 0 and int(self.rows.min()) >= 0


@dataclass(frozen=True, slots=True)
class Quoted:
    """A JSON string in which nothing needs escaping: ids, dates, words of ours."""

    text: Text


Value: TypeAlias = Piece | Drawn | Quoted
"""JSON of one key."""


def sometimes(present: NDArray[np.bool_], json: Text) -> Drawn:
    """A JSON value whose key some rows leave out; ``json`` holds those of the others, in their order."""
    return Drawn(json, np.where(present, np.cumsum(present) - 1, -1))


def join(*pieces: Piece) -> Text:
    """Concatenation of columns and constants, row by row; at least one of them is a column."""
    return pc.binary_join_element_wise(*(_scalar(p) if isinstance(p, str) else p for p in pieces), _scalar(""))


def pool(strings: Iterable[str]) -> Text:
    """A column of distinct texts to take from."""
    return pa.array(strings, type=pa.string())


def take(texts: Text, rows: ArrayLike) -> Text:
    """Texts at the given positions."""
    return texts.take(pa.array(np.asarray(rows)))


def digits(numbers: I64, width: int) -> Text:
    """Decimal digits of numbers from 0 up, with leading zeros to the width; wider when the number is."""
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")


def whole(numbers: I64) -> Text:
    """Whole numbers as text, and as JSON."""
    return pa.array(numbers).cast(pa.string())


def decimals(numbers: I64, places: int) -> pa.Decimal128Array:
    """Fixed-point decimals out of integers: cents make ``places=2``."""
    words = np.empty((len(numbers), 2), dtype=np.int64)
    words[:, 0], words[:, 1] = numbers, numbers >> 63
    return pa.Array.from_buffers(pa.decimal128(18, places), len(numbers), [None, pa.py_buffer(words)])


def fixed(numbers: I64, places: int) -> Text:
    """Fixed-point decimals as text, and as JSON: 150 with 2 places is ``1.50``."""
    return decimals(numbers, places).cast(pa.string())


def instants(times: I64) -> pa.TimestampArray:
    """A timestamp column out of microseconds since 1970-01-01."""
    return pa.Array.from_buffers(pa.timestamp("us"), len(times), [None, pa.py_buffer(np.ascontiguousarray(times))])


def iso(times: I64) -> Text:
    """ISO 8601 text of microseconds since 1970-01-01: ``2025-03-07T18:04:05.123456``, always 26 characters."""
    spaced = instants(times).cast(pa.string())
    characters = np.frombuffer(spaced.buffers()[2], dtype=np.uint8)[: 26 * len(times)].reshape(-1, 26).copy()
    characters[:, 10] = ord("T")
    return pa.StringArray.from_buffers(len(times), spaced.buffers()[1], pa.py_buffer(characters))


def iso_days(days: I64) -> Text:
    """ISO 8601 text of days since 1970-01-01."""
    return pa.array(days.astype("datetime64[D]")).cast(pa.string())


def quoted(texts: Text) -> Text:
    """JSON strings; only texts that hold a quote, a backslash or a control are looked at one by one."""
    if pc.any(pc.match_substring_regex(texts, r'["\\\x00-\x1f]')).as_py():
        return pool(json_string(text) for text in texts.to_pylist())
    return join('"', texts, '"')


def json_string(text: str) -> str:
    """One JSON string as jsonb prints it: only quotes, backslashes and controls are escaped."""
    return json.dumps(text, ensure_ascii=False)


def json_value(value: object) -> str:
    """One small JSON value in canonical form; floats are not for it."""
    if isinstance(value, Mapping):
        items = sorted(value.items(), key=lambda item: _key_order(item[0]))
        return "{" + ", ".join(f"{json_string(key)}: {json_value(inner)}" for key, inner in items) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(json_value(inner) for inner in value) + "]"
    return json_string(value) if isinstance(value, str) else json.dumps(value)


def json_object(members: Mapping[str, Value]) -> Text:
    """A column of JSON objects.

    Args:
        members: JSON for each key, as columns or as constants.
    """
    return JsonObjects(members).rows(0, None)


class JsonObjects:
    """A column of JSON objects that is laid out once and rendered in slices.

    Args:
        members: JSON for each key, as columns or as constants.
    """

    def __init__(self, members: Mapping[str, Value]) -> None:
        keys = sorted(members, key=_key_order)
        first = members[keys[0]]
        self._late = isinstance(first, Drawn) and not first.always
        """Whether any key may turn out to be the first, so that its comma is cut off afterwards."""
        commas = [", "] * len(keys) if self._late else ["{", *[", "] * (len(keys) - 1)]
        pieces: list[Piece | Drawn] = []
        for comma, key in zip(commas, keys, strict=True):
            for piece in _member(comma, key, members[key]):
                _append(pieces, piece)
        if not self._late:
            _append(pieces, "}")
        self._pieces = [_filled(piece) if isinstance(piece, Drawn) else piece for piece in pieces]

    def rows(self, start: int, stop: int | None) -> Text:
        """The objects of rows start to stop (exclusive)."""
        body = join(*(part(piece, start, stop) for piece in self._pieces))
        return join("{", pc.utf8_slice_codeunits(body, 2), "}") if self._late else body


def part(piece: Piece | Drawn, start: int, stop: int | None) -> Piece:
    """Rows start to stop (exclusive) of a piece; a constant is the same in all of them."""
    if isinstance(piece, Drawn):
        return take(piece.pool, piece.rows[start:stop])
    return piece if isinstance(piece, str) else piece[start:stop]


def _member(comma: str, key: str, value: Value) -> list[Piece | Drawn]:
    label = f"{comma}{json_string(key)}: "
    if isinstance(value, Drawn):
        return [Drawn(join(label, value.pool), value.rows)]
    if isinstance(value, Quoted):
        return [label + '"', value.text, '"']
    return [label, value]


def _append(pieces: list[Piece | Drawn], piece: Piece | Drawn) -> None:
    """Add a piece, as one with its left neighbour where that spares a pass over the rows."""
    one = _merged(pieces[-1], piece) if pieces else None
    if one is None:
        pieces.append(piece)
    else:
        pieces[-1] = one


def _merged(left: Piece | Drawn, right: Piece | Drawn) -> Piece | Drawn | None:
    """Both as one: constants, and whatever every row draws from one pool at the same position; else None."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, Drawn) and isinstance(right, Drawn):
        same = left.rows is right.rows and left.always
        return Drawn(join(left.pool, right.pool), left.rows) if same else None
    if isinstance(left, str) and isinstance(right, Drawn) and right.always:
        return Drawn(join(left, right.pool), right.rows)
    if isinstance(left, Drawn) and isinstance(right, str) and left.always:
        return Drawn(join(left.pool, right), left.rows)
    return None


def _filled(drawn: Drawn) -> Drawn:
    """The same with nothing drawn where the key is left out."""
    return drawn if drawn.always else Drawn(pa.concat_arrays([pool([""]), drawn.pool]), drawn.rows + 1)


def render(templates: Sequence[str], which: I64, slots: Mapping[str, Text]) -> Text:
    """Templates filled in row by row.

    Args:
        templates: format strings such as ``"{street} {number}"``.
        which: index of each row's template.
        slots: a column for each name that a template may hold.
    """
    order = np.argsort(which, kind="stable")
    bounds = np.searchsorted(which[order], np.arange(len(templates) + 1))
    filled = []
    for number, template in enumerate(templates):
        rows = order[bounds[number] : bounds[number + 1]]
        if len(rows):
            filled.append(_fill(template, rows, slots))
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    return take(pa.concat_arrays(filled), back) if filled else pool([])


def _fill(template: str, rows: I64, slots: Mapping[str, Text]) -> Text:
    pieces: list[Piece] = []
    for literal, name, _, _ in Formatter().parse(template):
        pieces.append(literal)
        if name is not None:
            pieces.append(take(slots[name], rows))
    if all(isinstance(piece, str) for piece in pieces):
        return pool(["".join(map(str, pieces))] * len(rows))
    return join(*pieces)


def patterned(patterns: Sequence[str], which: I64, bits: I64, letters: Sequence[str] = ()) -> Text:
    """Patterns with each ``#`` made a digit and each ``@`` a letter.

    Args:
        patterns: ASCII texts.
        which: index of each row's pattern.
        bits: randomness of each row, 31 bits or more.
        letters: what an ``@`` may become, for each pattern.
    """
    width = max(map(len, patterns))
    table = np.frombuffer("".join(p.ljust(width, "\0") for p in patterns).encode("ascii"), dtype=np.uint8)
    characters = table.reshape(len(patterns), width)[which]
    draws = mix(
        np.add(bits.astype(np.uint64)[:, None] << np.uint64(6), np.arange(width, dtype=np.uint64))
    ) >> np.uint64(33)
    characters = np.where(characters == ord("#"), (draws % np.uint64(10)).astype(np.uint8) + ord("0"), characters)
    if letters:
        longest = max(1, *map(len, letters))
        alphabet = np.frombuffer("".join(x.ljust(longest, "\0") for x in letters).encode("ascii"), dtype=np.uint8)
        sizes = np.array([max(1, len(x)) for x in letters], dtype=np.uint64)
        drawn = alphabet.reshape(len(letters), longest)[which[:, None], draws % sizes[which][:, None]]
        characters = np.where(characters == ord("@"), drawn, characters)
    kept = characters != 0
    offsets = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
    return pa.StringArray.from_buffers(len(which), pa.py_buffer(offsets), pa.py_buffer(characters[kept]))


def lists(items: Text, starts: I64) -> Text:
    """JSON arrays out of consecutive runs of elements; every run holds at least one.

    Args:
        starts: first element of each run, rising from 0.
    """
    offsets = pa.array(np.append(starts, len(items)).astype(np.int32))
    return join("[", pc.binary_join(pa.ListArray.from_arrays(offsets, items), ", "), "]")


def nullable(texts: Text, present: NDArray[np.bool_]) -> Text:
    """The texts, null where absent."""
    return pc.if_else(pa.array(present), texts, pa.scalar(None, pa.string()))


def json_or_null(values: Text, present: NDArray[np.bool_]) -> Text:
    """JSON values, the JSON null where absent."""
    return pc.if_else(pa.array(present), values, _scalar(NULL_JSON))


def _scalar(text: str) -> pa.StringScalar:
    return pa.scalar(text, pa.string())


def _key_order(key: str) -> tuple[int, bytes]:
    encoded = key.encode()
    return len(encoded), encoded
