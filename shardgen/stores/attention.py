"""What a thread of ours does while it waits for a place: it hears signals, and says what is waited for.

The waits themselves are each store's; here is what goes with them, by thread and context.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """What whoever waits for a place does meanwhile."""

    check: Callable[[], None] = lambda: None
    """Called again and again; what it raises ends the wait."""
    tell: Callable[[str], None] = lambda _: None
    """Takes a sentence on what is waited for."""


_current: ContextVar[Attention | None] = ContextVar("attention", default=None)


@contextlib.contextmanager
def attending(*, check: Callable[[], None] | None = None, tell: Callable[[str], None] | None = None) -> Iterator[None]:
    """For the time of the block, waits of this thread go with these; what is not given stays as it is."""
    before = _current.get() or Attention()
    token = _current.set(Attention(check=check or before.check, tell=tell or before.tell))
    try:
        yield
    finally:
        _current.reset(token)


def listen(tell: Callable[[str], None]) -> None:
    """From now on, in this context, tell what is waited for; for a program at its start."""
    _current.set(Attention(tell=tell))


@contextlib.contextmanager
def unattended() -> Iterator[None]:
    """For the time of the block nothing ends a wait but the place and its timeouts: for a last word of ours."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)


def check() -> None:
    """Let a pause of ours be ended as a wait for a place is."""
    if attention := _current.get():
        attention.check()


def current() -> Attention | None:
    """What goes with the waits of this thread, if anything does."""
    return _current.get()


def tell(text: str) -> None:
    """Say a sentence to whoever waits."""
    if attention := _current.get():
        attention.tell(text)
