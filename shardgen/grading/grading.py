"""Grades the tables of a user, one after the other."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shardgen.events import CheckDone, CheckStarted, VerificationStarted
from shardgen.grading import mapping, plain
from shardgen.grading.grades import Grades, TableGrade
from shardgen.grading.judging import CLEAN, Judge
from shardgen.grading.merging import Merged, Persons, compared
from shardgen.grading.pairing import Pairing
from shardgen.grading.score import Tally
from shardgen.grading.truth import Record, Row, Truth, keys_of
from shardgen.model.cleaned import Cleaned, Wanted
from shardgen.model.config import PlanConfig
from shardgen.stores import Show
from shardgen.stores.cleaned import CleanedTables
from shardgen.tables import table_of

PEOPLE = "customers"
"""The table whose records are of people."""


@dataclass(slots=True, kw_only=True)
class Grader:
    """Grades one run.

    Args:
        plan: of it, with the secret of its dirt.
        source: what it is, for the report.
        there: the cleaned tables.
        show: hears of each table's begin and end.
    """

    plan: PlanConfig
    source: str
    there: CleanedTables
    show: Show
    families: dict[str, str] = field(default_factory=dict)
    persons: Persons = field(default_factory=Persons)

    def grade(self, wanted: Wanted, least: Mapping[str, float]) -> Grades:
        """Everything that is wanted; all of it is looked at before anything is read.

        Raises:
            ConfigError, TargetError: see ``mapping.places_of``.
            StoreError: a read failed.
        """
        begun = time.monotonic()
        columns = {each.table: self._places(each) for each in wanted.tables}
        if wanted.people:
            mapping.check_people(wanted.people, self.there)
        self.show(VerificationStarted(checks=len(columns), what="tables"))
        tables = tuple(self._told(each, columns[each.table]) for each in wanted.tables)
        return Grades(
            source=self.source,
            tables=tables,
            families=self.families,
            left_out=wanted.left_out,
            merged=self._merged(wanted),
            seconds=time.monotonic() - begun,
            wanted=least,
        )

    def _places(self, cleaned: Cleaned) -> dict[str, str]:
        keys = keys_of(self.plan, cleaned.table)
        return mapping.places_of(table_of(self.plan, cleaned.table), keys, cleaned, self.there)

    def _told(self, cleaned: Cleaned, columns: Mapping[str, str]) -> TableGrade:
        self.show(CheckStarted(check=cleaned.table))
        found = self._table(cleaned, columns)
        self.show(CheckDone(check=cleaned.table, failures=(), seconds=round(found.seconds, 3)))
        return found

    def _table(self, cleaned: Cleaned, columns: Mapping[str, str]) -> TableGrade:
        begun = time.monotonic()
        keys = len(keys_of(self.plan, cleaned.table))
        truth = Truth(plan=self.plan, table=cleaned.table, places=tuple(columns), keys=keys)
        judge = Judge(places=truth.places, forms=truth.forms, families=self.families)
        pairing = Pairing(truth.of, keys)
        for each in pairing.groups(self._records(truth), self._rows(cleaned, truth, columns)):
            judge.judge(each)
        judge.removed(pairing.left())
        clean = judge.tallies.pop(CLEAN, Tally())
        return TableGrade(
            table=cleaned.table,
            source=cleaned.source.shown,
            columns=truth.places,
            rows=judge.rows,
            right=judge.right,
            tallies=judge.tallies,
            clean=clean,
            seconds=time.monotonic() - begun,
        )

    def _rows(self, cleaned: Cleaned, truth: Truth, columns: Mapping[str, str]) -> Iterator[Row]:
        rows = self.there.rows(cleaned.source, tuple(columns.values()))
        if self.there.typed(cleaned.source):
            return rows
        forms = truth.written
        return (tuple(map(plain.typed, forms, row)) for row in rows)

    def _records(self, truth: Truth) -> Iterator[Record]:
        if truth.table != PEOPLE:
            yield from truth.records()
            return
        for record in truth.records():
            if record.defects:
                self.persons.note(record)
            yield record

    def _merged(self, wanted: Wanted) -> Merged | None:
        """How people were merged; None where nobody tells who is whom."""
        if wanted.people is None or not any(each.table == PEOPLE for each in wanted.tables):
            return None
        people = wanted.people
        return compared(self.persons.records, self.there.merged(people.source, (people.id, people.person)))
