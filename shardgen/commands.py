"""What each command does, given its settings: one function for each, without a word on a screen.

The command line and the Python functions both call these. Libraries are imported where they are needed, so that a
command pays for no other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shardgen.errors import ConfigError, Problem, TargetError, VerificationError
from shardgen.model.checks import check_choice, check_range
from shardgen.model.choices import LEVELS
from shardgen.model.config import SHOP
from shardgen.model.engine import DEFAULT
from shardgen.model.keys import CUSTOMER

if TYPE_CHECKING:
    import pyarrow as pa

    from shardgen.display import Show
    from shardgen.forecast.forecast import Forecast
    from shardgen.keyed import Whole
    from shardgen.loading.reconcile import LoadReport
    from shardgen.model.plan import Plan
    from shardgen.model.story import Story
    from shardgen.options.settings import Effective, Settings
    from shardgen.page.numbers import Numbers
    from shardgen.stores.findings import Findings, Loss
    from shardgen.verification.outcome import Verification

MAX_SAMPLE = 100_000  # rows that fit in memory as Python objects without a thought


def hasten(engine: object = DEFAULT) -> None:
    """Have workers ready sooner: start what they come from before anything else is done; returns at once.

    Args:
        engine: as far as it is known; only processes come from something.

    Raises:
        MachineError: the system gives no process.
    """
    if engine == DEFAULT:
        from shardgen.loading.engines import default_engine

        default_engine()


def prepared(
    settings: Settings, *, resume: bool, take_over: bool = False, yes: bool = False
) -> Callable[[Show], LoadReport]:
    """Check everything that can be checked without a target; what comes back does the load.

    Raises:
        ConfigError: an option is wrong.
    """
    from shardgen.options import target
    from shardgen.options.settings import utc_today

    settings.check()
    windowed = settings.get("since") is not None
    given, config = settings.given(), None if resume or windowed else settings.plan(utc_today())

    def carry_out(show: Show) -> LoadReport:
        from shardgen.loading import session
        from shardgen.loading.engines import chosen

        with chosen(settings.load().engine) as engine:
            how = settings.load(take_over=take_over, yes=yes, slots=engine.slots)
            store = target.started(settings, show)
            if resume:
                return session.resume(how, store, given=given, show=show)
            if config is None:
                from shardgen import forward  # what a load of the whole history does without

                window, options = forward.slice_of(settings, store)
                return session.load(window, how, store, options=options, show=show)
            return session.load(config, how, store, options=settings.options(config), show=show)

    return carry_out


def forecast_of(settings: Settings) -> Forecast:
    """What a load with these settings would do; asks the target if one can be reached, and writes nothing that stays.

    A server is not started for the question.

    Raises:
        ConfigError: an option is wrong.
    """
    from shardgen.forecast import forecast
    from shardgen.options import target

    begun = time.perf_counter()
    plan = plan_of(settings)
    tables = forecast.tables_of(plan)
    try:
        store = target.proved(settings)
        findings = inspection_of(settings, plan)
    except (TargetError, VerificationError) as error:
        return forecast.Forecast(plan=plan, tables=tables, duration=None, findings=None, target="", unasked=str(error))
    duration, unasked = forecast.measured(
        plan, store, before=time.perf_counter() - begun, workers=settings.load().workers
    )
    return forecast.Forecast(
        plan=plan, tables=tables, duration=duration, findings=findings, target=store.place, unasked=unasked
    )


def inspection_of(settings: Settings, plan: Plan | None = None) -> Findings:
    """What a load with these settings, or of this plan, would meet in its target, and what stands in its way.

    Nothing is written.

    Raises:
        ConfigError: an option is wrong.
        TargetError: the target cannot be reached, or refuses to be asked.
        VerificationError: the embedded server is meant, and does not run.
    """
    from shardgen.options import target

    settings.check()
    from shardgen.loading import beside
    from shardgen.loading.session import Machinery
    from shardgen.tables.recipe import Recipe

    how, store, wanted = settings.load(), target.proved(settings), plan or plan_of(settings)
    found = store.inspect(wanted, how.terms, Recipe(), workers=how.workers)
    try:
        beside.check(wanted.config, how, store, Machinery())
    except TargetError as error:
        return replace(found, problems=(*found.problems, Problem(text=str(error))))
    return found


def losses_of(settings: Settings, show: Show) -> tuple[Loss, ...]:
    """What a replace with these settings would take away, counted; nothing, where something else stands in its way.

    Raises:
        ConfigError: an option is wrong.
        TargetError: the target cannot be reached, or refuses to be asked.
    """
    from shardgen.options import target

    settings.check()
    from shardgen.tables.recipe import Recipe

    how = settings.load(yes=True)
    store = target.started(settings, show)
    found = store.inspect(plan_of(settings), how.terms, Recipe(), workers=how.workers, count=True)
    return () if found.problems else found.losses


def verification_of(
    settings: Settings,
    show: Show,
    *,
    level: str = "all",
    tables: str | list[str] | tuple[str, ...] = (),
    run: int | None = None,
    regenerate: bool = False,
) -> Verification:
    """Verify the target that the settings name; a server is not started for it.

    Raises:
        ConfigError, TargetError, VerificationError: as :func:`verify`.
    """
    from shardgen.options import target

    settings.check()
    check_choice("level", level, LEVELS)
    from shardgen.tables.wanted import table_names

    names = table_names(tables, settings.get("dataset", SHOP)) if tables else ()
    from shardgen import keyed
    from shardgen.loading.engines import chosen
    from shardgen.verification import verifier

    how = settings.load()
    with chosen(how.engine if level in ("digests", "all") else DEFAULT) as engine:
        workers = settings.load(slots=engine.slots).workers
        request = verifier.Request(level=level, tables=names, run=run, regenerate=regenerate, workers=workers)
        store = target.proved(settings)
        found = verifier.verify(request, store.reader(workers=how.workers, purpose="verify"), show)
        return keyed.verified(found, request, store, show, connections=how.workers)


def numbers_of(settings: Settings, show: Show, *, run: int | None = None) -> Numbers:
    """The numbers of a report on the target that the settings name; a server is not started for it.

    Raises:
        ConfigError: an option is wrong.
        TargetError, VerificationError: the target cannot be reached.
        ReportError: there is nothing to report, or the server failed on the way.
    """
    from shardgen.options import target

    settings.check()
    from shardgen.page.measure import measure

    reader = target.proved(settings).reader(workers=settings.load().workers, purpose="report")
    return measure(reader, show, run=run)


def report_of(
    settings: Settings, show: Show, *, output: Path | str | None, run: int | None = None
) -> tuple[Numbers, str]:
    """The numbers of a report, and the page that they make, which is written to a file if one is named.

    Raises:
        ConfigError: the file cannot be written.
        OutputError: the same, when the page was there.
        ReportError: the drawing library is missing; besides as :func:`numbers_of`.
    """
    from shardgen.machine import outputs
    from shardgen.page import page, pictures
    from shardgen.page.sections import sections

    if output is not None:
        outputs.check("output", output)
    pictures.drawing_library()
    found = numbers_of(settings, show, run=run)
    html = page.render(found, sections(found), show)
    if output is not None:
        outputs.write("output", output, html)
    return found, html


def reset_survey(settings: Settings, *, run: int | None, every: bool) -> Whole:
    """What a reset would take away; nothing is written, and a server is not started for the question.

    Raises:
        TargetError: the target cannot be reached, or it cannot be told which run is meant.
        ServerError: the embedded server is meant, and does not run.
    """
    from shardgen import keyed
    from shardgen.options import target
    from shardgen.tables.recipe import Recipe

    return keyed.survey(target.there(settings), Recipe(), run=run, every=every)


def reset_of(settings: Settings, expected: Whole, *, run: int | None, every: bool, show: Callable[[str], None]) -> None:
    """Take away what the survey found, under the coordinator's lock.

    Raises:
        TargetError: a load is at work, or the target is not any more what the survey found; nothing was removed.
        ShardgenError: the server refused on the way; another reset does the rest.
    """
    from shardgen import keyed
    from shardgen.options import target
    from shardgen.tables.recipe import Recipe

    keyed.reset(target.there(settings), Recipe(), expected, run=run, every=every, show=show)


def config_of(settings: Settings) -> list[Effective]:
    """Every option with the value in force and where it came from; secrets are masked.

    Raises:
        ConfigError: an option is wrong.
    """
    from shardgen.options import target
    from shardgen.options.settings import utc_today

    settings.check()
    named = {"target" if settings.target.lake else "dsn": settings.target.shown}
    return settings.effective(utc_today(), data_dir=target.home(settings), **named)


def ddl_of(settings: Settings) -> list[str]:
    """The statements that create the schema.

    Raises:
        ConfigError: an option is wrong.
        TargetError: the target is a lake.
    """
    if settings.target.lake:
        raise TargetError(f"{settings.target.lake} is a lake, whose files bring their columns: there is no schema")
    from shardgen.options.settings import utc_today
    from shardgen.stores import ddl

    return ddl(settings.plan(utc_today()))


def apply_schema(settings: Settings, show: Show) -> list[str]:
    """Create what is missing of the schema; the names of what was created.

    Raises:
        ConfigError: an option is wrong.
        TargetError: the target cannot be reached, or refuses.
    """
    from shardgen.options import target
    from shardgen.options.settings import utc_today

    config = settings.plan(utc_today())
    return target.started(settings, show).apply_schema(config)


def plan_of(settings: Settings) -> Plan:
    """The shards that the settings ask for."""
    from shardgen.options.settings import utc_today

    settings.check()
    config = settings.plan(utc_today())
    from shardgen.tables.planning import build_plan

    return build_plan(config)


def sample_of(settings: Settings, n: int) -> list[dict[str, Any]]:
    """The first rows of the one table that the settings name."""
    check_range("n", n, 1, MAX_SAMPLE)
    from shardgen.columns.batch import objects
    from shardgen.tables import dataset
    from shardgen.tables.feed import Feed

    found, name = _plan_of_one(settings)
    feed, rows = Feed(found.config), list[dict[str, Any]]()
    for batch in (batch for shard in found.shards for batch in feed.batches(shard, n)):
        rows += objects(dataset(found.config.dataset)[name].table, batch.arrow().slice(0, n - len(rows)))
        if len(rows) == n:
            break
    return rows


def stories_of(settings: Settings, customers: Sequence[str]) -> list[Story]:
    """The lives of some customers, whose ids or numbers are given.

    Raises:
        ConfigError: an option is wrong, or there is no such customer.
    """
    from shardgen.options.settings import utc_today
    from shardgen.tables import story

    settings.check()
    config = settings.plan(utc_today())
    if config.dataset != SHOP:
        raise ConfigError(f"dataset={config.dataset!r} has no customers whose lives are known")
    total = story.customers_of(config)
    numbers = [story.number_of(each) for each in customers]
    for given, number in zip(customers, numbers, strict=True):
        if number is None or not 0 <= number < total:
            last = f"CUST00000001 to {CUSTOMER.text(total)}" if total else "none"
            raise ConfigError(f"story={given!r} is no customer of this world: there are {last}")
    return story.stories(config, [number for number in numbers if number is not None])


def reader_of(settings: Settings) -> pa.RecordBatchReader:
    """All rows of the one table that the settings name, built as they are read."""
    import pyarrow as pa

    from shardgen.columns.batch import arrow_schema
    from shardgen.tables import dataset
    from shardgen.tables.feed import Feed

    found, name = _plan_of_one(settings)
    feed, rows = Feed(found.config), settings.load().batch_rows
    built = (batch.arrow() for shard in found.shards for batch in feed.batches(shard, rows))
    return pa.RecordBatchReader.from_batches(arrow_schema(dataset(found.config.dataset)[name].table), built)


def _plan_of_one(settings: Settings) -> tuple[Plan, str]:
    """The plan of the one table that the settings name, and that table."""
    found = plan_of(settings)
    if len(found.config.tables) != 1:
        raise ConfigError(f"tables={','.join(found.config.tables)!r} are several: name one table")
    return found, found.config.tables[0]
