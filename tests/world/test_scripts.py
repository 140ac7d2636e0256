"""Every script obeys the story's laws (L11, L12), whatever session plays it."""

from __future__ import annotations

import numpy as np
import pytest

from shardgen.world import scripts

SEEDS = (0, 42)


def steps(table: scripts.Scripts, number: int) -> list[tuple[int, int, int]]:
    run = slice(table.starts[number], table.starts[number] + table.lengths[number])
    return list(zip(table.type[run].tolist(), table.page[run].tolist(), table.slot[run].tolist(), strict=True))


def check_story(run: list[tuple[int, int, int]], items: int) -> None:
    seen: set[int] = set()
    cart: set[int] = set()
    sought: int | None = None
    paying = False
    for kind, page, slot in run:
        if sought is not None:
            assert (kind, slot) == (scripts.VIEW, sought), "a search is followed by what it finds"
            sought = None
        if kind == scripts.VIEW:
            seen.add(slot)
        elif kind == scripts.SEARCH:
            sought = slot
        elif kind == scripts.ADD:
            assert slot in seen, "viewed before it is added"
            assert slot not in cart
            cart.add(slot)
        elif kind == scripts.REMOVE:
            cart.remove(slot)
        elif kind == scripts.CHECKOUT:
            assert cart, "a checkout needs a cart"
            paying = True
        elif kind == scripts.PURCHASE:
            assert paying, "checkout before purchase"
            assert cart == set(range(items)), "the cart at purchase is the order"
            assert page == scripts.CONFIRMATION
    assert sought is None
    assert sum(kind == scripts.PURCHASE for kind, _, _ in run) == (items > 0)
    assert not items or run[-1][0] == scripts.PURCHASE


@pytest.mark.parametrize("seed", SEEDS)
def test_browsing_scripts_never_buy_and_obey_the_story(seed: int) -> None:
    table = scripts.scripts(seed)
    for number in range(scripts.MAX_EVENTS * scripts.VARIANTS):
        run = steps(table, number)
        assert len(run) == number // scripts.VARIANTS + 1
        check_story(run, items=0)


@pytest.mark.parametrize("seed", SEEDS)
def test_buying_scripts_end_with_the_order_and_obey_the_story(seed: int) -> None:
    table = scripts.scripts(seed)
    for items in range(1, scripts.ITEM_SLOTS + 1):
        for length in range(2 * items + 3, scripts.MAX_EVENTS + 1):
            for variant in range(scripts.BUYING_VARIANTS):
                number = int(scripts.buying_index(np.array(items), np.array(length), np.array(variant)))
                run = steps(table, number)
                assert len(run) == length
                check_story(run, items=items)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_script_leaves_a_cart_behind_that_holds_something_at_its_end_and_does_not_buy(seed: int) -> None:
    table = scripts.scripts(seed)
    for number in range(0, len(table.starts), 37):
        run = steps(table, number)
        held = sum({scripts.ADD: 1, scripts.REMOVE: -1}.get(kind, 0) for kind, _, _ in run)
        bought = any(kind == scripts.PURCHASE for kind, _, _ in run)
        assert table.leaves_cart[number] == (held > 0 and not bought)


def test_whoever_looks_into_the_cart_mostly_has_something_in_it() -> None:
    table = scripts.scripts(0)
    script = np.repeat(np.arange(len(table.starts)), table.lengths)
    change = (table.type == scripts.ADD).astype(np.int64) - (table.type == scripts.REMOVE)
    total = np.cumsum(change)
    held = total - (total - change)[table.starts][script]
    looks = (table.page == scripts.CART) & (table.type == scripts.PAGE_VIEW)
    browsing = script < scripts.MAX_EVENTS * scripts.VARIANTS
    assert (held[looks] > 0).mean() > 0.5
    assert (held[looks & browsing] > 0).mean() > 0.3
