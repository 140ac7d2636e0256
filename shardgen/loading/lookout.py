"""Looks at a run's shards in flight now and then: tells what is seen of them, and ends what hangs.

The watchdog says which worker hangs; here the run is asked what is to be seen, and told to end what is at work in the
place. The worker's process is the engine's affair.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from shardgen.events import ShardSeen
from shardgen.loading.watchdog import Flight, Watchdog
from shardgen.model.plan import Shard
from shardgen.stores import Run, Show
from shardgen.stores.told import Sighting


class Lookout:
    """Over the shards of one run.

    Args:
        run: claimed.
        pending: its shards that may be seen, by id.
        patience: seconds of silence from which a worker counts as hung.
        period: seconds between two looks.
        clock: tells seconds.
        began: when the session did, by the clock: the first look comes a period later.
        show: takes the events.
    """

    def __init__(
        self,
        run: Run,
        pending: Mapping[str, Shard],
        *,
        patience: float,
        period: float,
        clock: Callable[[], float],
        began: float,
        show: Show,
    ) -> None:
        self._run = run
        self._pending = pending
        self._patience = patience
        self._watchdog = Watchdog(patience)
        self._period = period
        self._clock = clock
        self._looked = began
        self._show = show

    def tick(self, in_flight: Sequence[Flight]) -> dict[str, str]:
        """Look, if it is time to; the shards whose worker hangs, each with the cause."""
        now = self._clock()
        if now - self._looked < self._period:
            return {}
        self._looked = now
        if (sightings := self._run.look()) is None:
            return {}
        for shard in sightings.keys() & {each.shard for each in in_flight}:
            self._show(_seen(self._pending[shard], sightings[shard]))
        hung = self._watchdog.look(now, in_flight, sightings)
        return {shard: self._end(seen) for shard, seen in hung.items()}

    def end_lost(self, shards: Collection[str]) -> None:
        """End what workers that are no more have at work in the place.

        A server may wait for minutes for a host that was cut off, and keeps the shard from others meanwhile.
        """
        sightings = self._run.look() or {}
        for shard in sightings.keys() & set(shards):
            self._run.end(sightings[shard])

    def _end(self, seen: Sighting | None) -> str:
        """End what a worker that hangs has at work in the place, and say what is known of it."""
        silence = f"nothing was heard of its worker for {self._patience:g} s"
        if seen is None:
            return f"{silence}, and no backend of it was seen: killed"
        self._run.end(seen)
        return f"{silence} (worker pid={seen.worker}, backend pid={seen.backend}): both ended"


def _seen(shard: Shard, sighting: Sighting) -> ShardSeen:
    return ShardSeen(
        shard=shard.id,
        table=shard.table,
        rows=sighting.rows,
        doing=sighting.doing,
        worker=sighting.worker,
    )
