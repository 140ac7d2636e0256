"""Columns of text: joined, padded, dated and patterned without a loop over rows; what repeats is rendered once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import accumulate
from string import Formatter
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shardgen.columns import abreast, pieces
from shardgen.columns.abreast import Even, Texts
from shardgen.columns.arrow import pa, pc
from shardgen.columns.pieces import Drawn
from shardgen.world.rng import U64, mix

I64 = NDArray[np.int64]
Text: TypeAlias = "pa.StringArray"

WORD: dict[int, Any] = {1: np.uint8, 2: np.uint16, 3: "S3", 4: np.uint32, 8: np.uint64}
"""Types of so many characters; numpy picks from tables of numbers several times faster than from tables of texts."""
DIGITS = {
    width: np.array([f"{n:0{width}d}".encode() for n in range(10**width)]).view(WORD[width]) for width in (1, 2, 3, 4)
}
"""All numbers of so many digits."""
FEW = 20_000
"""Numbers below it are drawn from a pool of all of them."""
STEPS = (8, 64, 512, 2048, 8192, FEW)
DIGIT, LETTER, ZERO = (np.uint8(ord(character)) for character in "#@0")
"""What a pattern holds where a digit and where a letter goes, and the first digit."""
MINUTE, SECOND = 60_000_000, 1_000_000
MINUTES = np.array([f"\0\0\0{n // 60:02d}:{n % 60:02d}".encode() for n in range(24 * 60)]).view(WORD[8])
"""Hour and minute, with room for the end of a date before them."""
SECONDS = np.array([f":{n:02d}.".encode() for n in range(60)]).view(WORD[4])


def join(*parts: Texts | str) -> Texts:
    """Concatenation of columns and constants, row by row; at least one of them is a column."""
    encoded = [part.encode() if isinstance(part, str) else part for part in parts]
    if all(isinstance(part, bytes | np.ndarray) for part in encoded):
        return abreast.beside(*encoded)
    return pieces.join(*encoded).view(pa.string())


def column(texts: Texts) -> Text:
    """Any texts as Arrow has them; not copied."""
    return abreast.varied(texts).view(pa.string())


def pool(strings: Iterable[str | None]) -> Text:
    """A column of distinct texts to take from."""
    return pa.array(strings, type=pa.string())


@cache
def words(choices: tuple[str, ...]) -> Text:
    """A pool of words that stays as long as the process."""
    return pieces.lasting(pool(choices))


def take(texts: Texts, rows: NDArray[np.integer]) -> Texts:
    """Texts at the given positions."""
    return texts[rows] if isinstance(texts, np.ndarray) else texts.take(pa.array(rows))


def concat(*parts: Texts) -> Text:
    """Columns end to end."""
    return pa.concat_arrays([column(part) for part in parts])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Columns end to end, and the row that each begins at."""

    texts: Text
    starts: Mapping[str, int]


def stack(**columns: Texts) -> Stack:
    """A stack of columns, each by its name, the first at row 0."""
    ends = accumulate(map(len, columns.values()), initial=0)
    return Stack(texts=concat(*columns.values()), starts=dict(zip(columns, ends, strict=False)))


def draw(drawn: Drawn) -> Text:
    """What each row draws, null where there is none."""
    return column(drawn.pool).take(pa.array(drawn.rows, mask=None if drawn.always else drawn.rows < 0))


def drawn_or_own(texts: Texts | Drawn) -> Text:
    """Texts as Arrow has them, however each row got its own."""
    return draw(texts) if isinstance(texts, Drawn) else column(texts)


def digits(numbers: I64, width: int) -> Texts:
    """Decimal digits of numbers from 0 up, with leading zeros to the width; wider when the number is."""
    if len(numbers) and int(numbers.max()) >= 10**width:
        return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")
    groups: list[Even] = []
    while width > 4:
        rest = numbers // 10_000
        groups.append(DIGITS[4][numbers - rest * 10_000])
        numbers, width = rest, width - 4
    return abreast.beside(DIGITS[width][numbers], *reversed(groups))


def whole(numbers: I64) -> Texts | Drawn:
    """Whole numbers as text, and as JSON."""
    least, most = (int(numbers.min()), int(numbers.max())) if len(numbers) else (0, 0)
    width = len(str(most))
    if least >= 0 and len(str(least)) == width:
        return digits(numbers, width)
    if max(most, -least) < FEW:
        return _numerals(np.abs(numbers), numbers < 0)
    return pa.array(numbers).cast(pa.string())


def _numerals(sizes: I64, negative: NDArray[np.bool_]) -> Drawn:
    """Whole numbers below FEW as text; half the cost of any others, and those below zero lie between the others."""
    rows, signs = (sizes * 2 + negative, 2) if negative.any() else (sizes, 1)
    return Drawn(_few(signs, next(step for step in STEPS if int(sizes.max(initial=0)) < step)), rows)


@cache
def _few(signs: int, below: int) -> Text:
    """Numbers below one of the STEPS: not all of them, for a layout copies its pools."""
    return pieces.lasting(pool(f"{sign}{number}" for number in range(below) for sign in ("", "-")[:signs]))


@cache
def _fractions(places: int) -> Text:
    """All decimals of so many places, each after its point."""
    return pieces.lasting(pool(f".{number:0{places}d}" for number in range(10**places)))


def decimals(numbers: I64, places: int) -> pa.Decimal128Array:
    """Fixed-point decimals out of integers: cents make ``places=2``."""
    words = np.empty((len(numbers), 2), dtype=np.int64)
    words[:, 0], words[:, 1] = numbers, numbers >> 63
    return pa.Array.from_buffers(pa.decimal128(18, places), len(numbers), [None, pa.py_buffer(words)])


def fixed(numbers: I64, places: int) -> tuple[Text | Drawn, ...]:
    """Fixed-point decimals as text, and as JSON, in pieces: 150 with 2 places is ``1`` and ``.50``."""
    sizes = np.abs(numbers)
    units = sizes // 10**places
    if int(units.max(initial=0)) >= FEW:
        return (decimals(numbers, places).cast(pa.string()),)
    return _numerals(units, numbers < 0), Drawn(_fractions(places), sizes - units * 10**places)


def instants(times: I64) -> pa.TimestampArray:
    """A timestamp column out of microseconds since 1970-01-01."""
    return pa.Array.from_buffers(pa.timestamp("us"), len(times), [None, pa.py_buffer(np.ascontiguousarray(times))])


def iso(times: I64) -> Even:
    """ISO 8601 text of microseconds since 1970-01-01: ``2025-03-07T18:04:05.123456``, always 26 characters."""
    day, minute, second = times // (24 * 60 * MINUTE), times // MINUTE, times // SECOND
    start, end = _dates(day)
    micros = times - second * SECOND
    hundreds = micros // 100
    return abreast.beside(
        start,  # 2025-03-
        end | MINUTES[minute - day * (24 * 60)],  # 07T18:04
        SECONDS[second - minute * 60],
        DIGITS[4][hundreds],
        DIGITS[2][micros - hundreds * 100],
    )


def _dates(days: I64) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The first and the second eight characters of an instant, as far as the day says them; few days are different."""
    first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    names = np.datetime_as_string(np.arange(first, last + 1).astype("datetime64[D]"))
    halves = np.char.add(names, "T").astype("S16").view(WORD[8])
    return halves[::2][days - first], halves[1::2][days - first]


def iso_days(days: I64) -> Text:
    """ISO 8601 text of days since 1970-01-01."""
    return pa.array(days.astype("datetime64[D]")).cast(pa.string())


def hexadecimal(words: U64) -> Even:
    """16 hexadecimal digits of each word."""
    return np.frombuffer(words.astype(">u8").tobytes().hex().encode(), dtype="S16")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slots:
    """What templates may be filled with, row by row."""

    names: tuple[str, ...]
    texts: Text
    positions: NDArray[np.int32]
    """In the texts, shape (1 + slots, rows); the first ones are of no slot, and all 0."""

    def at(self, rows: I64) -> Slots:
        """Those of some rows."""
        return replace(self, positions=self.positions.take(rows, axis=1))


def slots(columns: Mapping[str, Texts | Drawn]) -> Slots:
    """A column for each name that a template may hold."""
    pools = [column(each.pool if isinstance(each, Drawn) else each) for each in columns.values()]
    rows = [each.rows if isinstance(each, Drawn) else np.arange(len(each)) for each in columns.values()]
    positions = np.zeros((1 + len(rows), len(rows[0])), dtype=np.int32)
    for place, (each, base) in enumerate(zip(rows, accumulate(map(len, pools), initial=0), strict=False)):
        np.add(each, base, out=positions[1 + place], casting="same_kind")
    return Slots(names=tuple(columns), texts=concat(*pools), positions=positions)


def render(templates: Sequence[str], which: I64, filling: Slots | Mapping[str, Texts | Drawn]) -> Text:
    """Templates filled in row by row.

    Args:
        templates: format strings such as ``"{street} {number}"``.
        which: index of each row's template.
        filling: a column for each name that a template may hold.
    """
    given = filling if isinstance(filling, Slots) else slots(filling)
    literals, literal, slot = _laid_out(tuple(templates), given.names)
    plain = np.where(slot == 0, literal + np.int32(len(given.texts)), np.int32(0))
    cells = (slot * np.int32(len(which))).take(which, axis=0)
    cells += np.arange(len(which), dtype=np.int32)[:, None]
    chosen = given.positions.ravel().take(cells)
    chosen += plain.take(which, axis=0)
    return pieces.end_to_end(concat(given.texts, literals).view(pa.binary()), chosen)


@lru_cache(maxsize=64)
def _laid_out(templates: tuple[str, ...], names: tuple[str, ...]) -> tuple[Text, NDArray[np.int32], NDArray[np.int32]]:
    """Templates as runs of literals and slots, all of one length.

    Returns:
        the literals, the first one empty; for each template and place the number of the literal, 0 where a slot is;
        and of the slot, counted from 1, 0 where a literal is.
    """
    parsed = [[(literal, name) for literal, name, _, _ in Formatter().parse(template)] for template in templates]
    shape = (len(templates), 2 * max(1, *map(len, parsed)))
    literal, slot = np.zeros(shape, dtype=np.int32), np.zeros(shape, dtype=np.int32)
    literals = [""]
    for number, parts in enumerate(parsed):
        for place, (plain, name) in enumerate(parts):
            literal[number, 2 * place] = len(literals)
            literals.append(plain)
            slot[number, 2 * place + 1] = 0 if name is None else 1 + names.index(name)
    some = (literal > 0).any(axis=0) | (slot > 0).any(axis=0)
    return pool(literals), literal[:, some], slot[:, some]


def patterned(patterns: Sequence[str], which: I64, bits: I64, letters: Sequence[str] = ()) -> Text:
    """Patterns with each ``#`` made a digit and each ``@`` a letter.

    Args:
        patterns: ASCII texts.
        which: index of each row's pattern.
        bits: randomness of each row, 31 bits or more.
        letters: what an ``@`` may become, for each pattern.
    """
    table = _table(tuple(patterns))
    characters = table.take(which, axis=0)
    places = np.flatnonzero((characters == DIGIT) | (characters == LETTER))
    row = places // table.shape[1]
    draws = (bits.astype(np.uint64) << np.uint64(6))[row] + (places - row * table.shape[1]).astype(np.uint64)
    draws = (mix(draws) >> np.uint64(33)).astype(np.uint32)
    drawn = (draws - draws // np.uint32(10) * np.uint32(10)).astype(np.uint8) + ZERO
    if letters:
        alphabet, at = _table(tuple(letters)), np.flatnonzero(characters.ravel()[places] == LETTER)
        sizes = np.array([max(1, len(each)) for each in letters], dtype=np.uint32)
        of_row = which[row[at]]
        drawn[at] = alphabet[of_row, draws[at] % sizes[of_row]]
    np.put(characters, places, drawn)
    return _rows_of(characters)


def numbered(patterns: Sequence[str], which: I64, numbers: I64) -> Text:
    """Patterns whose ``#`` are the digits of each row's number, with zeros before it.

    Args:
        patterns: ASCII texts.
        which: index of each row's pattern.
        numbers: at most as many digits as the pattern has ``#``.
    """
    table = _table(tuple(patterns))
    free = table == DIGIT
    width = max(1, int(free.sum(axis=1).max()))
    from_right = np.maximum(np.cumsum(free[:, ::-1], axis=1)[:, ::-1] - 1, 0)
    own = column(digits(numbers, width)).buffers()[2]
    cells = (width - 1 - from_right).take(which, axis=0) + np.arange(len(which))[:, None] * width
    filled = np.frombuffer(own, dtype=np.uint8).take(cells)
    return _rows_of(np.where(free.take(which, axis=0), filled, table.take(which, axis=0)))


@lru_cache(maxsize=16)
def _table(patterns: tuple[str, ...]) -> NDArray[np.uint8]:
    """ASCII texts as rows of characters, with zeros after them."""
    width = max(1, *map(len, patterns))
    padded = "".join(pattern.ljust(width, "\0") for pattern in patterns)
    return np.frombuffer(padded.encode("ascii"), dtype=np.uint8).reshape(len(patterns), width)


def _rows_of(characters: NDArray[np.uint8]) -> Text:
    """Rows of ASCII characters as texts, without the zeros after them."""
    kept = characters != 0
    offsets = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
    return pa.StringArray.from_buffers(len(characters), pa.py_buffer(offsets), pa.py_buffer(characters[kept]))


def nullable(texts: Texts, present: NDArray[np.bool_]) -> Text:
    """The texts, null where absent."""
    return pc.if_else(pa.array(present), column(texts), pa.scalar(None, pa.string()))
