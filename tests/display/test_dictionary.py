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
