"""Things made in a process of its own: in order, a few ahead; what ends it is told, and nothing is left of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import partial
from multiprocessing import active_children

import pytest

from shardgen.errors import ConfigError, LoadError
from shardgen.loading.engines.apart import made_apart

LARGE = bytes(1 << 20)
"""More than a pipe holds."""


def numbers(count: int, fails: Exception | None = None) -> Iterator[tuple[int, bytes]]:
    for number in range(count):
        yield number, LARGE
    if fails:
        raise fails


def ended() -> Iterator[int]:
    yield os.getpid()
    os.kill(os.getpid(), signal.SIGKILL)


def test_they_come_in_order_and_are_made_elsewhere() -> None:
    with made_apart(partial(numbers, 5), "numbers") as made:
        assert [number for number, _ in made.things] == [0, 1, 2, 3, 4]
    with made_apart(ended, "numbers") as made:
        assert next(made.things) != os.getpid()
    assert active_children() == []


def test_who_wants_no_more_waits_for_nothing() -> None:
    with made_apart(partial(numbers, 1 << 40), "numbers") as made:
        assert next(made.things)[0] == 0
    assert active_children() == []


def test_what_fails_there_is_told_here_with_its_cause() -> None:
    with made_apart(partial(numbers, 2, ValueError("no more")), "numbers") as made:
        assert [next(made.things)[0], next(made.things)[0]] == [0, 1]
        with pytest.raises(LoadError, match=r"^numbers cannot be made: ValueError: no more$") as told:
            next(made.things)
    assert "in numbers" in str(told.value.__cause__)  # where it failed


def test_an_error_of_ours_stays_what_it_is() -> None:
    make = partial(numbers, 0, ConfigError("it is wrong", remedy="mend it"))
    with made_apart(make, "numbers") as made, pytest.raises(ConfigError, match=r"^it is wrong: mend it$"):
        next(made.things)


def test_the_end_of_the_process_is_told() -> None:
    with made_apart(ended, "numbers") as made:
        pid = next(made.things)
        with pytest.raises(LoadError, match=f"the process that makes numbers ended: pid={pid} exit=-9"):
            next(made.things)
