"""Small worlds and their bytes, shared by the tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any

import xxhash

from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.stores.copy import Encoder
from shardgen.tables import dataset, names
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import plan_config

TODAY = date(2026, 1, 1)
TABLES = names()
"""Those that come with shardgen."""

SMALL: dict[str, Any] = {
    "customers": 300,
    "products": 120,
    "orders_per_day": 60,
    "sessions_per_day": 120,
    "days": 10,
    "end": TODAY,
}

HERE: dict[str, Any] = {"engine": "threads", "workers": 1, "progress": "none"}
"""Options of a command whose test is not about processes: each would first make the world anew, which is a second."""

VERSIONED: dict[str, Any] = {
    **HERE,
    "days": 40,
    "end": TODAY,
    "customers": 200,
    "products": 80,
    "orders_per_day": 15,
    "sessions_per_day": 20,
    "events_per_session": 4,
    "review_rate": 1,
    "history": "versions",
}
"""Options of a load of a few records with all their versions."""


def small(**changes: Any) -> PlanConfig:
    """A plan of ten days, three hundred customers and a hundred-odd products."""
    return plan_config(today=TODAY, **{**SMALL, **changes})


def shard_bytes(config: PlanConfig, shard: Shard, batch_rows: int = 4096) -> bytes:
    """The COPY rows of one shard."""
    encoder = Encoder(dataset()[shard.table].table)
    return b"".join(chain.from_iterable(map(encoder.rows, Feed(config).batches(shard, batch_rows))))


def table_bytes(config: PlanConfig, table: str, batch_rows: int = 4096) -> bytes:
    """The COPY rows of one table."""
    only = replace(config, tables=(table,))
    return b"".join(shard_bytes(config, shard, batch_rows) for shard in build_plan(only).shards)


def counted(config: PlanConfig, table: str) -> int:
    """How many rows one table has."""
    only = replace(config, tables=(table,))
    return sum(batch.num_rows for shard in build_plan(only).shards for batch in Feed(config).batches(shard, 4096))


def table_rows(config: PlanConfig, table: str) -> list[dict[str, Any]]:
    """The rows of one table as Python values."""
    only = replace(config, tables=(table,))
    shards = build_plan(only).shards
    return [row for shard in shards for batch in Feed(config).batches(shard, 4096) for row in batch.arrow().to_pylist()]


def digest(rows: bytes) -> str:
    """Digest of COPY rows, as the ledger has it."""
    return xxhash.xxh3_128_hexdigest(rows)
