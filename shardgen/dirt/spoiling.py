"""Batches with their dirt: of the rows that are struck, new ones are made beside the clean batch, and both are spliced.

A row that is not struck costs its draws and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from shardgen.columns.batch import Batch, Batches, Spliced, chosen
from shardgen.dirt.cells import Cells, whole_rows
from shardgen.dirt.clean import Clean, documents_of
from shardgen.dirt.defects import ADDED, CHANGED, MISSING, Defect, Wrong
from shardgen.dirt.documents import Documents
from shardgen.dirt.drawing import CONTENT, DELIVERY, Chance, Drawing
from shardgen.dirt.fates import ALWAYS, Plan, When, planned
from shardgen.dirt.kind import AnyKind, Edit, Row
from shardgen.dirt.units import Rows
from shardgen.model.dirt import Dirt
from shardgen.world.rng import I64

INGESTION = "ingestion_timestamp"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Some of the rows that become of a batch, as builders have them."""

    rows: Batch
    of: I64
    """Of which row of the batch each is."""
    ingestion: I64
    """When bronze gets each; microseconds UTC."""


First: TypeAlias = Callable[[I64], Iterable[Batch]]
"""Gives the rows of a table's records as they were first known, by their numbers."""


class Spoiler:
    """Spoils the batches of one table.

    Args:
        drawing: which rows.
    """

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing
        self._edits = _edits_of([kind.edit for kind, _ in drawing.edits])
        self._repeats = _edits_of([kind.edit for kind, _ in drawing.delivers])

    def spoilt(self, batch: Batch, first: First, when: When = ALWAYS) -> Batches:
        """The rows as they come into bronze."""
        rows = _rows(batch)
        plan = self._plan(rows, when)
        if plan is None:
            return batch
        if not len(plan.take):
            return Spliced(first=batch, second=chosen(batch, np.zeros(1, dtype=np.int64)), order=plan.order)
        made = self._made(batch, rows, plan, first, documents_of(batch, plan.take))
        second = made.batch(rows.ingestion[plan.take] + plan.lag)
        return Spliced(first=batch, second=second, order=plan.order, of=plan.take)

    def parts(self, batch: Batch, first: First, when: When = ALWAYS, *, told: bool = False) -> list[Part]:
        """The same rows in parts: those that are as they were made, and those that are made anew.

        Args:
            told: whether each row is wanted once, however it is delivered: what its source has told of its record.
        """
        rows = _rows(batch)
        plan = self._plan(rows, when, told=told)
        if plan is None:
            return [Part(rows=batch, of=np.arange(batch.num_rows), ingestion=rows.ingestion)]
        found, kept = list[Part](), plan.order[plan.order < batch.num_rows]
        if len(kept):
            found.append(Part(rows=chosen(batch, kept), of=kept, ingestion=rows.ingestion[kept]))
        if len(plan.take):
            ingestion = rows.ingestion[plan.take] + plan.lag
            made = self._made(batch, rows, plan, first).batch(ingestion)
            found.append(Part(rows=made, of=plan.take, ingestion=ingestion))
        return found

    def held_back(self, batch: Batch) -> I64:
        """Which rows come late, or once more and later."""
        found = self._drawing.delivered(_rows(batch))
        return found.row[found.lag > 0]

    def defects(self, batch: Batch, first: First, when: When = ALWAYS) -> Iterator[tuple[int, Defect]]:
        """What is wrong with them, and with which row of the batch, in order of the rows."""
        rows = _rows(batch)
        if (plan := self._plan(rows, when)) is None:
            return
        found = [(int(row), defect) for row, defect in self._missing(batch, rows, plan)]
        if len(plan.take):
            found += self._changed(self._made(batch, rows, plan, first), rows, plan)
        yield from sorted(found, key=lambda each: each[0])

    def struck(self, batch: Batch, first: First, when: When = ALWAYS) -> Iterator[tuple[str, list[Defect]]]:
        """Of each of them that is struck all of it when it is clean, as JSON, and what is wrong with it."""
        found: dict[int, list[Defect]] = {}
        for row, defect in self.defects(batch, first, when):
            found.setdefault(row, []).append(defect)
        if found:
            told = whole_rows(chosen(batch, np.array(list(found), dtype=np.int64)))
            yield from zip(told, found.values(), strict=True)

    def _plan(self, rows: Rows, when: When = ALWAYS, *, told: bool = False) -> Plan | None:
        """What becomes of the rows; None where nothing does."""
        return planned(self._drawing, rows, when, told=told)

    def _made(self, batch: Batch, rows: Rows, plan: Plan, first: First, documents: Documents | None = None) -> Cells:
        """The new rows, spoilt.

        Args:
            documents: their raw_data, see Clean.
        """
        cells = Cells(Clean(batch, plan.take, before=self._before(rows, plan, first), documents=documents))
        second = np.where(plan.second, plan.deliver, -1)
        for slot, edits, of in ((CONTENT, self._edits, plan.edit), (DELIVERY, self._repeats, second)):
            kinds = edits.drawn[of]
            counts = np.bincount(kinds + 1, minlength=1).tolist()
            places = kinds.argsort(kind="stable")[counts[0] :]
            if not len(places):
                continue
            chance = Chance.of(self._drawing.words(slot, rows, plan.take[places]))
            every, begin = places.tolist(), 0
            for edit, count in zip(edits.every, counts[1:], strict=False):
                if edit is not None and count:
                    cells.spoil(every[begin : begin + count], edit, chance.run(begin, begin + count))
                begin += count
        return cells

    def _before(self, rows: Rows, plan: Plan, first: First) -> Mapping[int, Row]:
        """The records before those of which a kind looks at them, by number."""
        look = np.array([each.before for each, _ in self._drawing.edits])
        if not look.any():
            return {}
        numbers = np.unique(rows.number[plan.take[(plan.edit >= 0) & look[plan.edit]]] - 1)
        made = map(Clean, first(numbers[numbers >= 0]))
        return {row.number: row for clean in made for row in clean.rows(range(clean.num_rows))}

    def _changed(self, cells: Cells, rows: Rows, plan: Plan) -> Iterator[tuple[int, Defect]]:
        """What is wrong with the rows that were made anew."""
        content, delivery = (self._drawing.numbers(slot, rows, plan.take) for slot in (CONTENT, DELIVERY))
        for place, row in enumerate(plan.take.tolist()):
            ingested = int(rows.ingestion[row])
            of = _Of(cells=cells, place=place, ingestion=ingested + int(plan.lag[place]))
            if plan.second[place]:
                kind, _ = self._drawing.delivers[plan.deliver[place]]
                yield row, of.defect(int(delivery[place]), kind, ADDED)
                continue
            if plan.edit[place] >= 0:
                edits, _ = self._drawing.edits[plan.edit[place]]
                for change in cells.changes.get(place, ()):
                    wrong = Wrong(place=change.place, dirty=change.dirty, clean=change.clean)
                    yield row, of.defect(int(content[place]), edits, CHANGED, wrong)
            if plan.deliver[place] >= 0:
                kind, _ = self._drawing.delivers[plan.deliver[place]]
                wrong = Wrong(place=INGESTION, dirty=f'"{_iso(of.ingestion)}"', clean=f'"{_iso(ingested)}"')
                yield row, of.defect(int(delivery[place]), kind, CHANGED, wrong)

    def _missing(self, batch: Batch, rows: Rows, plan: Plan) -> Iterator[tuple[int, Defect]]:
        """The rows that are not there."""
        if not len(plan.missing):
            return
        numbers = self._drawing.numbers(DELIVERY, rows, plan.missing)
        clean = chosen(batch, plan.missing)
        cells, told = Cells(Clean(clean)), whole_rows(clean)
        for place, row in enumerate(plan.missing.tolist()):
            kind, _ = self._drawing.delivers[plan.why[place]]
            of = _Of(cells=cells, place=place, ingestion=int(rows.ingestion[row]))
            yield row, of.defect(int(numbers[place]), kind, MISSING, Wrong(clean=told[place]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Edits:
    """Edits of kinds."""

    every: Sequence[Edit | None]
    drawn: I64
    """The place of each, -1 where there is none: nothing is drawn for it. The last one is that of no kind, -1."""


def _edits_of(every: Sequence[Edit | None]) -> _Edits:
    places = [-1 if edit is None else place for place, edit in enumerate(every)]
    return _Edits(every=every, drawn=np.array([*places, -1], dtype=np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Of:
    """The row that a defect is of."""

    cells: Cells
    place: int
    ingestion: int

    def defect(self, number: int, kind: AnyKind, state: str, wrong: Wrong | None = None) -> Defect:
        return Defect(
            defect=number,
            kind=kind.name,
            family=kind.family,
            table=self.cells.clean.table.name,
            state=state,
            key=self.cells.key(self.place),
            ingestion_timestamp=_iso(self.ingestion),
            owner=self.cells.clean.key(self.place),
            wrong=wrong or Wrong(),
        )


def seed_of(dirt: Dirt, world: int) -> int:
    """What the draws of a secret begin with, in the world of a seed."""
    return int.from_bytes(hashlib.blake2b(f"{world}\x1f{dirt.secret}".encode(), digest_size=16).digest(), "big")


def _rows(batch: Batch) -> Rows:
    assert batch.record is not None
    return Rows(number=batch.record.numbers, ingestion=batch.record.ingestion)


def _iso(instant: int) -> str:
    """ISO 8601 with microseconds."""
    return str(np.datetime64(instant, "us"))
