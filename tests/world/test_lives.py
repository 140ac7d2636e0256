"""Laws of customers' lives: numbers and members answer each other, first orders are first, and many never come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from shardgen.model.config import MAX_SEED
from shardgen.world import lives, orders, personas
from shardgen.world.demand import HOUR
from shardgen.world.world import World
from tests.worlds import small

YEAR = small(days=365, end=date(2026, 1, 1), customers=2_000, orders_per_day=30).world
WORLDS = {
    "usual": YEAR,
    "sparse": replace(YEAR, customers=12_000, seed=7),
    "one customer": replace(YEAR, customers=1, seed=1),
    "two customers and an order": replace(YEAR, customers=2, orders=1, seed=2),
    "more customers than orders": replace(YEAR, customers=5_000, orders=10, seed=3),
    "few days": replace(YEAR, horizon=2, customers=300, orders=100, seed=MAX_SEED),
}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest) -> World:
    return World(WORLDS[request.param])


def test_there_are_as_many_customers_as_asked_for_and_each_number_has_one_member(world: World) -> None:
    people = world.customers
    everybody = np.arange(people.total)
    assert people.total == world.config.customers
    assert people.numbers(people.members(everybody)).tolist() == everybody.tolist()


def test_customers_register_in_order_of_their_numbers(world: World) -> None:
    times = world.customers.times(np.arange(world.customers.total))
    assert (np.diff(times) >= 0).all()
    assert (world.customers.before(times) <= np.arange(len(times))).all()


def test_nobody_orders_before_the_registration_and_a_walk_in_has_no_earlier_order(world: World) -> None:
    people, placed = world.customers, orders.select(world, 0, world.orders.total)
    who = orders.buyers(world, placed).number
    first = np.zeros(len(who), dtype=np.bool_)
    first[np.unique(who, return_index=True)[1]] = True
    walks_in = people.families.is_first(placed.rank)
    since = placed.arrived - people.times(who)
    assert (since > 0).all()
    assert first[walks_in].all()
    assert (since[walks_in] < 2 * HOUR).all()


def test_an_order_falls_to_a_customer_of_its_own_kind(world: World) -> None:
    placed = orders.select(world, 0, world.orders.total)
    who = orders.buyers(world, placed)
    assert (personas.ZONE[who.persona] == placed.zone).mean() > 0.9 or world.customers.total < 1_000
    again = world.customers.members(who.number)
    assert again.persona.tolist() == who.persona.tolist()


def test_many_buy_once_and_some_for_years() -> None:
    world = World(WORLDS["sparse"])
    placed = orders.select(world, 0, world.orders.total)
    bought = np.bincount(orders.buyers(world, placed).number, minlength=world.customers.total)
    assert 0.55 < (bought[bought > 0] == 1).mean() < 0.8
    assert 0.1 < (bought == 0).mean() < 0.6


def test_each_life_is_lived_once_in_every_run() -> None:
    world = World(replace(YEAR, customers=40_000))
    members = world.customers.members(np.arange(world.customers.total))
    life = lives.life_of(world.seed, members)
    run = (members.persona * 2 + members.family) * 1_000 + members.index // lives.LIVES
    numbers, counts = np.unique(run, return_counts=True)
    whole = numbers[counts == lives.LIVES].tolist()
    assert whole
    assert all(sorted(life[run == number]) == list(range(lives.LIVES)) for number in whole)


def test_any_range_of_orders_is_a_slice_of_all(world: World) -> None:
    every, third = orders.select(world, 0, world.orders.total), world.orders.total // 3
    part = orders.select(world, third, 2 * third)
    for name in ("arrived", "placed", "channel", "web", "zone", "rank"):
        assert getattr(part, name).tolist() == getattr(every, name)[third : 2 * third].tolist()
    web = orders.of_web(world, np.arange(world.web_orders.total // 2, world.web_orders.total))
    assert web.number.tolist() == every.number[every.web >= 0][world.web_orders.total // 2 :].tolist()


def test_stores_and_telephones_take_orders_by_day_only(world: World) -> None:
    placed = orders.select(world, 0, world.orders.total)
    by_day = (placed.channel == orders.STORE) | (placed.channel == orders.PHONE)
    hour = orders.zones.local_hours(placed.zone[by_day], placed.placed[by_day])
    assert ((hour >= orders.OPENS) & (hour < orders.CLOSES)).all()
