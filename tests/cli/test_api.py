"""The functions of ``import shardgen``: what they return and what they refuse."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from types import SimpleNamespace

import pyarrow as pa
import pytest

import shardgen
import shardgen.loading
from shardgen import api
from shardgen.cli import advancing, embedded, loading, parts, reporting, targets
from shardgen.errors import ConfigError, Given, Use
from shardgen.events import Notice
from shardgen.model.notebook import html_table
from shardgen.options import keywords, wording
from shardgen.tables import dataset
from shardgen.tables.wanted import plan_config
from tests.worlds import TABLES

SMALL = {"customers": 100, "products": 50, "days": 3, "end": "2026-01-01"}


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SHARDGEN_", "POSTGRES_", "PG")):
            monkeypatch.delenv(name)


def test_every_option_of_the_plan_is_a_keyword():
    assert set(api.Options.__annotations__) == set(inspect.signature(plan_config).parameters) - {"today"}


FRONT = {"as_json", "quiet", "verbose", "options"}
"""What is of a terminal alone."""
APART = {
    "load": {"verify", "part", "claim"},  # functions of their own
    "reset": {"every", "all"},  # one thing by two names: --all
    "status": {"watch"},  # until somebody looks away
    "report": {"output", "show"},  # where to write the page, and what to do with it
}
COMMANDS = [
    loading.load,
    advancing.advance,
    parts.commit,
    loading.verify,
    targets.status,
    targets.reset,
    reporting.report,
    embedded.url,
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_a_function_takes_every_option_of_its_command_and_no_other(command):
    name = command.__name__
    function = getattr(api, name)
    kind = inspect.signature(function).parameters["options"].annotation.removeprefix("Unpack[").removesuffix("]")
    accepted = {*inspect.signature(function).parameters, *getattr(keywords, kind).__annotations__}
    taken = set(inspect.signature(command).parameters)
    assert taken - FRONT - APART.get(name, set()) == accepted - FRONT - APART.get(name, set())


def test_an_option_that_a_function_does_not_take_is_refused_by_name():
    with pytest.raises(ConfigError, match="option 'customers' is unknown"):
        shardgen.verify("host=nowhere", customers=3)


def test_a_variable_chooses_the_display_of_a_function_too(monkeypatch):
    monkeypatch.setenv("SHARDGEN_PROGRESS", "loud")
    with pytest.raises(ConfigError, match=r"progress='loud' is unknown: .*\(it comes from SHARDGEN_PROGRESS\)"):
        shardgen.verify("host=nowhere")


def test_plan_is_the_one_that_a_load_carries_out(monkeypatch):
    seen = []

    def load(plan, load, store, *, options, **rest):
        seen.append((plan, load, store, options))

    straw = SimpleNamespace(load=load)
    monkeypatch.setitem(sys.modules, "shardgen.loading.session", straw)
    monkeypatch.setattr(shardgen.loading, "session", straw, raising=False)
    how = {"workers": 3, "if_exists": "replace", "stall_timeout": 7, "attempts": 2, "batch_rows": 512}
    shardgen.load("host=nowhere", progress="none", tables=["orders"], **how, **SMALL)
    [(plan, load, store, options)] = seen
    assert plan == shardgen.plan(tables="orders", **SMALL).config
    assert store.dsn == "host=nowhere"
    assert {name: getattr(load, name) for name in how} == how
    assert options["tables"] == ["orders"]


@pytest.mark.parametrize("way", ["argument", "variable"])
def test_a_load_keeps_a_log_where_one_is_named(way, monkeypatch, tmp_path):
    def load(plan, load, store, *, show, **rest):
        show(Notice(text="with s3cret in it"))

    straw = SimpleNamespace(load=load)
    monkeypatch.setitem(sys.modules, "shardgen.loading.session", straw)
    monkeypatch.setattr(shardgen.loading, "session", straw, raising=False)
    named = {"log_file": "events.jsonl"} if way == "argument" else {}
    if way == "variable":
        monkeypatch.setenv("SHARDGEN_LOG_FILE", "events.jsonl")
    shardgen.load("postgresql://me:s3cret@nowhere/shop", progress="none", **named, **SMALL)
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["Began", "Notice", "Ended"]
    assert lines[1]["text"] == "with *** in it"


def test_a_log_that_cannot_be_written_is_refused_by_its_argument(monkeypatch, tmp_path):
    with pytest.raises(ConfigError, match=r"log_file='.*' cannot be written"):
        shardgen.load("host=nowhere", progress="none", log_file=tmp_path / "no" / "log", **SMALL)


def test_dates_may_be_dates():
    assert shardgen.plan(end=date(2026, 1, 1), days=3).config == shardgen.plan(end="2026-01-01", days=3).config


@pytest.mark.parametrize("table", TABLES)
def test_a_sample_has_every_column_as_a_python_object(table):
    rows = shardgen.sample(table, 3, **{**SMALL, "days": 60})
    assert len(rows) == 3
    for row in rows:
        assert list(row) == [column.name for column in dataset()[table].table.columns]
        assert isinstance(row["ingestion_timestamp"], datetime)
        assert isinstance(row["raw_data"], dict)


def test_amounts_are_decimals():
    assert isinstance(shardgen.sample("products", 1, **SMALL)[0]["price"], Decimal)


def test_a_larger_sample_begins_with_the_smaller_one():
    assert shardgen.sample("clickstream", 40, **SMALL)[:7] == shardgen.sample("raw_clickstream", 7, **SMALL)


def test_a_sample_ends_where_the_table_does():
    assert len(shardgen.sample("customers", 1000, **SMALL)) == 100


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: shardgen.plan(days=-1), "days=-1 is out of range"),
        (lambda: shardgen.plan(ordes_per_day=1), "option 'ordes_per_day' is unknown: did you mean 'orders_per_day'"),
        (lambda: shardgen.load("x y"), "dsn is no connection string"),
        (lambda: shardgen.load("host=h", progress="loud"), "progress='loud' is unknown"),
        (lambda: shardgen.load("host=h", workers=0), "workers=0 is out of range"),
        (lambda: shardgen.sample("ordrs"), "tables='ordrs' is unknown"),
        (lambda: shardgen.sample("orders", -1), "n=-1 is out of range"),
    ],
)
def test_nonsense_raises_before_anything_is_touched(call, text):
    with pytest.raises(shardgen.ShardgenError, match=text.replace("'", ".")):
        call()


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_a_stream_of_arrow_batches_with_types_that_others_read(table):
    reader = shardgen.table(table, **{**SMALL, "days": 60})
    kinds = {"timestamp": pa.timestamp("us"), "date": pa.date32(), "boolean": pa.bool_(), "integer": pa.int32()}
    for column, field in zip(dataset()[table].table.columns, reader.schema, strict=True):
        assert field.name == column.name
        if column.type.name == "decimal":
            assert field.type == pa.decimal128(18, 2)
        elif column.type.name in ("json", "varchar", "text"):
            assert field.type == pa.string()
        else:
            assert field.type == kinds.get(column.type.name, pa.int64())
    rows = pa.table(reader).slice(0, 3).to_pylist()  # over __arrow_c_stream__, as polars and duckdb read it
    parsed = [
        {
            name: json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value
            for name, value in row.items()
        }
        for row in rows
    ]
    assert parsed == shardgen.sample(table, 3, **{**SMALL, "days": 60})


def test_a_table_is_built_as_it_is_read():
    reader = shardgen.table("clickstream", scale=1_000, end="2026-01-01", days=2)
    first = reader.read_next_batch()  # of billions of rows
    assert 0 < first.num_rows < 200_000


def test_a_table_has_every_row_of_the_plan_whatever_its_shards():
    world = {**SMALL, "days": 45}
    assert shardgen.table("raw_orders", **world).read_all().num_rows == shardgen.plan(**world).rows("orders")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: shardgen.plan(orders_per_day=-1), "orders_per_day=-1.0 is out of range"),
        (lambda: shardgen.plan(review_rate="often"), "review_rate='often' is not a number"),
        (lambda: shardgen.plan(raw_data="fat"), "raw_data='fat' is unknown"),
        (lambda: shardgen.plan(customers=0), "raise customers above 0 or set orders_per_day=0"),
        (lambda: shardgen.plan(products=0, orders_per_day=0), "raise products above 0 or set sessions_per_day=0"),
        (lambda: shardgen.plan(end="2026-01-01", epoch="2027-01-01"), "move end or epoch"),
        (lambda: shardgen.plan(epoch="2000-01-01", end="2026-01-01", horizon=9), "days after the epoch, 2000-01-01"),
        (lambda: shardgen.changes(since="soon"), "since='soon' is not a date"),
        (lambda: shardgen.table("ordrs"), "tables='ordrs' is unknown"),
        (lambda: shardgen.table("orders,products"), "are several: name one table"),
        (lambda: shardgen.load("x y"), "dsn is no connection string"),
        (lambda: shardgen.load("host=h", if_exists="drop"), "if_exists='drop' is unknown"),
        (lambda: shardgen.load("host=h", force=True), "did you mean 'if_exists' ('replace')?"),
        (lambda: shardgen.load("host=h", host="db"), "did you mean 'dsn'?"),
        (lambda: shardgen.load("host=127.0.0.1 port=1"), "check dsn, the server"),
        (lambda: shardgen.status("host=127.0.0.1 port=1"), "check dsn, the server"),
        (lambda: shardgen.reset("host=127.0.0.1 port=1"), "check dsn, the server"),
        (lambda: shardgen.queries("host=127.0.0.1 port=1"), "check dsn, the server"),
        (lambda: shardgen.report("host=127.0.0.1 port=1"), "check dsn, the server"),
        (lambda: shardgen.verify("host=127.0.0.1 port=1"), "check dsn, the server"),
        (lambda: shardgen.url(data_dir="none"), "no embedded server runs in home="),
    ],
)
def test_an_error_names_arguments_and_no_options(call, text):
    with pytest.raises(shardgen.ShardgenError, match=re.escape(text)) as caught:
        call()
    prose, _, _ = str(caught.value).partition("start it: ")  # what follows is for a shell
    assert not re.search(r"--[a-z]", prose)


@pytest.mark.parametrize(
    ("mention", "argument"),
    [
        (Use("if_exists", "append"), "if_exists='append'"),
        (Use("resume", value=True), "resume=True"),
        (Use("orders_per_day", 0), "orders_per_day=0"),
        (Use("schema"), "schema"),
        (Given("raw_data", "x"), "raw_data='x'"),
        (Given("stall_timeout", 0), "stall_timeout=0"),
        ("start it: /x/bin/shardgen db start --data-dir /h", "start it: /x/bin/shardgen db start --data-dir /h"),
    ],
)
def test_options_become_arguments(mention, argument):
    assert wording.in_python(mention) == argument


def test_what_an_error_came_from_speaks_of_arguments_too():
    with pytest.raises(shardgen.ShardgenError) as caught:
        shardgen.load("host=h", end="2026-01-01", days=9, horizon=0)
    cause = shardgen.ShardgenError("use ", Use("resume", value=True))
    caught.value.__cause__ = cause
    wording.reword(caught.value)
    assert str(cause) == "use resume=True"


def test_what_a_notebook_shows_is_html_with_everything_escaped():
    shown = shardgen.plan(**SMALL)._repr_html_()
    assert shown.count("<tr>") == len(TABLES) + 2
    assert "GiB" in shown or "MiB" in shown or "KiB" in shown
    assert "&lt;b&gt;" in html_table("<b>", ["<b>"], [["<b>"]], below="<b>")
    assert "<b><b>" not in html_table("<b>", ["<b>"], [["<b>"]], below="<b>")


NOTEBOOK = """
import sys, types
shell = types.SimpleNamespace(kernel=object())
sys.modules["IPython"] = types.SimpleNamespace(get_ipython=lambda: shell, version_info=(8,))
sys.modules["ipykernel.zmqshell"] = types.ModuleType("ipykernel.zmqshell")
from shardgen.events import LoadFinished, LoadStarted
from shardgen.display import display
with display() as show:
    tables = {"orders": 5, "products": 5}
    show(LoadStarted(run=1, resumed=False, workers=2, rows=tables, shards=tables, rows_done={}, shards_done={},
                     bytes=tables, local=True))
    show(LoadFinished(ok=True))
"""


def test_a_notebook_without_ipywidgets_is_quiet():
    ran = subprocess.run([sys.executable, "-W", "always", "-c", NOTEBOOK], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "Warning" not in ran.stderr
    assert "IProgress" not in ran.stderr
    assert ran.stderr.count("all:") >= 1
    assert "orders:" not in ran.stderr  # bars of text one below the other are for a terminal


def test_what_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'shardgen' has no attribute 'lod'"):
        shardgen.lod  # noqa: B018
    assert set(shardgen.__all__) <= set(dir(shardgen))
