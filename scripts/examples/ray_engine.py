"""An engine of one's own: shards on a Ray cluster, by some forty lines of a program that has Ray installed.

    pip install shardgen ray
    python ray_engine.py                     # on this machine, into the embedded server
    RAY_ADDRESS=ray-head:6379 python ray_engine.py

Ray ends what it is told to end, and tells of workers that died. It does not compare what is installed where: use one
image for all of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Executor, Future
from typing import Any

import ray
from ray.exceptions import RayTaskError, TaskCancelledError, WorkerCrashedError

import shardgen
from shardgen.loading.engines.setup import be_thrifty


@ray.remote(num_cpus=1, max_retries=0)
def _run(fn: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    be_thrifty()
    return fn(*arguments)


class RayExecutor(Executor):
    """Tasks of Ray as futures."""

    def __init__(self) -> None:
        self.tasks: dict[Future[Any], ray.ObjectRef] = {}

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        task = _run.remote(fn, args)
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        self.tasks[future] = task
        task.future().add_done_callback(lambda done: _hand_on(done, future))
        return future

    def cancel(self, futures: Collection[Future[Any]], *, force: bool) -> None:
        for future in futures or list(self.tasks):
            if not future.done():
                ray.cancel(self.tasks[future], force=force)


def _hand_on(done: Future[Any], future: Future[Any]) -> None:
    error = done.exception()
    if isinstance(error, RayTaskError):  # what the task itself raised
        error = error.cause
    future.set_exception(error) if error else future.set_result(done.result())


class RayEngine:
    """See shardgen.loading.engines.Engine."""

    lost = (WorkerCrashedError, TaskCancelledError)
    local = False

    def __init__(self, **options: Any) -> None:
        ray.init(ignore_reinit_error=True, log_to_driver=False, **options)
        self._executor = RayExecutor()

    @property
    def slots(self) -> int:
        return int(ray.cluster_resources().get("CPU", 1))

    @property
    def stopped(self) -> Callable[[], bool]:
        return bool  # never: what should end is cancelled

    def check(self, needs: Mapping[str, str]) -> None:
        """One image for all of it."""

    def start(self, workers: int, setup: Callable[[], None]) -> Executor:
        self.stop()
        self._executor = RayExecutor()
        return self._executor

    def stop(self) -> None:
        self._executor.cancel((), force=True)

    def kill(self, tasks: Collection[Future[Any]] = ()) -> bool:
        self._executor.cancel(tasks, force=True)
        return bool(tasks)

    def close(self) -> None:
        self.stop()

    def describe(self) -> str:
        return ""


if __name__ == "__main__":
    engine = RayEngine(address=os.environ.get("RAY_ADDRESS"))
    report = shardgen.load(os.environ.get("SHARDGEN_DSN"), profile="demo", end="2026-01-01", engine=engine)
    print(f"{sum(table.counted for table in report.tables):,} rows, ok={report.ok}")
