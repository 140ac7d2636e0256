"""Which rows of a batch have which defect: hashes of a secret and of what each row is, over the whole batch at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shardgen.dirt.kind import DAY, HOUR, AnyKind, Delivers, Edits
from shardgen.world.rng import I64, MIX1, MIX2, S27, S30, S32, U64, below, between, bits, uniform

CONTENT, DELIVERY = "content", "delivery"
"""What a row may have a defect of: at most one of each."""
_TICKETS = 2**53
_STEP = np.int64(-7046029254386353131)  # odd: no two numbers of records share what they are told apart by
_UNITS = {"hour": HOUR, "day": DAY}


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """What rows are told apart by; arrays of shape (n,)."""

    number: I64
    """Of the record, counted from 0."""
    ingestion: I64
    """Microseconds UTC."""

    @cached_property
    def identity(self) -> I64:
        """One word for each version of each record."""
        return self.number * _STEP + self.ingestion


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """The hours, days or visits of rows: they are drawn for, and not each of their rows."""

    every: I64
    of: I64
    """For each row its place among them."""


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

    def only(self, kept: NDArray[np.bool_]) -> Delivered:
        """Some of them."""
        return Delivered(row=self.row[kept], kind=self.kind[kept], lag=self.lag[kept])


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
        self.delivers = [each for each in every if each[0].unit == "row"]
        self.alone = len(self.delivers)
        self.delivers += [each for each in every if each[0].unit != "row"]

    def edited(self, rows: Rows) -> Struck:
        """Rows that say something else."""
        found = self._struck(CONTENT, rows, self._edit_sums)
        starts = self._starts[found.kind]
        return found.only(rows.ingestion[found.row] >= starts) if len(starts) else found

    def delivered(self, rows: Rows) -> Delivered:
        """Rows that are delivered in another way."""
        alone, together = self._struck(DELIVERY, rows, self._delivery_sums), self.delivers[self.alone :]
        units = {unit: self._units(unit, rows) for unit in dict.fromkeys(kind.unit for kind, _ in together)}
        found = [alone.row, *(self._together(kind, rate, rows, units[kind.unit]) for kind, rate in together)]
        kinds = np.repeat([-1, *range(self.alone, len(self.delivers))], [len(each) for each in found])
        kinds[: len(alone.row)] = alone.kind
        row, last = np.unique(np.concatenate(found)[::-1], return_index=True)  # of several kinds, the last one
        kind = kinds[::-1][last]
        return Delivered(row=row, kind=kind, lag=self._lags(kind, rows, row))

    def words(self, slot: str, rows: Rows, some: I64) -> U64:
        """What further draws of some rows begin with."""
        return bits(self._seed, f"dirt.{self._table}.{slot}.more", rows.identity[some])

    def numbers(self, slot: str, rows: Rows, some: I64) -> U64:
        """Numbers of the defects of some rows: of 53 bits, which JSON's readers keep."""
        return bits(self._seed, f"dirt.{self._table}.{slot}.number", rows.identity[some]) >> np.uint64(11)

    @cached_property
    def _edit_sums(self) -> U64:
        return _sums(rate for _, rate in self.edits)

    @cached_property
    def _delivery_sums(self) -> U64:
        return _sums(rate for _, rate in self.delivers[: self.alone])

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
        ticket = bits(self._seed, f"dirt.{self._table}.{slot}", rows.identity) >> np.uint64(11)
        row = np.flatnonzero(ticket < sums[-1])
        return Struck(row=row, kind=np.searchsorted(sums, ticket[row], side="right"))

    def _together(self, kind: Delivers, rate: float, rows: Rows, units: Units) -> I64:
        """Rows of the hours, days or visits that a kind strikes."""
        stream = self._stream(kind)
        hit = uniform(self._seed, stream, units.every) < rate / _share(kind)
        if not hit.any():
            return np.zeros(0, dtype=np.int64)
        row = np.flatnonzero(hit[units.of])
        unit = units.every[units.of[row]]
        if kind.part is not None:
            return row[kind.part(rows.number[row] % self._children, bits(self._seed, f"{stream}.part", unit))]
        if kind.rest is None:
            return row
        size = _UNITS[kind.unit]
        low, high = (int(share * size) for share in kind.rest)
        begins = between(self._seed, f"{stream}.rest", unit, low // 4096, high // 4096) * 4096
        return row[rows.ingestion[row] - unit * size >= begins]

    def _lags(self, kind: I64, rows: Rows, row: I64) -> I64:
        lag = np.zeros(len(row), dtype=np.int64)
        for place in np.unique(kind).tolist():
            each, mine = self.delivers[place][0], np.flatnonzero(kind == place)
            low, high = (instant // 1000 for instant in each.lag)
            if high - low <= 1:  # as nothing is drawn then
                lag[mine] = low * 1000
                continue
            words = self._unit(each.unit, rows, row[mine])
            milliseconds = low + (below(self._seed, f"{self._stream(each)}.lag", words, max(1, high - low)))
            lag[mine] = milliseconds * 1000
        return lag

    def _units(self, unit: str, rows: Rows) -> Units:
        """All of some sort; where they lie close together, each once."""
        own = self._unit(unit, rows, slice(None))
        low, high = (int(own.min()), int(own.max())) if len(own) else (0, 0)
        if high - low >= len(own):
            return Units(every=own, of=np.arange(len(own)))
        return Units(every=np.arange(low, high + 1), of=own - low)

    def _unit(self, unit: str, rows: Rows, some: I64 | slice) -> I64:
        """What is struck at once has one number; that of some rows."""
        if unit in _UNITS:
            return rows.ingestion[some] // _UNITS[unit]
        return rows.identity[some] if unit == "row" else rows.number[some] // self._children

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

    def only(self, some: Sequence[int]) -> Chance:
        """Some of them."""
        every = (self.words, self.first, self.second)
        words, first, second = ([of[each] for each in some] for of in every)
        return Chance(words=words, first=first, second=second)

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
        if self._known >= 0:
            known, self._known = self._known, -1
            return (known * bound) >> 32
        mixed = (self._word + self._place * _NEXT) & _WORD
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _WORD
        return ((mixed >> 32) * bound) >> 32

    def of(self, choices: Sequence[Any]) -> Any:
        """See kind.Draw.of."""
        return choices[self.below(len(choices))]
