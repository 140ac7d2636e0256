"""Pieces of content and the workers that die with them: real processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from shardgen.errors import VerificationError
from shardgen.loading.engines.processes import Processes
from shardgen.stores import attention
from shardgen.verification.examining import Trouble, examined


def dies_once(item: Path, stopped) -> str:
    if item.name == "fatal" and not item.exists():
        item.touch()
        dies(item, stopped)
    return item.name


def dies(item: Path, stopped) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return item.name


def troubled(item: Path, stopped) -> Trouble:
    return Trouble(shard=item.name, error="unreadable")


def names(items, examine) -> tuple[list[str], list[str]]:
    """What came of the items, and what was told meanwhile."""
    told: list[str] = []
    with attention.attending(tell=told.append):
        found = examined(items, examine, Processes(), 2, begun=lambda _: None, ended=lambda _: None)
    return sorted(found), told


def test_what_a_worker_had_that_died_is_examined_by_another_and_that_is_told_once(tmp_path):
    found, told = names([tmp_path / name for name in ("a", "fatal", "b", "c")], dies_once)
    assert found == ["a", "b", "c", "fatal"]
    assert len(told) == 1
    assert "exit=-9" in told[0]


def test_a_piece_that_every_worker_dies_of_ends_the_verification(tmp_path):
    with pytest.raises(VerificationError, match=r"a worker process died: worker pid=.* exit=-9"):
        names([tmp_path / "a"], dies)


def test_a_piece_that_cannot_be_read_ends_the_verification(tmp_path):
    with pytest.raises(VerificationError, match="shard='a' could not be read: unreadable"):
        names([tmp_path / "a"], troubled)
