"""Whether the records of one person were found to be of one person: by pairs of records, and by whole persons.

Pairwise precision and recall are those of record linkage: of the pairs that a user takes for one person, how many are;
of those that are, how many the user takes for one. A person is found whole if the user's set of records is theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from shardgen.grading.score import Score
from shardgen.grading.truth import Record


@dataclass(slots=True)
class Persons:
    """Persons with several records in bronze; they are few."""

    records: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Ids by that of the first record."""

    def note(self, record: Record) -> None:
        """Take a clean row, with what was added to it."""
        for each in record.added:
            if each.key != record.key:
                self.records[record.key] |= {record.key, each.key}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """How people were merged."""

    pairs: Score
    persons: Score
    examples: tuple[tuple[str, ...], ...] = ()
    """Records that a user takes for one person, and that are of several."""

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        told = {"pairs": self.pairs.to_json(), "persons": self.persons.to_json()}
        return {**told, "wrongly_merged": [list(each) for each in self.examples]}


def compared(truth: Mapping[str, set[str]], merged: Iterable[tuple[str, str]]) -> Merged:
    """Compare persons.

    Args:
        truth: ids of each person with several records.
        merged: id and person, of persons for whom a user has several, those of one together.
    """
    person_of = {identity: person for person, ids in truth.items() for identity in ids}
    right = whole = theirs = sets = 0
    wrong: list[tuple[str, ...]] = []
    for _, pairs in groupby(merged, key=lambda pair: pair[1]):
        ids = {identity for identity, _ in pairs}
        if len(ids) < 2:
            continue
        found: dict[str, int] = defaultdict(int)
        for identity in ids:
            found[person_of.get(identity, identity)] += 1
        sets += 1
        theirs += _pairs(len(ids))
        right += sum(map(_pairs, found.values()))
        whole += len(found) == 1 and ids == truth.get(next(iter(found)))
        if len(found) > 1 and len(wrong) < 3:
            wrong.append(tuple(sorted(ids))[:8])
    all_pairs = sum(_pairs(len(ids)) for ids in truth.values())
    return Merged(
        pairs=Score(hits=right, false_alarms=theirs - right, misses=all_pairs - right),
        persons=Score(hits=whole, false_alarms=sets - whole, misses=len(truth) - whole),
        examples=tuple(wrong),
    )


def _pairs(many: int) -> int:
    return many * (many - 1) // 2
