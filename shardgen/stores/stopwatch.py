"""Seconds by phase, so that a report can say where a shard's time went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up the time spent in named phases, which must not nest."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._start = clock()
        self.phases: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count what happens inside towards a phase."""
        start = self._clock()
        try:
            yield
        finally:
            self.add(name, self._clock() - start)

    def add(self, name: str, seconds: float) -> None:
        """Count seconds towards a phase."""
        self.phases[name] = self.phases.get(name, 0.0) + seconds

    @property
    def seconds(self) -> float:
        """Since the watch was made."""
        return self._clock() - self._start
