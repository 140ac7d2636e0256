"""Files of each format: the same bytes whatever the batches, and the same rows when they are read back."""

from __future__ import annotations

import gc
import hashlib
import io
from itertools import chain
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from shardgen.model.config import PlanConfig
from shardgen.stores.copy import Encoder
from shardgen.stores.lake.formats import DamagedFileError, FileSummary, batches_of, footer, identity, open_format
from shardgen.tables import dataset
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.worlds import TABLES, shard_bytes, small

IDENTITY = {"shard": "orders/2025-12", "generation": "1", "fingerprint": "00ff"}


def written(config: PlanConfig, table: str, *, rows: int = 4096, name: str = "parquet") -> tuple[bytes, FileSummary]:
    """A file of a table's last shard."""
    shard = build_plan(config).of(table)[-1]
    sink = io.BytesIO()
    encoder = open_format(name, raw_data=config.raw_data).writer(dataset()[table].table, sink, IDENTITY)
    for batch in Feed(config).batches(shard, rows):
        encoder.write(batch)
    summary = encoder.close()
    return sink.getvalue(), summary


@pytest.mark.parametrize("raw_data", ["full", "lean", "none"])
@pytest.mark.parametrize("table", TABLES)
def test_rows_that_are_read_back_are_those_that_postgresql_gets(table: str, raw_data: str) -> None:
    config = small(raw_data=raw_data)
    encoder = Encoder(dataset()[table].table)
    file, _ = written(config, table)
    read = b"".join(chain.from_iterable(map(encoder.rows, batches_of(file, dataset()[table].table))))
    assert read == shard_bytes(config, build_plan(config).of(table)[-1])


@pytest.mark.parametrize("table", TABLES)
def test_the_bytes_of_a_file_do_not_follow_from_the_batches(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shardgen.stores.lake.formats.parquet.GROUP_ROWS", 1000)
    config = small()
    assert len({written(config, table, rows=rows)[0] for rows in (50, 997, 100_000)}) == 1


def test_row_groups_are_of_one_size_from_the_first_row_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shardgen.stores.lake.formats.parquet.GROUP_ROWS", 500)
    file, summary = written(small(), "clickstream")
    metadata = pq.ParquetFile(io.BytesIO(file)).metadata
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert set(sizes[:-1]) == {500}
    assert sum(sizes) == summary.rows == metadata.num_rows


def test_a_file_tells_its_identity_and_its_rows(tmp_path: Path) -> None:
    file, summary = written(small(), "orders")
    assert summary == FileSummary(rows=summary.rows, bytes=len(file), sha256=hashlib.sha256(file).hexdigest())
    path = tmp_path / "file"
    path.write_bytes(file)
    for source in (path, str(path), file, io.BytesIO(file)):
        assert identity(source) == IDENTITY
    assert footer(file).rows == summary.rows
    assert footer(file).format == "parquet"


def test_a_shard_without_rows_is_a_file_without_rows() -> None:
    table, sink = dataset()["reviews"].table, io.BytesIO()
    assert open_format("parquet", raw_data="full").writer(table, sink, IDENTITY).close().rows == 0
    assert footer(sink.getvalue()).rows == 0
    assert list(batches_of(sink.getvalue(), table)) == []


def test_a_writer_that_is_dropped_leaves_no_whole_file() -> None:
    config, sink = small(), io.BytesIO()
    encoder = open_format("parquet", raw_data="full").writer(dataset()["orders"].table, sink, IDENTITY)
    for batch in Feed(config).batches(build_plan(config).of("orders")[-1], 4096):
        encoder.write(batch)
    del encoder
    gc.collect()
    with pytest.raises(DamagedFileError, match="not a whole"):
        footer(sink.getvalue())


def test_a_file_of_another_table_is_refused() -> None:
    file, _ = written(small(), "orders")
    with pytest.raises(DamagedFileError, match="a file of table=reviews has other columns"):
        list(batches_of(file, dataset()["reviews"].table))


@pytest.mark.parametrize("cut", [0, 3, 100, -1])
def test_a_file_that_is_cut_off_is_named_as_such(cut: int) -> None:
    file, _ = written(small(), "orders")
    for read in (footer, lambda file: list(batches_of(file, dataset()["orders"].table))):
        with pytest.raises(DamagedFileError, match="not a whole"):
            read(file[:cut])
