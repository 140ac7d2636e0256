"""No statement of ours touches a relation outside the tables of the load, whatever ties it to one of them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from shardgen.errors import TargetError
from shardgen.stores.postgres import objects, reset, survey
from shardgen.stores.postgres.control import Control
from shardgen.tables.recipe import Recipe
from tests import fakes
from tests.conftest import Database, copy_of, fresh_database
from tests.worlds import small

pytestmark = pytest.mark.slow

TABLES = ("customers", "orders", "sessions")
WORLD = {"customers": 40, "products": 20, "orders_per_day": 3, "sessions_per_day": 5, "days": 40, "tables": TABLES}


@dataclass(frozen=True)
class Tie:
    """How a relation of others hangs together with a table of ours."""

    name: str
    statements: tuple[str, ...]
    replace: str = ""
    """What a replace is refused with; empty where it works."""
    reset: str = ""
    """What a reset is refused with; empty where it works."""


def reaching() -> str:
    """A function for triggers that reaches elsewhere."""
    body = "BEGIN DELETE FROM other.things; RETURN NULL; END"
    return f"CREATE FUNCTION other.audit() RETURNS trigger LANGUAGE plpgsql AS '{body}'"


UNREADABLE = "foreign table as a partition"  # its wrapper has no handler here, so nobody can count its rows

TIES = [
    Tie("same name", ("CREATE TABLE other.raw_sessions AS SELECT session_id FROM bronze.raw_sessions",)),
    Tie(
        "inherits from a plain table",
        (
            "CREATE TABLE other.archive () INHERITS (bronze.raw_sessions)",
            "INSERT INTO other.archive SELECT * FROM ONLY bronze.raw_sessions LIMIT 3",
        ),
        reset="table other.archive depends on table bronze.raw_sessions: drop it first",
    ),
    Tie(
        "is inherited by ours",
        (
            "CREATE TABLE other.people (LIKE bronze.raw_customers INCLUDING CONSTRAINTS)",
            "INSERT INTO other.people SELECT * FROM bronze.raw_customers",
            "ALTER TABLE bronze.raw_customers INHERIT other.people",
        ),
    ),
    Tie(
        "partition of a parent, in another schema",
        (
            "CREATE TABLE other.early PARTITION OF bronze.raw_orders FOR VALUES FROM ('2000-01-01') TO ('2001-01-01')",
            "INSERT INTO other.early (order_id, order_date, source_system) VALUES ('ORD1', '2000-02-01', 's')",
        ),
        replace=r"partition=other.early of bronze.raw_orders lies outside of schema='bronze' and holds rows, so",
        reset="table other.early is a partition of table bronze.raw_orders: detach it first",
    ),
    Tie(
        "empty partition of a parent, in another schema",
        ("CREATE TABLE other.early PARTITION OF bronze.raw_orders FOR VALUES FROM ('2000-01-01') TO ('2001-01-01')",),
        reset="table other.early is a partition of table bronze.raw_orders: detach it first",
    ),
    Tie(
        "leaf moved to another schema",
        (
            "ALTER TABLE bronze.raw_orders_2025_11 SET SCHEMA other",
            "INSERT INTO other.raw_orders_2025_11 (order_id, order_date, source_system) VALUES ('x', '2025-11-30', '')",
        ),
        replace=r"partition=other.raw_orders_2025_11 of bronze.raw_orders lies outside of schema='bronze'",
        reset="table other.raw_orders_2025_11 is a partition of table bronze.raw_orders: detach it first",
    ),
    Tie(
        UNREADABLE,
        (
            "ALTER TABLE bronze.raw_orders DROP CONSTRAINT raw_orders_pkey",
            "CREATE FOREIGN DATA WRAPPER elsewhere",
            "CREATE SERVER far FOREIGN DATA WRAPPER elsewhere",
            "CREATE FOREIGN TABLE other.remote PARTITION OF bronze.raw_orders DEFAULT SERVER far",
        ),
        replace="partitions=remote of raw_orders are foreign tables, which do not commit with the ledger: detach them",
        reset="foreign table other.remote is a partition of table bronze.raw_orders: detach it first",
    ),
    *(
        Tie(
            f"foreign key {then} to a {what}",
            (
                f"CREATE TABLE other.notes (id text, at timestamp, FOREIGN KEY ({columns}) REFERENCES {table} {then})",
                f"INSERT INTO other.notes SELECT {values} FROM {table} LIMIT 3",
            ),
            replace=rf"{name} is referenced by the foreign key notes_\w+fkey of other.notes: replace both tables,",
            reset=rf"constraint notes_\w+fkey on table other.notes depends on table {table}: drop it first",
        )
        for what, table, name, columns, values in (
            ("plain table", "bronze.raw_sessions", "relation=raw_sessions", "id", "session_id, start_time"),
            ("parent", "bronze.raw_orders", "relation=raw_orders", "id, at", "order_id, order_date"),
            ("leaf", "bronze.raw_orders_2025_12", "relation=raw_orders", "id, at", "order_id, order_date"),
        )
        for then in ("ON DELETE CASCADE", "ON DELETE SET NULL", "")
    ),
    Tie(
        "foreign key of a partitioned table",
        (
            "CREATE TABLE other.notes (id text REFERENCES bronze.raw_sessions) PARTITION BY LIST (id)",
            "CREATE TABLE other.notes_all PARTITION OF other.notes DEFAULT",
        ),
        replace="raw_sessions is referenced by the foreign key notes_id_fkey of other.notes:",
        reset="constraint notes_id_fkey on table other.notes depends on table bronze.raw_sessions",
    ),
    Tie(
        "view",
        ("CREATE VIEW other.v AS SELECT session_id FROM bronze.raw_sessions",),
        reset="view other.v depends on table bronze.raw_sessions: drop it first",
    ),
    Tie(
        "view over our view",
        ("CREATE VIEW other.v AS SELECT order_id FROM bronze.order_items",),
        reset="view other.v depends on view bronze.order_items: drop it first",
    ),
    Tie(
        "view of a leaf",
        ("CREATE VIEW other.v AS SELECT order_id FROM bronze.raw_orders_2025_12",),
        reset="view other.v depends on table bronze.raw_orders_2025_12: drop it first",
    ),
    Tie(
        "view of the ledger",
        ("CREATE VIEW other.v AS SELECT run, state FROM bronze.shardgen_runs",),
        reset="view other.v depends on table bronze.shardgen_runs: drop it first",
    ),
    Tie(
        "materialized view",
        ("CREATE MATERIALIZED VIEW other.m AS SELECT session_id FROM bronze.raw_sessions",),
        reset="materialized view other.m depends on table bronze.raw_sessions: drop it first",
    ),
    Tie(
        "column of a row type",
        (
            "CREATE TABLE other.snapshots (taken date, session bronze.raw_sessions)",
            "INSERT INTO other.snapshots SELECT now(), s FROM bronze.raw_sessions AS s LIMIT 1",
        ),
        reset="other.snapshots depends on table bronze.raw_sessions: drop it first",
    ),
    Tie(
        "default out of a sequence of ours",
        (
            "ALTER TABLE bronze.raw_sessions ADD number bigserial",
            "CREATE TABLE other.numbered (id bigint DEFAULT nextval('bronze.raw_sessions_number_seq'))",
        ),
        reset="column id of table other.numbered depends on table bronze.raw_sessions: drop it first",
    ),
    Tie(
        "rule that deletes elsewhere",
        (
            "CREATE TABLE other.things AS SELECT 1 AS a",
            "CREATE RULE also AS ON DELETE TO bronze.raw_sessions DO ALSO DELETE FROM other.things",
        ),
    ),
    Tie(
        "trigger on TRUNCATE",
        (
            "CREATE TABLE other.things AS SELECT 1 AS a",
            reaching(),
            "CREATE TRIGGER audit AFTER TRUNCATE ON bronze.raw_sessions EXECUTE FUNCTION other.audit()",
        ),
        replace="trigger audit of bronze.raw_sessions would fire on TRUNCATE and may .* DISABLE TRIGGER audit first",
    ),
    Tie(
        "trigger on TRUNCATE of a leaf",
        (
            "CREATE TABLE other.things AS SELECT 1 AS a",
            reaching(),
            "CREATE TRIGGER audit AFTER TRUNCATE ON bronze.raw_orders_2025_12 EXECUTE FUNCTION other.audit()",
        ),
        replace="trigger audit of bronze.raw_orders_2025_12 would fire on TRUNCATE",
    ),
    Tie(
        "trigger on DELETE",
        (
            "CREATE TABLE other.things AS SELECT 1 AS a",
            reaching(),
            "CREATE TRIGGER audit AFTER DELETE ON bronze.raw_sessions EXECUTE FUNCTION other.audit()",
        ),
    ),
]
ON_ROWS = {  # what stands in the way where rows are deleted instead of the table dropped
    "inherits from a plain table": "",
    "partition of a parent, in another schema": "",
    "empty partition of a parent, in another schema": "",
    "leaf moved to another schema": None,  # what is deleted there is ours
    UNREADABLE: None,  # a load does not take such a parent
    "view": "",
    "view over our view": "",
    "view of a leaf": None,
    "materialized view": "",
    "column of a row type": "",
    "default out of a sequence of ours": "",
    "rule that deletes elsewhere": "rule also of bronze.raw_sessions would do something else when rows are deleted",
    "trigger on TRUNCATE": "",
    "trigger on TRUNCATE of a leaf": None,
    "trigger on DELETE": "trigger audit of bronze.raw_sessions would fire on DELETE and may change other tables",
}


def load(database: Database, if_exists: str = "fail") -> None:
    config = small(**WORLD)
    fakes.load(database.dsn, config, machinery=fakes.real(), if_exists=if_exists)


def take_back(database: Database) -> None:
    with Control(database.dsn, "bronze") as control:
        found = survey.survey(control.connection, "bronze", None, every=True, plans=survey.plans(Recipe()))
        reset.carry_out(control.connection, "bronze", found, survey.plans(Recipe()), lambda _: None)


def others(database: Database) -> dict[str, list[tuple]]:
    """Every row that relations of the other schema hold themselves, and which they are."""
    names = database.rows(
        "SELECT relname::text, relkind::text FROM pg_class WHERE relnamespace = 'other'::regnamespace ORDER BY 1"
    )
    rows = {
        name: database.rows(f'SELECT * FROM ONLY other."{name}" AS t ORDER BY t::text')
        for name, kind in names
        if kind in "rpm"
    }
    return {**rows, "relations": names}


def ledger(database: Database) -> list[tuple]:
    return database.rows("SELECT run, state FROM bronze.shardgen_runs ORDER BY 1")


@pytest.fixture(scope="module")
def loaded(server_dsn: str) -> Iterator[Database]:
    """A load into tables of ours."""
    with fresh_database(server_dsn) as database:
        load(database)
        yield database


@pytest.fixture(scope="module")
def loaded_into_theirs(server_dsn: str) -> Iterator[Database]:
    """A load into tables that somebody had made before."""
    with fresh_database(server_dsn) as database:
        objects.apply_schema(database.dsn, "bronze", TABLES, "none")
        load(database)
        yield database


@pytest.fixture
def ours(loaded: Database, server_dsn: str) -> Iterator[Database]:
    with copy_of(loaded, server_dsn) as copied:
        yield copied


@pytest.fixture
def theirs(loaded_into_theirs: Database, server_dsn: str) -> Iterator[Database]:
    with copy_of(loaded_into_theirs, server_dsn) as copied:
        yield copied


@contextlib.contextmanager
def left_alone(database: Database, tie: Tie, refusal: str) -> Iterator[None]:
    """Relations of others are after the block what they were before, and where it is refused, nothing was written."""
    database.run("CREATE SCHEMA other", *tie.statements)
    before, runs = others(database), ledger(database)
    if refusal:
        with pytest.raises(TargetError, match=refusal):
            yield
        assert ledger(database) == runs
    else:
        yield
    assert others(database) == before


@pytest.mark.parametrize("tie", TIES, ids=lambda each: each.name)
def test_a_replace_leaves_relations_of_others_alone_or_names_them_before_it_writes(ours: Database, tie: Tie):
    with left_alone(ours, tie, tie.replace):
        load(ours, "replace")
        assert ledger(ours)[-1][1] == "finished"


@pytest.mark.parametrize("tie", TIES, ids=lambda each: each.name)
def test_a_reset_leaves_relations_of_others_alone_or_names_them_before_it_writes(ours: Database, tie: Tie):
    with left_alone(ours, tie, tie.reset):
        take_back(ours)
        assert ours.value("SELECT to_regclass('bronze.shardgen_runs') IS NULL")


@pytest.mark.parametrize(
    "tie", [each for each in TIES if ON_ROWS.get(each.name, "") is not None], ids=lambda each: each.name
)
def test_a_reset_of_rows_leaves_relations_of_others_alone_or_names_them_before_it_writes(theirs: Database, tie: Tie):
    with left_alone(theirs, tie, ON_ROWS.get(tie.name) or "" if tie.name in ON_ROWS else tie.reset):
        take_back(theirs)
        assert theirs.value("SELECT to_regclass('bronze.shardgen_runs') IS NULL")
