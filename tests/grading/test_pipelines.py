"""Three pipelines and a perfect one, graded on a small hostile load: what they get is what they have earned."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import shardgen
from tests.conftest import Database, Told
from tests.dirt.worlds import KEY
from tests.grading.conftest import WORLD, refined
from tests.worlds import TABLES

LATE = {"late", "out_of_order"}
"""Kinds that ask for nothing but that the rows are let in."""


@pytest.fixture
def graded(
    dirty: Database, command: Callable[..., Told], monkeypatch: Any
) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Grades, and gives the exit code and the JSON."""

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)
        told = command("grade", "--dsn", dirty.dsn, "--json", "--progress", "none", *words)
        assert told.code in (0, 1), told.err
        return told.code, json.loads(told.out)

    return run


def outcomes(found: dict[str, Any], kind: str) -> dict[str, int]:
    return found["kinds"][kind]["outcomes"]


def unprovoked(found: dict[str, Any]) -> dict[str, int]:
    """What became of rows and values that no kind has struck."""
    counts: dict[str, int] = {}
    for table in found["tables"].values():
        for outcome, many in table["unprovoked"]["outcomes"].items():
            counts[outcome] = counts.get(outcome, 0) + many
    return counts


def test_who_does_nothing_has_repaired_nothing_and_broken_nothing(graded):
    code, found = graded("--cleaned", "bronze")
    assert code == 0
    assert found["all"]["recall"] == 0
    assert found["all"]["precision"] is None
    assert unprovoked(found) == {}
    assert set(found["tables"]) == set(TABLES)
    for kind, told in found["kinds"].items():
        assert told["f1"] in ((1, None) if kind in LATE else (0, None)), kind
    assert {"merged"} <= outcomes(found, "late").keys() <= {"merged", "absent"}
    assert outcomes(found, "lost_row").keys() == {"absent"}


def test_the_restored_tables_are_perfect(graded, dirty, command, monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)
    told = command(
        "answers", "--dsn", dirty.dsn, "--apply", "--into", "perfect", "--workers", "1", "--progress", "none"
    )
    assert told.code == 0, told.err
    code, found = graded("--cleaned", "perfect", "--min-f1", "1")
    assert code == 0
    assert found["all"]["f1"] == 1
    assert unprovoked(found) == {}
    assert {kind: told["f1"] for kind, told in found["kinds"].items() if told["f1"] not in (1, None)} == {}
    assert all(table["right"] == table["rows"] - absent(table) for table in found["tables"].values())
    assert outcomes(found, "lost_row").keys() == {"found"}


def absent(table: dict[str, Any]) -> int:
    """Rows that bronze never got, and that are there: nothing is said of what they say."""
    return sum(kind["outcomes"].get("found", 0) for kind in table["kinds"].values())


def test_who_drops_each_row_with_a_null_loses_more_than_is_won(graded, dirty):
    dirty.run("DROP SCHEMA IF EXISTS dropping CASCADE", "CREATE SCHEMA dropping")
    for table in TABLES:
        columns = dirty.rows(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'bronze' AND table_name = %s "
            "AND column_name <> 'user_id'",
            [f"raw_{table}"],
        )
        complete = " AND ".join(f"{name} IS NOT NULL" for (name,) in columns)
        dirty.run(f"CREATE VIEW dropping.{table} AS SELECT DISTINCT * FROM bronze.raw_{table} WHERE {complete}")
    _, found = graded("--cleaned", "dropping")
    _, nothing = graded("--cleaned", "bronze")
    assert unprovoked(found)["lost"] > 0
    assert outcomes(found, "exact_duplicate").get("kept", 0) == 0
    assert 0 < found["all"]["recall"] < 0.5
    assert found["all"]["f1"] < 0.6
    assert sum(each["right"] for each in found["tables"].values()) < sum(
        each["right"] for each in nothing["tables"].values()
    )


def test_a_mapping_names_tables_and_columns_and_leaves_the_others_out(graded, dirty, tmp_path):
    dirty.run(
        "DROP SCHEMA IF EXISTS mapped CASCADE",
        "CREATE SCHEMA mapped",
        "CREATE VIEW mapped.people AS SELECT DISTINCT ON (customer_id) customer_id AS id, trim(first_name) AS given "
        "FROM bronze.raw_customers ORDER BY customer_id, ingestion_timestamp",
    )
    (tmp_path / "orders.sql").write_text(
        "SELECT order_id, raw_data ->> 'paymentMethod' AS method, coalesce(raw_data ->> 'payment_method', "
        "raw_data ->> 'paymentMethod') AS payment FROM bronze.raw_orders -- all of them;\n"
    )
    (tmp_path / "silver.toml").write_text(
        """
        [customers]
        relation = "mapped.people"
        columns = { customer_id = "id", first_name = "given" }

        [orders]
        sql_file = "orders.sql"
        columns = { order_id = "order_id", "raw_data.payment_method" = "payment" }
        """
    )
    _, found = graded("--mapping", str(tmp_path / "silver.toml"))
    assert set(found["tables"]) == {"customers", "orders"}
    assert found["tables"]["customers"]["columns"] == ["customer_id", "first_name"]
    assert found["not_graded"].keys() == set(TABLES) - {"customers", "orders"}
    assert outcomes(found, "exact_duplicate")["removed"] > 0
    assert found["tables"]["orders"]["kinds"]["key_renamed"]["recall"] == 1


def test_too_low_an_f1_ends_with_1_and_fails_its_case_alone(graded, tmp_path):
    file = tmp_path / "grade.xml"
    page = tmp_path / "grade.html"
    words = ("--min-f1", "late=0.9", "--min-f1", "exact_duplicate=0.5", "--junit", str(file), "--page", str(page))
    code, found = graded("--cleaned", "bronze", *words)
    assert code == 1
    assert found["failures"] == ["F1 of exact_duplicate is 0.000, below 0.5"]
    cases = {case.get("name"): case for case in ET.parse(file).iter("testcase")}
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failed == {f"exact_duplicate in {table}" for table in TABLES if f"exact_duplicate in {table}" in cases}
    assert "late in orders" in cases
    assert "exact_duplicate" in page.read_text()
    assert "<script" not in page.read_text()
    assert graded("--cleaned", "bronze", "--min-f1", "late=0.9")[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "nothing says where the cleaned tables are"),
        (["--cleaned", "bronze", "--mapping", "x"], "contradict each other"),
        (["--cleaned", "nowhere"], "cleaned='nowhere' has no table that is called as one of ours"),
        (["--mapping", "none.toml"], "mapping='none.toml' cannot be read"),
        (["--sql", "customers"], "names no file"),
        (["--sql", "people=x.sql"], "sql='people' is no table of the run"),
        (["--cleaned", "bronze", "--min-f1", "duplicate=0.5"], "names nothing that is graded"),
        (["--cleaned", "bronze", "--min-f1", "orders=1.5"], "min-f1='orders=1.5' is no F1"),
    ],
)
def test_what_cannot_be_graded_is_refused_before_anything_is_read(dirty, command, monkeypatch, words, told):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)
    found = command("grade", "--dsn", dirty.dsn, "--progress", "none", *words)
    assert found.code == 2
    assert told in " ".join(found.err.split())


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ('[orders]\nrelation = "bronze.nothing"', "which is to be orders, cannot be read"),
        ('[orders]\nrelation = "bronze.raw_customers"', "has no column for order_id, the key of orders"),
        ('[orders]\nsql = "SELEC 1"', "which is to be orders, cannot be read"),
        ('[orders]\nsql = "SELECT 1 AS order_id"\nrelation = "x"', "has to say one of relation, sql and sql_file"),
        (
            '[orders]\nrelation = "bronze.raw_orders"\ncolumns = { order_id = "id" }',
            "has no column 'id', which is to be order_id of orders",
        ),
        (
            '[orders]\nrelation = "bronze.raw_orders"\ncolumns = { order_id = "order_id", raw_data = "raw_data" }',
            "is to have 'raw_data', which orders has not, or which is not graded",
        ),
        ("orders = 1", "write [orders]"),
        ('[orders]\nview = "x"', "is nothing that it can say"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_told_by_its_place(dirty, command, monkeypatch, tmp_path, section, told):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)
    (tmp_path / "silver.toml").write_text(section)
    found = command("grade", "--dsn", dirty.dsn, "--progress", "none", "--mapping", str(tmp_path / "silver.toml"))
    assert found.code == 2, found.out
    assert told in " ".join(found.err.split())


def test_without_the_secret_nothing_is_graded(dirty, command, monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", "another")
    found = command("grade", "--dsn", dirty.dsn, "--cleaned", "bronze", "--progress", "none")
    assert found.code == 2
    assert "the key of the dirt is another one than that of the load" in found.err


def test_a_clean_load_has_nothing_to_grade(database, command):
    shardgen.load(database.dsn, **{**WORLD, "dirt": "none", "tables": "customers"})
    found = command("grade", "--dsn", database.dsn, "--cleaned", "bronze", "--progress", "none")
    assert found.code == 2
    assert "was loaded without dirt" in found.err


@pytest.mark.usefixtures("silver")
def test_the_medallion_project_repairs_nearly_all_that_can_be_and_breaks_nearly_nothing(graded):
    code, found = graded("--cleaned", "silver", "--min-f1", "0.95")
    assert code == 0, found["failures"]
    assert found["all"]["f1"] >= 0.95
    assert all(found["tables"][table]["f1"] >= 0.95 for table in ("inventory", "clickstream"))  # the others are small
    assert sum(unprovoked(found).values()) <= 0.001 * sum(table["rows"] for table in found["tables"].values())


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["light", "realistic", "hostile"])
@pytest.mark.parametrize("seed", [7, 2**40])
def test_the_medallion_project_does_so_on_secrets_and_seeds_that_it_never_saw(
    database, command, monkeypatch, preset, seed
):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", secrets.token_hex(8))
    shardgen.load(database.dsn, **{**WORLD, "days": 20, "dirt": preset, "seed": seed})
    refined(database)
    told = command("grade", "--dsn", database.dsn, "--cleaned", "silver", "--min-f1", "0.95", "--progress", "none")
    assert told.code == 0, told.out


def test_people_are_merged_by_pairs_and_whole_persons(graded, dirty, tmp_path):
    dirty.run(
        "DROP SCHEMA IF EXISTS people CASCADE",
        "CREATE SCHEMA people",
        "CREATE TABLE people.who AS SELECT DISTINCT customer_id AS id, registration_date::text AS person "
        "FROM bronze.raw_customers",
    )
    mapping = """
        [customers]
        relation = "bronze.raw_customers"

        [people]
        relation = "people.who"
        id = "id"
        person = "person"
        """
    (tmp_path / "who.toml").write_text(mapping)
    _, found = graded("--mapping", str(tmp_path / "who.toml"))
    doubles = found["tables"]["customers"]["kinds"]["same_person"]["outcomes"]["kept"]
    assert found["people"]["pairs"]["true_positives"] == doubles > 0
    assert found["people"]["pairs"]["recall"] == 1
    (tmp_path / "who.toml").write_text(mapping.replace('person = "person"', 'person = "id"'))
    assert graded("--mapping", str(tmp_path / "who.toml"))[1]["people"]["pairs"]["recall"] == 0
