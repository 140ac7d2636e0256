"""What a replace leaves as it was: all that the users of our tables have put on them, as pg_dump tells it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from shardgen.embedded import server
from shardgen.errors import ShardError, TargetError
from shardgen.events import LoadStarted, Notice
from shardgen.stores.postgres import reset, survey
from shardgen.stores.postgres.control import Control
from shardgen.stores.postgres.store import KEYLESS_ROWS
from shardgen.tables import dataset
from shardgen.tables.recipe import Recipe
from tests import fakes
from tests.conftest import Database, fresh_database


def load(
    database: Database, *, if_exists: str = "fail", yes: bool = False, machinery=None, keyless_rows=KEYLESS_ROWS, **plan
):
    """A load of fake rows; its report and what it told."""
    config = fakes.plan_config(**plan)
    told: list = []
    how = {"if_exists": if_exists, "yes": yes, "keyless_rows": keyless_rows}
    report = fakes.load(database.dsn, config, show=told.append, machinery=machinery, **how)
    return report, [event.text for event in told if isinstance(event, Notice)]


def dumped(database: Database) -> list[str]:
    """What pg_dump says of everything but the ledger and the rows; whose statements come in which order aside."""
    words = [str(server.binary("pg_dump")), "-s", "-T", "bronze.shardgen_*", database.dsn]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    statements = done.stdout.split(";\n")
    return sorted(text.strip() for text in statements if "restrict" not in text)


# What is kept


@dataclass(frozen=True)
class Kept:
    """Something that a user puts on a table of ours."""

    name: str
    statement: str
    told: str
    """Part of what pg_dump says of it."""


PLAIN = "bronze.raw_sessions"
PARENT = "bronze.raw_orders"
LEAF = "bronze.raw_orders_2025_02"
ROUTED = "bronze.raw_inventory"
KEPT = [
    Kept("grant", f"GRANT SELECT ON {PLAIN} TO bi", f"GRANT SELECT ON TABLE {PLAIN} TO bi"),
    Kept(
        "grant on a parent", f"GRANT SELECT, INSERT ON {PARENT} TO bi", f"GRANT SELECT,INSERT ON TABLE {PARENT} TO bi"
    ),
    Kept("grant on a leaf", f"GRANT SELECT ON {LEAF} TO bi", f"GRANT SELECT ON TABLE {LEAF} TO bi"),
    Kept("grant to all", f"GRANT SELECT ON {PLAIN} TO PUBLIC", f"GRANT SELECT ON TABLE {PLAIN} TO PUBLIC"),
    Kept(
        "grant option",
        f"GRANT SELECT ON {PLAIN} TO dbt WITH GRANT OPTION",
        f"GRANT SELECT ON TABLE {PLAIN} TO dbt WITH GRANT OPTION",
    ),
    Kept(
        "grant by another",
        f"SET ROLE dbt; GRANT SELECT ON {PLAIN} TO guest; RESET ROLE",
        "SET SESSION AUTHORIZATION dbt",
    ),
    Kept(
        "column grant", f"GRANT SELECT(user_id) ON {PLAIN} TO guest", f"GRANT SELECT(user_id) ON TABLE {PLAIN} TO guest"
    ),
    Kept(
        "grant on the view",
        "GRANT SELECT ON bronze.order_items TO bi",
        "GRANT SELECT ON TABLE bronze.order_items TO bi",
    ),
    Kept(
        "grant on a sequence",
        "GRANT USAGE ON SEQUENCE bronze.raw_inventory_inventory_id_seq TO bi",
        "ON SEQUENCE bronze.raw_inventory_inventory_id_seq TO bi",
    ),
    Kept("comment", f"COMMENT ON TABLE {PLAIN} IS 'our visits'", "'our visits'"),
    Kept("comment on a column", f"COMMENT ON COLUMN {PLAIN}.user_id IS 'who'", f"COMMENT ON COLUMN {PLAIN}.user_id"),
    Kept("comment on a leaf", f"COMMENT ON TABLE {LEAF} IS 'cold'", "'cold'"),
    Kept("comment on an index", "COMMENT ON INDEX bronze.raw_sessions_user_id_idx IS 'hot'", "'hot'"),
    Kept("index", f"CREATE INDEX theirs ON {PLAIN} (lower(browser))", "CREATE INDEX theirs ON"),
    Kept("partial index", f"CREATE INDEX partial ON {PLAIN} (browser) WHERE is_mobile", "CREATE INDEX partial ON"),
    Kept(
        "index named as ours", f"CREATE INDEX ON {PLAIN} (device_type)", "CREATE INDEX raw_sessions_device_type_idx ON"
    ),
    Kept("index on a parent", f"CREATE INDEX theirs_too ON {PARENT} (total_amount)", "CREATE INDEX theirs_too ON ONLY"),
    Kept("index on a leaf", f"CREATE INDEX cold ON {LEAF} (total_amount, status)", f"CREATE INDEX cold ON {LEAF}"),
    Kept(
        "statistics", f"CREATE STATISTICS {PLAIN}_s ON user_id, browser FROM {PLAIN}", "CREATE STATISTICS bronze.raw_se"
    ),
    Kept(
        "statistics on a leaf",
        f"CREATE STATISTICS {LEAF}_s ON status, total_amount FROM {LEAF}",
        f"STATISTICS {LEAF}_s",
    ),
    Kept("check", f"ALTER TABLE {PLAIN} ADD CONSTRAINT sane CHECK (duration_seconds >= 0)", "CONSTRAINT sane CHECK"),
    Kept("check on a parent", f"ALTER TABLE {PARENT} ADD CONSTRAINT dear CHECK (total_amount > -1)", "CONSTRAINT dear"),
    Kept("check on a leaf", f"ALTER TABLE {LEAF} ADD CONSTRAINT cheap CHECK (total_amount > -2)", "CONSTRAINT cheap"),
    Kept(
        "unique constraint", f"ALTER TABLE {PLAIN} ADD CONSTRAINT one UNIQUE (session_id, user_id)", "CONSTRAINT one U"
    ),
    Kept(
        "trigger",
        f"CREATE TRIGGER seen AFTER INSERT ON {PLAIN} FOR EACH STATEMENT EXECUTE FUNCTION nothing()",
        "CREATE TRIGGER seen",
    ),
    Kept(
        "trigger on a parent",
        f"CREATE TRIGGER moved BEFORE INSERT ON {ROUTED} FOR EACH ROW EXECUTE FUNCTION nothing()",
        "CREATE TRIGGER moved",
    ),
    Kept(
        "trigger on a leaf",
        f"CREATE TRIGGER filed AFTER INSERT ON {LEAF} FOR EACH STATEMENT EXECUTE FUNCTION nothing()",
        "CREATE TRIGGER filed",
    ),
    Kept("rule", f"CREATE RULE told AS ON UPDATE TO {PLAIN} DO ALSO NOTIFY told", "CREATE RULE told AS"),
    Kept(
        "policy", f"CREATE POLICY own ON {PLAIN} TO bi USING (user_id = current_user)", f"CREATE POLICY own ON {PLAIN}"
    ),
    Kept("policy on a leaf", f"CREATE POLICY cold ON {LEAF} TO bi USING (true)", f"CREATE POLICY cold ON {LEAF}"),
    Kept("row-level security", f"ALTER TABLE {PLAIN} ENABLE ROW LEVEL SECURITY", f"{PLAIN} ENABLE ROW LEVEL SECURITY"),
    Kept("publication", f"CREATE PUBLICATION plain FOR TABLE {PLAIN}", f"plain ADD TABLE ONLY {PLAIN}"),
    Kept("publication of a parent", f"CREATE PUBLICATION whole FOR TABLE {PARENT}", f"whole ADD TABLE ONLY {PARENT}"),
    Kept("publication of a leaf", f"CREATE PUBLICATION part FOR TABLE {LEAF}", f"part ADD TABLE ONLY {LEAF}"),
    Kept(
        "storage parameter", f"ALTER TABLE {PLAIN} SET (fillfactor = 70, autovacuum_enabled = off)", "fillfactor='70'"
    ),
    Kept("storage parameter of a leaf", f"ALTER TABLE {LEAF} SET (fillfactor = 60)", "fillfactor='60'"),
    Kept("column statistics", f"ALTER TABLE {PLAIN} ALTER user_id SET STATISTICS 500", "user_id SET STATISTICS 500"),
    Kept("column statistics of a parent", f"ALTER TABLE {PARENT} ALTER status SET STATISTICS 400", "STATISTICS 400"),
    Kept("n_distinct", f"ALTER TABLE {PLAIN} ALTER browser SET (n_distinct = -0.5)", "n_distinct=-0.5"),
    Kept("column storage", f"ALTER TABLE {PLAIN} ALTER browser SET STORAGE EXTERNAL", "browser SET STORAGE EXTERNAL"),
    Kept("column default", f"ALTER TABLE {PLAIN} ALTER browser SET DEFAULT 'lynx'", "DEFAULT 'lynx'"),
    Kept("extra column", f"ALTER TABLE {PLAIN} ADD theirs text DEFAULT 'mine'", "theirs text DEFAULT 'mine'"),
    Kept("extra column of a parent", f"ALTER TABLE {PARENT} ADD etl_run integer", "etl_run integer"),
    Kept("replica identity", f"ALTER TABLE {PLAIN} REPLICA IDENTITY FULL", f"{PLAIN} REPLICA IDENTITY FULL"),
    Kept("replica identity of a leaf", f"ALTER TABLE {LEAF} REPLICA IDENTITY FULL", f"{LEAF} REPLICA IDENTITY FULL"),
    Kept(
        "cluster", f"CLUSTER {PLAIN} USING raw_sessions_start_time_idx", f"{PLAIN} CLUSTER ON raw_sessions_start_time"
    ),
    Kept("owner of another table", "ALTER TABLE bronze.raw_reviews OWNER TO dbt", "raw_reviews OWNER TO dbt"),
    Kept("view", f"CREATE VIEW marts.recent AS SELECT * FROM {PARENT}", "CREATE VIEW marts.recent"),
    Kept("view of a leaf", f"CREATE VIEW marts.february AS SELECT order_id FROM {LEAF}", "CREATE VIEW marts.february"),
    Kept("materialized view", f"CREATE MATERIALIZED VIEW marts.fast AS SELECT user_id FROM {PLAIN}", "marts.fast"),
    Kept("view of our view", "CREATE VIEW marts.items AS SELECT * FROM bronze.order_items", "CREATE VIEW marts.items"),
    Kept("function", f"CREATE FUNCTION marts.f({PLAIN}) RETURNS text LANGUAGE sql RETURN $1.user_id", "marts.f("),
    Kept("composite type", f"CREATE TABLE marts.snapshot (taken date, session {PLAIN})", "CREATE TABLE marts.snapshot"),
    Kept("inheriting table", f"CREATE TABLE marts.archive () INHERITS ({PLAIN})", f"INHERITS ({PLAIN})"),
    Kept(
        "place under another",
        "ALTER TABLE bronze.raw_customers INHERIT marts.people",
        "INHERITS (marts.people)",
    ),
    Kept(
        "foreign key of ours",
        "ALTER TABLE bronze.raw_reviews ADD CONSTRAINT bought FOREIGN KEY (product_id) REFERENCES bronze.raw_products",
        "CONSTRAINT bought",
    ),
    Kept(
        "default partition",
        f"CREATE TABLE bronze.rest PARTITION OF {ROUTED} DEFAULT",
        f"{ROUTED} ATTACH PARTITION bronze.rest DEFAULT",
    ),
    Kept(
        "empty default partition",
        "CREATE TABLE bronze.others PARTITION OF bronze.raw_clickstream DEFAULT",
        "bronze.raw_clickstream ATTACH PARTITION bronze.others DEFAULT",
    ),
    Kept(
        "partition elsewhere",
        f"CREATE TABLE marts.early PARTITION OF {PARENT} FOR VALUES FROM ('2000-01-01') TO ('2001-01-01')",
        f"{PARENT} ATTACH PARTITION marts.early",
    ),
    Kept(
        "default privileges",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA bronze GRANT SELECT ON TABLES TO guest",
        "DEFAULT PRIV",
    ),
]


@dataclass(frozen=True)
class Replaced:
    """A target that was replaced."""

    database: Database
    before: list[str]
    after: list[str]
    notices: list[str]
    report: object


ROLES = ("bi", "dbt", "guest")


@pytest.fixture(scope="module")
def replaced(server_dsn: str) -> Iterator[Replaced]:
    """A load on which its users have put all of it, replaced; its statements are told with roles of this test's own."""
    with fresh_database(server_dsn) as database:
        named = {role: f"{role}_{database.name}" for role in ROLES}
        plain = lambda lines: [_renamed(line, named) for line in lines]  # noqa: E731
        try:
            database.run(*(f"CREATE ROLE {role}" for role in named.values()))
            load(database)
            database.run(
                "CREATE SCHEMA marts",
                f"GRANT ALL ON SCHEMA bronze TO {named['dbt']}",
                "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
                "CREATE TABLE marts.people (LIKE bronze.raw_customers INCLUDING CONSTRAINTS)",
                *(_with_roles(each.statement, named) for each in KEPT),
            )
            before = dumped(database)
            report, notices = load(database, if_exists="replace")
            yield Replaced(
                database=database,
                before=plain(before),
                after=plain(dumped(database)),
                notices=notices,
                report=report,
            )
        finally:
            for role in named.values():
                database.run(f"DROP OWNED BY {role} CASCADE", f"DROP ROLE {role}")


def _with_roles(statement: str, named: dict[str, str]) -> str:
    for role, name in named.items():
        statement = statement.replace(f"TO {role}", f"TO {name}").replace(f"ROLE {role}", f"ROLE {name}")
    return statement


def _renamed(text: str, named: dict[str, str]) -> str:
    for role, name in named.items():
        text = text.replace(name, role)
    return text


@pytest.mark.parametrize("kept", KEPT, ids=lambda each: each.name)
def test_a_replace_keeps_what_users_have_put_on_our_tables(replaced: Replaced, kept: Kept):
    assert any(kept.told in text for text in replaced.before), "the test does not put it there"
    lost = [text for text in replaced.before if kept.told in text and text not in replaced.after]
    assert lost == []


def test_a_replace_adds_nothing_and_takes_nothing_that_pg_dump_can_tell(replaced: Replaced):
    before, after = set(replaced.before), set(replaced.after)
    assert (before - after, after - before) == (set(), set())


def test_partitions_that_carry_nothing_of_others_are_made_anew_by_the_fast_path(replaced: Replaced):
    phases = dict(
        replaced.database.rows(
            "SELECT shard, phases ? 'attach' FROM bronze.shardgen_shards WHERE generation = 2 AND target = 'orders'"
        )
    )
    assert phases == {"orders/2025-01": True, "orders/2025-02": True, "orders/2025-03": True}


# How it goes on


FEW = ("orders", "sessions")
GRANTED = "SELECT has_table_privilege('pg_monitor', 'bronze.raw_orders_2025_02', 'SELECT')"
PHASES = "SELECT phases ? 'attach' FROM bronze.shardgen_shards WHERE shard = 'orders/2025-02' ORDER BY generation DESC"


def dying(event) -> None:
    """A display that stops the load as a bug would, once the tables are claimed."""
    if isinstance(event, LoadStarted):
        raise KeyError


def stopped(database: Database, **how) -> None:
    """A replace that ends before its first shard."""
    config = fakes.plan_config(tables=FEW)
    with pytest.raises(KeyError):
        fakes.load(database.dsn, config, show=dying, if_exists="replace", **how)


def resumed(database: Database) -> None:
    fakes.resume(database.dsn)


@pytest.fixture
def granted(database: Database) -> Database:
    """A load of which one partition carries a grant."""
    load(database, tables=FEW)
    database.run("GRANT SELECT ON bronze.raw_orders_2025_02 TO pg_monitor")
    return database


def test_a_partition_that_a_replace_has_set_aside_is_filled_and_attached_by_a_resume(granted):
    stopped(granted)
    assert granted.value("SELECT count(*) FROM pg_inherits WHERE inhparent = 'bronze.raw_orders'::regclass") == 0
    resumed(granted)
    assert granted.value(GRANTED)
    assert granted.value(PHASES)
    assert granted.value("SELECT count(*) FROM bronze.raw_orders_2025_02") == 200
    assert (
        granted.value("SELECT set_aside FROM bronze.shardgen_targets WHERE target = 'orders'") == "raw_orders_2025_02"
    )


def test_a_replace_of_a_replace_that_was_cut_short_keeps_it_too(granted):
    stopped(granted)
    stopped(granted)
    load(granted, tables=FEW, if_exists="replace")
    assert granted.value(GRANTED)
    assert granted.value("SELECT count(*) FROM bronze.raw_orders") == 600


def test_it_is_attached_empty_where_the_parent_is_loaded_by_routing_meanwhile(granted):
    stopped(granted)
    granted.run(
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER moved BEFORE INSERT ON bronze.raw_orders FOR EACH ROW EXECUTE FUNCTION nothing()",
    )
    resumed(granted)
    assert granted.value(GRANTED)
    assert granted.value("SELECT count(*) FROM bronze.raw_orders_2025_02") == 200


def test_a_row_that_somebody_puts_into_it_meanwhile_is_not_taken_away(granted):
    stopped(granted)
    granted.run(
        "INSERT INTO bronze.raw_orders_2025_02 (order_id, order_date, source_system) VALUES ('x', '2025-02-02', '')"
    )
    with pytest.raises(ShardError, match="raw_orders_2025_02 was set aside by a replace, and holds rows now: empty or"):
        resumed(granted)
    assert granted.value("SELECT count(*) FROM bronze.raw_orders_2025_02") == 1


def test_a_reset_takes_it_away_and_says_what_goes_with_the_tables(granted):
    stopped(granted)
    with Control(granted.dsn, "bronze") as control:
        found = survey.survey(control.connection, "bronze", None, every=True, plans=survey.plans(Recipe()))
        carried = {each.claim.target: each.carried for each in found.removals}
        assert carried == {"orders": ("privileges of pg_monitor",), "sessions": ()}
        reset.carry_out(control.connection, "bronze", found, survey.plans(Recipe()), lambda _: None)
    assert granted.value("SELECT to_regnamespace('bronze') IS NULL")


def test_a_partition_beyond_a_shorter_window_waits_for_a_longer_one(granted):
    load(granted, tables=FEW, if_exists="replace", months=1)
    assert granted.value(GRANTED)
    assert granted.value("SELECT count(*) FROM bronze.raw_orders_2025_02") == 0
    load(granted, tables=FEW, if_exists="replace")
    assert granted.value(GRANTED)
    assert granted.value("SELECT count(*) FROM bronze.raw_orders") == 600


# Indexes and keys


def indexes(database: Database, table: str) -> set[str]:
    rows = database.rows("SELECT indexname FROM pg_indexes WHERE schemaname = 'bronze' AND tablename = %s", [table])
    return {row[0].removeprefix(f"{table}_") for row in rows}


SOME = {("none", "full"), ("keys", "keys"), ("full", "none")}
"""More than before, the same, and fewer; the others are tried with the slow tests."""


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        pytest.param(before, wanted, marks=() if (before, wanted) in SOME else pytest.mark.slow)
        for before in ("none", "keys", "full")
        for wanted in ("none", "keys", "full")
    ],
)
def test_a_replace_leaves_the_indexes_that_it_was_asked_for_and_those_of_others(database, before, wanted):
    load(database, tables=FEW, indexes=before)
    database.run(
        "CREATE INDEX mine ON bronze.raw_sessions (browser)", "CREATE INDEX mine2 ON bronze.raw_orders (status)"
    )
    load(database, tables=FEW, indexes=wanted, if_exists="replace")
    for name, theirs in (("sessions", "mine"), ("orders", "mine2")):
        ours = {f"{index.column}_idx" for index in dataset()[name].table.indexes_for(wanted)}
        assert indexes(database, f"raw_{name}") == ours | {"pkey", theirs}
    leaf = indexes(database, "raw_orders_2025_01")
    assert len(leaf) == len(indexes(database, "raw_orders"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "CREATE VIEW public.grouped AS SELECT session_id, user_id FROM bronze.raw_sessions GROUP BY session_id",
        "ALTER TABLE bronze.raw_sessions REPLICA IDENTITY USING INDEX raw_sessions_pkey",
        "ALTER TABLE bronze.raw_sessions DROP CONSTRAINT raw_sessions_pkey",
        "ALTER TABLE bronze.raw_sessions SET UNLOGGED",
    ],
)
@pytest.mark.parametrize("keyless_rows", [100, 10**6], ids=["key at the end", "key during COPY"])
def test_a_replaced_table_has_its_key_and_survives_a_crash(database, statement, keyless_rows):
    load(database, tables=("sessions",), keyless_rows=keyless_rows)
    database.run(statement)
    load(database, tables=("sessions",), if_exists="replace", keyless_rows=keyless_rows)
    assert "pkey" in indexes(database, "raw_sessions")
    assert database.value("SELECT relpersistence FROM pg_class WHERE relname = 'raw_sessions'") == "p"


# What cannot be kept


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("ALTER TABLE bronze.raw_orders DROP status", "column=raw_orders.status is missing"),
        ("ALTER TABLE bronze.raw_orders DROP source_system", "column=raw_orders.source_system is missing: add it as"),
        ("ALTER TABLE bronze.raw_orders RENAME status TO state", "column=raw_orders.status is missing"),
        ("ALTER TABLE bronze.raw_orders ALTER status TYPE varchar(9)", ""),
        ("ALTER TABLE bronze.raw_orders ALTER total_amount TYPE float8", "column=raw_orders.total_amount is double"),
        ("ALTER TABLE bronze.raw_orders ADD due date NOT NULL DEFAULT now()", ""),
    ],
)
def test_a_table_that_cannot_be_filled_any_more_is_made_anew_and_what_it_loses_is_said_before(database, change, why):
    load(database, tables=FEW)
    database.run(
        "DROP VIEW bronze.order_items",
        "GRANT SELECT ON bronze.raw_orders TO pg_monitor",
        "GRANT SELECT (order_id) ON bronze.raw_orders_2025_01 TO PUBLIC",
        "COMMENT ON TABLE bronze.raw_orders IS 'mine'",
        "CREATE INDEX mine ON bronze.raw_orders (total_amount)",
        change,
    )
    if not why:
        load(database, tables=FEW, if_exists="replace")
        return
    lost = "it loses a comment, column privileges of PUBLIC, .*index mine, privileges of pg_monitor: say --yes, or mend"
    with pytest.raises(TargetError, match=rf"raw_orders is dropped and created anew, because {why}.*: {lost}"):
        load(database, tables=FEW, if_exists="replace")
    assert database.value("SELECT count(*) FROM bronze.shardgen_runs") == 1
    report, notices = load(database, tables=FEW, if_exists="replace", yes=True)
    assert report.ok
    assert any("it loses a comment" in text for text in notices)
    assert database.value("SELECT count(*) FROM bronze.raw_orders") == 600


@pytest.mark.parametrize(
    ("hanging", "named"),
    [
        ("CREATE VIEW public.v AS SELECT order_id FROM bronze.raw_orders", "view v depends on table bronze.raw_orders"),
        (
            "CREATE TABLE public.part PARTITION OF bronze.raw_orders DEFAULT",
            "table part is a partition of table bronze.raw_orders: detach it first",
        ),
        ("CREATE TABLE public.row (o bronze.raw_orders)", 'table "row" depends on table bronze.raw_orders'),
    ],
)
def test_a_table_that_must_be_made_anew_and_that_others_hang_on_is_refused_even_with_yes(database, hanging, named):
    load(database, tables=FEW)
    database.run(hanging, "ALTER TABLE bronze.raw_orders DROP COLUMN ingestion_timestamp")
    with pytest.raises(TargetError, match=named):
        load(database, tables=FEW, if_exists="replace", yes=True)
    assert database.value("SELECT count(*) FROM bronze.shardgen_runs") == 1


def test_rows_of_others_in_a_partition_of_others_go_only_with_yes(database):
    load(database, tables=FEW)
    database.run(
        "CREATE TABLE bronze.rest PARTITION OF bronze.raw_orders DEFAULT",
        "INSERT INTO bronze.raw_orders (order_id, order_date, source_system) VALUES ('mine', '2001-01-01', 'me')",
    )
    with pytest.raises(TargetError, match=r"raw_orders holds rows that shardgen did not load, and .*: say --yes"):
        load(database, tables=FEW, if_exists="replace")
    load(database, tables=FEW, if_exists="replace", yes=True)
    assert database.value("SELECT count(*) FROM bronze.rest") == 0
    assert database.value("SELECT count(*) FROM bronze.raw_orders") == 600


def test_one_of_two_tables_that_a_foreign_key_ties_is_not_replaced_alone(database):
    load(database, tables=("reviews", "products"))
    database.run("ALTER TABLE bronze.raw_reviews ADD FOREIGN KEY (product_id) REFERENCES bronze.raw_products")
    with pytest.raises(
        TargetError, match=r"raw_products is referenced by the foreign key .* of bronze.raw_reviews: rep"
    ):
        load(database, tables=("products",), if_exists="replace")
    load(database, tables=("reviews", "products"), if_exists="replace")
