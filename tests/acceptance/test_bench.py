"""The benchmark measures what it says: the same rows by every yardstick, figures that add up. No time is judged."""

from __future__ import annotations

import json

import pytest

from scripts.bench import days
from scripts.bench.__main__ import main
from scripts.bench.bench import Run
from scripts.bench.rounds import check
from tests.worlds import TABLES

SMALL = ["--customers=200", "--scale=0.02", "--days=31", "--rounds=1", "--workers=2", "--slice=150"]


@pytest.fixture(scope="module")
def result(server_dsn, tmp_path_factory):
    """One round of everything in a month of a small world."""
    place = tmp_path_factory.mktemp("bench")
    place.chmod(0o711)
    file = place / "bench.json"
    more = ["--scaling=1,2", "--volumes=1,2", f"--dsn={server_dsn}", f"--directory={place}", f"--json={file}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(days, "AGES", (10, 12))
        patch.setattr(days, "SINGLE", 1)
        assert main([*SMALL, *more]) == 0
    assert list(place.iterdir()) == [file]
    return json.loads(file.read_text())


def of(result, yardstick, workers=2):
    [run] = [run for run in result["runs"] if (run["yardstick"], run["workers"]) == (yardstick, workers)]
    return run


@pytest.mark.slow
def test_every_yardstick_takes_the_same_rows(result):
    load = of(result, "load")
    assert all(load["rows"][name] > 0 for name in TABLES)
    for name, workers in (("floor", 2), ("null", 2), ("psql", 2), ("rows", 1), ("load", 1), ("floor", 1), ("null", 1)):
        assert of(result, name, workers)["rows"] == load["rows"], name
    assert of(result, "rows", 1)["figures"]["slice"] == {name: min(150, load["rows"][name]) for name in TABLES}
    assert of(result, "pgbench", 1)["rows"] == {"pgbench_accounts": 100_000}
    assert of(result, "lake", 1)["rows"] == load["rows"]
    files = of(result, "lake", 1)["figures"]["files"]
    assert files["clickstream, lean"]["rows"] == load["rows"]["clickstream"]
    assert files["tpchgen-cli all tables"]["rows"] > files["tpchgen-cli lineitem"]["rows"] > 500_000


@pytest.mark.slow
def test_a_day_is_measured_at_each_age(result):
    ages = of(result, "day")["figures"]
    assert list(ages) == ["10", "12"]
    assert all(age["changes"] > 0 and age["read"] > 0 and age["seconds"] > 0 for age in ages.values())


@pytest.mark.slow
def test_a_stream_is_measured_beside_a_copy_of_what_it_leaves(result):
    run = of(result, "stream", 1)
    assert run["figures"]["changes"] == sum(run["rows"].values()) > 1000
    assert run["figures"]["rate"] > 0
    assert run["figures"]["floor"] > 0


@pytest.mark.slow
def test_a_dirty_load_is_measured_beside_a_clean_one(result):
    figures = of(result, "dirt")["figures"]
    assert list(figures) == ["PostgreSQL", "Parquet"]
    loads = [load for of_place in figures.values() for load in of_place.values()]
    assert len(loads) == 4
    assert all(load["seconds"] > 0 and load["cpu"] > 0 for load in loads)
    aims = {each["name"] for each in result["targets"]}
    assert {f"dirty / clean load into {place}, seconds" for place in figures} <= aims


@pytest.mark.slow
def test_the_floor_sends_the_bytes_of_the_load(result):
    load, floor = of(result, "load"), of(result, "floor")
    assert len(load["figures"]["digests"]) > len(TABLES) - 1
    assert floor["figures"]["digests"] == load["figures"]["digests"]
    assert floor["size"] == load["size"]


@pytest.mark.slow
def test_the_phases_account_for_the_whole_wall_time(result):
    for name in ("load", "floor"):
        phases = of(result, name)["figures"]["phases"]
        assert sum(phases.values()) == pytest.approx(1)
        assert all(share > -0.02 for share in phases.values()), phases  # two clocks meet at the ends


@pytest.mark.slow
def test_every_process_of_a_load_is_weighed(result):
    peaks = of(result, "load")["figures"]["peaks"]
    assert peaks["coordinator"] > 30
    assert peaks["worker"] > 30


@pytest.mark.slow
def test_what_somebody_waits_for_is_measured(result):
    aims = {each["name"]: each for each in result["targets"]}
    assert 0 < aims["s of --help"]["figure"] == result["help"]
    assert 0 < aims["s to the first row"]["figure"] < of(result, "load")["seconds"]


@pytest.mark.slow
def test_other_volumes_hold_more_rows(result):
    small, large = ([run for run in result["volumes"] if run["scale"] == scale] for scale in (0.02, 0.04))
    assert [run["yardstick"] for run in small] == [run["yardstick"] for run in large] == ["load", "null"]
    assert all(sum(one["rows"].values()) < sum(other["rows"].values()) for one, other in zip(small, large, strict=True))


def test_figures_of_unlike_loads_are_refused():
    def run(rows, digest):
        figures = {"digests": {"customers/0": digest}}
        return Run(yardstick="load", workers=1, scale=1, seconds=1, rows={"customers": rows}, figures=figures)

    check([run(1, "a"), run(1, "a")])
    with pytest.raises(AssertionError, match="rows="):
        check([run(1, "a"), run(2, "a")])
    with pytest.raises(AssertionError, match="different bytes"):
        check([run(1, "a"), run(1, "b")])
