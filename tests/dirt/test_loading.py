"""Dirty loads into PostgreSQL: they are reconciled and verified as clean ones, and the key makes them clean again."""

from __future__ import annotations

import json
from typing import Any

import pytest

import shardgen
from tests.dirt.worlds import KEY
from tests.worlds import SMALL

OPTIONS: dict[str, Any] = {**SMALL, "days": 4, "workers": 1, "engine": "threads", "progress": "none"}


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


def digests(dsn: str, schema: str) -> dict[str, str]:
    """By table, of what is there and agrees with its plan."""
    found = shardgen.verify(dsn, schema=schema, level="digests", regenerate=True, workers=1, progress="none")
    assert found.ok
    return {check.name: check.figures["digest"] for check in found.checks}


def test_a_hostile_load_is_verified_and_its_key_restores_the_clean_rows(database, command, key):
    report = shardgen.load(database.dsn, dirt="hostile", **OPTIONS)
    assert report.ok
    found = shardgen.verify(database.dsn, level="digests", workers=1, progress="none")
    assert found.ok, [check for check in found.checks if check.status != "held"]
    told = command(
        "answers", "--dsn", database.dsn, "--apply", "--into", "clean", "--workers", "1", "--progress", "none"
    )
    assert told.code == 0, told.err
    shardgen.load(database.dsn, schema="planned", **OPTIONS)
    clean, planned = (
        {
            check.name: check.figures["digest"]
            for check in shardgen.verify(
                database.dsn, schema=schema, regenerate=True, level="digests", workers=1, progress="none"
            ).checks
        }
        for schema in ("clean", "planned")
    )
    assert clean == planned


def test_each_line_of_the_key_is_true_of_the_row_that_it_names(database, command, key):
    options = {**OPTIONS, "tables": "orders"}
    shardgen.load(database.dsn, dirt="null=0.2", **options)
    lines = [json.loads(line) for line in command("answers", "--dsn", database.dsn).out.splitlines()]
    assert lines
    for line in lines:
        if line["place"] == "total_amount":
            [found] = database.rows(
                "SELECT total_amount FROM bronze.raw_orders WHERE order_id = %s AND ingestion_timestamp = %s",
                [line["key"], line["ingestion_timestamp"]],
            )
            assert found == (None,)
