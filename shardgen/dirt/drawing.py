"""Which rows of a batch have which defect: hashes of a secret and of what each row is, over the whole batch at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shardgen.dirt.kind import DAY, HOUR, AnyKind, Delivers, Edits
from shardgen.world.rng import I64, U64, below, between, bits, uniform

CONTENT, DELIVERY = "content", "delivery"
"""What a row may have a defect of: at most one of each."""
_TICKETS = 2**53
_STEP = np.int64(-7046029254386353131)  # odd: no two numbers of records share what they are told apart by
_UNITS = {"hour": HOUR, "day": DAY}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """What rows are told apart by; arrays of shape (n,)."""

    number: I64
    """Of the record, counted from 0."""
    ingestion: I64
    """Microseconds UTC."""

    @property
    def identity(self) -> I64:
        """One word for each version of each record."""
        return self.number * _STEP + self.ingestion


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
        kind = np.full(len(rows.number), -1)
        alone = self._struck(DELIVERY, rows, self._delivery_sums)
        kind[alone.row] = alone.kind
        for place, (each, rate) in enumerate(self.delivers[self.alone :], start=self.alone):
            kind[self._together(each, rate, rows)] = place
        row = np.flatnonzero(kind >= 0)
        return Delivered(row=row, kind=kind[row], lag=self._lags(kind[row], rows, row))

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

    def _together(self, kind: Delivers, rate: float, rows: Rows) -> NDArray[np.bool_]:
        """Rows of the hours, days or visits that a kind strikes."""
        stream, unit = self._stream(kind), self._units(kind, rows)
        hit = uniform(self._seed, stream, unit) < rate / _share(kind)
        if kind.part is not None:
            return hit & kind.part(rows.number % self._children, bits(self._seed, f"{stream}.part", unit))
        if kind.rest is None:
            return hit
        size = _UNITS[kind.unit]
        low, high = (int(share * size) for share in kind.rest)
        return hit & (
            rows.ingestion - unit * size
            >= between(self._seed, f"{stream}.rest", unit, low // 4096, high // 4096) * 4096
        )

    def _lags(self, kind: I64, rows: Rows, row: I64) -> I64:
        lag = np.zeros(len(row), dtype=np.int64)
        for place in np.unique(kind).tolist():
            each, mine = self.delivers[place][0], np.flatnonzero(kind == place)
            low, high = (instant // 1000 for instant in each.lag)
            words = self._units(each, rows)[row[mine]]
            milliseconds = low + (below(self._seed, f"{self._stream(each)}.lag", words, max(1, high - low)))
            lag[mine] = milliseconds * 1000
        return lag

    def _units(self, kind: Delivers, rows: Rows) -> I64:
        """What is struck at once has one number."""
        if kind.unit in _UNITS:
            return rows.ingestion // _UNITS[kind.unit]
        return rows.identity if kind.unit == "row" else rows.number // self._children

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


@dataclass(slots=True)
class Words:
    """See kind.Draw: draws out of one word, each the next."""

    word: int
    place: int = 0

    def below(self, bound: int) -> int:
        """See kind.Draw.below."""
        self.place += 1
        mixed = (self.word + self.place * 0x9E3779B97F4A7C15) & (2**64 - 1)
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & (2**64 - 1)
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & (2**64 - 1)
        return ((mixed >> 32) * bound) >> 32

    def of(self, choices: Sequence[Any]) -> Any:
        """See kind.Draw.of."""
        return choices[self.below(len(choices))]
