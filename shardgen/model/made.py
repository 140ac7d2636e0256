"""Things that are made one after the other, here or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Made(NamedTuple, Generic[T]):
    """Things that are made."""

    things: Iterator[T]
    check: Callable[[], None] = lambda: None
    """Raises a LoadError when their maker has ended before all were made, though some may be there to be read."""
