"""What dirt is refused for, before anything is written: with the kinds named, and what to do."""

from __future__ import annotations

import re

import pytest

import shardgen
from shardgen.errors import ConfigError, TargetError
from tests.dirt.worlds import KEY
from tests.worlds import SMALL

OPTIONS = {**SMALL, "days": 2, "tables": "customers", "workers": 1, "engine": "threads", "progress": "none"}
THEIRS = """CREATE TABLE bronze.raw_customers (customer_id varchar(50) PRIMARY KEY, email varchar(255),
    customer_name varchar(255), first_name varchar(100), last_name varchar(100), phone varchar(50) NOT NULL,
    address jsonb, registration_date timestamp, date_of_birth date, gender varchar(20),
    source_system varchar(50) NOT NULL, ingestion_timestamp timestamp, raw_data jsonb)"""


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


def test_a_schema_of_others_whose_keys_dirt_breaks_is_refused_by_the_kinds(database, key):
    database.run("CREATE SCHEMA bronze", THEIRS)
    with pytest.raises(TargetError) as refused:
        shardgen.load(database.dsn, dirt="exact_duplicate=0.1,null=0.1", **OPTIONS)
    told = str(refused.value)
    assert "unique key of customer_id, which dirt breaks: exact_duplicate" in told
    assert "column phone that is NOT NULL, which dirt breaks: null" in told
    assert "dirt_skip='exact_duplicate'" in told
    report = shardgen.load(
        database.dsn, dirt="exact_duplicate=0.1,null=0.1,blanks=0.2", dirt_skip="exact_duplicate,null", **OPTIONS
    )
    assert report.ok


def test_a_table_of_ours_is_made_anew_without_a_key_for_dirt_and_with_one_without(database, key):
    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conrelid = 'bronze.raw_customers'::regclass"
    shardgen.load(database.dsn, **OPTIONS)
    assert database.value(keys) == 1
    shardgen.load(database.dsn, dirt="exact_duplicate=0.1", if_exists="replace", **OPTIONS)
    assert database.value(keys) == 0
    shardgen.load(database.dsn, if_exists="replace", **OPTIONS)
    assert database.value(keys) == 1


def test_spoilt_rows_are_not_added_to_those_of_others(database, key):
    shardgen.load(database.dsn, **OPTIONS)
    with pytest.raises(TargetError, match="beside which spoilt ones cannot be told"):
        shardgen.load(database.dsn, dirt="blanks=0.1", if_exists="append", **OPTIONS)


def test_what_needs_the_key_says_so_where_it_is_missing_or_another(database, command, key, monkeypatch):
    shardgen.load(database.dsn, dirt="blanks=0.1", **OPTIONS)
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", "another")
    for asked in (("answers",), ("verify", "--level", "digests"), ("answers", "--apply", "--into", "clean")):
        told = command(*asked, "--dsn", database.dsn)
        assert (told.code, told.out) == (2, "")
        assert "SHARDGEN_DIRT_KEY" in told.err
    assert KEY not in str(database.rows("SELECT plan::text, options::text FROM bronze.shardgen_runs"))


@pytest.mark.parametrize(
    ("dirt", "told"),
    [
        ("filthy", "is no preset"),
        ("nul=0.1", "did you mean 'null'"),
        ("null=2", "no share of rows"),
        ("null.gifts=0.1", "strikes no such table"),
        ("null=0.4,blanks=0.4", "more than 50%"),
    ],
)
def test_dirt_that_makes_no_sense_is_refused_by_name_and_remedy(dirt, told):
    with pytest.raises(ConfigError, match=told):
        shardgen.plan(dirt=dirt, end="2026-01-01")


def test_a_key_that_nobody_gave_is_made_told_once_and_opens_the_answers(database, command, capfd, monkeypatch):
    shardgen.load(database.dsn, dirt="blanks=0.1", **OPTIONS)
    [made] = re.findall(r"the key of the dirt is (\S+): keep it", capfd.readouterr().err)
    assert made not in str(database.rows("SELECT plan::text, options::text FROM bronze.shardgen_runs"))
    assert command("answers", "--dsn", database.dsn).code == 2
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", made)
    assert list(shardgen.answers(database.dsn))
