"""What tables mean, as it is printed: every column and key of what was asked for, and nothing else."""

import json

import pytest

from shardgen.cli import main
from shardgen.display import dictionary
from shardgen.tables import dataset
from tests.worlds import TABLES

yaml = pytest.importorskip("yaml")


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["tables", *words])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_a_dbt_source_names_every_column_and_can_be_read(capsys):
    code, out, _ = printed(capsys, "--dbt", "--schema", "raw-2")
    [source] = yaml.safe_load(out)["sources"]
    assert (code, source["schema"]) == (0, "raw-2")
    for spec, told in zip(dataset().tables, source["tables"], strict=True):
        assert told["name"] == spec.table.relation
        assert [column["name"] for column in told["columns"]] == [column.name for column in spec.table.columns]


def test_a_dbt_source_of_versions_has_the_views_of_the_newest_and_tests_ids_there_alone(capsys):
    _, out, _ = printed(capsys, "--dbt", "--history", "versions")
    [source] = yaml.safe_load(out)["sources"]
    told = {each["name"]: each for each in source["tables"]}
    assert list(told) == [name for spec in dataset().tables for name in (spec.table.relation, spec.table.latest)]
    for spec in dataset().tables:
        every, newest = (told[name]["columns"] for name in (spec.table.relation, spec.table.latest))
        assert [column["name"] for column in every] == [column["name"] for column in newest]
        assert [column["name"] for column in every if "unique" in column.get("data_tests", ())] == []
        assert [column["name"] for column in newest if "unique" in column.get("data_tests", ())] == [spec.table.key[0]]
        assert "version, operation" in every[-1]["description"]


def test_versions_are_told_with_their_key_and_the_view_of_the_newest(capsys):
    _, out, _ = printed(capsys, "orders", "--json", "--history", "versions")
    [told] = json.loads(out)
    assert told["key"] == ["order_id", "order_date", "ingestion_timestamp"]
    assert told["latest"] == "raw_orders_latest"
    assert {"version", "operation"} <= told["columns"][-1]["keys"].keys()
    _, out, _ = printed(capsys, "orders", "--history", "versions")
    assert "raw_orders_latest" in out
    _, out, _ = printed(capsys, "orders", "--json")
    assert json.loads(out)[0]["latest"] is None


def test_programs_are_told_every_key(capsys):
    code, out, _ = printed(capsys, "orders", "raw_reviews", "--json")
    found = {each["table"]: each for each in json.loads(out)}
    assert (code, sorted(found)) == (0, ["orders", "reviews"])
    [raw] = [each for each in found["orders"]["columns"] if each["name"] == "raw_data"]
    assert "items[].quantity" in raw["keys"]


@pytest.mark.parametrize("name", TABLES)
def test_people_are_told_every_column_whatever_the_width(capsys, monkeypatch, name):
    monkeypatch.setenv("COLUMNS", "60")
    code, out, _ = printed(capsys, name)
    assert code == 0
    for column, key, _, _ in (row for each in dataset()[name].table.columns for row in dictionary.rows(each)):
        assert (key or column) in out


@pytest.mark.parametrize(("words", "told"), [(["customrs"], "did you mean"), (["orders", "--dbt", "--json"], "--dbt")])
def test_nonsense_is_refused(capsys, words, told):
    code, out, err = printed(capsys, *words)
    assert (code, out) == (2, "")
    assert told in err
