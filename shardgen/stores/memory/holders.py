"""Who is at work in a place in memory: one load alone, or the parts of one side by side."""

from __future__ import annotations

import threading


class Holders:
    """The coordinator's lock."""

    def __init__(self) -> None:
        self._names: dict[object, str] = {}
        self._shared = False
        self._lock = threading.Lock()

    def __str__(self) -> str:
        return ", ".join(sorted(self._names.values()))

    def __bool__(self) -> bool:
        """Whether anybody is."""
        return bool(self._names)

    def take(self, holder: object, name: str, *, shared: bool) -> bool:
        """Begin to work; False if others are at work who do not share the place, or if this one does not."""
        with self._lock:
            others = self._names.keys() - {holder}
            if others and not (shared and self._shared):
                return False
            self._names[holder], self._shared = name, shared
            return True

    def held_alone(self, holder: object) -> bool:
        """Whether another than the holder is at work alone."""
        with self._lock:
            return bool(self._names.keys() - {holder}) and not self._shared

    def give_back(self, holder: object) -> None:
        """Work no more."""
        with self._lock:
            self._names.pop(holder, None)

    def send_away(self) -> None:
        """Have nobody be at work."""
        with self._lock:
            self._names.clear()
