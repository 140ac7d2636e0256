"""What an error is made of: words and values that each front spells its own way."""

from __future__ import annotations

import pickle

import pytest

from shardgen.errors import ConfigError, Given, Problem, ShardgenError, Text, Use

CHOICE = Text("use ", Use("resume", True), " or ", Use("if_exists", "replace"))


@pytest.mark.parametrize(
    ("mention", "shown"),
    [
        (Use("if_exists", "replace"), "--if-exists replace"),
        (Use("resume", True), "--resume"),
        (Use("orders_per_day", 0), "--orders-per-day 0"),
        (Use("schema"), "--schema"),
        (Given("raw_data", "x"), "raw-data='x'"),
        (Given("scale", 0.5), "scale=0.5"),
    ],
)
def test_a_mention_is_shown_as_the_command_line_spells_it(mention, shown):
    assert str(mention) == shown


def test_an_error_has_its_remedy_as_a_value():
    error = ShardgenError("run=3 is not finished", remedy=CHOICE)
    assert str(error) == "run=3 is not finished: use --resume or --if-exists replace"
    assert Use("if_exists", "replace") in error.remedy.parts


def test_an_error_of_an_option_tells_which_and_where_its_value_came_from():
    error = ConfigError(Given("days", -1), " is out of range", remedy="use 1 to 7300")
    assert error.given == Given("days", -1)
    error.origin = "SHARDGEN_DAYS"
    assert str(error) == "days=-1 is out of range: use 1 to 7300 (it comes from SHARDGEN_DAYS)"
    assert ConfigError("nothing of an option").given is None


def test_what_others_said_keeps_its_values():
    problem = Problem(relation="raw_orders", text="holds rows", remedy=CHOICE)
    assert str(problem) == "relation=raw_orders holds rows: use --resume or --if-exists replace"
    error = ShardgenError("two problems: ", Text.joined("; ", [problem, ShardgenError("no", remedy=Use("yes", True))]))
    assert str(error) == f"two problems: {problem}; no: --yes"
    assert [part for part in error.parts if isinstance(part, Use)] == [*CHOICE.parts[1::2], Use("yes", True)]


def test_an_error_survives_the_way_from_a_process():
    error = ConfigError(Given("days", -1), " is out of range", remedy=CHOICE)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.given, again.remedy) == (str(error), error.given, error.remedy)
