"""What the ledger holds, as plain values: runs, claims and committed shards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shardgen.model.config import SHOP
from shardgen.stores.told import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row of shardgen_runs."""

    run: int
    state: str
    fingerprint: str
    """Of the world, see config.fingerprint."""
    plan_fingerprint: str
    """Of the plan and its shard boundaries."""
    started_in: str
    """Name that the schema had then, which is part of the fingerprint of the plan."""
    plan: dict[str, Any]
    """PlanConfig.to_json(), with the schema in which the ledger lies now."""
    options: dict[str, Any]
    """Effective options, as --resume compares them; with that schema, too."""
    planned: dict[str, Any]
    """By table: shards, rows and whether their number is a promise."""
    versions: dict[str, Any]
    """Of the package, the data and Faker."""
    on_conflict: str
    """One of choices.ON_CONFLICT."""
    host: str
    """Where the coordinator ran last."""
    pid: int
    """Its process there."""
    started: datetime
    resumed: datetime | None
    """When it was taken up last."""
    finished: datetime | None
    error: str | None
    """Why it stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What a run is claimed with."""

    fingerprint: str
    plan_fingerprint: str
    plan: Mapping[str, Any]
    options: Mapping[str, Any]
    planned: Mapping[str, Any]
    versions: Mapping[str, Any]
    host: str
    pid: int
    on_conflict: str = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One row of shardgen_targets: which run fills a table, in which generation."""

    target: str
    """Table name: ``"orders"``."""
    relation: str
    """Its name in the database: ``"raw_orders"``."""
    oid: int
    """Tells a table that was dropped and made anew."""
    generation: int
    """Raised whenever the table starts over."""
    run: int
    created: bool
    """Whether shardgen created the relation, and so may drop it."""
    others: int = 0
    """Rows that were there when the run claimed the table, and that it keeps."""
    others_within: int = 0
    """Those of them whose keys lie among the keys that the run can give."""
    missing: str = ""
    """Columns of ours that the relation lacks and that are left out: ``"raw_data,status"``."""
    since: int = 1
    """The first generation whose rows the table still holds: this one, or an earlier one that this one added to."""
    restored: bool = False
    """Whether the ledger came out of a dump since, so that ``oid`` means nothing here; see restored."""
    set_aside: str = ""
    """Partitions of ours, empty and detached, that keep what others gave them until a shard fills them again."""
    dataset: str = SHOP
    """The dataset of the run."""

    @property
    def waiting(self) -> frozenset[str]:
        """Names of the partitions that are set aside."""
        return frozenset(filter(None, self.set_aside.split(",")))

    @property
    def left_out(self) -> frozenset[str]:
        """The missing columns."""
        return frozenset(filter(None, self.missing.split(",")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRow:
    """One committed shard."""

    target: str
    shard: str
    rows: int
    """That are in the table because of it."""
    bytes: int
    """COPY bytes sent."""
    digest: str
    """XXH3-128 of the COPY rows, without header and trailer."""
    seconds: float
    phases: dict[str, float]
    """Seconds by phase."""
    attempts: int
    skipped: int = 0
    """Rows that were built and not inserted, because rows with their keys were there."""
    updated: int = 0
    """Rows that were there before its window, and are others because of it."""
    deleted: int = 0
    """Rows that were there before its window, and are not any more."""

    def written(self, *, by_us: bool = False) -> Written:
        """The shard as every store tells it; ``by_us``: whether it was done just now."""
        return Written(
            shard=self.shard,
            table=self.target,
            rows=self.rows,
            skipped=self.skipped,
            updated=self.updated,
            deleted=self.deleted,
            bytes=self.bytes,
            digest=self.digest,
            seconds=self.seconds,
            phases=self.phases,
            by_us=by_us,
        )


def in_leaf(claim: Claim, row: ShardRow) -> bool:
    """Whether a partition with the name of a shard's leaf is that leaf, and not one that others made for other rows."""
    return claim.created or "attach" in row.phases


@dataclass(slots=True, kw_only=True)
class Done:
    """What a transaction of a stream has done to a table."""

    rows: int = 0
    updated: int = 0
    deleted: int = 0
    bytes: int = 0
