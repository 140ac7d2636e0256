"""The answer key as a table beside the dirty ones: loaded, told, verified, gone on with and taken back with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

import shardgen
from shardgen.columns.batch import Batches
from shardgen.errors import ConfigError, LoadError, ShardError, TargetError
from shardgen.events import Notice
from shardgen.loading import session
from shardgen.loading.engines.threads import Threads
from shardgen.loading.hooks import Tools
from shardgen.loading.session import Machinery
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.plan import Shard
from shardgen.stores.memory import MemoryStore
from shardgen.tables.answers import plan_of
from shardgen.tables.feed import Feed
from shardgen.tables.planning import build_plan
from shardgen.tables.recipe import Recipe
from tests.conftest import Database
from tests.dirt.test_windows import rows
from tests.dirt.worlds import KEY, dirty
from tests.forward import QUIET, advance
from tests.worlds import SMALL

OPTIONS: dict[str, Any] = {**SMALL, "days": 3, "workers": 1, "engine": "threads", "progress": "none"}
STEPS = (timedelta(days=1), timedelta(days=4))
LINES = """SELECT defect, kind, family, "table", state, key, ingestion_timestamp, place, dirty, clean, owner
    FROM bronze_answers.shardgen_answers"""


@pytest.fixture
def key(monkeypatch):
    monkeypatch.setenv("SHARDGEN_DIRT_KEY", KEY)


def test_a_key_is_loaded_told_verified_and_taken_back_with_the_tables_that_it_is_of(database, key):
    options = {**OPTIONS, "tables": "customers,orders", "dirt": "null=0.2,lost_row=0.05"}
    report = shardgen.load(database.dsn, answers="load", **options)
    lines = sorted(map(str, shardgen.answers(database.dsn)))
    names = list(next(shardgen.answers(database.dsn)))
    there = [dict(zip(names, row, strict=True)) for row in database.rows(LINES)]
    assert sorted(str({**row, "ingestion_timestamp": iso(row)}) for row in there) == lines
    assert {row["table"] for row in there} == {"customers", "orders"}
    assert [table.relation for table in report.tables][-1] == "bronze_answers.shardgen_answers"
    assert report.tables[-1].counted == len(lines)
    [run] = shardgen.status(database.dsn)
    assert [(table.relation, table.rows) for table in run.tables][-1] == (
        "bronze_answers.shardgen_answers",
        len(lines),
    )
    planned = sum(shard.rows for shard in build_plan(plan_of(PlanConfig.from_json(run.plan))).shards)
    assert abs(planned - len(lines)) < 0.3 * len(lines)
    found = shardgen.verify(database.dsn, workers=1, progress="none")
    assert found.ok
    assert [(check.level, check.status) for check in found.checks if check.name == "answers"] == [
        ("counts", "held"),
        ("digests", "held"),
    ]
    database.run("UPDATE bronze_answers.shardgen_answers SET clean = '\"0\"' WHERE place = 'phone'")
    found = shardgen.verify(database.dsn, level="digests", workers=1, progress="none")
    assert [check.name for check in found.checks if check.status == "failed"] == ["answers"]
    assert len(shardgen.reset(database.dsn).removals) == 3
    assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'bronze%'") == 0


def iso(row: dict[str, Any]) -> str:
    return str(row["ingestion_timestamp"].isoformat(timespec="microseconds"))


FEW: dict[str, Any] = {
    "customers": 60,
    "products": 30,
    "orders_per_day": 4,
    "sessions_per_day": 5,
    "events_per_session": 3,
    "review_rate": 1,
    "days": 25,
}


@pytest.mark.parametrize(
    ("cut", "history"),
    [
        ("happened", "latest"),
        ("arrived", "versions"),
        *(pytest.param(*each, marks=pytest.mark.time) for each in (("happened", "versions"), ("arrived", "latest"))),
    ],
)
def test_a_key_that_grows_by_windows_is_that_of_the_whole(cut, history):
    config = dirty("hostile", **FEW, cut=cut, history=history)
    there = rows(plan_of(replace(config, answers="key")))
    for step in STEPS:
        slice_ = replace(config.window(config.closes + step), answers="key")
        grown = plan_of(slice_)
        before = rows(grown, "before", lambda shard: shard.revised)
        assert not before - there
        there = there - before + rows(grown)
        config = slice_.whole
        assert there == rows(plan_of(config))


def key_lines(target: Database) -> Counter[str]:
    names = list(next(shardgen.answers(target.dsn)))
    told = (dict(zip(names, row, strict=True)) for row in target.rows(LINES))
    return Counter(str({**row, "ingestion_timestamp": iso(row)}) for row in told)


def test_a_window_by_itself_has_no_key_beside_it(database, key):
    window = {"since": date(2025, 12, 10), "end": date(2025, 12, 11), "epoch": date(2025, 12, 7), "horizon": 60}
    with pytest.raises(
        ConfigError, match="answers='load' is of a whole history, and a window by itself has none in a database"
    ):
        shardgen.load(database.dsn, answers="load", dirt="hostile", **window, **QUIET)
    assert not database.rows("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'bronze%'")


@pytest.mark.slow
def test_a_loaded_key_is_brought_forward_with_its_tables_and_told_verified_and_taken_back(database, key):
    shop = {**QUIET, **FEW, "epoch": date(2025, 12, 7), "horizon": 60, "end": SMALL["end"]}
    del shop["days"]
    tables = "customers,orders,reviews"
    shardgen.load(database.dsn, answers="load", tables=tables, dirt="hostile", cut="arrived", **shop)
    with pytest.raises(TargetError, match="answer key in schema='bronze_answers', which tells of customers, reviews"):
        shardgen.advance(database.dsn, tables="orders", **QUIET)
    database.run(
        "CREATE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no key today'; END$$",
        "CREATE TRIGGER no BEFORE INSERT ON bronze_answers.shardgen_answers EXECUTE FUNCTION public.no()",
    )
    with pytest.raises(ShardError, match="no key today"):
        shardgen.advance(database.dsn, **QUIET)
    assert [run.state for run in shardgen.status(database.dsn)] == ["finished", "failed"]
    database.run("DROP FUNCTION public.no() CASCADE")
    resumed, next_day = shardgen.advance(database.dsn, **QUIET)
    assert (resumed.resumed, next_day.ok) == (True, True)
    for days in (1, 3):
        report = advance(database, days=days)
        assert report.tables[-1].relation == "bronze_answers.shardgen_answers"
        assert key_lines(database) == Counter(map(str, shardgen.answers(database.dsn)))
    found = shardgen.verify(database.dsn, workers=1, progress="none")
    assert found.ok, [check for check in found.checks if check.status.value == "failed"]
    assert [check.level for check in found.checks if check.name == "answers"] == ["counts", "digests"]
    assert any(
        table.relation == "bronze_answers.shardgen_answers" for table in shardgen.status(database.dsn)[-1].tables
    )
    shardgen.reset(database.dsn)
    assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'bronze%'") == 0


def test_a_key_that_is_gone_is_told_by_a_verification(database, key):
    shardgen.load(database.dsn, answers="load", answers_schema="apart", tables="customers", dirt="null=0.2", **OPTIONS)
    shardgen.reset(database.dsn, schema="apart")
    found = shardgen.verify(database.dsn, level="counts", workers=1, progress="none")
    [failed] = [check for check in found.checks if check.status == "failed"]
    assert (failed.name, failed.finding) == ("answers", "is not in apart, where that run has loaded it")


def test_a_key_is_not_put_where_tables_are_and_not_beside_another_one(database, key):
    options = {**OPTIONS, "tables": "customers", "dirt": "null=0.2"}
    shardgen.load(database.dsn, answers="load", **options)
    with pytest.raises(TargetError, match="holds shardgen_answers already, which tells of customers"):
        shardgen.load(database.dsn, schema="two", answers="load", answers_schema="bronze_answers", **options)
    with pytest.raises(TargetError, match="holds tables of a load: customers"):
        shardgen.load(database.dsn, schema="two", answers="load", answers_schema="bronze", **options)
    with pytest.raises(TargetError, match="holds an answer key: whoever is graded"):
        shardgen.load(database.dsn, schema="bronze_answers", **options)
    assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'two'") == 0
    again = shardgen.load(database.dsn, answers="load", if_exists="replace", yes=True, **options)
    assert again.tables[-1].counted == database.value("SELECT count(*) FROM bronze_answers.shardgen_answers")


@pytest.mark.parametrize("last", [{}, {"dirt": "null=0.2"}], ids=["clean", "dirty"])
def test_a_reset_leaves_no_key_of_tables_that_were_replaced(database, key, last):
    options = {**OPTIONS, "tables": "customers", "if_exists": "replace"}
    for dirt in ("null=0.2", "null=0.1"):
        shardgen.load(database.dsn, answers="load", dirt=dirt, **options)
    shardgen.load(database.dsn, **last, **options)
    assert [each.relation for each in shardgen.reset(database.dsn, all=True).removals] == [
        "raw_customers",
        "bronze_answers.shardgen_answers",
    ]
    assert database.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'bronze%'") == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"answers": "load"}, "needs dirty rows"),
        ({"answers": "load", "dirt": "light", "answers_schema": "bronze"}, "whoever is graded would find the key"),
        ({"dirt": "light", "answers_schema": "key"}, "is for a key that is loaded"),
        ({"dirt": "light", "answers": "print"}, "choose from none, load"),
        ({"tables": "answers"}, "is unknown"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_by_what_is_wrong(options, told, key):
    with pytest.raises(ConfigError, match=told):
        shardgen.load(end="2026-01-01", **options)


@dataclass(frozen=True, slots=True)
class Broken(Feed):
    """A feed of which shards cannot be made whose ids begin so."""

    lacking: str = "answers/orders"

    def batches(self, shard: Shard, rows: int) -> Iterator[Batches]:
        if shard.id.startswith(self.lacking):
            raise ValueError("no key today")
        return Feed(self.plan).batches(shard, rows)


def machinery(feed: Callable[[PlanConfig], Feed] = Feed) -> Machinery:
    return Machinery(engine=Threads, recipe=Recipe(feed=feed), tools=Tools(sleep=lambda _: None))


def states(*places: Any) -> list[str]:
    return [run.state for place in places for run in place.runs()]


def test_a_load_that_stopped_at_its_key_is_not_finished_and_goes_on_with_it():
    config = dirty("hostile", days=3, tables="customers,orders", answers="load", answers_schema="key")
    store, how = MemoryStore(), LoadConfig(workers=1, attempts=1)
    shown: list[Any] = []

    with pytest.raises(ShardError, match="no key today"):
        session.load(config, how, store, options={}, show=shown.append, machinery=machinery(Broken))
    assert states(store, store.beside("key")) == ["failed", "failed"]
    report = session.resume(how, store, given={}, show=shown.append, machinery=machinery())
    assert states(store, store.beside("key")) == ["finished", "finished"]
    lines = sum(len(list(Feed(config).defects(shard))) for shard in build_plan(config).shards)
    assert report.tables[-1].counted == lines
    assert report.tables[-1].relation == "key.shardgen_answers"
    shown.clear()
    again, replacing = dirty("hostile", days=3, tables="orders"), LoadConfig(workers=1, if_exists="replace")
    session.load(again, replacing, store, options={}, show=shown.append, machinery=machinery())
    told = [event.text for event in shown if isinstance(event, Notice)]
    assert any("the answer key of run=1 in key tells of rows that are replaced" in text for text in told)


KEPT = {"days": 3, "tables": "orders", "answers": "load", "answers_schema": "key"}
ONE = LoadConfig(workers=1, attempts=1)


@pytest.mark.parametrize("stops", ["orders", "answers/orders"])
def test_a_replace_that_stopped_before_or_at_its_key_goes_on_and_has_its_key_alone(stops):
    store, plan = MemoryStore(), dirty("light", **KEPT)
    load = partial(session.load, store=store, options={}, show=lambda _: None)
    load(dirty("hostile", **KEPT), ONE, machinery=machinery())
    with pytest.raises(ShardError, match="no key today"):
        load(plan, replace(ONE, if_exists="replace"), machinery=machinery(partial(Broken, lacking=stops)))
    report = session.resume(ONE, store, given={}, show=lambda _: None, machinery=machinery())
    runs = [place.runs()[-1] for place in (store, store.beside("key"))]
    assert [run.state for run in runs] == ["finished", "finished"]
    lines = sum(len(list(Feed(plan).defects(shard))) for shard in build_plan(plan).shards)
    assert (report.tables[-1].counted, runs[-1].options["key_of"]) == (lines, runs[0].run)


@pytest.mark.parametrize("key_of", [1, 7])
def test_a_key_that_somebody_has_put_there_meanwhile_is_not_replaced(key_of):
    """Of a run of another schema, perhaps with the same number."""
    store, plan = MemoryStore(), dirty("light", **KEPT)
    place, load = store.beside("key"), partial(session.load, show=lambda _: None)
    with pytest.raises(ShardError, match="no key today"):
        load(plan, ONE, store, options={}, machinery=machinery(partial(Broken, lacking="orders")))
    load(plan_of(dirty("hostile", **KEPT)), ONE, place, options={"key_of": key_of}, machinery=machinery())
    with pytest.raises(LoadError, match=r"run=1 stopped before its answer key: .*holds rows of run=1"):
        session.resume(ONE, store, given={}, show=lambda _: None, machinery=machinery())
    assert [(run.state, run.options["key_of"]) for run in place.runs()] == [("finished", key_of)]
