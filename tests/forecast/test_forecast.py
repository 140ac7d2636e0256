"""How long a load will take, from what was measured: no server, no clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shardgen.forecast.calibration import COUNTED_ROWS, Calibration, Pace, _thinned, calibrate
from shardgen.forecast.forecast import FINISHING, STARTING, duration_of, tables_of
from shardgen.model.plan import Plan
from shardgen.tables import dataset
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import plan_config
from tests.worlds import TABLES, TODAY, small

PACE = Pace(rows=1000, tried=1000, start=0.0, build=0.001, copy=0.002, index=0.001)
COUNTING = tuple(spec.name for spec in dataset().tables if spec.counts_first)
EVEN = Calibration(paces=dict.fromkeys(TABLES, PACE), rows=7000, tried=7000, seconds=1.0)


def plan_of_days(shards: int) -> Plan:
    """Orders in so many leaves of a thousand rows."""
    [shard, *_] = build_plan(small(tables="orders")).shards
    return Plan(config=small(tables="orders"), shards=(replace(shard, rows=1000),) * shards)


def seconds(shards: int, **how) -> float:
    """Of loading, without what a load of nothing takes."""
    how = {"workers": 2, "cpus": 2, "local": True, "before": 0.0, **how}
    return (duration_of(plan_of_days(shards), EVEN, **how).seconds - STARTING) / (1 + FINISHING)


def test_a_worker_builds_and_waits_in_turn():
    [one] = {round(seconds(1, workers=workers), 6) for workers in (1, 2, 8)}
    assert one == pytest.approx(1000 * (0.001 + 0.002 + 0.001) + 0.05)


def test_planning_and_preflight_come_first():
    one, other = (duration_of(plan_of_days(1), EVEN, before=each, workers=1, cpus=2, local=True) for each in (0.0, 3.0))
    assert other.seconds - one.seconds == pytest.approx(3.0)


def test_twice_the_shards_take_twice_the_time():
    assert seconds(8) == pytest.approx(2 * seconds(4))


def test_on_one_machine_more_workers_than_cpus_do_not_help():
    assert seconds(8, workers=2) == pytest.approx(seconds(8, workers=1) / 2)
    assert seconds(8, workers=8) == seconds(8, workers=2)


def test_another_machine_has_a_cpu_for_each_worker_but_rows_are_built_on_ours():
    assert seconds(8, workers=4, local=False) == pytest.approx(seconds(8, workers=1, local=False) / 4)
    assert seconds(64, workers=64, cpus=2, local=False) == pytest.approx(64 * 1000 * 0.001 / 2)


def test_what_every_process_needs_first_is_shared_out_among_the_cpus():
    slow = Calibration(paces={"orders": replace(PACE, start=1.0)}, rows=1000, tried=1000, seconds=1.0)
    plan = plan_of_days(8)
    quick = duration_of(plan, EVEN, workers=8, cpus=2, local=True, before=0.0).seconds
    assert duration_of(plan, slow, workers=8, cpus=2, local=True, before=0.0).seconds == pytest.approx(quick + 4.0)


def test_larger_leaves_take_longer_to_sort():
    assert PACE.index_at(1000) == PACE.index
    assert PACE.index_at(10) == PACE.index
    assert PACE.index_at(10**6) == pytest.approx(2 * PACE.index, rel=0.01)


def test_indexes_of_plain_tables_come_after_the_shards():
    plan = build_plan(small(tables="sessions"))
    with_index, without = (
        duration_of(
            plan,
            Calibration(paces={"sessions": replace(PACE, index=index)}, rows=1, tried=1, seconds=1.0),
            workers=1,
            cpus=2,
            local=True,
            before=0.0,
        )
        for index in (0.001, 0.0)
    )
    rows = plan.rows("sessions")
    assert with_index.database - without.database == pytest.approx(rows * 0.001 * PACE.index_at(rows) / PACE.index)


def test_tables_are_foretold_with_their_promises():
    told = {table.table: table for table in tables_of(build_plan(small()))}
    assert {name for name, table in told.items() if table.exact} == {"customers", "products", "orders", "sessions"}
    assert {name for name, table in told.items() if table.partitions} == {"orders", "inventory", "clickstream"}
    for table in told.values():
        assert table.disk == table.heap + table.toast + table.indexes
        assert table.disk > table.bytes > 0


def test_a_load_of_nothing_takes_no_time():
    plan = build_plan(small(orders_per_day=0, tables="reviews"))
    nothing = Calibration(paces={}, rows=0, tried=0, seconds=0.0)
    assert duration_of(plan, nothing, workers=2, cpus=2, local=True, before=0.0).seconds == pytest.approx(STARTING)


@pytest.mark.slow
def test_the_largest_world_is_measured_in_seconds():
    plan = build_plan(plan_config(today=TODAY, scale=10_000))
    measured = calibrate(plan, None)
    assert measured.seconds < 40  # 3 where nothing else runs; counting a day's stock alone took a minute
    assert set(measured.paces) == set(plan.config.tables)


@pytest.mark.parametrize("scale", [0.01, 1, 10, 300, 10_000])
def test_what_is_counted_first_is_counted_in_a_world_that_is_thin_enough(scale):
    plan = build_plan(plan_config(today=TODAY, scale=scale, tables=COUNTING))
    for table in COUNTING:
        thinned = _thinned(plan, table)
        assert max(shard.rows for shard in thinned.of(table)) <= COUNTED_ROWS * 1.5
        assert thinned is plan or plan.rows(table) > thinned.rows(table)
