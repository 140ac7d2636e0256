"""Load and verify every edge case at every level, each into a database of its own; exit code 1 if one fails.

Takes about ten minutes on two cores, one or two with --small, which leaves out the whole years.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from databases import fresh_database, start

import shardgen
from shardgen.model.choices import LEVELS
from shardgen.model.config import MAX_SEED
from shardgen.verification.outcome import Status, Verification

BASE: dict[str, Any] = {"days": 30, "end": "2026-01-01", "customers": 1000, "products": 500}
YEARS: dict[str, dict[str, Any]] = {
    "default volumes": {"end": "2026-01-01"},
    "scale 3": {"end": "2026-01-01", "scale": 3},
}
CASES: dict[str, dict[str, Any]] = {
    "one customer and product": BASE | {"customers": 1, "products": 1},
    "one day": BASE | {"days": 1},
    "one of everything": BASE
    | dict.fromkeys(("days", "customers", "products", "orders_per_day", "sessions_per_day"), 1),
    "zero orders a day": BASE | {"orders_per_day": 0},
    "zero sessions": BASE | {"sessions_per_day": 0},
    "zero orders, zero sessions": BASE | {"orders_per_day": 0, "sessions_per_day": 0},
    "one warehouse": BASE | {"warehouses": 1},
    "review rate 0": BASE | {"review_rate": 0},
    "review rate 1": BASE | {"days": 90, "review_rate": 1, "sessions_per_day": 100},
    "seed 0": BASE | {"seed": 0},
    "seed 1": BASE | {"seed": 1},
    "seed 2^63-1": BASE | {"seed": MAX_SEED},
    "29 February": BASE | {"end": "2024-03-15"},
    "from 31 December": BASE | {"epoch": "2024-12-31", "end": "2025-01-30"},
    "part of the horizon": BASE | {"horizon": 365},
    "raw data lean": BASE | {"raw_data": "lean"},
    "raw data none": BASE | {"raw_data": "none"},
    "indexes full": BASE | {"indexes": "full"},
    "only customers": BASE | {"tables": "customers"},
    "only orders and stock": BASE | {"tables": "orders,inventory"},
    "only products and reviews": BASE | {"tables": "products,reviews"},
    "only sessions and clicks": BASE | {"tables": "sessions,clickstream"},
    "all but customers": BASE | {"tables": "products,orders,inventory,reviews,sessions,clickstream"},
}
LINE = "{:28} {:>12} {:>9} {:>9}  {:24} {:24} {:24} {:24}"


def main() -> int:
    """Run the cases and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="leave out the loads of a whole year")
    parser.add_argument("--only", metavar="TEXT", default="", help="only cases with this in their name")
    parser.add_argument("--data-dir", metavar="DIR", help="home of the embedded server")
    given = parser.parse_args()
    cases = CASES if given.small else YEARS | CASES
    dsn = start(given.data_dir)
    print(LINE.format("case", "rows", "load s", "verify s", *LEVELS[:-1]), flush=True)
    chosen = {name: options for name, options in cases.items() if given.only in name}
    held = [run(dsn, name, options) for name, options in chosen.items()]
    return int(not all(held))


def run(server_dsn: str, name: str, options: dict[str, Any]) -> bool:
    """Load and verify one case; whether all of it held."""
    with fresh_database(server_dsn) as dsn:
        start_load = time.perf_counter()
        loaded = shardgen.load(dsn, progress="none", **options)
        seconds = time.perf_counter() - start_load
        report = shardgen.verify(dsn, progress="none", regenerate=True)
    rows = sum(table.counted for table in loaded.tables)
    results = [summary(report, level) for level in LEVELS[:-1]]
    print(LINE.format(name, f"{rows:,}", f"{seconds:.1f}", f"{report.seconds:.1f}", *results), flush=True)
    for check in report.checks:
        if check.status is Status.FAILED:
            print(f"    {check.name} {check.about}: {check.finding}", *check.samples, sep="\n        ", flush=True)
    return report.ok


def summary(report: Verification, level: str) -> str:
    """``"17 held, 1 n/a"``."""
    statuses = [check.status for check in report.checks if check.level == level]
    words = {Status.HELD: "held", Status.FAILED: "FAILED", Status.NOT_APPLICABLE: "n/a"}
    return ", ".join(f"{statuses.count(status)} {word}" for status, word in words.items() if status in statuses)


if __name__ == "__main__":
    sys.exit(main())
