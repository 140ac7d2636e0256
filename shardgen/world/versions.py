"""Versions of records: one for each instant at which what a source system knows of a thing changes.

A record's changes are functions of its number, so its versions are, too: counted 1, 2, 3 over the whole of its life,
whatever part of it is asked for. What happens at one instant is one version, which shows the record just after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shardgen.model.played import DELETE, INSERT, UPDATE
from shardgen.world.picking import picked
from shardgen.world.rng import I64

OPERATIONS = ("insert", "update", "delete")
"""As ``raw_data.operation`` has them."""

BEGINNING = -(1 << 62)
"""Before all instants."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Versions:
    """n versions in order of record and number; arrays of shape (n,)."""

    row: I64
    """Row of the record among those that were asked about."""
    at: I64
    """When the record changed, microseconds UTC."""
    number: I64
    """1, 2, 3, ... over the record's life."""
    operation: I64
    """Index into OPERATIONS."""

    @property
    def until(self) -> I64:
        """The first instants after the changes: what has happened before them is what the versions tell."""
        return self.at + 1

    def of(self, rows: I64) -> Versions:
        """The same, of records that are these rows of others."""
        return replace(self, row=rows[self.row])

    def between(self, since: int, end: int) -> Versions:
        """Those of changes in [since, end)."""
        return picked(self, np.flatnonzero((self.at >= since) & (self.at < end)))


def single(at: I64) -> Versions:
    """The versions of records that never change.

    Args:
        at: when each of them came to be.
    """
    return numbered(np.arange(len(at)), at, np.zeros_like(at))


def within(changes: Sequence[I64], since: int, end: int, *, deleted: I64 | None = None) -> Versions:
    """The versions in [since, end) of n records, each of which changes a few times.

    Args:
        changes: instants of shape (n,), beyond ``end`` where nothing happens; in any order, some perhaps the same.
        deleted: when each of them is deleted, one of its changes.
    """
    table = np.stack(changes, axis=1)
    row, which = np.nonzero(table < end)
    found = numbered(*distinct(row, table[row, which]), np.zeros(len(table), dtype=np.int64))
    if deleted is not None:
        found = replace(found, operation=np.where(found.at == deleted[found.row], DELETE, found.operation))
    return found.between(since, end)


def distinct(row: I64, at: I64) -> tuple[I64, I64]:
    """Changes in order of record and time, each instant of a record once."""
    order = np.lexsort((at, row))
    row, at = row[order], at[order]
    new = np.append(True, (row[1:] != row[:-1]) | (at[1:] != at[:-1]))[: len(row)]
    return row[new], at[new]


def numbered(row: I64, at: I64, earlier: I64) -> Versions:
    """Versions of changes in order of record and time.

    Args:
        row: of the record that each is of.
        at: when each happens.
        earlier: how many versions each record has before these, shape (records,).
    """
    first = np.searchsorted(row, np.arange(len(earlier)))
    number = np.arange(1, len(row) + 1) - (first - earlier)[row]
    return Versions(row=row, at=at, number=number, operation=np.where(number == 1, INSERT, UPDATE))
