"""The rows of a shard as they stand in its file, for whoever works on what is loaded; also those whose ids are spoilt.

A file has the rows in the order in which they were made: spoilt ones stand where the clean ones would.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from shardgen.model.config import PlanConfig
from shardgen.model.plan import Shard
from shardgen.stores import apart
from shardgen.stores.copy import Encoder
from shardgen.stores.failures import StoreError
from shardgen.stores.lake.formats import batches_of
from shardgen.stores.lake.ledger import Ledger
from shardgen.tables import table_of


def of_shard(ledger: Ledger, plan: PlanConfig, shard: Shard) -> Iterator[dict[str, Any]]:
    """The rows of a shard, see stores.Store.returned.

    Raises:
        StoreError: they are not there.
    """
    table, claim = table_of(plan, shard.table), ledger.current().claims.get(shard.table)
    entry = ledger.entry(claim.run, shard.id) if claim else None
    if entry is None:
        raise StoreError(f"shard={shard.id!r} is not in {ledger.objects.address.url}: load it first")
    names, types = [column.name for column in table.columns], [column.type for column in table.columns]
    with ledger.objects.open(entry.key) as file:
        blocks = chain.from_iterable(map(Encoder(table).rows, batches_of(file, table)))
        for row in apart.rows(blocks):
            yield dict(zip(names, map(apart.value, types, apart.fields(row)), strict=True))
