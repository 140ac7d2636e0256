"""Edits are done to many rows at once: the same is done to each of them as one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from shardgen.columns.batch import Batch
from shardgen.dirt.cells import Cells
from shardgen.dirt.clean import Clean
from shardgen.dirt.drawing import Chance
from shardgen.dirt.kind import Draw, Edit, OneOf, one_of
from shardgen.dirt.kinds import kinds
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.world.rng import bits
from tests.worlds import TABLES, small


def _now_and_then(clean: Any, draw: Draw) -> Any:
    """Draws before it leaves a value as it is: who comes next draws on."""
    if draw.below(2):
        return clean
    return draw.of((None, 7, "x" * 300, f"{clean}{draw.below(1000)}", {"a": [clean == 1]}))


def edits(table: str, columns: list[str]) -> Iterator[OneOf]:
    for kind in kinds().values():
        if isinstance(kind.edit, OneOf) and table in kind.edit.places:
            yield kind.edit
    some = one_of({table: (*columns, "raw_data.nowhere", *(f"raw_data.{each}" for each in columns))}, _now_and_then)
    assert isinstance(some, OneOf)
    yield some


def spoilt(made: Batch, rows: np.ndarray, edit: Edit) -> tuple[Any, Any]:
    cells = Cells(Clean(made, rows))
    cells.spoil(range(len(rows)), edit, Chance.of(bits(7, "some", rows)))
    return cells.changes, cells.batch(made.record.ingestion[rows]).arrow()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("raw_data", ["full", "lean", "none"])
def test_edits_of_one_value_do_to_many_rows_what_they_do_to_each(table, raw_data):
    plan = small(raw_data=raw_data)
    made = next(Feed(plan).batches(build_plan(plan).of(table)[0], 300))
    rows = np.arange(made.num_rows)[::-1].copy()
    columns = [column.name for column in made.table.columns if column.name in made.table.own_columns]
    changed = 0
    for edit in edits(table, columns):
        together = spoilt(made, rows, edit)
        one_by_one = spoilt(made, rows, lambda row, draw, edit=edit: edit(row, draw))
        assert together == one_by_one
        changed += len(together[0])
    assert changed > made.num_rows / 2


def test_one_of_some_is_drawn_as_a_number_below_theirs_is():
    chance = Chance.of(bits(7, "some", np.arange(50)))
    for one, other in zip(chance.draws(), chance.draws(), strict=True):
        assert [one.of(range(bound)) for bound in (9, 5, 1000)] == [other.below(bound) for bound in (9, 5, 1000)]
    assert chance.below(9) == [each.below(9) for each in chance.draws()]
    after = list(chance.draws())
    for each in after:
        each.below(3)
    assert [each.below(100) for each in after] == [each.below(100) for each in chance.further()]
