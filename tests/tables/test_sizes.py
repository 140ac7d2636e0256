"""Sizes foretold, beside those of a server that has loaded the same: pg_total_relation_size and its parts."""

from __future__ import annotations

from datetime import date

import pytest

import shardgen
from shardgen.tables.planning import build_plan
from shardgen.tables.sizing import PAGE, Size, sizes
from shardgen.tables.wanted import plan_config
from tests.conftest import Database

END = date(2026, 1, 1)
TINY = {"customers": 20, "products": 10, "days": 3, "orders_per_day": 5, "sessions_per_day": 20}
SMALL = {"customers": 1500, "products": 400, "days": 12, "orders_per_day": 100, "sessions_per_day": 300}
TOLERANCE = 0.2
SLACK = 4 * PAGE
"""A table of a handful of rows may have a page more or less than was foretold in each of its relations."""

SIZES = """
SELECT sum(pg_table_size(oid) - coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0)),
    sum(coalesce(pg_total_relation_size(nullif(reltoastrelid, 0)), 0)), sum(pg_indexes_size(oid)),
    sum(pg_total_relation_size(oid))
FROM pg_class WHERE relkind = 'r' AND relnamespace = 'bronze'::regnamespace AND relname ~ %s
"""


def measured(database: Database, table: str) -> Size:
    heap, toast, indexes, total = map(int, database.rows(SIZES, [rf"^raw_{table}(_\d|$)"])[0])
    assert heap + toast + indexes == total
    return Size(heap=heap, toast=toast, indexes=indexes)


@pytest.mark.parametrize(
    ("world", "raw_data", "indexes", "history"),
    [
        (TINY, "full", "full", "latest"),
        (TINY, "none", "none", "latest"),
        (TINY, "full", "full", "versions"),
        (SMALL, "full", "keys", "latest"),
        (SMALL, "lean", "keys", "versions"),
        *(
            pytest.param(SMALL, *others, marks=pytest.mark.slow)
            for others in (
                ("lean", "full", "latest"),
                ("none", "none", "latest"),
                ("full", "full", "versions"),
            )
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "tiny" if value is TINY else "small",
)
def test_what_a_load_takes_on_disk_is_foretold_within_a_fifth(database, world, raw_data, indexes, history):
    options = {**world, "end": END, "raw_data": raw_data, "indexes": indexes, "history": history}
    foretold = sizes(build_plan(plan_config(today=END, **options)))
    report = shardgen.load(database.dsn, progress="none", workers=2, **options)
    found = {table: measured(database, table) for table in foretold}
    for table, size in foretold.items():
        for part in ("heap", "toast", "indexes", "total"):
            expected = pytest.approx(getattr(found[table], part), rel=TOLERANCE, abs=SLACK)
            assert getattr(size, part) == expected, (table, part)
    assert sum(size.total for size in foretold.values()) == pytest.approx(
        sum(size.total for size in found.values()), rel=TOLERANCE
    )
    assert {table.table: table.size for table in report.tables} == {name: size.total for name, size in found.items()}
    assert sum(table.planned for table in report.tables) == pytest.approx(
        sum(table.counted for table in report.tables), rel=TOLERANCE
    )
