"""A run lives where its ledger lies: schemas that were renamed, dumped and restored, or copied with their database."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

import shardgen
from shardgen.embedded import server
from shardgen.errors import TargetError
from shardgen.events import StepStarted
from shardgen.page.measure import measure
from shardgen.stores import resuming
from shardgen.stores.postgres import ledger, objects, reset, survey
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.postgres import connect
from shardgen.stores.postgres.reader import PostgresReader
from shardgen.stores.postgres.status import status
from shardgen.tables.recipe import Recipe
from shardgen.tables.wanted import plan_config
from shardgen.verification.outcome import Verification
from tests import fakes
from tests.conftest import Database, copy_of, fresh_database
from tests.loading.test_load import killed_at
from tests.verification.test_verify import failed
from tests.worlds import HERE

TABLES = ("customers", "orders", "reviews")
VOLUMES: dict[str, Any] = {"customers": 40, "products": 20, "orders_per_day": 3, "sessions_per_day": 5, "days": 40}
NEW = 'Old "blue"'
"""A name that has to be quoted."""


def load(database: Database, schema: str, *, tables=TABLES, show=None, **how: Any):
    plan = plan_config(today=date(2026, 1, 1), schema=schema, tables=tables, **VOLUMES)
    return fakes.load(database.dsn, plan, show=show or (lambda _: None), machinery=fakes.real(), **how)


def resume(database: Database, schema: str):
    """By a user who names the schema, as it must be named where it is not the usual one."""
    return fakes.resume(database.dsn, schema=schema, given={"schema": schema}, machinery=fakes.real())


def verify(database: Database, schema: str, **asked: Any) -> Verification:
    return shardgen.verify(database.dsn, schema=schema, **HERE, **asked)


@pytest.fixture(scope="module")
def finished(server_dsn: str) -> Iterator[Database]:
    with fresh_database(server_dsn) as database:
        load(database, "bronze")
        yield database


@pytest.fixture(scope="module")
def unfinished(server_dsn: str) -> Iterator[Database]:
    """All of it is loaded but one shard of each table, and nothing is indexed."""
    with fresh_database(server_dsn) as database:
        with pytest.raises(RuntimeError):
            load(database, "bronze", show=killed_at(StepStarted))
        database.run(
            "DELETE FROM bronze.raw_orders WHERE order_date >= '2025-12-01'",
            "ALTER TABLE bronze.raw_orders DETACH PARTITION bronze.raw_orders_2025_12",
            "DROP TABLE bronze.raw_orders_2025_12",
            "TRUNCATE bronze.raw_reviews",
            "DELETE FROM bronze.shardgen_shards WHERE shard = 'orders/2025-12' OR target = 'reviews'",
        )
        yield database


# Ways in which a run comes to lie elsewhere: each takes a database that holds it as bronze, and tells where it is then


def renamed(database: Database, _: Database) -> tuple[Database, str]:
    database.run(f"ALTER SCHEMA bronze RENAME TO {quoted(NEW)}")
    return database, NEW


def renamed_and_another_loaded_in_its_place(database: Database, other: Database) -> tuple[Database, str]:
    renamed(database, other)
    load(database, "bronze", tables=("customers",))
    return database, NEW


def renamed_dumped_and_restored(database: Database, other: Database) -> tuple[Database, str]:
    renamed(database, other)
    restore(database, dumped(database, "--schema", quoted(NEW)), drop=NEW)
    return database, NEW


def restored_in_another_database(database: Database, other: Database) -> tuple[Database, str]:
    other.run("CREATE TABLE public.before (a serial PRIMARY KEY)")  # so that no OID is the same by chance
    restore(other, dumped(database, "--schema", "bronze"))
    return other, "bronze"


def copied_with_its_database(database: Database, _: Database) -> tuple[Database, str]:
    return database, "bronze"  # as the fixtures give it, who copy it from where it was loaded


MOVES = (
    renamed,
    renamed_and_another_loaded_in_its_place,
    renamed_dumped_and_restored,
    restored_in_another_database,
    copied_with_its_database,
)
OTHERS = (renamed_dumped_and_restored, copied_with_its_database)
"""Tried with the slow tests: each is like one of those that are left, or two of them together."""
EACH = [pytest.param(move, marks=pytest.mark.slow if move in OTHERS else ()) for move in MOVES]
RESTORED = [each for each in EACH if each.values[0] in (renamed_dumped_and_restored, restored_in_another_database)]
Move = Callable[[Database, Database], tuple[Database, str]]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def dumped(database: Database, *options: str) -> bytes:
    command = [str(server.binary("pg_dump")), "--no-owner", *options, database.dsn]
    return subprocess.run(command, check=True, capture_output=True, env={"PATH": os.environ["PATH"]}).stdout


def restore(database: Database, dump: bytes, *, drop: str = "") -> None:
    if drop:
        database.run(f"DROP SCHEMA {quoted(drop)} CASCADE")
    command = [str(server.binary("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", database.dsn]
    subprocess.run(command, input=dump, check=True, capture_output=True, env={"PATH": os.environ["PATH"]})


@pytest.fixture
def moved(server_dsn: str) -> Iterator[Callable[[Database, Move], tuple[Database, str]]]:
    """Copies a database and moves the run in the copy."""
    with contextlib.ExitStack() as stack:

        def make(source: Database, move: Move) -> tuple[Database, str]:
            copied = stack.enter_context(copy_of(source, server_dsn))
            return move(copied, stack.enter_context(fresh_database(server_dsn)))

        yield make


@pytest.mark.parametrize("move", EACH)
def test_a_run_that_lies_elsewhere_is_proved_by_its_own_rows(move, moved, finished):
    database, schema = moved(finished, move)
    assert failed(verify(database, schema, regenerate=True)) == {}
    database.run(
        f"UPDATE {quoted(schema)}.raw_customers SET phone = 'x' WHERE customer_id = 'CUST00000007'",
        f"DELETE FROM {quoted(schema)}.raw_orders WHERE order_id = 'ORD0000000004'",
    )
    found = failed(verify(database, schema))
    assert {("counts", "orders"), ("digests", "customers"), ("digests", "orders")} <= found.keys()
    assert "row CUST00000007: phone is 'x', planned" in found["digests", "customers"].samples[1]
    assert found["digests", "orders"].samples[1].endswith("row ORD0000000004 is missing")


@pytest.mark.parametrize("move", EACH)
def test_a_run_that_lies_elsewhere_is_told_and_measured_by_where_it_is(move, moved, finished):
    database, schema = moved(finished, move)
    [run] = status(database.dsn, schema)
    assert (run.state, run.plan["schema"], run.options["schema"]) == ("finished", schema, schema)
    assert {table.rows for table in run.tables} == {row[0] for row in counts(finished, "bronze")}
    found = measure(PostgresReader(database.dsn, schema, workers=1, purpose="report"), lambda _: None)
    assert found.first("volumes")["rows"] > 0
    assert found.facts.runs[0]["plan"]["schema"] == schema


@pytest.mark.parametrize("move", EACH)
def test_an_unfinished_run_that_lies_elsewhere_is_taken_up_and_becomes_what_it_should_be(move, moved, unfinished):
    database, schema = moved(unfinished, move)
    assert resume(database, schema).ok
    assert failed(verify(database, schema)) == {}
    assert objects.apply_schema(database.dsn, schema, TABLES, "keys") == [], "a key or an index is missing"
    elsewhere = "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('bronze')"
    if move is not renamed_and_another_loaded_in_its_place and schema != "bronze":
        assert database.value(elsewhere) == 0


@pytest.mark.parametrize("move", EACH)
def test_a_run_that_lies_elsewhere_can_be_added_to_replaced_and_taken_back(move, moved, finished):
    database, schema = moved(finished, move)
    with pytest.raises(TargetError, match="each holds rows of the finished run=1: use --if-exists append"):
        load(database, schema)
    report = load(database, schema, if_exists="append", on_conflict="skip")
    assert {table.table: table.others for table in report.tables} == dict(
        zip(TABLES, (row[0] for row in counts(finished, "bronze")), strict=True)
    )
    assert load(database, schema, if_exists="replace", yes=True).ok
    assert counts(database, schema) == counts(finished, "bronze")
    with Control(database.dsn, schema) as control:
        found = survey.survey(control.connection, schema, None, every=True, plans=survey.plans(Recipe()))
        reset.carry_out(control.connection, schema, found, survey.plans(Recipe()), lambda _: None)
    assert database.value("SELECT to_regnamespace(%s) IS NULL", [quoted(schema)])
    assert database.value("SELECT to_regnamespace('bronze') IS NULL") == (
        move is not renamed_and_another_loaded_in_its_place
    )


@pytest.mark.parametrize("move", EACH)
def test_a_run_that_lies_elsewhere_is_taken_back_whole(move, moved, finished):
    database, schema = moved(finished, move)
    with Control(database.dsn, schema) as control:
        found = survey.survey(control.connection, schema, None, every=False, plans=survey.plans(Recipe()))
        reset.carry_out(control.connection, schema, found, survey.plans(Recipe()), lambda _: None)
    assert database.value("SELECT to_regnamespace(%s) IS NULL", [quoted(schema)])


def counts(database: Database, schema: str) -> list[tuple]:
    query = "SELECT count(*) FROM {}.raw_{}"
    return [database.rows(query.format(quoted(schema), name))[0] for name in TABLES]


# What an OID still tells


@pytest.mark.parametrize("move", RESTORED)
def test_of_a_restored_run_what_happens_afterwards_is_noticed_as_before(move, moved, unfinished):
    database, schema = moved(unfinished, move)
    with pytest.raises(RuntimeError):
        fakes.resume(database.dsn, schema=schema, show=killed_at(StepStarted), machinery=fakes.real())
    made_anew(database, schema)
    with pytest.raises(TargetError, match="raw_customers was dropped and recreated or restored: start it over"):
        resume(database, schema)


@pytest.mark.parametrize("move", RESTORED)
def test_a_table_that_was_restored_without_all_of_its_rows_is_not_taken_for_the_one_that_was_loaded(
    move, moved, unfinished
):
    database, schema = moved(unfinished, move)
    database.run(f"DELETE FROM {quoted(schema)}.raw_customers WHERE customer_id = 'CUST00000007'")
    with pytest.raises(TargetError, match="raw_customers was restored without all of the rows=40 that the ledger has"):
        resume(database, schema)
    with connect(database.dsn, application_name="test") as connection:
        found = survey.survey(connection, schema, None, every=False, plans=survey.plans(Recipe()))
    assert {each.claim.target: each.how for each in found.removals} == {
        "customers": survey.How.FORGET, "orders": survey.How.DROP, "reviews": survey.How.DROP,
    }  # fmt: skip


@pytest.mark.parametrize("move", [renamed, copied_with_its_database])
def test_a_table_alone_that_was_made_anew_is_refused_wherever_the_run_lies(move, moved, unfinished):
    database, schema = moved(unfinished, move)
    made_anew(database, schema)
    with pytest.raises(TargetError, match="raw_customers was dropped and recreated or restored: start it over"):
        resume(database, schema)


def made_anew(database: Database, schema: str) -> None:
    """The customers as somebody else's table, with all their rows."""
    database.run(
        f"CREATE TABLE {quoted(schema)}.copy AS TABLE {quoted(schema)}.raw_customers",
        f"DROP TABLE {quoted(schema)}.raw_customers",
        f"ALTER TABLE {quoted(schema)}.copy RENAME TO raw_customers",
    )


# Ledgers of before


def test_the_name_of_the_schema_when_a_run_began_is_in_its_fingerprint_and_stands_in_nobodys_way(moved, unfinished):
    """The released formula, written out: a ledger that it made is taken up under any name."""
    database, schema = moved(unfinished, renamed)
    ours = Recipe()
    with connect(database.dsn, application_name="test") as connection:
        [run] = ledger.runs(connection, schema)
    plan = ours.build_plan(plan_config(today=date(2026, 1, 1), schema="bronze", tables=TABLES, **VOLUMES))
    assert (run.started_in, run.plan["schema"]) == ("bronze", schema)
    assert run.plan_fingerprint == ours.plan(plan)
    database.run(f"ALTER TABLE {quoted(schema)}.shardgen_targets DROP COLUMN ledger")
    assert resume(database, schema).ok
    assert resuming.difference(run, plan, ours) == ""
