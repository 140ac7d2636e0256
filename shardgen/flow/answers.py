"""The answer key as files: a line for each place of each defect, in order of table, shard and row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from shardgen.columns import jsonb
from shardgen.dirt.defects import FIELDS, Defect
from shardgen.model.config import PlanConfig
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan

_MANY: Final = 4096
"""Lines that are held at a time."""
SCHEMA: Final = pa.schema([(name, pa.int64() if name == "defect" else pa.string()) for name in FIELDS])
_JSON: Final = ("dirty", "clean")


@dataclass(frozen=True, slots=True)
class Answers:
    """The key of a plan, made anew each time that it is read."""

    plan: PlanConfig

    def __iter__(self) -> Iterator[Defect]:
        feed = Feed(self.plan)
        for shard in build_plan(self.plan).shards:
            yield from feed.defects(shard)

    def to(self, file: BinaryIO, form: str) -> int:
        """Write the key in one of choices.ANSWER_FORMS; how many lines it has."""
        return _WRITERS[form](file, iter(self))


def plain(defect: Defect) -> dict[str, object]:
    """A line as plain values; dirty and clean are JSON text."""
    told = {name: getattr(defect, name) for name in FIELDS if hasattr(defect, name)}
    found = {**told, "place": defect.wrong.place, "dirty": defect.wrong.dirty, "clean": defect.wrong.clean}
    return {name: found[name] for name in FIELDS}


def batches(defects: Iterator[Defect]) -> Iterator[pa.RecordBatch]:
    """Lines as Arrow has them."""
    while some := list(islice(defects, _MANY)):
        yield pa.RecordBatch.from_pylist([plain(each) for each in some], schema=SCHEMA)


def _lines(file: BinaryIO, defects: Iterator[Defect]) -> int:
    count = 0
    while some := list(islice(defects, _MANY)):
        file.write("".join(map(_line, some)).encode())
        count += len(some)
    file.flush()
    return count


def _line(defect: Defect) -> str:
    """JSON, in which dirty and clean are values, and left out where there is none."""
    told = [
        f'"{name}": {value if name in _JSON else jsonb.value(value)}'
        for name, value in plain(defect).items()
        if value is not None
    ]
    return f"{{{', '.join(told)}}}\n"


def _sheet(file: BinaryIO, defects: Iterator[Defect]) -> int:
    with pyarrow.csv.CSVWriter(file, SCHEMA) as writer:
        return _written(writer.write_batch, batches(defects))


def _parquet(file: BinaryIO, defects: Iterator[Defect]) -> int:
    with pyarrow.parquet.ParquetWriter(file, SCHEMA, compression="zstd") as writer:
        return _written(writer.write_batch, batches(defects))


def _written(write: object, made: Iterable[pa.RecordBatch]) -> int:
    count = 0
    for each in made:
        write(each)  # type: ignore[operator]
        count += each.num_rows
    return count


_WRITERS: Final = {"ndjson": _lines, "csv": _sheet, "parquet": _parquet}
