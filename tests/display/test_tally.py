"""The accounting behind the displays: rows, shards, speed, what is left, the workers and how their time splits."""

from __future__ import annotations

import pytest

from shardgen.display.lanes import Split, verdict
from shardgen.display.speed import WINDOW, Trend
from shardgen.display.tally import Tally
from shardgen.events import LoadStarted
from shardgen.forecast.forecast import FINISHING
from tests.fake_events import WHOLE, FakeClock, begun, copied, done, failed, retried, seen, started, tally_of

# --- the accounting ---------------------------------------------------------------------------------------------------


def test_tables_come_in_the_order_of_the_story():
    assert list(tally_of(started()).tables) == ["orders", "clickstream"]


def test_rows_count_before_their_commit_and_are_settled_by_it():
    tally = tally_of(started(), begun("orders/1"), copied("orders/1", 400))
    assert (tally.tables["orders"].rows, tally.all.rows) == (400, 400)
    tally.take(done("orders/1", 510))
    assert (tally.tables["orders"].rows, tally.all.rows, tally.all.shards_done) == (510, 510, 1)


@pytest.mark.parametrize("event", [retried, failed])
def test_a_shard_that_fails_takes_its_rows_back(event):
    tally = tally_of(started(), begun("orders/1"), copied("orders/1", 400), event("orders/1"))
    assert (tally.all.rows, tally.all.flying) == (0, {})
    assert tally.all.retries + tally.all.failures == tally.tables["orders"].retries + tally.all.failures == 1


def test_a_second_attempt_begins_at_nothing():
    tally = tally_of(started(), begun("orders/1"), copied("orders/1", 400), begun("orders/1", 2))
    assert tally.all.rows == 0


def test_a_shard_counts_once_whatever_is_said_about_it_later():
    tally = tally_of(
        started(), begun("orders/1"), done("orders/1", 500), copied("orders/1", 80), done("orders/1", 500, by_us=False)
    )
    assert (tally.all.rows, tally.all.shards_done) == (500, 1)


def test_a_table_ends_at_what_it_has_whatever_was_estimated():
    tally = tally_of(*WHOLE)
    for account in (tally.all, *tally.tables.values()):
        assert account.finished
        assert account.share == 1.0
        assert account.total == account.rows
    assert (tally.all.rows, tally.all.bytes) == (9985, 99850)


def test_a_bar_is_never_full_before_its_last_shard():
    tally = tally_of(started(), done("orders/1", 1400), begun("orders/2"))
    assert 0.9 < tally.tables["orders"].share < 1.0
    assert tally.tables["orders"].total == 1400


def test_resumed_rows_are_done_from_the_start_and_no_speed():
    clock = FakeClock()
    tally = tally_of(started(resumed=True, orders=500), begun("orders/2"), clock=clock)
    assert (tally.all.rows, tally.all.shards_done, tally.all.ours) == (500, 1, 0)
    tally.look()
    clock.now += 2
    tally.take(copied("orders/2", 100))
    tally.take(done("clickstream/0", 3000, by_us=False))
    tally.look()
    assert tally.all.speed.rate == tally.tables["orders"].speed.rate == 50


def test_speed_is_that_of_the_last_seconds():
    clock = FakeClock()
    tally = tally_of(started(), begun("clickstream/0"), clock=clock)
    for second in range(60):
        clock.now += 1
        tally.take(copied("clickstream/0", 10 * second if second < 30 else 300 + 100 * (second - 30)))
        tally.look()
    assert tally.all.speed.rate == pytest.approx(100)
    assert WINDOW < 30


def test_a_load_of_nothing_is_complete():
    tally = tally_of(
        LoadStarted(
            run=1,
            resumed=False,
            workers=1,
            rows={"orders": 0},
            shards={"orders": 0},
            rows_done={},
            shards_done={},
            bytes={},
            local=True,
        )
    )
    assert (tally.all.share, tally.tables["orders"].share) == (1.0, 1.0)


def test_a_table_of_empty_shards_moves_by_shards():
    tally = tally_of(
        LoadStarted(
            run=1,
            resumed=False,
            workers=1,
            rows={"orders": 0},
            shards={"orders": 4},
            rows_done={},
            shards_done={},
            bytes={},
            local=True,
        ),
        done("orders/1", 0),
    )
    assert tally.all.share == 0.25


def test_the_whole_is_measured_in_bytes_because_tables_differ():
    tally = tally_of(started(), begun("orders/1"), done("orders/1", 500))
    assert tally.all.share == pytest.approx(500 / 10_000)
    assert tally.share == pytest.approx(500 * 150 / (150_000 + 900_000))


# --- speed and what is left -------------------------------------------------------------------------------------------


def test_a_trend_does_not_count_the_time_before_the_first_row():
    trend = Trend()
    for second in range(30):
        trend.note(float(second), max(0, second - 10) * 7.0)
    assert trend.rate == pytest.approx(7.0)


def test_a_trend_moves_less_and_less():
    def shaken_at(second: int) -> float:
        trend, amount = Trend(), 0.0
        for now in range(second):
            trend.note(float(now), amount)
            amount += 100
        before = trend.rate
        for now in range(second, second + 5):  # five seconds at half the speed
            trend.note(float(now), amount)
            amount += 50
        return abs(trend.rate / before - 1)

    assert shaken_at(20) > 2 * shaken_at(200)
    assert shaken_at(200) < 0.05


def test_what_is_left_follows_the_steady_speed_and_includes_the_steps_at_the_end():
    clock = FakeClock()
    tally = tally_of(started(), begun("clickstream/0"), clock=clock)
    for second in range(21):
        tally.take(copied("clickstream/0", 100 * second))
        tally.look()
        clock.now += 1
    whole, per_second = 150_000 + 900_000, 100 * 100
    left = whole - 20 * per_second
    assert tally.work.eta == pytest.approx((left + FINISHING * whole) / per_second, rel=0.01)


def test_work_that_is_lost_is_no_slowness():
    clock = FakeClock()
    tally = tally_of(started(), begun("clickstream/0"), clock=clock)
    for second in range(20):
        tally.take(copied("clickstream/0", 100 * second))
        tally.look()
        clock.now += 1
    before = tally.work.eta
    assert before is not None
    tally.take(retried("clickstream/0"))
    tally.take(begun("clickstream/0", 2))
    tally.take(copied("clickstream/0", 100))
    tally.look()
    assert tally.all.speed.rate == pytest.approx(100, rel=0.05)
    assert tally.work.eta == pytest.approx(before + 18, rel=0.05)


# --- workers ----------------------------------------------------------------------------------------------------------


def lanes(tally: Tally) -> list[str | None]:
    return [lane.shard if lane else None for lane in tally.lanes.lanes]


def test_each_shard_has_a_lane_until_it_is_done_or_fails():
    tally = tally_of(started(), begun("orders/1"), begun("clickstream/0"))
    assert lanes(tally) == ["orders/1", "clickstream/0"]
    tally.take(done("orders/1", 500))
    assert lanes(tally) == [None, "clickstream/0"]
    tally.take(begun("orders/2"))
    tally.take(retried("clickstream/0"))
    assert lanes(tally) == ["orders/2", None]
    tally.take(begun("clickstream/0", 2))
    assert [lane.attempt for lane in tally.lanes.busy] == [1, 2]


def test_there_are_no_more_lanes_than_shards_to_do():
    assert len(tally_of(started(orders=1000)).lanes.lanes) == 2
    assert len(tally_of(started(orders=1000, clickstream=6000)).lanes.lanes) == 1


def test_a_lane_tells_rows_what_its_backend_does_and_who_the_worker_is():
    tally = tally_of(started(), begun("clickstream/0"))
    [lane] = tally.lanes.busy
    assert (lane.doing, lane.worker, lane.share) == ("starting", 0, 0.0)
    tally.take(copied("clickstream/0", 1500))
    assert (lane.doing, lane.worker, lane.share) == ("copying", 4242, 0.5)
    tally.take(seen("clickstream/0", "indexing"))
    assert (lane.doing, lane.rows, lane.share, tally.all.rows) == ("indexing", 1500, 1.0, 1500)


def test_a_shard_that_was_never_seen_copying_has_copied_all_when_it_is_indexed():
    tally = tally_of(started(), begun("orders/1"), seen("orders/1", "indexing"))
    assert tally.lanes.busy[0].share == 1.0


def test_time_splits_by_the_phases_of_the_shards_that_are_done_and_the_last_ones_count_most():
    split = Split()
    assert split.database is None
    split.settle({"generate": 1.0, "encode": 1.0, "copy": 7.0, "index": 1.0}, 0.0)
    assert split.database == pytest.approx(0.8)
    split.settle({"generate": 10.0}, 0.0)
    assert split.database == pytest.approx(0.4)
    split.settle({"copy": 10.0}, 600.0)
    assert split.database == pytest.approx(1.0, abs=0.01)


def test_shards_that_others_did_say_nothing_of_our_time():
    assert tally_of(started(), done("orders/1", 500, by_us=False, copy=10.0)).split.database is None
    assert tally_of(started(), done("orders/1", 500, copy=10.0)).split.database == 1.0


@pytest.mark.parametrize(
    ("database", "workers", "cpus", "local", "text"),
    [
        (0.8, 2, 2, True, "the database is the limit: more workers will not help"),
        (0.8, 2, 8, True, "the database is the limit: more workers help while it has CPUs to spare"),
        (0.8, 8, 2, False, "the database is the limit: more workers help while it has CPUs to spare"),
        (None, 2, 2, True, ""),
        (None, 8, 2, True, "8 workers share 2 CPUs with the database: more will not help"),
        (0.8, 8, 2, True, "8 workers share 2 CPUs with the database: more will not help"),
        (0.2, 2, 2, True, "building rows is the limit: more workers will not help"),
        (0.2, 2, 2, False, "building rows is the limit: more workers will not help"),
        (0.2, 2, 8, False, "building rows is the limit: more workers will help"),
        (0.5, 2, 2, True, "building rows and the database take the same time: more workers will not help"),
        (0.5, 2, 8, True, "building rows and the database take the same time: more workers will help"),
    ],
)
def test_the_verdict_says_whether_more_workers_would_help(database, workers, cpus, local, text):
    assert verdict(database, workers=workers, cpus=cpus, local=local) == text
