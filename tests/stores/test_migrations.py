"""Ledgers of older versions, each as the code of its time left it: scripts/ledgers.py made them, in ledgers/.

In each a run of customers, products and orders is finished, and one of clickstream lacks its last shard.
"""

from __future__ import annotations

import importlib.metadata
import threading
from pathlib import Path

import pytest
from psycopg import sql

import shardgen
from shardgen.errors import ResumeError, TargetError, VerificationError
from shardgen.model.config import DATA_VERSION
from shardgen.stores.postgres import ledger, locks
from shardgen.stores.postgres.ledger import queries, versions
from shardgen.stores.postgres.objects import create_schema
from shardgen.stores.postgres.postgres import connect
from shardgen.stores.postgres.status import read
from tests.conftest import fresh_database
from tests.worlds import HERE

OLDER = sorted((Path(__file__).parent / "ledgers").glob("*.sql"))
NEWEST = OLDER[-1]
SCHEMA = "bronze"
SINGLE = 5
"""Version of the last ledger that one definition made; migrations made those after it."""


def number(dump: Path) -> int:
    return int(dump.name.partition("_")[0])


@pytest.fixture(
    params=[
        pytest.param(path, marks=() if path in (OLDER[0], NEWEST) else pytest.mark.slow, id=path.stem) for path in OLDER
    ]
)
def older(request, database):
    return restored(database, request.param)


@pytest.fixture
def made_by(request, older) -> int:
    """The version of that ledger."""
    return number(request.node.callspec.params["older"])


def restored(database, dump: Path):
    """A database as it was when the dump was made."""
    database.run(dump.read_text(encoding="utf-8"))
    return database


def tables(database) -> dict[str, list[tuple]]:
    """Everything of a ledger's tables but the order of their columns."""
    kinds = {
        "columns": """SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity,
                identity_generation
            FROM information_schema.columns WHERE table_schema = 'bronze' AND table_name ~ '^shardgen_'""",
        "constraints": """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid::regclass::text ~ '^bronze.shardgen_' AND contype <> 'n'""",
        "indexes": """SELECT tablename, indexname, indexdef FROM pg_indexes
            WHERE schemaname = 'bronze' AND tablename ~ '^shardgen_'""",
    }
    return {kind: sorted(database.rows(query), key=str) for kind, query in kinds.items()}


def told(database) -> int:
    return database.value(
        "SELECT substring(obj_description('bronze.shardgen_runs'::regclass) FROM 'ledger version (\\d+)')::integer"
    )


def test_every_older_ledger_that_ever_was_is_tried():
    assert [number(dump) for dump in OLDER] == list(range(1, SINGLE + 1))
    assert [int(name[:3]) for name in versions.migrations()] == list(range(1, len(versions.migrations()) + 1))


def test_an_older_ledger_becomes_the_one_that_is_created_today(older, made_by, server_dsn):
    with connect(older.dsn, application_name="test") as connection:
        assert versions.version(connection, SCHEMA) == made_by
        before = [ledger.runs(connection, SCHEMA), ledger.claims(connection, SCHEMA)]
        ledger.upgrade(connection, SCHEMA)
        assert versions.version(connection, SCHEMA) == len(versions.migrations())
        assert [ledger.runs(connection, SCHEMA), ledger.claims(connection, SCHEMA)] == before
    with fresh_database(server_dsn) as made, connect(made.dsn, application_name="test") as connection:
        create_schema(connection, SCHEMA)
        ledger.create(connection, SCHEMA)
        assert told(made) == len(versions.migrations())
        assert tables(older) == tables(made)


def test_a_new_ledger_has_what_the_last_one_of_a_single_definition_had(database, server_dsn, monkeypatch):
    then = versions.migrations()[:SINGLE]
    monkeypatch.setattr(versions, "migrations", lambda: then)
    with fresh_database(server_dsn) as made, connect(made.dsn, application_name="test") as connection:
        create_schema(connection, SCHEMA)
        ledger.create(connection, SCHEMA)
        assert tables(made) == tables(restored(database, NEWEST))


def test_every_migration_does_nothing_to_a_ledger_that_has_it(database):
    restored(database, NEWEST)
    database.run("UPDATE bronze.shardgen_targets SET others = 1, since = 7, generation = 9")
    with connect(database.dsn, application_name="test") as connection:
        ledger.upgrade(connection, SCHEMA)
        before = [tables(database), database.rows("SELECT * FROM bronze.shardgen_targets ORDER BY target")]
        for name in versions.migrations()[1:]:
            connection.execute(queries.text(queries.bare(queries.file("migrations", name)), SCHEMA))
        assert [tables(database), database.rows("SELECT * FROM bronze.shardgen_targets ORDER BY target")] == before


def test_the_runs_of_an_older_ledger_are_told_verified_resumed_and_taken_back(older, made_by):
    finished, killed = shardgen.status(older.dsn)
    assert (finished.state, killed.state) == ("finished", "lost")
    assert [(each.table, each.done, each.pending) for each in finished.tables] == [
        ("customers", 1, 0),
        ("products", 1, 0),
        ("orders", 3, 0),
    ]
    assert [(each.table, each.done, each.pending) for each in killed.tables] == [("clickstream", 2, 1)]
    same = killed.versions["data"] == DATA_VERSION and killed.versions["faker"] == importlib.metadata.version("faker")
    if same:
        assert shardgen.load(older.dsn, resume=True, **HERE).run == 2
        assert shardgen.status(older.dsn)[1].state == "finished"
        assert shardgen.verify(older.dsn, level="digests", **HERE).ok
    else:
        with pytest.raises(ResumeError, match=r"run=2 was started with another data version or vocabulary"):
            shardgen.load(older.dsn, resume=True, **HERE)
        with pytest.raises(VerificationError, match=r"run=1 was started with another data version or vocabulary"):
            shardgen.verify(older.dsn, level="counts", **HERE)
    assert told(older) == len(versions.migrations()) or made_by == len(versions.migrations())
    assert shardgen.reset(older.dsn, all=True).runs == (1, 2)
    assert not older.rows("SELECT FROM pg_namespace WHERE nspname = 'bronze'")


def test_a_reset_takes_an_older_ledger_as_it_is(older):
    assert shardgen.reset(older.dsn, run=2).runs == (2,)
    assert [run.run for run in shardgen.status(older.dsn)] == [1]


def test_what_a_table_still_holds_is_the_same_after_each_upgrade(older, made_by):
    """A table that started over twice holds rows of its last generation alone."""
    older.run("UPDATE bronze.shardgen_targets SET generation = 3 WHERE target = 'orders'")
    if made_by >= 4:
        older.run("UPDATE bronze.shardgen_targets SET since = 3 WHERE target = 'orders'")
    with connect(older.dsn, application_name="test") as connection:
        assert ledger.claims(connection, SCHEMA)["orders"].since == 3
        ledger.upgrade(connection, SCHEMA)
        assert ledger.claims(connection, SCHEMA)["orders"].since == 3


def test_two_upgrades_at_once_do_it_once(database):
    restored(database, OLDER[0])
    failures: list[BaseException] = []

    def upgrade() -> None:
        try:
            with connect(database.dsn, application_name="test") as connection:
                ledger.upgrade(connection, SCHEMA)
        except Exception as error:  # noqa: BLE001  # looked at below
            failures.append(error)

    with connect(database.dsn, application_name="test") as holder, holder.transaction():
        locks.take_ddl(holder, SCHEMA)
        threads = [threading.Thread(target=upgrade) for _ in range(2)]
        for thread in threads:
            thread.start()
        while database.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") < 2:
            pass
    for thread in threads:
        thread.join()
    assert not failures
    assert told(database) == len(versions.migrations())


def test_an_upgrade_that_fails_leaves_the_ledger_as_it_was(database, monkeypatch):
    restored(database, OLDER[0])
    before = tables(database)
    names = (*versions.migrations(), "006_no_such_file.sql")
    monkeypatch.setattr(versions, "migrations", lambda: names)
    with connect(database.dsn, application_name="test") as connection:
        with pytest.raises(FileNotFoundError):
            ledger.upgrade(connection, SCHEMA)
        assert tables(database) == before
        assert versions.version(connection, SCHEMA) == 1


def newer(database) -> None:
    """What a version to come leaves: it adds something, and says so."""
    restored(database, NEWEST)
    ahead(database)


def ahead(database) -> None:
    """A ledger that is there becomes one of a version to come."""
    database.run(
        "ALTER TABLE bronze.shardgen_shards ADD COLUMN colour text NOT NULL DEFAULT ''",
        "COMMENT ON TABLE bronze.shardgen_runs IS 'The runs of shardgen in this schema; ledger version 1000'",
    )


@pytest.mark.parametrize(
    "write",
    [
        lambda dsn: shardgen.load(dsn, resume=True, progress="none"),
        lambda dsn: shardgen.load(dsn, days=1, tables="products", if_exists="replace", progress="none"),
        lambda dsn: shardgen.reset(dsn, all=True),
    ],
    ids=["resume", "load", "reset"],
)
def test_a_ledger_of_a_newer_version_is_not_written(database, write):
    newer(database)
    before = database.rows("SELECT * FROM bronze.shardgen_runs ORDER BY run")
    with pytest.raises(
        TargetError, match=r"is of a newer shardgen \(version 1000, .*: use that one, or another schema"
    ):
        write(database.dsn)
    assert database.rows("SELECT * FROM bronze.shardgen_runs ORDER BY run") == before


def test_a_ledger_of_a_newer_version_is_read(database):
    shardgen.load(database.dsn, tables="customers", customers=6, days=1, **HERE)
    ahead(database)
    assert [run.state for run in shardgen.status(database.dsn)] == ["finished"]
    assert shardgen.verify(database.dsn, level="counts", run=1, **HERE).ok


def test_a_view_of_an_older_version_gets_what_it_lacks_when_its_table_starts_over(older):
    assert "promotion" not in columns(older, "order_items")
    world = {"customers": 6, "products": 4, "orders_per_day": 0.2, "sessions_per_day": 0, "days": 70}
    shardgen.load(older.dsn, **world, if_exists="replace", yes=True, **HERE)
    assert columns(older, "order_items")[-1] == "promotion"


def columns(database, relation: str) -> list[str]:
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"
    with connect(database.dsn, application_name="test") as connection:
        return [name for (name,) in connection.execute(query, [relation])]


@pytest.fixture
def guest(database):
    """A role that may read and write what is there, and owns none of it."""
    name = f"guest_{database.name}"
    database.run(f"CREATE ROLE {name} LOGIN")
    yield name
    database.run(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


@pytest.mark.parametrize("dump", [OLDER[0], NEWEST], ids=lambda path: path.stem)
def test_a_role_that_may_not_alter_the_ledger_is_told_only_where_it_has_to_be_altered(database, guest, dump):
    restored(database, dump)
    database.run(f"GRANT ALL ON SCHEMA bronze TO {guest}", f"GRANT ALL ON ALL TABLES IN SCHEMA bronze TO {guest}")
    with connect(database.dsn, application_name="test") as connection:
        if dump == NEWEST:
            ledger.upgrade(connection, SCHEMA)
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(guest)))
        if dump == NEWEST:
            ledger.upgrade(connection, SCHEMA)
            return
        with pytest.raises(TargetError) as refusal:
            ledger.upgrade(connection, SCHEMA)
        owner = connection.execute("SELECT session_user").fetchone()[0]
    assert f"role='{guest}' may not alter it: load once as its owner" in str(refusal.value)
    assert f'GRANT "{owner}" TO "{guest}"' in str(refusal.value)
    with connect(database.dsn, application_name="test") as connection:
        assert len(read(connection, SCHEMA)) == 2
