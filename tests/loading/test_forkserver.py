"""Workers come from a server that is there before it is needed, and knows nothing of the folder it was started in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import BrokenExecutor
from multiprocessing import forkserver as theirs

import pytest

from shardgen.loading.engines import Setup, forkserver
from shardgen.loading.engines.processes import Processes


@pytest.fixture
def engine():
    made = Processes()
    yield made
    made.close()


def server() -> int:
    return theirs._forkserver._forkserver_pid


def test_workers_come_from_the_server_that_was_started_first(engine):
    started = server()
    assert engine.start(1, Setup.here()).submit(os.getppid).result() == started == server()


def test_workers_see_the_environment_of_now_and_not_that_of_the_first_load(engine, monkeypatch):
    monkeypatch.setenv("PGUSER", "early")
    engine.start(1, Setup.here()).submit(abs, -1).result()
    monkeypatch.setenv("PGPASSWORD", "set in a later cell")
    monkeypatch.delenv("PGUSER")
    executor = engine.start(1, Setup.here())
    assert [executor.submit(os.getenv, name).result() for name in ("PGPASSWORD", "PGUSER")] == [
        "set in a later cell",
        None,
    ]


def test_threads_that_have_workers_at_the_same_time_leave_the_process_as_it_was():
    def part(turn: threading.Barrier) -> None:
        for _ in range(200):
            turn.wait()
            with forkserver.starting():
                pass

    before = sys.modules["__main__"], sys.path[:], sys.stdout, sys.stderr
    turn = threading.Barrier(2)
    threads = [threading.Thread(target=part, args=(turn,)) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (sys.modules["__main__"], sys.path[:], sys.stdout, sys.stderr) == before


def test_the_death_of_a_worker_is_told(engine):
    executor = engine.start(1, Setup.here())
    with pytest.raises(BrokenExecutor):
        executor.submit(os._exit, 7).result()
    assert engine.describe().endswith("exit=7")
    assert engine.start(1, Setup.here()).submit(abs, -2).result() == 2


def test_a_server_that_was_killed_is_started_again(engine):
    os.kill(server(), signal.SIGKILL)
    time.sleep(0.2)
    assert engine.start(1, Setup.here()).submit(abs, -3).result() == 3


def test_the_caller_hears_signals_as_before():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    forkserver.start()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_the_caller_keeps_its_path_and_its_environment():
    path, environment = sys.path[:], dict(os.environ)
    forkserver.start()
    assert (sys.path, dict(os.environ)) == (path, environment)


OPENING = """
import os, signal, sys, threading
from shardgen.loading.engines import forkserver
from shardgen.loading.engines import Setup
from shardgen.loading.engines.processes import Processes
"""


def _ran(code: str, *before: str, **options) -> tuple[int, str, str]:
    """What a script of its own process does that has an engine."""
    command = [*before, sys.executable, "-c", OPENING + code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)
    return done.returncode, done.stdout, done.stderr


def test_an_early_ctrl_c_gives_one_traceback_not_two():
    code = """
from multiprocessing import forkserver as theirs
signal.signal(signal.SIGINT, signal.default_int_handler)
forkserver.start()
os.kill(theirs._forkserver._forkserver_pid, signal.SIGINT)  # as a terminal does to the whole group
engine = Processes()
print(engine.start(1, Setup.here()).submit(abs, -1).result())
engine.close()  # CPython may print a traceback at exit, if an executor's thread ends by itself at the same time
"""
    assert _ran(code) == (0, "1\n", "")


FORKED = """
def work():
    engine = Processes()
    print(engine.start(1, Setup.here()).submit(abs, -5).result(), flush=True)
    engine.close()
"""


@pytest.mark.parametrize(
    "way",
    [
        "work()",
        "forkserver.start(); pid = os.fork() or (work(), os._exit(0)); os.waitpid(pid, 0)",
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


def test_a_long_name_of_the_temporary_folder_does_not_matter(tmp_path):
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    assert _ran(FORKED + "work()", env={**os.environ, "TMPDIR": str(folder)}) == (0, "5\n", "")


def test_a_limit_of_processes_is_told_with_the_remedy():
    code = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
keep = [os.dup(1) for _ in range(2)]
try: Processes()
except Exception as error: print(type(error).__name__, error.exit_code, error)
"""
    code, out, _ = _ran(code)
    assert out.startswith("MachineError 2 no worker process can be started: ")
    assert "ulimit -n" in out
