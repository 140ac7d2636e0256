"""When what the catalogue says of a product changes: its launch, its prices, what is put right, its end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shardgen.world import corrections
from shardgen.world.corrections import Corrections
from shardgen.world.demand import DAY
from shardgen.world.picking import picked
from shardgen.world.products import FOREVER, Catalogue
from shardgen.world.records import NEVER
from shardgen.world.rng import I64
from shardgen.world.versions import Versions, distinct, numbered


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listings:
    """Of n products; arrays of shape (n,)."""

    ids: I64
    launched: I64
    """Microseconds UTC, as all instants."""
    gone: I64
    """From when on it is not sold any more; NEVER for most."""
    corrected: Corrections

    def last_day(self, until: I64) -> I64:
        """The day (since 1970) whose price is known just before each instant: none after the product's end."""
        return np.minimum(until - 1, np.where(self.gone == NEVER, NEVER, self.gone - 1)) // DAY


def listings(shop: Catalogue, ids: I64) -> Listings:
    """The listings of products of these numbers."""
    launched, ends = shop.launches.times(ids), shop.gone[ids].astype(np.int64)
    gone = np.where(ends == FOREVER, NEVER, ends * DAY)
    found = corrections.corrections(shop.seed, ids, launched, gone)
    return Listings(ids=ids, launched=launched, gone=gone, corrected=found)


def versions(shop: Catalogue, known: Listings, since: int, end: int) -> Versions:
    """The versions of products in [since, end); only of those that have some, all changes since the launch are told."""
    row = np.flatnonzero(_changed(shop, known, since, end))
    some = picked(known, row)
    priced, day = shop.prices.changes(some.ids, some.last_day(np.full(len(row), end)), some.launched // DAY)
    every = np.arange(len(row))
    rows = np.concatenate([every, every, every, priced])
    at = np.concatenate([some.launched, some.corrected.at, some.gone, day * DAY])
    before = at < end
    found = numbered(*distinct(rows[before], at[before]), np.zeros_like(row))
    return found.of(row).between(since, end)


def _changed(shop: Catalogue, known: Listings, since: int, end: int) -> NDArray[np.bool_]:
    """Which products change in [since, end)."""
    last = known.last_day(np.full(len(known.ids), end))
    priced = shop.prices.since(known.ids, last, known.launched // DAY) * DAY
    return (known.launched < end) & (
        (known.launched >= since)
        | (priced >= since)
        | ((known.corrected.at >= since) & (known.corrected.at < end))
        | ((known.gone >= since) & (known.gone < end))
    )
