"""What the yardsticks share: the server, the world and the directory; and what each of them gives back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from scripts.bench.spool import Spool
from shardgen.model.config import PlanConfig
from shardgen.model.plan import Plan
from shardgen.tables import dataset
from shardgen.tables.wanted import plan_config

END = date(2026, 1, 1)
"""First day after the window: the same rows whenever it is run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """One world on one server."""

    dsn: str
    """Of the server."""
    postmaster: int | None
    """Its process, if it is the bench's own."""
    directory: Path
    """For files."""
    options: Mapping[str, str]
    """Data options by their names on the command line: ``{"scale": "0.1"}``."""
    slice_rows: int
    """Rows of each table that go in row by row."""
    round: int = 0
    """Which one of its rounds it is, counted from 0."""

    @property
    def config(self) -> PlanConfig:
        """The options, checked."""
        return plan_config(today=END, **{name: _KINDS[name](text) for name, text in self.options.items()})

    @property
    def scale(self) -> float:
        """Times the default volume."""
        return float(self.options.get("scale", 1))

    @property
    def spool(self) -> Spool:
        """The rows, ready-made."""
        return Spool(self.directory / "spool")

    def times(self, factor: float) -> Bench:
        """The same with so many times the volume."""
        return replace(self, options={**self.options, "scale": f"{self.scale * factor:g}"})


_KINDS: dict[str, Any] = {"scale": float, "days": int, "customers": int, "products": int, "tables": str, "indexes": str}
OPTIONS = tuple(_KINDS)
"""Data options that a bench takes."""


@dataclass(slots=True, kw_only=True)
class Run:
    """One measurement."""

    yardstick: str
    workers: int
    scale: float
    seconds: float
    rows: dict[str, int]
    """By table, counted in the target where there is one."""
    size: int = 0
    """COPY bytes of these rows; 0 where they were no such bytes."""
    round: int = 0
    figures: dict[str, Any] = field(default_factory=dict)
    """What this yardstick alone tells."""

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


def settle(dsn: str) -> None:
    """Let nothing that was done before be paid for now: dirty pages go to disk, if the role may ask for it."""
    with psycopg.connect(dsn, autocommit=True) as connection, contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        connection.execute("CHECKPOINT")
    os.sync()


def counts(dsn: str, config: PlanConfig) -> dict[str, int]:
    """Rows by table."""
    with psycopg.connect(dsn) as connection:
        return {name: _count(connection, config.schema, dataset()[name].table.relation) for name in config.tables}


def _count(connection: psycopg.Connection, schema: str, relation: str) -> int:
    [(rows,)] = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, relation)))
    return rows


def copy_bytes(plan: Plan) -> int:
    """Expected COPY bytes of a plan."""
    return sum(shard.bytes for shard in plan.shards)
