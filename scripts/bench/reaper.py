"""Runs a command, and tells by a pipe when it ended and what processor time it and all that it started have taken.

``python reaper.py PIPE COMMAND...``: a process that has no other children. Where the kernel lets it, those that outlive
their parents become its own, and are waited for, too: so none is missed, and none is left behind.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_SET_CHILD_SUBREAPER = 36  # of prctl(2), Linux alone; elsewhere only those count whose parents wait for them
_GRACE = 20  # seconds that a command has to end when it is asked to, and what it has left behind to end by itself


def main(pipe: int, command: Sequence[str]) -> int:
    """Run it; its exit code, as a shell gives it."""
    os.set_inheritable(pipe, False)  # noqa: FBT003 - it has no other name for it
    with contextlib.suppress(AttributeError):
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    started: list[int] = []
    signal.signal(signal.SIGINT, lambda *_: None)  # a terminal sends it to the command as well
    signal.signal(signal.SIGTERM, lambda *_: _end(signal.SIGTERM, started))
    signal.signal(signal.SIGALRM, lambda *_: _end(signal.SIGKILL, started))
    began, start = time.time(), time.perf_counter()
    started.append(pid := os.spawnvp(os.P_NOWAIT, command[0], command))
    _tell(pipe, pid=pid, began=began, start=start)
    code = _wait_for(pid)
    seconds = time.perf_counter() - start
    started.clear()
    signal.alarm(_GRACE)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    _tell(pipe, seconds=seconds, cpu=used.ru_utime + used.ru_stime)
    return code if code >= 0 else 128 - code


def _wait_for(pid: int) -> int:
    """Exit code of a child; others that end before it are waited for, too."""
    while True:
        ended, status = os.wait()
        if ended == pid:
            return os.waitstatus_to_exitcode(status)


def _end(number: int, started: Sequence[int]) -> None:
    """Send our children a signal; after a while who is still there is killed, and then who was a child of those.

    Args:
        number: of the signal.
        started: the command, for where the kernel does not tell who they are.
    """
    texts = [task.read_text(encoding="ascii") for task in Path("/proc/self/task").glob("*/children")]
    for child in map(int, " ".join(texts).split()) if texts else started:
        os.kill(child, number)
    signal.alarm(1 if number == signal.SIGKILL else _GRACE)


def _tell(pipe: int, **figures: float) -> None:
    os.write(pipe, f"{json.dumps(figures)}\n".encode())


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
