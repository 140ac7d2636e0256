"""Nobody shares a telephone number while those of the place last."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from typing import Any

import numpy as np
import pytest

from shardgen.columns.pools import phones as texts
from shardgen.world import build_world, customers, phones
from shardgen.world.demand import midnight
from shardgen.world.phones import GROUP_OF, GROUPS, SPACE
from tests.worlds import TODAY, small, table_rows

END = midnight(TODAY)


@cache
def people() -> list[dict[str, Any]]:
    return table_rows(small(customers=6_000), "customers")


def test_numbers_are_as_distinct_as_there_are_numbers() -> None:
    world = build_world(small(customers=6_000).world)
    ids = np.arange(6_000)
    known = customers.facts(world.customers, customers.people(world.customers, ids), END)
    number = phones.numbers(world.customers, ids, known.address.place, np.zeros_like(ids))
    group = GROUP_OF[known.address.place]
    for each in np.unique(group):
        members = group == each
        shared = members.sum() - len(np.unique(number[members]))
        assert shared <= max(0, members.sum() - SPACE[each]) + 0.15 * members.sum()  # some have moved here
    assert (
        len(np.unique(group * 10**9 + number)) > 0.97 * np.minimum(np.bincount(group), SPACE[: group.max() + 1]).sum()
    )


def test_a_number_does_not_depend_on_how_customers_are_cut() -> None:
    world = build_world(small().world)
    ids = np.arange(300)
    place = customers.facts(world.customers, customers.people(world.customers, ids), END).address.place
    whole = phones.numbers(world.customers, ids, place, np.zeros_like(ids))
    parts = [phones.numbers(world.customers, ids[a:b], place[a:b], ids[a:b] * 0) for a, b in ((0, 7), (7, 300))]
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_hardly_anybody_shares_a_number_where_there_are_enough() -> None:
    country = {row["customer_id"]: json.loads(row["address"])["country_code"] for row in people() if row["address"]}
    used = Counter(row["phone"] for row in people())
    enough = [row for row in people() if country.get(row["customer_id"]) not in {None, "DE", "SE"}]
    assert sum(used[row["phone"]] > 1 for row in enough) < 0.08 * len(enough)


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_every_number_of_a_group_is_another_text(group: int) -> None:
    assert len({pattern.count("#") for pattern in GROUPS[group]}) == 1
    some = np.unique(np.linspace(0, SPACE[group] - 1, 500).astype(np.int64))
    place = int(np.flatnonzero(group == GROUP_OF)[0])
    assert len(set(texts(np.full(len(some), place), some).to_pylist())) == len(some)
