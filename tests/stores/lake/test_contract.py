"""Lakes, held to what every store must hold: a folder, and a bucket behind an S3 API."""

from __future__ import annotations

from pathlib import Path

import pytest
import xxhash

from shardgen.stores import Store, Written
from shardgen.stores.lake import address
from shardgen.stores.lake.formats import batches_of
from shardgen.stores.lake.layout import name
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.store import LakeStore
from shardgen.tables import dataset
from tests import fakes, lakes
from tests.stores.contract import StoreContract


class LakeContract(StoreContract):
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


class TestFolder(LakeContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> str:
        return lakes.folder(tmp_path)


class TestBucket(LakeContract):
    @pytest.fixture
    def place(self, bucket: lakes.Bucket) -> str:
        return bucket.url
