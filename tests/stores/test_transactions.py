"""Which changes of a stream are one transaction, by how fast they come."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from shardgen.flow.order import Some
from shardgen.stores.postgres.transactions import Pace, Transaction, by_table


def sizes(count: int, ago: np.ndarray, *, after: float = 1.0) -> list[int]:
    """Changes of each transaction, of so many that come some seconds after the ones before."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    now[0] = after
    return [each.high - each.low for each in pace.transactions(np.arange(count), count, ago)]


@pytest.mark.parametrize("late", [0.0, 2.0])
def test_changes_that_come_slowly_are_each_their_own_however_late_they_are(late: float) -> None:
    assert sizes(500, late + np.arange(500)[::-1] / 300) == [1] * 500


def test_the_last_of_many_that_are_late_are_not_taken_for_few() -> None:
    assert sizes(200, np.full(200, 2.0)) == [200]


@pytest.mark.parametrize(("count", "told"), [(1_200, [1_200]), (8_192, [1_024] * 8), (2_600, [867, 867, 866])])
def test_many_are_cut_into_even_transactions_of_about_a_thousand(count: int, told: list[int]) -> None:
    assert sizes(count, np.zeros(count)) == told


def test_what_bronze_got_at_one_instant_is_in_one_transaction() -> None:
    got = np.repeat([10, 20, 30], [1_400, 300, 900])
    found = Pace(lambda: 0.0).transactions(got, 40, np.zeros(len(got)))
    assert found == [Transaction(0, 1_400, 11), Transaction(1_400, 2_600, 40)]


def test_the_changes_of_a_transaction_are_in_their_order_by_table() -> None:
    columns = {"operation": [0] * 7, "number": [*range(7)], "row": [b""] * 7, "more": [*"abcdefg"]}
    some = Some(pa.record_batch(columns), np.array([1, 0, 2, 0, 2, 0, 1]), np.arange(7))
    found = [(table, rows.column("number").to_pylist()) for table, rows in by_table(some, Transaction(1, 6, 6))]
    assert found == [(0, [1, 3, 5]), (2, [2, 4])]
