"""Values that the server can hold and Python, JSON or a picture cannot: their rows are named, or the reason is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import psycopg
import pytest

import shardgen
from shardgen.page.measure import measure
from shardgen.stores.postgres.reader import PostgresReader
from shardgen.stores.postgres.status import status
from shardgen.tables import dataset
from shardgen.tables.wanted import plan_config
from shardgen.verification import values
from tests import fakes
from tests.conftest import Database, fresh_database
from tests.stores.test_moved import copy_of
from tests.verification.test_verify import failed, program
from tests.worlds import HERE

SEEN = {
    "timestamp": (
        "infinity",
        "-infinity",
        "20000-02-29 10:00:00.5",
        "294276-12-31 23:59:59.999999",
        "9999-12-31 23:59:59.999999",
        "0001-01-01 00:00:00",
        "0001-12-31 00:00:00 BC",
        "4713-01-01 00:00:00 BC",
        "2000-01-01 00:00:00",
        "1999-12-31 23:59:59",
    ),
    "date": ("infinity", "-infinity", "5874897-12-31", "0044-03-15 BC", "2024-02-29", "1600-03-01"),
    "numeric": ("NaN", "Infinity", "-Infinity", "12.50", "-0.01"),
    "integer": ("2147483647", "-2147483648", "0"),
    "bigint": ("9223372036854775807", "-9223372036854775808"),
}


@pytest.mark.parametrize("declared", SEEN)
def test_what_the_server_can_hold_is_shown_as_the_server_shows_it(declared, server_dsn):
    with psycopg.connect(server_dsn) as connection, connection.cursor() as cursor:
        for text in SEEN[declared]:
            with cursor.copy(f"COPY (SELECT '{text}'::{declared}) TO STDOUT (FORMAT binary)") as copy:
                sent = b"".join(bytes(block) for block in copy)
            [as_text] = cursor.execute(f"SELECT '{text}'::{declared}::text").fetchone()
            shown = values.shown(declared, sent[25:-2])
            assert shown == as_text if "." not in text else shown.startswith(as_text)


@pytest.mark.parametrize(
    ("declared", "field", "shown"),
    [
        ("timestamp", bytes(4), "bytes 0x00000000"),
        ("numeric(10,2)", b"\x7f\xff" + bytes(8), "bytes 0x7fff0000000000000000"),
        ("boolean", bytes(2), "bytes 0x0000"),
        ("interval", bytes(16), f"bytes 0x{bytes(16).hex()}"),
        ("bytea", b"\xff" * 100, f"bytes 0x{'ff' * 26}... (208 characters)"),
    ],
)
def test_a_field_of_another_type_than_its_column_had_is_shown_as_bytes(declared, field, shown):
    assert values.shown(declared, field) == shown


@pytest.fixture(scope="module")
def finished(server_dsn: str) -> Iterator[Database]:
    """A load whose checks are gone, so that its tables take anything."""
    volumes = {"customers": 40, "products": 20, "orders_per_day": 3, "sessions_per_day": 5, "days": 40}
    plan = plan_config(today=date(2026, 1, 1), **volumes)
    with fresh_database(server_dsn) as database:
        fakes.load(database.dsn, plan, machinery=fakes.real())
        checks = "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c' AND conislocal"
        found = [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name in database.rows(checks) if table != "-"]
        database.run(*found)
        yield database


@pytest.fixture
def loaded(server_dsn: str, finished: Database) -> Iterator[Database]:
    with copy_of(finished, server_dsn) as copied:
        yield copied


HELD = [
    ("customers", "registration_date", "'infinity'", "infinity"),
    ("customers", "date_of_birth", "'-infinity'", "-infinity"),
    ("sessions", "start_time", "'0044-03-15 BC'", "0044-03-15 00:00:00 BC"),
    ("orders", "ingestion_timestamp", "'20000-01-01'", "20000-01-01 00:00:00"),
    ("orders", "total_amount", "'NaN'", "NaN"),
    ("inventory", "quantity", "2147483647", "2147483647"),
    ("reviews", "review_text", "E'\\x01\\x1b[31m\\uffff'", "'\\x01\\x1b[31m\\uffff'"),
    ("products", "raw_data", f"""jsonb_set(raw_data, '{{price}}', '{"9" * 5000}')""", ""),
    ("orders", "raw_data", "jsonb_set(raw_data, '{items,0,quantity}', '1e400')", ""),
    ("clickstream", "raw_data", "'\"not an object\"'", ""),
]
"""Table, column, what is written into it, and how it is shown."""


@pytest.mark.parametrize(("table", "column", "value", "shown"), HELD)
def test_a_value_that_cannot_be_held_here_fails_the_proof_and_its_row_is_named(table, column, value, shown, loaded):
    key = dataset()[table].table.key[0]
    [(row,)] = loaded.rows(f"SELECT min({key})::text FROM bronze.raw_{table} WHERE {column} IS NOT NULL")
    loaded.run(f"UPDATE bronze.raw_{table} SET {column} = {value} WHERE {key} = '{row}'")
    report = shardgen.verify(loaded.dsn, **HERE)
    check = failed(report)["digests", table]
    assert f"row {row}: {column} is {shown}" in check.samples[1]
    json.dumps(report.to_json(), allow_nan=False)


def test_a_value_that_cannot_be_held_here_is_measured_or_the_reason_is_told(loaded):
    for table, column, value, _ in HELD:
        key = dataset()[table].table.key[0]
        row = f"(SELECT min({key}) FROM bronze.raw_{table} WHERE {column} IS NOT NULL)"
        loaded.run(f"UPDATE bronze.raw_{table} SET {column} = {value} WHERE {key} = {row}")
    found = measure(PostgresReader(loaded.dsn, "bronze", workers=1, purpose="report"), lambda _: None)
    json.dumps(found.to_json(), allow_nan=False)
    missing = {name: answer.missing for name, answer in found.answers.items() if answer.missing}
    assert missing.keys() >= {"sales", "categories"}
    assert all("the tables are not what they should be: " in each for each in missing.values())
    assert [run.state for run in status(loaded.dsn, "bronze")] == ["finished"]


def test_the_program_says_failed_and_exits_1(loaded):
    loaded.run("UPDATE bronze.raw_customers SET date_of_birth = 'infinity' WHERE customer_id = 'CUST00000007'")
    done = program("verify", "--dsn", loaded.dsn, "--level", "digests", "--progress", "none")
    assert (done.code, done.err) == (1, "")
    assert "FAILED  customers" in done.out
    assert "row CUST00000007: date_of_birth is infinity, planned 1" in done.out


@pytest.mark.parametrize(
    "key", ["'CUST99999999999999999999'", "'CUST-1'", "E'CUST\\x1b00000001'", "'CUST00000007 '", "''", "'CUST0000000७'"]
)
def test_an_id_of_another_form_or_out_of_range_fails_the_proof(key, loaded):
    loaded.run(f"UPDATE bronze.raw_customers SET customer_id = {key} WHERE customer_id = 'CUST00000007'")
    found = failed(shardgen.verify(loaded.dsn, **HERE, tables="customers"))
    assert "table=customers: 1 row has keys that belong to no shard" in found["counts", "customers"].samples
    assert any("row CUST00000007 is missing" in each for each in found["digests", "customers"].samples)


@pytest.mark.parametrize("number", ["9223372036854775807", "-9223372036854775808"])
def test_a_number_at_the_end_of_its_range_fails_the_proof(number, loaded):
    first = "(SELECT min(inventory_id) FROM bronze.raw_inventory)"
    loaded.run(f"UPDATE bronze.raw_inventory SET inventory_id = {number} WHERE inventory_id = {first}")
    found = failed(shardgen.verify(loaded.dsn, **HERE, tables="inventory"))
    assert any(f"row {number} is not planned" in each for each in found["digests", "inventory"].samples)
