"""Rows of a table as a DataFrame of Spark: one task a shard, by mapInArrow over the numbers of shards; no database.

    pip install shardgen 'pyspark[sql]'                     # a JVM must be there
    python spark_rows.py clickstream /data/clickstream
    spark-submit spark_rows.py clickstream s3a://lake/clickstream

The rows are those of every other place, whatever the number of executors; Spark's own committer writes the files.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

import shardgen

ROWS = 8_192
"""Rows that a task builds at a time."""


def rows_of(spark: SparkSession, table: str, **options: Any) -> DataFrame:
    """All rows of a table, in as many partitions as it has shards.

    Args:
        spark: the session.
        table: ``"clickstream"``.
        options: which world, as of ``shardgen.plan``; ``end`` should be among them.
    """
    plan = shardgen.plan(tables=table, **options)
    schema = shardgen.table(table, **options).schema
    numbers = spark.range(len(plan.shards)).repartition(len(plan.shards), "id")

    def build(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from shardgen.tables.feed import Feed

        feed = Feed(plan.config)
        for number in (each.as_py() for batch in batches for each in batch.column(0)):
            for batch in feed.batches(plan.shards[number], ROWS):
                yield batch.arrow()

    return numbers.mapInArrow(build, from_arrow_schema(schema, prefer_timestamp_ntz=True))


def main(table: str, place: str) -> None:
    """Write a table of the demo world as Parquet."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # and not the first python3 of the path
    spark = SparkSession.builder.appName(f"shardgen {table}").getOrCreate()
    rows_of(spark, table, profile="demo", end="2026-01-01").write.mode("errorifexists").parquet(place)
    print(f"{spark.read.parquet(place).count():,} rows of {table} in {place}")
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
