"""shardgen verify on a small real load: it passes, and every level sees the damage that it is there to see."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import shardgen
from shardgen.cli import entry
from shardgen.errors import TargetError, VerificationError
from shardgen.loading.engines.threads import Threads
from shardgen.stores.postgres.readers import reader
from shardgen.tables import dataset
from shardgen.tables.statements import read
from shardgen.verification import digests
from shardgen.verification.outcome import Check, Verification
from tests.conftest import Database, copy_of, fresh_database
from tests.worlds import HERE, TABLES

ROOT = Path(__file__).parents[2]
WORLD = ("--days", "10", "--end", "2026-01-01", "--customers", "120", "--products", "60")
LAWS = read(dataset().laws)
OF_LATEST = [law.name for law in LAWS if not law.versions]
QUIET = ("--progress", "none", "--engine", "threads")
VOLUME = ("--orders-per-day", "40", "--sessions-per-day", "60", "--events-per-session", "6")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def program(*arguments: str) -> Done:
    """One run of the command line."""
    ours = ("SHARDGEN_", "PG", "POSTGRES_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = [sys.executable, "-m", "shardgen", *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**clean, "COLUMNS": "160"}, cwd=ROOT, timeout=90
    )
    return Done(code=done.returncode, out=done.stdout, err=done.stderr)


def load(database: Database, *arguments: str) -> None:
    """In this process."""
    with pytest.raises(SystemExit) as ended:
        entry.main(["load", f"--dsn={database.dsn}", *QUIET, *WORLD, *VOLUME, *arguments])
    assert not ended.value.code


def verify(database: Database, **asked: Any) -> Verification:
    return shardgen.verify(database.dsn, **{**HERE, **asked})


def failed(report: Verification) -> dict[tuple[str, str], Check]:
    assert report.ok == all(check.status != "failed" for check in report.checks)
    return {(check.level, check.name): check for check in report.checks if check.status == "failed"}


@dataclass(frozen=True)
class Template:
    database: Database
    told: dict[str, Any]
    """What ``load --verify --json`` printed."""


@pytest.fixture(scope="module")
def template(server_dsn: str) -> Iterator[Template]:
    with fresh_database(server_dsn) as database:
        done = program("load", "--dsn", database.dsn, "--progress", "none", *WORLD, *VOLUME, "--verify", "--json")
        assert done.code == 0, done
        yield Template(database=database, told=json.loads(done.out))


@pytest.fixture
def loaded(server_dsn: str, template: Template) -> Iterator[Database]:
    """A copy of the load, to be damaged."""
    with copy_of(template.database, server_dsn) as copied:
        yield copied


# What holds


def test_a_load_that_is_verified_at_once_passes_every_level(template):
    assert template.told["ok"]
    told = template.told["verification"]
    assert told["ok"]
    assert told["runs"] == [template.told["run"]]
    assert {check["level"] for check in told["checks"]} == {"counts", "laws", "shape", "digests"}
    held = [check["name"] for check in told["checks"] if check["status"] == "held"]
    assert held == [*TABLES, *OF_LATEST, *TABLES]


def test_shapes_of_too_small_a_load_do_not_apply_and_say_why(loaded):
    report = verify(loaded, level="shape")
    assert report.ok
    assert {(check.status, bool(check.finding)) for check in report.checks} == {("not applicable", True)}
    assert [check.name for check in report.checks] == [shape.name for shape in read(dataset().shapes)]


def test_shapes_are_measured_where_the_ledger_has_enough(loaded):
    known = "'customers', 'products', 'orders', 'reviews'"
    loaded.run(f"UPDATE bronze.shardgen_shards SET rows = 100000 WHERE target IN ({known})")
    every = verify(loaded, level="shape").checks
    checks = [check for check in every if check.name in {"S8", "S9"}]
    assert len(checks) == 6
    [s1] = [check for check in every if check.name == "S1"]
    assert s1.finding == "its bands are for about 5.47 orders per customer, not for 122"
    taste, *fits = (check for check in every if check.name == "B2")
    assert (
        taste.finding
        == "its bands are for about 0.912 to 5.47 orders per customer of a dense or sparse shop, not for 122"
    )
    assert len(fits) == 6
    assert all(check.figures for check in fits)
    for check in checks:
        assert check.figures.keys() == {"value", "low", "high"}
        assert (check.status == "not applicable") == (check.figures["value"] is None)


def test_content_built_anew_is_the_same(loaded):
    report = verify(loaded, level="digests", regenerate=True, engine="processes")
    assert report.ok
    assert report.regenerated
    for check in report.checks:
        for shard in check.figures["shards"]:
            assert shard["regenerated"] == shard["found"] == shard["ledger"]


def test_any_engine_serves_a_verification_and_nothing_of_it_stays(loaded, monkeypatch):
    monkeypatch.setattr(digests, "default_engine", Threads)
    before = set(threading.enumerate())
    report = shardgen.verify(loaded.dsn, progress="none", workers=2, level="digests", regenerate=True)
    assert failed(report) == {}
    assert (digests._connections, set(threading.enumerate()) - before) == ({}, set())


def test_a_restored_dump_and_rows_that_were_rewritten_are_as_good_as_new(loaded):
    loaded.run(
        "UPDATE bronze.raw_orders SET status = status",
        "UPDATE bronze.raw_reviews SET rating = rating WHERE rating = 5",
        "CREATE TABLE bronze.other (LIKE bronze.raw_customers INCLUDING ALL)",
        "INSERT INTO bronze.other SELECT * FROM bronze.raw_customers ORDER BY email",
        "DROP TABLE bronze.raw_customers",
        "ALTER TABLE bronze.other RENAME TO raw_customers",
    )
    assert failed(verify(loaded, level="counts")) == {}
    assert failed(verify(loaded, level="digests")) == {}


def test_tables_of_somebody_else_are_compared_by_time_and_number(database):
    database.run(
        "CREATE SCHEMA bronze",
        """CREATE TABLE bronze.raw_orders (raw_data jsonb, order_id text, customer_id text, order_date timestamp,
            status text, shipping_address jsonb, total_amount numeric(15,2), source_system text,
            ingestion_timestamp timestamp)""",
    )
    load(database, "--tables", "orders,reviews")
    assert failed(verify(database, level="counts")) == failed(verify(database, level="digests", regenerate=True)) == {}
    database.run("UPDATE bronze.raw_orders SET status = 'lost' WHERE order_id = 'ORD0000000007'")
    [check] = failed(verify(database, level="digests")).values()
    assert "row ORD0000000007: status is 'lost', planned" in check.samples[1]


# What does not


def test_rows_of_tables_that_inherit_from_ours_are_no_rows_of_ours(loaded):
    for name in (spec.name for spec in dataset().tables if not spec.table.partitioned):
        loaded.run(
            f"CREATE TABLE public.heir_of_{name} () INHERITS (bronze.raw_{name})",
            f"INSERT INTO public.heir_of_{name} SELECT * FROM ONLY bronze.raw_{name}",
        )
    report = verify(loaded)
    assert failed(report) == {}
    assert {check.name for check in report.checks if check.level == "laws" and check.status == "held"} == {*OF_LATEST}


def test_a_row_that_is_gone_is_counted_and_named(loaded):
    loaded.run("DELETE FROM bronze.raw_sessions WHERE session_id = 'SESS000000000003'")
    found = failed(verify(loaded, tables="sessions"))
    count = found["counts", "sessions"]
    assert count.finding == "planned 600, ledger 600, counted 599"
    assert "table=sessions: shard=sessions/000000000000 holds 599 rows, ledger=600" in count.samples
    assert found["digests", "sessions"].samples == (
        "shard=sessions/000000000000: 0 rows changed, 1 missing, 0 not planned",
        "shard=sessions/000000000000: row SESS000000000003 is missing",
    )
    assert {("laws", "L1"), ("laws", "L2")} <= found.keys()


@pytest.mark.parametrize(
    ("table", "damage", "sentence"),
    [
        ("orders", "DELETE FROM {} WHERE order_id = 'ORD0000000001'", "leaf=raw_orders_2025_12 holds"),
        ("clickstream", "DELETE FROM {} WHERE event_id = 1", "leaf=raw_clickstream_2025_12_22 holds"),
        ("products", "UPDATE {} SET product_id = 'PROD00000999' WHERE sku = (SELECT min(sku) FROM {})", "to no shard"),
        ("reviews", "UPDATE {} SET review_id = 'x' WHERE review_id = (SELECT min(review_id) FROM {})", "to no shard"),
    ],
)
def test_counts_tell_the_shard(table, damage, sentence, loaded):
    loaded.run(damage.replace("{}", f"bronze.raw_{table}"))
    [check] = failed(verify(loaded, level="counts")).values()
    assert check.name == table
    assert any(sentence in sample for sample in check.samples)


def test_one_byte_of_one_review_is_found_and_the_row_named(loaded):
    review = loaded.value("SELECT review_id FROM bronze.raw_reviews ORDER BY review_id OFFSET 20 LIMIT 1")
    loaded.run(
        "UPDATE bronze.raw_reviews SET review_text = overlay(review_text PLACING '#' FROM 9 FOR 1) "
        f"WHERE review_id = '{review}'"
    )
    assert failed(verify(loaded, level="counts")) == {}
    [check] = failed(verify(loaded, level="digests")).values()
    summary, row = check.samples
    assert summary == "shard=reviews/000000000000: 1 row changed, 0 missing, 0 not planned"
    assert row.startswith(f"shard=reviews/000000000000: row {review}: review_text is '")
    assert "#" in row


@pytest.mark.parametrize(
    ("table", "damage", "row", "column"),
    [
        (
            "customers",
            "SET gender = NULL WHERE customer_id = 'CUST00000007'",
            "CUST00000007",
            "gender is null, planned '",
        ),
        ("products", "SET price = price + 0.01 WHERE product_id = 'PROD00000002'", "PROD00000002", "price is "),
        (
            "orders",
            "SET order_date = order_date + interval '1 us' WHERE order_id = 'ORD0000000100'",
            "ORD0000000100",
            "o",
        ),
        ("inventory", "SET quantity = 9999 WHERE inventory_id = 1", "1", "quantity is 9999, planned"),
        ("sessions", "SET is_mobile = NOT is_mobile WHERE session_id = 'SESS000000000100'", "SESS000000000100", "is_m"),
        ("clickstream", "SET raw_data = raw_data || '{\"x\": 1}' WHERE event_id = 65", "65", "raw_data is '{"),
    ],
)
def test_a_changed_value_of_any_table_is_named(table, damage, row, column, loaded):
    if table == "inventory":
        row = str(loaded.value("SELECT max(inventory_id) FROM bronze.raw_inventory"))
        damage = damage.replace("= 1", f"= {row}")
    loaded.run(f"UPDATE bronze.raw_{table} {damage}")
    [check] = failed(verify(loaded, level="digests")).values()
    assert check.name == table
    assert f"row {row}: {column}" in check.samples[1]


def test_a_ledger_that_was_made_to_fit_is_seen_through_by_building_anew(loaded):
    loaded.run("UPDATE bronze.raw_reviews SET rating = 6 - rating WHERE rating = 5")
    [check] = failed(verify(loaded, level="digests")).values()
    loaded.run(
        f"UPDATE bronze.shardgen_shards SET digest = '{check.figures['shards'][0]['found']}' WHERE target = 'reviews'"
    )
    assert failed(verify(loaded, level="digests")) == {}
    [check] = failed(verify(loaded, level="digests", regenerate=True)).values()
    assert "rating is 1, planned 5" in check.samples[1]


def test_swapped_totals_break_a_law(loaded):
    loaded.run(
        """UPDATE bronze.raw_orders AS o SET total_amount = p.total_amount FROM bronze.raw_orders AS p
        WHERE (o.order_id, p.order_id) IN (('ORD0000000001', 'ORD0000000002'), ('ORD0000000002', 'ORD0000000001'))"""
    )
    found = failed(verify(loaded, level="laws"))
    assert found.keys() == {("laws", "L10"), ("laws", "L20")}
    check = found["laws", "L10"]
    assert (check.offenders, check.finding) == (2, "2 offenders")
    assert check.samples[0].startswith("order total is not subtotal - discount + shipping + tax: ORD000000000")


def test_a_law_that_stumbles_over_a_damaged_value_is_broken(loaded):
    loaded.run(
        """UPDATE bronze.raw_orders SET raw_data = raw_data || '{"shipped_at": "soon"}'
        WHERE order_id = 'ORD0000000001'"""
    )
    check = failed(verify(loaded, level="laws", tables="orders"))["laws", "L7"]
    assert check.finding.startswith('a value is not what it should be: invalid input syntax for type timestamp: "soon"')


def test_many_offenders_are_counted_and_three_of_them_shown(loaded):
    loaded.run("UPDATE bronze.raw_inventory SET quantity = -1")
    check = failed(verify(loaded, level="laws", tables="inventory"))["laws", "L16"]
    assert check.offenders == loaded.value("SELECT count(*) FROM bronze.raw_inventory")
    assert len(check.samples) == 3


# What does not apply


def test_laws_of_tables_that_were_not_loaded_do_not_apply(database):
    load(database, "--tables", "orders,inventory,products")
    report = verify(database, level="all")
    assert report.ok
    laws = {check.name: check for check in report.checks if check.level == "laws"}
    assert laws.keys() == {law.name for law in LAWS}
    assert {name for name, check in laws.items() if check.status == "held"} == {"L3", "L16", "L17"}
    assert laws["L18"].finding == "table reviews was not loaded"
    database.run("UPDATE bronze.shardgen_runs SET state = 'failed'")
    with pytest.raises(
        VerificationError, match="no table of a finished run: customers was not loaded; products belongs"
    ):
        verify(database)


@pytest.mark.parametrize(("mode", "held"), [("none", {"L5", "L14", "L15", "L16", "L18"}), ("lean", None)])
def test_laws_on_raw_data_apply_where_there_is_any(mode, held, database):
    load(database, "--raw-data", mode)
    report = verify(database, level="all")
    assert failed(report) == {}
    laws = [check for check in report.checks if check.level == "laws"]
    assert {check.name for check in laws if check.status == "held"} == (held or {*OF_LATEST})
    assert {check.finding for check in laws if check.status != "held" and check.name == "L17"} <= {
        "table orders was loaded without raw_data"
    }


def test_only_the_tables_and_the_run_that_are_asked_for_are_looked_at(database):
    load(database, "--tables", "orders")
    load(database, "--tables", "inventory")
    report = verify(database, level="counts")
    assert (report.runs, [check.name for check in report.checks]) == ((1, 2), ["orders", "inventory"])
    assert [check.name for check in verify(database, level="digests", tables=["orders"]).checks] == ["orders"]
    assert {check.name for check in verify(database, level="laws", tables="orders").checks} >= {"L3", "L17"}
    assert "L16" not in {check.name for check in verify(database, level="laws", tables="orders").checks}
    of_two = verify(database, run=2, level="all")
    assert of_two.runs == (2,)
    [l3] = [check for check in of_two.checks if check.name == "L3"]
    assert (l3.status, l3.finding) == ("not applicable", "table orders belongs to run=1")
    with pytest.raises(VerificationError, match="table=reviews was not loaded: choose from orders, inventory"):
        verify(database, tables="reviews")
    with pytest.raises(VerificationError, match="run=3 is not in schema='bronze': choose from 1, 2"):
        verify(database, run=3)


# Reading only


def test_a_role_that_may_only_read_can_verify(loaded):
    role = f"reader_{uuid.uuid4().hex}"
    loaded.run(
        f"CREATE ROLE {role}", f"GRANT USAGE ON SCHEMA bronze TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA bronze TO {role}",
    )  # fmt: skip
    try:
        report = shardgen.verify(make_conninfo(loaded.dsn, options=f"-c role={role}"), **HERE, regenerate=True)
        assert failed(report) == {}
    finally:
        loaded.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_session_that_verifies_cannot_write(loaded):
    with reader(loaded.dsn, "bronze") as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("DELETE FROM raw_orders")


# The command line


def test_the_report_as_json_and_as_a_table(loaded):
    done = program("verify", "--dsn", loaded.dsn, "--level", "counts", "--json", "--progress", "plain")
    assert done.code == 0
    report = json.loads(done.out)
    assert report.keys() == {
        "target", "schema", "runs", "levels", "ok", "regenerated", "checks", "seconds"
    }  # fmt: skip
    assert {frozenset(check) for check in report["checks"]} == {
        frozenset(("level", "name", "about", "status", "finding", "samples", "offenders", "seconds", "figures"))
    }
    assert report["checks"][0]["figures"]["shards"] == [
        {"shard": "customers/000000000000", "planned": 120, "exact": True, "ledger": 120, "counted": 120}
    ]
    assert "7 checks" in done.err
    loaded.run("DELETE FROM bronze.raw_customers WHERE customer_id = 'CUST00000001'")
    done = program("verify", "--dsn", loaded.dsn, "--level", "counts", "--progress", "plain")
    assert done.code == 1
    assert "FAILED  customers" in done.out
    assert "6 held, 1 failed" in done.out
    assert "count raw_customers failed" in done.err


def _another_version(database: Database) -> None:
    database.run("UPDATE bronze.shardgen_runs SET fingerprint = 'x', versions = versions || '{\"faker\": \"1.0\"}'")


def _unfinished(database: Database) -> None:
    database.run("UPDATE bronze.shardgen_runs SET state = 'interrupted'")


@pytest.mark.parametrize(
    ("prepare", "arguments", "text"),
    [
        (None, ("--schema", "silver"), "schema='silver' holds no ledger"),
        (None, ("--level", "law"), "level='law' is unknown: choose from counts, laws, shape, digests, all"),
        (None, ("--table", "order"), "tables='order' is unknown"),
        (None, ("--dsn", "host=127.0.0.1 port=1 connect_timeout=2"), "cannot connect"),
        (_unfinished, (), "belongs to run=1, which is interrupted"),
        (_another_version, ("--level", "digests"), r"another data version or vocabulary (faker 1.0 is now "),
    ],
)
def test_what_cannot_be_verified_exits_2(
    prepare: Callable[[Database], None] | None, arguments: tuple[str, ...], text: str, loaded, command
):
    if prepare:
        prepare(loaded)
    done = command("verify", "--dsn", loaded.dsn, "--progress", "none", *arguments)
    assert (done.code, done.out) == (2, "")
    assert text in done.err


def test_laws_do_not_need_the_version_that_loaded(loaded):
    _another_version(loaded)
    assert verify(loaded, level="laws", tables="reviews").ok
    with pytest.raises(VerificationError, match="verify level='laws' and level='shape' only"):
        verify(loaded)


def test_an_embedded_server_that_does_not_run_exits_2(tmp_path):
    done = program("verify", "--data-dir", str(tmp_path / "home"))
    assert (done.code, done.out) == (2, "")


def test_a_server_that_cannot_be_reached_is_a_target_error():
    with pytest.raises(TargetError, match="cannot connect"):
        shardgen.verify("host=127.0.0.1 port=1 connect_timeout=2", progress="none")
