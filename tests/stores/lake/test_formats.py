"""Files of each format: the same bytes whatever the batches, and the same rows when they are read back."""

from __future__ import annotations

import csv
import gc
import hashlib
import io
import json
import shutil
import subprocess
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shardgen.columns import text
from shardgen.columns.batch import Batch
from shardgen.columns.values import Absent, Prose
from shardgen.model.choices import FORMATS
from shardgen.model.config import PlanConfig
from shardgen.stores.copy import Encoder
from shardgen.stores.lake.formats import (
    DamagedFileError,
    FileSummary,
    Footer,
    batches_of,
    footer,
    identity,
    open_format,
    zstd,
)
from shardgen.tables import dataset, table_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from tests.dirt.worlds import dirty
from tests.worlds import TABLES, shard_bytes, small

IDENTITY = {"shard": "orders/2025-12", "generation": "1", "fingerprint": "00ff"}


def written(config: PlanConfig, table: str, *, rows: int = 4096, name: str = "parquet") -> tuple[bytes, FileSummary]:
    """A file of a table's last shard."""
    shard = build_plan(config).of(table)[-1]
    sink = io.BytesIO()
    form = open_format(name, raw_data=config.raw_data, raw_data_as="json" if config.dirt else "struct")
    encoder = form.writer(table_of(config, table), sink, IDENTITY)
    for batch in Feed(config).batches(shard, rows):
        encoder.write(batch)
    summary = encoder.close()
    return sink.getvalue(), summary


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("raw_data", ["full", "lean", "none"])
@pytest.mark.parametrize("table", TABLES)
def test_rows_that_are_read_back_are_those_that_postgresql_gets(table: str, raw_data: str, name: str) -> None:
    config = small(raw_data=raw_data)
    encoder = Encoder(dataset()[table].table)
    file, _ = written(config, table, name=name)
    read = b"".join(chain.from_iterable(map(encoder.rows, batches_of(file, dataset()[table].table))))
    assert read == shard_bytes(config, build_plan(config).of(table)[-1])


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("table", TABLES)
def test_the_bytes_of_a_file_do_not_follow_from_the_batches(
    table: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shardgen.stores.lake.formats.parquet.GROUP_ROWS", 1000)
    config = small()
    assert len({written(config, table, rows=rows, name=name)[0] for rows in (50, 997, 100_000)}) == 1


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("table", TABLES)
def test_nor_do_they_where_rows_are_spoilt(table: str, name: str) -> None:
    config = dirty("hostile")
    assert len({written(config, table, rows=rows, name=name)[0] for rows in (50, 997)}) == 1


def test_what_customers_who_were_erased_have_in_a_sheet_is_nothing() -> None:
    config = small(days=700, customers=3000)
    file, _ = written(config, "customers", rows=40, name="csv.zst")
    assert file == written(config, "customers", rows=997, name="csv.zst")[0]
    read = list(csv.DictReader(io.StringIO(zstd.decompressed(io.BytesIO(file)).read().decode(), newline="")))
    born = [row["date_of_birth"] for row in read]
    assert 0 < born.count("") < 100
    assert {day[:2] for day in born} == {"", "19", "20"}
    assert all(row["customer_name"] == "" for row in read if not row["date_of_birth"])
    assert b',"19' not in zstd.decompressed(io.BytesIO(file)).read()


def test_row_groups_are_of_one_size_from_the_first_row_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shardgen.stores.lake.formats.parquet.GROUP_ROWS", 500)
    file, summary = written(small(), "clickstream")
    metadata = pq.ParquetFile(io.BytesIO(file)).metadata
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert set(sizes[:-1]) == {500}
    assert sum(sizes) == summary.rows == metadata.num_rows


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_tells_its_identity_and_its_rows(name: str, tmp_path: Path) -> None:
    file, summary = written(small(), "orders", name=name)
    assert summary == FileSummary(rows=summary.rows, bytes=len(file), sha256=hashlib.sha256(file).hexdigest())
    path = tmp_path / "file"
    path.write_bytes(file)
    for source in (path, str(path), file, io.BytesIO(file)):
        assert identity(source) == IDENTITY
        assert footer(source) == Footer(format=name, rows=summary.rows, identity=IDENTITY)


@pytest.mark.parametrize("name", FORMATS)
def test_a_shard_without_rows_is_a_file_without_rows(name: str) -> None:
    table, sink = dataset()["reviews"].table, io.BytesIO()
    assert open_format(name, raw_data="full").writer(table, sink, IDENTITY).close().rows == 0
    assert footer(sink.getvalue()).rows == 0
    assert list(batches_of(sink.getvalue(), table)) == []


@pytest.mark.parametrize("name", FORMATS)
def test_a_writer_that_is_dropped_leaves_no_whole_file(name: str) -> None:
    config, sink = small(), io.BytesIO()
    encoder = open_format(name, raw_data="full").writer(dataset()["orders"].table, sink, IDENTITY)
    for batch in Feed(config).batches(build_plan(config).of("orders")[-1], 4096):
        encoder.write(batch)
    del encoder
    gc.collect()
    with pytest.raises(DamagedFileError, match="not a whole"):
        footer(sink.getvalue())


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_another_table_is_refused(name: str) -> None:
    file, _ = written(small(), "orders", name=name)
    with pytest.raises(
        DamagedFileError, match=f"a file of table=reviews has other {'keys' if 'json' in name else 'columns'}"
    ):
        list(batches_of(file, dataset()["reviews"].table))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("cut", [0, 3, 100, -1])
def test_a_file_that_is_cut_off_is_named_as_such(cut: int, name: str) -> None:
    file, _ = written(small(), "orders", name=name)
    for read in (footer, lambda file: list(batches_of(file, dataset()["orders"].table))):
        with pytest.raises(DamagedFileError, match="not a whole"):
            read(file[:cut])


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_lost_bytes_in_the_middle_is_damaged(name: str) -> None:
    file, _ = written(small(), "orders", name=name)
    half = len(file) // 2
    with pytest.raises(DamagedFileError, match="damaged"):
        list(batches_of(file[:half] + bytes(50) + file[half + 50 :], dataset()["orders"].table))


def plain(table: str, name: str, tmp_path: Path) -> str:
    """The lines of a file, by the program that everybody has."""
    path = tmp_path / f"file.{name}"
    path.write_bytes(written(small(), table, name=name)[0])
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout.decode()


def built(table: str) -> list[dict[str, Any]]:
    config = small()
    shard = build_plan(config).of(table)[-1]
    return [row for batch in Feed(config).batches(shard, 4096) for row in batch.arrow().to_pylist()]


@pytest.mark.skipif(not shutil.which("zstd"), reason="zstd is not installed")
@pytest.mark.parametrize("table", TABLES)
def test_csv_is_read_by_any_reader_of_csv(table: str, tmp_path: Path) -> None:
    lines = plain(table, "csv.zst", tmp_path)
    rows = list(csv.DictReader(io.StringIO(lines, newline=""), strict=True))
    assert rows == [{name: spelt(value) for name, value in row.items()} for row in built(table)]
    assert lines.endswith("\r\n")


def spelt(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.skipif(not shutil.which("zstd"), reason="zstd is not installed")
@pytest.mark.parametrize("table", TABLES)
def test_ndjson_is_an_object_a_line(table: str, tmp_path: Path) -> None:
    rows = [json.loads(line, parse_float=Decimal) for line in plain(table, "ndjson.zst", tmp_path).splitlines()]
    parsed = {column.name for column in dataset()[table].table.columns if column.json}
    for row, expected in zip(rows, built(table), strict=True):
        assert list(row) == list(expected)
        for name, value in expected.items():
            found = json.loads(value, parse_float=Decimal) if name in parsed else value
            assert row[name] == (found.isoformat() if isinstance(found, date) else found)


def test_a_null_is_told_from_an_empty_text_in_csv() -> None:
    table, sink = dataset()["inventory"].table, io.BytesIO()
    texts = text.pool(["", None, 'say "a, b"', "two\r\nlines"])
    values = {column.name: Prose(texts) if column.type.name == "varchar" else Absent() for column in table.columns}
    batch = Batch(table=table, num_rows=4, columns=values)
    encoder = open_format("csv.zst", raw_data="none").writer(table, sink, IDENTITY)
    encoder.write(batch)
    encoder.close()
    lines = pa.CompressedInputStream(pa.BufferReader(sink.getvalue()), "zstd").read().decode()
    assert lines.partition("\r\n")[2].startswith(',"","",,"",,"","",,\r\n,,,,,,,,,\r\n,"say ""a, b""",')
    [read] = batches_of(sink.getvalue(), table)
    assert b"".join(Encoder(table).rows(read)) == b"".join(Encoder(table).rows(batch))
