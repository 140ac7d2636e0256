"""The rows of a plan ready-made on disk: as COPY bytes for the floor, as CSV for psql.

A spool is a directory with a file of each kind for every shard, and beside them what a replay must not spend time on:
the plan, the digest of the words and the greatest ids.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.csv

from shardgen.loading.session import Machinery
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.plan import Plan, Shard
from shardgen.model.table import Table
from shardgen.stores.copy import HEADER, TRAILER, Encoder
from shardgen.stores.postgres import objects
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan, max_id
from shardgen.tables.recipe import Recipe
from shardgen.world import words_digest

BATCH_ROWS = LoadConfig().batch_rows
BLOCK = 256 * 1024
"""Bytes that a replay reads at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a coordinator asks the world for, answered in advance."""

    plan: Plan
    words: str
    max_ids: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Rows whose bytes come next in an open file."""

    num_rows: int
    size: int
    file: FileIO


@dataclass(frozen=True, slots=True)
class Spool:
    """Names of what is in the directory."""

    directory: Path

    def copy_file(self, shard: str) -> Path:
        """COPY bytes of a shard's rows, without header and trailer."""
        return self.directory / f"{shard.replace('/', '_')}.copy"

    def csv_file(self, shard: str) -> Path:
        """The same rows as CSV."""
        return self.directory / f"{shard.replace('/', '_')}.csv"

    def batches_file(self, shard: str) -> Path:
        """Where it is told how the COPY file falls into batches."""
        return self.directory / f"{shard.replace('/', '_')}.json"

    def batches(self, shard: str) -> list[tuple[int, int]]:
        """Rows and bytes of each block in the COPY file; the first one of a batch counts all its rows."""
        return json.loads(self.batches_file(shard).read_text())

    def rows(self, shard: str) -> int:
        """Rows of a shard."""
        return sum(rows for rows, _ in self.batches(shard))

    def known(self) -> Known:
        """The plan and what else is known of its world."""
        return pickle.loads((self.directory / "known.pickle").read_bytes())

    def machinery(self) -> Machinery:
        """What makes a coordinator and its workers replay this spool, and do all else as ever."""
        known = self.known()
        return Machinery(
            recipe=Recipe(
                build_plan=lambda config: known.plan,  # noqa: ARG005
                words_digest=partial(_words, known.words),  # a worker is asked: it must find the function
                max_id=lambda plan, table: known.max_ids[table],  # noqa: ARG005
                feed=Replay(self.directory),
            )
        )


def _words(words: str, seed: int) -> str:  # noqa: ARG001
    return words


@dataclass(frozen=True, slots=True)
class Replay:
    """Reads a shard's batches instead of building them; a value, so that workers know the job again."""

    directory: Path

    def __call__(self, plan: PlanConfig) -> Self:  # noqa: ARG002
        """The same for every plan: shards are known by their names."""
        return self

    def batches(self, shard: Shard, rows: int) -> Iterator[Ready]:  # noqa: ARG002
        """The batches as they were written; none is in memory yet."""
        spool = Spool(self.directory)
        with spool.copy_file(shard.id).open("rb", buffering=0) as file:
            for number, size in spool.batches(shard.id):
                yield Ready(num_rows=number, size=size, file=file)

    def get_ready(self, shard: Shard) -> None:
        """There is nothing to make."""


class ReadyEncoder:
    """Reads what a replay points at, always into the same memory, which stays in the cache."""

    header = HEADER
    trailer = TRAILER

    def __init__(self, table: Table) -> None:  # noqa: ARG002
        self._block = memoryview(bytearray(BLOCK))

    def rows(self, batch: Ready) -> Iterator[memoryview]:
        """The bytes of the batch, a block at a time."""
        left = batch.size
        while left:
            read = batch.file.readinto(self._block[:left])
            yield self._block[:read]
            left -= read


def fill(directory: Path, config: PlanConfig, executor: Executor, *, csv: bool) -> Spool:
    """Write the rows of a plan; the executor's processes do it shard by shard.

    Args:
        directory: where; made anew.
        config: of the plan.
        executor: processes in which shardgen's worker is initialised.
        csv: whether CSV files are wanted too.
    """
    directory.mkdir(parents=True)
    plan = build_plan(config)
    serial = [name for name in config.tables if objects.serial_columns(dataset()[name].table)]
    known = Known(
        plan=plan, words=words_digest(config.world.seed), max_ids={name: max_id(plan, name) for name in serial}
    )
    (directory / "known.pickle").write_bytes(pickle.dumps(known))
    largest_first = sorted(plan.shards, key=lambda shard: -shard.bytes)
    list(executor.map(partial(write_shard, Spool(directory), config, csv), largest_first))
    return Spool(directory)


def write_shard(spool: Spool, config: PlanConfig, csv: bool, shard: Shard) -> None:  # noqa: FBT001
    """Write the files of one shard."""
    encoder, sizes = Encoder(dataset()[shard.table].table), []
    with spool.copy_file(shard.id).open("wb") as file, spool.csv_file(shard.id).open("wb") as csv_file:
        for batch in Feed(config).batches(shard, BATCH_ROWS):
            blocks = [file.write(rows) for rows in encoder.rows(batch)]
            sizes += zip([batch.num_rows, *[0] * len(blocks)], blocks, strict=False)
            if csv:
                write_csv(batch.arrow(), csv_file)
    spool.batches_file(shard.id).write_text(json.dumps(sizes))


def write_csv(batch: pa.RecordBatch, file: object) -> None:
    """Rows as PostgreSQL's CSV: null is empty, an empty text is quoted."""
    pyarrow.csv.write_csv(batch, file, pyarrow.csv.WriteOptions(include_header=False))
