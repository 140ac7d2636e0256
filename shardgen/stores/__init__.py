"""Where shards go. A writer writes a shard and records it done in one act: both are there afterwards, or neither is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from shardgen.model.plan import Shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One attempt at a shard."""

    shard: Shard
    attempt: int
    """From 1."""
    routed: bool
    """Whether rows go through the table as it is, not into a leaf of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A shard that is there for good."""

    shard: str
    table: str
    rows: int
    """That are in the table because of it."""
    bytes: int
    """Bytes sent: COPY with header and trailer."""
    digest: str
    """XXH3-128 of the rows' bytes."""
    seconds: float
    """From first to last, as the writer saw it."""
    phases: dict[str, float]
    """Seconds by phase."""
    by_us: bool
    """False where it was done already, by this run or by an orphan of it."""
    skipped: int = 0
    """Rows that were built and not inserted, because rows with their keys were there."""
    log: tuple[str, ...] = ()
    """What was logged on the way, without secrets."""


class Batch(Protocol):
    """Rows of a table; what they are is between their builder and their encoder."""

    @property
    def num_rows(self) -> int:
        """How many they are."""
        ...


class Writer(Protocol):
    """Writes shards."""

    def write(self, task: Task, batches: Iterator[Batch]) -> Written:
        """Write a shard and record it, atomically; a shard that is recorded already is not built.

        ``batches`` is consumed one at a time and not kept. Whatever is raised, nothing was written, unless the answer
        to a commit was lost; then writing again tells.
        """
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...
