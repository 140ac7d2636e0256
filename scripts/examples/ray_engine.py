"""An engine of one's own: shards on a Ray cluster, by a program that has Ray installed.

    pip install shardgen ray
    python ray_engine.py                     # on this machine, into the embedded server
    RAY_ADDRESS=ray-head:6379 SHARDGEN_DSN=postgresql://me@db/shop python ray_engine.py

Ray ends what it is told to end, and tells of workers that died. It does not compare what is installed where: use one
image for all of it. Its workers give way to all else on their hosts (nice 15): on a busy machine, and with a server
beside them, start Ray with RAY_worker_niceness=0.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

import shardgen
from shardgen.loading.engines.setup import be_thrifty


@ray.remote(num_cpus=1, max_retries=0)
def _run(fn: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    be_thrifty()
    return fn(*arguments)


class RayExecutor(Executor):
    """Tasks of Ray as futures."""

    def __init__(self) -> None:
        self._tasks: dict[Future[Any], ray.ObjectRef] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        task = self._tasks[future] = _run.remote(partial(fn, **kwargs), args)
        task.future().add_done_callback(partial(self._end, future))
        return future

    def end(self, futures: Collection[Future[Any]]) -> None:
        for future in futures or list(self._tasks):
            if task := self._tasks.get(future):
                ray.cancel(task, force=True)

    def _end(self, future: Future[Any], done: Future[Any]) -> None:
        del self._tasks[future]
        error = done.exception()
        if isinstance(error, RayTaskError):  # what the task itself raised
            error = error.cause
        future.set_exception(error) if error else future.set_result(done.result())


class RayEngine:
    """See shardgen.loading.engines.Engine."""

    lost = (RayError,)  # a worker that died, a host that is gone, a task that was cancelled
    local = False
    stopped = bool  # never: what should end is ended

    def __init__(self, **options: Any) -> None:
        ray.init(ignore_reinit_error=True, log_to_driver=False, **options)
        self._executor = RayExecutor()

    @property
    def slots(self) -> int:
        return int(ray.cluster_resources().get("CPU", 1))

    def check(self, needs: Mapping[str, str]) -> None:
        """One image for all of it."""

    def start(self, workers: int, setup: Callable[[], None]) -> Executor:
        self.stop()
        self._executor = RayExecutor()
        return self._executor

    def stop(self) -> None:
        self._executor.end(())

    def kill(self, tasks: Collection[Future[Any]] = ()) -> bool:
        self._executor.end(tasks)
        return bool(tasks)

    def close(self) -> None:
        self.stop()

    def describe(self) -> str:
        return ""


if __name__ == "__main__":
    engine = RayEngine(address=os.environ.get("RAY_ADDRESS"))
    report = shardgen.load(os.environ.get("SHARDGEN_DSN"), profile="demo", end="2026-01-01", engine=engine)
    print(f"{sum(table.counted for table in report.tables):,} rows, ok={report.ok}")
