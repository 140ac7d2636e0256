"""The engine of many machines, with a real scheduler and real workers."""

from __future__ import annotations

import threading
from functools import partial

import pytest

pytest.importorskip("distributed")

from distributed.utils import _offload_executor

from shardgen.loading.engines import Setup
from shardgen.loading.engines.dask import Dask
from tests.clusters import cluster
from tests.loading.engines.contract import PATIENCE, Mortal, linger, until

pytestmark = pytest.mark.cluster

_offload_executor.submit(int).result()  # the library's own thread, which stays


@pytest.fixture(scope="module")
def workers():
    with cluster(workers=2) as made:
        yield made


class TestDask(Mortal):
    """A cluster of somebody else's: it is there before, and stays."""

    @pytest.fixture(autouse=True)
    def _cluster(self, workers):
        type(self).make = staticmethod(partial(Dask, workers.engine.removeprefix("dask://")))
        until(lambda: workers.present() >= 2)

    def test_close_leaves_nothing_behind(self, tmp_path):
        """But for the workers, who do not go on with what was ours."""
        before, engine = set(threading.enumerate()), type(self).make()
        executor = engine.start(2, Setup.here())
        future = executor.submit(linger, tmp_path / "begun", engine.stopped)
        assert until((tmp_path / "begun").exists)
        engine.close()
        assert future.done()
        assert set(threading.enumerate()) <= before
        again = type(self).make()
        executor = again.start(2, Setup.here())
        assert [executor.submit(abs, -1).result(PATIENCE) for _ in range(4)] == [1, 1, 1, 1]
        again.close()


class TestDaskOfThisMachine(Mortal):
    make = Dask
