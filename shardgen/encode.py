"""Arrow batches made into the bytes of PostgreSQL's binary COPY.

The bytes of a row are exactly what ``COPY ... TO (FORMAT binary)`` gives back for it, so a shard's digest can be
checked against the table. Source: PostgreSQL documentation, COPY, "Binary Format".
"""

from __future__ import annotations

import pgpq
import pyarrow as pa
from pgpq.encoders import StringEncoderBuilder
from pgpq.schema import Jsonb

from shardgen.schema import Table
from shardgen.tables.records import arrow_schema

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""Signature, flags and length of the header extension."""
TRAILER = b"\xff\xff"


class Encoder:
    """Encoder of one table's batches; holds no row.

    Args:
        table: whose batches they are.
    """

    header = HEADER
    trailer = TRAILER

    def __init__(self, table: Table) -> None:
        self._schema = arrow_schema(table)
        self._builders = {field.name: pgpq.ArrowToPostgresBinaryEncoder.infer_encoder(field) for field in self._schema}
        for column in table.columns:
            if column.jsonb:
                field = self._schema.field(column.name)
                self._builders[column.name] = StringEncoderBuilder.new_with_output(field, Jsonb())

    def rows(self, batch: pa.RecordBatch) -> memoryview:
        """The COPY bytes of a batch's rows, without header and trailer.

        pgpq keeps up to some megabytes back between batches, so each batch has an encoder of its own, finished at
        once; that costs microseconds, and the trailer is cut off without a copy.
        """
        encoder = pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(self._schema, self._builders)
        encoder.write_header()
        first, rest = encoder.write_batch(batch), encoder.finish()
        return memoryview(first + rest if first else rest)[: -len(TRAILER)]
