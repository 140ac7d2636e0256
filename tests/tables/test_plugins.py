"""Tables of other packages: found by name, checked before anything is done, in nobody's way where they are broken."""

from __future__ import annotations

import json

import pytest

import shardgen
from shardgen import __version__
from shardgen.cli import entry
from shardgen.errors import ConfigError, PluginError
from shardgen.model.config import PlanConfig, Plugin
from shardgen.tables import dataset
from shardgen.tables.planning import build_plan
from shardgen.tables.wanted import table_names
from shardgen.verification import statements
from tests.examples import importable, make
from tests.worlds import TABLES, small

EXAMPLE = """
from dataclasses import replace
from shardgen.model.keys import KeySpace
from shardgen.model.table import Index
from shardgen.model.types import Type
from shardgen.tables.statements import beside
from shardgen.tables.spec import Sizes
from shardgen_parcels import PARCELS
table = replace(PARCELS.table, name="pickups")
SPEC = replace(PARCELS, table=table, laws=())
"""
"""A table like the example's, to be spoilt."""

BROKEN = {
    "cannot be loaded: ModuleNotFoundError: No module named 'nowhere'": "import nowhere",
    "cannot be loaded: AttributeError: module 'spoilt' has no attribute 'SPEC'": "",
    "cannot be loaded: ZeroDivisionError: division by zero": "1 / 0",
    "cannot be loaded: SystemExit: it is not for this machine": "raise SystemExit('it is not for this machine')",
    "is no TableSpec but of type str": "SPEC = 'pickups'",
    "calls itself 'parcels', not as its entry point does": f"{EXAMPLE}SPEC = PARCELS",
    "has column=carrier of the unknown type 'uuid': use text, varchar": (
        f"{EXAMPLE}columns = [replace(c, type=Type('uuid')) if c.name == 'carrier' else c for c in table.columns]\n"
        "SPEC = replace(SPEC, table=replace(table, columns=tuple(columns)))"
    ),
    "has no column=nothing, which its key, an index": (
        f"{EXAMPLE}SPEC = replace(SPEC, table=replace(table, indexes=(Index(column='nothing'),)))"
    ),
    "does not end with the columns source_system": (
        f"{EXAMPLE}SPEC = replace(SPEC, table=replace(table, columns=table.columns[:-1]))"
    ),
    "has keys that are numbers, and does not tell the greatest one": (
        f"{EXAMPLE}SPEC = replace(SPEC, table=replace(table, space=KeySpace()))"
    ),
    "is cut by leaves without being partitioned, or the other way round": (
        f"{EXAMPLE}SPEC = replace(SPEC, table=replace(table, partition_by='shipped_at'))"
    ),
    "does not tell how large a row is with raw_data 'lean'": (
        f"{EXAMPLE}SPEC = replace(SPEC, sizes=replace(SPEC.sizes, copy={{'full': 1, 'none': 1}}))"
    ),
    "does not tell how large its index order_id is": f"{EXAMPLE}SPEC = replace(SPEC, sizes=replace(SPEC.sizes, indexes={{}}))",  # noqa: E501
    "has a law that cannot be read: [Errno 2]": f"{EXAMPLE}SPEC = replace(SPEC, laws=beside('shardgen_parcels', 'l9.sql'))",  # noqa: E501
    "has a law of the name 'parcels.L1': call it pickups.L1": f"{EXAMPLE}SPEC = replace(SPEC, laws=PARCELS.laws)",
}


@pytest.fixture
def spoilt(tmp_path, request):
    with importable(make(tmp_path / "site", "spoilt", {"pickups": "spoilt:SPEC"}, spoilt=request.param)):
        yield


@pytest.mark.parametrize(("fault", "spoilt"), list(BROKEN.items()), indirect=["spoilt"], ids=list(BROKEN))
def test_a_broken_table_is_named_with_its_package_where_it_is_asked_for(fault, spoilt):
    with pytest.raises(PluginError) as caught:
        table_names("orders,pickups")
    assert str(caught.value).startswith(f"table=pickups of spoilt 1.0 {fault}")
    assert str(caught.value).endswith(": leave it out, or ask those who made spoilt")


@pytest.mark.parametrize("spoilt", ["import nowhere"], indirect=True)
@pytest.mark.parametrize(
    "command", [("sample", "pickups"), ("plan", "--tables", "pickups"), ("load", "--tables=pickups")]
)
def test_a_broken_table_ends_a_command_with_exit_code_2(command, spoilt, capsys):
    with pytest.raises(SystemExit, match="2"):
        entry.main([*command])
    assert "error: table=pickups of spoilt 1.0 cannot be loaded" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("fault", "spoilt"),
    [
        (
            "column=carrier has no values, column=courier is not declared",
            """
def rows(wanted):
    for made in PARCELS.rows(wanted):
        own = {name: made.columns[name] for name in PARCELS.table.own_columns}
        own["courier"] = own.pop("carrier")
        known = made.record
        yield batch(table, known.mode, own, numbers=known.numbers, ingestion=known.ingestion, extra=known.extra)
from shardgen.columns.batch import batch
SPEC = replace(SPEC, rows=rows)
""",
        )
    ],
)
def test_rows_of_other_columns_than_the_declared_ones_are_named(fault, spoilt, tmp_path):
    with (
        importable(make(tmp_path / "site", "spoilt", {"pickups": "spoilt:SPEC"}, spoilt=EXAMPLE + spoilt)),
        pytest.raises(ValueError, match=f"table=pickups: {fault}: make rows of what its columns declare"),
    ):
        shardgen.sample("pickups", 1, profile="demo", end="2026-01-01")


@pytest.mark.parametrize("spoilt", ["import nowhere"], indirect=True)
def test_a_broken_table_is_in_nobody_elses_way(spoilt):
    assert build_plan(small()).config.tables == TABLES
    assert table_names("orders,parcels") == ("orders", "parcels")


@pytest.mark.parametrize("name", ["orders_2025_03", "inventory_x"])
def test_a_table_cannot_take_the_name_of_a_partition(tmp_path, name):
    source = EXAMPLE.replace("pickups", name)
    with (
        importable(make(tmp_path / "site", "taking", {name: "taking:SPEC"}, taking=source)),
        pytest.raises(PluginError, match=f"takes relation=raw_{name}, a name of shardgen's own"),
    ):
        table_names(name)


def test_the_name_of_a_table_of_shardgen_stays_its_own(tmp_path):
    with importable(make(tmp_path / "site", "taking", {"orders": "taking:SPEC"}, taking=EXAMPLE)):
        assert dataset()["orders"].table.source != "carriers"


def test_a_table_cannot_be_named_as_its_relation_would_be(tmp_path):
    source = EXAMPLE.replace("pickups", "raw_pickups")
    with (
        importable(make(tmp_path / "site", "taking", {"raw_pickups": "taking:SPEC"}, taking=source)),
        pytest.raises(PluginError, match=r"has a name that is not .* without raw_ before it"),
    ):
        dataset()["raw_pickups"]


def test_an_entry_point_to_nothing_is_named(tmp_path):
    with (
        importable(make(tmp_path / "site", "odd", {"pickups": "::"})),
        pytest.raises(PluginError, match=r"pickups of odd 1.0 has the entry point '::', which is no module"),
    ):
        table_names("pickups")


def test_two_packages_with_a_table_of_one_name_are_both_named(tmp_path):
    one = make(tmp_path / "one", "one", {"pickups": "first:SPEC"}, first=EXAMPLE)
    other = make(tmp_path / "other", "other", {"pickups": "second:SPEC"}, second=EXAMPLE)
    with (
        importable(one, other),
        pytest.raises(PluginError, match=r"of one 1.0 has the name of another one, of other 1.0"),
    ):
        table_names("pickups")


def test_a_table_loads_only_where_it_is_named():
    assert small().tables == TABLES
    assert small(tables="parcels,raw_orders").tables == ("orders", "parcels")


def test_a_plan_tells_what_brings_its_tables_and_without_any_has_no_word_of_it():
    config = small(tables="orders,parcels")
    assert config.plugins == (Plugin(kind="table", name="parcels", package="shardgen-parcels", version="1.0"),)
    assert PlanConfig.from_json(config.to_json()) == config
    assert "plugins" not in small().to_json()
    assert PlanConfig.from_json(small().to_json()) == small()


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (("shardgen-parcels", "0.9"), "and shardgen-parcels 1.0 is installed: pip install shardgen-parcels==0.9"),
        (("gone", "1.0"), "was loaded with gone 1.0, and shardgen-parcels 1.0 is installed: pip install gone==1.0"),
    ],
)
def test_a_plan_of_another_version_is_not_made(wanted, text):
    package, version = wanted
    stored = small(tables="parcels").to_json() | {
        "plugins": [{"kind": "table", "name": "parcels", "package": package, "version": version}]
    }
    with pytest.raises(PluginError, match=text):
        build_plan(PlanConfig.from_json(stored))


def test_a_table_that_nothing_brings_is_unknown():
    with pytest.raises(ConfigError, match=f"tables='pickups' is unknown: choose from {', '.join(TABLES)}, parcels"):
        table_names("pickups")


def test_the_laws_of_a_table_come_after_those_of_the_story():
    story, both = (
        [law.name for law in statements.laws(dict.fromkeys(tables, "shop"))]
        for tables in (["orders"], ["orders", "parcels"])
    )
    assert both == [*story, "parcels.L1"]


def test_every_table_is_listed_with_what_brings_it_and_why_it_is_broken(tmp_path, capsys):
    taking = make(tmp_path / "taking", "taking", {"orders": "taking:SPEC"}, taking=EXAMPLE)
    broken = make(tmp_path / "broken", "broken", {"pickups": "broken:SPEC"}, broken="import nowhere")
    with importable(taking, broken), pytest.raises(SystemExit, match="0"):
        entry.main(["tables", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert [(each["table"], each["origin"], bool(each["broken"])) for each in told] == [
        *((name, f"shardgen {__version__}", False) for name in TABLES),
        ("customers", "shardgen-loyalty 1.0", False),
        ("orders", "taking 1.0", True),
        ("parcels", "shardgen-parcels 1.0", False),
        ("pickups", "broken 1.0", True),
    ]
    assert "No module named 'nowhere'" in told[-1]["broken"]
    assert all(each["about"] for each in told if not each["broken"])
    with pytest.raises(SystemExit, match="0"):
        entry.main(["tables"])
    assert "raw_parcels" in capsys.readouterr().out
