"""A feed that is played by the clock: which world, from when on, at which pace, and into which place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from shardgen.asking import world_of
from shardgen.errors import ConfigError, Given, TargetError, Text, Use
from shardgen.model.checks import check_choice
from shardgen.model.choices import STREAM_FORMS
from shardgen.model.config import MAX_WINDOW_DAYS, PlanConfig
from shardgen.model.made import Made
from shardgen.model.played import Played, micros, spelt

if TYPE_CHECKING:
    from shardgen.flow.debezium import Envelope
    from shardgen.flow.forms import Rows
    from shardgen.flow.kafka.address import Address
    from shardgen.flow.kafka.avro import Avro
    from shardgen.flow.order import Some
    from shardgen.flow.pace import Pace
    from shardgen.flow.playing import Player, Sink
    from shardgen.forward import Standing
    from shardgen.options.settings import Settings
    from shardgen.stores import Store

LINES: Final = "-"
"""The target that is standard output."""
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a stream is asked for, as the options have it."""

    target: str
    since: str = ""
    speed: str = ""
    rate: str = ""
    shape: str = ""
    period: float | None = None
    form: str = STREAM_FORMS[0]
    parts: Collection[str] = ()
    kafka_config: Path | None = None
    run: int | None = None


def _here(make: Callable[[], Iterator[Some]]) -> AbstractContextManager[Made[Some]]:
    """Have changes made in this process."""
    return nullcontext(Made(make()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A stream that can be played."""

    source: str
    """Which world it is of."""
    since: int
    """All that bronze gets before it is told already; microseconds UTC."""
    end: int
    went_on: bool
    """Whether the target said from when on."""
    player: Player
    rows: Rows
    plan: PlanConfig
    exchanged: frozenset[str] = frozenset()
    """Tables in which rows come and go, and no record is changed."""
    close: Callable[[], None] = lambda: None
    """Lets go of the target."""
    reach: Callable[[int], None] = lambda _: None
    """Tells the target that all is there that bronze gets before an instant."""
    making: Callable[[Callable[[], Iterator[Some]]], AbstractContextManager[Made[Some]]] = _here
    """Where changes are made."""

    def play(self) -> bool:
        """Play it to its end, or until it is to stop; whether it came to its end."""
        from shardgen.flow.feeding import arriving

        make = partial(arriving, self.plan, self.rows, self.since, self.end, self.exchanged)
        try:
            with self.making(make) if self.since < self.end else _here(lambda: iter(())) as made:
                if not self.player.play(made.things, self.since, made.check):
                    return False
            self.reach(self.end)
            return True
        finally:
            self.close()


def stream_of(
    settings: Settings,
    asked: Asked,
    *,
    lines: BinaryIO,
    stopped: Callable[[], bool],
    show: Callable[[Played], object],
) -> Stream:
    """A stream, with its target opened; nothing was written to it.

    Args:
        settings: of which world; a place that they name holds the run whose world is played.
        asked: what to play, and where.
        lines: standard output.
        stopped: whether to stop.
        show: told how far it is.

    Raises:
        ConfigError: an option is wrong, or there is no such window.
        TargetError: a place cannot be reached, or holds something else.
        UsageError: no world is named, or the target needs what is not installed.
    """
    from shardgen.flow import debezium, forms, pace
    from shardgen.flow.feeding import envelope_of
    from shardgen.flow.playing import Player
    from shardgen.world.demand import midnight

    check_choice("format", asked.form, STREAM_FORMS)
    for part in asked.parts:
        check_choice("envelope", part, debezium.PARTS)
    _check_target(asked)
    at_pace = partial(pace.pace, speed=asked.speed, rate=asked.rate, shape=asked.shape, period=asked.period)
    at_pace(since=0)  # checked before anything is opened
    if is_database(asked.target):
        return _into_database(settings, asked, at_pace, stopped=stopped, show=show)
    source, plan = world_of(_with_end(settings), asked.run, place="source")
    end = midnight(settings.get("end") or plan.world.epoch + timedelta(days=MAX_WINDOW_DAYS))
    since = _since(asked, plan, end)
    envelope = envelope_of(plan, frozenset(asked.parts))
    rows: Rows
    if asked.target == LINES:
        rows = forms.form(asked.form, envelope)
        sink, position = _stdout(lines), None
    else:
        rows = forms.Messages(None if asked.form == "ndjson" else envelope)
        sink, position = _topics(asked, plan, envelope, stopped)
    begins = _begins(since, position)
    clock = at_pace(since=max(begins, midnight(plan.world.epoch)))
    player = Player(tables=plan.tables, pace=clock, sink=sink, stopped=stopped, show=show)
    went_on = position is not None
    return Stream(source=source, since=begins, end=end, went_on=went_on, player=player, rows=rows, plan=plan)


def is_database(target: str) -> bool:
    """Whether a stream's target is a database: one that it names, or where it names none that of other options."""
    from shardgen.stores.naming import DATABASES

    return not target or target.lower().startswith(DATABASES)


def _into_database(
    settings: Settings,
    asked: Asked,
    at_pace: Callable[..., Pace],
    *,
    stopped: Callable[[], bool],
    show: Callable[[Played], object],
) -> Stream:
    """A stream that brings forward what a database holds, by its own plan; its lock is held."""
    from shardgen.flow.forms import Tuples
    from shardgen.flow.playing import Player
    from shardgen.loading import memory
    from shardgen.loading.engines import apart, forkserver
    from shardgen.stores import open_stream
    from shardgen.tables import dataset
    from shardgen.world.demand import midnight

    forkserver.start()  # it gets ready while the database is asked
    memory.keep()
    memory.do_without_pandas()
    store, found = _landed(settings)
    plan = found.config
    position = micros(plan.closes)
    end = midnight(settings.get("end") or plan.world.epoch + timedelta(days=MAX_WINDOW_DAYS))
    if end < position:
        told = f" is past: {store.place} has what bronze got up to {spelt(position)}"
        raise ConfigError(Given("end", settings.get("end")), told, remedy="name a later day")
    begins = _begins(_since(asked, plan, end), position) if asked.since else position
    sink = open_stream(store, plan, found.options)
    player = Player(tables=plan.tables, pace=at_pace(since=begins), sink=sink, stopped=stopped, show=show)
    return Stream(
        source=f"schema {store.schema} of {store.place}",
        since=begins,
        end=end,
        went_on=True,
        player=player,
        rows=Tuples(encoders=sink.encoders()),
        plan=plan,
        exchanged=frozenset(name for name in plan.tables if dataset(plan.dataset)[name].exchanged(plan)),
        close=sink.close,
        reach=sink.reach,
        making=partial(apart.made_apart, what="changes"),
    )


def _landed(settings: Settings) -> tuple[Store, Standing]:
    """The database that is meant, and what it holds: what bronze has got.

    Raises:
        TargetError: it holds something else.
    """
    from shardgen.forward import check_given, standing
    from shardgen.options import target
    from shardgen.stores.resuming import OPEN_STATES
    from shardgen.tables.wanted import table_names

    store = target.started(settings, lambda _: None)
    owners, tables = store.owners(), settings.get("tables")
    for run in owners.values():
        if run.state in OPEN_STATES:
            told = f"run={run.run} of {store.place} is not finished: it is {run.state}"
            raise TargetError(told, remedy=Text("finish it by a load with ", Use("resume", value=True)))
    found = standing(owners, store.place, table_names(tables) if tables else ())
    arrived = Use("cut", "arrived")
    if found is None:
        told = f"{store.place} holds no finished run in schema={store.schema!r}"
        raise TargetError(told, remedy=Text("load it first, with ", arrived))
    check_given(settings, found, store.place)
    if not found.config.arrived:
        told = f"{store.place} was loaded with what happened, and a stream plays what arrives"
        raise TargetError(told, remedy=Text("load it with ", arrived, " and ", Use("if_exists", "replace")))
    if found.config.answers:
        told = f"{store.place} has its answer key in schema={found.config.answers!r}, which grows by days"
        raise TargetError(told, remedy="bring it forward by shardgen advance")
    return store, found


def _check_target(asked: Asked) -> None:
    """Say what no stream plays into.

    Raises:
        ConfigError, UsageError: the target is such.
    """
    from shardgen.flow.kafka import address

    if asked.kafka_config is not None and not asked.target.startswith(address.SCHEME):
        raise ConfigError(Given("kafka_config", str(asked.kafka_config)), " is for a target kafka://")
    if asked.form == "avro" and not set(asked.parts) <= {"tombstones"}:
        told = " is of JSON: a schema registry has the schemas of Avro, and a message has its key"
        raise ConfigError(Given("envelope", ",".join(asked.parts)), told, remedy="leave it out")
    if asked.target == LINES:
        if asked.form == "avro":
            raise ConfigError(Given("format", asked.form), " is of messages", remedy="use a target kafka://")
        return
    if asked.target.startswith(address.SCHEME):
        address.parsed(asked.target)
        address.check_extra(avro=asked.form == "avro")
        return
    if is_database(asked.target):
        _check_database(asked)
        return
    raise ConfigError(
        Given("target", asked.target),
        " is none of a stream's",
        remedy="use -, kafka://broker/prefix or postgresql://...",
    )


def _check_database(asked: Asked) -> None:
    """See that nothing is asked for that means nothing to a database.

    Raises:
        ConfigError: something is.
    """
    if asked.form != STREAM_FORMS[0] or asked.parts:
        given = ("format", asked.form) if asked.form != STREAM_FORMS[0] else ("envelope", ",".join(asked.parts))
        raise ConfigError(
            Given(*given), " is for lines and topics, and the target is a database", remedy="leave it out"
        )
    if asked.run is not None:
        told = " is of a world to play, and a database goes on from its last one"
        raise ConfigError(Given("run", asked.run), told, remedy="leave it out")


def _with_end(settings: Settings) -> Settings:
    """The same with an end that does not depend on today, where the options fix a world."""
    epoch, horizon = settings.get("epoch"), settings.get("horizon")
    if settings.get("end") or epoch is None or horizon is None:
        return settings
    end = epoch + timedelta(days=min(horizon, MAX_WINDOW_DAYS))
    return replace(settings, values={**settings.values, "end": end}, origins={**settings.origins, "end": ""})


def _since(asked: Asked, plan: PlanConfig, end: int) -> int:
    """The instant that ``--since`` names, or the end of what is loaded.

    Raises:
        ConfigError: it is none, or not before the end.
    """
    if not asked.since:
        raise ConfigError(Use("since"), " is missing", remedy="name a day, or an instant at which a stream stopped")
    given = Given("since", asked.since)
    try:
        found = datetime.fromisoformat(asked.since.removesuffix("Z"))
    except ValueError as error:
        raise ConfigError(given, " is not a date such as 2026-01-31 or an instant such as 2026-01-31T06:00") from error
    if found.tzinfo is not None:
        raise ConfigError(given, " has a time zone", remedy="name it in UTC, without one")
    if _DAY.fullmatch(asked.since) and found.date() < plan.world.epoch:
        raise ConfigError(given, f" lies before the epoch, {plan.world.epoch}", remedy="move it")
    since = (found.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if since >= end:
        raise ConfigError(given, " is not before ", Given("end", spelt(end)[:10]), remedy="move either")
    return since


def _begins(since: int, position: int | None) -> int:
    """From when on it plays: where the target stands, which must not be before what was asked for.

    Raises:
        TargetError: there would be a gap.
    """
    if position is None:
        return since
    if since > position:
        told = f"what bronze gets from {spelt(position)} on is not in the target"
        raise TargetError(told, remedy=Text("use ", Use("since", spelt(position))))
    return position


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines on standard output, each time all that is due."""

    writer: Any
    every: float = 0.02

    def take(self, some: Any, until: int, ago: Any) -> None:
        """Write them."""
        del until, ago
        self.writer.write(some.rows)
        self.writer.close()


def _stdout(lines: BinaryIO) -> Sink:
    from shardgen.flow.forms import Lines

    return _Lines(Lines().writer(lines))


def _topics(asked: Asked, plan: PlanConfig, envelope: Envelope, stopped: Callable[[], bool]) -> tuple[Sink, int | None]:
    from shardgen.flow.kafka import address
    from shardgen.flow.kafka.sink import Kafka

    place = address.parsed(asked.target)
    properties, registry = address.registry(address.properties(asked.kafka_config) if asked.kafka_config else {})
    topics = Kafka(
        address=place,
        properties=properties,
        avro=_avro(place, envelope, registry) if asked.form == "avro" else None,
        tables=plan.tables,
        world=_world(asked, plan),
        tombstones="tombstones" in asked.parts,
        stopped=stopped,
    )
    return topics, topics.open()


def _avro(place: Address, envelope: Envelope, registry: Mapping[str, str]) -> Avro:
    from shardgen.flow.kafka.avro import Avro

    return Avro(address=place, envelope=envelope, registry=registry)


def _world(asked: Asked, plan: PlanConfig) -> Mapping[str, Any]:
    """What decides the bytes of topics, by the name of what a user would change."""
    from shardgen.tables.recipe import Recipe

    return {
        "world": Recipe().world(plan),
        "tables": list(plan.tables),
        "history": plan.history,
        "raw_data": plan.raw_data,
        "format": asked.form,
        "envelope": sorted(asked.parts),
        "dirt": plan.dirt and plan.dirt.digest,
    }
