"""Batches cut into groups of one size, counted from the first row, so that a file does not show how rows came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from shardgen.columns.batch import Batch
from shardgen.stores.lake.formats.positions import Span

Group: TypeAlias = Sequence[tuple[Batch, Span]]
"""Batches, and the rows of each that belong to it."""


class Groups:
    """Cuts the batches of a file.

    Args:
        size: rows of a group.
    """

    def __init__(self, size: int) -> None:
        self.rows = 0
        """Taken so far."""
        self._size = size
        self._waiting: list[tuple[Batch, Span]] = []
        self._held = 0

    def add(self, batch: Batch) -> Iterator[Group]:
        """Take a batch; the groups that are whole by it."""
        start = 0
        while self._held + batch.num_rows - start >= self._size:
            stop = start + self._size - self._held
            yield self._taken(batch, start, stop)
            start = stop
        if start < batch.num_rows:
            self._waiting.append((batch, Span(start, batch.num_rows)))
        self._held += batch.num_rows - start
        self.rows += batch.num_rows

    def rest(self) -> Iterator[Group]:
        """What is left, if anything is."""
        if self._waiting:
            yield self._waiting
        self._waiting, self._held = [], 0

    def _taken(self, batch: Batch, start: int, stop: int) -> Group:
        group = [*self._waiting, (batch, Span(start, stop))]
        self._waiting, self._held = [], 0
        return group
