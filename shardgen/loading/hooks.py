"""What the dispatcher is given from outside: clock and dice, and who hears of what happens."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from shardgen.events import Event
from shardgen.loading.watchdog import Flight
from shardgen.model.plan import Shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What tests replace: clock, sleep, dice and the loop's period."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.Random)
    period: float = 0.3
    """Seconds between looks at signals and progress."""


class FailureHook(Protocol):
    """Hears of a failed attempt."""

    def __call__(self, shard: Shard, attempt: int, cause: str, *, given_up: bool) -> None:
        """Note it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the coordinator wants to hear of."""

    show: Callable[[Event], None]
    tick: Callable[[Sequence[Flight]], Mapping[str, str]]
    """Called every period with the shards in flight; gives those whose worker hangs, each with the cause."""
    failed: FailureHook
    """A failed attempt."""
    lost: Callable[[Collection[str]], None]
    """Called with shards whose workers were lost, before they are given to others."""
    stopped_by: Callable[[], int]
    """The signal that asks for an end, or 0."""
