"""What comes of each defect, and precision, recall and F1 out of that.

========== ============ ==============================================================================================
outcome    counts as    what became of it
========== ============ ==============================================================================================
removed    TP           a row too many is gone
kept       FN           it is still there
repaired   TP           a spoilt value is the clean one
withdrawn  TP           a false value, whose clean one nobody can tell, is null, or its row is set aside where it may be
unrepaired FN           a spoilt value stands as it was
wrong      FN and FP    it was changed into something else than the clean one
misfilled  FP           a value of which nothing was left was filled, and not by the clean one
dropped    FN           the row of a spoilt value is gone
merged     TP           a row that came late is there
missed     FN           it is not
lost       FP           a row that bronze had is gone
broken     FP           a value that was right in bronze is another one
invented   FP           a row that is nobody's, or once more than it should be
untellable -            a value of which nothing is left stands as it was, or its row is gone
absent     -            a row that bronze never got is not there
found      -            a row that bronze never got is there
unasked    -            a spoilt value in a column that is not graded
========== ============ ==============================================================================================

Precision is TP / (TP + FP), recall TP / (TP + FN). A lost row is charged to the kind whose defect it bore, if any, else
to its table alone, as are broken values and invented rows. Rows that came late need nothing but to be let in: they have
a score of their own, and are in no sum.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

HITS: Final = frozenset({"removed", "repaired", "withdrawn"})
MISSES: Final = frozenset({"kept", "unrepaired", "wrong", "dropped"})
FALSE_ALARMS: Final = frozenset({"wrong", "misfilled", "lost", "broken", "invented"})
LATE_HITS, LATE_MISSES = frozenset({"merged"}), frozenset({"missed"})
ASIDE: Final = frozenset({"untellable", "absent", "found", "unasked"})
_EXAMPLES: Final = 3
_SHOWN: Final = 120  # characters of a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One failure."""

    key: str
    place: str
    """Column; empty where it is about the row."""
    dirty: str | None
    clean: str | None
    theirs: str | None

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        values = {"dirty": self.dirty, "clean": self.clean, "theirs": self.theirs}
        return {"key": self.key, "column": self.place or None, **{name: _short(told) for name, told in values.items()}}


def _short(told: str | None) -> str | None:
    return told if told is None or len(told) <= _SHOWN else f"{told[: _SHOWN - 1]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts, and what follows from them."""

    hits: int
    false_alarms: int
    misses: int

    @property
    def precision(self) -> float | None:
        """Share of what was done that was right; None where nothing was done."""
        return _share(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> float | None:
        """Share of what was asked that was done; None where nothing was asked."""
        return _share(self.hits, self.hits + self.misses)

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both; None where nothing was asked and nothing done."""
        return _share(2 * self.hits, 2 * self.hits + self.false_alarms + self.misses)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "true_positives": self.hits,
            "false_positives": self.false_alarms,
            "false_negatives": self.misses,
            "precision": _rounded(self.precision),
            "recall": _rounded(self.recall),
            "f1": _rounded(self.f1),
        }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


@dataclass(slots=True)
class Tally:
    """Outcomes of one kind in one table, or of what no kind struck there."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[Example]] = field(default_factory=dict)
    """By outcome, the first few of what went wrong."""

    def note(self, outcome: str, example: Example | None = None) -> None:
        """Count one."""
        self.counts[outcome] += 1
        if example is not None:
            some = self.examples.setdefault(outcome, [])
            if len(some) < _EXAMPLES:
                some.append(example)

    @property
    def late(self) -> bool:
        """Whether it is about rows that came late, and nothing else was asked."""
        return bool((LATE_HITS | LATE_MISSES) & self.counts.keys()) and not (HITS | MISSES) & self.counts.keys()

    @property
    def score(self) -> Score:
        """Of the kind alone; where it asks for nothing but late rows, of those."""
        return scored(self.counts, late=self.late)


def scored(counts: Counter[str], *, late: bool = False) -> Score:
    """Sums of outcomes.

    Args:
        counts: by outcome.
        late: whether rows that came late are what it is about.
    """
    hits, misses = (LATE_HITS, LATE_MISSES) if late else (HITS, MISSES)
    return Score(hits=_sum(counts, hits), false_alarms=_sum(counts, FALSE_ALARMS), misses=_sum(counts, misses))


def _sum(counts: Counter[str], outcomes: frozenset[str]) -> int:
    return sum(counts[each] for each in outcomes)
