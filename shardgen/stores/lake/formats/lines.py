"""Rows as lines of text: what a line consists of is laid out in pieces, as COPY's rows are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from shardgen.columns.batch import Batches
from shardgen.columns.pieces import Layout, Piece
from shardgen.columns.values import Value
from shardgen.model.table import Column, Table
from shardgen.stores.lake.formats.given import built
from shardgen.stores.lake.formats.sinks import FileSummary, Sink
from shardgen.stores.lake.formats.zstd import Compressed

ROWS: Final = 512
"""Rows that are made at a time: half a megabyte, which stays in the cache."""

Line: TypeAlias = Callable[[Sequence[tuple[Column, Value]]], Iterable[Piece]]
"""What a line is made of, by the columns and values of its rows."""


class LinesEncoder:
    """Writes one file.

    Args:
        table: whose rows they are.
        name: of the format.
        line: what a line is made of.
        header: lines before the first row.
        sink: takes the file's bytes.
        identity: of the file.
    """

    def __init__(
        self, table: Table, *, name: str, line: Line, header: bytes, sink: Sink, identity: Mapping[str, str]
    ) -> None:
        self._columns, self._line = table.columns, line
        self._file = Compressed(sink, name, identity)
        self._file.write(header)
        self._rows = 0

    def write(self, batch: Batches) -> None:
        """Take some rows."""
        columns = built(batch).columns
        layout = Layout(self._line([(column, columns[column.name]) for column in self._columns]))
        for lines in layout.buffers(0, batch.num_rows, ROWS):
            self._file.write(lines)
        self._rows += batch.num_rows

    def close(self) -> FileSummary:
        """Write what is left, and the identity."""
        return self._file.close(self._rows)
