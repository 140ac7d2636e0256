"""Load five seeds at default volumes and print their shapes side by side; exit code 1 if one lies outside its band."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from databases import fresh_database, start

import shardgen
from shardgen.model.config import MAX_SEED
from shardgen.verification.outcome import Check, Status

SEEDS = (42, 0, 1, 2, MAX_SEED)


def main() -> int:
    """Measure every seed, then print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", metavar="N", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--end", metavar="DATE", default="2026-01-01", help="first day after the year")
    parser.add_argument("--data-dir", metavar="DIR", help="home of the embedded server")
    given = parser.parse_args()
    dsn = start(given.data_dir)
    measured = {seed: measure(dsn, seed=seed, end=given.end) for seed in given.seeds}
    seeds = [str(seed) if seed < 10**6 else "2^63-1" if seed == MAX_SEED else f"{seed:.2g}" for seed in measured]
    print(line("", "seed", "", seeds))
    for checks in zip(*measured.values(), strict=True):
        print(line(checks[0].name, checks[0].about, band(checks[0]), [figure(check) for check in checks]))
    return int(any(check.status is Status.FAILED for checks in measured.values() for check in checks))


def measure(server_dsn: str, **options: Any) -> tuple[Check, ...]:
    """The shapes of one world."""
    with fresh_database(server_dsn) as dsn:
        shardgen.load(dsn, progress="none", **options)
        checks = shardgen.verify(dsn, level="shape", progress="none").checks
    failed = sum(check.status is Status.FAILED for check in checks)
    print(f"{options}: {len(checks)} figures, {failed} outside their bands", file=sys.stderr, flush=True)
    return checks


def figure(check: Check) -> str:
    """The value, marked where it lies outside its band."""
    value = check.figures.get("value")
    return "n/a" if value is None else f"{value:.4g}{'!' * (check.status is Status.FAILED)}"


def band(check: Check) -> str:
    """``"60-80"``."""
    low, high = (check.figures.get(name) for name in ("low", "high"))
    return "" if low is None else f"{low:g} to {high:g}" if high is not None else f"from {low:g}"


def line(name: str, about: str, limits: str, figures: list[str]) -> str:
    """One line of the table."""
    return f"{name:3} {about:68} {limits:14}" + "".join(f"{each:>9}" for each in figures)


if __name__ == "__main__":
    sys.exit(main())
