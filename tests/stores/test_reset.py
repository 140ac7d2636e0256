"""Resets: what goes, what stays, and what a reset that is cut short leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from datetime import date

import psycopg
import pytest

from shardgen.cli import entry
from shardgen.errors import TargetError
from shardgen.model.config import PlanConfig
from shardgen.stores.postgres import ledger, objects, reset, survey
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.postgres import connect
from shardgen.stores.postgres.status import status
from shardgen.tables.recipe import Recipe
from shardgen.tables.wanted import plan_config
from tests import fakes
from tests.conftest import Database
from tests.worlds import TABLES

FEW = ("orders", "sessions")


def load(database: Database, *, real: bool = False, resume: bool = False, if_exists: str = "fail", **plan):
    """A load of fake rows, or of real ones where their keys matter."""
    machinery = fakes.real() if real else fakes.machinery()
    config = small(**plan) if real else fakes.plan_config(**plan)
    if resume:
        return fakes.resume(database.dsn, machinery=machinery, on_conflict="skip")
    return fakes.load(database.dsn, config, machinery=machinery, if_exists=if_exists, on_conflict="skip")


def small(**changes) -> PlanConfig:
    volumes = {"customers": 40, "products": 20, "orders_per_day": 3, "sessions_per_day": 5, "days": 62}
    return plan_config(today=date(2026, 1, 1), **{**volumes, **changes})


def take_back(database: Database, run: int | None = None, *, every: bool = False, told=None) -> list[str]:
    """Reset, and what it said."""
    said: list[str] = []
    with Control(database.dsn, "bronze") as control:
        found = survey.survey(control.connection, "bronze", run, every=every, plans=survey.plans(Recipe()))
        reset.carry_out(control.connection, "bronze", found, survey.plans(Recipe()), told or said.append)
    return said


def relations(database: Database) -> set[str]:
    rows = database.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('bronze') AND relkind IN ('r', 'p', 'v')"
    )
    return {row[0] for row in rows}


def content(database: Database, *names: str) -> dict[str, tuple]:
    return {
        name: database.rows(f"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM bronze.raw_{name} AS t")[
            0
        ]
        for name in names
    }


def run(*words: str, capsys) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        entry.main(list(words))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_a_reset_of_the_only_run_leaves_nothing_at_all(database):
    load(database)
    assert take_back(database)[-2:] == ["the ledger: dropped", "schema bronze: dropped"]
    assert database.value("SELECT to_regnamespace('bronze') IS NULL")
    assert take_back(database, every=True) == []
    load(database, tables=FEW)
    assert status(database.dsn, "bronze")[-1].state == "finished"


def test_a_schema_that_others_made_or_use_stays(database):
    load(database, tables=FEW)
    database.run("CREATE TABLE bronze.mine (a int)")
    assert "schema bronze: dropped" not in take_back(database)
    assert relations(database) == {"mine"}
    database.run("DROP SCHEMA bronze CASCADE", "CREATE SCHEMA bronze")
    load(database, tables=FEW)
    take_back(database)
    assert database.value("SELECT to_regnamespace('bronze') IS NOT NULL")


def test_of_several_runs_only_the_one_that_is_named_goes(database):
    load(database, tables=("orders",))
    load(database, tables=("sessions",))
    before = content(database, "sessions")
    with pytest.raises(TargetError, match=r"holds run=1 \(finished\), run=2 \(finished\): name one by --run, or use"):
        take_back(database)
    with pytest.raises(TargetError, match=r"run=7 is unknown: schema='bronze' holds run=1"):
        take_back(database, 7)
    assert take_back(database, 1) == ["raw_orders: dropped"]
    assert content(database, "sessions") == before
    assert [each.run for each in status(database.dsn, "bronze")] == [2]
    assert database.rows("SELECT DISTINCT run FROM bronze.shardgen_shards") == [(2,)]
    load(database, tables=("orders",))
    take_back(database, every=True)
    assert database.value("SELECT to_regnamespace('bronze') IS NULL")


def test_an_unfinished_run_and_one_that_was_superseded_can_be_taken_back(database, tmp_path, monkeypatch):
    monkeypatch.setenv(fakes.FAULTS, str(tmp_path))
    (tmp_path / "orders_2025-02").write_text("raise")
    with pytest.raises(Exception, match="a planted fault"):
        load(database, tables=("orders",))
    take_back(database)
    assert database.value("SELECT to_regnamespace('bronze') IS NULL")


def test_a_table_behind_the_ledgers_back_is_left_as_it_is(database):
    load(database, tables=FEW)
    database.run("DROP TABLE bronze.raw_sessions", "ALTER TABLE bronze.raw_orders RENAME TO old")
    database.run("DROP VIEW bronze.order_items", "CREATE TABLE bronze.raw_orders (a int)")
    assert take_back(database)[:2] == [
        "raw_orders: left as it is: it was dropped and made anew since",
        "raw_sessions: it was dropped already",
    ]
    assert "raw_orders" in relations(database)


def test_what_depends_on_a_table_is_named_before_anything_is_removed(database):
    load(database, tables=FEW)
    before = content(database, *FEW)
    database.run(
        "CREATE VIEW public.mine AS SELECT * FROM bronze.order_items",
        "CREATE TABLE public.visits (id varchar(100) REFERENCES bronze.raw_sessions ON DELETE CASCADE)",
    )
    with pytest.raises(TargetError) as caught:
        take_back(database)
    assert str(caught.value).splitlines() == [
        "nothing was removed:",
        "  - constraint visits_id_fkey on table visits depends on table bronze.raw_sessions: drop it first",
        "  - view mine depends on view bronze.order_items: drop it first",
    ]
    assert content(database, *FEW) == before
    assert status(database.dsn, "bronze")[-1].state == "finished"


def test_a_reset_waits_for_no_load_that_is_at_work(database):
    load(database, tables=FEW)
    with Control(database.dsn, "bronze"), pytest.raises(TargetError, match="another load is at work"):
        take_back(database)


# --- tables that others made ------------------------------------------------------------------------------------------


def test_from_tables_of_others_only_our_rows_are_deleted(database):
    objects.apply_schema(database.dsn, "bronze", TABLES, "none")
    database.run(
        "ALTER TABLE bronze.raw_orders ADD FOREIGN KEY (customer_id) REFERENCES bronze.raw_customers",
        "CREATE TABLE bronze.raw_clickstream_all PARTITION OF bronze.raw_clickstream DEFAULT",
    )
    load(database, real=True)
    assert database.value("SELECT count(*) FROM bronze.raw_orders") > 100
    database.run(
        "INSERT INTO bronze.raw_customers (customer_id, source_system) VALUES ('mine', 'me'), ('CUST99999999', 'me')",
        "INSERT INTO bronze.raw_orders (order_id, order_date, source_system) VALUES ('mine', '2025-12-24', 'me')",
        "INSERT INTO bronze.raw_clickstream (session_id, event_type, event_timestamp, source_system) "
        "VALUES ('mine', 'click', '2025-12-24', 'me')",
    )
    said = take_back(database)
    assert "raw_orders: rows deleted; shardgen did not create it, so it stays" in said
    for name, rows in {"customers": 2, "orders": 1, "clickstream": 1, "inventory": 0, "sessions": 0}.items():
        assert database.value(f"SELECT count(*) FROM bronze.raw_{name}") == rows, name
    names = relations(database)
    assert not {name for name in names if name.startswith("shardgen_")}
    assert "raw_orders_2025_12" in names  # somebody's row is in it
    assert "raw_orders_2025_11" not in names
    assert not {name for name in names if name.startswith("raw_inventory_")}


def append(database: Database, **plan):
    config = small(**plan)
    return fakes.load(database.dsn, config, machinery=fakes.real(), if_exists="append", on_conflict="skip")


def test_tables_that_a_later_run_has_added_to_go_with_all_runs_and_with_no_single_one(database):
    world = {"epoch": date(2025, 11, 1), "horizon": 62, "days": None, "tables": ("orders", "sessions")}
    load(database, real=True, **world, end=date(2025, 12, 1))
    append(database, **world, end=date(2025, 12, 15))
    before = content(database, *FEW)
    with pytest.raises(TargetError, match=r"run=2 has added to the rows of run=1 in raw_orders: they cannot be told"):
        take_back(database, 1)
    with pytest.raises(TargetError, match=r"raw_orders held \d+ rows .* cannot be told from those: use --all, if they"):
        take_back(database, 2)
    assert content(database, *FEW) == before
    take_back(database, every=True)
    assert database.value("SELECT to_regnamespace('bronze') IS NULL")


def test_a_row_of_somebody_else_keeps_such_a_table(database):
    world = {"epoch": date(2025, 11, 1), "horizon": 62, "days": None, "tables": ("orders",)}
    load(database, real=True, **world, end=date(2025, 12, 1))
    database.run(
        "INSERT INTO bronze.raw_orders (order_id, order_date, source_system) VALUES ('mine', '2025-11-24', 'me')"
    )
    append(database, **world, end=date(2025, 12, 15))
    before = content(database, "orders")
    with pytest.raises(TargetError, match="delete by hand what should go, and the ledger's tables"):
        take_back(database, every=True)
    assert content(database, "orders") == before


# --- what is cut short ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("others", [False, True], ids=["own tables", "tables of others"])
def test_a_reset_that_is_cut_short_is_told_by_status_and_finished_or_undone(database, monkeypatch, others):
    monkeypatch.setattr(reset, "LEAVES", 1)
    tables = ("customers", "orders", "inventory")
    if others:
        objects.apply_schema(database.dsn, "bronze", tables, "none")
    load(database, real=True, tables=tables)
    before = content(database, *tables)
    for _ in range(2):
        cut_short(database, monkeypatch)
        (told,) = status(database.dsn, "bronze")
        assert told.state == "interrupted"
        assert told.last_error == "a reset began and did not end: shardgen reset --run 1 finishes it"
        assert sum(table.pending for table in told.tables) > 0
        load(database, real=True, resume=True)
        assert content(database, *tables) == before
    cut_short(database, monkeypatch)
    take_back(database)
    assert not {name for name in relations(database) if "_20" in name or name.startswith("shardgen_")}
    assert [row for name in tables if others for row in database.rows(f"SELECT 1 FROM bronze.raw_{name}")] == []


def cut_short(database: Database, monkeypatch) -> None:
    """A reset that the machine ends half-way through its first large table."""
    order = ("orders", "inventory", "customers")
    calls = []

    def dying(real):
        def forget(*arguments) -> None:
            calls.append(real)
            if len(calls) == 2:
                raise KeyboardInterrupt
            real(*arguments)

        return forget

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(ledger, "forget_leaves", dying(ledger.forget_leaves))
        patch.setattr(ledger, "forget_shard", dying(ledger.forget_shard))
        patch.setattr(
            survey,
            "_referring_first",
            lambda _, found: tuple(sorted(found, key=lambda each: order.index(each.claim.target))),
        )
        take_back(database)
    assert len(calls) == 2


def test_a_worker_that_outlived_its_coordinator_is_waited_for(database):
    load(database, tables=("sessions",))
    database.run("DELETE FROM bronze.shardgen_shards WHERE shard = 'sessions/000000001'")
    with psycopg.connect(database.dsn) as worker:
        worker.execute("SELECT FROM bronze.shardgen_targets FOR SHARE")
        worker.execute(
            """INSERT INTO bronze.shardgen_shards (target, generation, shard, run, pid, host, attempts)
            VALUES ('sessions', 1, 'sessions/000000001', 1, 1, 'h', 1)"""
        )
        thread = threading.Thread(target=take_back, args=(database,))
        thread.start()
        while not database.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            time.sleep(0.01)
        worker.commit()
        thread.join()
    assert database.value("SELECT to_regnamespace('bronze') IS NULL")


def test_the_rows_of_another_version_are_not_guessed(database):
    objects.apply_schema(database.dsn, "bronze", ("customers",), "none")
    load(database, real=True, tables=("customers",))
    database.run("UPDATE bronze.shardgen_runs SET plan_fingerprint = 'another'")
    with pytest.raises(TargetError, match="run=1 was planned with other shard boundaries: its rows cannot be told"):
        take_back(database)
    assert status(database.dsn, "bronze")[-1].state == "finished"


@pytest.mark.parametrize("others", [False, True], ids=["own tables", "tables of others"])
def test_the_rows_that_a_reset_names_are_those_that_go(database, others):
    tables = ("customers", "orders")
    if others:
        objects.apply_schema(database.dsn, "bronze", tables, "none")
        database.run("INSERT INTO bronze.raw_customers (customer_id, email, source_system) VALUES ('x', 'y', 'theirs')")
    for _ in range(1 if others else 2):
        load(database, real=True, tables=tables, if_exists="append")
    database.run(
        "DELETE FROM bronze.raw_orders WHERE order_id IN ('ORD0000000003', 'ORD0000000004')",
        "DELETE FROM bronze.raw_customers WHERE customer_id = 'CUST00000003'",
    )
    before = {name: database.value(f"SELECT count(*) FROM bronze.raw_{name}") for name in tables}
    with connect(database.dsn, application_name="test") as connection:
        found = survey.survey(connection, "bronze", None, every=True, plans=survey.plans(Recipe()))
    take_back(database, every=True)
    kept = {"customers": 1, "orders": 0} if others else dict.fromkeys(tables, 0)
    assert {each.claim.target: each.rows for each in found.removals} == {
        name: before[name] - kept[name] for name in tables
    }
    if others:
        assert database.rows("SELECT customer_id FROM bronze.raw_customers") == [("x",)]


# --- on the command line ----------------------------------------------------------------------------------------------


def test_a_table_of_another_versions_load_is_named_and_nothing_is_removed(database):
    load(database, tables=("orders",))
    database.run(
        "INSERT INTO bronze.shardgen_targets (target, relation, oid, generation, run, created)"
        " VALUES ('parcels', 'raw_parcels', 1, 1, 1, true)"
    )
    with pytest.raises(TargetError, match="table=parcels of run=1 is unknown to this version of shardgen"):
        take_back(database)
    assert "raw_orders" in relations(database)


def test_nothing_is_removed_where_nobody_can_be_asked(database, capsys, monkeypatch):
    load(database, tables=FEW)
    before = content(database, *FEW)
    code, _, err = run("reset", "--dsn", database.dsn, capsys=capsys)
    assert code == 2
    assert "raw_orders" in err
    assert err.endswith("error: nothing was removed, because nobody can be asked here: use --yes\n")
    assert content(database, *FEW) == before


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 1), (b"y\n", 0)])
def test_at_a_terminal_a_person_decides(database, answer, code):
    load(database, tables=FEW)
    master, terminal = os.openpty()
    command = [sys.executable, "-m", "shardgen", "reset", "--dsn", database.dsn]
    with subprocess.Popen(command, stdin=terminal, stderr=terminal) as program:
        os.close(terminal)
        shown = b""
        while b"remove all this? [y/N]:" not in shown:
            shown += os.read(master, 1000)
        os.write(master, answer)
        with contextlib.suppress(OSError):  # the other end was closed
            while os.read(master, 1000):
                pass
    os.close(master)
    assert program.returncode == code
    assert database.value("SELECT to_regnamespace('bronze') IS NULL") is (code == 0)


def test_a_script_says_yes_and_reads_json(database, capsys):
    load(database, tables=FEW)
    code, out, err = run("reset", "--dsn", database.dsn, "--yes", "--json", "-q", capsys=capsys)
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert (told["runs"], told["ledger"]) == ([1], True)
    assert told["tables"][0] == {
        "table": "orders",
        "relation": "raw_orders",
        "run": 1,
        "shards": 3,
        "rows": 600,
        "how": "drop",
        "carried": [],
    }
    code, out, err = run("reset", "--dsn", database.dsn, "--all", "--yes", capsys=capsys)
    assert (code, out) == (0, "")
    assert err.startswith("nothing to reset: no runs in schema bronze of ")


def test_run_and_all_contradict_each_other(capsys):
    assert run("reset", "--run", "1", "--all", capsys=capsys)[0] == 2
