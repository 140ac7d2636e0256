"""A lake as a user has it: the program loads, resumes, verifies and resets; the same content as in a warehouse."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import shardgen
from shardgen.errors import TargetError
from tests.conftest import Database

WORLD = {
    "customers": 300,
    "products": 60,
    "days": 40,
    "end": "2026-01-10",
    "orders_per_day": 12,
    "sessions_per_day": 40,
}
TABLES = ("customers", "products", "orders", "inventory", "reviews", "sessions", "clickstream")


def world() -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in WORLD.items()]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "shardgen", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"})


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of the data files, by name."""
    files = sorted(folder.rglob("*.g1.parquet"))
    return {str(each.relative_to(folder)): hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


def content(verification: Any) -> dict[str, Any]:
    """Content digests by table."""
    checks = [check for check in verification.checks if check.level == "digests"]
    return {check.name: {name: check.figures[name] for name in ("digest", "blocks")} for check in checks}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A lake that is loaded by the program; nobody changes it."""
    target = f"file://{tmp_path_factory.mktemp('lake')}/shop"
    loaded = run("load", "--target", target, *world(), "--workers=1", "--json", "-q")
    assert loaded.returncode == 0, loaded.stderr
    report = json.loads(loaded.stdout)
    assert (report["ok"], [table["table"] for table in report["tables"]]) == (True, list(TABLES))
    return target


def folder(target: str) -> Path:
    return Path(target.removeprefix("file://"))


def test_files_are_equal_byte_for_byte_whatever_the_workers_and_the_batches(lake, tmp_path):
    other = f"file://{tmp_path}/other"
    report = shardgen.load(target=other, workers=4, batch_rows=700, progress="none", **WORLD)
    assert report.ok
    assert hashes(tmp_path / "other") == hashes(folder(lake))
    assert len(hashes(folder(lake))) > len(TABLES)


def test_a_lake_and_a_warehouse_of_one_plan_have_the_same_content_digests(lake, database: Database):
    assert shardgen.load(database.dsn, progress="none", workers=2, **WORLD).ok
    warehouse = shardgen.verify(database.dsn, level="digests", progress="none", workers=2)
    files = shardgen.verify(target=lake, level="digests", progress="none", workers=2)
    assert (warehouse.ok, files.ok) == (True, True)
    assert content(files) == content(warehouse)
    assert set(content(files)) == set(TABLES)
    assert all(each["blocks"] for each in content(files).values())


def test_what_lies_there_is_laid_out_as_the_manual_says(lake):
    there = {str(each.relative_to(folder(lake))) for each in folder(lake).rglob("*") if each.is_file()}
    assert {"_SUCCESS", "_shardgen/current", "_shardgen/g1/run.json", "_shardgen/manifest.g1.json"} <= there
    assert "orders/month=2025-12/orders-2025-12-until-2026-01-10.g1.parquet" in there
    assert "_shardgen/g1/orders-2025-12-until-2026-01-10.json" in there
    manifest = json.loads((folder(lake) / "_shardgen/manifest.g1.json").read_text())
    assert manifest["window"] == {"since": None, "until": "2026-01-10"}
    assert {each["key"] for each in manifest["files"]} == set(hashes(folder(lake)))


@pytest.mark.parametrize("level", ["counts", "digests"])
def test_files_that_were_changed_lost_or_added_are_named(lake, tmp_path, level):
    copy = tmp_path / "shop"
    subprocess.run(["cp", "-r", str(folder(lake)), str(copy)], check=True)
    orders, reviews, sessions = (next(copy.rglob(f"{name}-*.parquet")) for name in ("orders", "reviews", "sessions"))
    data = bytearray(orders.read_bytes())
    data[100] ^= 1
    orders.write_bytes(data)
    reviews.unlink()
    (copy / "sessions" / "mine.parquet").write_bytes(sessions.read_bytes())
    found = shardgen.verify(target=f"file://{copy}", level=level, progress="none", workers=1)
    told = {check.name: " ".join(check.samples) for check in found.checks if check.status == "failed"}
    assert not found.ok
    assert f"{reviews.relative_to(copy)}" in told["reviews"]
    assert "is gone" in told["reviews"]
    if level == "counts":
        assert "sessions/mine.parquet is no file of this load" in told["sessions"]
        assert set(told) == {"reviews", "sessions"}
    else:
        assert f"{orders.relative_to(copy)}" in told["orders"]
        assert set(told) == {"orders", "reviews"}


def test_digests_can_be_compared_with_what_the_plan_gives(lake):
    found = shardgen.verify(target=lake, level="digests", tables="orders", regenerate=True, progress="none", workers=1)
    assert [(check.status, check.finding) for check in found.checks] == [("held", "2 files equal to ledger and plan")]


def test_a_replace_shows_the_old_files_until_the_new_ones_are_there_and_then_removes_them(tmp_path):
    target, tables = f"file://{tmp_path}/shop", {"tables": "products"}
    assert shardgen.load(target=target, progress="none", workers=1, **WORLD, **tables).ok
    with pytest.raises(TargetError, match="relation=raw_products holds files of run=1"):
        shardgen.load(target=target, progress="none", workers=1, **WORLD, **tables)
    again = shardgen.load(
        target=target, progress="none", workers=1, **{**WORLD, "seed": 7}, **tables, if_exists="replace"
    )
    assert (again.ok, again.run) == (True, 2)
    assert [each.name.rpartition(".g")[2] for each in (tmp_path / "shop/products").iterdir()] == ["2.parquet"]
    first, second = shardgen.status(target=target)
    assert (first.replaced_by, second.state, second.tables[0].generation) == ((2,), "finished", 2)
    assert shardgen.reset(target=target, all=True).runs == (1, 2)
    assert [each for each in (tmp_path / "shop").rglob("*") if each.is_file()] == []


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["load", "--dsn=host=db"], "--dsn and --target name one place each"),
        (["load", "--schema=raw"], "schema='raw' means nothing for files"),
        (["load", "--if-exists=append", "--on-conflict=skip"], "needs keys, and files have none"),
        (["load", "--format=csv.zst", "--raw-data-as=json"], "raw-data-as='json' is for files of Parquet"),
        (["load", "--format=orc"], "format='orc' is unknown"),
        (["load", "--resume"], "holds no unfinished run"),
        (["reset", "--yes"], "holds no run"),
        (["verify", "--level=counts"], "holds no ledger"),
        (["schema", "--apply"], "there is no schema to create"),
        (["schema"], "there is no schema"),
        (["queries"], "holds no rows of a finished run"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path, command, words, text):
    first, *rest = words
    ended = command(first, "--target", f"file://{tmp_path}/shop", *rest)
    assert (ended.code, text in ended.err) == (2, True), ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "target",
    ["s3://id:s3cret@bucket/x", "az://c/x?sv=1&sig=s3cret", "gs://b/x#s3cret", "https://a.example/c?sig=s3cret"],
)
def test_an_address_with_a_secret_is_refused_and_shown_nowhere(tmp_path, target):
    ended = run("load", "--target", target, *world(), "--log-file", str(tmp_path / "log"))
    assert ended.returncode == 2
    told = ended.stdout + ended.stderr + "".join(each.read_text() for each in tmp_path.iterdir())
    assert ("s3cret" in told, "--target" in told) == (False, True)


def test_secrets_of_a_store_that_fails_are_shown_nowhere(tmp_path, monkeypatch):
    values = {
        "AWS_ACCESS_KEY_ID": "s3cret-id",
        "AWS_SECRET_ACCESS_KEY": "s3cret-key",
        "AWS_SESSION_TOKEN": "s3cret-word",
    }
    for name, value in {**values, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "x"}.items():
        monkeypatch.setenv(name, value)
    ended = run("load", "--target", "s3://bucket/x", *world(), "--log-file", str(tmp_path / "log"))
    told = ended.stdout + ended.stderr + "".join(each.read_text() for each in tmp_path.iterdir())
    assert (ended.returncode, "s3cret" in told, "cannot be reached" in told) == (2, False, True)


def test_a_folder_that_holds_other_files_is_refused(tmp_path):
    (tmp_path / "mine.parquet").write_bytes(b"mine")
    ended = run("load", "--target", f"file://{tmp_path}", *world(), "-q")
    assert (ended.returncode, "holds files that no load of shardgen wrote: mine.parquet" in ended.stderr) == (2, True)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("mine.parquet", b"mine")]
