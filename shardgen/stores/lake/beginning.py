"""How a run begins in a lake: by a claim, as a part of one that was claimed, or where it was left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shardgen.errors import Problem, TargetError
from shardgen.model.config import PlanConfig, Terms
from shardgen.model.parts import Part
from shardgen.model.plan import Plan
from shardgen.stores import joining
from shardgen.stores.findings import refuse
from shardgen.stores.lake import claiming, layout, probing, publishing
from shardgen.stores.lake.formats import Format
from shardgen.stores.lake.ledger import Ledger
from shardgen.stores.lake.objects import Objects
from shardgen.stores.lake.records import Current, Record
from shardgen.stores.resuming import check_same, choose, plain, restricted
from shardgen.tables.recipe import Recipe


def problems_of(objects: Objects, current: Current, plan: Plan, terms: Terms) -> Iterator[Problem]:
    """What stands in the way of a load of a plan."""
    yield from probing.foreign(objects, current, plan)
    yield from claiming.problems(current, plan, terms)
    yield from publishing.problems(plan.config, objects)


class Beginning:
    """The beginnings of runs, for whoever has a seat in the lake.

    Args:
        ledger: of the prefix.
        recipe: how rows are made.
        formats: the format of a plan's files.
    """

    def __init__(self, ledger: Ledger, recipe: Recipe, formats: Callable[[PlanConfig], Format]) -> None:
        self._ledger = ledger
        self._recipe = recipe
        self._formats = formats

    def claim(self, plan: Plan, terms: Terms, options: Mapping[str, Any], parts: int | None = None) -> Record:
        """Claim the plan's tables for a new run; the prefix is not complete from then on.

        Raises:
            TargetError: something stands in the way; nothing was claimed.
        """
        ledger = self._ledger
        self.check(plan, terms)
        record = claiming.claim(ledger, plan, terms, self._recipe, options, self._formats(plan.config), parts)
        ledger.objects.delete([layout.SUCCESS])
        return record

    def check(self, plan: Plan, terms: Terms) -> None:
        """See that nothing stands in the way of a claim; nothing is written.

        Raises:
            TargetError: something does.
        """
        refuse(problems_of(self._ledger.objects, self._ledger.current(), plan, terms))

    def join(self, plan: Plan, terms: Terms, part: Part | None, options: Mapping[str, Any]) -> tuple[Record, bool]:
        """The run that a part belongs to, and whether it was there; if not, it is claimed.

        Raises:
            TargetError, ResumeError: something stands in the way, or the run has another plan.
        """
        if found := self._joined(plan, terms, part, options):
            return found, True
        try:
            return self.claim(plan, terms, options, parts=part.of if part else 0), False
        except TargetError:
            if found := self._joined(plan, terms, part, options):  # another part was faster
                return found, True
            raise

    def check_join(self, plan: Plan, terms: Terms, part: Part | None, options: Mapping[str, Any]) -> None:
        """See that a part can join or claim; nothing is written.

        Raises:
            TargetError, ResumeError: it cannot.
        """
        if self._joinable(plan, terms, part, options) is None:
            self.check(plan, terms)

    def take_up(self, given: Mapping[str, Any]) -> tuple[Record, Plan]:
        """The unfinished run that is meant, and the plan of the tables that it still fills.

        Raises:
            ResumeError: there is none, there are several, or today's code would make other files.
        """
        record, plan = self.unfinished(given)
        claiming.resumed(self._ledger, record)
        self._ledger.objects.delete([layout.SUCCESS])
        return record, plan

    def unfinished(self, given: Mapping[str, Any]) -> tuple[Record, Plan]:
        """The same, of which nothing is written."""
        current = self._ledger.current()
        record = choose(self._ledger.records(current), self._ledger.objects.address.url, plain(given))
        whole = self._recipe.build_plan(record.config)
        check_same(record, whole, self._recipe)
        claiming.check_made_by(record, self._formats(record.config))
        return record, restricted(whole, current.owned(record.run))

    def _joined(self, plan: Plan, terms: Terms, part: Part | None, options: Mapping[str, Any]) -> Record | None:
        """The run that a part joins, which loads again if it is not finished."""
        found = self._joinable(plan, terms, part, options)
        if found and found.state != "finished":
            claiming.resumed(self._ledger, found, part.of if part else None)
        return found

    def _joinable(self, plan: Plan, terms: Terms, part: Part | None, options: Mapping[str, Any]) -> Record | None:
        current = self._ledger.current()
        runs, owners = self._ledger.records(current), {claim.run for claim in current.claims.values()}
        found = joining.chosen(runs, owners, plan, self._recipe, part=part, options=options, terms=terms)
        if found and found.state != "finished":
            claiming.check_made_by(found, self._formats(plan.config))
        return found
