"""What differs from run to run and from machine to machine in an output of the manual; everything else must agree.

Masked are times, speeds, sizes on disk, shares of time, process ids, versions, and how much of the machine is left.
Numbers that follow from options and seed are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

_SIGNS_OF_LIFE: Final = re.compile(
    r"^\[ *\d[\d:]*\] (?:\d+%|.* \d+/\d+, at work|.* for \d+:\d\d$|\S.*: [\d.:]+ (?:s|min)$).*\n"
    r"|^[a-z].* \.\.\.\n",
    re.MULTILINE,
)
"""Lines that come every few seconds, or with what takes long: as many as there was time for."""
_MASKS: Final = [
    (re.compile(pattern, re.MULTILINE), mask)
    for pattern, mask in (
        (_SIGNS_OF_LIFE.pattern, ""),
        (r"^\[ *\d[\d:]*\]", "[CLOCK]"),
        (r"^time +about .*(?:\n {8}.*)*", "time ABOUT"),
        (r"^workers' time: .*(?:\n[a-z ]+ \d+%.*)*", "workers' time: SHARES"),  # in the order of the shares
        (r'"at": "[^"]*"', '"at": WHEN'),
        (r"((?:started|finished|since) )\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", r"\1WHEN"),
        (r"\bpid \d+", "pid NUMBER"),
        (r'"(pid|size)": \d+', r'"\1": NUMBER'),
        (r'"phases": \{[^}]*\}', '"phases": SHARES'),
        (r"'(size)': \d+", r"'\1': NUMBER"),
        (r"""(["'])(seconds|rows_per_second)\1: [\d.]+""", r"\2: SECONDS"),
        (r"\b\d+(?:\.\d+)? s\b|\b\d[\d:]* (?:min|h)\b", "DURATION"),
        (r"[\d,.]+ (?:rows|[KMGT]iB)/s", "RATE"),
        (r"[\d,.]+ [KMGT]iB (free|on disk)", r"SIZE \1"),
        (r"[\d,]+ connections left", "CONNECTIONS left"),
        (r"((?:PostgreSQL|shardgen|Faker|numpy|pyarrow|psycopg|libpq|Python)\"?:? \"?)\d+(?:\.\w+)*", r"\1VERSION"),
        (r"\b\d+(?:\.\d+)? MB\b", "SIZE"),
    )
]
"""In order: what a pattern finds, and what stands for it."""
_MEASURED: Final = {"on disk", "worker time", "rows/s", "MiB/s"}
"""Columns that hold nothing but measurements, except in a plan, which has a column of heaps."""
_ESTIMATED: Final = "heap"
_CELL: Final = re.compile(r"\S+(?: \S+)*")


def masked(text: str) -> list[str]:
    """The lines of an output with masks for what may differ, whatever the widths of its columns."""
    text = "\n".join(_without_measurements(text)) + "\n"
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    lines = [re.sub(r" {2,}", "  ", re.sub(r"─+", "─", line)).rstrip() for line in text.splitlines()]
    return [line for before, line in pairwise(["", *lines]) if line or before]


def without_signs_of_life(text: str) -> str:
    """The output as it is where the machine has nothing else to do."""
    return _SIGNS_OF_LIFE.sub("", text)


def _without_measurements(text: str) -> Iterator[str]:
    """The lines; in a table, whose header stands on a rule, cells below a measured heading are masked."""
    ends: set[int] = set()
    for line, following in pairwise([*text.splitlines(), ""]):
        if following.startswith("──"):
            headings = {cell[0]: cell.end() for cell in _CELL.finditer(line)}
            ends = set() if _ESTIMATED in headings else {headings[name] for name in _MEASURED & headings.keys()}
            yield line
        else:
            yield _masked_cells(line, ends)


def _masked_cells(line: str, ends: set[int]) -> str:
    for cell in reversed([*_CELL.finditer(line)]):
        if cell.start() and cell.end() in ends:  # what begins a line is a name, or a sentence below the table
            line = f"{line[: cell.start()]}CELL{line[cell.end() :]}"
    return line
