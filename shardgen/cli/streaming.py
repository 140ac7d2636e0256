"""``shardgen stream``: the feed of changes, played by the clock."""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

import typer

from shardgen.cli import hints, terminal
from shardgen.cli.flow import MADE, Envelope, parts_of
from shardgen.cli.options import Json, examples, one_run, takes
from shardgen.errors import ConfigError, ShardgenError, Use
from shardgen.model.choices import STREAM_FORMS, STREAM_SHAPES
from shardgen.model.played import spelt
from shardgen.options.declared import PLACE, WORLD

if TYPE_CHECKING:
    from shardgen.streaming import Asked, Stream

_PANEL: Final = "The stream"
_PLACE: Final = {name: option for name, option in PLACE.items() if name != "target"}


def _option(name: str, metavar: str, text: str, *names: str) -> Any:
    return typer.Option(name, *names, metavar=metavar, help=text, show_default=False, rich_help_panel=_PANEL)


Target = Annotated[
    str,
    _option(
        "--target",
        "-|kafka://BROKER/PREFIX|postgresql://...",
        "Where to: - for JSON lines on standard output; topics of Kafka, one for each table; or a database that was "
        "loaded with --cut arrived. [dim]Default: the database that --dsn says, or the embedded server.[/]",
    ),
]
Since = Annotated[
    str,
    _option(
        "--since",
        "DATE|INSTANT",
        "What bronze gets from then on, UTC; the epoch has what was there before it, too. Topics that hold a position, "
        "and databases, go on from there. [dim]Default: of a database, where it is.[/]",
    ),
]
Speed = Annotated[
    str, _option("--speed", "60x", "The world's clock at so many times the wall's. [dim]Default: 1x, as it is.[/]")
]
Rate = Annotated[str, _option("--rate", "5000/s", "Changes a second, a minute (/m) or an hour (/h), instead.")]
Shape = Annotated[
    str,
    _option(
        "--shape",
        "|".join(STREAM_SHAPES),
        "Of --rate, in the mean of which it stays: steady; the shop's day, with its quiet night and its evening; six "
        "times the usual for a tenth of the time. [dim]Default: flat.[/]",
    ),
]
Period = Annotated[
    float | None,
    _option("--period", "SECONDS", "After which a shape begins again. [dim]Default: 86400 of day, 60 of bursts.[/]"),
]
Form = Annotated[
    str,
    _option(
        "--format",
        "|".join(STREAM_FORMS),
        "Of the lines and messages: JSON, or Debezium's envelope; of messages also that in Avro, with a schema "
        "registry. [dim]Default: ndjson.[/]",
    ),
]
Source = Annotated[
    str | None,
    _option(
        "--source",
        "URL",
        "The place that holds the run whose world is played: postgresql://, or a lake. [dim]Default: the world that "
        "--epoch and --horizon fix, else what --dsn says.[/]",
    ),
]
Config = Annotated[
    Path | None,
    _option(
        "--kafka-config",
        "FILE",
        "Properties of Kafka's client, name=value a line: sasl.password and its like. [dim]Default: "
        "SHARDGEN_KAFKA_CONFIG.[/]",
    ),
]


@examples(
    "stream --epoch 2026-01-01 --horizon 365 --since 2026-03-01 --target - --speed 600x | head -3",
    "stream --epoch 2026-01-01 --horizon 365 --since 2026-03-01 --target kafka://localhost:9092/shop --rate 5000/s",
    "stream --target postgresql://me@db.example/shop --speed 600x",
    "stream --source postgresql://me@db.example/shop --since 2026-03-01 --target kafka://broker/shop --format debezium",
)
@takes(WORLD, MADE, _PLACE)
def stream(
    *,
    target: Target = "",
    since: Since = "",
    speed: Speed = "",
    rate: Rate = "",
    shape: Shape = "",
    period: Period = None,
    form: Form = STREAM_FORMS[0],
    envelope: Envelope = "",
    source: Source = None,
    kafka_config: Config = None,
    run: Annotated[int | None, one_run("Target")] = None,
    as_json: Json = False,
    **options: Any,
) -> None:
    """Play what changes in the shop, by the world's clock or at a rate: JSON lines, topics of Kafka, or a database.

    What bronze gets from --since on, up to --end or without one. A signal stops it after what is due at one instant;
    it then says from where the next one goes on. --json tells how it went, on stderr where stdout has the changes.
    """
    from shardgen.streaming import Asked

    asked = Asked(
        target=target,
        since=since,
        speed=speed,
        rate=rate,
        shape=shape,
        period=period,
        form=form,
        parts=parts_of(envelope, form),
        kafka_config=kafka_config or _configured(),
        run=run,
    )
    playing = partial(_play, {**options, "target": _of_world(asked, source)}, asked, as_json=as_json)
    terminal.on_stdout(playing, nothing=None)


def _of_world(asked: Asked, source: str | None) -> str | None:
    """The place that holds the world; a database is played by its own."""
    from shardgen.streaming import is_database

    if not is_database(asked.target):
        return source
    if source is not None:
        told = " is of a world to play, and a database goes on with its own"
        raise ConfigError(Use("source"), told, remedy="leave it out")
    return asked.target or None


def _configured() -> Path | None:
    named = os.environ.get("SHARDGEN_KAFKA_CONFIG")
    return Path(named) if named else None


def _play(options: dict[str, Any], asked: Asked, lines: BinaryIO, *, as_json: bool) -> None:
    """Play it, and tell how it went, whatever ended it."""
    from shardgen.display import streaming as display
    from shardgen.loading.signals import Signals
    from shardgen.streaming import LINES, stream_of

    settings = terminal.settings_of(options)
    live = sys.stderr.isatty() and not (asked.target == LINES and sys.stdout.isatty())
    screen = None if terminal.volume() is terminal.Volume.QUIET else sys.stderr
    found = None
    with Signals(lambda: None) as signals:
        try:
            with display.watching(screen, live=live) as show:
                found = stream_of(settings, asked, lines=lines, stopped=lambda: bool(signals.received), show=show)
                _announce(found)
                ended = found.play()
            if not ended:
                signals.check()
        except ShardgenError as error:
            for line in _stopped(found, options, asked, as_json=as_json):
                error.add_note(line)
            raise
        except OSError as error:  # of standard output
            for line in [] if isinstance(error, BrokenPipeError) else _stopped(found, options, asked, as_json=as_json):
                terminal.complain(line)
            raise
        _tell(found, asked, as_json=as_json)


def _stopped(found: Stream | None, options: dict[str, Any], asked: Asked, *, as_json: bool) -> list[str]:
    """Tell how it went until it stopped, if it had begun; how to go on."""
    if found is None:
        return []
    _tell(found, asked, as_json=as_json)
    return hints.to_stream_on(options, spelt(found.player.played.until), _said(asked))


def _said(asked: Asked) -> dict[str, Any]:
    """What was asked for beside the world and its place, by option."""
    from shardgen.streaming import is_database

    named = ("target", "speed", "rate", "shape", "period", "kafka_config", "run")
    said = {name: getattr(asked, name) for name in named}
    said["target"] = "" if is_database(asked.target) else asked.target  # then it is the place of the world
    form = asked.form if asked.form != STREAM_FORMS[0] else ""
    return {**said, "format": form, "envelope": ",".join(asked.parts)}


def _announce(found: Stream) -> None:
    begins = f"goes on from {spelt(found.since)}" if found.went_on else f"from {spelt(found.since)} on"
    terminal.say(f"{found.source}: {begins}")


def _tell(found: Stream, asked: Asked, *, as_json: bool) -> None:
    """How it went."""
    from shardgen.display import streaming as display
    from shardgen.streaming import LINES

    played = found.player.played
    if not as_json:
        terminal.say(display.ending(played))
    elif asked.target == LINES:
        terminal.complain(json.dumps(played.to_json()))
    else:
        terminal.print_json(played.to_json())
