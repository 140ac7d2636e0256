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
        schema = arrow_schema(table)
        builders = {field.name: pgpq.ArrowToPostgresBinaryEncoder.infer_encoder(field) for field in schema}
        for column in table.columns:
            if column.jsonb:
                builders[column.name] = StringEncoderBuilder.new_with_output(schema.field(column.name), Jsonb())
        self._encoder = pgpq.ArrowToPostgresBinaryEncoder.new_with_encoders(schema, builders)
        self._encoder.write_header()

    def rows(self, batch: pa.RecordBatch) -> bytes:
        """The COPY bytes of a batch's rows, without header and trailer."""
        return self._encoder.write_batch(batch)
