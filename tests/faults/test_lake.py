"""Loads into a folder and into a bucket, whose workers or coordinator are killed in the middle of a shard."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shardgen.stores.lake import address, layout
from shardgen.stores.lake.objects import Objects
from tests import lakes
from tests.loads import PATIENCE, ROOT, VOLUME, WORLD, Program, clean_environment, gone, hear_signals

SLOW = ("--batch-rows", "60", "--workers", "2")
"""Batches so small that a shard takes long enough to be hit."""


class LakeProgram(Program):
    """A load into a lake, in a session of its own."""

    def __init__(self, target: str, *arguments: str) -> None:
        self.objects = Objects(address.parsed(target))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shardgen", "load", "--target", target, "--progress", "plain", *arguments],
            env=clean_environment(),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=hear_signals,  # noqa: PLW1509  # it starts no thread
        )
        self.pid = self._process.pid

    def begun(self) -> None:
        """Wait until a shard is done; others are at work then."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.running, self.wait()
            if any(layout.is_entry(each.key) for each in self.objects.list(layout.Generation(1).folder)):
                return
            time.sleep(0.02)
        raise AssertionError("no shard was ever done")


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with lakes.serving() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def google() -> Iterator[str]:
    with lakes.serving_google() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def azure() -> Iterator[str]:
    with lakes.serving_azure() as endpoint:
        yield endpoint


@pytest.fixture(params=["folder", "bucket", "google", "azure"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        yield lakes.folder(tmp_path)
    elif request.param == "bucket":
        with lakes.bucket(request.getfixturevalue("s3")) as made:
            yield made.url
    else:
        with getattr(lakes, request.param)(request.getfixturevalue(request.param)) as url:
            yield url


@pytest.fixture
def load() -> Iterator[Callable[..., LakeProgram]]:
    started: list[LakeProgram] = []

    def start(target: str, *arguments: str) -> LakeProgram:
        started.append(LakeProgram(target, *arguments))
        return started[-1]

    yield start
    for each in started:
        each.end()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The files of a load that nobody disturbs."""
    target = lakes.folder(tmp_path_factory.mktemp("reference"))
    program = LakeProgram(target, *WORLD, *VOLUME, "--workers", "1")
    try:
        code, output = program.wait()
        assert code == 0, output
        return files(target)
    finally:
        program.end()


def files(target: str) -> dict[str, str]:
    """SHA-256 of the data files, by name."""
    objects = Objects(address.parsed(target))
    keys = [each.key for each in objects.list() if not layout.hidden(each.key)]
    return {key: hashlib.sha256(objects.read(key).data).hexdigest() for key in keys}


def verified(target: str) -> None:
    for level in ("counts", "digests"):
        command = [
            sys.executable,
            "-m",
            "shardgen",
            "verify",
            "--target",
            target,
            "--level",
            level,
            "--progress",
            "none",
        ]
        done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_killed_worker_costs_a_retry_and_no_row(load, target, reference):
    program = load(target, *WORLD, *VOLUME, *SLOW)
    program.begun()
    worker = next(iter(program.workers()))
    os.kill(worker, signal.SIGKILL)
    code, output = program.wait()
    assert code == 0, output
    assert files(target) == reference
    verified(target)


@pytest.mark.parametrize("again", [1, 2])
def test_a_killed_coordinator_takes_its_workers_along_and_resume_finishes_its_run(load, target, reference, again):
    program = load(target, *WORLD, *VOLUME, *SLOW)
    for number in range(again):
        program.begun()
        os.kill(program.pid, signal.SIGKILL)
        program.wait()
        gone(program, seconds=20)
        program = load(target, "--resume", *(SLOW if number + 1 < again else ()))
    code, output = program.wait()
    assert code == 0, output
    assert files(target) == reference
    verified(target)
    assert not list(program.objects.list(layout.Generation(1).incoming))


def test_everything_killed_at_once_is_resumed(load, target, reference):
    program = load(target, *WORLD, *VOLUME, *SLOW)
    program.begun()
    with contextlib.suppress(ProcessLookupError):
        program.group(signal.SIGKILL)
    program.wait()
    code, output = load(target, "--resume").wait()
    assert code == 0, output
    assert files(target) == reference
    verified(target)


def test_a_signal_ends_the_load_in_order_and_names_what_goes_on(load, target):
    program = load(target, *WORLD, *VOLUME, *SLOW)
    program.begun()
    os.kill(program.pid, signal.SIGTERM)
    code, output = program.wait()
    assert code == 143, output
    assert f"load --resume --target {target}" in output
    assert "Traceback" not in output
    assert load(target, "--resume").wait()[0] == 0
