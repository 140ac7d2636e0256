"""The fork server is there before it is needed, and a Ctrl-C that comes meanwhile is nobody's but the caller's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from multiprocessing.forkserver import _forkserver

from shardgen import forkserver
from shardgen.pool import ForkserverEngine


def test_workers_come_from_the_server_that_was_started_first():
    forkserver.start()
    started = _forkserver._forkserver_pid
    engine = ForkserverEngine()
    try:
        assert engine.start(1).submit(os.getppid).result() == started == _forkserver._forkserver_pid
    finally:
        engine.close()


def test_the_caller_hears_signals_as_before():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    forkserver.start()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_an_early_ctrl_c_gives_one_traceback_not_two():
    code = """
import os, signal, multiprocessing.forkserver
from shardgen import forkserver
signal.signal(signal.SIGINT, signal.default_int_handler)
forkserver.start()
os.kill(multiprocessing.forkserver._forkserver._forkserver_pid, signal.SIGINT)  # as a terminal does to the whole group
forkserver.start().Process(target=print, args=("forked",)).start()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "forked\n", "")
