"""What is looked at before a load writes anything, and said all at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from shardgen.errors import Problem, TargetError, Text, Use
from shardgen.model.config import LoadConfig
from shardgen.model.figures import size
from shardgen.model.plan import Plan
from shardgen.stores.findings import Findings, refuse
from shardgen.stores.postgres.control import Control
from shardgen.tables.sizing import sizes
from tests import fakes
from tests.conftest import Database


def inspect(database: Database, plan: Plan, **load) -> Findings:
    how = LoadConfig(**load)
    return fakes.store(database.dsn).inspect(plan, how.terms, fakes.recipe(), workers=how.workers)


def plan(**changes) -> Plan:
    return fakes.build_plan(fakes.plan_config(**changes))


def test_an_empty_target_has_facts_and_no_problem_and_nothing_is_written(database):
    found = inspect(database, plan())
    assert found.problems == ()
    assert found.notices == ()
    assert set(found.fates.values()) == {"create"}
    facts = found.facts
    assert facts.server_version.partition(".")[0].isdigit()
    assert facts.connections_left > 2
    assert facts.holder == ""
    assert abs((facts.today - date.today()).days) <= 1  # noqa: DTZ011
    assert facts.disk_needed == round(1.05 * sum(each.total for each in sizes(plan()).values()))
    assert database.value("SELECT to_regnamespace('bronze') IS NULL")


def test_free_disk_is_known_where_the_data_lie_on_this_machine_and_compared_with_what_is_needed(database):
    small = plan(tables=("orders",))
    found = inspect(database, small)
    assert found.facts.data_directory
    assert found.facts.disk_free > 0
    huge = replace(small, shards=tuple(replace(shard, rows=10**12) for shard in small.shards))
    (problem,) = inspect(database, huge).problems
    needed = 1.05 * sum(size.total for size in sizes(huge).values())
    assert f"iB free and the load needs about {size(round(needed))}: make room" in str(problem)


def test_free_disk_is_not_guessed_where_the_role_may_not_see_the_data_directory(database):
    role = f"blind_{database.value('SELECT current_database()')}"
    database.run(f"CREATE ROLE {role}", f"CREATE SCHEMA bronze AUTHORIZATION {role}")
    try:
        dsn = f"{database.dsn} options='-c role={role}'"
        facts = inspect(Database(dsn=dsn), plan()).facts
        assert (facts.data_directory, facts.disk_free) == (None, None)
    finally:
        database.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_window_in_the_future_is_told_and_does_not_stand_in_the_way(database):
    config = fakes.plan_config(tables=("orders",))
    late = replace(config, end=date(2199, 1, 1), world=replace(config.world, epoch=date(2198, 1, 1), horizon=365))
    found = inspect(database, Plan(config=late, shards=()))
    assert found.problems == ()
    assert "end=2199-01-01 lies after today=" in found.notices[0]


def test_all_that_stands_in_the_way_is_said_at_once_a_load_at_work_among_it(database):
    database.run("CREATE SCHEMA bronze", "CREATE VIEW bronze.raw_orders AS SELECT 1")
    with Control(database.dsn, "bronze"):
        found = inspect(database, plan(tables=("orders",)), workers=500)
    text = "\n".join(map(str, found.problems))
    for part in (
        "workers=500 need as many connections and the server has",
        "relation=raw_orders is a view",
        "another load is at work in schema='bronze': 'shardgen:coordinator:",
    ):
        assert part in text


def test_what_several_relations_have_in_common_is_said_once_whatever_they_are_called():
    remedy = Text("rename it, or use another ", Use("schema"))
    view = [Problem(relation=name, text="is a view", remedy=remedy) for name in ("raw_orders", "Old: raw (x)")]
    other = Problem(relation="raw_orders", text="is UNLOGGED")
    with pytest.raises(TargetError) as refusal:
        refuse([view[0], other, view[1], Problem(text="the server is a standby in recovery")])
    assert str(refusal.value).splitlines() == [
        "3 things stand in the way:",
        "  - relations=raw_orders, Old: raw (x): each is a view: rename it, or use another --schema",
        "  - relation=raw_orders is UNLOGGED",
        "  - the server is a standby in recovery",
    ]
