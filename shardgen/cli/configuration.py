"""Commands about the options themselves: which are in force, and a file to set them in."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from shardgen.cli import hints, terminal
from shardgen.cli.options import Json, examples, takes
from shardgen.errors import ConfigError
from shardgen.options.declared import FILES, FORM, OPTIONS, PLACE, RUN, WORLD, Option

WIDTH = 100  # columns of a comment in the file


@examples("config", "config --profile bench", "config --days 7 --json")
@takes(WORLD, FORM, PLACE, RUN)
def config(*, as_json: Json = False, **options: Any) -> None:
    """Show every option with the value in force and where it came from; secrets are masked.

    The first that names an option decides: command line, environment (SHARDGEN_DAYS), .env, profile, file, default.
    """
    from shardgen.commands import config_of
    from shardgen.display.tables import config_table

    settings = terminal.settings_of(options)
    found = config_of(settings)
    if as_json:
        values = {each.name: {"value": each.value, "origin": each.origin} for each in found}
        sources = {"file": settings.file and str(settings.file), "profile": settings.profile}
        terminal.print_json({**sources, "profiles": settings.profiles, "note": settings.target.note, "options": values})
    else:
        terminal.show(config_table(found, settings))


@examples("init", "init --force", "init --config bench.toml")
@takes({"config": FILES["config"]})
def init(
    *,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    **options: Any,
) -> None:
    """Write a shardgen.toml in which every option is explained, with its default, commented out."""
    from shardgen.machine import outputs
    from shardgen.options.profiles import CONFIG_FILE

    file = str(options["config"] or CONFIG_FILE)
    try:
        (outputs.replace if force else outputs.create)(file, template())
    except FileExistsError:
        raise ConfigError(f"config={file!r} is there already: use --force to write over it") from None
    except OSError as error:
        raise ConfigError(f"config={file!r} cannot be written: {error.strerror}") from error
    terminal.say(f"wrote {file}: take away the # of what should differ, then see: {hints.again('config', options)}")


def template() -> str:
    """The text of a configuration file that changes nothing, and explains everything."""
    return "\n".join([*_opening(), *_options(), *_profiles()]) + "\n"


def _opening() -> Iterator[str]:
    yield from _comment(
        "Options of shardgen, in TOML. Each is shown with its default, or with an example where the default is "
        "found at run time. The command line, the environment (SHARDGEN_DAYS=7), .env and a profile go before this "
        "file; `shardgen config` shows what is in force and where it came from."
    )


def _options() -> Iterator[str]:
    panel = ""
    for name, option in OPTIONS.items():
        if not option.example:
            continue
        if option.panel != panel:
            panel = option.panel
            yield from ("", f"# --- {panel} ".ljust(WIDTH, "-"))
        yield ""
        yield from _comment(_meaning(option))
        yield f"# {name.replace('_', '-')} = {option.example}"


def _meaning(option: Option) -> str:
    choices = f" One of {', '.join(option.choices)}." if option.choices else ""
    return f"{option.text}{choices}" + (f" Default: {option.default}." if option.default else "")


def _profiles() -> Iterator[str]:
    from shardgen.options.profiles import PROFILES

    yield from ("", "# --- Profiles ".ljust(WIDTH, "-"), "")
    yield from _comment(
        f"Named sets of options: --profile NAME or SHARDGEN_PROFILE. {', '.join(PROFILES)} are built in with the "
        "values below; a key that is set here goes before the built-in one, and [profiles.mine] makes one of your own."
    )
    for name, values in PROFILES.items():
        yield from ("", f"# [profiles.{name}]")
        yield from (f"# {option.replace('_', '-')} = {value}" for option, value in values.items())


def _comment(text: str) -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ")
