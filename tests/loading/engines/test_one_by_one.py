"""What an engine costs: a file. This one ends workers one by one, as an engine of many machines does."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor, Executor, Future
from itertools import cycle
from pathlib import Path

from shardgen.events import ShardRetried
from shardgen.loading.engines.processes import Processes, asked_to_stop
from tests.loading.engines.contract import Mortal, dispatched, done


class OneByOne(Executor):
    """Each worker is a pool of its own; it is its own executor, too."""

    lost = (BrokenExecutor,)
    local = True
    stopped = staticmethod(asked_to_stop)

    def __init__(self):
        self._pools, self._of = [], {}

    def start(self, workers, setup):
        self.close()
        self._setup, self._pools, self._of = setup, [Processes() for _ in range(workers)], {}
        self._executors = {pool: pool.start(1, setup) for pool in self._pools}
        self._turn = cycle(self._pools)
        return self

    def submit(self, fn, /, *args, **kwargs) -> Future:
        busy = {pool for future, pool in self._of.items() if not future.done()}
        pool = next((pool for pool in self._pools if pool not in busy), None) or next(self._turn)
        try:
            future = self._executors[pool].submit(fn, *args, **kwargs)
        except BrokenExecutor:
            self._executors[pool] = pool.start(1, self._setup)
            future = self._executors[pool].submit(fn, *args, **kwargs)
        self._of[future] = pool
        return future

    def stop(self):
        for pool in self._pools:
            pool.stop()

    def kill(self, tasks=()):
        for pool in {self._of[future] for future in tasks} or self._pools:
            pool.kill()
            self._executors[pool] = pool.start(1, self._setup)  # or the next shard may meet the worker that ends
        return True

    def close(self):
        for pool in self._pools:
            pool.close()

    def describe(self):
        return ", ".join(filter(None, (pool.describe() for pool in self._pools)))


class TestOneByOne(Mortal):
    make = OneByOne


def test_where_workers_end_one_by_one_a_hung_shard_is_the_only_one_that_is_tried_again(tmp_path, monkeypatch):
    def tick(flights):
        hangs = any((each.shard, each.submission) == ("hangs", 1) for each in flights)
        return {"hangs": "silent"} if hangs and Path(tmp_path, "hangs").exists() else {}

    events = dispatched(OneByOne(), ["hangs", "s1", "s2"], tmp_path, monkeypatch, tick)
    assert done(events) == ["hangs", "s1", "s2"]
    assert {event.shard for event in events if isinstance(event, ShardRetried)} == {"hangs"}
