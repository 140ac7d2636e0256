"""Where options come from, in which order, and what a wrong one says."""

from __future__ import annotations

import inspect
import os
from datetime import date

import pytest
from psycopg.conninfo import conninfo_to_dict

from shardgen.errors import ConfigError
from shardgen.options.declared import NOT_OF_FILES, OF_FILES, SETTABLE
from shardgen.options.profiles import PROFILES
from shardgen.options.settings import Settings, default_workers, read
from shardgen.tables.wanted import plan_config
from tests.worlds import TABLES

TODAY = date(2026, 1, 1)


@pytest.fixture(autouse=True)
def _nothing_around(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("SHARDGEN_", "POSTGRES_", "PG")):
            monkeypatch.delenv(name)


def test_every_option_of_the_plan_can_be_set():
    parameters = set(inspect.signature(plan_config).parameters) - {"today"}
    assert parameters <= set(SETTABLE)


def test_the_first_source_that_names_an_option_wins(tmp_path, monkeypatch):
    (tmp_path / "shardgen.toml").write_text("customers = 1\nproducts = 1\nseed = 1\ndays = 1\n")
    (tmp_path / ".env").write_text("SHARDGEN_CUSTOMERS=2\nSHARDGEN_PRODUCTS=2\nSHARDGEN_SEED=2\n")
    monkeypatch.setenv("SHARDGEN_CUSTOMERS", "3")
    monkeypatch.setenv("SHARDGEN_PRODUCTS", "3")
    settings = read({"customers": 4, "warehouses": None})
    assert settings.values == {"customers": 4, "products": 3, "seed": 2, "days": 1}
    assert settings.origins == {
        "customers": "",
        "products": "SHARDGEN_PRODUCTS",
        "seed": "SHARDGEN_SEED in .env",
        "days": "days in shardgen.toml",
    }


def test_toml_takes_hyphens_dates_and_lists(tmp_path):
    (tmp_path / "other.toml").write_text(
        'orders-per-day = 2\nend = 2026-01-01\ntables = ["orders", "raw_customers"]\n'
        'schema = "raw"\ndata-dir = "/srv/x"\n'
    )
    settings = read({}, config=tmp_path / "other.toml")
    config = settings.plan(TODAY)
    assert (config.end, config.tables, config.schema) == (date(2026, 1, 1), ("customers", "orders"), "raw")
    assert str(settings.get("data_dir")) == "/srv/x"


def test_the_config_file_may_be_named_by_a_variable(tmp_path, monkeypatch):
    (tmp_path / "other.toml").write_text("seed = 9\n")
    monkeypatch.setenv("SHARDGEN_CONFIG", "other.toml")
    assert read({}).values == {"seed": 9}


def test_an_empty_variable_counts_as_absent(monkeypatch):
    monkeypatch.setenv("SHARDGEN_SEED", "")
    monkeypatch.setenv("SHARDGEN_DSN", "")
    assert read({}).values == {}
    assert read({}).target.dsn is None


def test_seed_zero_is_a_seed():
    assert read({"seed": 0}).plan(TODAY).world.seed == 0


def test_options_hold_every_effective_value_and_given_only_what_was_named():
    settings = read({"days": "30", "tables": "sessions,orders", "workers": 3})
    options = settings.options(settings.plan(TODAY))
    assert settings.given() == {"days": 30, "tables": ["orders", "sessions"]}
    assert options.items() >= settings.given().items()
    assert (options["epoch"], options["end"], options["horizon"]) == ("2025-12-02", "2026-01-01", 30)
    parameters = set(inspect.signature(plan_config).parameters) - {"today"}
    assert set(options) == parameters - set(OF_FILES)
    lake = read({"target": "file:///lake", "days": "30"})
    assert set(lake.options(lake.plan(TODAY))) == parameters - set(NOT_OF_FILES)


def test_what_is_only_around_is_not_given_and_cannot_hinder_a_resume(tmp_path, monkeypatch):
    (tmp_path / "shardgen.toml").write_text("customers = 1\n")
    (tmp_path / ".env").write_text("SHARDGEN_PRODUCTS=2\n")
    monkeypatch.setenv("SHARDGEN_SEED", "3")
    assert read({"warehouses": 4}, profile="demo").given() == {"warehouses": 4}


# --- profiles ---------------------------------------------------------------------------------------------------------


def test_a_profile_goes_before_the_file_and_behind_the_rest(tmp_path, monkeypatch):
    (tmp_path / "shardgen.toml").write_text(
        "customers = 1\nproducts = 1\nseed = 1\nwarehouses = 1\nreview-rate = 0.1\n"
        "[profiles.mine]\ncustomers = 2\nproducts = 2\nseed = 2\nwarehouses = 2\n"
    )
    (tmp_path / ".env").write_text("SHARDGEN_CUSTOMERS=3\nSHARDGEN_PRODUCTS=3\nSHARDGEN_SEED=3\n")
    monkeypatch.setenv("SHARDGEN_CUSTOMERS", "4")
    monkeypatch.setenv("SHARDGEN_PRODUCTS", "4")
    settings = read({"customers": 5}, profile="mine")
    assert settings.values == {"customers": 5, "products": 4, "seed": 3, "warehouses": 2, "review_rate": 0.1}
    assert settings.origins["warehouses"] == "warehouses of [profiles.mine] in shardgen.toml"
    assert settings.of_profile == {"warehouses"}


def test_a_profile_of_the_file_changes_a_built_in_one_key_by_key(tmp_path):
    (tmp_path / "shardgen.toml").write_text("[profiles.demo]\nproducts = 7\n")
    settings = read({}, profile="demo")
    assert settings.values == {**PROFILES["demo"], "products": 7}
    assert settings.origins["customers"] == "profile demo"


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_a_profile_may_be_named_by_a_variable(tmp_path, monkeypatch, where):
    if where == ".env":
        (tmp_path / ".env").write_text("SHARDGEN_PROFILE=dev\n")
    else:
        monkeypatch.setenv("SHARDGEN_PROFILE", "dev")
    assert read({}).profile == "dev"
    assert read({}, profile="demo").profile == "demo"


@pytest.mark.parametrize("name", PROFILES)
def test_every_built_in_profile_makes_a_plan(name):
    assert read({}, profile=name).plan(TODAY).world.customers == PROFILES[name]["customers"]


def test_an_unknown_profile_is_answered_with_those_there_are(tmp_path):
    (tmp_path / "shardgen.toml").write_text("[profiles.nightly]\ndays = 7\n")
    with pytest.raises(ConfigError) as caught:
        read({}, profile="nightyl")
    assert str(caught.value) == (
        "profile='nightyl' is unknown: choose from demo, dev, bench, nightly (did you mean 'nightly'?)"
    )


# --- what is in force -------------------------------------------------------------------------------------------------


def test_every_option_is_told_with_its_value_and_origin(tmp_path, monkeypatch):
    (tmp_path / "shardgen.toml").write_text("seed = 1\n")
    monkeypatch.setenv("SHARDGEN_WORKERS", "3")
    found = {each.name: each for each in read({"days": "9"}, profile="demo").effective(TODAY)}
    assert set(found) == {name.replace("_", "-") for name in SETTABLE}
    assert (found["seed"].value, found["seed"].origin) == (1, "seed in shardgen.toml")
    assert (found["workers"].value, found["workers"].origin) == (3, "SHARDGEN_WORKERS")
    assert (found["days"].value, found["days"].origin) == (9, "command line")
    assert (found["customers"].value, found["customers"].origin) == (1000, "profile demo")
    assert (found["end"].value, found["end"].origin) == ("2026-01-01", "default")
    assert (found["if-exists"].value, found["if-exists"].origin) == ("fail", "default")


def test_a_load_has_as_many_workers_as_cpus_unless_told():
    assert read({}).load().workers == default_workers() >= 1
    assert read({"workers": "3"}).load().workers == 3


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ({"days": -3}, "days=-3 is out of range: use 1 to 7300"),
        ({"days": "abc"}, "days='abc' is not a whole number"),
        ({"customers": 1.5}, "customers=1.5 is not a whole number"),
        ({"customers": True}, "customers='True' is not a whole number"),
        ({"scale": float("nan")}, "scale=nan is out of range: use 0 to 1000000000000"),
        ({"scale": "0"}, "scale=0 leaves nothing to load: use a positive number"),
        ({"workers": 0}, "workers=0 is out of range: use 1 to 512"),
        ({"attempts": 0}, "attempts=0 is out of range: use 1 to 100"),
        ({"batch_rows": 200_000}, "batch-rows=200000 is out of range: use 1 to 100000"),
        ({"end": "tomorrow"}, "end='tomorrow' is not a date such as 2026-01-31"),
        ({"end": "2026-02-30"}, "end='2026-02-30' is not a date such as 2026-01-31"),
        ({"epoch": 1700000000}, "epoch=1700000000 is not a date such as 2026-01-31"),
        ({"end": "0001-01-05"}, "the window leaves the calendar: move --end or --epoch, or lower --days"),
        ({"progress": "loud"}, "progress='loud' is unknown: choose from auto, rich, tqdm, plain, none"),
        ({"if_exists": "drop"}, "if-exists='drop' is unknown: choose from fail, append, replace"),
        ({"tables": ""}, "tables='' names no table"),
        (
            {"tables": "ordrs"},
            f"tables='ordrs' is unknown: choose from {', '.join(TABLES)} (did you mean 'orders'?)",
        ),
        ({"customers": 0}, "orders need customers: raise --customers above 0 or set --orders-per-day 0"),
        ({"ordes_per_day": 3}, "option 'ordes_per_day' is unknown: did you mean 'orders_per_day'?"),
        ({"colour": "red"}, "option 'colour' is unknown: use answers, answers_schema, attempts, batch_rows, "),
        ({"dsn": "host=x secret"}, "--dsn is no connection string: libpq says: missing "),
        ({"dsn": " "}, "--dsn is empty: leave it out for the embedded server, or name a database"),
    ],
)
def test_nonsense_is_named_with_its_remedy(named, text):
    with pytest.raises(ConfigError) as caught:
        _use(read(named))
    assert str(caught.value).startswith(text)
    assert caught.value.exit_code == 2


def test_every_wrong_value_gets_a_line_of_its_own():
    with pytest.raises(ConfigError) as caught:
        read({"days": "x", "scale": "y"})
    assert str(caught.value).splitlines() == ["scale='y' is not a number", "days='x' is not a whole number"]


@pytest.mark.parametrize("value", ["x", "-1"])
def test_a_wrong_value_from_elsewhere_says_from_where(monkeypatch, value):
    monkeypatch.setenv("SHARDGEN_DAYS", value)
    with pytest.raises(ConfigError, match=r"\(it comes from SHARDGEN_DAYS\)$"):
        _use(read({}))


def test_a_misspelt_variable_is_an_error_and_a_strange_one_is_not(monkeypatch):
    monkeypatch.setenv("SHARDGEN_SERVICE_HOST", "10.0.0.1")  # Kubernetes sets such for a service named shardgen
    read({})
    monkeypatch.setenv("SHARDGEN_CUSTMERS", "3")
    with pytest.raises(ConfigError, match="variable 'SHARDGEN_CUSTMERS' is unknown: did you mean 'SHARDGEN_CUSTOMERS'"):
        read({})


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("custmers = 1", "key of {file} 'custmers' is unknown: did you mean 'customers'?"),
        ("customers = = 1", "config='{file}' is not TOML: "),
        ("customers = 'many'", "customers='many' is not a whole number (it comes from customers in {file})"),
        ("customers = true", "customers='True' is not a whole number (it comes from customers in {file})"),
        ("profile = 'demo'", "key of {file} 'profile' has no meaning there: use --profile or SHARDGEN_PROFILE"),
        ("profiles = 3", "profiles in {file} are no tables: write [profiles.NAME] above the options of each"),
        (
            "[profiles.x]\ncustmers = 1",
            "key of [profiles.x] in {file} 'custmers' is unknown: did you mean 'customers'?",
        ),
        (None, "config='{file}' cannot be read: No such file or directory"),
    ],
)
def test_a_wrong_config_file_says_what_is_wrong(tmp_path, content, text):
    file = tmp_path / "x.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        read({}, config=file)
    assert str(caught.value).startswith(text.format(file=file))


# --- the target -------------------------------------------------------------------------------------------------------


def test_without_any_target_it_is_the_embedded_server():
    assert read({}).target.dsn is None


def test_targets_in_their_order(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://not/this")
    assert read({}).target.dsn is None
    monkeypatch.setenv("PGHOST", "libpq")
    assert (read({}).target.dsn, read({}).target.origin) == ("", "PG*")
    monkeypatch.setenv("POSTGRES_DB", "compose")
    assert conninfo_to_dict(read({}).target.dsn)["dbname"] == "compose"
    (tmp_path / "shardgen.toml").write_text("dsn = 'host=toml'\n")
    assert read({}).target.dsn == "host=toml"
    (tmp_path / ".env").write_text("SHARDGEN_DSN='host=dotenv'\n")
    assert read({}).target.dsn == "host=dotenv"
    monkeypatch.setenv("SHARDGEN_DSN", "host=variable")
    assert (read({}).target.dsn, read({}).target.origin) == ("host=variable", "SHARDGEN_DSN")
    assert read({"dsn": "host=option"}).target.dsn == "host=option"


def test_compose_variables_become_a_connection_string(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("POSTGRES_PASSWORD=it's a secret\nPOSTGRES_USER=me\nPOSTGRES_PORT=5433\n")
    assert conninfo_to_dict(read({}).target.dsn) == {
        "host": "localhost",
        "port": "5433",
        "user": "me",
        "dbname": "me",
        "password": "it's a secret",
    }
    monkeypatch.setenv("POSTGRES_USER", "you")
    assert conninfo_to_dict(read({}).target.dsn)["user"] == "you"


def test_a_password_alone_names_no_target(monkeypatch):
    monkeypatch.setenv("POSTGRES_PASSWORD", "x")
    monkeypatch.setenv("PGPASSWORD", "x")
    monkeypatch.setenv("PGUSER", "me")
    assert read({}).target.dsn is None


def test_libpq_variables_of_dotenv_are_passed_on_unless_the_environment_has_them(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("PGHOST=a\nPGDATABASE=shop\nPGPASSWORD=x\n")
    monkeypatch.setenv("PGHOST", "b")
    assert conninfo_to_dict(read({}).target.dsn) == {"dbname": "shop", "password": "x"}


def test_no_password_is_shown(monkeypatch):
    monkeypatch.setenv("SHARDGEN_DSN", "postgresql://me:s3cret@db/shop")
    assert "s3cret" not in repr(read({}))
    for dsn in ("postgresql://me:s3cret?@h:x/%zz", "host=h password=my s3cret"):
        with pytest.raises(ConfigError) as caught:
            read({"dsn": dsn})
        assert "s3cret" not in str(caught.value)


def _use(settings: Settings) -> None:
    settings.check()
    settings.plan(TODAY)


# --- what Kubernetes sets for services --------------------------------------------------------------------------------

SERVICES = {
    "a Service": "{}_PORT=tcp://10.0.0.1:5432",
    "of IPv6": "{}_PORT=tcp://[fd00::1]:5432",
    "of UDP": "{}_PORT=udp://10.0.0.1:5432",
    "of SCTP": "{}_PORT=sctp://10.0.0.1:5432",
    "its port": "{}_PORT_5432_TCP=tcp://10.0.0.1:5432",
    "its protocol": "{}_PORT_5432_TCP_PROTO=tcp",
    "its port's number": "{}_PORT_5432_TCP_PORT=5432",
    "its port's address": "{}_PORT_5432_TCP_ADDR=10.0.0.1",
    "its host": "{}_SERVICE_HOST=10.0.0.1",
    "its number": "{}_SERVICE_PORT=5432",
    "its named port": "{}_SERVICE_PORT_POSTGRESQL=5432",
}
NAMES = ["POSTGRES", "SHARDGEN", "SHARDGEN_ORDERS_PER_DAY", "SHARDGEN_EVENTS_PER_SESSION", "SHARDGEN_HOME", "PG"]


def put(where, text, tmp_path, monkeypatch):
    """Set variables in the environment or in .env; those of K8s come together."""
    if where == ".env":
        (tmp_path / ".env").write_text(text)
    else:
        for line in text.split():
            monkeypatch.setenv(*line.split("=", 1))


@pytest.mark.parametrize("where", ["environment", ".env"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", SERVICES)
def test_what_kubernetes_sets_for_a_service_is_neither_the_target_nor_a_misspelling(
    kind, name, where, tmp_path, monkeypatch
):
    put(where, SERVICES[kind].format(name), tmp_path, monkeypatch)
    found = read({})
    assert (found.values, found.target.dsn) == ({}, None)


@pytest.mark.parametrize("where", ["environment", ".env"])
@pytest.mark.parametrize("name", ["POSTGRES_PORT", "PGPORT"])
def test_an_address_that_looks_like_a_port_is_passed_over_with_a_note(name, where, tmp_path, monkeypatch):
    put(where, f"{name}=tcp://10.0.0.1:5432", tmp_path, monkeypatch)
    assert read({}).target.note.startswith(f"{name}=tcp://10.0.0.1:5432 is what Kubernetes sets")
    assert read({"dsn": "host=db"}).target.note == ""


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_the_rest_of_a_target_holds_beside_a_services_address(where, tmp_path, monkeypatch):
    put(where, "POSTGRES_HOST=db\nPOSTGRES_PORT=tcp://10.0.0.1:5432", tmp_path, monkeypatch)
    assert conninfo_to_dict(read({}).target.dsn) == {"host": "db", "dbname": "postgres", "user": "postgres"}


def test_libpq_does_not_read_a_services_address_for_its_port(monkeypatch):
    monkeypatch.setenv("PGHOST", "db")
    monkeypatch.setenv("PGPORT", "tcp://10.0.0.1:5432")
    assert conninfo_to_dict(read({}).target.dsn) == {"port": "5432"}


def test_a_port_is_a_port(monkeypatch):
    monkeypatch.setenv("POSTGRES_PORT", "5433")
    found = read({})
    assert conninfo_to_dict(found.target.dsn)["port"] == "5433"
    assert found.target.note == ""


# --- the address of a place -------------------------------------------------------------------------------------------


def test_an_address_names_a_database_or_a_lake():
    assert read({"target": " postgresql://me@db/shop "}).target.dsn == "postgresql://me@db/shop"
    found = read({"target": "s3://bucket/prefix"}).target
    assert (found.dsn, found.lake, found.embedded, found.shown) == (
        None,
        "s3://bucket/prefix",
        False,
        "s3://bucket/prefix",
    )
    assert read({"target": "file:///lake"}).plan(TODAY).format == "parquet"
    assert read({"target": "postgresql://h/d"}).plan(TODAY).format == ""


def test_the_nearest_source_says_where_by_whichever_option(tmp_path, monkeypatch):
    (tmp_path / "shardgen.toml").write_text('dsn = "host=toml"\n')
    assert read({"target": "file:///lake"}).target.lake == "file:///lake"
    monkeypatch.setenv("SHARDGEN_TARGET", "s3://b/p")
    assert (read({}).target.lake, read({}).target.origin) == ("s3://b/p", "SHARDGEN_TARGET")
    assert (read({"dsn": "host=option"}).target.dsn, read({"dsn": "host=option"}).target.lake) == ("host=option", "")


def test_two_places_at_once_are_refused(monkeypatch):
    with pytest.raises(ConfigError, match="--dsn and --target name one place each: leave one of them out"):
        read({"target": "file:///lake", "dsn": "host=db"})
    monkeypatch.setenv("SHARDGEN_TARGET", "s3://b/p")
    monkeypatch.setenv("SHARDGEN_DSN", "host=db")
    with pytest.raises(ConfigError, match="SHARDGEN_DSN and SHARDGEN_TARGET name one place each"):
        read({})


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("", "is empty"),
        ("/data/shop", "is a path and no address: write file:// and the whole path"),
        ("host=db dbname=shop", "what libpq reads goes to --dsn"),
        ("ftp://h/d", "begins with ftp://, which is no place that shardgen knows: use postgresql://"),
        ("gcs://b/p", "write gs://"),
        ("s3a://b/p", "write s3://"),
        ("file://data/shop", "is no whole path: write three slashes"),
        ("file:///", "names no folder"),
        ("s3:///p", "names no bucket"),
        ("s3://b//p", "has a step that is empty"),
        ("file:///a/../b", "has a step that is empty, '.' or '..'"),
        ("s3://AKIA:s3cret@b/p", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("az://c/p?sv=1&sig=s3cret", "set AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN"),
    ],
)
def test_what_is_no_address_is_refused_without_its_secrets(target, text):
    with pytest.raises(ConfigError) as caught:
        read({"target": target})
    assert text in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ({"target": "file:///lake", "schema": "raw"}, "schema='raw' means nothing for files: leave it out"),
        ({"target": "file:///lake", "indexes": "full"}, "indexes='full' means nothing for files"),
        ({"target": "file:///lake", "format": "orc"}, "format='orc' is unknown: choose from parquet, csv.zst"),
        ({"target": "file:///lake", "raw_data_as": "map"}, "raw-data-as='map' is unknown: choose from struct, json"),
        ({"format": "parquet"}, "format='parquet' is for files, and the target is a database: name a lake by --target"),
    ],
)
def test_an_option_that_means_nothing_there_is_refused_if_the_caller_named_it(named, text):
    with pytest.raises(ConfigError) as caught:
        read(named).plan(TODAY)
    assert text in str(caught.value)


def test_what_a_file_says_for_another_kind_of_place_is_passed_over(tmp_path):
    (tmp_path / "shardgen.toml").write_text('schema = "raw"\nindexes = "full"\nformat = "csv.zst"\n')
    lake, database = read({"target": "file:///lake"}).plan(TODAY), read({}).plan(TODAY)
    assert (lake.format, lake.indexes) == ("csv.zst", "keys")
    assert (database.format, database.schema) == ("", "raw")
