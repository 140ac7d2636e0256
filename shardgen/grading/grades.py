"""The grades of a run: by kind and table, and summed up; and what falls short of what was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shardgen.grading.merging import Merged
from shardgen.grading.score import ASIDE, Score, Tally, scored


@dataclass(frozen=True, slots=True, kw_only=True)
class TableGrade:
    """One table."""

    table: str
    source: str
    """Theirs, as users know it."""
    columns: tuple[str, ...]
    """That were compared."""
    rows: int
    """Clean ones."""
    right: int
    """Of them, those that are there and say what they should."""
    tallies: Mapping[str, Tally]
    """By kind."""
    clean: Tally
    """Of what no kind has struck."""
    seconds: float

    @property
    def score(self) -> Score:
        """Of all of it, less rows that came late."""
        return scored(sum((each.counts for each in (*self.tallies.values(), self.clean)), Counter()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One kind, over all tables."""

    kind: str
    family: str
    score: Score
    counts: Counter[str]
    late: bool
    """Whether it is about rows that came late alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """All of them."""

    source: str
    """``"run 3 in schema bronze of localhost:5432/shop"``."""
    tables: tuple[TableGrade, ...]
    families: Mapping[str, str]
    """By kind."""
    left_out: Mapping[str, str]
    """Tables that were not graded, with the reason."""
    merged: Merged | None = None
    seconds: float
    wanted: Mapping[str, float] = field(default_factory=dict)
    """Least F1 by kind, family or table; by ``""`` of all, and of each kind."""

    @property
    def score(self) -> Score:
        """Of all tables."""
        return _summed(each.score for each in self.tables)

    def kinds(self) -> list[Line]:
        """Kinds, family by family, the worst first."""
        found = [self._line(kind) for kind in dict.fromkeys(kind for table in self.tables for kind in table.tallies)]
        return sorted(found, key=lambda line: (line.family, 2 if line.score.f1 is None else line.score.f1, line.kind))

    def of_families(self) -> dict[str, Score]:
        """By family, less rows that came late."""
        found: dict[str, Counter[str]] = {}
        for line in self.kinds():
            found[line.family] = found.get(line.family, Counter()) + line.counts
        return {family: scored(counts) for family, counts in found.items()}

    def _line(self, kind: str) -> Line:
        some = [table.tallies[kind] for table in self.tables if kind in table.tallies]
        whole = Tally(counts=sum((each.counts for each in some), Counter()))
        return Line(kind=kind, family=self.families[kind], score=whole.score, counts=whole.counts, late=whole.late)

    def failures(self) -> list[str]:
        """What falls short of what was asked for, in sentences."""
        return [
            f"F1 of {name} is {f1:.3f}, below {least:g}"
            for name, f1, least in self._measured()
            if f1 is not None and f1 < least
        ]

    @property
    def ok(self) -> bool:
        """Whether nothing does."""
        return not self.failures()

    def least(self, kind: str, table: str) -> float | None:
        """F1 that is asked of a kind in a table; None where none is."""
        of = (kind, self.families.get(kind, ""), table, "")
        return next((self.wanted[name] for name in of if name in self.wanted), None)

    def _measured(self) -> Iterator[tuple[str, float | None, float]]:
        known: dict[str, Score] = {line.kind: line.score for line in self.kinds()}
        known = {**{each.table: each.score for each in self.tables}, **self.of_families(), **known}
        for name, least in self.wanted.items():
            if not name:
                yield "all", self.score.f1, least
            elif name in known:
                yield name, known[name].f1, least

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "source": self.source,
            "ok": self.ok,
            "failures": self.failures(),
            "all": self.score.to_json(),
            "families": {family: score.to_json() for family, score in self.of_families().items()},
            "kinds": {
                line.kind: {"family": line.family, **line.score.to_json(), "outcomes": dict(line.counts)}
                for line in self.kinds()
            },
            "tables": {each.table: _of_table(each) for each in self.tables},
            "people": None if self.merged is None else self.merged.to_json(),
            "not_graded": dict(self.left_out),
            "seconds": round(self.seconds, 3),
        }


def aside(counts: Counter[str]) -> dict[str, int]:
    """Outcomes that are no part of a score."""
    return {name: counts[name] for name in sorted(ASIDE) if counts[name]}


def _of_table(grade: TableGrade) -> dict[str, Any]:
    return {
        "cleaned": grade.source,
        "columns": list(grade.columns),
        "rows": grade.rows,
        "right": grade.right,
        **grade.score.to_json(),
        "unprovoked": _of_tally(grade.clean),
        "kinds": {kind: {**tally.score.to_json(), **_of_tally(tally)} for kind, tally in grade.tallies.items()},
        "seconds": round(grade.seconds, 3),
    }


def _of_tally(tally: Tally) -> dict[str, Any]:
    examples = {outcome: [each.to_json() for each in some] for outcome, some in tally.examples.items()}
    return {"outcomes": dict(tally.counts), "examples": examples}


def _summed(scores: Iterator[Score]) -> Score:
    hits = false_alarms = misses = 0
    for each in scores:
        hits, false_alarms, misses = hits + each.hits, false_alarms + each.false_alarms, misses + each.misses
    return Score(hits=hits, false_alarms=false_alarms, misses=misses)
