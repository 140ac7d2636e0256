"""The watchdog's laws: only silence counts, and only silence that somebody could have heard."""

from __future__ import annotations

from dataclasses import replace

from shardgen.loading.watchdog import LONGEST_GAP, Flight, Sighting, Watchdog

WAITING = Sighting(shard="orders/2025-01", worker=7, backend=8, rows=100, awaits_client=True, doing="copying")
SHARD = WAITING.shard
FLIGHT = Flight(shard=SHARD, submission=1, running=True)


def looks(dog: Watchdog, sightings, *, every: float = 1.0, start: float = 0.0) -> list:
    """What the dog says, look after look; None stands for a shard without a backend."""
    return [
        dog.look(start + number * every, [FLIGHT], {} if seen is None else {SHARD: seen})
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
    assert dog.look(3600 + 9, [FLIGHT], {SHARD: WAITING}) == {}
    assert LONGEST_GAP * 2 < 10


def test_a_shard_that_left_and_came_back_starts_anew():
    dog = Watchdog(3)
    looks(dog, [WAITING] * 3)
    assert dog.look(3, [], {}) == {}
    assert dog.look(4, [FLIGHT], {SHARD: WAITING}) == {}


def test_a_shard_that_was_submitted_again_has_another_worker_whose_silence_starts_from_zero():
    dog, again = Watchdog(3), replace(FLIGHT, submission=2)
    assert looks(dog, [None] * 4)[-1] == {SHARD: None}
    assert [dog.look(now, [again], {}) for now in (4, 5, 6, 7)] == [{}, {}, {}, {SHARD: None}]


def test_a_shard_that_waits_in_an_engines_queue_is_not_silent():
    dog, queued = Watchdog(3), replace(FLIGHT, running=False)
    assert [dog.look(now, [queued], {}) for now in range(9)] == [{}] * 9
    assert [dog.look(9 + now, [FLIGHT], {}) for now in range(4)] == [{}, {}, {}, {SHARD: None}]


def test_a_backend_tells_of_a_worker_where_the_engine_does_not():
    dog, untold = Watchdog(3), replace(FLIGHT, running=False)
    assert [dog.look(now, [untold], {SHARD: WAITING}) for now in range(4)][-1] == {SHARD: WAITING}
