"""What makes a process a worker: search path, environment, signals, logging, memory, threads of libraries."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
from dataclasses import dataclass, field
from typing import Self

from shardgen.loading import memory
from shardgen.machine import paths

_HERE = secrets.token_hex(8)
"""This process, and no other on any machine that was not forked from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Made where work is given out, called once in each worker before its first task; picklable.

    In the process where it was made it changes nothing: threads of that process are workers as they are.
    """

    path: tuple[str, ...]
    """Where modules are looked for."""
    environment: tuple[tuple[str, str], ...] = field(repr=False)
    """In which libpq looks for what a connection string leaves open; a worker's own may be older."""
    origin: str = _HERE
    """The process that it was made in."""

    @classmethod
    def here(cls) -> Self:
        """What workers need to be like this process."""
        return cls(path=tuple(paths.safe()), environment=tuple(os.environ.items()))

    def __call__(self) -> None:
        """Make this process a worker; its signals are the coordinator's affair."""
        if self.origin == _HERE:
            return
        sys.path[:] = self.path
        os.environ.clear()
        os.environ.update(self.environment)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the whole group
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        logging.lastResort = None  # a line on stderr would tear the display; outcomes carry the log
        be_thrifty()
        memory.do_without_pandas()


def be_thrifty() -> None:
    """Keep memory between batches, and have Arrow use one thread: the workers are the parallelism."""
    import pyarrow as pa

    memory.keep()
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
