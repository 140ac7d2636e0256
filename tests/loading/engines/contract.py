"""What every engine must hold; an engine has a file beside this one that names it, and passes.

What runs in the workers is here too, importable by name. It talks through files, whatever a worker is.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shardgen.events import ShardDone, ShardFailed, ShardRetried
from shardgen.loading import worker
from shardgen.loading.dispatch import Dispatcher
from shardgen.loading.engines import Engine, Setup
from shardgen.loading.hooks import Hooks, Tools
from shardgen.model.plan import Shard
from shardgen.stores.told import Task, Written

PATIENCE = 20.0
"""Seconds for what takes one."""


@dataclass(frozen=True)
class Marks:
    """A setup that leaves a mark for each worker that it is called in."""

    folder: Path

    def __call__(self) -> None:
        with Path(self.folder, who()).open("a") as file:
            file.write("set up ")


@dataclass(frozen=True)
class Fails:
    """A setup that cannot be done."""

    def __call__(self) -> None:
        raise MemoryError("no room for a worker")


def who() -> str:
    """The worker that asks."""
    return f"{os.getpid()}-{threading.get_ident()}"


def look(folder: Path) -> tuple[str, str]:
    """This worker, and what its setup left."""
    return who(), Path(folder, who()).read_text()


def meet(mine: Path, other: Path) -> bool:
    """Whether the other one comes while this one is here."""
    mine.touch()
    return until(other.exists)


def linger(begun: Path, stopped: Callable[[], bool]) -> str:
    """Stay until asked to give way."""
    begun.touch()
    return "gave way" if until(stopped) else "was never asked"


def asked(stopped: Callable[[], bool]) -> bool:
    return stopped()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def until(holds: Callable[[], Any]) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(holds())


def do_shard(job: worker.Job, task: Any, stopped: Callable[[], bool]) -> Written:
    """A shard's work as a dispatcher gives it out: ``dies`` ends its worker the first time, ``hangs`` stays."""
    mark = Path(job.writer, task.shard.id)
    first = not mark.exists()
    mark.touch()
    if first and task.shard.id.startswith("dies"):
        die()
    if first and task.shard.id.startswith("hangs"):
        until(lambda: False)
    return Written(shard=task.shard.id, table="orders", rows=1, bytes=1, digest="", seconds=0.0, phases={}, by_us=True)


class Contract:
    """The laws; a subclass says what makes the engine."""

    make: Callable[[], Engine]

    @pytest.fixture
    def engine(self):
        made = type(self).make()
        yield made
        made.close()

    def test_it_runs_as_many_tasks_at_the_same_time_as_it_has_workers(self, engine, tmp_path):
        executor = engine.start(2, Setup.here())
        one, two = tmp_path / "one", tmp_path / "two"
        met = [executor.submit(meet, one, two), executor.submit(meet, two, one)]
        assert [future.result(PATIENCE) for future in met] == [True, True]

    def test_setup_is_called_once_in_each_worker_before_its_first_task(self, engine, tmp_path):
        marks, one, two = tmp_path / "marks", tmp_path / "one", tmp_path / "two"
        marks.mkdir()
        executor = engine.start(2, Marks(marks))
        met = [executor.submit(meet, one, two), executor.submit(meet, two, one)]
        assert [future.result(PATIENCE) for future in met] == [True, True]
        found = [executor.submit(look, marks) for _ in range(8)]
        assert {future.result(PATIENCE)[1] for future in found} == {"set up "}
        assert {path.read_text() for path in marks.iterdir()} == {"set up "}

    def test_a_worker_that_cannot_be_set_up_says_why_or_is_lost(self, engine):
        error = engine.start(1, Fails()).submit(abs, -1).exception(PATIENCE)
        assert isinstance(error, (MemoryError, *engine.lost))

    def test_what_a_task_raises_is_no_loss(self, engine):
        error = engine.start(1, Setup.here()).submit(int, "x").exception(PATIENCE)
        assert isinstance(error, ValueError)
        assert not isinstance(error, engine.lost)

    def test_stop_asks_what_runs_to_give_way_and_what_is_started_later_is_not_asked(self, engine, tmp_path):
        future = self.lingers(engine, tmp_path)
        engine.stop()
        assert future.result(PATIENCE) == "gave way"
        assert engine.start(1, Setup.here()).submit(asked, engine.stopped).result(PATIENCE) is False

    def test_kill_ends_what_runs_and_the_engine_can_be_started_again(self, engine, tmp_path):
        future = self.lingers(engine, tmp_path)
        engine.kill()
        wait([future], timeout=PATIENCE)
        assert isinstance(future.exception(0), engine.lost) or future.result(0) == "gave way"
        assert engine.start(1, Setup.here()).submit(abs, -2).result(PATIENCE) == 2

    def test_kill_spares_the_others_where_it_says_so(self, engine, tmp_path):
        executor = engine.start(2, Setup.here())
        futures = [executor.submit(linger, tmp_path / name, engine.stopped) for name in ("one", "two")]
        assert until(lambda: len(list(tmp_path.iterdir())) == 2)
        spared = engine.kill(futures[:1])
        wait(futures[:1], timeout=PATIENCE)
        assert futures[0].done()
        if spared:
            assert not futures[1].done()
            assert executor.submit(abs, -3).result(PATIENCE) == 3
            engine.stop()
            assert futures[1].result(PATIENCE) == "gave way"

    def test_close_leaves_nothing_behind(self, tmp_path):
        before, engine = set(threading.enumerate()), type(self).make()
        executor = engine.start(2, Setup.here())
        futures = [executor.submit(os.getpid) for _ in range(4)]
        pids = {future.result(PATIENCE) for future in futures} - {os.getpid()}
        future = executor.submit(linger, tmp_path / "begun", engine.stopped)
        assert until((tmp_path / "begun").exists)
        engine.close()
        assert future.done()
        assert set(threading.enumerate()) <= before
        assert until(lambda: not any(alive(pid) for pid in pids))
        assert not {child.pid for child in multiprocessing.active_children()} & pids

    def test_an_engine_that_was_never_started_can_be_stopped_killed_and_closed(self, engine):
        engine.stop()
        engine.kill()
        engine.close()
        assert engine.describe() == ""

    def test_nothing_is_told_of_workers_that_live(self, engine):
        engine.start(1, Setup.here()).submit(abs, -1).result(PATIENCE)
        assert engine.describe() == ""

    def test_a_dispatcher_does_every_shard_in_it(self, engine, tmp_path, monkeypatch):
        events = dispatched(engine, [f"s{number}" for number in range(6)], tmp_path, monkeypatch)
        assert done(events) == [f"s{number}" for number in range(6)]
        assert not [event for event in events if isinstance(event, ShardRetried | ShardFailed)]

    def lingers(self, engine: Engine, folder: Path) -> Future[str]:
        """A task that runs, and stays."""
        begun = folder / "begun"
        future = engine.start(1, Setup.here()).submit(linger, begun, engine.stopped)
        assert until(begun.exists)
        assert until(future.running)  # what it does may be seen before its engine tells of it
        return future


class Mortal(Contract):
    """The laws of an engine whose workers can die, and be ended whatever they do."""

    def test_a_worker_that_dies_is_a_loss_and_is_told(self, engine):
        executor = engine.start(1, Setup.here())
        assert isinstance(executor.submit(die).exception(PATIENCE), engine.lost)
        assert until(lambda: "-9" in engine.describe()), engine.describe()

    def test_an_executor_whose_worker_died_takes_work_or_says_that_it_is_lost(self, engine):
        executor = engine.start(1, Setup.here())
        executor.submit(die).exception(PATIENCE)
        try:
            assert executor.submit(abs, -4).result(PATIENCE) == 4
        except engine.lost:
            assert engine.start(1, Setup.here()).submit(abs, -4).result(PATIENCE) == 4

    def test_the_shard_of_a_worker_that_died_is_tried_again_and_all_are_done(self, engine, tmp_path, monkeypatch):
        events = dispatched(engine, ["s1", "dies", "s2", "s3"], tmp_path, monkeypatch)
        assert done(events) == ["dies", "s1", "s2", "s3"]
        assert {event.shard for event in events if isinstance(event, ShardRetried)} >= {"dies"}

    def test_a_worker_that_hangs_is_ended_and_its_shard_done_by_another(self, engine, tmp_path, monkeypatch):
        def tick(flights):
            hangs = [each.shard for each in flights if each.running and each.submission == 1]
            return {name: "silent" for name in hangs if name == "hangs" and Path(tmp_path, name).exists()}

        events = dispatched(engine, ["s1", "hangs", "s2", "s3"], tmp_path, monkeypatch, tick)
        assert done(events) == ["hangs", "s1", "s2", "s3"]
        causes = {event.shard: event.cause for event in events if isinstance(event, ShardRetried)}
        assert causes["hangs"] == "silent"


def dispatched(engine, names, folder, monkeypatch, tick=lambda flights: {}) -> list[Any]:
    """The events of a dispatcher that has shards done by an engine, two at a time."""
    events: list[Any] = []
    monkeypatch.setattr(worker, "run_task", do_shard)
    hooks = Hooks(
        show=events.append,
        tick=tick,
        failed=lambda *args, **rest: None,
        lost=lambda shards: None,
        stopped_by=lambda: 0,
    )
    dispatcher = Dispatcher(
        engine=engine,
        job=worker.Job(writer=folder, feed=None, batch_rows=1),
        workers=2,
        attempts=3,
        hooks=hooks,
        tools=Tools(period=0.05),
    )
    dispatcher.run([[Task(shard=shard(name)) for name in names]])
    return events


def shard(name: str) -> Shard:
    return Shard(id=name, table="orders", start=0, stop=1, leaf=None, rows=1, exact=True, bytes=1)


def done(events) -> list[str]:
    return sorted(event.shard for event in events if isinstance(event, ShardDone))


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
