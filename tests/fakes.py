"""Stand-ins for the parts that a test of the machinery does not concern; importable by name, so that workers find them.

``Feed`` makes rows that satisfy every constraint of the bronze schema and mean nothing. Environment variables that
a test sets before the first worker starts make them slow or faulty.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pgpq
import pyarrow as pa
from pgpq.encoders import StringEncoderBuilder
from pgpq.schema import Jsonb

from shardgen.columns.batch import arrow_schema
from shardgen.loading import parts, session
from shardgen.loading.engines.threads import Threads
from shardgen.loading.hooks import Tools
from shardgen.loading.reconcile import LoadReport
from shardgen.loading.session import Machinery
from shardgen.model import keys
from shardgen.model.config import LoadConfig, PlanConfig, WorldConfig
from shardgen.model.parts import Part
from shardgen.model.plan import Leaf, Plan, Shard
from shardgen.model.table import Table
from shardgen.stores import Show, Store
from shardgen.stores.postgres.store import KEYLESS_ROWS, PostgresStore
from shardgen.tables import dataset
from shardgen.tables.recipe import Recipe
from tests.worlds import TABLES

EPOCH = date(2025, 1, 1)
IDS = {
    "customer_id": keys.CUSTOMER,
    "product_id": keys.PRODUCT,
    "order_id": keys.ORDER,
    "review_id": keys.REVIEW,
    "session_id": keys.SESSION,
}
"""How ids are written, by column."""
ROWS = 200
"""Rows of every shard."""
SLOW = "SHARDGEN_FAKE_SECONDS"
"""Seconds that every batch takes."""
FAULTS = "SHARDGEN_FAKE_FAULTS"
"""A directory; see fault()."""


def plan_config(
    *,
    tables: tuple[str, ...] = tuple(TABLES),
    schema: str = "bronze",
    months: int = 3,
    seed: int = 42,
    indexes: str = "keys",
) -> PlanConfig:
    days = (_month(months) - EPOCH).days
    world = WorldConfig(
        seed=seed,
        epoch=EPOCH,
        horizon=days,
        customers=1000,
        products=10,
        orders=100,
        sessions=100,
        events_per_session=14,
        review_rate=0.3,
        warehouses=2,
    )
    return PlanConfig(world=world, end=EPOCH + timedelta(days=days), tables=tables, schema=schema, indexes=indexes)


def options(config: PlanConfig) -> dict[str, Any]:
    return {"seed": config.world.seed, "end": str(config.end), "tables": list(config.tables), "schema": config.schema}


def build_plan(config: PlanConfig) -> Plan:
    """Three shards of every plain table, one a month of every partitioned one."""
    shards: list[Shard] = []
    for name in config.tables:
        count = _months(config) if dataset()[name].table.partitioned else 3
        shards += [_shard(dataset()[name].table, number) for number in range(count)]
    return Plan(config=config, shards=tuple(shards))


@dataclass(frozen=True, slots=True)
class Feed:
    """Rows that only the world's seed and the row's number decide."""

    plan: PlanConfig

    def batches(self, shard: Shard, rows: int) -> Iterator[pa.RecordBatch]:
        fault(shard.id)
        table, seed = dataset()[shard.table].table, self.plan.world.seed
        for start in range(shard.start, shard.stop, rows):
            time.sleep(float(os.environ.get(SLOW, "0")))
            yield _batch(table, seed, shard, start, min(start + rows, shard.stop))

    def get_ready(self, shard: Shard) -> None:
        pass


def fault(shard: str) -> None:
    """Do what a file named after the shard says, in SHARDGEN_FAKE_FAULTS: ``raise`` or ``kill``; a number after it is
    how often, and without one it is for ever."""
    if FAULTS not in os.environ:
        return
    order = Path(os.environ[FAULTS], shard.replace("/", "_"))
    if not order.exists():
        return
    what, _, times = order.read_text().partition(" ")
    if times == "0":
        return
    if times:
        order.write_text(f"{what} {int(times) - 1}")
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise ValueError(f"a planted fault in {shard}")


class Encoder:
    """Each batch by itself, so that nothing is held back."""

    header = b"PGCOPY\n\xff\r\n\0" + bytes(8)
    trailer = b"\xff\xff"

    def __init__(self, table: Table) -> None:
        self._schema = arrow_schema(table)
        infer = pgpq.ArrowToPostgresBinaryEncoder.infer_encoder
        self._builders = {field.name: infer(field) for field in self._schema}
        for column in table.columns:
            if column.json:
                self._builders[column.name] = StringEncoderBuilder.new_with_output(
                    self._schema.field(column.name), Jsonb()
                )

    def rows(self, batch: pa.RecordBatch) -> Iterator[bytes]:
        batch = batch.select(self._schema.names)
        encoder = pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(self._schema, self._builders)
        header = encoder.write_header()
        yield (header + encoder.write_batch(batch) + encoder.finish())[len(self.header) : -len(self.trailer)]


def max_id(plan: Plan, table: str) -> int:
    return 10**6


def quick() -> Tools:
    return Tools(rng=random.Random(1), sleep=lambda seconds: time.sleep(min(seconds, 0.01)), period=0.05)


def recipe(**changes: Any) -> Recipe:
    parts: Mapping[str, Any] = {
        "build_plan": build_plan,
        "words_digest": words_digest,
        "max_id": max_id,
        "feed": Feed,
    }
    return Recipe(**{**parts, **changes})


def machinery(*, engine: Any = Threads, tools: Tools | None = None, **changes: Any) -> Machinery:
    return Machinery(engine=engine, recipe=recipe(**changes), tools=tools or quick())


_fake = machinery


def real() -> Machinery:
    """Threads that make the rows that users get."""
    return Machinery(engine=Threads, tools=quick())


def store(dsn: str, schema: str = "bronze", **parts: Any) -> PostgresStore:
    return PostgresStore(dsn, schema, encoder=Encoder, sleep=quick().sleep, **parts)


def load(
    place: str | Store,
    config: PlanConfig,
    *,
    machinery: Machinery | None = None,
    keyless_rows: int = KEYLESS_ROWS,
    show: Show = lambda _: None,
    **how: Any,
) -> LoadReport:
    """A load of fake rows, unless a machinery makes others."""
    return session.load(
        config,
        LoadConfig(**{"workers": 2, **how}),
        _store(place, config.schema, machinery, keyless_rows),
        options=options(config),
        show=show,
        machinery=machinery or _fake(),
    )


def resume(
    place: str | Store,
    *,
    schema: str = "bronze",
    given: Mapping[str, Any] | None = None,
    machinery: Machinery | None = None,
    show: Show = lambda _: None,
    **how: Any,
) -> LoadReport:
    """The rest of it."""
    return session.resume(
        LoadConfig(**{"workers": 2, **how}),
        _store(place, schema, machinery, KEYLESS_ROWS),
        given=given or {},
        show=show,
        machinery=machinery or _fake(),
    )


def load_part(
    place: str | Store, part: str, *, show: Show = lambda _: None, tables=("orders", "sessions"), seed=42, **how: Any
) -> parts.PartReport:
    """A part of a load."""
    config = plan_config(tables=tables, seed=seed)
    return parts.load_part(
        config,
        LoadConfig(**{"workers": 2, **how}),
        _store(place, config.schema, None, KEYLESS_ROWS),
        Part.parse(part),
        options=options(config),
        show=show,
        machinery=machinery(),
    )


def claim(place: str | Store, *, tables=("orders", "sessions"), **how: Any) -> parts.Claimed:
    """A claim for a load in parts."""
    config = plan_config(tables=tables)
    return parts.claim(
        config,
        LoadConfig(**{"workers": 2, **how}),
        _store(place, config.schema, None, KEYLESS_ROWS),
        options=options(config),
        show=lambda _: None,
        machinery=machinery(),
    )


def commit(place: str | Store, *, given: Mapping[str, Any] = MappingProxyType({}), **how: Any) -> parts.Committed:
    """The end of it."""
    store = _store(place, "bronze", None, KEYLESS_ROWS)
    config = LoadConfig(**{"workers": 2, **how})
    return parts.commit(config, store, given=given, show=lambda _: None, machinery=machinery())


def _store(place: str | Store, schema: str, machinery: Machinery | None, keyless_rows: int) -> Store:
    """The place, with the encoder that the rows need."""
    if not isinstance(place, str):
        return place
    if machinery is not None and machinery.recipe.feed is not Feed:
        return PostgresStore(place, schema, sleep=quick().sleep, keyless_rows=keyless_rows)
    return store(place, schema, keyless_rows=keyless_rows)


def words_digest(seed: int) -> str:
    return os.environ.get("SHARDGEN_FAKE_WORDS", "words")


def _shard(table: Table, number: int) -> Shard:
    leaf = None
    name = f"{table.name}/{number:09d}"
    if table.partitioned:
        lower, upper = _month(number), _month(number + 1)
        leaf = Leaf(name=f"{table.relation}_{lower:%Y_%m}", lower=lower, upper=upper)
        name = f"{table.name}/{lower:%Y-%m}"
    return Shard(
        id=name,
        table=table.name,
        start=number * ROWS,
        stop=(number + 1) * ROWS,
        leaf=leaf,
        rows=ROWS,
        exact=True,
        bytes=ROWS * 100,
    )


def _month(number: int) -> date:
    return date(EPOCH.year + number // 12, number % 12 + 1, 1)


def _months(config: PlanConfig) -> int:
    return next(number for number in range(1000) if _month(number) >= config.end)


def _batch(table: Table, seed: int, shard: Shard, start: int, stop: int) -> pa.RecordBatch:
    numbers = np.arange(start, stop)
    schema = arrow_schema(table)
    return pa.record_batch([_column(table, field, seed, shard, numbers) for field in schema], schema=schema)


def _column(table: Table, field: pa.Field, seed: int, shard: Shard, numbers: np.ndarray) -> pa.Array:
    if field.name == table.partition_by and shard.leaf:
        first = datetime.combine(shard.leaf.lower, datetime.min.time(), UTC)
        micros = int(first.timestamp()) * 1_000_000 + (numbers - shard.start) * 1_000_000
        return pa.array(micros).cast(field.type)
    if ids := IDS.get(field.name):
        return pa.array([ids.text(int(number) + 1) for number in numbers])
    if field.name == "rating":
        return pa.array(numbers % 5 + 1).cast(field.type)
    if next(column for column in table.columns if column.name == field.name).json:
        return pa.array([f'{{"n": {number}}}' for number in numbers])
    if pa.types.is_string(field.type):
        width = 1 if field.name == "currency" else 4
        return pa.array([f"{number:0{width}d}"[-3 if width == 1 else 0 :] for number in numbers])
    return _plain_column(field, seed, numbers)


def _plain_column(field: pa.Field, seed: int, numbers: np.ndarray) -> pa.Array:
    if pa.types.is_boolean(field.type):
        return pa.array(numbers % 2 == 0)
    if pa.types.is_decimal(field.type):
        return pa.array([Decimal(int(number) % 1000 + seed % 7) for number in numbers]).cast(field.type)
    if pa.types.is_date(field.type):
        return pa.array((numbers % 10_000).astype("int32")).cast(field.type)
    return pa.array(numbers).cast(field.type)
