"""Workers come from a server that is there before it is needed, sees what its coordinator sees, and ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import pytest

from shardgen import processes
from shardgen.pool import ForkserverEngine


@pytest.fixture
def engine():
    made = ForkserverEngine()
    yield made
    made.close()


def test_workers_come_from_the_server_that_was_started_first(engine):
    processes.start()
    started = processes._server._process.pid
    assert engine.start(1).submit(os.getppid).result() == started == processes._server._process.pid


def test_tasks_run_in_as_many_processes_as_there_are_workers(engine):
    executor = engine.start(2)
    running = [executor.submit(time.sleep, 0.2) for _ in range(2)] + [executor.submit(os.getpid) for _ in range(20)]
    assert len({future.result() for future in running[2:]}) <= 2
    assert executor.submit(divmod, 7, 2).result() == (3, 1)


def test_what_a_task_raises_is_raised_with_the_place_where_it_was(engine):
    with pytest.raises(ZeroDivisionError) as caught:
        engine.start(1).submit(divmod, 1, 0).result()
    assert "Traceback" in str(caught.value.__cause__)


@pytest.mark.parametrize("task", [(print, lambda: None), (os.popen, "true")], ids=["argument", "outcome"])
def test_what_cannot_be_sent_is_told_and_breaks_nothing(engine, task):
    executor = engine.start(1)
    with pytest.raises(Exception, match=r"pickle|lambda|sent"):
        executor.submit(*task).result()
    assert executor.submit(abs, -1).result() == 1


def test_the_death_of_a_worker_fails_all_and_is_told(engine):
    executor = engine.start(2)
    waiting = [executor.submit(time.sleep, 60), executor.submit(os._exit, 7), executor.submit(abs, 1)]
    for future in waiting:
        with pytest.raises(BrokenExecutor):
            future.result()
    assert engine.describe().endswith("exit=7")
    assert engine.describe().count("worker") == 1  # not the one that was ended for it
    with pytest.raises(BrokenExecutor):
        executor.submit(abs, 1)
    assert engine.start(1).submit(abs, -2).result() == 2


def test_a_server_that_was_killed_is_started_again(engine):
    executor = engine.start(1)
    os.kill(processes._server._process.pid, signal.SIGKILL)
    assert executor.submit(abs, -3).result() == 3


def test_workers_see_the_environment_and_the_directory_of_now(engine, monkeypatch, tmp_path):
    monkeypatch.setenv("PGPASSFILE", "of now")
    monkeypatch.chdir(tmp_path)
    executor = engine.start(1)
    assert executor.submit(os.getenv, "PGPASSFILE").result() == "of now"
    assert executor.submit(os.getcwd).result() == str(tmp_path)


def test_closing_leaves_no_process_and_no_descriptor(engine):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        pids = {engine.start(2).submit(os.getpid).result()}
    engine.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_the_caller_hears_signals_as_before():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    processes.start()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


OPENING = """
import os, signal, sys, threading
from shardgen import processes
from shardgen.pool import ForkserverEngine
"""


def _ran(code: str, *before: str) -> tuple[int, str, str]:
    """What a script of its own process does that has an engine."""
    command = [*before, sys.executable, "-c", OPENING + code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_an_early_ctrl_c_gives_one_traceback_not_two():
    code = """
signal.signal(signal.SIGINT, signal.default_int_handler)
processes.start()
os.kill(processes._server._process.pid, signal.SIGINT)  # as a terminal does to the whole group
print(ForkserverEngine().start(1).submit(abs, -1).result())
"""
    assert _ran(code) == (0, "1\n", "")


FORKED = """
def work():
    engine = ForkserverEngine()
    print(engine.start(1).submit(abs, -5).result(), flush=True)
    engine.close()
"""


@pytest.mark.parametrize(
    "way",
    [
        "work()",
        "processes.start(); pid = os.fork() or (work(), os._exit(0)); os.waitpid(pid, 0)",
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN); work()",
        "thread = threading.Thread(target=work); thread.start(); thread.join()",
        "import multiprocessing as m; m.current_process()._config['daemon'] = True; work()",
        "import asyncio\nasync def main(): work()\nasyncio.run(main())",
        "sys.stderr = None; work()",
        "os.close(0); os.close(2); work()",
        "del sys.modules['__main__']; work()",
    ],
    ids=["plain", "forked", "sigchld", "thread", "daemonic", "asyncio", "no-stderr", "closed", "no-main"],
)
def test_workers_can_be_had_wherever_the_caller_runs(way):
    assert _ran(FORKED + way) == (0, "5\n", "")


def test_a_forked_copy_of_the_caller_does_not_keep_the_server_alive():
    code = """
engine = ForkserverEngine()
worker = engine.start(1).submit(os.getpid).result()
if not os.fork():
    for number in (0, 1, 2): os.close(number)
    signal.pause()
print(worker, os.getpid(), processes._server._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    _, out, _ = _ran(code, "setsid")
    worker, session, server = map(int, out.split())
    try:
        deadline = time.monotonic() + 10
        while any(Path(f"/proc/{pid}").exists() for pid in (worker, server)):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        os.killpg(session, signal.SIGKILL)


def test_a_limit_of_processes_is_told_with_the_remedy():
    if os.getuid() == 0 and not Path("/usr/bin/setpriv").exists():
        pytest.skip("needs an account that has limits")
    code = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
keep = [os.dup(1) for _ in range(2)]
try: ForkserverEngine()
except Exception as error: print(type(error).__name__, error.exit_code, error)
"""
    code, out, _ = _ran(code)
    assert out.startswith("MachineError 2 no worker process can be started: ")
    assert "ulimit -n" in out
