"""What a command takes of the processor is counted to the last of those that it has started; real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from scripts.bench import processes
from scripts.bench.bench import Bench, Run
from scripts.bench.rounds import YARDSTICKS, Task, interleaved

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody is told of orphans")

BURN = "import time\nwhile time.process_time() < 0.4: pass"
IMPATIENT = "import os, sys; from scripts.bench import reaper; reaper._GRACE = 1; reaper.main(os.dup(1), sys.argv[1:])"
"""The reaper with less patience, which tells by its output."""


def python(text):
    return [sys.executable, "-I", "-S", "-c", text]


def reaper(*command):
    told = {"stdout": subprocess.PIPE, "cwd": processes.ROOT, "text": True}
    return subprocess.Popen([sys.executable, "-c", IMPATIENT, *command], **told)


def test_an_orphan_counts_and_the_clock_ends_with_the_command(tmp_path):
    begun = time.perf_counter()
    ran = processes.run(["sh", "-c", '"$@" & echo begun', "sh", *python(BURN)], cwd=tmp_path)
    assert ran.output == "begun\n"
    assert ran.cpu["client"] >= 0.4
    assert ran.seconds < time.perf_counter() - begun - 0.2


def test_a_process_counts_however_shortly_it_lives(tmp_path):
    burn = BURN.replace("0.4", "0.1")
    ran = processes.run(["sh", "-c", '"$@"; "$@"; "$@"', "sh", *python(burn)], cwd=tmp_path)
    assert ran.cpu["client"] >= 0.3


def test_a_command_that_fails_is_told_with_what_it_said(tmp_path):
    with pytest.raises(RuntimeError, match="failed with code=3: so it is"):
        processes.run(["sh", "-c", "echo so it is >&2; exit 3"], cwd=tmp_path)
    with pytest.raises(RuntimeError, match="failed with code=137"):
        processes.run(["sh", "-c", "kill -9 $$"], cwd=tmp_path)


def test_an_interrupted_bench_leaves_no_command_behind(tmp_path):
    before = processes.children(os.getpid())

    def interrupt():  # as soon as the command is there; nobody tells, so it is looked for
        while not any(map(processes.children, set(processes.children(os.getpid())).difference(before))):
            assert time.perf_counter() - begun < 30
            time.sleep(0.02)
        time.sleep(0.3)  # until it is waited for
        os.kill(os.getpid(), signal.SIGINT)

    # Whoever starts tests in the background, as a shell does with &, has them ignore the signal.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    begun = time.perf_counter()
    threading.Thread(target=interrupt).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            processes.run(["sleep", "60"], cwd=tmp_path)
    finally:
        signal.signal(signal.SIGINT, usual)
    assert time.perf_counter() - begun < 30
    assert processes.children(os.getpid()) == before


def test_what_outstays_its_command_is_killed():
    begun = time.perf_counter()
    with reaper("sh", "-c", "sleep 60 & sleep 60 &") as process:
        told, _ = process.communicate(timeout=30)
    assert json.loads(told.splitlines()[-1])["seconds"] < time.perf_counter() - begun - 0.9


def test_whoever_does_not_end_when_asked_is_killed_with_all_it_started():
    with reaper("sh", "-c", "trap '' TERM; echo ready; sleep 60 & sleep 60") as process:
        assert "ready\n" in [process.stdout.readline(), process.stdout.readline()]
        process.terminate()
        told, _ = process.communicate(timeout=30)
    assert json.loads(told.splitlines()[-1])["seconds"] > 1


def test_each_yardstick_knows_its_round(monkeypatch, tmp_path):
    seen = []

    def measured(bench, workers):
        seen.append((bench.round, workers))
        return Run(yardstick="load", workers=workers, scale=1, seconds=0, rows={})

    monkeypatch.setitem(YARDSTICKS, "load", measured)
    bench = Bench(dsn="", postmaster=None, directory=tmp_path, options={}, slice_rows=0)
    runs = interleaved([Task(name="load", bench=bench, workers=workers) for workers in (1, 2)], 2)
    assert seen == [(0, 1), (0, 2), (1, 2), (1, 1)]
    assert [run.round for run in runs] == [0, 0, 1, 1]
