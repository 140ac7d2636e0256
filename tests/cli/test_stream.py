"""``shardgen stream`` plays a feed by the clock, stops where it says, and goes on from there."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Told

WORLD = ("--epoch", "2026-01-01", "--horizon", "60", "--scale", "0.02", "--products", "60")
SINCE = (*WORLD, "--since", "2026-02-01")
PROGRAM = (sys.executable, "-m", "shardgen", "stream", "--target", "-")


@pytest.fixture
def stream(command: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """Streams in a folder that has nothing yet."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: command("stream", *words, "--data-dir", str(tmp_path / "home"))


def test_what_bronze_gets_in_a_window_is_played_at_the_speed_that_is_asked_for(stream: Callable[..., Told]) -> None:
    done = stream(*SINCE, "--end", "2026-02-02", "--target", "-", "--speed", "43200x", "--json")
    lines = [json.loads(line) for line in done.out.splitlines()]
    got = [each["ingestion_timestamp"] for each in lines]
    assert done.code == 0
    assert got == sorted(got)
    assert all("2026-02-01" <= each < "2026-02-02" for each in got)
    [summary] = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert summary["total"] == len(lines) == sum(summary["changes"].values())
    assert summary["seconds"] > 1.7  # a day of the world; a machine with other work may take longer
    assert summary["until"] > got[-1]


def test_a_signal_stops_it_and_the_command_that_it_names_goes_on_from_there(tmp_path: Path) -> None:
    words = (*SINCE, "--end", "2026-02-04", "--tables", "sessions,clickstream")
    whole = subprocess.run([*PROGRAM, *words, "--rate", "1000000/s"], check=True, capture_output=True).stdout
    first = tmp_path / "first"
    with first.open("wb") as file:
        running = subprocess.Popen([*PROGRAM, *words, "--rate", "200/s"], stdout=file, stderr=subprocess.PIPE)
        while first.stat().st_size == 0:
            time.sleep(0.1)
        running.send_signal(signal.SIGTERM)
        told = running.communicate(timeout=30)[1].decode()
    assert running.returncode == 128 + signal.SIGTERM
    assert "error: stopped by SIGTERM" in told
    [line] = re.findall(r"to go on: (.*)", told)
    again = shlex.split(line.replace("--rate 200/s", "--rate 1000000/s"))
    rest = subprocess.run(again, check=True, capture_output=True).stdout
    assert 0 < len(first.read_bytes()) < len(whole)
    assert first.read_bytes() + rest == whole


def test_who_reads_on_no_more_ends_it_without_a_word(tmp_path: Path) -> None:
    line = f"{' '.join(PROGRAM)} {' '.join(SINCE)} --rate 500/s -q | head -1 > first; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("0\n", "")
    assert json.loads((tmp_path / "first").read_text())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
def test_a_full_disk_ends_it_with_the_command_that_goes_on() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*PROGRAM, *SINCE, "--rate", "500/s"], check=False, stdout=full, stderr=subprocess.PIPE)
    told = done.stderr.decode()
    assert done.returncode == 1
    assert "error: standard output cannot be written: No space left on device" in told
    assert "stream --since 2026-02-01T00:00:00 --target - " in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--target", "-", "--since", "2026-02-01"), "name --source, or --epoch and --horizon"),
        ((*WORLD, "--target", "-"), "--since is missing: name a day"),
        ((*WORLD, "--target", "-", "--since", "soon"), "since='soon' is not a date such as 2026-01-31 or an instant"),
        ((*WORLD, "--target", "-", "--since", "2025-12-31"), "since='2025-12-31' lies before the epoch, 2026-01-01"),
        ((*WORLD, "--target", "-", "--since", "2026-02-01T06:00+02:00"), "has a time zone: name it in UTC"),
        ((*SINCE, "--target", "-", "--end", "2026-02-01"), "is not before end='2026-02-01'"),
        ((*SINCE, "--target", "-", "--rate", "fast"), "rate='fast' is not a rate such as 5000/s"),
        ((*SINCE, "--target", "-", "--format", "orc"), "format='orc' is unknown: choose from ndjson, debezium, avro"),
        ((*SINCE, "--target", "-", "--envelope", "key"), "envelope='key' is for --format debezium"),
        ((*SINCE, "--target", "-", "--kafka-config", "x"), "kafka-config='x' is for a target kafka://"),
        ((*SINCE, "--target", "file:///x"), "is none of a stream's"),
        (("--target", "postgresql://h/x", "--source", "file:///x"), "--source is of a world to play, and a database"),
        ((*SINCE, "--target", "postgresql://me:sesame@localhost:1/x"), "cannot connect to user=me dbname=x"),
        ((*SINCE, "--target", "kafka://broker"), "target='kafka://broker' is no address of Kafka"),
        ((*SINCE, "--target", "kafka://bro ker:x/p"), "is no address of Kafka: write kafka://broker:9092/prefix"),
        ((*SINCE, "--target", "kafka://me:sesame@b/p"), "--target holds a name or a password"),
        ((*SINCE, "--target", "kafka://b/p", "--kafka-config", "no.file"), "cannot be read: No such file"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_played(
    words: tuple[str, ...], told: str, stream: Callable[..., Told], tmp_path: Path
) -> None:
    done = stream(*words)
    assert done.code == 2
    assert told in done.err
    assert "sesame" not in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_says_how_to_get_it(stream: Callable[..., Told], monkeypatch: pytest.MonkeyPatch) -> None:
    from shardgen.flow.kafka import address

    monkeypatch.setattr(address, "installed", lambda _: False)
    done = stream(*SINCE, "--target", "kafka://broker/shop")
    assert done.code == 2
    assert "Kafka needs the extra kafka: " in done.err
    assert "shardgen[kafka]" in done.err
