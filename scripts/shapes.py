"""Load five seeds and print their shapes side by side; exit code 1 if one is out of its band, or a law does not hold.

Default volumes into the embedded server; options for others. Files with DuckDB (--files) are much cheaper.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from databases import fresh_database, start

import shardgen
from shardgen.model.choices import LEVELS
from shardgen.model.config import MAX_SEED
from shardgen.verification.outcome import Check, Status

SEEDS = (42, 0, 1, 2, MAX_SEED)
SPARSE = {"customers": 60_000}
Place = Callable[[], contextlib.AbstractContextManager[dict[str, str]]]
"""Gives the options that name an empty target, which is gone afterwards."""


def main() -> int:
    """Measure every seed, then print a line for each figure."""
    given = arguments()
    place = partial(in_folder, given.files) if given.files else partial(in_database, start(given.data_dir))
    measured = {seed: measure(place, given.level, seed=seed, **load_options(given)) for seed in given.seeds}
    print(line("", "seed", "", [named(seed) for seed in measured]))
    for row in side_by_side(list(measured.values())):
        first = next(check for check in row if check)
        print(line(first.name, first.about, band(row), [figure(check) for check in row]))
    for reason in dict.fromkeys(why(check) for checks in measured.values() for check in checks):
        print(reason, end="")
    return int(any(check.status is Status.FAILED for checks in measured.values() for check in checks))


def arguments() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", metavar="N", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--end", metavar="DATE", default="2026-01-01", help="first day after the year")
    parser.add_argument("--scale", metavar="X", type=float, default=1)
    parser.add_argument("--sparse", action="store_true", help="60,000 customers, who place the usual orders")
    parser.add_argument("--tables", help="what is loaded, by default all; clicks are nine tenths of the rows")
    parser.add_argument("--history", choices=("latest", "versions"), default="latest")
    parser.add_argument("--level", choices=LEVELS, default="shape", help="what is verified beside: all for laws, too")
    parser.add_argument("--workers", metavar="N", type=int)
    parser.add_argument("--files", metavar="DIR", help="load into files in a folder in DIR, which is deleted again")
    parser.add_argument("--data-dir", metavar="DIR", help="home of the embedded server")
    return parser.parse_args()


def load_options(given: argparse.Namespace) -> dict[str, Any]:
    """What every seed is loaded with."""
    options = {name: getattr(given, name) for name in ("end", "scale", "tables", "history", "workers")}
    return options | SPARSE if given.sparse else options


@contextlib.contextmanager
def in_folder(above: str) -> Iterator[dict[str, str]]:
    """An empty lake."""
    Path(above).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=above) as folder:
        yield {"target": f"file://{Path(folder).resolve()}"}


@contextlib.contextmanager
def in_database(server_dsn: str) -> Iterator[dict[str, str]]:
    """An empty database."""
    with fresh_database(server_dsn) as dsn:
        yield {"dsn": dsn}


def measure(place: Place, level: str, **options: Any) -> tuple[Check, ...]:
    """What is found in one world."""
    with place() as target:
        loaded = shardgen.load(**target, progress="none", **options)
        report = shardgen.verify(**target, level=level, progress="none", workers=options["workers"])
    wrong = [f"{check.name} {check.about}: {check.finding}" for check in report.checks if check.status is Status.FAILED]
    took = f"loaded in {loaded.seconds:.0f} s, verified in {report.seconds:.0f} s"
    print(f"{options}: {took}, {len(report.checks)} checks, {len(wrong)} failed", *wrong, sep="\n  ", file=sys.stderr)
    return report.checks


def side_by_side(measured: list[tuple[Check, ...]]) -> list[list[Check | None]]:
    """For each figure what it is in each world; none where its shape does not apply there as a whole."""
    found = [{(check.name, check.about): check for check in checks if "value" in check.figures} for checks in measured]
    keys = dict.fromkeys(key for checks in found for key in checks)
    return [[checks.get(key) for checks in found] for key in sorted(keys, key=lambda key: (key[0][:1], number(key[0])))]


def number(name: str) -> int:
    """Of a law or shape."""
    return int("".join(filter(str.isdigit, name)) or 0)


def why(check: Check) -> str:
    """A line for whatever failed without a figure, or does not apply."""
    if check.status is Status.HELD or check.figures.get("value") is not None:
        return ""
    return f"{check.name:3} {check.about}: {check.status}: {check.finding}\n"


def figure(check: Check | None) -> str:
    """The value, marked where it lies outside its band."""
    value = check and check.figures.get("value")
    return "n/a" if check is None or value is None else f"{value:.4g}{'!' * (check.status is Status.FAILED)}"


def band(row: list[Check | None]) -> str:
    """``"60 to 80"``."""
    low, high = (next((check.figures[name] for check in row if check), None) for name in ("low", "high"))
    return "" if low is None else f"{low:g} to {high:g}" if high is not None else f"from {low:g}"


def named(seed: int) -> str:
    """A seed, in a column's width."""
    return str(seed) if seed < 10**6 else "2^63-1" if seed == MAX_SEED else f"{seed:.2g}"


def line(name: str, about: str, limits: str, figures: list[str]) -> str:
    """One line of the table."""
    return f"{name:3} {about:98} {limits:14}" + "".join(f"{each:>9}" for each in figures)


if __name__ == "__main__":
    sys.exit(main())
