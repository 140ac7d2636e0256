"""What is there brought forward: by the days that ``advance`` asks for, or by the window of ``load --since``.

World, form and options are those of the run that has filled the tables; only the window is new. What an earlier
command left unfinished is finished first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from shardgen.errors import ConfigError, Given, TargetError, Text, UsageError, Use
from shardgen.events import Notice
from shardgen.loading import session
from shardgen.loading.engines import chosen
from shardgen.loading.session import Machinery
from shardgen.model.checks import check_range
from shardgen.model.config import MAX_WINDOW_DAYS, SHOP, PlanConfig
from shardgen.options import target
from shardgen.options.kinds import DAY
from shardgen.options.settings import utc_today
from shardgen.stores.resuming import FOLLOWS, OPEN_STATES, PLAYED, known, plain
from shardgen.tables import in_order
from shardgen.tables.wanted import table_names

if TYPE_CHECKING:
    from shardgen.display import Show
    from shardgen.loading.reconcile import LoadReport
    from shardgen.model.config import LoadConfig
    from shardgen.options.settings import Settings
    from shardgen.stores import Store
    from shardgen.stores.findings import Owner

_WINDOW: Final = ("since", "end", "days", "tables")
"""Options that are the window's own; all others are those of the run that is brought forward."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What finished runs have left in a place: tables that one plan would make."""

    config: PlanConfig
    """With the tables that are there, and the end up to which they are loaded."""
    options: Mapping[str, Any]
    """Of the run, as its ledger has them."""


def standing(owners: Mapping[str, Owner], place: str, tables: Sequence[str] = ()) -> Standing | None:
    """How tables stand that finished runs have filled; None where there are none.

    Args:
        owners: of the tables of a place.
        place: as messages name it.
        tables: those that are meant, or all.

    Raises:
        TargetError: one that is meant is not there, or they do not stand alike.
        ConfigError: nobody told the secret that their dirt follows from.
    """
    owners = {name: run for name, run in owners.items() if run.state == "finished"}
    if missing := [name for name in tables if name not in owners]:
        raise TargetError(f"{place} holds no finished tables={','.join(missing)}", remedy="load them first")
    meant = {name: run for name, run in owners.items() if not tables or name in tables}
    if not meant:
        return None
    configs = {name: PlanConfig.from_json(dict(run.plan)) for name, run in meant.items()}
    alike = {name: replace(config.whole, tables=(), indexes="keys") for name, config in configs.items()}
    first, *others = meant
    for name in others:
        if alike[name] != alike[first]:
            ends = f"tables={first} up to {configs[first].closing}, tables={name} up to {configs[name].closing}"
            remedy = Text("bring each forward by its ", Use("tables"))
            raise TargetError(f"{place} holds tables of different plans: {ends}", remedy=remedy)
    config = configs[first]
    if config.answers:
        _check_key(owners, place, config.answers, meant)
    if config.dirt is not None:
        config.dirt.opened()
    return Standing(config=replace(config.whole, tables=in_order(meant, config.dataset)), options=meant[first].options)


def _check_key(owners: Mapping[str, Owner], place: str, where: str, meant: Mapping[str, Owner]) -> None:
    """See that the answer key of some tables can be brought forward with them.

    Raises:
        TargetError: it tells of others, too.
    """
    others = [name for name, run in owners.items() if run.plan.get("answers") == where and name not in meant]
    if others:
        told = f"{place} has its answer key in schema={where!r}, which tells of {', '.join(others)} as well"
        raise TargetError(told, remedy=Text("bring all of them forward, without ", Use("tables", ",".join(meant))))


def windowed(found: Standing, end: date, since: date | None = None) -> tuple[PlanConfig, dict[str, Any]]:
    """The plan of a window of what is there, and its options as a ledger has them.

    Args:
        found: what is there.
        end: the first day after the window.
        since: its first day; where what is there ends by default.
    """
    config = found.config.window(end) if since is None else found.config.up_to(end, since=since)
    assert config.since
    own = {
        "since": config.since.isoformat(),
        "end": end.isoformat(),
        "days": config.days,
        "tables": list(config.tables),
    }
    kept = {name: value for name, value in found.options.items() if name not in (FOLLOWS, "parts", PLAYED)}
    return config, {**kept, **own}


def slice_of(settings: Settings, store: Store) -> tuple[PlanConfig, dict[str, Any]]:
    """The plan of ``load --since`` and its options: of the world in the target, or of one that the options fix.

    Raises:
        ConfigError: there is no such window, or the options are not those of what is there.
        UsageError: nothing is there, and no world is named.
    """
    since, tables = settings.get("since"), settings.get("tables")
    names = table_names(tables, settings.get("dataset", SHOP)) if tables else ()
    found = None if settings.get("if_exists") == "replace" else _there(store, names)
    if found is None:
        if not {"epoch", "horizon"} <= settings.values.keys():
            told = Text(Given("since", since), " is of a world that does not move, and none is there")
            raise UsageError(told, remedy=Text("name ", Use("epoch"), " and ", Use("horizon")))
        config = settings.plan(utc_today())
        if config.answers and not config.format:
            why = " is of a whole history, and a window by itself has none in a database"
            raise ConfigError(Given("answers", "load"), why, remedy="leave it out, and print the key")
        return config, settings.options(config)
    check_given(settings, found, store.place)
    return windowed(found, settings.get("end") or utc_today(), since)


def check_given(settings: Settings, found: Standing, place: str) -> None:
    """See that the options that the caller named are those of what is there.

    Raises:
        TargetError: one is another.
    """
    there = known(found.options)
    given = plain({name: value for name, value in settings.given().items() if name not in _WINDOW})
    if differing := [
        Text(Given(name, value), f" but it was loaded with {there.get(name)!r}")
        for name, value in given.items()
        if there.get(name) != value
    ]:
        raise TargetError(Text(f"{place} holds another plan: ", Text.joined(", ", differing)), remedy="leave it out")


def _there(store: Store, names: Sequence[str]) -> Standing | None:
    """What is there of some tables, if all of them are."""
    owners = store.owners()
    return standing(owners, store.place, names) if set(names or owners) <= owners.keys() else None


def advanced(
    settings: Settings, *, days: int | None, to: str | date | None, take_over: bool = False, yes: bool = False
) -> Callable[[Show], list[LoadReport]]:
    """Check what can be checked without a target; what comes back brings it forward, and gives a report of each run.

    Args:
        settings: where, how, and which tables.
        days: how many days; one if neither is named.
        to: the day up to which, instead.
        take_over: end the sessions of a load that holds the target.
        yes: bring forward what others have changed, too.

    Raises:
        ConfigError: an option is wrong.
    """
    settings.check()
    if days is not None and to is not None:
        given = (Given("days", days), " and ", Given("to", to))
        raise ConfigError(*given, " both say how far", remedy="leave one of them out")
    if days is not None:
        check_range("days", days, 1, MAX_WINDOW_DAYS)
    try:
        goal = DAY.parse(to) if to is not None else None
    except (TypeError, ValueError) as error:
        raise ConfigError(Given("to", to), f" is not {DAY.name}") from error

    def carry_out(show: Show) -> list[LoadReport]:
        with chosen(settings.load().engine) as engine:
            how = settings.load(take_over=take_over, yes=yes, slots=engine.slots)
            store = target.started(settings, show)
            return _brought(settings, store, how, show, days=days or 1, to=goal, machinery=Machinery())

    return carry_out


def _brought(
    settings: Settings,
    store: Store,
    how: LoadConfig,
    show: Show,
    *,
    days: int,
    to: date | None,
    machinery: Machinery,
) -> list[LoadReport]:
    """The reports of the runs that it takes: of one that was interrupted, and of what is left."""
    if settings.target.lake:
        told = f"{store.place} is a lake, whose files are not brought forward"
        raise TargetError(
            told, remedy=Text("load the window beside it, by ", Use("since"), " into another ", Use("target"))
        )
    reports = [session.resume(how, store, given={}, show=show, machinery=machinery)] if _interrupted(store) else []
    tables = settings.get("tables")
    found = standing(store.owners(), store.place, table_names(tables) if tables else ())
    if found is None:
        raise TargetError(f"{store.place} holds no finished run in schema={store.schema!r}", remedy="load it first")
    begins, closing = found.config.closes, found.config.closing
    end = to or begins.date() + timedelta(days=days)
    if datetime.combine(end, time()) < begins:
        raise TargetError(
            Text(Given("to", end), f" is past: {store.place} is loaded up to {closing}"), remedy="name a later day"
        )
    if to and (to - found.config.world.epoch).days > MAX_WINDOW_DAYS:
        longest = f" lies more than {MAX_WINDOW_DAYS:,} days after the epoch, {found.config.world.epoch}"
        raise ConfigError(Given("to", to), longest, remedy="name an earlier day")
    if datetime.combine(end, time()) == begins:
        show(Notice(text=f"{store.place} is loaded up to {closing}: there is nothing to bring forward"))
        return reports
    config, options = windowed(found, end)
    return [*reports, session.load(config, how, store, options=options, show=show, machinery=machinery)]


def _interrupted(store: Store) -> bool:
    """Whether a window was begun and not finished.

    Raises:
        TargetError: something else was.
    """
    unfinished = {run.run: run for run in store.owners().values() if run.state in OPEN_STATES}
    for number, run in unfinished.items():
        if "since" not in run.plan:
            told = f"run={number} of {store.place} is not finished: it is {run.state}"
            raise TargetError(told, remedy=Text("finish it by a load with ", Use("resume", value=True)))
    return bool(unfinished)
