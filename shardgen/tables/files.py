"""Shards for files: neighbours in one, so that a file is as large as those who read it want it.

A database wants many small shards, a lake few large files. What lies in a file is fixed by the plan, so that it is the
same on any machine; a month's rows lie in files of their own, as a warehouse has them in partitions of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from shardgen.model.plan import Leaf, Shard

BYTES: Final = 2_400_000_000
"""Of COPY that a file stands for at most: some 256 MB of Parquet, in the middle of what readers like (128 to 512)."""
ROWS: Final = 5_000_000
"""Of a file at most: what one worker makes in some ten seconds, and what a retry costs."""


def gathered(shards: Sequence[Shard], until: date) -> list[Shard]:
    """Shards of one table, in order, as those of a lake.

    Args:
        shards: as a database has them.
        until: the end of the window, which the ids tell: files of another window are other files.
    """
    return [_one(together, until) for together in _runs(shards)]


def _runs(shards: Sequence[Shard]) -> Iterator[list[Shard]]:
    run: list[Shard] = []
    for shard in shards:
        if run and not _fits(run, shard):
            yield run
            run = []
        run.append(shard)
    if run:
        yield run


def _fits(run: Sequence[Shard], shard: Shard) -> bool:
    """Whether a shard goes into the file of those before it."""
    if _month(run[0]) != _month(shard) or run[-1].stop != shard.start:
        return False
    together = [*run, shard]
    return sum(each.rows for each in together) <= ROWS and sum(each.bytes for each in together) <= BYTES


def _month(shard: Shard) -> str:
    return f"{shard.leaf.lower:%Y-%m}" if shard.leaf else ""


def _one(run: Sequence[Shard], until: date) -> Shard:
    first, last = run[0], run[-1]
    return replace(
        first,
        id=f"{first.id}-until-{until}",
        stop=last.stop,
        leaf=_leaf(first.leaf, last.leaf),
        rows=sum(shard.rows for shard in run),
        bytes=sum(shard.bytes for shard in run),
    )


def _leaf(first: Leaf | None, last: Leaf | None) -> Leaf | None:
    return None if first is None or last is None else replace(first, upper=last.upper)
