"""What every store must hold; a store has a class in test_contract.py that says how it is opened, and passes."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shardgen.errors import LoadError, ResumeError, ShardError, TargetError
from shardgen.events import LoadStarted, ShardDone, ShardRetried
from shardgen.model.config import Terms
from shardgen.model.parts import Part
from shardgen.model.plan import Plan, Shard
from shardgen.stores import Run, Store, Writer
from shardgen.stores.failures import StoppedError, SupersededError
from shardgen.stores.memory import MemoryStore
from shardgen.stores.told import Task, Written
from tests import fakes

FEW = ("orders", "sessions")
"""One table that is cut by time, and one that is cut by number."""


class StoreContract:
    """The laws; ``open`` is the store's own."""

    @pytest.fixture
    def place(self, database: Any) -> Any:
        """Where the store is; fresh for each test."""
        raise NotImplementedError

    def open(self, place: Any) -> Store:
        """The store, as one process sees it; with the encoder of fake rows."""
        raise NotImplementedError

    def content(self, store: Store, written: Written) -> str:
        """The digest of a shard's COPY rows, as the place has them; of those that hold them, what its writer says."""
        return written.digest

    @pytest.fixture
    def store(self, place: Any) -> Store:
        return self.open(place)

    # --- runs and writers

    def test_a_run_that_has_begun_has_its_plan_and_nothing_done(self, store):
        with begun(store) as run:
            assert (run.number, run.resumed, run.plan, dict(run.done())) == (1, False, plan(), {})
            run.prepare()
            ids = [task.shard.id for wave in run.waves() for task in wave]
            assert sorted(ids) == sorted(shard.id for shard in plan().shards)
            assert set(run.relations) == set(FEW)

    def test_one_coordinator_works_at_a_time(self, place):
        with begun(self.open(place)):
            with pytest.raises(TargetError, match="another load is at work"), begun(self.open(place)):
                pass
            with pytest.raises(TargetError, match="another load is at work"), resumed(self.open(place)):
                pass

    @pytest.mark.parametrize("table", FEW)
    def test_a_shard_is_written_once_and_told_again(self, store, table):
        shard = plan().of(table)[0]
        with at_work(store) as (run, writer):
            first = write(writer, shard)
            assert (first.rows, first.by_us, first.table) == (fakes.ROWS, True, table)
            again = writer.write(Task(shard=shard, attempt=2), never)
            assert (again.digest, again.rows, again.by_us) == (first.digest, first.rows, False)
            assert run.done()[shard.id].digest == first.digest
            assert [task.shard.id for wave in run.waves() for task in wave].count(shard.id) == 0

    @pytest.mark.parametrize("table", FEW)
    def test_what_is_raised_on_the_way_leaves_nothing(self, store, table):
        shard = plan().of(table)[0]

        def breaks() -> Iterator[Any]:
            yield next(rows(shard)())
            raise ZeroDivisionError("in the middle")

        with at_work(store) as (run, writer):
            with pytest.raises(ZeroDivisionError):
                writer.write(Task(shard=shard), breaks)
            assert dict(run.done()) == {}
            assert write(writer, shard).by_us

    def test_a_writer_gives_way_between_batches_and_leaves_nothing(self, store):
        shard, stopping = plan().of("orders")[0], []

        def slow() -> Iterator[Any]:
            for batch in rows(shard)():
                yield batch
                stopping.append(True)

        with begun(store) as run:
            run.prepare()
            writer = run.writer().open(lambda: bool(stopping))
            with pytest.raises(StoppedError):
                writer.write(Task(shard=shard), slow)
            writer.close()
            assert dict(run.done()) == {}

    def test_a_shard_of_another_number_of_rows_than_planned_is_refused(self, store):
        shard = plan().of("sessions")[0]
        with at_work(store) as (run, writer):
            with pytest.raises(Exception, match="planned rows=200") as caught:
                writer.write(Task(shard=shard), lambda: iter([next(rows(shard)())]))
            remedy, text = run.writer().failure(caught.value)
            assert (remedy.name, "planned rows=200" in text) == ("STOP_TABLE", True)
            assert dict(run.done()) == {}

    def test_a_replaced_run_writes_no_more(self, place):
        first = plan().shards[0]
        with at_work(self.open(place)) as (run, _):
            spec = run.writer()
        with begun(self.open(place), if_exists="replace") as after:
            assert dict(after.done()) == {}
            late = spec.open(lambda: False)
            with pytest.raises(SupersededError) as caught:
                write(late, first)
            late.close()
            assert spec.failure(caught.value)[0].name == "STOP_LOAD"

    # --- loads in parts

    def test_parts_load_their_shards_and_the_one_that_sees_all_there_finishes(self, place):
        first = fakes.load_part(self.open(place), "0/2")
        assert (first.shards, first.rows, first.lacking, first.finished) == (3, 600, {"1/2": 3}, False)
        [run] = self.open(place).runs()
        assert (run.state, run.coordinator, sum(table.done for table in run.tables)) == ("waiting", None, 3)
        second = fakes.load_part(self.open(place), "1/2")
        assert (second.run, second.shards, second.rows, second.lacking) == (1, 3, 600, {})
        assert second.report
        assert second.report.ok
        assert [(table.table, table.counted) for table in second.report.tables] == [("orders", 600), ("sessions", 600)]
        [run] = self.open(place).runs()
        assert (run.state, [each.done for each in run.tables]) == ("finished", [3, 3])

    def test_a_part_that_is_run_again_changes_nothing(self, place):
        events: list[Any] = []
        for part in ("0/2", "0/2", "1/2", "1/2", "0/2"):
            fakes.load_part(self.open(place), part, show=events.append)
        assert sum(isinstance(event, ShardDone) for event in events) == 6
        [run] = self.open(place).runs()
        after = fakes.load_part(self.open(place), "1/2")
        assert (after.finished, after.report, after.run, after.rows) == (True, None, 1, 600)
        assert self.open(place).runs() == [run]

    def test_the_same_part_twice_at_once_and_another_beside_it_do_each_shard_once(self, place):
        with ThreadPoolExecutor(3) as pool:
            reports = list(pool.map(lambda part: fakes.load_part(self.open(place), part), ["0/3", "1/3", "1/3"]))
        assert len({report.run for report in reports}) == 1
        assert [report.rows for report in reports] == [400, 400, 400]
        assert [report.lacking["2/3"] for report in reports] == [2, 2, 2]
        [run] = self.open(place).runs()
        assert [(each.done, each.rows) for each in run.tables] == [(2, 400), (2, 400)]

    def test_of_parts_that_see_all_there_at_the_same_time_one_finishes(self, place):
        with ThreadPoolExecutor(4) as pool:
            parts = ["0/3", "1/3", "2/3", "2/3"]
            reports = list(pool.map(lambda part: fakes.load_part(self.open(place), part), parts))
        assert sum(report.report is not None for report in reports) == 1
        [run] = self.open(place).runs()
        assert (run.state, [(each.done, each.rows) for each in run.tables]) == ("finished", [(3, 600), (3, 600)])

    def test_a_commit_names_what_is_lacking_and_finishes_once(self, place):
        fakes.load_part(self.open(place), "1/3")
        with pytest.raises(LoadError, match="part=0/3 lacks 2 shards, part=2/3 lacks 2 shards"):
            fakes.commit(self.open(place))
        [run] = self.open(place).runs()
        assert (run.state, run.last_error) == ("waiting", None)
        fakes.load_part(self.open(place), "2/3")
        with at_work_on(self.open(place), "0/3") as (run, writer):
            for shard in plan().shards[::3]:
                write(writer, shard)
        done = fakes.commit(self.open(place))
        assert done.changed
        assert done.report
        assert done.report.ok
        [run] = self.open(place).runs()
        assert run.state == "finished"
        again = fakes.commit(self.open(place))
        assert (again.changed, again.run, again.report) == (False, 1, None)
        assert self.open(place).runs() == [run]

    def test_a_commit_of_some_tables_is_about_the_run_that_has_them(self, place):
        fakes.load_part(self.open(place), "0/2", tables=("orders",))
        assert fakes.load_part(self.open(place), "0/1", tables=("sessions",)).finished
        found = fakes.commit(self.open(place), given={"tables": ("sessions",)})
        assert (found.run, found.changed) == (2, False)
        for given in ({"tables": ("orders",)}, {}):
            with pytest.raises(LoadError, match="run=1 is not complete: part=1/2 lacks"):
                fakes.commit(self.open(place), given=given)

    def test_a_commit_of_nothing_is_refused(self, store):
        with pytest.raises(ResumeError, match="holds no unfinished run"):
            fakes.commit(store)

    def test_a_commit_of_a_whole_load_that_was_cut_short_counts_its_shards(self, place):
        with pytest.raises(RuntimeError):
            fakes.load(self.open(place), fakes.plan_config(tables=FEW), show=dies_at(ShardDone), workers=1)
        with pytest.raises(LoadError, match="5 shards of 6 are lacking: load them by --resume"):
            fakes.commit(self.open(place))

    def test_parts_are_at_work_side_by_side_and_keep_all_others_out(self, place):
        config = fakes.plan_config(tables=FEW)
        with at_work_on(self.open(place), "0/2"), at_work_on(self.open(place), "1/2"):
            [run] = self.open(place).runs()
            assert (run.state, bool(run.coordinator)) == ("loading", True)
            for refused in (
                lambda: fakes.load(self.open(place), config, if_exists="replace"),
                lambda: fakes.resume(self.open(place)),
                lambda: fakes.commit(self.open(place)),
                lambda: fakes.claim(self.open(place), if_exists="replace"),
            ):
                with pytest.raises(TargetError, match="another load is at work"):
                    refused()
        with begun(self.open(place), if_exists="replace"), pytest.raises(TargetError, match="another load is at work"):
            fakes.load_part(self.open(place), "0/2")

    def test_a_part_of_another_plan_or_another_number_of_parts_is_refused(self, place):
        fakes.load_part(self.open(place), "0/3")
        with pytest.raises(ResumeError, match="part='0/4' but run=1 is loaded in parts of 3: use 0/3 to 2/3"):
            fakes.load_part(self.open(place), "0/4")
        with pytest.raises(ResumeError, match="seed=7 but the run has 42"):
            fakes.load_part(self.open(place), "1/3", seed=7)
        with pytest.raises(ResumeError, match="on-conflict='skip' but the run has 'error'"):
            fakes.load_part(self.open(place), "1/3", on_conflict="skip")
        [run] = self.open(place).runs()
        assert (run.run, run.options["parts"], run.state) == (1, 3, "waiting")

    def test_a_part_does_not_join_what_was_not_begun_in_parts(self, place):
        with pytest.raises(RuntimeError):
            fakes.load(self.open(place), fakes.plan_config(tables=FEW), show=dies_at(ShardDone), workers=1)
        with pytest.raises(TargetError, match="unfinished run=1"):
            fakes.load_part(self.open(place), "0/2")

    def test_a_claim_waits_for_parts_and_is_made_once(self, place):
        first, again = (fakes.claim(self.open(place)) for _ in range(2))
        assert [(each.run, each.new, each.shards) for each in (first, again)] == [(1, True, 6), (1, False, 6)]
        with pytest.raises(LoadError, match="it is claimed, and no part has begun"):
            fakes.commit(self.open(place))
        assert fakes.load_part(self.open(place), "0/1").finished

    def test_a_claim_that_is_made_again_tells_how_far_the_run_is(self, place):
        found = [fakes.claim(self.open(place))]
        for part in ("1/2", "0/2"):
            fakes.load_part(self.open(place), part)
            found.append(fakes.claim(self.open(place)))
        assert [(each.lacking, each.finished) for each in found] == [(6, False), (3, False), (0, True)]

    def test_a_claim_takes_a_place_over_where_that_is_asked_for(self, place):
        with contextlib.ExitStack() as left:
            left.enter_context(begun(self.open(place)))
            with pytest.raises(TargetError, match="another load is at work"):
                fakes.claim(self.open(place), if_exists="replace")
            claimed = fakes.claim(self.open(place), if_exists="replace", yes=True, take_over=True)
            assert (claimed.run, claimed.new) == (2, True)
            assert [run.state for run in self.open(place).runs()] == ["superseded", "waiting"]

    def test_a_replace_is_a_claim_and_parts_fill_what_it_has_emptied(self, place):
        fakes.load(self.open(place), fakes.plan_config(tables=FEW))
        with pytest.raises(TargetError, match="raw_orders"):
            fakes.load_part(self.open(place), "0/2")
        assert fakes.claim(self.open(place), if_exists="replace").run == 2
        reports = [fakes.load_part(self.open(place), part) for part in ("0/2", "1/2")]
        assert [(report.run, report.finished) for report in reports] == [(2, False), (2, True)]

    def test_a_part_that_fails_leaves_the_others_alone_and_goes_on_when_it_is_run_again(
        self, place, tmp_path, monkeypatch
    ):
        monkeypatch.setenv(fakes.FAULTS, str(tmp_path))
        (tmp_path / "orders_2025-02").write_text("raise")
        with pytest.raises(ShardError, match="orders/2025-02"):
            fakes.load_part(self.open(place), "1/2", attempts=1)
        [run] = self.open(place).runs()
        assert (run.state, "part 1/2" in (run.last_error or "")) == ("failed", True)
        assert fakes.load_part(self.open(place), "0/2").lacking == {"1/2": 1}
        (tmp_path / "orders_2025-02").unlink()
        assert fakes.load_part(self.open(place), "1/2").finished

    def test_what_parts_have_left_is_finished_by_a_resume_too(self, place):
        fakes.load_part(self.open(place), "0/2")
        assert fakes.resume(self.open(place)).ok
        assert fakes.load_part(self.open(place), "1/2").finished

    def test_parts_load_the_bytes_of_a_whole_load(self, place):
        for part in ("1/2", "0/2"):
            fakes.load_part(self.open(place), part)
        with joined(self.open(place), "0/2") as run:
            found = {shard: self.content(self.open(place), each) for shard, each in run.done().items()}
        assert found == digests(self, self.open(place))

    # --- whole loads

    def test_every_place_gets_the_same_bytes(self, store):
        reference = MemoryStore(encoder=fakes.Encoder)
        found = []
        for each in (store, reference):
            fakes.load(each, fakes.plan_config(tables=FEW))
            with begun(each, if_exists="append", tables=("customers",)):
                pass
            found.append([(table.table, table.done, table.rows) for table in each.runs()[0].tables])
        assert found[0] == found[1]
        assert digests(self, store) == digests(self, reference)

    def test_a_load_ends_finished_and_its_counts_agree(self, store):
        report = fakes.load(store, fakes.plan_config(tables=FEW))
        assert (report.ok, report.differences, report.target) == (True, (), store.place)
        assert [(table.table, table.counted) for table in report.tables] == [("orders", 600), ("sessions", 600)]
        [run] = store.runs()
        assert (run.state, run.coordinator, run.last_error) == ("finished", None, None)
        assert [(each.table, each.done, each.pending, each.rows) for each in run.tables] == [
            ("orders", 3, 0, 600),
            ("sessions", 3, 0, 600),
        ]
        with store.watched() as look:
            assert look() == [run]

    def test_what_was_cut_short_is_finished_by_a_resume_and_by_nothing_else(self, place, monkeypatch):
        config = fakes.plan_config(tables=FEW)
        with pytest.raises(RuntimeError):
            fakes.load(self.open(place), config, show=dies_at(ShardDone), workers=1)
        [run] = self.open(place).runs()
        assert (run.state, sum(table.done for table in run.tables)) == ("failed", 1)
        with pytest.raises(TargetError, match="unfinished run=1"):
            fakes.load(self.open(place), config)
        with pytest.raises(ResumeError, match="started with other options"):
            fakes.resume(self.open(place), given={"seed": 7})
        monkeypatch.setenv("SHARDGEN_FAKE_WORDS", "other words")
        with pytest.raises(ResumeError, match="another data version or vocabulary"):
            fakes.resume(self.open(place))
        monkeypatch.delenv("SHARDGEN_FAKE_WORDS")
        events: list[Any] = []
        report = fakes.resume(self.open(place), show=events.append)
        assert (report.ok, report.resumed, report.run) == (True, True, 1)
        assert sum(isinstance(event, ShardDone) for event in events) == 5
        with pytest.raises(ResumeError, match="no unfinished run; run=1 is finished"):
            fakes.resume(self.open(place))

    def test_a_shard_that_fails_is_tried_again_and_in_the_end_given_up(self, place, tmp_path, monkeypatch):
        monkeypatch.setenv(fakes.FAULTS, str(tmp_path))
        (tmp_path / "sessions_000000001").write_text("raise 1")
        (tmp_path / "orders_2025-02").write_text("raise")
        events: list[Any] = []
        config = fakes.plan_config(tables=FEW)
        with pytest.raises(ShardError, match="orders/2025-02") as caught:
            fakes.load(self.open(place), config, show=events.append, attempts=2)
        assert "a planted fault" in str(caught.value)
        assert {event.shard for event in events if isinstance(event, ShardRetried)} >= {"sessions/000000001"}
        [run] = self.open(place).runs()
        assert (run.state, sum(table.done for table in run.tables)) == ("failed", 5)
        (tmp_path / "orders_2025-02").unlink()
        assert fakes.resume(self.open(place)).ok

    @pytest.mark.parametrize(("if_exists", "others", "generation"), [("replace", 0, 2), ("append", 600, 2)])
    def test_a_second_load_is_refused_or_does_what_it_is_told(self, place, if_exists, others, generation):
        config = fakes.plan_config(tables=("sessions",))
        fakes.load(self.open(place), config)
        with pytest.raises(TargetError, match="raw_sessions"):
            fakes.load(self.open(place), config)
        found = self.open(place).inspect(fakes.build_plan(config), Terms(), fakes.recipe(), workers=2)
        assert ["raw_sessions" in str(problem) for problem in found.problems] == [True]
        if if_exists == "append":
            config = fakes.plan_config(tables=("orders",))  # the same keys again would be in each other's way
            others, generation = 0, 1
        report = fakes.load(self.open(place), config, if_exists=if_exists)
        [table] = report.tables
        assert (table.counted, table.others) == (600, others)
        assert [(each.rows, each.generation) for each in self.open(place).runs()[-1].tables] == [(600, generation)]

    def test_a_look_writes_nothing(self, store):
        found = store.inspect(plan(), Terms(), fakes.recipe(), workers=2)
        assert (found.problems, found.fates) == ((), dict.fromkeys(FEW, "create"))
        assert store.runs() == []

    def test_a_reset_takes_away_what_it_has_named(self, place):
        fakes.load(self.open(place), fakes.plan_config(tables=FEW))
        recipe, said = fakes.recipe(), []
        found = self.open(place).survey(recipe, run=None, every=False)
        assert sorted((each.table, each.run, each.rows) for each in found.removals) == [
            ("orders", 1, 600),
            ("sessions", 1, 600),
        ]
        assert (found.runs, found.last) == ((1,), True)
        self.open(place).reset(recipe, found, run=None, every=False, show=said.append)
        assert said
        assert self.open(place).runs() == []
        assert fakes.load(self.open(place), fakes.plan_config(tables=FEW)).ok

    def test_a_reset_does_nothing_where_the_place_has_changed(self, place):
        fakes.load(self.open(place), fakes.plan_config(tables=("orders",)))
        recipe = fakes.recipe()
        found = self.open(place).survey(recipe, run=None, every=True)
        fakes.load(self.open(place), fakes.plan_config(tables=("sessions",)))
        with pytest.raises(TargetError, match="has changed since it was looked at"):
            self.open(place).reset(recipe, found, run=None, every=True, show=lambda _: None)
        assert len(self.open(place).runs()) == 2

    def test_how_a_run_was_left_is_recorded(self, place):
        with pytest.raises(LoadError, match="run=1 stopped"):
            fakes.load(self.open(place), fakes.plan_config(tables=FEW), show=full_at(LoadStarted))
        [run] = self.open(place).runs()
        assert (run.state, "No space left" in (run.last_error or "")) == ("failed", True)


def plan(tables: tuple[str, ...] = FEW) -> Plan:
    return fakes.build_plan(fakes.plan_config(tables=tables))


def begun(store: Store, *, if_exists: str = "fail", tables: tuple[str, ...] = FEW):
    terms = Terms(if_exists=if_exists, yes=True)
    options = fakes.options(plan(tables).config)
    return store.begin(plan(tables), terms, fakes.recipe(), options=options, workers=2, take_over=False)


def joined(store: Store, part: str):
    options = fakes.options(plan().config)
    return store.join(plan(), Terms(), fakes.recipe(), part=Part.parse(part), options=options, workers=2)


def resumed(store: Store):
    return store.resume(fakes.recipe(), given={}, on_conflict=None, workers=2, take_over=False)


class at_work:  # noqa: N801  # used like a function
    """A begun run and a writer of it."""

    def __init__(self, store: Store, part: str = "") -> None:
        self._begun = joined(store, part) if part else begun(store)

    def __enter__(self) -> tuple[Run, Writer]:
        run = self._begun.__enter__()
        run.prepare()
        self._writer = run.writer().open(lambda: False)
        return run, self._writer

    def __exit__(self, *exc: object) -> None:
        self._writer.close()
        self._begun.__exit__(*exc)


at_work_on = at_work
"""The same for a part."""


def rows(shard: Shard):
    return functools.partial(fakes.Feed(plan().config).batches, shard, 64)


def write(writer: Writer, shard: Shard) -> Written:
    return writer.write(Task(shard=shard), rows(shard))


def never() -> Iterator[Any]:
    raise AssertionError("a shard that is done was built")


def digests(contract: StoreContract, store: Store) -> dict[str, str]:
    """By shard, of a run that is taken up once more."""
    with begun(store, if_exists="replace") as run:
        run.prepare()
        writer = run.writer().open(lambda: False)
        found = {shard.id: contract.content(store, write(writer, shard)) for shard in run.plan.shards}
        writer.close()
        return found


def dies_at(kind: type):
    """A display that takes its process with it, as far as a test can have that."""

    def show(event: Any) -> None:
        if isinstance(event, kind):
            raise RuntimeError("planted by the test")  # noqa: TRY004  # as a bug would

    return show


def full_at(kind: type):
    """A disk that is full."""

    def show(event: Any) -> None:
        if isinstance(event, kind):
            raise OSError(28, "No space left on device")

    return show
