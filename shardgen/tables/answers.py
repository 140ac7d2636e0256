"""The answer key as a table: what was done to dirty rows, a row for each place that says something else.

It is a load of its own, beside that of the dirty tables and in another schema or lake: its plan is theirs with this
table alone, and has a shard for each shard of theirs that is spoilt. Nobody names it by ``--tables``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np

from shardgen.columns.arrow import pa
from shardgen.columns.batch import Batch
from shardgen.columns.values import Given, Instant, Whole
from shardgen.dirt.defects import Defect
from shardgen.dirt.spec import lines
from shardgen.model.choices import CATALOG, NAMESPACE, PUBLICATIONS, RAW_DATA_MODES
from shardgen.model.config import PlanConfig
from shardgen.model.dirt import Dirt
from shardgen.model.keys import KeySpace
from shardgen.model.plan import Shard
from shardgen.model.table import ANSWERS, Column, Index, Table
from shardgen.model.types import BIGINT, TEXT, TIMESTAMP
from shardgen.tables.cutting import ByIds
from shardgen.tables.spec import Sizes, TableSpec

TABLE: Final = Table(
    name=ANSWERS,
    meaning="What was done to dirty rows: a row for each place that says something else than the clean row.",
    source="shardgen",
    key=("defect",),
    space=KeySpace(),
    columns=(
        Column(name="defect", type=BIGINT, not_null=True, meaning="Number of the defect, which may have several rows"),
        Column(name="kind", type=TEXT, not_null=True, meaning="Kind of the defect: `null`, `late`"),
        Column(name="family", type=TEXT, not_null=True, meaning="Family of the kind: `values`, `delivery`"),
        Column(name="table", type=TEXT, not_null=True, meaning="Name of the table that the dirty row is of"),
        Column(
            name="state",
            type=TEXT,
            not_null=True,
            meaning="`changed`: the row says something else; `added`: it is one too many; `missing`: it is not there",
        ),
        Column(name="key", type=TEXT, not_null=True, meaning="Id that the row bears in bronze, or would bear"),
        Column(name="ingestion_timestamp", type=TIMESTAMP, not_null=True, meaning="Likewise, its ingestion"),
        Column(name="place", type=TEXT, meaning="Column, or `raw_data.KEY`; null where it is about the whole row"),
        Column(name="dirty", type=TEXT, meaning="Value in bronze as JSON; null where there is none"),
        Column(name="clean", type=TEXT, meaning="Value that is right, as JSON; of a missing row all of it"),
        Column(name="owner", type=TEXT, not_null=True, meaning="Id of the clean record that the row is of"),
    ),
    indexes=(Index(column="key"),),
    keyed=False,
)
COPY: Final = 210
"""Mean bytes of a row in COPY's binary form: most are some 170, and the rare whole row of a missing one is 1,000."""
SPEC: Final = TableSpec(
    table=TABLE,
    cut=ByIds(step=1, total=lambda _world, _end: 0),  # shards are those of dirty tables, see shard_of; a slice
    # knows of no dirt, and so the feed makes the rows, see batches
    rows=lambda _: iter(()),
    sizes=Sizes(
        copy=dict.fromkeys(RAW_DATA_MODES, COPY),
        heap=dict.fromkeys(RAW_DATA_MODES, COPY + 15),
        indexes={"pkey": 22.0, "key": 35.0},
    ),
    greatest=lambda _world: 2**63 - 1,
)


def plan_of(config: PlanConfig) -> PlanConfig:
    """The plan of the key of what a plan spoils, where that says that it is loaded."""
    assert config.dirt
    rates = tuple(each for each in config.dirt.rates if each[1] in config.tables)
    return replace(
        config,
        tables=(ANSWERS,),
        schema=config.schema if config.format else config.answers,
        answers="",
        dirt=replace(config.dirt, rates=rates),
        publish=PUBLICATIONS[0],  # whoever reads a catalog must not find it beside the tables
        catalog=CATALOG,
        namespace=NAMESPACE,
    )


def is_key(config: PlanConfig) -> bool:
    """Whether a plan is that of a key."""
    return config.tables == (ANSWERS,)


def shard_of(dirty: Shard, dirt: Dirt, raw_data: str) -> Shard:
    """The shard of the key that tells of a shard.

    Args:
        dirty: as it is planned of clean rows.
        dirt: that it has.
        raw_data: one of choices.RAW_DATA_MODES.
    """
    rows = round(dirty.rows * lines(dirt, dirty.table, repeated=raw_data == "full"))
    return replace(
        dirty, id=f"{ANSWERS}/{dirty.id}", table=ANSWERS, leaf=None, rows=rows, exact=False, bytes=rows * COPY
    )


def dirty_of(shard: Shard) -> Shard:
    """The shard that a shard of the key tells of, as far as its rows depend on it."""
    _, table, label = shard.id.split("/", 2)
    return replace(shard, id=f"{table}/{label}", table=table)


def batches(defects: Iterable[Defect], rows: int) -> Iterator[Batch]:
    """Lines of the key as rows of the table.

    Args:
        defects: in any order.
        rows: how many a batch has at most.
    """
    left = iter(defects)
    while some := list(islice(left, rows)):
        yield _batch(some)


def _batch(some: list[Defect]) -> Batch:
    told = {
        name: [getattr(each, name) for each in some] for name in ("kind", "family", "table", "state", "key", "owner")
    }
    told |= {name: [getattr(each.wrong, name) for each in some] for name in ("place", "dirty", "clean")}
    times = np.array([each.ingestion_timestamp for each in some], dtype="datetime64[us]").astype(np.int64)
    columns = {name: Given(pa.array(values, pa.string())) for name, values in told.items()}
    numbers = Whole(np.array([each.defect for each in some], dtype=np.int64))
    return Batch(
        table=TABLE,
        num_rows=len(some),
        columns={**columns, "defect": numbers, "ingestion_timestamp": Instant(times)},
    )
