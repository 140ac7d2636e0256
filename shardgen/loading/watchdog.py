"""Tells which shards' workers have gone silent, from what their backends show; pure, with the clock injected.

Silence is a server that waits for its client, look after look, without a row arriving. A backend that works (an index,
a lock, a commit) is no silence, and neither is a server that did not answer, or a time in which nobody looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from shardgen.stores.told import Sighting

LONGEST_GAP: Final = 2.0  # seconds between two looks that count: more means that we slept ourselves (Ctrl-Z, suspend)


@dataclass(slots=True, kw_only=True)
class _Silence:
    seconds: float
    seen: Sighting | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """A shard that was given to an engine."""

    shard: str
    submission: int
    """Counted from 1: a shard that is submitted again has another worker, which was not silent yet."""
    running: bool
    """Whether a worker has it, as far as the engine tells; else it may still wait for one."""


class Watchdog:
    """Adds up the silence of every shard in flight.

    Args:
        patience: seconds of silence from which a shard's worker counts as hung.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._silences: dict[tuple[str, int], _Silence] = {}
        """By shard and submission."""
        self._looked: float | None = None

    def look(
        self, now: float, in_flight: Iterable[Flight], sightings: Mapping[str, Sighting]
    ) -> dict[str, Sighting | None]:
        """Take in what is to be seen now; the hung shards, each with the backend that was seen last, if any was.

        Args:
            now: seconds on any clock that only goes forward.
            in_flight: shards that were given to the engine; one that waits for a worker is not silent.
            sightings: by shard; a shard without a backend is as silent as one whose backend waits.
        """
        elapsed = 0.0 if self._looked is None else min(now - self._looked, LONGEST_GAP)
        self._looked = now
        self._silences = {
            (each.shard, each.submission): self._heard(each, sightings.get(each.shard), elapsed)
            for each in in_flight
            if each.running or each.shard in sightings
        }
        return {shard: each.seen for (shard, _), each in self._silences.items() if each.seconds >= self._patience}

    def _heard(self, flight: Flight, seen: Sighting | None, elapsed: float) -> _Silence:
        before = self._silences.get((flight.shard, flight.submission))
        if before is None or (seen is not None and (not seen.awaits_client or seen != before.seen)):
            return _Silence(seconds=0.0, seen=seen)
        return _Silence(seconds=before.seconds + elapsed, seen=seen or before.seen)
