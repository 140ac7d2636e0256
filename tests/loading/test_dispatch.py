"""The dispatcher's laws, with an engine that runs a script instead of work; no process, no database, no time."""

from __future__ import annotations

import random
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace

import pytest

from shardgen.errors import Interrupted
from shardgen.events import ShardDone, ShardFailed, ShardRetried, ShardStarted, WorkerLogged
from shardgen.loading import dispatch
from shardgen.loading.dispatch import Dispatcher
from shardgen.loading.hooks import Hooks, Tools
from shardgen.loading.queue import SUSPECT_AFTER
from shardgen.loading.worker import Failed, Job
from shardgen.model.plan import Shard
from shardgen.stores.failures import Remedy
from shardgen.stores.retry import BACKOFF
from shardgen.stores.told import Task, Written


def shard(name: str, table: str = "sessions") -> Shard:
    return Shard(id=name, table=table, start=0, stop=1, leaf=None, rows=1, exact=True, bytes=1)


def written(task, **changes):
    parts = {"rows": 1, "bytes": 1, "digest": "", "seconds": 0.0, "phases": {}, "by_us": True}
    return Written(shard=task.shard.id, table=task.shard.table, **{**parts, **changes})


def failed(task, remedy=Remedy.RETRY, error="no luck"):
    return Failed(shard=task.shard.id, remedy=remedy, error=error, trace="")


def shards_of(in_flight):
    return {each.shard for each in in_flight}


HANGS = None
"""What a script says of a task that never ends."""


class Lost(Exception):
    """One worker is lost, and the others go on: what an engine of many machines raises."""


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Scripted(Executor):
    """Answers each task by calling the script with it; a BrokenProcessPool breaks the executor as a real one does."""

    def __init__(self, engine):
        self.engine = engine
        self.broken = False
        self.futures = []

    def submit(self, fn, /, *args, **kwargs):
        if self.broken:
            raise BrokenProcessPool("broken")
        future = Future()
        if self.engine.begins:
            future.set_running_or_notify_cancel()
        self.futures.append((future, args[1]))
        self.engine.outstanding = max(self.engine.outstanding, sum(not each.done() for each, _ in self.futures))
        return future

    def refuse(self, fn, /, *args, **kwargs):
        raise BrokenProcessPool("broken")

    def play(self):
        """Settle the most urgent task, or else the oldest; called when the dispatcher waits."""
        for future, task in sorted(self.futures, key=lambda each: each[1].shard.id != self.engine.urgent):
            if future.done():
                continue
            outcome = self.engine.script(task)
            if outcome is HANGS:
                continue
            if outcome is CancelledError:
                future.cancel()
                future.set_running_or_notify_cancel()
                return
            if outcome is Lost:
                future.set_exception(Lost())
                return
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
                return
            if outcome is not BrokenProcessPool:
                future.set_result(outcome)
                return
            self.broken = True
            for other, _ in self.futures:
                if not other.done():
                    other.set_exception(BrokenProcessPool("broken"))
            return


class Engine:
    lost = (BrokenProcessPool, Lost)
    local = True
    stopped = bool
    urgent = ""
    begins = False
    """Whether what is submitted has a worker at once."""
    spares = False
    """Whether a worker can be ended alone."""

    def __init__(self, script):
        self.script = script
        self.started = 0
        self.stopped = 0
        self.killed = 0
        self.outstanding = 0

    def start(self, workers, setup):
        self.started += 1
        self.executor = Scripted(self)
        return self.executor

    def stop(self):
        self.stopped += 1

    def kill(self, tasks=()):
        self.killed += 1
        self.ended = {task.shard.id for future, task in self.executor.futures if future in tasks}
        return self.spares

    def close(self):
        pass

    def describe(self):
        return "worker pid=7 exit=-9"


@pytest.fixture
def stage(monkeypatch):
    """Runs shards against a script; gives the dispatcher, the events and the engine."""

    def play(shards, script, *, workers=2, attempts=3, signum=lambda: 0, tick=lambda in_flight: {}):
        clock, events, log = Clock(), [], []
        engine = Engine(script)
        real_wait = dispatch.wait

        def wait(futures, timeout=None, **rest):
            engine.executor.play()
            clock.now += 0.01
            return real_wait(futures, timeout=0, **rest)

        monkeypatch.setattr(dispatch, "wait", wait)
        dispatcher = Dispatcher(
            engine=engine,
            job=Job(writer=None, feed=None, batch_rows=1),
            workers=workers,
            attempts=attempts,
            hooks=Hooks(
                show=events.append,
                tick=tick,
                failed=lambda shard, attempt, cause, given_up: log.append((shard.id, attempt, given_up)),
                lost=lambda shards: events.append(("lost", *shards)),
                stopped_by=signum,
            ),
            tools=Tools(clock=clock, sleep=clock.sleep, rng=random.Random(1), period=0.25),
        )
        dispatcher.events, dispatcher.engine, dispatcher.log, dispatcher.now = events, engine, log, clock
        waves = shards if shards and isinstance(shards[0], list) else [shards]
        try:
            dispatcher.run([[Task(shard=shard) for shard in wave] for wave in waves])
        except Interrupted as error:
            dispatcher.interrupted = error
        return dispatcher

    return play


def of(dispatcher, kind):
    return [event for event in dispatcher.events if isinstance(event, kind)]


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_every_shard_is_done_once_and_no_more_than_the_workers_are_outstanding(stage, workers):
    ran = stage([shard(f"s{n}") for n in range(20)], written, workers=workers)
    assert [event.shard for event in of(ran, ShardDone)] == [f"s{n}" for n in range(20)]
    assert ran.engine.outstanding == workers
    assert ran.attempts.given_up == []


def test_a_failed_shard_is_tried_again_later_and_later_and_then_given_up_with_its_first_cause(stage):
    causes = iter("abcdefg")
    ran = stage(
        [shard("bad"), shard("good")], lambda t: written(t) if t.shard.id == "good" else failed(t, error=next(causes))
    )
    delays = [event.delay for event in of(ran, ShardRetried)]
    assert len(delays) == 2
    assert 0.25 <= delays[0] <= 0.5 <= delays[1] <= 1.0
    assert [(each.shard, each.attempt, each.cause) for each in ran.attempts.given_up] == [("bad", 3, "a")]
    assert ran.log == [("bad", 1, False), ("bad", 2, False), ("bad", 3, True)]
    assert [event.shard for event in of(ran, ShardDone)] == ["good"]


def test_the_delay_between_attempts_has_a_ceiling(stage):
    ran = stage([shard("bad")], failed, attempts=12)
    assert max(event.delay for event in of(ran, ShardRetried)) <= BACKOFF.longest


def test_an_outage_is_waited_for_beyond_the_attempts(stage):
    clock = {}

    def script(task):
        clock["attempts"] = clock.get("attempts", 0) + 1
        return failed(task, Remedy.OUTAGE) if task.attempt < 9 else written(task)

    ran = stage([shard("s")], script, attempts=2)
    assert [event.shard for event in of(ran, ShardDone)] == ["s"]


def test_an_outage_without_end_stops_the_load(stage):
    ran = stage([shard("a"), shard("b"), shard("c", "orders")], lambda task: failed(task, Remedy.OUTAGE), attempts=2)
    assert len(ran.attempts.given_up) == 1
    assert ran.now() > 120


def test_a_permanent_failure_stops_its_table_and_the_others_finish(stage):
    shards = [shard("s1"), shard("o1", "orders"), shard("s2"), shard("o2", "orders"), shard("s3")]
    ran = stage(shards, lambda t: failed(t, Remedy.STOP_TABLE) if t.shard.id == "s1" else written(t), workers=1)
    assert [each.shard for each in ran.attempts.given_up] == ["s1"]
    assert [event.shard for event in of(ran, ShardDone)] == ["o1", "o2"]


def test_a_failure_of_the_whole_target_stops_the_load(stage):
    ran = stage([shard("a"), shard("b", "orders")], lambda task: failed(task, Remedy.STOP_LOAD), workers=1)
    assert [each.shard for each in ran.attempts.given_up] == ["a"]
    assert of(ran, ShardDone) == []


def test_a_server_short_of_room_gets_fewer_workers(stage):
    refused = []

    def script(task):
        if task.attempt == 1 and len(refused) < 2:
            refused.append(task.shard.id)
            return failed(task, Remedy.FEWER)
        return written(task)

    ran = stage([shard(f"s{n}") for n in range(9)], script, workers=3)
    assert ran._queue.limit == 1
    assert len(of(ran, ShardDone)) == 9


def test_a_broken_pool_is_rebuilt_and_what_was_aboard_is_submitted_again(stage):
    deaths = []

    def script(task):
        if task.shard.id == "s1" and not deaths:
            deaths.append(1)
            return BrokenProcessPool
        return written(task)

    ran = stage([shard(f"s{n}") for n in range(6)], script, workers=3)
    assert sorted(event.shard for event in of(ran, ShardDone)) == [f"s{n}" for n in range(6)]
    assert ran.engine.started == 2
    assert "exit=-9" in of(ran, ShardRetried)[0].cause


def test_the_shard_that_kills_its_workers_is_named_and_the_others_finish(stage, monkeypatch):
    monkeypatch.setattr(Engine, "urgent", "s2")  # it dies before its neighbours are done, each time
    ran = stage(
        [shard(f"s{n}") for n in range(6)],
        lambda task: BrokenProcessPool if task.shard.id == "s2" else written(task),
        workers=3,
        attempts=4,
    )
    assert [(each.shard, each.attempt) for each in ran.attempts.given_up] == [("s2", 4)]
    assert sorted(event.shard for event in of(ran, ShardDone)) == ["s0", "s1", "s3", "s4", "s5"]
    innocent = [event.shard for event in of(ran, ShardRetried) if event.shard != "s2"]
    assert max(map(innocent.count, innocent)) <= SUSPECT_AFTER


def test_workers_that_die_whatever_they_do_stop_the_load(stage):
    ran = stage([shard(f"s{n}") for n in range(50)], lambda task: BrokenProcessPool, workers=3, attempts=2)
    assert ran.engine.started < 10
    assert isinstance(ran.events[-1], ShardFailed)


def test_a_hung_shard_is_tried_again_in_a_new_pool_and_its_neighbours_have_not_failed(stage):
    hung = [{"b": "silent"}]
    run = stage(
        [shard("a"), shard("b"), shard("c")],
        written,
        workers=3,
        tick=lambda in_flight: hung.pop() if hung and "b" in shards_of(in_flight) else {},
    )
    done = {event.shard for event in run.events if isinstance(event, ShardDone)}
    retried = {event.shard: event for event in run.events if isinstance(event, ShardRetried)}
    assert done == {"a", "b", "c"}
    assert (run.engine.killed, run.engine.started) == (1, 2)
    assert retried["b"].cause == "silent"
    assert "the one of b, which hung" in retried["c"].cause
    last = {event.shard: event.attempt for event in run.events if isinstance(event, ShardStarted)}
    assert (last["b"], last["c"]) == (2, 1)


def test_a_shard_that_always_hangs_is_given_up_and_the_others_finish(stage):
    run = stage(
        [shard("a"), shard("b"), shard("c")],
        lambda task: HANGS if task.shard.id == "b" else written(task),
        attempts=3,
        tick=lambda in_flight: {"b": "silent"} if "b" in shards_of(in_flight) else {},
    )
    assert [(event.shard, event.cause) for event in run.attempts.given_up] == [("b", "silent")]
    assert {event.shard for event in run.events if isinstance(event, ShardDone)} == {"a", "c"}


def test_a_shard_whose_future_was_cancelled_is_lost_with_its_worker_and_submitted_again(stage):
    cancelled = []

    def script(task):
        if task.shard.id == "b" and not cancelled:
            cancelled.append(task)
            return CancelledError
        return written(task)

    run = stage([shard("a"), shard("b"), shard("c")], script)
    assert sorted(event.shard for event in of(run, ShardDone)) == ["a", "b", "c"]
    assert "b" in {event.shard for event in of(run, ShardRetried)}
    assert run.attempts.given_up == []


@pytest.mark.parametrize("end", [Lost, CancelledError])
def test_where_the_engine_spares_the_others_a_lost_worker_takes_its_shard_alone_with_it(stage, monkeypatch, end):
    monkeypatch.setattr(Engine, "spares", True)
    run = stage([shard("a"), shard("b"), shard("c")], lambda t: end if t.shard.id == "b" else written(t), workers=3)
    assert (run.engine.started, run.engine.ended) == (1, {"b"})
    assert sorted(event.shard for event in of(run, ShardDone)) == ["a", "c"]
    assert {event.shard for event in of(run, ShardRetried)} == {"b"}
    assert [(each.shard, each.attempt) for each in run.attempts.given_up] == [("b", 3)]


def test_where_the_engine_spares_the_others_a_hung_worker_is_ended_alone(stage, monkeypatch):
    monkeypatch.setattr(Engine, "spares", True)
    hung = [{"b": "silent"}]
    run = stage(
        [shard("a"), shard("b"), shard("c")],
        lambda task: HANGS if task.shard.id == "b" and task.attempt == 1 else written(task),
        workers=3,
        tick=lambda in_flight: hung.pop() if hung and "b" in shards_of(in_flight) else {},
    )
    assert (run.engine.started, run.engine.ended) == (1, {"b"})
    assert sorted(event.shard for event in of(run, ShardDone)) == ["a", "b", "c"]
    assert [event.shard for event in of(run, ShardRetried)] == ["b"]


@pytest.mark.parametrize("spares", [True, False])
def test_what_a_lost_worker_has_at_work_in_the_place_is_ended_before_its_shard_is_given_out_again(
    stage, monkeypatch, spares
):
    monkeypatch.setattr(Engine, "spares", spares)
    run = stage(
        [shard("a"), shard("b")], lambda t: Lost if (t.shard.id, t.attempt) == ("a", 1) else written(t), workers=1
    )
    told = [event[:2] if isinstance(event, tuple) else (type(event), event.shard) for event in run.events]
    again = [(ShardStarted, "a"), ("lost", "a"), (ShardRetried, "a"), (ShardStarted, "a"), (ShardDone, "a")]
    assert told[:5] == again
    assert [each for each in told if each[0] == "lost"] == [("lost", "a")]


def test_an_engine_whose_executors_break_before_anything_runs_in_them_ends_the_load(stage, monkeypatch):
    monkeypatch.setattr(Scripted, "submit", Scripted.refuse)
    run = stage([shard("a"), shard("b")], written, attempts=2)
    assert run.engine.started < 10
    assert run.attempts.given_up


def test_every_submission_is_told_apart_from_the_ones_before(stage):
    hung, seen = [{"b": "silent"}], []

    def tick(in_flight):
        seen.extend((each.shard, each.submission) for each in in_flight)
        return hung.pop() if hung and "b" in shards_of(in_flight) else {}

    stage([shard("a"), shard("b"), shard("c")], written, workers=3, tick=tick)
    assert {("b", 1), ("b", 2), ("c", 1)} <= set(seen)
    assert seen.index(("b", 2)) > len(seen) - 1 - seen[::-1].index(("b", 1))


@pytest.mark.parametrize("runs", [True, False])
def test_whether_a_worker_has_a_shard_is_told_as_the_engine_tells_it(stage, monkeypatch, runs):
    monkeypatch.setattr(Engine, "begins", runs)
    told = set()
    stage([shard("a"), shard("b")], written, tick=lambda flights: told.update(each.running for each in flights) or {})
    assert told == {runs}


def test_a_worker_that_cannot_be_set_up_for_want_of_memory_leaves_room_for_the_others(stage):
    refused = []

    def script(task):
        if not refused:
            refused.append(task)
            return MemoryError()
        return written(task)

    run = stage([shard(f"s{n}") for n in range(5)], script, workers=3)
    assert run._queue.limit == 2
    assert of(run, ShardRetried)[0].cause.startswith("memory is used up: ")
    assert len(of(run, ShardDone)) == 5


def test_the_workers_traceback_comes_with_the_failure(stage):
    run = stage([shard("a")], lambda task: replace(failed(task), trace="Traceback ..."), attempts=2)
    assert [event.trace for event in run.events if isinstance(event, ShardRetried | ShardFailed)] == [
        "Traceback ..."
    ] * 2


def test_what_a_worker_logged_reaches_the_display(stage):
    run = stage([shard("a")], lambda task: written(task, log=("WARNING x: y",)))
    assert [event.lines for event in run.events if isinstance(event, WorkerLogged)] == [("WARNING x: y",)]


def test_a_signal_stops_submitting_and_asks_the_running_shards_to_give_way(stage):
    done = []

    def script(task):
        done.append(task)
        return written(task)

    ran = stage([shard(f"s{n}") for n in range(9)], script, signum=lambda: 15 if len(done) >= 3 else 0)
    assert ran.interrupted.exit_code == 143
    assert ran.engine.stopped == 1
    assert len(of(ran, ShardStarted)) < 9


def test_a_wave_begins_when_the_one_before_is_done_and_not_at_all_when_it_failed(stage):
    waves = [[shard("c1", "customers"), shard("c2", "customers")], [shard("o1", "orders")]]
    ran = stage(waves, written)
    assert [event.shard for event in of(ran, ShardStarted)] == ["c1", "c2", "o1"]
    ran = stage(waves, lambda task: failed(task, Remedy.STOP_TABLE) if task.shard.id == "c2" else written(task))
    assert [event.shard for event in of(ran, ShardStarted)] == ["c1", "c2"]
