"""The answer key of dirty tables, loaded beside them: a load of its own in another place, as a step of theirs.

It is begun when all dirty shards are there, and the run of the tables is finished when the key is. Its run knows by its
options of which run it is the key, so that a load that is gone on with finds it, whatever stopped it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from shardgen.errors import Given, LoadError, TargetError, Text, UsageError, Use
from shardgen.events import Event, LoadFinished, LoadStarted
from shardgen.loading.reconcile import LoadReport
from shardgen.model.config import LoadConfig, PlanConfig
from shardgen.model.plan import Plan
from shardgen.model.table import ANSWERS, relation_of
from shardgen.stores import Run, Show, Store, attention
from shardgen.stores.findings import RunStatus, refuse
from shardgen.stores.resuming import FOLLOWS, OPEN_STATES
from shardgen.tables import answers

if TYPE_CHECKING:
    from shardgen.loading.session import Machinery

KEY_OF: Final = "key_of"
"""Option of a key's run: the number of the run that it is the key of."""


@contextmanager
def checked(
    begun: AbstractContextManager[Run],
    plan: PlanConfig,
    load: LoadConfig,
    store: Store,
    machinery: Machinery,
    *,
    joined: bool = False,
) -> Iterator[Run]:
    """A run that is begun when :func:`check` has passed, so that a signal ends the waits of both alike."""
    check(plan, load, store, machinery, joined=joined)
    for text in stale(plan, load, store):
        attention.tell(text)
    with begun as run:
        yield run


def check(plan: PlanConfig, load: LoadConfig, store: Store, machinery: Machinery, *, joined: bool = False) -> None:
    """See before anything is claimed that the key of a plan, if it is to be loaded, will find its place.

    Args:
        plan: of the tables.
        load: how they are loaded.
        store: where.
        machinery: how shards are planned.
        joined: whether others may have begun with it.

    Raises:
        TargetError: it will not.
    """
    if plan.dirt and not answers.is_key(plan) and ANSWERS in store.owners():
        told = f"{store.schema or store.place} holds an answer key: whoever is graded would find it beside the tables"
        raise TargetError(told, remedy=Text("use another ", Use("schema")))
    if not plan.answers:
        return
    place, key = store.beside(plan.answers), machinery.recipe.build_plan(answers.plan_of(plan))
    there = _there(place)
    if joined and any(run.plan == key.config.to_json() for run in there):
        return
    for run in there:
        if plan.opens and PlanConfig.from_json(dict(run.plan)).closes == plan.opens:
            continue  # the key is brought forward with its tables
        if not load.terms.replace or set(_tables(run)) - set(plan.tables):
            told = f" holds {relation_of(ANSWERS)} already, which tells of {', '.join(_tables(run))}"
            replaced = Text("use ", Use("if_exists", "replace"))
            other = Text("take that back by shardgen reset") if load.terms.replace else replaced
            remedy = Text("name another one, or ", other)
            raise TargetError(Text(Given("answers_schema", plan.answers), told), remedy=remedy)
    if others := sorted(place.owners().keys() - {ANSWERS}):
        told = f" holds tables of a load: {', '.join(others)}"
        raise TargetError(Text(Given("answers_schema", plan.answers), told), remedy="name one for the key alone")
    refuse(place.inspect(key, _how(load).terms, machinery.recipe, workers=load.workers).problems)


def stale(plan: PlanConfig, load: LoadConfig, store: Store) -> list[str]:
    """What should be known of keys that will tell of rows which a replace takes away, in sentences."""
    if not load.terms.replace or answers.is_key(plan):
        return []
    owners = {run.run: run for name, run in store.owners().items() if name in plan.tables}
    return [
        f"the answer key of run={number} in {place} tells of rows that are replaced: shardgen reset takes it away there"
        for number, run in sorted(owners.items())
        if (place := run.plan.get("answers")) and place != plan.answers
    ]


def loaded(
    run: Run, load: LoadConfig, store: Store, show: Show, machinery: Machinery, *, announced: bool
) -> LoadReport | None:
    """Load the key of a run whose dirty shards are all there; None where it was there already.

    Args:
        run: of the tables; its plan says where the key goes.
        load: how.
        store: of the tables.
        show: takes the events.
        machinery: what runs it.
        announced: whether the display knows of it.

    Raises:
        LoadError, TargetError, Interrupted: as for any load.
    """
    from shardgen.loading import session  # noqa: PLC0415  # of which this is a step

    place, plan = store.beside(run.plan.config.answers), answers.plan_of(run.plan.config)
    there = _there(place)
    mine = [each for each in there if each.options.get(KEY_OF) == run.number and each.plan == plan.to_json()]
    options: dict[str, Any] = {"tables": list(plan.tables), KEY_OF: run.number}
    how, tell = _how(load), _Within(show, run.number, announced=announced)
    if _outdated(there, run, store):
        how = replace(how, if_exists="replace")
    if any(each.state == "finished" for each in mine):
        return None
    try:
        if any(each.state in (*OPEN_STATES, "lost") for each in mine):
            return session.resume(how, place, given=options, show=tell, machinery=machinery)
        return session.load(plan, how, place, options=options, show=tell, machinery=machinery)
    except UsageError as error:  # which says that nothing was written, and tables were
        raise LoadError(f"run={run.number} stopped before its answer key: ", str(error)) from error


def _outdated(there: Sequence[RunStatus], run: Run, store: Store) -> bool:
    """Whether all keys in a place tell of tables that a run has replaced, so that its own key takes their place."""
    runs = {each.run: each for each in store.runs()}
    owned = {(name, owner.run) for name, owner in store.owners().items()}

    def outdated(key: RunStatus) -> bool:
        before = runs.get(key.options.get(KEY_OF, 0))
        if before is None or not within(key, before) or key.started > runs[run.number].started:
            return False
        return not any((table, before.run) in owned for table in _tables(key))

    return FOLLOWS not in runs[run.number].options and bool(there) and all(map(outdated, there))


def within(key: RunStatus, run: RunStatus) -> bool:
    """Whether a key was loaded within a run, and not within one of another schema that has the same number."""
    return run.started <= key.started and (run.finished is None or key.started <= run.finished)


def with_key(report: LoadReport, key: LoadReport | None) -> LoadReport:
    """The report of a load with what was done for its key."""
    if key is None:
        return report
    where = f"{key.schema}." if key.schema else ""
    tables = tuple(replace(each, relation=where + each.relation) for each in key.tables)
    return replace(
        report,
        tables=(*report.tables, *tables),
        seconds=round(report.seconds + key.seconds, 3),
        retries=report.retries + key.retries,
        phases={name: round(each + key.phases.get(name, 0.0), 3) for name, each in report.phases.items()},
    )


def expected(run: Run, machinery: Machinery) -> Plan | None:
    """The plan of the key that a run will end with, if it does."""
    config = run.plan.config
    return machinery.recipe.build_plan(answers.plan_of(config)) if config.answers else None


def _there(place: Store) -> list[RunStatus]:
    """Runs that own a key in a place."""
    return [run for run in place.runs() if any(t.table == ANSWERS and t.generation is not None for t in run.tables)]


def _tables(run: RunStatus) -> list[str]:
    """Of which tables a key tells."""
    return sorted({table for rates in run.plan["dirt"]["rates"].values() for table in rates})


def _how(load: LoadConfig) -> LoadConfig:
    """A key is made anew or alone: rows of two keys would tell of the same ids."""
    return replace(load, if_exists="replace" if load.terms.replace else "fail", on_conflict=None)


class _Within:
    """Shows the events of a load as those of a step of another one.

    Args:
        show: takes the events.
        run: number of that one.
        announced: whether the display knows how much there is to do.
    """

    def __init__(self, show: Show, run: int, *, announced: bool) -> None:
        self._show, self._run, self._announced = show, run, announced

    def __call__(self, event: Event) -> None:
        if isinstance(event, LoadFinished):
            return
        if isinstance(event, LoadStarted):
            if self._announced and not any(event.shards_done.values()):
                return
            event = replace(event, run=self._run)
        self._show(event)
