"""The watchdog's laws: only silence counts, and only silence that somebody could have heard."""

from __future__ import annotations

from dataclasses import replace

from shardgen.loading.watchdog import LONGEST_GAP, Sighting, Watchdog

WAITING = Sighting(shard="orders/2025-01", worker=7, backend=8, rows=100, awaits_client=True, doing="copying")
SHARD = WAITING.shard


def looks(dog: Watchdog, sightings, *, every: float = 1.0, start: float = 0.0) -> list:
    """What the dog says, look after look; None stands for a shard without a backend."""
    return [
        dog.look(start + number * every, {SHARD}, {} if seen is None else {SHARD: seen})
        for number, seen in enumerate(sightings)
    ]


def test_a_backend_that_waits_for_its_client_without_a_row_is_hung_after_the_patience():
    assert looks(Watchdog(3), [WAITING] * 5) == [{}, {}, {}, {SHARD: WAITING}, {SHARD: WAITING}]


def test_a_row_a_working_backend_and_another_backend_end_the_silence():
    for sound in (replace(WAITING, rows=101), replace(WAITING, awaits_client=False), replace(WAITING, backend=9)):
        assert (
            looks(Watchdog(3), [WAITING, WAITING, WAITING, sound, sound if sound.awaits_client else WAITING])
            == [{}] * 5
        )


def test_a_shard_without_any_backend_is_as_silent_and_what_was_seen_last_is_told():
    assert looks(Watchdog(2), [None, None, None])[-1] == {SHARD: None}
    assert looks(Watchdog(2), [WAITING, None, None])[-1] == {SHARD: WAITING}


def test_time_in_which_nobody_looked_does_not_count():
    dog = Watchdog(10)
    assert looks(dog, [WAITING, WAITING], every=3600)[-1] == {}
    assert dog.look(3600 + 9, {SHARD}, {SHARD: WAITING}) == {}
    assert LONGEST_GAP * 2 < 10


def test_a_shard_that_left_and_came_back_starts_anew():
    dog = Watchdog(3)
    looks(dog, [WAITING] * 3)
    assert dog.look(3, set(), {}) == {}
    assert dog.look(4, {SHARD}, {SHARD: WAITING}) == {}
