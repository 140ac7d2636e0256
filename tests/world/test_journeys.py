"""Visits have causes: they lead to orders, answer mails and belong to campaigns; time passes in each as in no other."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest

from shardgen.tables.wanted import plan_config
from shardgen.world import World, clicks, journeys, orders, payments, records, scripts, sessions, traffic
from shardgen.world.demand import DAY, HOUR


@cache
def world(**changes: object) -> World:
    options = {"customers": 2_000, "orders_per_day": 60, "sessions_per_day": 400, "days": 120, "seed": 7, **changes}
    return World(plan_config(today=date(2026, 1, 1), **options).world)


@cache
def visits() -> sessions.Sessions:
    return sessions.select(world(), 20_000, 32_000)


def test_a_visit_that_leads_to_an_order_is_over_before_it_and_at_most_two_weeks_older() -> None:
    number, shop = np.arange(12_000), world()
    began = shop.sessions.second.times(number)
    found = journeys.ahead(shop, number * 2, began, np.ones(len(number), dtype=np.bool_))
    lag = found.order.arrived - began[found.row]
    assert len(lag) > 500
    assert lag.min() > 3 * HOUR
    assert lag.max() < 14 * DAY


def test_orders_that_are_picked_hour_by_hour_are_those_of_the_stream() -> None:
    shop = world()
    hours, counts = np.array([300, 301, 640]), shop.web_orders.hourly
    some = [np.arange(counts[hour], counts[hour + 1]) for hour in hours.tolist()]
    picked = orders.of_hours(
        shop,
        hours,
        np.repeat(np.arange(3), [len(each) for each in some]),
        np.concatenate([np.arange(len(e)) for e in some]),
    )
    straight = [orders.of_web(shop, each) for each in some]
    for field in ("number", "arrived", "placed", "web", "zone", "rank"):
        assert np.array_equal(getattr(picked, field), np.concatenate([getattr(each, field) for each in straight])), (
            field
        )


def test_whoever_comes_before_an_order_is_its_buyer_on_the_device_that_buys() -> None:
    shop, seen = world(), visits()
    buying = np.flatnonzero(seen.buying)
    leading = np.flatnonzero(seen.product >= 0)
    bought = set(zip(seen.cookie[buying].tolist(), strict=True))
    assert np.mean([(cookie,) in bought for cookie in seen.cookie[leading].tolist()]) > 0.6  # others buy later
    assert (shop.catalogue.born[seen.product[leading]] <= seen.start[leading] // DAY).all()


def test_nobody_is_logged_in_before_the_registration() -> None:
    seen = visits()
    early = seen.logged_in & ~seen.buying
    assert (world().customers.times(seen.customer[early]) < seen.start[early]).all()
    unknown = (seen.customer >= 0) & ~seen.logged_in
    assert (world().customers.times(seen.customer[unknown]) > seen.start[unknown]).any(), "visitors were there before"


def test_mail_goes_to_customers_who_want_it() -> None:
    seen = visits()
    mailed = np.flatnonzero(seen.source == traffic.EMAIL)
    assert len(mailed) > 300
    assert (seen.customer[mailed] >= 0).all()
    assert records.opted_in(world().seed, seen.customer[mailed], seen.start[mailed]).all()


def test_a_reminder_follows_a_cart_that_the_visitor_left_behind_within_a_week() -> None:
    seen = sessions.select(world(), 0, 32_000)
    left = world().scripts.leaves_cart[seen.script] & ~seen.buying
    carts: dict[int, list[int]] = {}
    for row in np.flatnonzero(left).tolist():
        carts.setdefault(int(seen.cookie[row]), []).append(int(seen.start[row]))
    reminded = np.flatnonzero((traffic.CALL[seen.campaign] == traffic.REMINDER) & ~seen.buying)
    assert len(reminded) > 50
    for row in reminded.tolist():
        ago = [seen.start[row] - cart for cart in carts.get(int(seen.cookie[row]), ())]
        assert any(0 < each <= 7 * DAY for each in ago)


@pytest.mark.parametrize(("call", "low", "high"), [(traffic.WELCOME, 0, 15), (traffic.WIN_BACK, 100, 400)])
def test_a_welcome_follows_the_registration_and_a_win_back_long_after_it(call: int, low: int, high: int) -> None:
    seen = visits()
    rows = np.flatnonzero(traffic.CALL[seen.campaign] == call)
    since = (seen.start[rows] - world().customers.times(seen.customer[rows])) / DAY
    assert len(rows) > 20
    assert since.min() >= low
    assert since.max() <= high


@pytest.mark.parametrize("call", [traffic.REMINDER, traffic.WELCOME, traffic.WIN_BACK])
def test_a_few_percent_of_those_who_answer_a_call_buy(call: int) -> None:
    seen = sessions.select(world(), 0, 48_000)
    called = traffic.CALL[seen.campaign] == call
    assert 0.004 < seen.buying[called].mean() < 0.1


def test_a_reminder_of_a_cart_leads_to_a_product() -> None:
    seen = visits()
    assert set(seen.landing[traffic.CALL[seen.campaign] == traffic.REMINDER].tolist()) == {scripts.PRODUCT}


@pytest.mark.parametrize("customers", [500, 1_500, 4_000])
def test_a_win_back_follows_silence_however_few_customers_there_are(customers: int) -> None:
    shop = world(customers=customers, orders_per_day=customers // 60, sessions_per_day=customers // 8, days=365)
    bought = orders.select(shop, 0, shop.config.orders)
    buyer = orders.buyers(shop, bought).number
    seen = sessions.select(shop, shop.config.sessions // 3, shop.config.sessions)
    called = np.flatnonzero((traffic.CALL[seen.campaign] == traffic.WIN_BACK) & ~seen.buying)
    ago = [seen.start[row] - bought.placed[buyer == seen.customer[row]] for row in called.tolist()]
    assert len(called) > customers // 25
    assert np.mean([not ((each > 0) & (each < 90 * DAY)).any() for each in ago]) > 0.8


def test_a_buyer_who_lands_on_a_product_mostly_buys_another_one() -> None:
    seen = visits()
    landed = clicks.landed_on(world(), seen)
    rows = np.flatnonzero(seen.buying & (seen.landing == scripts.PRODUCT))
    of = np.cumsum(seen.buying) - 1
    bought = [landed[row] in seen.lines.product[seen.lines.order == of[row]] for row in rows.tolist()]
    assert 0.2 < np.mean(bought) < 0.42


def test_no_two_visits_pass_in_the_same_rhythm_and_time_rises_within_each() -> None:
    seen = sessions.select(world(), 20_000, 26_000)
    played = clicks.play(world(), seen)
    inside = played.sequence[1:] > 1
    assert (np.diff(played.time)[inside] > 0).all()
    first = np.flatnonzero(played.sequence == 1)
    assert np.array_equal(played.time[first], seen.start)
    long = np.flatnonzero(seen.events == 9)
    times = played.time[first[long][:, None] + np.arange(9)]
    rhythm = (times - times[:, :1]) / (times[:, -1:] - times[:, :1])
    assert len(np.unique(np.round(rhythm, 5), axis=0)) == len(long)


def test_a_purchase_is_when_the_order_is_placed() -> None:
    seen = visits()
    played = clicks.play(world(), seen)
    assert np.array_equal(played.time[played.type == scripts.PURCHASE], seen.bought.placed)


def test_all_attempts_to_pay_lie_between_the_start_of_the_checkout_and_the_order() -> None:
    seen = sessions.select(world(), 0, 32_000)
    played = clicks.play(world(), seen)
    begun = played.time[(played.type == scripts.CHECKOUT) & seen.buying[played.session]]
    tried = payments.attempts(world(), seen.bought, orders.parties(world(), seen.bought))
    assert (tried.reason != payments.NO_REASON).sum() > 50
    assert (tried.time > begun[tried.order]).all()
    assert (tried.time <= seen.bought.placed[tried.order]).all()
    inside = played.sequence[1:] > 1
    assert (np.diff(played.time)[inside] > 0).all()


@pytest.mark.parametrize("mean", [1, 1.5, 2, 5, 14, 20, 30, 45, 59, 60])
def test_lengths_have_the_mean_that_is_asked_for(mean: float) -> None:
    lengths = sessions.browsing_lengths(mean)
    assert lengths.min() >= 1
    assert lengths.max() <= scripts.MAX_EVENTS
    assert abs(lengths.mean() - mean) < 0.02 * mean


def test_no_length_is_the_limit_of_many() -> None:
    counts = np.bincount(sessions.browsing_lengths(14), minlength=scripts.MAX_EVENTS + 1)
    assert counts[-1] <= counts[-6:-1].mean() * 1.2
