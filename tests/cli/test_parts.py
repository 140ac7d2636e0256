"""A load in parts on the command line: what is refused before the target is asked, and what Python says of it."""

from __future__ import annotations

import pytest

import shardgen
from shardgen.cli import entry
from shardgen.errors import ConfigError

WORLD = ("--customers", "200", "--products", "60", "--days", "20", "--end", "2026-01-01")


def load(*words: str, capsys) -> tuple[int, str]:
    """Exit code and standard error in one line; a target that was asked would not be there."""
    with pytest.raises(SystemExit) as ended:
        entry.main(["load", "--dsn", "host=/nowhere", *words])
    return int(ended.value.code or 0), " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--part", "3/3"], "part='3/3' is out of range: use 0/3 to 2/3"),
        (["--part", "x"], "part='x' is no part"),
        (["--part", "-1/3"], "part='-1/3' is no part"),
        (["--part", "0/3", "--resume"], "part='0/3' does not go with --resume: a part that is run again"),
        (["--part", "0/3", "--take-over"], "part='0/3' does not go with --take-over"),
        (["--part", "0/3", "--verify"], "part='0/3' does not go with --verify"),
        (["--part", "0/3", "--if-exists", "replace"], "begin with --claim and --if-exists replace"),
        (["--part", "0/3", "--claim"], "--claim and --part contradict each other"),
        (["--claim", "--resume"], "--claim and --resume contradict each other"),
    ],
)
def test_what_a_part_cannot_do_is_refused_before_the_target_is_asked(arguments, why, capsys):
    code, error = load(*WORLD, *arguments, capsys=capsys)
    assert (code, why in error) == (2, True), error


@pytest.mark.parametrize("asked", [["--part", "0/3"], ["--claim"]])
def test_a_window_that_ends_today_is_refused_for_parts(asked, capsys):
    code, error = load("--days", "3", *asked, capsys=capsys)
    assert (code, "needs an end" in error, "add --end 20" in error) == (2, True, True), error


def test_python_is_told_of_arguments():
    with pytest.raises(ConfigError, match=r"part='0/3' needs an end: .*: add end='20"):
        shardgen.load_part("0/3", "host=/nowhere", days=3, progress="none")
    with pytest.raises(ConfigError, match="begin with claim=True and if_exists='replace'"):
        shardgen.load_part("0/3", "host=/nowhere", if_exists="replace", end="2026-01-01", progress="none")
    with pytest.raises(ConfigError, match="part=3 is no part: use i/n with i from 0 to n - 1"):
        shardgen.load_part(3, "host=/nowhere", end="2026-01-01", progress="none")
