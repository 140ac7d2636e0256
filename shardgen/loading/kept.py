"""What a worker keeps open between tasks, each for the executor whose tasks opened it, until that one lets go of it.

A process that is ended needs none of this; one that is not ours, or outlives its work, does.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar


class Closing(Protocol):
    """A connection, a writer: what can be closed."""

    def close(self) -> None:
        """Close it."""
        ...


V = TypeVar("V", bound=Closing)
_lock = threading.RLock()
_all: list[Kept[Closing]] = []


class Kept(dict[tuple[Hashable, Any], V]):
    """By owner and key, things of one kind; made once for a module."""

    def __init__(self) -> None:
        super().__init__()
        _all.append(self)  # type: ignore[arg-type]  # nothing is put into it from there

    def of(self, owner: Hashable, key: Any, make: Callable[[], V]) -> V:
        """The one that is there, or a new one."""
        with _lock:
            if (owner, key) not in self:
                self[owner, key] = make()
            return self[owner, key]

    def close(self, holds: Callable[[tuple[Hashable, Any]], bool]) -> None:
        """Close those of whose owner and key something holds."""
        with _lock:
            for each in filter(holds, list(self)):
                self.pop(each).close()


def let_go(owner: Hashable) -> None:
    """Close all that an owner has in this process."""
    for each in _all:
        each.close(lambda of: of[0] == owner)
