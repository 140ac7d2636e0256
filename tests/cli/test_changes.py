"""``shardgen changes`` writes a feed to where it is wanted, and says what it cannot do before anything is written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Told

WORLD = ("--epoch", "2026-01-01", "--horizon", "60", "--scale", "0.05", "--products", "200", "--end", "2026-02-03")


@pytest.fixture
def changes(command: Callable[..., Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Told]:
    """Asks for changes in a folder that has nothing yet."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: command("changes", *words, "--data-dir", str(tmp_path / "home"))


def test_a_feed_goes_to_standard_output_and_what_it_is_to_the_other(changes: Callable[..., Told]) -> None:
    done = changes(*WORLD, "--since", "2026-02-01")
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 0
    assert {line["operation"] for line in lines} >= {"insert", "update"}
    assert f"{len(lines):,} changes of seed 42, from 2026-01-01 up to 2026-02-03" in done.err


def test_the_same_goes_to_a_file_and_to_a_folder_a_file_for_each_table(
    changes: Callable[..., Told], tmp_path: Path
) -> None:
    whole = changes(*WORLD, "--since", "2026-02-01").out
    assert changes(*WORLD, "--since", "2026-02-01", "-o", "all.ndjson").code == 0
    assert (tmp_path / "all.ndjson").read_text() == whole
    assert changes(*WORLD, "--since", "2026-02-01", "-o", "topics/").code == 0
    apart = [line for file in (tmp_path / "topics").iterdir() for line in file.read_text().splitlines()]
    assert sorted(apart) == sorted(whole.splitlines())


def test_who_reads_on_no_more_ends_it_without_a_word(tmp_path: Path) -> None:
    line = f"{sys.executable} -m shardgen changes {' '.join(WORLD)} | head -1 > first; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], check=False, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "0\n"
    assert "Traceback" not in done.stderr
    assert json.loads((tmp_path / "first").read_text())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "changes are of a world that does not move: no target holds a finished run"),
        ((*WORLD, "--since", "2025-12-31"), "since=2025-12-31 lies before the epoch, 2026-01-01"),
        ((*WORLD, "--since", "2026-02-03"), "since=2026-02-03 is not before end=2026-02-03"),
        ((*WORLD, "--since", "soon"), "since='soon' is not a date such as 2026-01-31"),
        ((*WORLD, "--format", "avro"), "format='avro' is unknown: choose from ndjson, debezium, csv, parquet"),
        ((*WORLD, "--envelope", "key"), "envelope='key' is for --format debezium"),
        ((*WORLD, "--format", "debezium", "--envelope", "keys"), "envelope='keys' is unknown"),
        ((*WORLD, "-o", "no/where.csv"), "lies in no folder that exists"),
        ((*WORLD, "--dirt", "light"), "the dirt of a feed needs a key"),
        (("--target", "file:///nowhere/at/all"), "file:///nowhere/at/all"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_written(
    words: tuple[str, ...], told: str, changes: Callable[..., Told], tmp_path: Path
) -> None:
    done = changes(*words)
    assert done.code == 2
    assert told in done.err
    assert done.out == ""
    assert list(tmp_path.iterdir()) == []
