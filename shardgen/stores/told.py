"""What stores are given and what they tell, as plain values: attempts, what is written, what is seen and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shardgen.model.plan import Shard


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One attempt at a shard."""

    shard: Shard
    attempt: int = 1
    """From 1."""
    routed: bool = False
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
    updated: int = 0
    """Rows that were there before its window, and are others because of it."""
    deleted: int = 0
    """Rows that were there before its window, and are not any more."""
    log: tuple[str, ...] = ()
    """What was logged on the way, without secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """How far the worker of one shard is, as the place shows it."""

    shard: str
    worker: int
    """Process id of the worker, on its own host."""
    backend: int
    """Process id of the session, on the server's."""
    rows: int
    """Copied so far; 0 outside COPY."""
    awaits_client: bool
    """Whether the place waits for the worker, and not for a disk, a lock or a CPU."""
    doing: str
    """``"copying"``, ``"indexing"``, ``"waiting for a lock"`` etc., for the display."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is found of one table of a run, by counting."""

    relation: str
    """Its name in the place."""
    rows: int
    """The run's own."""
    size: int
    """Bytes on disk."""
    apart: Mapping[str, int] = field(default_factory=dict)
    """Rows by shard, of the shards whose rows lie in a part of their own."""
    others: int = 0
    """Rows that were there before, and were kept."""
    slow: str = ""
    """Why the fast path was not taken; empty where it was."""
