"""A load on several hosts for real: one of them is cut off in mid-load and comes back, and no row tells of it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster.hosts import ADDRESSES, PATIENCE, SCHEDULER, Store, hosts, until
from tests.conftest import Database, fresh_database
from tests.loads import VOLUME, WORLD, Program, content

pytest.importorskip("distributed")

ENGINE = f"dask://{ADDRESSES['desk']}:{SCHEDULER}"
AWAY = 20.0
"""Seconds that a host is cut off: longer than the scheduler waits for it."""


@pytest.fixture(scope="module")
def switch():
    try:
        with hosts() as made:
            yield made
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces here: {getattr(error, 'stderr', None) or error}")


@pytest.fixture(scope="module")
def store(switch, tmp_path_factory):
    home = switch.folder / "store"
    home.mkdir()
    return Store(switch, home)


@pytest.fixture(scope="module")
def cluster(switch):
    """A scheduler on the desk, and a worker on each of two hosts."""
    dask = (sys.executable, "-m")
    listening = ("--host", ADDRESSES["desk"], "--port", str(SCHEDULER), "--no-dashboard")
    switch.start("desk", *dask, "distributed.cli.dask_scheduler", *listening)
    until(lambda: "Scheduler at" in switch.log("desk").read_text())
    for host in ("north", "south"):
        work = (f"{ADDRESSES['desk']}:{SCHEDULER}", "--host", ADDRESSES[host], "--nthreads", "1", "--no-dashboard")
        switch.keep(host, *dask, "distributed.cli.dask_worker", *work)
    until(lambda: registered(switch, "north") and registered(switch, "south"))
    return switch


@pytest.mark.cluster
def test_a_host_that_is_cut_off_in_mid_load_and_comes_back_costs_time_and_no_row(cluster, store, server_dsn):
    load = cluster.shardgen(
        "load", *WORLD, *VOLUME, "--dsn", store.address, "--engine", ENGINE, "--stall-timeout", "30", "--workers", "2"
    )
    until(lambda: load.poll() is not None or store.rows(at_work("north")))
    before = registered(cluster, "north")
    cluster.pull("north")
    time.sleep(AWAY)
    cluster.put_back("north")
    output, _ = load.communicate(timeout=PATIENCE)
    print(output)
    assert load.returncode == 0, output
    assert "was lost" in output or "host=north" in output, output
    until(lambda: registered(cluster, "north") > before)

    with fresh_database(server_dsn) as here:
        code, told = Program(here, *WORLD, *VOLUME, "--workers", "1").wait()
        assert code == 0, told
        assert content(Database(dsn=store.dsn)) == content(here)
    proof = cluster.shardgen("verify", "--level", "digests", "--regenerate", "--dsn", store.address, "--engine", ENGINE)
    output, _ = proof.communicate(timeout=PATIENCE)
    print(output)
    assert proof.returncode == 0, output
    assert {host for (host,) in store.rows("SELECT DISTINCT host FROM bronze.shardgen_shards")} <= {"north", "south"}


def at_work(host: str) -> str:
    """Whether rows of a host are on their way."""
    return f"""SELECT 1 FROM pg_stat_progress_copy JOIN pg_stat_activity USING (pid)
        WHERE client_addr = '{ADDRESSES[host]}' AND tuples_processed > 0"""


def registered(switch, host: str) -> int:
    """How often a worker of a host has come to the scheduler."""
    log: Path = switch.log("desk")
    return log.read_text().count(f"Register worker addr: tcp://{ADDRESSES[host]}")
