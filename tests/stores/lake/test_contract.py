"""Lakes, held to what every store must hold: a folder, and a bucket of each kind."""

from __future__ import annotations

import pytest
import xxhash

from shardgen.stores import Store
from shardgen.stores.lake import address
from shardgen.stores.lake.formats import batches_of
from shardgen.stores.lake.layout import name
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.store import LakeStore
from shardgen.stores.told import Written
from shardgen.tables import dataset
from tests import fakes, lakes
from tests.stores.contract import StoreContract

OTHERS = ("bucket", "google", "azure")


class TestLake(StoreContract):
    """In each of the places of conftest."""

    @pytest.fixture(params=["folder", *(pytest.param(kind, marks=pytest.mark.slow) for kind in OTHERS)])
    def kind(self, request: pytest.FixtureRequest) -> str:
        return request.param

    @pytest.fixture
    def place(self, place: str) -> str:
        return place

    def open(self, place: str) -> Store:
        return lakes.store(place)

    def content(self, store: Store, written: Written) -> str:
        if not isinstance(store, LakeStore):
            return written.digest  # of the reference
        objects, table = Objects(address.parsed(store.place)), dataset()[written.table].table
        key = max(each.key for each in objects.list(written.table) if name(written.shard) in each.key)
        with objects.open(key) as file:
            rows = [part for batch in batches_of(file, table) for part in fakes.Encoder(table).rows(batch.arrow())]
        return xxhash.xxh3_128(b"".join(rows)).hexdigest()
