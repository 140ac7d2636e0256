"""shardgen report on small real loads: its figures are those of the tables, and what was not loaded is told."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

import shardgen
from shardgen.cli import entry
from shardgen.errors import ReportError, TargetError
from shardgen.page import page
from shardgen.page.measure import measure
from shardgen.page.numbers import Numbers
from shardgen.page.sections import sections
from shardgen.stores.postgres.reader import PostgresReader
from shardgen.stores.postgres.readers import reader
from tests.conftest import Database, fresh_database

ROOT = Path(__file__).parents[2]
WORLD = ("--days", "31", "--end", "2026-01-01", "--customers", "200", "--products", "60")
QUIET = ("--quiet", "--progress", "none", "--engine", "threads")
VOLUME = ("--orders-per-day", "30", "--sessions-per-day", "60", "--events-per-session", "6")


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def program(*arguments: str, cwd: Path = ROOT) -> Done:
    """One run of the command line."""
    ours = ("SHARDGEN_", "PG", "POSTGRES_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = [sys.executable, "-m", "shardgen", *arguments]
    environ = {**clean, "COLUMNS": "160", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ, cwd=cwd, timeout=120)
    return Done(code=done.returncode, out=done.stdout, err=done.stderr)


def load(database: Database, *arguments: str) -> None:
    with pytest.raises(SystemExit) as ended:  # in this process
        entry.main(["load", f"--dsn={database.dsn}", *QUIET, *WORLD, *VOLUME, *arguments])
    assert not ended.value.code


def measured(database: Database, *, dsn: str = "", run: int | None = None) -> Numbers:
    reader = PostgresReader(dsn or database.dsn, "bronze", workers=1, purpose="report")
    return measure(reader, lambda event: None, run=run)


def missing(numbers: Numbers) -> dict[str, str]:
    return {name: answer.missing for name, answer in numbers.answers.items() if answer.missing}


@pytest.fixture(scope="module")
def loaded(server_dsn: str) -> Iterator[Database]:
    with fresh_database(server_dsn) as database:
        load(database)
        yield database


@pytest.fixture(scope="module")
def numbers(loaded: Database) -> Numbers:
    return measured(loaded)


@pytest.fixture(scope="module")
def of_versions(server_dsn: str) -> Iterator[Database]:
    """Four months and a half, each record with all its versions."""
    with fresh_database(server_dsn) as database:
        load(database, "--days", "135", "--end", "2025-05-16", "--orders-per-day", "10", "--history", "versions")
        yield database


@pytest.fixture(scope="module")
def history(of_versions: Database) -> Numbers:
    return measured(of_versions)


@pytest.fixture(scope="module")
def year(server_dsn: str) -> Iterator[Database]:
    """Long enough for prices to change."""
    with fresh_database(server_dsn) as database:
        load(database, "--days", "365", "--orders-per-day", "5", "--tables", "orders,products")
        yield database


# What is told is what is there


def test_every_query_has_an_answer_where_records_have_versions(history):
    assert missing(history) == {}
    assert {reason for each in sections(history) for reason in each.missing} <= {"there is nothing to show"}


def test_every_query_of_a_whole_load_has_an_answer(numbers):
    assert missing(numbers) == {}
    rare = {"price history", "lifts"}  # a month has few new prices, and not every one a category on offer
    assert {name for name, answer in numbers.answers.items() if not answer.rows} <= rare
    assert {reason for each in sections(numbers) for reason in each.missing} <= {"there is nothing to show"}


@pytest.mark.parametrize(
    ("query", "column", "sql"),
    [
        ("sales", "orders", "SELECT count(*) FROM bronze.raw_orders"),
        ("sales", "buyers", "SELECT count(DISTINCT customer_id) FROM bronze.raw_orders"),
        ("sales", "revenue", "SELECT sum(total_amount)::float FROM bronze.raw_orders WHERE NOT status = 'cancelled'"),
        ("funnel", "sessions", "SELECT count(*) FROM bronze.raw_sessions"),
        ("funnel", "events", "SELECT count(*) FROM bronze.raw_clickstream"),
        ("funnel", "bounced", "SELECT count(*) FROM bronze.raw_sessions WHERE raw_data ->> 'event_count' = '1'"),
        ("funnel", "bought", "SELECT count(*) FROM bronze.raw_orders WHERE raw_data ->> 'channel' = 'web'"),
        (
            "funnel",
            "filled",
            "SELECT count(DISTINCT session_id) FROM bronze.raw_clickstream WHERE event_type = 'add_to_cart'",
        ),
        (
            "delivered",
            "delivered",
            """SELECT count(*) FROM bronze.raw_orders WHERE raw_data ->> 'channel' = 'web'
            AND status IN ('delivered', 'returned', 'partially_returned')""",
        ),
        (
            "reviewed",
            "reviewed",
            """SELECT count(DISTINCT o.order_id) FROM bronze.raw_reviews AS r JOIN bronze.raw_orders AS o
            ON o.order_id = r.raw_data ->> 'order_id' WHERE o.raw_data ->> 'channel' = 'web'""",
        ),
        ("catalogue", "products", "SELECT count(*) FROM bronze.raw_products"),
        ("delivery", "median", """SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM
            (raw_data ->> 'delivered_at')::timestamp - order_date) / 86400) FROM bronze.raw_orders
            WHERE raw_data ->> 'channel' <> 'store'"""),
        ("bestsellers", "units", """SELECT sum(quantity) FROM bronze.order_items
            GROUP BY product_id ORDER BY 1 DESC LIMIT 1"""),
        ("split orders", "split", """SELECT count(*) FROM bronze.raw_orders
            WHERE jsonb_array_length(raw_data -> 'shipments') > 0"""),
        ("promotions", "revenue", """SELECT sum(total_amount) FROM bronze.order_items WHERE promotion IS NOT NULL
            GROUP BY promotion ORDER BY 1 DESC LIMIT 1"""),
        ("stock", "units", """SELECT sum(quantity) FROM bronze.raw_inventory WHERE movement_date < '2025-12-02'
            AND (product_id, warehouse_id) = (%s, %s)"""),
    ],
)  # fmt: skip
def test_a_figure_is_that_of_the_tables(query, column, sql, loaded, numbers):
    row = numbers.first(query)
    parameters = [row["product_id"], row["warehouse_id"]] if query == "stock" else None
    assert row[column] == pytest.approx(float(loaded.value(sql, parameters)), abs=1e-4)


@pytest.mark.parametrize(
    ("query", "column", "sql"),
    [
        ("volumes", "rows", "SELECT sum(rows) FROM bronze.shardgen_shards"),
        ("orders over time", "orders", "SELECT count(*) FROM bronze.raw_orders"),
        ("sessions over time", "sessions", "SELECT count(*) FROM bronze.raw_sessions"),
        ("hours", "sessions", "SELECT count(*) FROM bronze.raw_sessions"),
        ("cohorts", "buyers", "SELECT count(DISTINCT customer_id) FROM bronze.raw_orders"),
        ("buyers by month", "new", "SELECT count(DISTINCT customer_id) FROM bronze.raw_orders"),
        ("local hours", "sessions", "SELECT count(user_id) FROM bronze.raw_sessions"),
        ("channels", "orders", "SELECT count(*) FROM bronze.raw_orders"),
        ("ratings", "reviews", "SELECT count(*) FROM bronze.raw_reviews"),
        ("devices", "bought", "SELECT count(*) FROM bronze.raw_orders WHERE raw_data ->> 'channel' = 'web'"),
        ("sources", "bought", "SELECT count(*) FROM bronze.raw_orders WHERE raw_data ->> 'channel' = 'web'"),
        ("countries", "sessions", "SELECT count(*) FROM bronze.raw_sessions"),
        ("markets", "orders", "SELECT count(*) FROM bronze.raw_orders"),
        ("movements", "units", "SELECT sum(quantity) FROM bronze.raw_inventory"),
        ("review lags", "reviews", "SELECT count(*) FROM bronze.raw_reviews"),
        ("category seasons", "units", "SELECT sum(quantity) FROM bronze.order_items"),
        ("price changes", "products", "SELECT count(*) FROM bronze.raw_products"),
        ("price changes", "changed", """SELECT count(*) FROM bronze.raw_products WHERE raw_data ->> 'price_since'
            > greatest(raw_data ->> 'launched_at', '2025-12')"""),
        ("reductions", "revenue", "SELECT sum(total_amount) FROM bronze.order_items"),
        ("reductions", "reduced", "SELECT sum(total_amount) FROM bronze.order_items WHERE promotion IS NOT NULL"),
        ("payments", "orders", "SELECT count(*) FROM bronze.raw_orders"),
        ("payments", "retried", """SELECT count(*) FROM bronze.raw_orders
            WHERE jsonb_path_exists(raw_data, '$.payments[*] ? (@.outcome == "failed")')"""),
        ("failed payments", "attempts", """SELECT count(*) FROM bronze.raw_orders,
            jsonb_path_query(raw_data, '$.payments[*] ? (@.outcome == "failed")')"""),
        ("payment states", "amount", "SELECT sum(total_amount) FROM bronze.raw_orders"),
        ("journeys", "sessions", "SELECT count(*) FROM bronze.raw_sessions"),
        ("journeys", "bought", "SELECT count(*) FROM bronze.raw_orders WHERE raw_data ->> 'channel' = 'web'"),
        ("shards", "rows", "SELECT sum(rows) FROM bronze.shardgen_shards"),
        ("effort", "seconds", """SELECT sum(p.value::float) FROM bronze.shardgen_shards,
            jsonb_each_text(phases) AS p"""),
    ],
)  # fmt: skip
def test_the_parts_add_up_to_the_whole(query, column, sql, loaded, numbers):
    assert sum(row[column] for row in numbers.rows(query)) == pytest.approx(float(loaded.value(sql)), abs=1e-3)


def test_the_bytes_are_those_of_the_server(loaded):
    sizes = """SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class AS c
        WHERE c.relnamespace = 'bronze'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'raw%'"""
    while True:
        before, found, after = loaded.value(sizes), measured(loaded), loaded.value(sizes)
        if before == after:  # no autovacuum cut a file meanwhile
            break
    assert sum(row["heap"] + row["indexes"] for row in found.rows("volumes")) == before


def test_the_days_of_a_curve_are_those_of_the_window(numbers):
    days = [row["start"][:10] for row in numbers.rows("orders over time")]
    assert (days[0], days[-1], len(set(days))) == ("2025-12-01", "2025-12-31", 31)


@pytest.mark.parametrize("query", ["popularity", "loyalty"])
def test_a_concentration_rises_to_the_whole_and_never_faster_than_before(query, numbers):
    shares = [(row["percent"], row["share"]) for row in numbers.rows(query)]
    assert shares[-1] == (100, 100)
    slopes = [(b - a) / (q - p) for (p, a), (q, b) in zip([(0, 0.0), *shares], shares, strict=False)]
    assert all(share >= percent - 1e-3 for percent, share in shares)
    assert slopes[0] >= slopes[-1] >= 0


def test_a_cohort_is_never_more_than_those_who_came_first_and_each_buyer_is_of_one(of_versions, history):
    rows = history.rows("cohorts")
    first = {row["cohort"]: row["buyers"] for row in rows if row["later"] == 0}
    assert {cohort[:7] for cohort in first} <= {f"2025-0{month}" for month in range(1, 5)}  # of whole months alone
    assert 1 < len(rows) <= 10
    assert all(0 < row["buyers"] <= first[row["cohort"]] for row in rows)
    whole = "SELECT count(DISTINCT customer_id) FROM bronze.raw_orders WHERE order_date < '2025-05-01'"
    assert sum(first.values()) == of_versions.value(whole)


def test_buyers_of_a_month_are_new_or_have_ordered_in_a_month_before(of_versions, history):
    rows = history.rows("buyers by month")
    assert [row["month"][:7] for row in rows] == [f"2025-0{month}" for month in range(1, 6)]
    assert rows[0]["back"] == 0 < rows[-1]["back"]
    for row in rows:
        both = """SELECT count(DISTINCT customer_id), count(DISTINCT order_id) FROM bronze.raw_orders
            WHERE date_trunc('month', order_date) = %s::timestamp"""
        [[buyers, orders]] = of_versions.rows(both, [row["month"]])
        assert (row["new"] + row["back"], row["orders_of_new"] + row["orders_of_back"]) == (buyers, orders)


def test_prices_of_a_history_are_those_that_orders_have_on_these_days(year):
    rows = measured(year).rows("price history")
    assert len({row["product_id"] for row in rows}) == 4
    paid = "SELECT DISTINCT unit_price FROM bronze.order_items WHERE product_id = %s AND order_date::date = %s::date"
    for row in rows:
        [[price]] = year.rows(paid, [row["product_id"], row["day"]])
        assert row["price"] == float(price)


def test_a_lift_is_of_the_units_that_its_category_sold_while_it_was_on_offer(year):
    rows = measured(year).rows("lifts")
    assert rows
    sold = """SELECT sum(quantity) FROM bronze.order_items JOIN bronze.raw_products USING (product_id)
        WHERE category = %s AND order_date::date BETWEEN %s::date AND %s::date"""
    for row in rows:
        assert row["units"] == year.value(sold, [row["category"], row["begins"], row["ends"]])
        assert row["usual"] > 0


def test_an_empty_shelf_is_one_where_nothing_lies_when_a_day_ends(loaded, numbers):
    empty = """SELECT count(*)
        FROM (SELECT DISTINCT product_id, warehouse_id FROM bronze.raw_inventory) AS s
        CROSS JOIN generate_series('2025-12-01'::date, '2025-12-31', '1 day') AS day
        WHERE (SELECT sum(quantity) FROM bronze.raw_inventory AS i WHERE i.product_id = s.product_id
               AND i.warehouse_id = s.warehouse_id AND movement_date < day + interval '1 day') = 0"""
    assert sum(row["empty"] for row in numbers.rows("stock outs")) == loaded.value(empty)


def test_programs_are_bots_of_the_truth_and_those_that_do_not_say_so_are_left_out(loaded, numbers):
    found = sum(row["sessions"] for row in numbers.rows("programs"))
    bots = [row["session_id"] for row in shardgen.truth("bots", dsn=loaded.dsn)]
    told = """SELECT count(*) FROM bronze.raw_sessions WHERE session_id = ANY (%s)
        AND raw_data ->> 'user_agent' ~* 'bot|spider|headless'"""
    assert 0 < found < len(bots)
    assert found == loaded.value(told, [bots])


def test_the_funnel_narrows(numbers):
    counts = numbers.first("funnel") | numbers.first("delivered") | numbers.first("reviewed")
    stages = ("sessions", "viewed", "filled", "checked_out", "bought", "delivered", "reviewed")
    assert sorted((counts[stage] for stage in stages), reverse=True) == [counts[stage] for stage in stages]


# What was not loaded


def test_tables_that_were_not_loaded_are_missing_with_the_reason(database):
    load(database, "--tables", "orders,inventory")
    load(database, "--tables", "reviews", "--raw-data", "none")
    found = measured(database)
    gaps = missing(found)
    assert gaps["funnel"] == "table clickstream was not loaded"
    assert gaps["popularity"] == "table products was not loaded"
    assert gaps["quality"] == "table reviews was loaded without raw_data"
    assert found.first("sales")["orders"] == 930
    assert found.rows("ratings")
    html = page.render(found, sections(found), lambda event: None)
    assert "Not shown: the funnel of the sessions (table clickstream was not loaded)." in html
    of_two = measured(database, run=2)
    assert of_two.facts.tables == {"reviews": 2}
    assert missing(of_two)["sales"] == "table orders belongs to run=1"
    assert {row["run"] for row in of_two.rows("shards")} == {2}


@pytest.mark.parametrize(
    "options",
    [
        ("--raw-data", "none"),
        pytest.param(("--raw-data", "lean"), marks=pytest.mark.slow),
        pytest.param(("--days", "1"), marks=pytest.mark.slow),
        ("--orders-per-day", "0", "--sessions-per-day", "0", "--products", "0"),
        pytest.param(
            ("--days", "1", "--customers", "1", "--products", "1", "--orders-per-day", "1", "--sessions-per-day", "1"),
            marks=pytest.mark.slow,
        ),
        pytest.param(("--indexes", "none", "--warehouses", "1"), marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_any_load_makes_a_page_and_each_section_of_it_says_something(options, database):
    load(database, *options)
    found = measured(database)
    assert not [reason for reason in missing(found).values() if not reason.startswith("table ")]
    made = sections(found)
    assert [each.name for each in made if not each.findings and not each.missing] == []
    assert page.render(found, made, lambda event: None).endswith("</html>\n")
    if "lean" in options:
        assert missing(found) == {}


def test_a_schema_with_a_hostile_name_is_read_and_shown_as_text(database, tmp_path, command, monkeypatch):
    schema = "a\"b'<script>x</script>;--"
    load(database, "--schema", schema, "--days", "2")
    monkeypatch.chdir(tmp_path)
    done = command("report", "--dsn", database.dsn, "--schema", schema, "-q")
    assert (done.code, done.out, done.err) == (0, "", "")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert "a&quot;b&#x27;&lt;script&gt;x&lt;/script&gt;;--" in html


def test_a_column_that_somebody_dropped_costs_its_pictures_only(database):
    load(database, "--tables", "orders,reviews")
    database.run("ALTER TABLE bronze.raw_reviews DROP COLUMN helpful_count")
    found = measured(database)
    assert missing(found)["ratings"].startswith('the tables are not what they should be: column "helpful_count"')
    assert found.first("sales")["orders"] == 930


def test_rows_that_were_there_are_shown_with_the_others_and_told(database):
    load(database, "--days", "3", "--epoch", "2025-12-29", "--horizon", "31", "--end", "2026-01-01")
    database.run(
        "INSERT INTO bronze.raw_sessions (session_id, start_time, source_system) VALUES ('x', '2025-12-30', 'y')"
    )
    load(
        database, "--days", "4", "--epoch", "2025-12-29", "--horizon", "31", "--end", "2026-01-02",
        "--if-exists", "append", "--on-conflict", "skip",
    )  # fmt: skip
    found = measured(database)
    assert missing(found) == {}
    assert found.facts.others["sessions"] > 3
    assert found.first("sales")["orders"] == database.value("SELECT count(*) FROM bronze.raw_orders")
    [visitors] = [each for each in sections(found) if each.name == "visitors"]
    assert "unknown" in {name for row in visitors.tables[0].rows for name in row}
    html = page.render(found, sections(found), lambda event: None)
    assert f"beside rows that were there</dt><dd>{found.facts.others['customers']} customers, " in html


# Reading only


def test_a_role_that_may_only_read_can_report_and_nothing_is_written(loaded):
    role = f"reader_{uuid.uuid4().hex}"
    loaded.run(
        f"CREATE ROLE {role}", f"GRANT USAGE ON SCHEMA bronze TO {role}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA bronze TO {role}",
    )  # fmt: skip
    try:
        found = measured(loaded, dsn=make_conninfo(loaded.dsn, options=f"-c role={role}"))
        assert missing(found) == {}
    finally:
        loaded.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_the_session_of_a_report_names_itself(loaded):
    with reader(loaded.dsn, "bronze", purpose="report") as connection:
        assert connection.execute("SHOW application_name").fetchone()[0].startswith("shardgen:report:")
        assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)


# The command line


def test_the_command_writes_a_page(loaded, tmp_path):
    done = program("report", "--dsn", loaded.dsn, "--progress", "plain", "-o", "shop.html", cwd=tmp_path)
    assert (done.code, done.out) == (0, "")
    assert "46 queries" in done.err
    assert re.search(r"\d+ pictures", done.err)
    assert re.search(r"shop\.html: [\d.]+ [KM]iB, open it in a browser", done.err)
    [written] = tmp_path.iterdir()
    assert written.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_page_on_standard_output(loaded, command):
    done = command("report", "--dsn", loaded.dsn, "--progress", "none", "-o", "-")
    assert done.code == 0
    assert done.out.startswith("<!doctype html>")
    assert done.err == ""


def test_the_numbers_alone(loaded, tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = command("report", "--dsn", loaded.dsn, "--json", "--progress", "none")
    assert (done.code, done.err, list(tmp_path.iterdir())) == (0, "", [])
    told = json.loads(done.out)
    assert told.keys() == {"facts", "answers", "seconds"}
    assert told["answers"]["sales"]["rows"][0]["orders"] == 930
    assert told["answers"]["sales"].keys() == {"name", "about", "rows", "missing", "seconds"}
    assert told["facts"]["runs"][0]["plan"]["world"]["seed"] == 42


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--schema", "silver"), "schema='silver' holds no ledger: load it with shardgen first"),
        (("--run", "7"), "run=7 is not in schema='bronze': choose from 1"),
        (("--dsn", "host=127.0.0.1 port=1 connect_timeout=2"), "cannot connect"),
        (("-o", "no/where/report.html"), "output='no/where/report.html' lies in no folder that exists"),
    ],
)
def test_what_cannot_be_reported_exits_2(arguments, text, loaded, command):
    done = command("report", "--dsn", loaded.dsn, "--progress", "none", *arguments)
    assert (done.code, done.out) == (2, "")
    assert text in done.err


def test_errors_carry_no_secret():
    with pytest.raises(TargetError) as raised:
        PostgresReader("postgresql://me:s3cret@127.0.0.1:1/x?connect_timeout=2", "bronze", workers=1, purpose="report")
    assert "s3cret" not in str(raised.value)


def test_an_unfinished_run_is_no_subject(database):
    load(database, "--tables", "customers")
    database.run("UPDATE bronze.shardgen_runs SET state = 'interrupted'")
    with pytest.raises(ReportError, match="customers belongs to run=1, which is interrupted"):
        measured(database)
