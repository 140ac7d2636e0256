"""Loads on several hosts for real: one of them is cut off in mid-load, and no row tells of it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.cluster.hosts import ADDRESSES, BUCKETS, PATIENCE, SCHEDULER, Hosts, Store, hosts, until
from tests.conftest import Database, fresh_database
from tests.loads import VOLUME, WORLD, Program, content

pytest.importorskip("distributed")

ENGINE = f"dask://{ADDRESSES['desk']}:{SCHEDULER}"
WORKERS = ("north", "south")
AWAY = 20.0
"""Seconds that a host is cut off: longer than the scheduler waits for it."""
LOST_IN = 45.0
"""Seconds from a cut to the end of a load: twelve until the scheduler misses the host, and what is left to do."""
LOAD = (*WORLD, *VOLUME, "--engine", ENGINE, "--stall-timeout", "30", "--workers", "2")


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
    for host in WORKERS:
        work = (f"{ADDRESSES['desk']}:{SCHEDULER}", "--host", ADDRESSES[host], "--nthreads", "1", "--no-dashboard")
        switch.keep(host, *dask, "distributed.cli.dask_worker", *work)
    return switch


@pytest.fixture
def at_hand(cluster) -> Iterator[Hosts]:
    """The cluster when a worker of each host is there; no cable stays out."""
    until(lambda: all(present(cluster, host) for host in WORKERS))
    yield cluster
    for host in sorted(cluster.cut_off):
        missed(cluster, host)
        cluster.put_back(host)


@pytest.fixture(scope="module")
def bucket(switch) -> str:
    """An empty one, by an S3 API on the host of the store."""
    pytest.importorskip("moto.server")
    pytest.importorskip("obstore")
    switch.start("store", sys.executable, "-m", "moto.server", "-H", ADDRESSES["store"], "-p", str(BUCKETS))
    made = "import boto3; boto3.client('s3').create_bucket(Bucket='shop')"
    until(lambda: switch.does("desk", sys.executable, "-c", made))
    return "shop"


@pytest.fixture(scope="module")
def expected(server_dsn) -> dict[str, tuple]:
    """What one worker of this machine makes, without any fault."""
    with fresh_database(server_dsn) as here:
        code, told = Program(here, *WORLD, *VOLUME, "--workers", "1").wait()
        assert code == 0, told
        return content(here)


@pytest.fixture
def target(store) -> Iterator[Database]:
    """A database of a test's own on the host of the store."""
    with fresh_database(store.dsn) as made:
        yield made


@pytest.mark.cluster
def test_a_host_that_is_cut_off_in_mid_load_and_comes_back_costs_time_and_no_row(at_hand, store, target, expected):
    load = at_hand.shardgen("load", *LOAD, "--dsn", store.address(target))
    until(lambda: load.poll() is not None or target.rows(COPYING))
    before = registered(at_hand, "north")
    at_hand.pull("north")
    time.sleep(AWAY)
    at_hand.put_back("north")
    succeeds(load, says=("host=north was lost", "host=north did not answer"))
    until(lambda: registered(at_hand, "north") > before)
    assert content(target) == expected
    proof = ("--level", "digests", "--regenerate", "--engine", ENGINE)
    succeeds(at_hand.shardgen("verify", *proof, "--dsn", store.address(target)))
    assert {host for (host,) in target.rows("SELECT host FROM bronze.shardgen_shards")} <= {*WORKERS}


@pytest.mark.cluster
def test_a_host_that_goes_for_good_while_the_server_answers_it_keeps_its_shard_from_nobody(
    at_hand, store, target, expected
):
    load = at_hand.shardgen("load", *LOAD, "--dsn", store.address(target))
    with answered_into_the_void(at_hand, target, load):
        pass
    lost = time.monotonic()
    succeeds(load, says=("host=north was lost",))
    assert time.monotonic() - lost < LOST_IN, "it waited for the server to miss the host"
    assert content(target) == expected


@pytest.mark.cluster
def test_a_coordinator_and_a_host_that_go_at_once_leave_a_run_that_is_resumed(at_hand, store, target, expected):
    load = at_hand.shardgen("load", *LOAD, "--dsn", store.address(target))
    with answered_into_the_void(at_hand, target, load):
        load.send_signal(signal.SIGKILL)
        load.communicate(timeout=PATIENCE)
    missed(at_hand, "north")
    succeeds(at_hand.shardgen("load", "--resume", "--engine", ENGINE, "--dsn", store.address(target)))
    assert content(target) == expected


@pytest.mark.cluster
def test_a_host_that_is_cut_off_from_a_lake_costs_time_and_no_file(at_hand, bucket):
    load = at_hand.shardgen("load", *LOAD, "--target", f"s3://{bucket}/lake")
    assert any("run 1 begins" in line for line in load.stdout)
    at_hand.pull("north")
    succeeds(load, says=(f"worker tcp://{ADDRESSES['north']}:",))
    succeeds(at_hand.shardgen("verify", "--level", "counts", "--target", f"s3://{bucket}/lake"))
    proof = ("--level", "digests", "--regenerate", "--engine", ENGINE)
    succeeds(at_hand.shardgen("verify", *proof, "--target", f"s3://{bucket}/lake"))


@contextlib.contextmanager
def answered_into_the_void(at_hand, target, load) -> Iterator[None]:
    """Have a shard of a host wait for its parent's lock, cut the host off, and give the lock free at the end.

    So the server has answered, nobody has heard it, and the shard's transaction keeps the lock of the parent.
    """
    until(lambda: load.poll() is not None or target.rows(BEGUN))
    with psycopg.connect(target.dsn) as other:
        other.execute("LOCK TABLE bronze.raw_clickstream IN SHARE UPDATE EXCLUSIVE MODE")
        until(lambda: load.poll() is not None or target.rows(ATTACHING))
        at_hand.pull("north")
        yield
    until(lambda: target.rows(ANSWERED))


def succeeds(program: subprocess.Popen[str], says: tuple[str, ...] = ("",)) -> None:
    output, _ = program.communicate(timeout=PATIENCE)
    print(output)
    assert program.returncode == 0, output
    assert any(text in output for text in says), output


NORTH = f"FROM pg_stat_activity WHERE datname = current_database() AND client_addr = '{ADDRESSES['north']}'"
BEGUN = "SELECT 1 FROM pg_stat_progress_copy WHERE datname = current_database()"
COPYING = f"""SELECT 1 FROM pg_stat_progress_copy WHERE tuples_processed > 0 AND pid IN (SELECT pid {NORTH})"""
"""Whether rows of a host are on their way."""
ATTACHING = f"SELECT 1 {NORTH} AND query LIKE '%ATTACH PARTITION%' AND wait_event_type = 'Lock'"
ANSWERED = f"SELECT 1 {NORTH} AND state LIKE 'idle in transaction%'"


def registered(switch, host: str) -> int:
    """How often a worker of a host has come to the scheduler."""
    return switch.log("desk").read_text().count(f"Register worker addr: tcp://{ADDRESSES[host]}")


def missed(switch, host: str) -> None:
    """Wait until the scheduler knows that a host is gone."""
    until(lambda: not present(switch, host))


def present(switch, host: str) -> int:
    """How many workers of a host the scheduler has."""
    return registered(switch, host) - switch.log("desk").read_text().count(
        f"Remove worker addr: tcp://{ADDRESSES[host]}"
    )
