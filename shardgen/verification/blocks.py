"""Content digests: XXH3-128 of the COPY rows of each canonical block, equal for every place of one plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from shardgen.columns.batch import Batches
from shardgen.columns.text import I64
from shardgen.model.table import Table
from shardgen.stores.copy import Encoder
from shardgen.tables.blocks import Blocks

NOTHING: Final = xxhash.xxh3_128().hexdigest()
"""The digest of no rows: a block without rows is none."""


def digests_of(batches: Iterable[Batches], table: Table, blocks: Blocks) -> dict[str, str]:
    """By block, the digest of its rows.

    Args:
        batches: of a shard, in the order of its rows.
        table: whose they are.
        blocks: of the shard.
    """
    encoder = Encoder(table)
    found: dict[str, Any] = {}
    for batch in batches:
        if not batch.num_rows:
            continue
        numbers, times = numbers_of(batch, table), times_of(batch, table)
        for run in blocks.runs(numbers, times):
            digest = found.setdefault(run.block, xxhash.xxh3_128())
            for part in encoder.rows(batch, run.start, run.stop):
                digest.update(part)
    return {block: digest.hexdigest() for block, digest in found.items()}


def whole(blocks: Mapping[str, str]) -> str:
    """One digest of a table, out of those of its blocks."""
    told = "".join(f"{block} {digest}\n" for block, digest in sorted(blocks.items()))
    return xxhash.xxh3_128(told.encode()).hexdigest()


def told(blocks: Mapping[str, str]) -> dict[str, Any]:
    """What a check says of the content of a table."""
    listed = [{"block": block, "digest": digest} for block, digest in sorted(blocks.items())]
    return {"digest": whole(blocks), "blocks": listed}


def numbers_of(batch: Batches, table: Table) -> I64:
    """The numbers of the rows' keys."""
    value, ids = batch.columns[table.key[0]], table.space.ids
    if ids is None:
        return np.asarray(value.values, dtype=np.int64)
    texts = value.arrow(batch.num_rows, pa.string()).cast(pa.string())
    return pc.utf8_slice_codeunits(texts, len(ids.prefix)).cast(pa.int64()).to_numpy()


def times_of(batch: Batches, table: Table) -> I64 | None:
    """The times by which the table is partitioned; None of a plain table."""
    if not table.partition_by:
        return None
    return np.asarray(batch.columns[table.partition_by].values, dtype=np.int64)
