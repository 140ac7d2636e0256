"""What the commands of a load in parts do, given their settings: one function for each, without a word on a screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shardgen.errors import ConfigError, Given, Text, Use

if TYPE_CHECKING:
    from shardgen.display import Show
    from shardgen.loading.parts import Claimed, Committed, PartReport
    from shardgen.model.parts import Part
    from shardgen.options.settings import Settings


def checked(text: str, *, resume: bool, take_over: bool, verify: bool) -> Part:
    """The part that a load is asked for, and that nothing is asked for beside it that a part cannot do.

    Raises:
        ConfigError: it is none, or something is.
    """
    from shardgen.model.parts import Part

    part = Part.parse(text)
    _refuse(text, resume, "resume", "a part that is run again goes on by itself")
    _refuse(text, take_over, "take_over", "it would end the other parts")
    _refuse(text, verify, "verify", "verify what is loaded when it is finished")
    return part


def check_claim(*, part: bool, resume: bool, verify: bool) -> None:
    """Check that nothing is asked for beside a claim that it cannot do.

    Raises:
        ConfigError: something is.
    """
    for so, name in ((part, "part"), (resume, "resume"), (verify, "verify")):
        if so:
            mentioned = Use("claim", value=True), " and ", Use(name, None if name == "part" else True)
            raise ConfigError(
                *mentioned, " contradict each other: a claim loads nothing", remedy="leave one of them out"
            )


def part_of(settings: Settings, part: Part) -> Callable[[Show], PartReport]:
    """Check everything that can be checked without a target; what comes back loads the part.

    Raises:
        ConfigError: an option is wrong.
    """
    from shardgen.options import target
    from shardgen.options.settings import utc_today

    settings.check()
    _check_end(settings, Given("part", str(part)))
    if settings.get("if_exists") == "replace":
        remedy = Text("begin with ", Use("claim", value=True), " and ", Use("if_exists", "replace"))
        told = (Given("if_exists", "replace"), " is not for a part: each would remove what others have loaded")
        raise ConfigError(*told, remedy=remedy)
    _check_key(settings)
    config = settings.plan(utc_today())

    def carry_out(show: Show) -> PartReport:
        from shardgen.loading.engines import chosen
        from shardgen.loading.parts import load_part

        with chosen(settings.load().engine) as engine:
            how, store = settings.load(slots=engine.slots), target.started(settings, show)
            return load_part(config, how, store, part, options=settings.options(config), show=show)

    return carry_out


def claim_of(settings: Settings, *, take_over: bool = False, yes: bool = False) -> Callable[[Show], Claimed]:
    """Check everything that can be checked without a target; what comes back claims a load for its parts.

    Raises:
        ConfigError: an option is wrong.
    """
    from shardgen.options import target
    from shardgen.options.settings import utc_today

    settings.check()
    _check_end(settings, Use("claim", value=True))
    _check_key(settings)
    config, how = settings.plan(utc_today()), settings.load(take_over=take_over, yes=yes)

    def carry_out(show: Show) -> Claimed:
        from shardgen.loading.parts import claim

        store = target.started(settings, show)
        return claim(config, how, store, options=settings.options(config), show=show)

    return carry_out


def commit_of(settings: Settings, show: Show, *, take_over: bool = False) -> Committed:
    """Finish the run in the target, if all of its shards are there; a server is not started for it.

    Raises:
        ConfigError: an option is wrong.
        TargetError, ServerError: the target cannot be reached, or refuses.
        LoadError: shards are lacking, or the run could not be finished.
    """
    from shardgen.loading.parts import commit
    from shardgen.options import target

    settings.check()
    how = settings.load(take_over=take_over)
    return commit(how, target.there(settings), given=settings.given(), show=show)


def _refuse(text: str, so: bool, option: str, why: str) -> None:  # noqa: FBT001  # a table of them is called
    if so:
        raise ConfigError(Given("part", text), " does not go with ", Use(option, value=True), f": {why}")


def _check_key(settings: Settings) -> None:
    """Refuse dirt that each part would make after a secret of its own."""
    if settings.made_key:
        told = "the dirt of a load in parts needs a key that all of them have"
        raise ConfigError(told, remedy=Text("set SHARDGEN_DIRT_KEY, or name its file by ", Use("dirt_key_file")))


def _check_end(settings: Settings, asked: Given | Use) -> None:
    """Refuse a window that ends today: parts of two days would not have the same plan."""
    from shardgen.options.settings import utc_today

    if settings.get("end") is None:
        remedy = Text("add ", Use("end", utc_today().isoformat()), " to the claim and to every part")
        raise ConfigError(
            asked, " needs an end: by default it is today, and the plans of two days differ", remedy=remedy
        )
