"""Dirty lakes: the same rows as in a database, whatever the format, and verified as those are."""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import shardgen
from shardgen.errors import ConfigError, TargetError
from shardgen.model.config import PlanConfig
from shardgen.stores.apart import rows
from shardgen.stores.copy import Encoder
from shardgen.tables import table_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.verification.spoilt import hashed, whole
from tests.dirt.worlds import KEY
from tests.worlds import SMALL

OPTIONS: dict[str, Any] = {**SMALL, "days": 3, "workers": 1, "engine": "threads", "progress": "none"}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


def planned(config: PlanConfig) -> dict[str, str]:
    """By table, the digest of its dirty rows: a database's tables have the same."""
    found = dict.fromkeys(config.tables, 0)
    for shard in build_plan(config).shards:
        encoder = Encoder(table_of(config, shard.table))
        blocks = chain.from_iterable(map(encoder.rows, Feed(config).batches(shard, 700)))
        found[shard.table] += sum(map(hashed, rows(blocks)))
    return {name: whole(total) for name, total in found.items()}


def digests(target: str, **options: Any) -> dict[str, str]:
    found = shardgen.verify(target=target, level="digests", regenerate=True, workers=1, progress="none", **options)
    assert found.ok, [check for check in found.checks if check.status != "held"]
    return {check.name: check.figures["digest"] for check in found.checks}


@pytest.mark.parametrize("form", ["parquet", "csv.zst", "ndjson.zst"])
def test_a_hostile_lake_holds_the_rows_that_a_database_holds(form, tmp_path: Path):
    target = f"file://{tmp_path}/lake"
    report = shardgen.load(target=target, dirt="hostile", format=form, **OPTIONS)
    assert report.ok
    assert report.plan.get("raw_data_as") == ("json" if form == "parquet" else None)
    assert digests(target) == planned(PlanConfig.from_json(report.plan))


def test_laws_of_a_dirty_lake_are_asked_and_their_offenders_found_in_the_key(tmp_path: Path):
    target = f"file://{tmp_path}/lake"
    shardgen.load(target=target, dirt="hostile", **OPTIONS)
    found = shardgen.verify(target=target, level="laws", workers=1, progress="none")
    assert found.ok, [check for check in found.checks if check.status == "failed"]
    odd = [check for check in found.checks if check.status != "held" and "without versions" not in check.finding]
    assert odd == []
    assert sum("in the key" in check.finding for check in found.checks) > 10


def test_files_of_spoilt_rows_do_not_show_how_they_were_made(tmp_path: Path):
    found = []
    for rows_ in (40, 8192):
        folder = tmp_path / str(rows_)
        options = {**OPTIONS, "tables": "customers,reviews", "batch_rows": rows_}
        shardgen.load(target=f"file://{folder}", dirt="hostile", **options)
        files = sorted(folder.rglob("*.parquet"))
        found.append([hashlib.sha256(file.read_bytes()).hexdigest() for file in files])
    assert len(found[0]) == 2
    assert found[0] == found[1]


def test_the_key_of_a_lake_makes_it_clean_in_another_and_is_loaded_into_a_third(tmp_path: Path, command, monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)
    target = f"file://{tmp_path}/lake"
    options = {**OPTIONS, "tables": "customers,orders"}
    report = shardgen.load(target=target, dirt="hostile", answers="load", **options)
    lines = list(shardgen.answers(target=target))
    assert (report.tables[-1].table, report.tables[-1].counted) == ("answers", len(lines))
    found = shardgen.verify(target=target, level="counts", workers=1, progress="none")
    assert [(check.name, check.status) for check in found.checks][-1] == ("answers", "held")
    told = command("answers", "--target", target, "--apply", "--into", f"file://{tmp_path}/clean", "--progress", "none")
    assert told.code == 0, told.err
    shardgen.load(target=f"file://{tmp_path}/planned", **options)
    assert digests(f"file://{tmp_path}/clean") == digests(f"file://{tmp_path}/planned")
    shardgen.reset(target=target)
    assert list((tmp_path / "lake_answers").rglob("*.parquet")) == []


def test_each_window_of_a_lake_has_its_key_beside_it(tmp_path: Path):
    options = {**OPTIONS, "days": None, "epoch": "2025-12-10", "horizon": 60, "tables": "customers,orders,reviews"}
    window = {**options, "since": "2025-12-30", "end": "2026-01-02", "dirt": "hostile", "answers": "load"}
    for history in ("latest", "versions"):
        target = f"file://{tmp_path}/{history}"
        report = shardgen.load(target=target, history=history, **window)
        told = [{**line, "ingestion_timestamp": at(line)} for line in shardgen.answers(target=target)]
        there = pq.read_table(f"{tmp_path}/{history}_answers/answers").to_pylist()
        assert sorted(map(str, there)) == sorted(map(str, told))
        assert report.tables[-1].counted == len(told) > 20
        assert shardgen.verify(target=target, level="digests", workers=1, progress="none").ok


def at(line: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(line["ingestion_timestamp"])


def test_whoever_may_not_see_the_key_is_told_of_the_tables_all_the_same(tmp_path: Path):
    target = f"file://{tmp_path}/lake"
    shardgen.load(target=target, dirt="null=0.1", answers="load", **{**OPTIONS, "days": 1, "tables": "customers"})
    (tmp_path / "lake_answers" / "_shardgen" / "current").write_text("not for you")
    [run] = shardgen.status(target=target)
    assert [table.table for table in run.tables] == ["customers"]
    found = shardgen.verify(target=target, level="counts", workers=1, progress="none")
    assert found.ok
    assert [(check.name, check.status) for check in found.checks][-1] == ("answers", "not applicable")
    with pytest.raises(TargetError, match="is not to be had"):
        shardgen.reset(target=target)
    assert list((tmp_path / "lake").rglob("*.parquet"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"raw_data_as": "struct"}, "JSON is text: use raw_data_as='json'"),
        ({"answers": "load", "answers_schema": "file:///tmp/lake/answers"}, "is not apart from the lake"),
        ({"answers": "load", "answers_schema": "answers"}, "is no address"),
    ],
)
def test_what_a_dirty_lake_is_refused_for(options, told):
    with pytest.raises(ConfigError, match=told):
        shardgen.load(target="file:///tmp/lake", dirt="light", end="2026-01-01", **options)


def test_the_key_of_a_bucket_needs_an_address():
    with pytest.raises(ConfigError, match="answers_schema"):
        shardgen.load(target="s3://bucket", dirt="light", answers="load", end="2026-01-01")
