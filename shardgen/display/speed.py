"""How fast something goes, and how long it will still take, from amounts noted now and then; pure."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

WINDOW = 15.0  # seconds over which speed is taken: long enough to even out shards that end together
LEAST = 0.5  # seconds below which a speed means nothing
SETTLING = 0.4  # of the time so far: how far a trend looks back, so that it moves less and less


@dataclass(slots=True)
class Speed:
    """Amount per second over the last WINDOW seconds."""

    _samples: deque[tuple[float, float]] = field(default_factory=deque)

    def note(self, now: float, amount: float) -> None:
        """Take the amount at a time; it may fall when a shard is taken back."""
        self._samples.append((now, amount))
        while self._samples[0][0] < now - WINDOW and len(self._samples) > 2:
            self._samples.popleft()

    @property
    def rate(self) -> float:
        """Per second; 0 until it is known."""
        if not self._samples:
            return 0.0
        (first, before), (last, amount) = self._samples[0], self._samples[-1]
        return max(0.0, amount - before) / (last - first) if last - first >= LEAST else 0.0


@dataclass(slots=True)
class Trend:
    """Amount per second as a mean that forgets slowly, and more slowly the longer it lasts: what an ETA is made of.

    The weight of what happened falls by 1/e over SETTLING of the time since the first change, at least over WINDOW.
    Time before the first change (workers that start) does not count.
    """

    _began: float | None = None
    _last: tuple[float, float] | None = None
    _amount: float = 0.0
    _seconds: float = 0.0

    def note(self, now: float, amount: float) -> None:
        """Take the amount at a time."""
        if self._last is None or (self._began is None and amount == self._last[1]):
            self._last = (now, amount)
            return
        before, had = self._last
        if now - before < LEAST:
            return
        self._began = before if self._began is None else self._began
        keep = math.exp((before - now) / max(WINDOW, SETTLING * (now - self._began)))
        self._amount = self._amount * keep + amount - had
        self._seconds = self._seconds * keep + now - before
        self._last = (now, amount)

    @property
    def rate(self) -> float:
        """Per second; 0 until it is known."""
        return max(0.0, self._amount / self._seconds) if self._seconds >= 2 * LEAST else 0.0
