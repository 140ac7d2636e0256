"""A dataset of a package: other tables, or those of the shop with more columns, under a name of its own."""

from __future__ import annotations

import json

import pytest

import shardgen
from shardgen.errors import ConfigError, PluginError
from shardgen.model.config import PlanConfig, Plugin, fingerprint
from shardgen.tables import dataset
from shardgen.tables.listing import listed
from shardgen.tables.planning import build_plan
from shardgen.tables.statements import read
from tests.examples import importable, make
from tests.worlds import TABLES, small, table_bytes, table_rows

ADDED = ("points", "tier")


def test_added_columns_stand_after_the_tables_own_and_raw_data_tells_them_too():
    plain, rich = table_rows(small(), "customers"), table_rows(small(dataset="loyalty"), "customers")
    assert [column.name for column in dataset("loyalty")["customers"].table.columns][-5:-3] == list(ADDED)
    for one, other in zip(plain, rich, strict=True):
        ignored = {*ADDED, "raw_data"}
        assert {k: v for k, v in other.items() if k not in ignored} == {
            k: v for k, v in one.items() if k not in ignored
        }
        record = other["raw_data"]
        assert f'"points": {other["points"]}' in record
        assert f'"tier": "{other["tier"]}"' in record


@pytest.mark.parametrize("raw_data", ["full", "lean", "none"])
def test_any_batch_size_gives_the_same_bytes_of_added_columns(raw_data):
    config = small(dataset="loyalty", raw_data=raw_data)
    assert table_bytes(config, "customers", 17) == table_bytes(config, "customers")


def test_added_columns_are_told_in_all_versions_of_a_record():
    options = {"customers": 900, "days": 200, "history": "versions"}
    plain, rich = (table_rows(small(dataset=name, **options), "customers") for name in ("shop", "loyalty"))
    assert len(plain) == len(rich) > 920
    assert [row["ingestion_timestamp"] for row in plain] == [row["ingestion_timestamp"] for row in rich]
    for row in rich:
        told = json.loads(row["raw_data"])
        assert {name: told[name] for name in ADDED} == {name: row[name] for name in ADDED}
        assert told["version"] >= 1
    assert len({(row["customer_id"], *(row[name] for name in ADDED)) for row in rich}) == 900


def test_the_other_tables_are_the_shops():
    assert small(dataset="loyalty").tables == TABLES
    assert table_bytes(small(dataset="loyalty"), "reviews") == table_bytes(small(), "reviews")
    assert [law.name for law in read(dataset("loyalty").laws)] == [*(law.name for law in read(dataset().laws)), "L90"]


def test_a_plan_tells_its_dataset_and_what_brings_it():
    config = small(dataset="loyalty", tables="customers,parcels")
    assert config.plugins == (
        Plugin(kind="dataset", name="loyalty", package="shardgen-loyalty", version="1.0"),
        Plugin(kind="table", name="parcels", package="shardgen-parcels", version="1.0"),
    )
    assert PlanConfig.from_json(config.to_json()) == config
    assert {shard.dataset for shard in build_plan(config).shards} == {"loyalty"}
    assert "dataset" not in small().to_json()


def test_a_dataset_has_a_fingerprint_of_its_own():
    world = small().world
    assert len({fingerprint(world, "words"), *(fingerprint(world, "words", "loyalty", each) for each in (1, 2))}) == 3


def test_python_and_variables_choose_a_dataset(monkeypatch):
    assert shardgen.sample("customers", 1, dataset="loyalty")[0].keys() >= {*ADDED}
    monkeypatch.setenv("SHARDGEN_DATASET", "loyalty")
    assert shardgen.sample("customers", 1)[0].keys() >= {*ADDED}


def test_a_dataset_that_nothing_brings_is_unknown():
    with pytest.raises(ConfigError, match="dataset='bank' is unknown: choose from shop, loyalty"):
        small(dataset="bank")


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("import nowhere", "cannot be loaded: ModuleNotFoundError: No module named 'nowhere'"),
        ("BANK = 1", "is no Dataset but of type int"),
        ("from shardgen_loyalty import LOYALTY as BANK", "calls itself 'loyalty', not as its entry point does"),
    ],
)
def test_a_broken_dataset_is_named_with_its_package_and_is_in_nobody_elses_way(tmp_path, source, fault):
    made = make(tmp_path / "site", "bank", {"bank": "bank:BANK"}, group="shardgen.datasets", bank=source)
    with importable(made):
        assert small().dataset == "shop"
        with pytest.raises(PluginError, match=f"dataset=bank of bank 1.0 {fault}"):
            small(dataset="bank")


def test_tables_are_listed_with_their_dataset_and_a_broken_one_with_the_reason(tmp_path):
    bank = make(tmp_path / "site", "bank", {"bank": "bank:BANK"}, group="shardgen.datasets", bank="import nowhere")
    with importable(bank):
        told = {(each.table, each.dataset): each for each in listed("1.0")}
    assert {("orders", "shop"), ("customers", "loyalty"), ("parcels", ""), ("", "bank")} <= told.keys()
    assert ("orders", "loyalty") not in told
    assert "No module named 'nowhere'" in told["", "bank"].broken


def test_the_tables_of_one_dataset_are_listed_with_what_brings_each():
    told = {each.table: (each.dataset, each.origin) for each in listed("1.0", "loyalty")}
    assert tuple(told) == (*TABLES, "parcels")
    assert told["customers"] == ("loyalty", "shardgen-loyalty 1.0")
    assert told["orders"] == ("loyalty", "shardgen 1.0")
    with pytest.raises(ConfigError, match="dataset='bank' is unknown: choose from shop, loyalty"):
        listed("1.0", "bank")


def test_a_dataset_of_the_shops_name_is_listed_as_one_that_needs_another(tmp_path):
    other = make(tmp_path / "site", "other", {"shop": "bank:BANK"}, group="shardgen.datasets", bank="BANK = 1")
    with importable(other):
        assert small().tables == TABLES
        [broken] = [each.broken for each in listed("1.0") if each.broken]
        assert "shop of other 1.0 has a name of shardgen's own: whoever made other must choose another name" in broken
        with pytest.raises(ConfigError, match=r"is unknown: choose from shop, loyalty$"):
            small(dataset="bank")
