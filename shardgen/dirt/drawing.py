"""Which rows of a batch have which defect: hashes of a secret and of what each row is, over the whole batch at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shardgen.dirt.kind import DAY, AnyKind, Delivers, Edits
from shardgen.dirt.units import SIZES, Rows, units_of
from shardgen.world.rng import (
    I64,
    MIX1,
    MIX2,
    S11,
    S27,
    S30,
    S32,
    U64,
    between,
    bits,
    lowest,
    mixed,
    stream_key,
    turned,
    uniform,
)

CONTENT, DELIVERY = "content", "delivery"
"""What a row may have a defect of: at most one of each."""
AGAIN, LATE, LOST = 1, 2, 3
"""What becomes of a row that is delivered in another way."""
_DOES: Final = {"again": AGAIN, "late": LATE, "never": LOST}
_TICKETS = 2**53


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Struck:
    """Rows that have a defect of one sort, in order; arrays of shape (struck,)."""

    row: I64
    kind: I64
    """Index into the kinds that were drawn from."""

    def only(self, kept: NDArray[np.bool_]) -> Struck:
        """Some of them."""
        return Struck(row=self.row[kept], kind=self.kind[kept])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivered:
    """Rows that are not delivered once and in time."""

    row: I64
    kind: I64
    """Index into the kinds of delivery."""
    lag: I64
    """Microseconds."""
    does: NDArray[np.int8]
    """AGAIN, LATE or LOST."""

    def only(self, kept: NDArray[np.bool_]) -> Delivered:
        """Some of them."""
        return Delivered(row=self.row[kept], kind=self.kind[kept], lag=self.lag[kept], does=self.does[kept])


class Drawing:
    """Draws for one table.

    Args:
        seed: that of the secret.
        table: its name.
        kinds: with the share of rows that each strikes.
        span: first instant and first instant after the horizon.
        children: how many numbers each visit has in the table.
    """

    def __init__(
        self,
        seed: int,
        table: str,
        kinds: Sequence[tuple[AnyKind, float]],
        *,
        span: tuple[int, int],
        children: int,
    ) -> None:
        self._seed, self._table, self._span, self._children = seed, table, span, children
        self.edits = [(kind, rate) for kind, rate in kinds if isinstance(kind, Edits)]
        every = [(kind, rate) for kind, rate in kinds if isinstance(kind, Delivers)]
        self._alone = [each for each in every if each[0].unit == "row"]
        self.delivers = self._alone + [each for each in every if each[0].unit != "row"]

    def edited(self, rows: Rows) -> Struck:
        """Rows that say something else."""
        found = self._struck(CONTENT, rows, self._edit_sums)
        starts = self._starts[found.kind]
        return found.only(rows.ingestion[found.row] >= starts) if len(starts) else found

    def delivered(self, rows: Rows) -> Delivered:
        """Rows that are delivered in another way."""
        alone, together = self._struck(DELIVERY, rows, self._delivery_sums), list(self._together(rows))
        row, kind, unit = alone.row, alone.kind, rows.identity[alone.row]
        if together:
            kinds, some, units = zip(*together, strict=True)
            row, unit = np.concatenate([row, *some]), np.concatenate([unit, *units])
            kind = np.concatenate([kind, np.repeat(kinds, list(map(len, some)))])
            order = row.argsort(kind="stable")
            row = row[order]
            last = np.ones(len(row), dtype=np.bool_)
            np.not_equal(row[1:], row[:-1], out=last[:-1])  # of several kinds, the last one
            row, kind, unit = row[last], kind[order[last]], unit[order[last]]
        return Delivered(row=row, kind=kind, lag=self._lags(kind, unit), does=self._does[kind])

    def words(self, slot: str, rows: Rows, some: I64) -> U64:
        """What further draws of some rows begin with."""
        return bits(self._seed, f"dirt.{self._table}.{slot}.more", rows.identity[some])

    def numbers(self, slot: str, rows: Rows, some: I64) -> U64:
        """Numbers of the defects of some rows: of 53 bits, which JSON's readers keep."""
        return bits(self._seed, f"dirt.{self._table}.{slot}.number", rows.identity[some]) >> S11

    @cached_property
    def _edit_sums(self) -> U64:
        return _sums(rate for _, rate in self.edits)

    @cached_property
    def _delivery_sums(self) -> U64:
        return _sums(rate for _, rate in self._alone)

    @cached_property
    def _starts(self) -> I64:
        """From which instant on each kind of edits occurs."""
        return np.array([self._start(kind) for kind, _ in self.edits], dtype=np.int64)

    def _start(self, kind: Edits) -> int:
        if kind.since is None:
            return -(1 << 62)
        begin, end = self._span
        low, high = kind.since
        share = low + (high - low) * float(uniform(self._seed, f"dirt.{self._table}.{kind.name}.since", [0])[0])
        return (begin + int((end - begin) * share)) // DAY * DAY

    def _struck(self, slot: str, rows: Rows, sums: U64) -> Struck:
        if not len(sums):
            nothing = np.zeros(0, dtype=np.int64)
            return Struck(row=nothing, kind=nothing)
        row, word = lowest(self._seed, f"dirt.{self._table}.{slot}", rows.turned, int(sums[-1]) << 11)
        return Struck(row=row, kind=sums.searchsorted(word >> S11, side="right"))

    def _together(self, rows: Rows) -> Iterator[tuple[int, I64, I64]]:
        """Rows of the hours, days and visits that are struck: kind by kind its index, rows, and the unit of each."""
        if not self._shared or not len(rows.number):
            return
        units = {unit: units_of(rows, unit, self._children) for unit in {kind.unit for kind, _, _ in self._shared}}
        words = {unit: turned(each.every) for unit, each in units.items()}
        ticket = mixed(np.concatenate([words[kind.unit] + key for kind, key, _ in self._shared])) >> S11
        if not (ticket < max(bound for *_, bound in self._shared)).any():
            return
        end = 0
        for place, (kind, _, bound) in enumerate(self._shared, len(self._alone)):
            begin, end = end, end + len(words[kind.unit])
            hit = np.flatnonzero(ticket[begin:end] < bound)
            if len(hit):
                row, unit = units[kind.unit].rows(hit)
                part = self._part(kind, rows, row, unit)
                yield place, row[part], unit[part]

    @cached_property
    def _shared(self) -> list[tuple[Delivers, np.uint64, np.uint64]]:
        """Kinds that strike hours, days or visits: the key of their draws, and below which tickets they strike."""
        found = list[tuple[Delivers, np.uint64, np.uint64]]()
        for kind, rate in self.delivers[len(self._alone) :]:
            bound = math.ceil(min(1, rate / _share(kind)) * _TICKETS)
            found.append((kind, np.uint64(stream_key(self._seed, self._stream(kind))), np.uint64(bound)))
        return found

    def _part(self, kind: Delivers, rows: Rows, row: I64, unit: I64) -> NDArray[np.bool_] | slice:
        """Which rows of the units that a kind strikes are struck."""
        stream = self._stream(kind)
        if kind.part is not None:
            return kind.part(rows.number[row] % self._children, bits(self._seed, f"{stream}.part", unit))
        if kind.rest is None:
            return slice(None)
        size = SIZES[kind.unit]
        low, high = (int(share * size) for share in kind.rest)
        begins = between(self._seed, f"{stream}.rest", unit, low // 4096, high // 4096) * 4096
        return rows.ingestion[row] - unit * size >= begins

    def _lags(self, kind: I64, unit: I64) -> I64:
        """Delays: of kinds, with the words that these draw by."""
        if not len(kind):
            return np.zeros(0, dtype=np.int64)
        keys, low, choices = self._delays
        drawn = mixed(turned(unit) + keys[kind]) >> S32
        return (low[kind] + (drawn * choices[kind] >> S32).view(np.int64)) * 1000

    @cached_property
    def _delays(self) -> tuple[U64, I64, U64]:
        """Of each kind of delivery: the key of its draws, the least delay in milliseconds, and how many there are."""
        keys = [stream_key(self._seed, f"{self._stream(kind)}.lag") for kind, _ in self.delivers]
        ends = np.array([kind.lag for kind, _ in self.delivers], dtype=np.int64).reshape(-1, 2) // 1000
        choices = np.maximum(ends[:, 1] - ends[:, 0], 1)
        return np.array(keys, dtype=np.uint64), ends[:, 0], choices.astype(np.uint64)

    @cached_property
    def _does(self) -> NDArray[np.int8]:
        """Of each kind of delivery."""
        return np.array([_DOES[kind.does] for kind, _ in self.delivers], dtype=np.int8)

    def _stream(self, kind: AnyKind) -> str:
        """Of the draws of a kind; visits are the same in all tables."""
        visit = isinstance(kind, Delivers) and kind.unit == "visit"
        return f"dirt.{kind.name}" if visit else f"dirt.{self._table}.{kind.name}"


def _share(kind: Delivers) -> float:
    """Which part of a unit is struck on average, so that rates are shares of rows."""
    return 1 - sum(kind.rest) / 2 if kind.rest else kind.share


def _sums(rates: Any) -> U64:
    """Running sums of shares, in tickets."""
    return np.array([round(total * _TICKETS) for total in np.cumsum(list(rates)).tolist()], dtype=np.uint64)


_WORD: Final = 2**64 - 1
_NEXT: Final = 0x9E3779B97F4A7C15


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chance:
    """Words of chance of some rows, and the first two draws of each, 32 bits: most edits need no others."""

    words: list[int]
    first: list[int]
    second: list[int]

    @classmethod
    def of(cls, words: U64) -> Chance:
        """Of each word."""
        return cls(words=words.tolist(), first=_draw(words, 1).tolist(), second=_draw(words, 2).tolist())

    def run(self, start: int, stop: int) -> Chance:
        """Some that follow each other."""
        return Chance(words=self.words[start:stop], first=self.first[start:stop], second=self.second[start:stop])

    def below(self, bound: int) -> list[int]:
        """The first draw of each, see kind.Draw.below."""
        return [(each * bound) >> 32 for each in self.first]

    def draws(self) -> Iterator[Words]:
        """Their draws."""
        return map(Words, self.words, repeat(0), self.first)

    def further(self) -> Iterator[Words]:
        """Their draws after the first one."""
        return map(Words, self.words, repeat(1), self.second)


def _draw(words: U64, place: int) -> U64:
    """The draw at a place of each word, see Words."""
    mixed = words + np.uint64(place * _NEXT & _WORD)
    mixed = (mixed ^ (mixed >> S30)) * MIX1
    return ((mixed ^ (mixed >> S27)) * MIX2) >> S32


class Words:
    """See kind.Draw: draws out of one word, each the next.

    Args:
        word: of chance.
        place: how many draws were made.
        known: the 32 bits of the next one.
    """

    __slots__ = ("_known", "_place", "_word")

    def __init__(self, word: int, place: int, known: int) -> None:
        self._word, self._place, self._known = word, place, known

    def below(self, bound: int) -> int:
        """See kind.Draw.below."""
        self._place += 1
        if (known := self._known) >= 0:
            self._known = -1
            return (known * bound) >> 32
        mixed = (self._word + self._place * _NEXT) & _WORD
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
        return ((mixed >> 32) * bound) >> 32

    def of(self, choices: Sequence[Any]) -> Any:
        """See kind.Draw.of."""
        if (known := self._known) >= 0:  # most often; a call of below takes as long as all else
            self._place, self._known = self._place + 1, -1
            return choices[(known * len(choices)) >> 32]
        return choices[self.below(len(choices))]
