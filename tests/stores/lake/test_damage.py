"""What somebody does to the files of a lake behind the ledger's back is named by a verification, in any store."""

from __future__ import annotations

import pytest

import shardgen
from shardgen.stores.lake import address
from shardgen.stores.lake.objects import Objects
from tests.worlds import HERE

WORLD = {"customers": 50, "products": 20, "days": 40, "end": "2026-01-10", "orders_per_day": 4, "sessions_per_day": 5}


@pytest.fixture(
    params=["bucket", pytest.param("google", marks=pytest.mark.slow), pytest.param("azure", marks=pytest.mark.slow)]
)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


def told(place: str, level: str) -> str:
    found = shardgen.verify(target=place, level=level, **HERE)
    return " ".join(sample for check in found.checks if check.status == "failed" for sample in check.samples)


def test_files_that_were_overwritten_lost_or_added_are_named(place: str) -> None:
    assert shardgen.load(target=place, **HERE, tables="products,orders", **WORLD).ok
    assert (told(place, "counts"), told(place, "digests")) == ("", "")
    there = Objects(address.parsed(place))
    first, second = (each.key for each in there.list("orders"))
    [products] = (each.key for each in there.list("products"))
    held = there.read(first)
    assert held is not None
    changed = bytearray(held.data)
    changed[100] ^= 1
    there.put(first, bytes(changed))
    there.put("products/mine.parquet", held.data)
    there.delete([second])
    assert f"{second} is gone" in told(place, "counts")
    assert "products/mine.parquet is no file of this load" in told(place, "counts")
    assert first in told(place, "digests")
    there.put(products, b"short")
    assert products in told(place, "counts")
