"""See stores.Store: a prefix of a bucket, or a folder, as a place for files."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from shardgen.errors import TargetError
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.parts import Part
from shardgen.model.plan import Plan, Shard
from shardgen.stores import Run
from shardgen.stores.failures import StoreError
from shardgen.stores.findings import Facts, Findings, Owner, RunStatus, owners
from shardgen.stores.lake import address, claiming, coordinator, probing, removal, returning, status
from shardgen.stores.lake.beginning import Beginning, problems_of
from shardgen.stores.lake.coordinator import Seat
from shardgen.stores.lake.failures import masked
from shardgen.stores.lake.formats import Format, open_format
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.opening import check_installed
from shardgen.stores.lake.reader import LakeReader
from shardgen.stores.lake.removal import LakeSurvey
from shardgen.stores.lake.run import LakeRun
from shardgen.stores.trials import Trials
from shardgen.tables.recipe import Recipe

T = TypeVar("T")


def format_of(plan: PlanConfig) -> Format:
    """The format of a plan's files."""
    return open_format(plan.format, raw_data=plan.raw_data, raw_data_as=plan.raw_data_as)


class LakeStore:
    """See stores.Store.

    Args:
        url: of the prefix.
        formats: the format of a plan's files; tests bring another.
    """

    def __init__(self, url: str, *, formats: Callable[[PlanConfig], Format] = format_of) -> None:
        check_installed()
        self._address = address.parsed(url)
        self.place = self._address.url
        self.schema = ""
        self._formats = formats
        self._asked = Objects(self._address, patient=False)
        """For questions, which somebody waits for."""

    def beside(self, place: str) -> LakeStore:
        """See stores.Store.beside."""
        return LakeStore(place, formats=self._formats)

    def inspect(self, plan: Plan, terms: Terms, recipe: Recipe, *, workers: int, count: bool = False) -> Findings:
        """See stores.Store.inspect."""
        ledger = Ledger(self._asked)
        with self._refusing():
            current = ledger.current()
            standing = problems_of(ledger.objects, current, plan, terms)
            problems = (*probing.unwritable(self._asked), *standing)
            holders = coordinator.at_work(self._asked, probing.today())
            losses = status.losses(ledger, current, plan.config.tables) if terms.replace else ()
        return Findings(
            problems=problems,
            notices=(),
            facts=self._facts(plan, ", ".join(each.shown for each in holders)),
            fates=claiming.fates(current, plan, terms),
            losses=losses,
        )

    @contextlib.contextmanager
    def begin(
        self, plan: Plan, terms: Terms, recipe: Recipe, *, options: Mapping[str, Any], workers: int, take_over: bool
    ) -> Iterator[Run]:
        """See stores.Store.begin."""
        check = partial(self._beginning(recipe).check, plan, terms)
        with self._at_work(check, take_over=take_over) as (ledger, seat):
            with self._refusing():
                record = Beginning(ledger, recipe, self._formats).claim(plan, terms, options)
            yield LakeRun(ledger, record, plan, self._formats(plan.config), seat, resumed=False)

    @contextlib.contextmanager
    def join(
        self,
        plan: Plan,
        terms: Terms,
        recipe: Recipe,
        *,
        part: Part | None,
        options: Mapping[str, Any],
        workers: int,
        take_over: bool = False,
    ) -> Iterator[Run]:
        """See stores.Store.join; foreign keys there are none."""
        check = partial(self._beginning(recipe).check_join, plan, terms, part, options)
        with self._at_work(check, shared=part is not None, take_over=take_over) as (ledger, seat):
            with self._refusing():
                record, resumed = Beginning(ledger, recipe, self._formats).join(plan, terms, part, options)
            yield LakeRun(ledger, record, plan, self._formats(plan.config), seat, resumed=resumed)

    @contextlib.contextmanager
    def resume(
        self, recipe: Recipe, *, given: Mapping[str, Any], on_conflict: str | None, workers: int, take_over: bool
    ) -> Iterator[Run]:
        """See stores.Store.resume."""
        check = partial(self._beginning(recipe).unfinished, given)
        with self._at_work(check, take_over=take_over) as (ledger, seat):
            with self._refusing():
                record, plan = Beginning(ledger, recipe, self._formats).take_up(given)
            yield LakeRun(ledger, record, plan, self._formats(plan.config), seat, resumed=True)

    def runs(self) -> list[RunStatus]:
        """See stores.Store.runs."""
        return self._statuses(Ledger(self._asked))

    def owners(self) -> Mapping[str, Owner]:
        """See stores.Store.owners."""
        return owners(self.runs())

    @contextlib.contextmanager
    def watched(self) -> Iterator[Callable[[], list[RunStatus]]]:
        """See stores.Store.watched: what was read once is kept."""
        ledger = Ledger(self._asked)
        yield lambda: self._statuses(ledger)

    def survey(self, recipe: Recipe, *, run: int | None, every: bool) -> LakeSurvey:
        """See stores.Store.survey."""
        with self._refusing():
            return removal.survey(Ledger(self._asked), run=run, every=every)

    def reset(
        self, recipe: Recipe, expected: LakeSurvey, *, run: int | None, every: bool, show: Callable[[str], None]
    ) -> None:
        """See stores.Store.reset."""

        def check(ledger: Ledger) -> None:
            if removal.survey(ledger, run=run, every=every) != expected:
                raise TargetError("the target has changed since it was looked at: look again")

        with self._at_work(lambda: check(Ledger(self._asked))) as (ledger, seat), self._refusing():
            check(ledger)
            if expected.last:
                seat.forget()
            removal.reset(ledger, expected, show)

    def returned(self, plan: PlanConfig, shard: Shard) -> Iterator[dict[str, Any]]:
        """See stores.Store.returned: in the order of the file, where spoilt rows stand in the places of clean ones.

        Raises:
            StoreError: the file is gone or damaged.
        """
        return returning.of_shard(Ledger(Objects(self._address)), plan, shard)

    def apply_schema(self, plan: PlanConfig) -> list[str]:
        """See stores.Store.apply_schema.

        Raises:
            TargetError: always.
        """
        raise TargetError(f"{self.place} is a lake, whose files bring their columns: there is no schema to create")

    def tried(self, measure: Callable[[Trials], T]) -> T:
        """See stores.Store.tried.

        Raises:
            TargetError: always.
        """
        raise TargetError(f"files are not written on trial to {self.place}")

    def reader(self, *, workers: int, purpose: str) -> LakeReader:
        """See stores.Store.reader."""
        return LakeReader(self._asked, self.schema, workers=workers)

    def masked(self, text: str) -> str:
        """See stores.Store.masked."""
        return masked(text)

    def _facts(self, plan: Plan, holder: str) -> Facts:
        space = probing.free(self._asked)
        return Facts(
            server_version="",
            connections_left=0,
            disk_needed=sum(shard.bytes for shard in plan.shards) // COPY_TO_FILE,
            disk_free=space[0] if space else None,
            data_directory=space[1] if space else None,
            today=probing.today().date(),
            holder=holder,
        )

    def _statuses(self, ledger: Ledger) -> list[RunStatus]:
        with self._refusing():
            return status.statuses(ledger, coordinator.at_work(self._asked, probing.today()))

    def _beginning(self, recipe: Recipe) -> Beginning:
        return Beginning(Ledger(self._asked), recipe, self._formats)

    @contextlib.contextmanager
    def _at_work(
        self, check: Callable[[], object], *, shared: bool = False, take_over: bool = False
    ) -> Iterator[tuple[Ledger, Seat]]:
        """The ledger, with other coordinators kept out, but parts of the same load where the place is shared.

        What would be refused is refused before anything is written. It is looked at once more with the seat taken,
        and here only where nobody else is at work: that is told first.
        """
        objects = Objects(self._address)
        with contextlib.ExitStack() as stack:
            with self._refusing():
                if not coordinator.at_work(self._asked, probing.today()):
                    check()
                server_time = probing.probe(self._asked)
                seat = stack.enter_context(coordinator.seated(objects, server_time, shared=shared, take_over=take_over))
            yield Ledger(objects), seat

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """What the store refuses is what the target refuses: nothing was written yet."""
        try:
            yield
        except StoreError as error:
            raise TargetError(str(error)) from error


COPY_TO_FILE = 8
"""Bytes of COPY that one byte of a file stands for, more or less."""
