"""The engine that starts no process."""

from __future__ import annotations

import os
import signal
import sys

from shardgen.loading.engines import Setup
from shardgen.loading.engines.threads import Threads
from tests.loading.engines.contract import PATIENCE, Contract, asked, linger, until


class TestThreads(Contract):
    make = Threads


def surroundings() -> tuple[object, ...]:
    return list(sys.path), dict(os.environ), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGHUP)


def test_the_setup_of_a_load_changes_nothing_of_the_process_whose_threads_work():
    before, engine = surroundings(), Threads()
    engine.start(1, Setup.here()).submit(abs, -1).result(PATIENCE)
    assert surroundings() == before
    engine.close()


def test_two_engines_in_one_process_are_stopped_apart(tmp_path):
    one, two = Threads(), Threads()
    stays = two.start(1, Setup.here()).submit(linger, tmp_path / "begun", two.stopped)
    assert until((tmp_path / "begun").exists)
    one.start(1, Setup.here())
    one.stop()
    assert (one.stopped(), two.stopped(), stays.done()) == (True, False, False)
    two.close()
    assert stays.result(0) == "gave way"
    one.close()


def test_threads_of_an_executor_that_was_killed_still_give_way_when_the_next_one_works(tmp_path):
    engine = Threads()
    stays = engine.start(1, Setup.here()).submit(linger, tmp_path / "begun", engine.stopped)
    assert until((tmp_path / "begun").exists)
    engine.kill()
    fresh = engine.start(1, Setup.here()).submit(asked, engine.stopped)
    assert (fresh.result(PATIENCE), stays.result(PATIENCE)) == (False, "gave way")
    engine.close()
