"""The secret that dirt follows from: told by a file or a variable, or made where nobody tells one."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from shardgen.errors import ConfigError, Given
from shardgen.machine import texts
from shardgen.model.config import PlanConfig
from shardgen.model.dirt import hold, let_go

VARIABLE: Final = "shardgen_dirt_key"
_BYTES: Final = 18
"""Of a secret that is made: nobody finds it by trying."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What was told, or what is used instead."""

    told: str = field(default="", repr=False)
    made: str = field(default_factory=lambda: secrets.token_urlsafe(_BYTES), repr=False)
    """Of no use to anybody once the process ends, unless the user is told."""

    def given_to(self, config: PlanConfig) -> PlanConfig:
        """A plan whose dirt follows from it."""
        if config.dirt is None:
            return config
        secret = self.told or self.made
        return replace(config, dirt=replace(config.dirt, key=hold(secret), secret=secret))


def tell(made: str) -> None:
    """Tell a secret that was made, also where nothing else is told: nobody could ever ask for it again.

    Args:
        made: empty where none was.
    """
    if made:
        sys.stderr.write(f"the key of the dirt is {made}: keep it, and set SHARDGEN_DIRT_KEY to it for the answers\n")
        sys.stderr.flush()


def told(file: Path | None, variable: str) -> Secret:
    """The secret of a file, else of the variable.

    Raises:
        ConfigError: the file cannot be read, or holds none.
    """
    secret = variable if file is None else _read(file)
    let_go()  # what a command before was told is nothing to this one
    if secret:
        hold(secret)
    return Secret(secret)


def _read(file: Path) -> str:
    try:
        secret = texts.read(file).strip()
    except (OSError, UnicodeError) as error:
        raise ConfigError(Given("dirt_key_file", str(file)), f" cannot be read: {texts.reason(error)}") from error
    if not secret:
        raise ConfigError(Given("dirt_key_file", str(file)), " holds no key", remedy="write one line of text into it")
    return secret
