"""What bronze gets in a window is what there is of it, wherever windows are cut."""

from __future__ import annotations

import pyarrow as pa
import pytest

from shardgen.flow.feeding import LATEST, arriving
from shardgen.flow.forms import Csv
from shardgen.world.demand import DAY, HOUR, midnight
from tests.worlds import TABLES, small

PLAN = small(days=60, orders_per_day=6, sessions_per_day=8, customers=120, products=90)
EPOCH, END = midnight(PLAN.world.epoch), midnight(PLAN.end)


def found(since: int, end: int) -> pa.Table:
    some = [each.rows for each in arriving(PLAN, Csv(), since, end)]
    return pa.Table.from_batches(some) if some else None


@pytest.fixture(scope="module")
def whole() -> pa.Table:
    return found(EPOCH, END)


def test_it_is_in_order_and_nothing_of_it_comes_after_the_end(whole: pa.Table) -> None:
    got = whole["ingestion_timestamp"].cast(pa.int64()).to_numpy()
    assert (got[1:] >= got[:-1]).all()
    assert got[-1] < END
    assert set(whole["table"].to_pylist()) == set(TABLES)


@pytest.mark.parametrize("cut", [EPOCH - 400 * DAY, EPOCH + 3 * HOUR, EPOCH + 31 * DAY + 12_345_678_901])
def test_two_windows_are_the_whole(cut: int, whole: pa.Table) -> None:
    assert pa.concat_tables([found(EPOCH, cut), found(cut, END)]).equals(whole)


def test_bronze_waits_for_nothing_longer_than_it_is_looked_for(whole: pa.Table) -> None:
    got, changed = (whole[name].cast(pa.int64()).to_numpy() for name in ("ingestion_timestamp", "changed_at"))
    assert (got - changed).max() < LATEST
