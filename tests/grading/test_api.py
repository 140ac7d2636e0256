"""Grades for scripts: the same as on the command line, and the same refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import shardgen
from shardgen.errors import ConfigError
from tests.dirt.worlds import KEY
from tests.worlds import SMALL

OPTIONS: dict[str, Any] = {**SMALL, "days": 2, "tables": "customers", "workers": 1, "engine": "threads"}
OPTIONS |= {"progress": "none", "dirt": "exact_duplicate=0.2,blanks=0.2"}


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


def test_a_script_grades_statements_by_kind_and_writes_the_files_of_the_command_line(database, tmp_path: Path):
    shardgen.load(database.dsn, **OPTIONS)
    statement = tmp_path / "customers.sql"
    statement.write_text(
        "SELECT DISTINCT ON (customer_id) customer_id, first_name FROM bronze.raw_customers ORDER BY customer_id;"
    )
    asked = {"exact_duplicate": 0.9, "blanks": 0.9}
    files = {"junit": tmp_path / "grade.xml", "page": str(tmp_path / "grade.html")}
    found = shardgen.grade(database.dsn, sql={"customers": statement}, min_f1=asked, progress="none", **files)
    scores = {line.kind: line.score.f1 for line in found.kinds()}
    assert scores == {"blanks": 0.0, "exact_duplicate": 1.0}
    assert not found.ok
    assert found.failures() == ["F1 of blanks is 0.000, below 0.9"]
    assert "<testsuite" in files["junit"].read_text()
    assert (tmp_path / "grade.html").read_text().startswith("<!doctype html>")
    assert shardgen.grade(database.dsn, cleaned="bronze", min_f1=0, progress="none").ok
    with pytest.raises(ConfigError, match="min_f1='2' is no F1"):
        shardgen.grade(database.dsn, cleaned="bronze", min_f1=2, progress="none")
