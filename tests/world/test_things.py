"""Laws of what is sold: prices, promotions, seasons, and that things fit whoever buys them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from shardgen.model.config import MAX_SEED
from shardgen.world import fates, fitting, kinds, orders, personas, products, promotions, zones
from shardgen.world.demand import DAY, HOUR
from shardgen.world.lexicon import SUBCATEGORIES
from shardgen.world.lexicon.fit import PLUGS
from shardgen.world.world import World
from tests.worlds import small

YEAR = small(days=365, end=date(2026, 1, 1), customers=500, products=3_000, orders_per_day=40).world
STAPLES = [kinds.KIND[slug] for slug in ("coffee-beans", "teas", "dog-food", "shampoos", "face-creams", "nuts")]
TURNING = [
    each.slug
    for each in SUBCATEGORIES
    if (kinds.SEASON[0, :, kinds.KIND[each.slug]] != kinds.SEASON[1, :, kinds.KIND[each.slug]]).any()
]
EPOCH = (YEAR.epoch - date(1970, 1, 1)).days


@pytest.fixture(scope="module", params=[42, MAX_SEED])
def world(request: pytest.FixtureRequest) -> World:
    return World(replace(YEAR, seed=request.param))


@pytest.fixture(scope="module")
def bought(world: World) -> tuple[orders.Orders, orders.Items]:
    placed = orders.select(world, 0, world.orders.total)
    return placed, orders.items(world, placed)


def test_a_price_holds_from_the_day_that_it_is_told_since(world: World) -> None:
    shop, ids = world.catalogue, np.arange(world.catalogue.size)
    last = np.full(len(ids), EPOCH + 364)
    price, since = shop.prices.on(ids, last), shop.prices.since(ids, last, np.full(len(ids), EPOCH - 2_000))
    for back in range(0, 400, 40):
        held = last - back >= since
        assert (shop.prices.on(ids, last - back)[held] == price[held]).all()
    changed = since > EPOCH
    assert (shop.prices.on(ids, since - 1)[changed] != price[changed]).all()
    assert 0.3 < changed.mean() < 0.7


def test_a_cost_lies_below_every_price(world: World) -> None:
    shop, ids = world.catalogue, np.arange(world.catalogue.size)
    cost = products.costs(shop, ids, shop.subcategory.astype(np.int64))
    assert (cost > 0).all()
    for day in range(EPOCH, EPOCH + 3_000, 100):
        assert (cost < shop.prices.on(ids, np.full(len(ids), day))).all()


def test_nothing_is_sold_before_its_launch_or_after_its_end(
    world: World, bought: tuple[orders.Orders, orders.Items]
) -> None:
    placed, lines = bought
    day, shop = placed.placed[lines.order] // DAY, world.catalogue
    assert (world.launches.times(lines.product) < placed.arrived[lines.order]).all()
    assert (day < shop.gone[lines.product]).all()
    assert (lines.unit_price == shop.prices.on(lines.product, day)).all()


def test_nine_in_ten_eligible_lines_are_reduced_and_no_other(
    world: World, bought: tuple[orders.Orders, orders.Items]
) -> None:
    placed, lines = bought
    offers, day = world.shop.promotions, placed.placed[lines.order] // DAY
    brand, channel = world.catalogue.brand[lines.product], placed.channel[lines.order]
    eligible = offers.of_lines(brand, lines.subcategory, day, channel) != promotions.NONE
    reduced = lines.promotion != promotions.NONE
    assert not reduced[~eligible].any()
    assert 0.87 < reduced[eligible].mean() < 0.93
    assert ((lines.discount > 0) == reduced).all()


def test_promotions_have_codes_of_their_own_and_black_friday_is_one_of_them(world: World) -> None:
    every = world.shop.promotions.all
    assert len({each.code for each in every}) == len(every)
    [friday] = [each for each in every if each.scope == "everything"]
    assert (friday.name, friday.code) == ("Black Friday 2025", "BF25")
    assert date.fromordinal(date(1970, 1, 1).toordinal() + friday.begins) == date(2025, 11, 24)


def test_plugs_and_keyboards_fit_the_country_of_the_order(
    world: World, bought: tuple[orders.Orders, orders.Items]
) -> None:
    placed, lines = bought
    persona = placed.personas(world.seed)[lines.order]
    bound = np.flatnonzero(fitting.BOUND[lines.subcategory])
    kind = lines.subcategory[bound]
    wanted = fitting.FIRST_CELL[kind] + fitting.WANTED[kind, persona[bound]]
    assert len(bound) > 100
    assert (world.catalogue.cell[lines.product[bound]] == wanted).all()


def test_a_cell_tells_the_attributes_of_its_products() -> None:
    chargers = kinds.KIND["chargers"]
    told = [fitting.attributes(chargers, int(fitting.FIRST_CELL[chargers]) + cell) for cell in range(4)]
    assert {each["plug"] for each in told} == set(PLUGS.values())
    for number, each in enumerate(SUBCATEGORIES):
        offered = dict(each.attributes)
        for cell in range(int(fitting.CELLS[number])):
            for key, value in fitting.attributes(number, int(fitting.FIRST_CELL[number]) + cell).items():
                assert value in offered[key]


def test_a_year_of_seasons_is_a_mean_year() -> None:
    assert kinds.SEASON.mean(axis=1) == pytest.approx(1000, rel=0.01)
    days = np.arange(EPOCH, EPOCH + 365)
    assert kinds.seasons(days).mean(axis=0) == pytest.approx(1000, rel=0.03)


@pytest.mark.parametrize("slug", sorted(TURNING))
def test_what_has_a_season_in_the_north_has_it_half_a_year_later_in_the_south(slug: str) -> None:
    north, south = kinds.seasons(np.arange(EPOCH, EPOCH + 365))[:, :, kinds.KIND[slug]].T
    assert np.corrcoef(north, south)[0, 1] < 0
    assert np.corrcoef(np.roll(north, 183), south)[0, 1] > 0.97


def test_presents_are_bought_before_christmas_on_both_sides_of_the_equator() -> None:
    for slug in ("building-sets", "perfumes"):
        both = kinds.seasons(np.arange(EPOCH, EPOCH + 365))[:, :, kinds.KIND[slug]].T
        assert (both[0] == both[1]).all()
        assert EPOCH + int(both[0].argmax()) >= EPOCH + 334


def again(lines: orders.Items, by: np.ndarray, some: np.ndarray) -> float:
    """How often what is bought next of a kind, by the same one in another order, is the same product."""
    columns = (lines.order[some], by[some], lines.subcategory[some], lines.product[some])
    row = np.lexsort(columns[:3])
    same_order, same_one, same_kind, same_product = (each[row][:-1] == each[row][1:] for each in columns)
    pairs = same_one & same_kind & ~same_order
    return float(same_product[pairs].mean())


def test_customers_buy_their_own_favourites_again_and_staples_more_often() -> None:
    world = World(replace(YEAR, customers=5_000, orders=25_000))
    placed = orders.select(world, 0, world.orders.total)
    lines = orders.items(world, placed)
    who, staple = orders.buyers(world, placed).number[lines.order], np.isin(lines.subcategory, STAPLES)
    staples, others = (again(lines, who, some) for some in (staple, ~staple))
    assert staples > 1.25 * others
    for own, some in ((staples, staple), (others, ~staple)):
        assert own > 1.5 * again(lines, np.zeros_like(who), some)


def test_parcels_come_by_day_and_on_no_sunday(world: World, bought: tuple[orders.Orders, orders.Items]) -> None:
    placed, _ = bought
    fate = fates.of_orders(world, placed)
    parcels = (placed.channel != orders.STORE) & (fate.delivered != orders.NEVER)
    local = zones.local_times(placed.zone[parcels], fate.delivered[parcels])
    weekday = np.bincount((local // DAY + 3) % 7, minlength=7)
    hour = local % DAY // HOUR
    assert weekday[6] < 0.002 * weekday.sum()  # what is handed over as the clocks change
    assert weekday[:6].min() > 0.8 * weekday[:6].mean() / 1.2
    assert ((hour >= 7) & (hour <= 21)).all()
    assert (fate.delivered[parcels] > fate.shipped[parcels]).all()
    assert (fate.delivered[parcels] - fate.shipped[parcels] < 20 * DAY).all()


def test_a_basket_does_not_depend_on_the_other_orders(world: World, bought: tuple[orders.Orders, orders.Items]) -> None:
    placed, lines = bought
    some = placed.take(np.arange(0, len(placed.number), 7))
    again = orders.items(world, some)
    kept = np.isin(lines.order % 7, [0])
    for name in ("product", "quantity", "unit_price", "discount", "returned", "key"):
        assert (getattr(again, name) == getattr(lines, name)[kept]).all()


def test_personas_of_a_country_are_half_women(world: World) -> None:
    women = np.bincount(personas.ZONE, weights=personas.FEMALE)
    big = personas.SIZE >= 8
    assert (women[big] / personas.SIZE[big]).tolist() == pytest.approx([0.5] * int(big.sum()), abs=0.13)
