"""What every function for scripts and notebooks does: reads its options, names arguments in errors, shows events."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from shardgen.errors import ShardgenError

if TYPE_CHECKING:
    from shardgen.display import Show
    from shardgen.options.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


def in_python(call: Callable[P, R]) -> Callable[P, R]:
    """Let errors name arguments where the command line names options."""

    @functools.wraps(call)
    def worded(*args: P.args, **named: P.kwargs) -> R:
        try:
            return call(*args, **named)
        except ShardgenError as error:
            from shardgen.options.wording import reword

            reword(error)
            raise

    return worded


def watching(settings: Settings, function: str) -> AbstractContextManager[Show]:
    """What takes the events of a function: the display and the log that the settings name."""
    from shardgen.display import logs

    settings.check()
    mode = settings.get("progress", "auto")
    return logs.watching(settings, function, mode=mode, complain=logging.getLogger("shardgen.api").warning)


def settings_of(kind: type, options: Mapping[str, Any], **more: Any) -> Settings:
    """The options of a function, and of all other sources.

    Args:
        kind: declares which options it takes.
        options: as they were given.
        more: those that stand in its signature.
    """
    from shardgen.options.meant import known
    from shardgen.options.settings import read

    named = {known(name, "option", {*kind.__annotations__, *more}): value for name, value in options.items()} | more
    found = read(named, config=named.pop("config", None), profile=named.pop("profile", None))
    for text in filter(None, (found.target.note, *found.notices)):
        logging.getLogger("shardgen.api").warning(text)
    return found
