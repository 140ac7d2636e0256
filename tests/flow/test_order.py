"""Whatever the tables' stretches, changes are told in the order in which bronze got them, and few of them wait."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from shardgen.flow import order
from shardgen.world.demand import DAY, HOUR
from shardgen.world.versions import BEGINNING

RATES = {"slow": 2.0, "middling": 90.0, "quick": 3_000.0}
LAG = {"slow": 6 * HOUR, "middling": HOUR, "quick": 20_000_000}
OPENED = -DAY
"""When what there was before the first stretch came to be."""


def made(table: str, since: int, end: int) -> Iterator[pa.RecordBatch]:
    """A change every so often, each late by up to the table's lag."""
    every = int(DAY / RATES[table])
    at = np.arange(-(-max(since, OPENED) // every) * every, end, every)
    lag = (at // every * 7_919) % LAG[table]
    times = [pa.array(each).cast(pa.timestamp("us")) for each in (at, at + lag)]
    yield pa.record_batch(
        [pa.repeat(pa.scalar(table), len(at)), *times], ["table", "changed_at", "ingestion_timestamp"]
    )


def told(days: int, first: int = 0) -> pa.Table:
    return pa.Table.from_batches([some.rows for some in order.in_order(made, RATES, 0, days * DAY, first=first)])


@pytest.mark.parametrize("first", [0, BEGINNING])
@pytest.mark.parametrize("rows", [20, 500, 100_000])
def test_changes_are_told_in_order_of_ingestion(rows: int, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "ROWS", rows)
    found = told(9, first)
    got = found["ingestion_timestamp"].cast(pa.int64()).to_numpy()
    assert (np.diff(got) >= 0).all()
    for table in RATES:
        [every] = list(made(table, first, 9 * DAY))
        mine = found.filter(pa.compute.equal(found["table"], table))
        assert sorted(mine["changed_at"].to_pylist()) == every["changed_at"].to_pylist()


def test_what_waits_does_not_grow_with_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order, "ROWS", 200)
    waiting: dict[int, int] = {}
    real = order._Waiting.before

    def watched(self: order._Waiting, until: int) -> Iterator[order.Some]:
        waiting[days] = max(waiting.get(days, 0), self._entries.shape[1])
        return real(self, until)

    monkeypatch.setattr(order._Waiting, "before", watched)
    for days in (30, 300):
        told(days)
    assert waiting[300] <= 1.1 * waiting[30] < 2_000
