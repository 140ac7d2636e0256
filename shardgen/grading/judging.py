"""What each pair of a clean row and a user's comes to, see ``score``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from shardgen.dirt.cells import RAW
from shardgen.dirt.defects import Defect
from shardgen.dirt.spoiling import INGESTION
from shardgen.grading import plain
from shardgen.grading.asks import COARSER, SET_ASIDE, Asked, asked
from shardgen.grading.pairing import Paired
from shardgen.grading.score import Example, Tally
from shardgen.grading.truth import Record, Row

CLEAN = ""
"""Stands for a kind, of what no kind has struck."""


@dataclass(slots=True, kw_only=True)
class Judge:
    """Judges the rows of one table."""

    places: tuple[str, ...]
    """That are graded; the first is the key."""
    forms: tuple[str, ...]
    """What the values of each are."""
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    """By kind."""
    families: dict[str, str] = field(default_factory=dict)
    """By kind."""
    rows: int = 0
    """Clean rows."""
    right: int = 0
    """Of them, those that are there, and say what they should."""

    def judge(self, pair: Paired) -> None:
        """Take a few records that lie beside each other."""
        self.rows += len(pair.records)
        if pair.rows == [record.values for record in pair.records] and not any(each.defects for each in pair.records):
            self.right += len(pair.rows)
            return
        for place, record in enumerate(pair.records):
            row = pair.of.get(place)
            if row is None:
                self._gone(record)
            elif not record.defects and row == record.values:
                self.right += 1
            else:
                self._there(record, row)
        for each in pair.kept:
            self._note(each, "kept", Example(key=each.key, place="", dirty=each.key, clean=None, theirs=each.key))
        self.removed(pair.gone)
        for row in pair.invented:
            example = Example(key=str(row[0]), place="", dirty=None, clean=None, theirs=row[0])
            self.tallies[CLEAN].note("invented", example)

    def removed(self, added: Iterable[Defect]) -> None:
        """Take added rows that are gone."""
        for each in added:
            self._note(each, "removed")

    def _note(self, defect: Defect, outcome: str, example: Example | None = None) -> None:
        self.families.setdefault(defect.kind, defect.family)
        self.tallies[defect.kind].note(outcome, example)

    def _gone(self, record: Record) -> None:
        """A clean row that is not there."""
        if missing := record.missing:
            self._note(missing, "absent")
            return
        lost = Example(key=record.shown, place="", dirty=None, clean=record.key, theirs=None)
        for each, of_value in self._asked(record):
            if each.wrong.place == INGESTION:
                self._note(each, "missed", lost)
            elif each.kind in SET_ASIDE:
                self._note(each, "withdrawn")
            elif of_value is Asked.NOTHING:
                self._note(each, "untellable")
            else:
                self._note(each, "dropped", self._example(record, each, None))
        if not any(each.kind in SET_ASIDE for each in record.changed):
            struck = next(iter(record.defects), None)
            self.tallies[CLEAN if struck is None else struck.kind].note("lost", lost)
            if struck is not None:
                self.families.setdefault(struck.kind, struck.family)

    def _there(self, record: Record, row: Row) -> None:
        """A clean row that is there, in some form."""
        if missing := record.missing:
            self._note(missing, "found")
            return
        wrong: dict[str, tuple[Defect, Asked]] = {}
        for each, of_value in self._asked(record):
            if each.wrong.place == INGESTION:
                self._note(each, "merged")
            else:
                wrong[str(each.wrong.place)] = each, of_value
        right = True
        for place, form, clean, theirs in zip(self.places, self.forms, record.values, row, strict=True):
            good = plain.same(form, clean, theirs)
            right = right and good
            if place in wrong:
                self._spoilt(record, *wrong[place], form, theirs, good=good)
            elif not good:
                self.tallies[CLEAN].note(
                    "broken", Example(key=record.shown, place=place, dirty=clean, clean=clean, theirs=theirs)
                )
        self.right += right

    def _spoilt(
        self, record: Record, defect: Defect, of_value: Asked, form: str, theirs: str | None, *, good: bool
    ) -> None:
        """A value that was spoilt."""
        outcome = _outcome(defect, of_value, form, theirs, good=good)
        failed = outcome in ("unrepaired", "wrong", "misfilled")
        self._note(defect, outcome, self._example(record, defect, theirs) if failed else None)

    def _asked(self, record: Record) -> Iterable[tuple[Defect, Asked]]:
        """Lines of the key about values that are graded, with what is asked; others are noted."""
        for each in record.changed:
            place = each.wrong.place
            if place == INGESTION or place in self.places:
                beside = [other for other in record.changed if other.defect == each.defect]
                yield each, asked(each, beside)
            elif (
                place is not None and place.removeprefix(RAW) not in self.places and not _by_another_name(each, record)
            ):
                self._note(each, "unasked")

    def _example(self, record: Record, defect: Defect, theirs: str | None) -> Example:
        wrong = defect.wrong
        return Example(
            key=record.shown,
            place=wrong.place or "",
            dirty=plain.value(wrong.dirty),
            clean=plain.value(wrong.clean),
            theirs=theirs,
        )


def _by_another_name(defect: Defect, record: Record) -> bool:
    """Whether it is about a key that only has the value of another one, which is told as well."""
    return defect.wrong.clean is None and any(
        each.defect == defect.defect and each.wrong.clean == defect.wrong.dirty for each in record.changed
    )


def _outcome(defect: Defect, of_value: Asked, form: str, theirs: str | None, *, good: bool) -> str:
    """What became of a spoilt value, see ``score``."""
    if good:
        return "repaired"
    if of_value is Asked.WITHDRAWN and theirs is None:
        return "withdrawn"
    dirty = plain.value(defect.wrong.dirty)
    if defect.kind in COARSER and plain.as_told(plain.value(defect.wrong.clean), dirty, theirs):
        return "repaired"
    stands = plain.same(form, dirty, theirs)
    if of_value is Asked.NOTHING:
        left = stands or theirs is None or theirs == (dirty or "").strip()  # what is cut off may end in a blank
        return "untellable" if left else "misfilled"
    return "unrepaired" if stands else "wrong"
