"""Laws of the counter-based draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shardgen.world import rng

IDS = np.arange(100_000)


def test_bits_are_the_golden_vector() -> None:
    assert rng.bits(42, "orders.customer", np.arange(4)).tolist() == GOLDEN_BITS
    assert rng.bits(2**63 - 1, "orders.customer", [2**62], 3).tolist() == GOLDEN_LAST


GOLDEN_BITS = [10251764929760238794, 8825087123409564754, 4467918756723719379, 10195578843725624304]
GOLDEN_LAST = [9699152298206075567]


@given(st.integers(0, 2**63 - 1), st.lists(st.integers(0, 2**62), min_size=1, max_size=20))
def test_a_draw_depends_on_its_own_id_only(seed: int, ids: list[int]) -> None:
    together = rng.uniform(seed, "t.c", np.array(ids))
    assert together.tolist() == [rng.uniform(seed, "t.c", np.array([one]))[0] for one in ids]


def test_streams_seeds_and_draws_are_independent() -> None:
    first = rng.uniform(1, "a.b", IDS)
    for other in (rng.uniform(1, "a.c", IDS), rng.uniform(2, "a.b", IDS), rng.uniform(1, "a.b", IDS, 1)):
        assert abs(np.corrcoef(first, other)[0, 1]) < 0.02
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.02


def test_uniform_is_uniform() -> None:
    counts = np.histogram(rng.uniform(7, "t.u", IDS), bins=50, range=(0, 1))[0]
    assert counts.min() > 1_800
    assert counts.max() < 2_200


@pytest.mark.parametrize("bound", [1, 2, 3, 7, 1000, 2**31])
def test_below_reaches_its_whole_range_and_nothing_else(bound: int) -> None:
    drawn = rng.below(3, "t.b", IDS, bound)
    assert drawn.min() >= 0
    assert drawn.max() < bound
    if bound <= 1000:
        assert len(np.unique(drawn)) == bound


@pytest.mark.parametrize("bound", [0, 1, 2**33 - 1, 2**33, 2**48 + 5, 2**60, 2**63, 2**64 - 1])
def test_the_lowest_are_those_of_all_that_are_below_a_bound(bound: int) -> None:
    drawn = rng.bits(3, "t.l", IDS)
    for least in {bound, int(np.sort(drawn)[500]), int(np.sort(drawn)[500]) + 1}:
        place, words = rng.lowest(3, "t.l", rng.turned(IDS), least)
        assert place.tolist() == np.flatnonzero(drawn < np.uint64(least)).tolist()
        assert words.tolist() == drawn[place].tolist()


def test_a_higher_probability_only_adds() -> None:
    low, high = rng.chance(5, "t.p", IDS, 0.2), rng.chance(5, "t.p", IDS, 0.3)
    assert not (low & ~high).any()
    assert 0.19 < low.mean() < 0.21


def test_choose_follows_the_weights() -> None:
    drawn = np.bincount(rng.choose(5, "t.w", IDS, np.cumsum([1, 0, 3])), minlength=3) / len(IDS)
    assert drawn[1] == 0
    assert drawn[0] == pytest.approx(0.25, abs=0.01)


@given(st.lists(st.integers(0, 40_000), min_size=1, max_size=40).filter(any))
def test_a_draw_by_weight_falls_where_a_search_would_find_it(weights: list[int]) -> None:
    sums, ids = np.cumsum(weights), np.arange(3_000)
    ticket = rng.below(7, "test.choose", ids, sums[-1])
    assert (rng.choose(7, "test.choose", ids, sums) == np.searchsorted(sums, ticket, side="right")).all()


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=400).filter(any))
def test_a_guide_finds_what_a_search_finds(weights: list[int]) -> None:
    sums = np.cumsum(weights)
    tickets = np.unique(np.concatenate([[0], sums - 1, sums[sums < sums[-1]], np.arange(min(int(sums[-1]), 500))]))
    tickets = tickets[tickets >= 0]
    assert (rng.guide(sums).find(tickets) == np.searchsorted(sums, tickets, side="right")).all()


@pytest.mark.parametrize("probability", [-0.5, 0, 1e-9, 0.12, 0.5, 1 - 2**-53, 1, 1.5])
def test_a_chance_is_a_uniform_below_the_probability_whether_one_is_given_or_one_for_each_row(
    probability: float,
) -> None:
    ids = np.arange(20_000)
    expected = rng.uniform(7, "some", ids) < probability
    assert (rng.chance(7, "some", ids, probability) == expected).all()
    assert (rng.chance(7, "some", ids, np.full(len(ids), probability)) == expected).all()


def test_several_draws_at_once_are_those_of_one_at_a_time() -> None:
    ids = np.arange(-3, 1000)
    together = rng.below(7, "some", ids, 1 << 20, np.array([2, 3, 11])[:, None])
    assert together.tolist() == [rng.below(7, "some", ids, 1 << 20, draw).tolist() for draw in (2, 3, np.int64(11))]
