"""The tables of the shop as one dataset: names, order, laws and shapes."""

from __future__ import annotations

import pytest

from shardgen.tables import dataset, in_order
from shardgen.tables.statements import parse, place, read


def test_every_law_and_shape_that_is_there_is_listed_once():
    for files, folder in ((dataset().laws, "laws"), (dataset().shapes, "shapes")):
        there = {file.name for file in files[0].parent.iterdir()}
        assert sorted(file.name for file in files) == sorted(there), folder


def test_a_law_of_a_table_needs_that_table():
    for spec in dataset().tables:
        assert all(spec.name in law.rows for law in read(spec.laws))


def test_laws_stand_by_number_and_those_of_other_tables_after_them():
    laws = [law.name for law in read(dataset().laws)]
    assert laws == [f"L{number}" for number in range(1, len(laws) + 1)]
    assert sorted(["parcels.L2", "L18", "parcels.L1", "L2"], key=place) == ["L2", "L18", "parcels.L1", "parcels.L2"]


def test_tables_that_this_version_lacks_come_after_the_story_by_name():
    assert in_order({"pickups", "orders", "parcels", "customers"}) == ("customers", "orders", "parcels", "pickups")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT 1", "it begins with 'SELECT 1', not with '-- NAME: purpose.'"),
        ("-- L1: it holds.\n-- needs: orders; a miracle\nSELECT 1", "L1 needs what is not known: 'orders; a miracle'"),
    ],
)
def test_a_file_that_is_no_law_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        parse(text)
