"""Signals of the coordinator: the first asks for an orderly end, the second ends everything at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any, Final, Self

from shardgen.errors import Interrupted

_HANDLED: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Handlers for the time of a load; a context manager that does nothing outside the main thread.

    Args:
        kill: called at the second signal, before Interrupted is raised wherever the main thread is.
    """

    def __init__(self, kill: Callable[[], object]) -> None:
        self._kill = kill
        self._before: dict[signal.Signals, Any] = {}
        self.received = 0
        """Number of the first signal, or 0."""

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            heard = [each for each in _HANDLED if signal.getsignal(each) is not signal.SIG_IGN]  # nohup stays nohup
            self._before = {each: signal.signal(each, self._handle) for each in heard}
        return self

    def __exit__(self, *exc: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def check(self) -> None:
        """Raise Interrupted if a signal came."""
        if self.received:
            raise Interrupted(self.received)

    def _handle(self, signum: int, _frame: object) -> None:
        if not self.received:
            self.received = signum
            return
        self._kill()
        raise Interrupted(self.received)
