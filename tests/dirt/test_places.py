"""Dirty rows through places and back: loaded, read, mended by the key, loaded again, equal to the clean ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from shardgen.columns.batch import Batch
from shardgen.loading import session
from shardgen.loading.engines.threads import Threads
from shardgen.loading.session import Machinery
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.plan import Shard
from shardgen.repair.applying import restore
from shardgen.repair.feed import Mended, values_of
from shardgen.stores import Store, open_lake, open_store
from shardgen.stores.copy import Encoder
from shardgen.tables import table_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.dirt.worlds import dirty

FIVE = (42, 2**63 - 1, 0, 1, 2)
SEEDS = FIVE if os.environ.get("SHARDGEN_TEST_SEEDS") == "all" else FIVE[:2]
"""Of a database, where each takes three seconds; ``SHARDGEN_TEST_SEEDS=all`` for five of them."""
TINY: dict[str, Any] = {"customers": 150, "products": 40, "orders_per_day": 25, "sessions_per_day": 40, "days": 3}
HOW = LoadConfig(workers=1)

Place = Callable[[str], Store]


def clean_of(config: PlanConfig, shard: Shard) -> bytes:
    """The COPY rows of a clean shard."""
    encoder = Encoder(table_of(config, shard.table))
    return b"".join(chain.from_iterable(map(encoder.rows, Feed(config).batches(shard, 8192))))


def there(store: Store, config: PlanConfig, shard: Shard) -> bytes:
    """The same, as a place holds them."""
    table, rows = table_of(config, shard.table), list(store.returned(config, shard))
    batch = Batch(table=table, num_rows=len(rows), columns=values_of(table, rows))
    return b"".join(Encoder(table).rows(batch)) if rows else b""


def assert_restored(config: PlanConfig, open_: Place, **where: Any) -> None:
    """Load it, apply its key into another place, and look at every shard there."""
    machinery, into = Machinery(engine=Threads), open_("clean")
    session.load(config, HOW, open_("dirty"), options={}, show=print, machinery=machinery)
    source = Mended(dirty=replace(config, schema="dirty"), **where)
    assert restore(source, into, HOW, engine=Threads(), resume=False, show=print).ok
    clean = replace(config, dirt=None, schema=into.schema or config.schema)
    for shard in build_plan(clean).shards:
        assert there(into, clean, shard) == clean_of(clean, shard), shard.id


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["light", "realistic", "hostile"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_key_of_what_a_database_holds_gives_the_clean_rows(preset, seed, database):
    config = dirty(preset, seed=seed, schema="dirty", **TINY)
    assert_restored(config, partial(open_store, database.dsn), dsn=database.dsn)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["light", "realistic", "hostile"])
@pytest.mark.parametrize("seed", FIVE)
def test_the_key_of_what_parquet_holds_gives_the_clean_rows(preset, seed, tmp_path: Path):
    config = dirty(preset, seed=seed, format="parquet", raw_data_as="json", **TINY)
    url = f"file://{tmp_path}"
    assert_restored(config, lambda name: open_lake(f"{url}/{name}"), dsn="", lake=f"{url}/dirty")
