"""Changes played by the clock: each is given to where it goes when it is due, in the order of the feed.

They are made ahead by a thread. What bronze got at one instant goes together, so an instant says how far a stream is.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar

import numpy as np

from shardgen.flow.order import Some
from shardgen.flow.pace import F64, Pace
from shardgen.model.played import Played

AHEAD: Final = 4
"""Batches that are made before they are due: at 5,000 changes a second some six seconds of them."""
LOOK: Final = 0.1
"""Seconds after which a stream that waits looks for signals, and shows how it goes."""
RECENT: Final = 10.0
"""Seconds of which the present rate is the mean."""

T = TypeVar("T")


class Sink(Protocol):
    """Where changes go."""

    @property
    def every(self) -> float:
        """Seconds between two times at which it takes some, at least."""
        ...

    def take(self, some: Some, until: int, ago: F64) -> None:
        """Take changes; they are there for others when it returns.

        Args:
            some: they.
            until: all that bronze gets before it has been given, these included; microseconds UTC.
            ago: how many seconds ago each was due.
        """
        ...


@dataclass(kw_only=True)
class Player:
    """Plays changes.

    Args:
        tables: their names, in the order of the feed.
        pace: when each is due.
        sink: where they go.
        stopped: whether to stop as soon as what is due at one instant is told.
        show: told how far it is, about ten times a second.
        clock, sleep: of the wall.
    """

    tables: tuple[str, ...]
    pace: Pace
    sink: Sink
    stopped: Callable[[], bool]
    show: Callable[[Played], object]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _told: Counter[str] = field(default_factory=Counter, init=False)
    _recent: deque[tuple[float, int]] = field(default_factory=deque, init=False)
    _began: float = field(default=0.0, init=False)
    _now: float = field(default=0.0, init=False)
    _until: int = field(default=0, init=False)
    _lag: float = field(default=0.0, init=False)
    _most_lag: float = field(default=0.0, init=False)

    def play(self, feed: Iterator[Some], since: int, check: Callable[[], None] = lambda: None) -> bool:
        """Play a feed.

        Args:
            feed: changes in order.
            since: all that bronze gets before it is told already.
            check: asked as often as it looks for signals; what it raises ends the stream.

        Returns:
            whether it came to its end.
        """
        self._until = since
        with ahead(feed, self.stopped) as made:
            for some in made:
                if self._began == 0:
                    self._began = self.clock()  # the first changes are made before the clock begins to run
                if not self._some(some, check):
                    return False
        return not self.stopped()

    @property
    def played(self) -> Played:
        """How far it is."""
        now = self._now
        while self._recent and self._recent[0][0] < now - RECENT:
            self._recent.popleft()
        since = max(now - RECENT, 0.0)
        recent = sum(count for _, count in self._recent)
        return Played(
            until=self._until,
            told={name: self._told[name] for name in self.tables},
            seconds=now,
            rate=recent / (now - since) if now > since else 0.0,
            lag=self._lag,
            most_lag=self._most_lag,
        )

    def _look(self) -> float:
        """Seconds since it began."""
        self._now = self.clock() - self._began
        return self._now

    def _some(self, some: Some, check: Callable[[], None]) -> bool:
        """Tell changes as they are due; False where it is to stop before all are."""
        due = self.pace.due(self._told.total() + np.arange(len(some.got)), some.got)
        done = 0
        while done < len(due):
            if self.stopped():
                return False
            check()
            ready = int(np.searchsorted(due, self._look(), "right"))
            if ready > done:
                done = self._give(some, due, done, int(np.searchsorted(some.got, some.got[ready - 1], "right")))
            self.show(self.played)
            if done < len(due):
                self.sleep(min(max(due[done] - self._look(), self.sink.every), LOOK))
        return True

    def _give(self, some: Some, due: F64, low: int, high: int) -> int:
        until = int(some.got[high - 1]) + 1
        given = Some(some.rows.slice(low, high - low), some.tables[low:high], some.got[low:high])
        self.sink.take(given, until, self._now - due[low:high])
        now = self._look()
        for place, count in enumerate(np.bincount(some.tables[low:high], minlength=len(self.tables)).tolist()):
            self._told[self.tables[place]] += count
        self._recent.append((now, high - low))
        self._until, self._lag = until, max(0.0, now - float(due[low]))
        self._most_lag = max(self._most_lag, self._lag)
        return high


@contextmanager
def ahead(made: Iterator[T], stopped: Callable[[], bool]) -> Iterator[Iterator[T]]:
    """The same, made by a thread a few at a time before they are asked for; it ends early when it is to stop.

    Raises:
        Exception: what making them raises, where they are read.
    """
    waiting: queue.Queue[tuple[str, T | BaseException | None]] = queue.Queue(AHEAD)
    left = threading.Event()

    def put(kind: str, what: T | BaseException | None = None) -> None:
        while not left.is_set():
            with suppress(queue.Full):
                waiting.put((kind, what), timeout=LOOK)
                return

    def work() -> None:
        try:
            for each in made:
                put("made", each)
                if left.is_set():
                    return
            put("end")
        except BaseException as error:  # noqa: BLE001  # raised where the changes are read
            put("failed", error)

    thread = threading.Thread(target=work, name="shardgen-ahead", daemon=True)
    thread.start()
    try:
        yield _read(waiting, stopped)
    finally:
        left.set()
        thread.join(1.0)  # it may be amid a stretch, of which nothing is left to wait for


def _read(waiting: queue.Queue[tuple[str, T | BaseException | None]], stopped: Callable[[], bool]) -> Iterator[T]:
    while not stopped():
        try:
            kind, what = waiting.get(timeout=LOOK)
        except queue.Empty:
            continue
        if kind == "end":
            return
        if isinstance(what, BaseException):
            raise what
        assert what is not None
        yield what
